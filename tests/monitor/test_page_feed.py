"""A site without a feed, polled as any feed is: ledger, identity, evidence, gaps and health."""

from __future__ import annotations

import asyncio
import gzip
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from feeds.types import Fetched, FetchState, ParsedFeed
from monitor.compose import Program, assemble
from monitor.config import load
from monitor.pipeline import Stages, poll
from monitor.records import Observation
from monitor.wall import wall_clock
from tests.support.program import PLANTS
from tests.support.servers import HttpServer, Request, reply

HTML = ("Content-Type", "text/html; charset=utf-8")


def item(number: int, title: str = "") -> str:
    day = f"2026.11.{number:02}."
    return f'<li class="n"><a href="/a/{number}">{title or f"Report {number}"}</a><i>[{day}]</i>'


def page(*items: str, stamp: str = "", behind: str = "") -> bytes:
    link = f'<a class="next" href="{behind}">older</a>' if behind else ""
    return f"<html><body><p>{stamp}</p><ul>{''.join(items)}</ul>{link}</body></html>".encode()


@dataclass
class Site:
    """What a site shows at present, and what it was asked for."""

    pages: dict[str, bytes] = field(default_factory=dict)

    def route(self, request: Request) -> bytes:
        body = self.pages.get(request.target)
        return reply(body, headers=[HTML]) if body is not None else reply(status=404)


RULES = 'timezone = "Asia/Seoul"\n[feed.page]\nitems = "li.n"\ndate = "i"\n'


@asynccontextmanager
async def program(folder: Path, feeds: str, gap: float) -> AsyncIterator[Program]:
    (folder / "wirewatch.toml").write_text(
        f'watchlists = ["{PLANTS}"]\n[fetch]\nallow_private_addresses = true\nhost_gap = {gap}\n'
    )
    (folder / "feeds.toml").write_text(feeds)
    async with assemble(load(folder / "wirewatch.toml", environ={}), parsers=1) as parts:
        yield parts


def played(folder: Path, feeds: str, *rounds: Callable[[], object], gap: float = 0) -> None:
    """Poll everything after each change of the site."""

    async def play() -> None:
        async with program(folder, feeds, gap) as parts:
            for change in rounds:
                change()
                await parts.poller.round(await parts.in_writer(parts.store.subscribed))

    asyncio.run(play())


def rows(folder: Path, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(folder / "wirewatch.db")) as db:
        return db.execute(sql).fetchall()


def test_the_rounds_of_a_list_page(tmp_path: Path) -> None:
    site = Site()

    def shows(*items: str, stamp: str = "") -> Callable[[], object]:
        return lambda: site.pages.update({"/news": page(*items, stamp=stamp)})

    with HttpServer(site.route) as server:
        url = server.url("/news")
        played(
            tmp_path,
            f'[[feed]]\nurl = "{url}"\n{RULES}',
            shows(item(3), item(2), item(1)),
            lambda: None,
            shows(item(3), item(2), item(1), stamp="10:00"),
            shows(item(4), item(3), item(2, "Report 2, corrected")),
            shows(item(4), item(2, "Report 2, corrected")),  # 3 is taken out
            shows(item(9), item(8), item(7)),
            lambda: site.pages.update({"/news": b"<html><body>A new look" + b" word" * 99}),
            shows(item(9), item(8), item(7), stamp="again"),
        )
    ledger = rows(tmp_path, "SELECT status, seen, new, changed, unchanged, overlap FROM polls")
    assert ledger == [
        ("ok", 3, 3, 0, 0, None),
        ("unchanged", 0, 0, 0, 0, None),
        ("ok", 3, 0, 0, 3, 3),
        ("ok", 3, 1, 1, 1, 2),
        ("ok", 2, 0, 0, 2, 2),
        ("ok", 3, 3, 0, 0, 0),  # nothing of what was there: the window rolled over
        ("error", 0, 0, 0, 0, None),
        ("ok", 3, 0, 0, 3, 3),
    ]
    (error,) = rows(tmp_path, "SELECT error FROM polls WHERE status = 'error'")
    assert error[0].startswith('not-a-feed: nothing is at items = "li.n": the page has 0 links')
    gone = rows(tmp_path, "SELECT url, vanished FROM appearances WHERE gone_at IS NOT NULL")
    assert {(where.rpartition("/")[2], taken) for where, taken in gone} == {
        ("1", 0),
        ("2", 0),
        ("3", 1),
        ("4", 0),
    }
    assert rows(
        tmp_path, "SELECT count(*) FROM polls WHERE gap_since_at IS NOT NULL AND overlap = 0"
    ) == [(1,)]
    assert rows(tmp_path, "SELECT title, revisions FROM items WHERE revisions > 1") == [
        ("Report 2, corrected", 2)
    ]
    assert rows(tmp_path, "SELECT DISTINCT published_raw FROM items LIMIT 1") == [
        ("[2026.11.01.]",)
    ]
    assert rows(tmp_path, "SELECT page FROM feeds") == [('{"items": "li.n", "date": "i"}',)]
    changes = [state for (state,) in rows(tmp_path, "SELECT state FROM health_changes ORDER BY id")]
    assert "not a feed" in changes
    assert changes[-1] != "not a feed"


