"""Pages made to break their reader: each ends as a value, and the next page is read."""

from __future__ import annotations

import asyncio

from feeds.types import Feed, FeedError, Fetched, FetchState, PageRules, ParsedFeed
from feeds.workers import ParserPool
from tests.support import hostile

URL = "https://paper.example/news"
STOPPED = {"parse-timeout", "parse-crash"}
ENDS = {
    "siblings of siblings": STOPPED | {"not-a-feed"},
    "a text of 2 MiB": STOPPED | {"parsed"},
}
QUICK = 1.0  # seconds of deadline: some of these would take hours


def fetched(body: bytes) -> Fetched:
    return Fetched(url=URL, headers={}, body=body, wire_bytes=len(body), state=FetchState())


def test_hostile_pages_cost_themselves_alone() -> None:
    async def run() -> None:
        async with ParserPool(workers=1, deadline=QUICK) as pool:
            for name, (build, rules) in hostile.LIST_PAGES.items():
                feed = Feed(url=URL, page=PageRules(**rules))
                found = await pool.parse(fetched(build()), feed)
                got = found.reason if isinstance(found, FeedError) else "parsed"
                assert got in ENDS.get(name, STOPPED), name
                await _read(pool)

    asyncio.run(run())


async def _read(pool: ParserPool) -> None:
    """The next page, by a worker that may have to start first, on a busy machine slowly."""
    pool._deadline = 60.0
    found = await pool.parse(
        fetched(hostile.GOOD_LIST_PAGE), Feed(url=URL, page=PageRules(items="li"))
    )
    pool._deadline = QUICK
    assert isinstance(found, ParsedFeed)
    assert len(found.entries) == 1
