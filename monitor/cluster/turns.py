"""Who may be asked by a batch: the hosts of its own shard, and others by their turn.

A redirect, or an address to which a feed has moved, may lead to a host of another shard. It is
asked only while no batch of that shard runs, and those who come after see that it was.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from feeds.errors import TransferError
from feeds.hosts import host_key
from feeds.types import Feed, FeedError, Fetched, FetchState, NotModified
from monitor.cluster.lease import Lease
from monitor.cluster.shards import shard_of
from monitor.poller import TURN_MOST, Hosts

FETCH_MOST = 30.0  # seconds of one fetch (feeds/limits.py): for so long a turn is taken at first
LOOK_FIRST, LOOK_MOST = 0.25, 2.0  # seconds between looks whether another's host is free

Fetch = Callable[..., Awaitable[Fetched | NotModified | FeedError]]
Take = Callable[[str, float], Awaitable[bool]]
Rest = Callable[[str, float], Awaitable[None]]


class Turns:
    """The requests of one batch."""

    def __init__(
        self,
        *,
        shard: int,
        hosts: Hosts,
        lease: Lease,
        fetch: Fetch,
        take: Take,
        rest: Rest,
    ) -> None:
        """`take` and `rest` are those of the store: a host of another shard for so many seconds."""
        self._shard = shard
        self._hosts = hosts
        self._lease = lease
        self._fetch = fetch
        self._take = take
        self._rest = rest

    async def fetch(self, feed: Feed, state: FetchState) -> Fetched | NotModified | FeedError:
        """As feeds.fetch.fetch. Of the batch's own hosts the poller keeps the turns.

        Raises:
            LostError: this worker is taken for dead, and may ask nobody.
        """
        answer = await self._asked(feed, state)
        if isinstance(answer, FeedError):
            self._lease.check()  # else it failed since this worker may connect to nobody
        return answer

    async def _asked(self, feed: Feed, state: FetchState) -> Fetched | NotModified | FeedError:
        try:
            async with self.asking(feed.url):
                return await self._fetch(feed, state, turn=self.turn)
        except TransferError as late:
            return FeedError(url=feed.url, reason=late.reason, message=late.message)

    @asynccontextmanager
    async def asking(self, url: str) -> AsyncIterator[None]:
        """While a request to its host is under way.

        Raises:
            LostError: this worker is taken for dead, and may ask nobody.
            TransferError: the host's turn did not come in time.
        """
        self._lease.check()
        host = host_key(url)
        if self._is_ours(host):
            yield
            return
        async with self._foreign(host):
            yield

    def turn(self, host: str) -> AbstractAsyncContextManager[None]:
        """A host's turn, for a fetch that was sent there by another."""
        return self._hosts.turn(host) if self._is_ours(host) else self._both(host)

    def _is_ours(self, host: str) -> bool:
        return not self._hosts.gap or shard_of(host) == self._shard

    @asynccontextmanager
    async def _both(self, host: str) -> AsyncIterator[None]:
        """First among the polls of this batch, then among the others."""
        async with self._hosts.turn(host), self._foreign(host):
            yield

    @asynccontextmanager
    async def _foreign(self, host: str) -> AsyncIterator[None]:
        """Raises TransferError, so that the feed is polled again later, if it takes too long."""
        await self._taken(host)
        try:
            self._lease.check()
            yield
        finally:
            await self._rest(host, self._hosts.gap)

    async def _taken(self, host: str) -> None:
        clock = asyncio.get_running_loop().time
        end, pause = clock() + TURN_MOST, LOOK_FIRST
        while not await self._take(host, FETCH_MOST + self._hosts.gap):
            if clock() >= end:
                raise TransferError("timeout", "the host that it leads to is asked by others first")
            await asyncio.sleep(pause)
            pause = min(pause * 2, LOOK_MOST)