def test_an_entry_of_a_page_behind_rests_on_the_bytes_of_that_page(tmp_path: Path) -> None:
    site = Site(
        {"/news": page(item(4), item(3), behind="?p=2"), "/news?p=2": page(item(2), item(1))}
    )
    with HttpServer(site.route) as server:
        rules = RULES + 'next = "a.next@href"\npages = 2\n'
        played(tmp_path, f'[[feed]]\nurl = "{server.url("/news")}"\n{rules}', lambda: None)
        asked = [request.target for request in server.requests]
    assert asked == ["/news", "/news?p=2"]
    evidence = rows(
        tmp_path,
        "SELECT i.title, e.url, e.file, e.offset, e.length FROM items i"
        " JOIN evidence e ON e.id = i.evidence ORDER BY i.title",
    )
    assert [(title, url.rpartition("/")[2]) for title, url, *_ in evidence] == [
        ("Report 1", "news?p=2"),
        ("Report 2", "news?p=2"),
        ("Report 3", "news"),
        ("Report 4", "news"),
    ]
    for title, _, file, offset, length in evidence:
        kept = (tmp_path / "evidence" / file).read_bytes()[offset : offset + length]
        assert title.encode() in gzip.decompress(kept)
    assert rows(tmp_path, "SELECT seen, new FROM polls") == [(4, 4)]


def test_other_rules_are_followed_although_the_page_is_as_it_was(tmp_path: Path) -> None:
    site = Site({"/news": page(item(2), item(1)) + b'<h2 class="t"><a href="/b/1">Other</a></h2>'})
    with HttpServer(site.route) as server:
        table = f'[[feed]]\nurl = "{server.url("/news")}"\n{RULES}'
        played(tmp_path, table, lambda: None, lambda: None)
        played(tmp_path, table.replace("li.n", "li.n, h2.t"), lambda: None)
    assert rows(tmp_path, "SELECT status, new FROM polls") == [
        ("ok", 2),
        ("unchanged", 0),
        ("ok", 1),
    ]


def test_what_has_no_date_is_news_and_noted(tmp_path: Path) -> None:
    site = Site({"/news": page(item(2), '<li class="n"><a href="/a/9">Undated</a><i>soon</i>')})
    with HttpServer(site.route) as server:
        played(tmp_path, f'[[feed]]\nurl = "{server.url("/news")}"\n{RULES}', lambda: None)
    assert rows(tmp_path, "SELECT new, skipped, note FROM polls") == [
        (2, 0, '1 of 2 entries have a date that cannot be read, such as "soon"')
    ]
    assert rows(tmp_path, "SELECT title, published_at, published_raw FROM items ORDER BY id")[
        0
    ] == (
        "Undated",
        None,
        "soon",
    )


def test_between_all_requests_to_the_site_there_is_the_gap(tmp_path: Path) -> None:
    """Of a page and the one behind it, and of two such feeds that are due together."""
    site = Site(
        {
            "/a": page(item(4), behind="/a?p=2"),
            "/a?p=2": page(item(3)),
            "/b": page(item(2), behind="/b?p=2"),
            "/b?p=2": page(item(1)),
        }
    )
    came: list[float] = []

    def route(request: Request) -> bytes:
        came.append(time.monotonic())
        return site.route(request)

    with HttpServer(route) as server:
        rules = RULES + 'next = "a.next@href"\npages = 2\n'
        feeds = "\n".join(f'[[feed]]\nurl = "{server.url(path)}"\n{rules}' for path in ("/a", "/b"))
        played(tmp_path, feeds, lambda: None, gap=0.2)
    assert len(came) == 4
    assert all(later - earlier >= 0.2 for earlier, later in pairwise(came))
    assert rows(tmp_path, "SELECT sum(new) FROM polls") == [(4,)]


def test_pauses_between_pages_do_not_make_a_feed_slow(tmp_path: Path) -> None:
    seen: list[Observation] = []
    pages = Fetched(
        url="https://a.example/",
        headers={},
        body=b"",
        wire_bytes=0,
        state=FetchState(),
        waited=600.0,
    )

    async def learn(observation: Observation) -> Any:
        seen.append(observation)

    async def one(*_: object) -> Any:
        return pages

    async def two(*_: object) -> ParsedFeed:
        return ParsedFeed()

    async def play() -> None:
        async with program(tmp_path, '[[feed]]\nurl = "https://a.example/"\n', 0) as parts:
            (feed,) = await parts.in_writer(parts.store.subscribed)
            await poll(feed, Stages(fetch=one, parse=two, learn=learn, now=wall_clock))

    asyncio.run(play())
    assert seen[0].seconds < 0  # what it took, which is next to nothing, without the ten minutes
