"""Sites without a network: pages by address, and what was asked of them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from feeds.types import Feed, FeedError, Fetched, FetchState, NotModified

HTML = {"content-type": "text/html; charset=utf-8"}


@dataclass
class Site:
    """A fetch that answers from a table, and notes what was asked, when. A status is a failure."""

    pages: Mapping[str, bytes | int]
    headers: Mapping[str, str] = field(default_factory=lambda: HTML)
    asked: list[tuple[float, str, FetchState]] = field(default_factory=list)

    async def __call__(self, feed: Feed, state: FetchState) -> Fetched | NotModified | FeedError:
        clock = asyncio.get_running_loop().time
        self.asked.append((clock(), feed.url, state))
        body = self.pages.get(feed.url, 404)
        if isinstance(body, int):
            message = f"answered {body}"
            return FeedError(url=feed.url, reason="http", message=message, http_status=body)
        digest = sha256(body).hexdigest()
        if digest == state.body_hash:
            return NotModified(url=feed.url, http_status=200, state=state)
        return Fetched(
            url=feed.url,
            headers=self.headers,
            body=body,
            wire_bytes=100,
            state=FetchState(body_hash=digest),
        )

    @property
    def urls(self) -> list[str]:
        return [url for _, url, _ in self.asked]
