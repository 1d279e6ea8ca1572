"""Check-ups of feeds on loopback, parsed in this process."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from functools import partial
from typing import Any

from feeds.checkup import CheckUp, Doctor
from feeds.fetch import fetch
from feeds.http import Client
from feeds.parse import parse
from feeds.types import Feed
from monitor.language import detect

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
INTERVAL = 900
XML = ("Content-Type", "application/rss+xml")


class Here:
    """Stands for feeds.workers.ParserPool, without its processes."""

    async def read(self, reader: Any, fetched: Any, feed: Feed) -> Any:
        return reader(fetched.body, fetched.headers, feed, fetched.url)

    async def parse(self, fetched: Any, feed: Feed) -> Any:
        return await self.read(parse, fetched, feed)


def checked(url: str, *, private: bool = True, interval: int = INTERVAL, **feed: Any) -> CheckUp:
    """What the doctor finds at `url`, with no pause between its requests."""
    return visited(url, interval, feed, allow_private_addresses=private)


def visited(
    url: str, interval: int = INTERVAL, feed: dict[str, Any] | None = None, **client: Any
) -> CheckUp:
    """The same with a client of your own."""

    async def visit() -> CheckUp:
        async with Client(**client) as it:
            return await Doctor(
                fetch=partial(fetch, it),
                pool=Here(),  # type: ignore[arg-type] # all of it that a check-up uses
                now=lambda: NOW,
                language_of=detect,
                interval=interval,
                pause=0,
            ).examine(Feed(url=url, **feed or {}))

    return asyncio.run(visit())


def entry(
    number: int,
    *,
    title: str = "",
    guid: str | None = "",
    link: str | None = "",
    date: str | None = "",
    text: str = "",
) -> str:
    """An RSS item with everything; None leaves a part out. A day lies between two of them."""
    parts = {
        "title": title or f"평양화력발전소 소식 제{number}호",
        "guid": f"bulletin-{number}" if guid == "" else guid,
        "link": f"https://news.example/{number}" if link == "" else link,
        "pubDate": f"{number:02} Mar 2026 09:00:00 +0900" if date == "" else date,
        "description": text or "전력생산을 늘이고있다. " * 40,
    }
    return f"<item>{''.join(f'<{k}>{v}</{k}>' for k, v in parts.items() if v is not None)}</item>"


def rss(
    *entries: str, title: str = "Bulletin", language: str = "ko", encoding: str = "utf-8"
) -> str:
    said = f"<language>{language}</language>" if language else ""
    return (
        f'<?xml version="1.0" encoding="{encoding}"?><rss version="2.0"><channel>'
        f"<title>{title}</title>{said}{''.join(entries)}</channel></rss>"
    )


def page(*links: str, body: str = "") -> bytes:
    """A web page that names feeds, by type and address."""
    tags = "".join(
        f'<link rel="alternate" type="{t}" href="{h}">' for t, h in map(str.split, links)
    )
    return f"<!doctype html><html><head><title>Site</title>{tags}</head><body>{body}".encode()
