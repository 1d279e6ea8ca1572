"""Pages made to break their reader: each ends as a value, and the next page is read."""

from __future__ import annotations

import asyncio

from feeds.types import Feed, FeedError, Fetched, FetchState, PageRules, ParsedFeed
from feeds.workers import ParserPool

MIB = 2**20
URL = "https://paper.example/news"
GOOD = b'<ul><li><a href="/1">Report</a></ul>'
LI = {"items": "li"}
STOPPED = {"parse-timeout", "parse-crash"}
HOSTILE = {
    "tags within tags": (b"<div>" * 200_000, LI, STOPPED),
    "a pattern that tries everything": (
        b"<li><a href='/" + b"a" * 60 + b"!'>x</a>",
        LI | {"id": "a@href", "id_match": "(a+)+$"},
        STOPPED,
    ),
    "a million entries": (b"<li><a href=/1>x</a>" * (8 * MIB // 20), LI, STOPPED),
    "siblings of siblings": (
        b"<li><a href=/1>x</a>" * 5_000,
        {"items": "li ~ li ~ li ~ li ~ b"},
        STOPPED | {"not-a-feed"},
    ),
    "a text of 2 MiB": (b"<li><a href=/1>" + b"x " * MIB + b"</a>", LI, STOPPED | {"parsed"}),
}  # fmt: skip
QUICK = 1.0  # seconds of deadline: some of these would take hours


def fetched(body: bytes) -> Fetched:
    return Fetched(url=URL, headers={}, body=body, wire_bytes=len(body), state=FetchState())


def test_hostile_pages_cost_themselves_alone() -> None:
    async def run() -> None:
        async with ParserPool(workers=1, deadline=QUICK) as pool:
            for name, (body, rules, ends) in HOSTILE.items():
                feed = Feed(url=URL, page=PageRules(**rules))
                found = await pool.parse(fetched(body), feed)
                got = found.reason if isinstance(found, FeedError) else "parsed"
                assert got in ends, name
                await _read(pool)

    asyncio.run(run())


async def _read(pool: ParserPool) -> None:
    """The next page, by a worker that may have to start first, on a busy machine slowly."""
    pool._deadline = 60.0
    found = await pool.parse(fetched(GOOD), Feed(url=URL, page=PageRules(items="li")))
    pool._deadline = QUICK
    assert isinstance(found, ParsedFeed)
    assert len(found.entries) == 1
