"""One page of a site, asked for once: no redirect is followed, so that every hop is decided upon.

A feed's redirects are followed at once, as feeds.fetch does. A link of an entry may lead over three
hosts, each with a robots.txt and a pause of its own: whoever asks goes on from `Moved` when it may.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING

from feeds.errors import TransferError
from feeds.fetch import read_body, status_words
from feeds.manners import retry_after
from feeds.types import FeedError, Fetched, FetchState

if TYPE_CHECKING:
    from feeds.http import Client, Head

HOPS = 5  # redirects on the way to a page, as for feeds
_FIELDS = (
    (b"Accept", b"text/html, application/xhtml+xml, */*;q=0.1"),
    (b"Accept-Encoding", b"gzip"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """The server sends us on."""

    url: str  # from where
    to: str  # absolute, http or https, not yet judged in any other way
    http_status: int
    wire_bytes: int = 0


async def visit(client: Client, url: str) -> Fetched | Moved | FeedError:
    """GET `url` within the client's limits. Never raises for what a server does."""
    seen: list[Head] = []
    try:
        async with (
            asyncio.timeout(client.limits.total) as limit,
            client.get(url, _FIELDS) as head,
        ):
            seen.append(head)
            return await _answer(head, url, client, limit)
    except TimeoutError:
        return _error(url, "timeout", f"not done after {client.limits.total:g} s", seen)
    except TransferError as failed:
        return _error(url, failed.reason, failed.message, seen)


async def _answer(
    head: Head, url: str, client: Client, limit: asyncio.Timeout
) -> Fetched | Moved | FeedError:
    if to := head.redirect():
        if not to.startswith(("http:", "https:")):
            raise TransferError("redirects", "to something that is no web page")
        if head.url.startswith("https:") and to.startswith("http:"):
            raise TransferError("redirects", "from https to http")
        return Moved(url=url, to=to, http_status=head.status, wire_bytes=head.received)
    if head.status != 200:
        return FeedError(
            url=url,
            reason="http",
            message=f"the server answered {status_words(head.status)}",
            http_status=head.status,
            wire_bytes=head.received,
            retry_after=retry_after(
                head.headers.get("retry-after", ""), head.headers.get("date", "")
            ),
        )
    body, wire = await read_body(head, client.limits, partial(client.room.enter, limit))
    return Fetched(
        url=head.url,
        headers=head.headers,
        body=body,
        wire_bytes=head.received,
        state=FetchState(body_hash=sha256(body).hexdigest()),
        exchange=head.exchange(wire),
    )


def _error(url: str, reason: str, message: str, seen: list[Head]) -> FeedError:
    return FeedError(
        url=url,
        reason=reason,
        message=message,
        http_status=seen[0].status if seen else None,
        wire_bytes=sum(head.received for head in seen),
    )
