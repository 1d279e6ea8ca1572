"""Memory of the whole program while everything attacks it at once, and the other feeds' time then.

Processes are summed as benchmarks/measure.py does: a page that several share counts once.
"""

from __future__ import annotations

import gzip
import threading
import time
import zlib
from collections import Counter
from functools import cache
from typing import Self

from benchmarks.measure import _family, _memory
from benchmarks.proof.network_proxies import CARELESS
from benchmarks.proof.network_world import INTERVAL, Lateness, World
from benchmarks.proof.row import Outcome, Scale
from tests.support import hostile
from tests.support.bombs import BOMBS, CODED, DRIPS, ENDLESS
from tests.support.servers import Request, Script, reply

MOST = 250.0  # MB (10^6 bytes) of all processes together
LATE = 5.0  # seconds, at most, for 99 of 100 polls of the others
TEXTS = 4  # feeds whose articles are hostile
_LOOK_EVERY = 0.2  # seconds; each look costs some milliseconds
_PAGES = {
    "nested": lambda: b"<div>" * 700_000,
    "paragraphs": lambda: b"<p>a b c d e f g.</p>" * 190_000,
    "table": lambda: b"<table>" + b"<tr><td>x</td></tr>" * 190_000,
    "links": lambda: b"<a href=/x>y</a> " * 220_000,
    "wide": lambda: "<p>\U0001f600".encode() + b"word " * 780_000,
    "attributes": lambda: b"<p " + b" ".join(b"a%d=b" % n for n in range(300_000)) + b">x",
    "article": lambda: b"<article>" + b"<p>A sentence that goes on for a while.</p>" * 90_000,
}  # fmt: skip
_SETTINGS = """watchlists = ["dprk-civilian"]
feeds = ["feeds.toml"]
[fetch]
allow_private_addresses = true
host_gap = 0
[log]
format = "json"
"""


class Attack:
    """Feeds that were honest until now: from the moment that it begins, all of these at once."""

    def __init__(self) -> None:
        self.on = threading.Event()
        self.struck: Counter[str] = Counter()  # requests that got something hostile
        self.documents = {build.__name__: build for build in (*hostile.DOCUMENTS, most_that_passes)}
        self.answers = {f"bomb{n}": answer for n, (answer, _) in enumerate(BOMBS.values())}
        self.scripts = {f"endless{n}": script for n, (script, _) in enumerate(ENDLESS.values())}
        self.scripts |= {f"drip{n}": script for n, script in enumerate(DRIPS.values())}

    @property
    def feeds(self) -> list[str]:
        """Paths of feeds; those of articles aside."""
        twice = [f"/{name}/{copy}" for name in self.documents for copy in "ab"]
        return [*twice, *(f"/{name}/a" for name in (*self.answers, *self.scripts))]

    def __call__(self, request: Request) -> bytes | Script:
        """The answer, whatever is asked for."""
        _, name, *_ = request.target.split("/")
        if name in ("", "robots.txt"):  # also where the bomb in a redirect leads
            return reply(status=404)
        if name == "page":
            self.struck[request.target.split("/")[2]] += 1
            return _page(request.target.split("/")[2])
        if not self.on.is_set():
            return reply(hostile.rss(hostile.item(1)))
        self.struck[name] += 1
        if name == "texts":
            return reply(_texts(request, self.struck[name]))
        if name in self.documents:
            return _packed(self.documents[name](), self.struck[name])
        return self.answers.get(name) or self.scripts[name]


def most_that_passes() -> bytes:
    """As many entries as are taken, with all the text that a document may have, in wide letters."""
    text = "\U0001f600" + "Reported from the works. " * 60
    return hostile.rss("".join(
        f"<item><title>Report {n}</title><guid>r{n}</guid><description>{text}</description></item>"
        for n in range(4_900)
    ))  # fmt: skip


@cache
def _squeezed(body: bytes) -> bytes:
    squeezing = zlib.compressobj(6, zlib.DEFLATED, 31)
    return squeezing.compress(body) + squeezing.flush()


