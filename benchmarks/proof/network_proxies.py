"""Proxies that only the environment names."""

from __future__ import annotations

import sys

from benchmarks.proof.row import Outcome, Scale
from tests.support.press import Press, article
from tests.support.program import Program
from tests.support.servers import MuteServer

CARELESS = (sys.executable, "-m", "benchmarks.proof.network_careless")
_NAMES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


def _polled(scale: Scale, *command: str) -> Outcome:
    """The program polls feeds of http and https, with a proxy in every variable there is."""
    feeds = scale.of(50, 10)
    with MuteServer() as proxy, Press(feeds) as press:
        at = f"http://127.0.0.1:{proxy.port}"
        names = [spelling for name in _NAMES for spelling in (name, name.lower())]
        program = Program(scale.folder, dict.fromkeys(names, at) | {"NO_PROXY": ""})
        if command:
            program.command = command
        press.articles = [(article(1, paper=paper),) for paper in range(feeds)]
        secure = [url.replace("http:", "https:") for url in press.feeds[:5]]
        program.write(press.feeds + secure)
        program.run("poll", "--all", status=None)
        polls, items = program.count("polls"), program.count("items")
        figure = f"{polls} polls, {items} items: {proxy.connections} connections to the proxy"
        real = items == feeds and polls == feeds + len(secure)
        return Outcome(figure=figure, held=proxy.connections == 0 and real)


def run(scale: Scale) -> Outcome:
    """No byte goes to it."""
    return _polled(scale)


def twin(scale: Scale) -> Outcome:
    """The build that takes them from the environment; the proxy leaves it without an answer."""
    return _polled(scale, *CARELESS[1:], "proxies")
