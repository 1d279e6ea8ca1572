"""Full texts by the daemon: kill -9 between an item and its article loses and doubles nothing."""

from __future__ import annotations

import asyncio
import signal
import subprocess
from typing import Any

import pytest

from monitor.compose import assemble
from monitor.config import load
from tests.support.program import DESK, Program, kill_group, until
from tests.support.reading import html, page
from tests.support.servers import HttpServer, Request, drip, reply
from tests.support.slack import SlackServer

PAGES = 3


def feed(items: int) -> bytes:
    entries = "".join(
        f"<item><guid>g{n}</guid><title>News of the day, number {n}</title>"
        f"<link>http://127.0.0.1:PORT/{n}</link><description>Short {n}.</description></item>"
        for n in range(items, 0, -1)
    )
    old = "<item><guid>old</guid><title>Older news</title><description>Old.</description></item>"
    return f"<rss version='2.0'><channel><title>t</title>{entries}{old}</channel></rss>".encode()


def first_poll(program: Program) -> None:
    """The feed's baseline, in this process: starting another takes a second."""

    async def once() -> None:
        async with assemble(load(program.config), parsers=1) as assembled:
            await assembled.poller.round()

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WIREWATCH_SLACK_URL", program.environment["WIREWATCH_SLACK_URL"])
        asyncio.run(once())


def test_killed_between_item_and_article(program: Program, slack: SlackServer) -> None:
    published, slow = 0, True

    def answer(request: Request) -> Any:
        path = request.target
        if path == "/robots.txt":
            return reply(status=404)
        if path == "/feed.xml":
            port = request.headers["host"].rpartition(":")[2].encode()
            return reply(feed(published).replace(b"PORT", port))
        if slow:
            return drip(b"HTTP/1.1 200 OK\r\n")
        names = "" if path != "/2" else "In the DPRK, Huichon Power Station gives it light."
        return html(page(f"This is what page {path} says, and nobody else.", names))

    with HttpServer(answer) as server:
        program.write([], DESK)
        (program.folder / "feeds.toml").write_text(
            f'[[feed]]\nurl = "{server.url()}"\nname = "f"\nfull_text = true\n'
        )
        first_poll(program)
        published = PAGES
        with program.start("poll", "--all", stderr=subprocess.DEVNULL) as process:
            until(lambda: any(r.target[1:].isdigit() for r in server.requests))
            kill_group(process)
        assert program.count("items") == PAGES + 1  # stored, whatever becomes of their articles
        assert program.count("articles", "state = 'waiting'") == PAGES
        assert slack.accepted == []
        slow = False
        with program.daemon() as daemon:
            daemon.until(lambda: program.count("articles", "state = 'fetched'") == PAGES)
            daemon.until(lambda: slack.accepted)
            until(lambda: program.count("alerts", "state = 'sent'") == 1)
            daemon.tell(signal.SIGTERM)
            assert daemon.process.wait(60) == 0
        assert program.count("items") == PAGES + 1
        (mention,) = program.rows(
            "SELECT m.*, a.text FROM mentions AS m JOIN articles AS a USING (item)"
        )
        assert mention["text"][mention["start"] : mention["end"]] == mention["surface"]
        assert (mention["field"], mention["entity"]) == ("article", "huichon-power-station")
        assert len(slack.accepted) == program.count("alerts") == 1
        again = [r.target for r in server.requests]
        assert all(2 >= again.count(f"/{n}") >= 1 for n in range(1, PAGES + 1))