def _packed(body: bytes, edition: int) -> bytes:
    """In gzip, as a feed of 8 MiB has to be; other bytes each time, so that it is parsed again."""
    data = _squeezed(body) + gzip.compress(b"\n" * (edition % 99))
    return reply(data, headers=[(CODED, "gzip"), ("Content-Type", "application/xml")])


@cache
def _page(name: str) -> bytes:
    body = b"<!doctype html><html><head><title>x</title></head><body>" + _PAGES[name]()
    return reply(_squeezed(body), headers=[(CODED, "gzip"), ("Content-Type", "text/html")])


def _texts(request: Request, edition: int) -> bytes:
    """A feed whose every entry is new, and leads to a hostile page on a host of its own."""
    port = request.headers["host"].rpartition(":")[2]
    return hostile.rss("".join(
        f"<item><title>{name} {edition} {n}</title><guid>{request.target}{edition}-{n}</guid>"
        f"<link>http://127.4.{edition % 250}.{n + 1}:{port}/page/{name}/{edition}</link></item>"
        for n, name in enumerate(_PAGES)
    ))  # fmt: skip


class Peak:
    """The most that a process and all its descendants have had together, and who had it."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self.shares: list[float] = []  # MB, at the peak
        self.started: set[int] = set()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    @property
    def total(self) -> float:
        return sum(self.shares)

    def _look(self) -> None:
        while not self._over.wait(_LOOK_EVERY):
            family = list(_family(self._pid))
            self.started.update(family)
            shares = [_memory(pid) * 1_024 / 1e6 for pid in family]
            if sum(shares) > self.total:
                self.shares = shares


def _attacked(scale: Scale, honest: int, seconds: float, *command: str) -> Outcome:
    attack = Attack()
    world = World(
        scale.folder, honest=honest, hostile=attack,
        host=lambda n: f"127.1.{n // 200}.{n % 200 + 1}",
    )  # fmt: skip
    for build in attack.documents.values():
        _squeezed(build())
    with world:
        if command:
            world.program.command = command
        at = [world.server.url(path, host=f"127.2.0.{n}") for n, path in enumerate(attack.feeds, 1)]
        texts = "".join(
            f'[[feed]]\nurl = "{world.server.url(f"/texts/{n}", host=f"127.3.0.{n + 1}")}"\n'
            f"interval = {INTERVAL}\nfull_text = true\n"
            for n in range(TEXTS)
        )
        world.subscribe(at, _SETTINGS, texts)
        with world.program.daemon() as daemon, Peak(daemon.process.pid) as peak:
            world.first_round(len(at) + TEXTS + honest)
            quiet = peak.total
            attack.on.set()
            began = time.time()
            time.sleep(seconds)
            late = world.lateness(began)
            assert daemon.process.poll() is None
    return _judged(attack, late, peak, quiet, honest)


def _judged(attack: Attack, late: Lateness, peak: Peak, quiet: float, honest: int) -> Outcome:
    kinds = len(attack.struck)
    main, *others = sorted(peak.shares, reverse=True)
    figure = (
        f"{sum(attack.struck.values())} strikes of {kinds} kinds among {honest:,} feeds: at most "
        f"{peak.total:.0f} MB in {len(peak.shares)} processes ({main:.0f}, "
        f"{', '.join(f'{share:.0f}' for share in others)}), {quiet:.0f} before; "
        f"{late.polls:,} other polls, 99 of 100 within {late.p99:.1f} s of their time"
    )
    wanted = len(attack.documents) + len(attack.answers) + len(attack.scripts) + len(_PAGES) + 1
    real = kinds == wanted and late.polls >= honest
    return Outcome(figure=figure, held=peak.total <= MOST and late.p99 < LATE and real)


def run(scale: Scale) -> Outcome:
    """The daemon as it is."""
    return _attacked(scale, 1_000, 2.5 * INTERVAL)


def twin(scale: Scale) -> Outcome:
    """The build in which a document may take what it likes, among fewer feeds."""
    try:
        return _attacked(scale, 200, 1.5 * INTERVAL, *CARELESS[1:], "memory")
    except AssertionError as fallen:  # it ended, or has logged a fault of its own
        return Outcome(figure=f"it fell over it: {str(fallen)[-150:]}", held=False)
