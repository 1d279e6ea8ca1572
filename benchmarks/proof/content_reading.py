"""Documents on their real way: a parser process, the judge, the database."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from alerts.rules import Rule
from feeds.parse import parse
from feeds.types import Feed, FeedError, Fetched, FetchState, ParsedFeed
from feeds.workers import ParserPool
from monitor.records import PollRecord
from tests.support.learning import LearningDesk, entry

URL = "https://feeds.example/rss.xml"
ANY_AGE = 10**9  # seconds: old dates are told of too


def answer(body: bytes, **headers: str) -> Fetched:
    """As it came from a server."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Fetched(url=URL, headers=named, body=body, wire_bytes=len(body), state=FetchState())


@dataclass(slots=True)
class Reading:
    """A pool of parser processes in front of a database. `reader` takes documents apart."""

    pool: ParserPool
    desk: LearningDesk
    reader: Callable[..., Any] = parse
    faults: Counter[str] = field(default_factory=Counter)  # what was raised, and must not be

    async def read(self, body: bytes, feed: Feed | None = None, **headers: str) -> Any:
        """What is made of a document."""
        fetched = answer(body, **headers)
        feed = feed or Feed(url=URL)
        if self.reader is parse:
            return await self.pool.parse(fetched, feed)
        return await self.pool.read(self.reader, fetched, feed)

    async def poll(self, name: str, body: bytes, **headers: str) -> PollRecord | None:
        """A poll of a feed that brings this document; None where it could not be stored."""
        found = await self.read(body, self.desk.feed(name).feed, **headers)
        if isinstance(found, FeedError) and found.reason == "parse-crash":
            self.faults[found.message] += 1
        try:
            return self.desk.observe(found, name)
        except Exception as error:  # noqa: BLE001 - whatever a document brings about is counted
            self.faults[f"not stored: {type(error).__name__}"] += 1
            return None

    async def survives(self, good: bytes, entries: int) -> bool:
        """Whether the document after it is read."""
        found = await self.pool.parse(answer(good), Feed(url=URL))
        return isinstance(found, ParsedFeed) and len(found.entries) == entries


def with_reading(
    folder: Path,
    feeds: Sequence[str],
    use: Callable[[Reading], Awaitable[Any]],
    *,
    reader: Callable[..., Any] = parse,
    workers: int = 1,
) -> Any:
    """Run `use` over a new database with these feeds, each with its first poll behind it."""

    async def run() -> Any:
        desk = LearningDesk(folder, feeds)
        rule = Rule(name="all", to=("desk",), most_an_hour=0, max_age=ANY_AGE)
        desk.desk = replace(desk.desk, rules=(rule,))
        for number, name in enumerate(feeds):
            first = entry(number, f"First of {name}", url=f"https://first.example/{number}")
            desk.poll(first, name=name)
        try:
            async with ParserPool(workers=workers) as pool:
                return await use(Reading(pool, desk, reader))
        finally:
            desk.close()

    return asyncio.run(run())


def listed(counts: Mapping[str, int]) -> str:
    """`ValueError (2), UnicodeError`, shortened."""
    said = (f"{what.partition(':')[0]} ({number})" for what, number in counts.items())
    return ", ".join(said)
