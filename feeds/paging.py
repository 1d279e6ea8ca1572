"""The pages behind a list page, and the sitemaps of an index: fetched with a pause between two.

The first page alone is asked for conditionally. If it is as it was, nothing is new, since lists
have the newest first, and no other page is asked for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING

from feeds.hosts import host_key
from feeds.pages import addresses_behind
from feeds.sitemaps import GZIP
from feeds.types import FeedError, Fetched, FetchState, NotModified

if TYPE_CHECKING:
    from feeds.types import Feed
    from feeds.workers import ParserPool

Fetch = Callable[["Feed", FetchState], Awaitable[Fetched | NotModified | FeedError]]
_INDEX_WITHIN = 2_048  # bytes in which an index of sitemaps says that it is one


@dataclass(frozen=True, slots=True, kw_only=True)
class PagedFetch:
    """Fetches a feed, and the pages behind it where its rules ask for them."""

    fetch: Fetch
    pool: ParserPool  # which finds the address of the next page: the page may be anybody's
    pause: float  # seconds between the end of a request and the next one to the same host

    async def __call__(self, feed: Feed, state: FetchState) -> Fetched | NotModified | FeedError:
        """As feeds.fetch.fetch; what came behind the first page stands in `Fetched.more`."""
        first = await self.fetch(feed, state)
        if not isinstance(first, Fetched) or feed.page is None:
            return first
        if feed.page.type == "sitemap":
            return await self._sitemaps(feed, first, state)
        return await self._behind(feed, first) if feed.page.pages > 1 else first

    async def _behind(self, feed: Feed, first: Fetched) -> Fetched:
        """The list pages behind the first: each may name the next, and only pages of this site."""
        assert feed.page is not None
        pages, seen, note = [first], {first.url}, ""
        while len(pages) < feed.page.pages:
            address = await self._next(feed, pages[-1], len(pages) + 1)
            if not address or address in seen:
                break  # the list ends here
            if note := _refused(address, feed.url):
                break
            seen.add(address)
            page = await self._page(feed, address)
            if isinstance(page, FeedError):
                note = f"page {len(pages) + 1} did not come: {page.message}"
                break
            pages.append(page)
        return self._whole(first, pages[1:], note)

    async def _next(self, feed: Feed, page: Fetched, number: int) -> str:
        assert feed.page is not None
        if feed.page.page_url:
            return feed.page.page_url.replace("{page}", str(number))
        found = await self.pool.read(addresses_behind, page, feed)
        return found[0] if isinstance(found, tuple) and found else ""

    async def _sitemaps(
        self, feed: Feed, first: Fetched, state: FetchState
    ) -> Fetched | NotModified:
        """A sitemap as it is; of an index, the newest of its sitemaps too.

        An index need not change when its sitemaps do: no validator of it is kept, and whether
        anything is new is told by all of them together.
        """
        if not _may_be_index(first.body):
            return first
        found = await self.pool.read(addresses_behind, first, feed)
        if not isinstance(found, tuple) or not found:
            return first
        pages: list[Fetched] = []
        note = ""
        for address in found:
            if note := _refused(address, feed.url):
                break
            page = await self._page(feed, address)
            if isinstance(page, FeedError):
                note = f"a sitemap of the index did not come: {page.message}"
                break
            pages.append(page)
        together = b"".join(page.state.body_hash.encode() for page in pages)
        kept = FetchState(body_hash=sha256(together).hexdigest() if pages and not note else "")
        if kept.body_hash and kept.body_hash == state.body_hash:
            return NotModified(
                url=first.url,
                http_status=first.http_status,
                wire_bytes=first.wire_bytes + sum(page.wire_bytes for page in pages),
                headers=first.headers,
                state=kept,
            )
        return replace(self._whole(first, pages, note), state=kept)

    async def _page(self, feed: Feed, address: str) -> Fetched | FeedError:
        await asyncio.sleep(self.pause)
        answer = await self.fetch(replace(feed, url=address), FetchState())
        assert not isinstance(answer, NotModified)  # nothing of it is known
        return answer

    def _whole(self, first: Fetched, pages: list[Fetched], note: str) -> Fetched:
        return replace(
            first,
            more=tuple(pages),
            more_note=note,
            waited=self.pause * len(pages),
            wire_bytes=first.wire_bytes + sum(page.wire_bytes for page in pages),
        )


def _may_be_index(body: bytes) -> bool:
    """Whether a sitemap may be an index of others: one that is compressed has to be unpacked."""
    return b"<sitemapindex" in body[:_INDEX_WITHIN] or body.startswith(GZIP)


def _refused(address: str, feed_url: str) -> str:
    """Why an address is not asked; "" if it may be.

    Only this site is asked: the pause is kept between requests to it, and nobody else is sent to.
    """
    if host_key(address) == host_key(feed_url):
        return ""
    return f"the page behind it is on another site, and is not asked: {address[:100]}"
