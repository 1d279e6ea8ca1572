"""The fetch stage: a feed and what is known of it → its bytes, "nothing new", or why not."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, aclosing
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from http import HTTPStatus
from typing import TYPE_CHECKING

from feeds.decode import Body, coding_of
from feeds.errors import TransferError
from feeds.hosts import host_key
from feeds.manners import retry_after
from feeds.room import ORDINARY
from feeds.types import Feed, FeedError, Fetched, FetchState, NotModified

if TYPE_CHECKING:
    from feeds.fields import Fields
    from feeds.http import Client, Head
    from feeds.limits import Limits

VALIDATOR_CHARS = 1_000  # an ETag is stored and sent at every poll; real ones have under 100
_PERMANENT = frozenset({301, 308})  # RFC 9110 §15.4: the others may change again
_ACCEPT = (
    b"application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml, "
    b"application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.1"
)


Turn = Callable[[str], AbstractAsyncContextManager[None]]
"""A host's turn to be asked, by its key: waits until it has rested, and has others wait. Raises
TransferError where that takes too long."""


async def fetch(
    client: Client, feed: Feed, state: FetchState, *, turn: Turn | None = None
) -> Fetched | NotModified | FeedError:
    """Fetch `feed` as it is now, within the client's limits.

    `state` is what the last good answer left behind; an empty one asks for the whole feed. `turn`
    is taken for every other host that redirects lead to; waiting for it does not count as time of
    the fetch. A connection that is reset before any byte of an answer is tried once more at once
    (RFC 9110 §9.2.2: a GET may be, and a retry may not be retried); nothing else is. Never raises
    for what a feed does; a cancelled fetch is cancelled.
    """
    trip = _Trip(feed=feed.url)
    try:
        async with AsyncExitStack() as trip.turns, asyncio.timeout(client.limits.total) as limit:
            take = partial(_take, trip, turn, limit)
            return await _follow(client, trip, state, take, partial(client.room.enter, limit))
    except TimeoutError:
        return trip.error("timeout", f"not done after {client.limits.total:g} s")
    except TransferError as failed:
        message = f"after a redirect: {failed.message}" if trip.hops else failed.message
        return trip.error(failed.reason, message)


@dataclass(slots=True, kw_only=True)
class _Trip:
    """How far a fetch has come."""

    feed: str  # the URL it began with
    heads: list[Head] = field(default_factory=list)  # every answer on the way
    hops: list[str] = field(default_factory=list)  # the URLs that sent us on
    retried: bool = False  # a connection was reset, and opened again
    turns: AsyncExitStack = field(default_factory=AsyncExitStack)  # of other hosts
    taken: set[str] = field(default_factory=set)  # their keys

    @property
    def received(self) -> int:
        return sum(head.received for head in self.heads)

    @property
    def permanent(self) -> bool:
        """Whether every answer but the last said 301 or 308, and there was one."""
        return bool(self.hops) and all(head.status in _PERMANENT for head in self.heads[:-1])

    def error(self, reason: str, message: str, head: Head | None = None) -> FeedError:
        """Why the fetch came to nothing; `head` is an answer that said so itself."""
        headers = head.headers if head else {}
        return FeedError(
            url=self.feed,
            reason=reason,
            message=message,
            http_status=head.status if head else None,
            wire_bytes=self.received,
            retry_after=retry_after(headers.get("retry-after", ""), headers.get("date", "")),
            retried=self.retried,
        )


async def _take(trip: _Trip, turn: Turn | None, limit: asyncio.Timeout, url: str) -> None:
    """Before a hop: the turn of the host that it leads to, unless it is one that we are at."""
    key = host_key(url)
    if turn is None or key in trip.taken or key == host_key(trip.feed):
        return
    clock = asyncio.get_running_loop().time
    end, began = limit.when(), clock()
    limit.reschedule(None)
    await trip.turns.enter_async_context(turn(key))
    trip.taken.add(key)
    limit.reschedule(None if end is None else end + clock() - began)


async def _follow(
    client: Client,
    trip: _Trip,
    state: FetchState,
    take: Callable[[str], Awaitable[None]],
    room: Callable[[], Awaitable[None]],
) -> Fetched | NotModified | FeedError:
    """Go from redirect to redirect, by hand: every hop is parsed and judged like the first."""
    fields = _request_fields(state)
    url = trip.feed
    while True:
        async with AsyncExitStack() as stack:
            head = await _asked(stack, client, trip, url, fields)
            trip.heads.append(head)
            url = head.redirect()
            if not url:
                return await _answer(head, trip, state, client.limits, room)
        if len(trip.hops) == client.limits.redirects:
            raise TransferError("redirects", f"more than {client.limits.redirects} redirects")
        if head.url.startswith("https:") and url.startswith("http:"):
            raise TransferError("redirects", "from https to http")
        trip.hops.append(head.url)
        await take(url)


async def _asked(
    stack: AsyncExitStack, client: Client, trip: _Trip, url: str, fields: Fields
) -> Head:
    """The head of an answer, until `stack` ends. Raises TransferError."""
    try:
        return await stack.enter_async_context(client.get(url, fields))
    except TransferError as lost:
        if not lost.reset or trip.retried:
            raise
    trip.retried = True
    return await stack.enter_async_context(client.get(url, fields))


def _request_fields(state: FetchState) -> list[tuple[bytes, bytes]]:
    """Fields of a conditional request (RFC 9110 §13.1). Validators go back as they came."""
    fields = [(b"Accept", _ACCEPT), (b"Accept-Encoding", b"gzip")]
    if state.etag:
        fields.append((b"If-None-Match", state.etag.encode("latin-1", "ignore")))
    if state.last_modified:
        fields.append((b"If-Modified-Since", state.last_modified.encode("latin-1", "ignore")))
    return fields


async def _answer(
    head: Head,
    trip: _Trip,
    state: FetchState,
    limits: Limits,
    room: Callable[[], Awaitable[None]],
) -> Fetched | NotModified | FeedError:
    """What the last answer means."""
    asked = bool(state.etag or state.last_modified)
    if head.status != 200 and not (head.status == 304 and asked):
        return trip.error("http", f"the server answered {status_words(head.status)}", head)
    body, wire = await read_body(head, limits, room) if head.status == 200 else (None, b"")
    remembered = _remembered(head, state, body)
    if body is None or remembered.body_hash == state.body_hash:
        return NotModified(
            url=head.url,
            http_status=head.status,
            wire_bytes=trip.received,
            headers=head.headers,
            state=remembered,
            permanent_url=head.url if trip.permanent else "",
            retried=trip.retried,
        )
    return Fetched(
        url=head.url,
        headers=head.headers,
        body=body,
        wire_bytes=trip.received,
        state=remembered,
        redirects=tuple(trip.hops),
        permanent_url=head.url if trip.permanent else "",
        exchange=head.exchange(wire),
        retried=trip.retried,
    )


async def read_body(
    head: Head, limits: Limits, room: Callable[[], Awaitable[None]]
) -> tuple[bytes, bytes]:
    """The body, decoded and as it was sent; a large one waits for `room`. Raises TransferError."""
    body = Body(
        coding=coding_of(head.headers.get("content-encoding", "")),
        wire_limit=limits.wire_bytes,
        limit=limits.body_bytes,
    )
    body.expect(head.headers.get("content-length", ""))
    async with aclosing(head.chunks()) as chunks:
        async for chunk in chunks:
            for _ in body.steps(chunk):
                if body.size > ORDINARY:
                    await room()
    whole = body.whole()
    return whole, body.wire(whole)


def _remembered(head: Head, state: FetchState, body: bytes | None) -> FetchState:
    """What to send next time. A 304 leaves out what stays as it was (RFC 9110 §15.4.5)."""
    known = state if body is None else FetchState()
    return FetchState(
        etag=_validator(head, "etag") or known.etag,
        last_modified=_validator(head, "last-modified") or known.last_modified,
        body_hash=state.body_hash if body is None else sha256(body).hexdigest(),
    )


def _validator(head: Head, name: str) -> str:
    value = head.headers.get(name, "")
    return value if len(value) <= VALIDATOR_CHARS else ""


def status_words(status: int) -> str:
    """A status in words, by the register; the server's own phrase is anybody's text."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
