"""Polls due feeds, many at a time but each host gently."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime

from feeds.errors import TransferError
from feeds.hosts import host_key
from feeds.moves import ask_at
from monitor.drain import finished
from monitor.errors import StoreError
from monitor.records import PollRecord, StoredFeed

log = logging.getLogger("wirewatch.poll")

CONCURRENCY = 64  # at a quarter of a second each, 250 feeds a second; more would be more in memory

READ_AHEAD = 512  # due feeds read from the database at once
WAITING = 2  # of them for each host that has to rest between two: none can fill the list
TURN_LEAST, TURN_MOST = 0.01, 60.0  # seconds between two looks whether a host is free, and of all
BROKEN_REST = 60.0  # seconds before a feed is tried again whose poll could not be stored

Due = Callable[[datetime, int, int], Awaitable[list[StoredFeed]]]
Poll = Callable[[StoredFeed], Awaitable[PollRecord]]
Report = Callable[[StoredFeed, PollRecord], None]


class Hosts:
    """When each host may be asked again. In memory: after a restart everybody has rested."""

    def __init__(self, gap: float, clock: Callable[[], float] = time.monotonic) -> None:
        """`gap`: seconds from the end of a request to the next one."""
        self.gap = gap
        self._clock = clock
        self._free_at: dict[str, float] = {}
        self._busy: set[str] = set()
        self._resting: dict[str, float] = {}

    def may(self, host: str) -> bool:
        """Whether the host is idle, has had its pause, and was not told to rest."""
        if self.rests(host):
            return False
        if not self.gap:
            return True
        return host not in self._busy and self._clock() >= self._free_at.get(host, 0.0)

    def rest(self, host: str, seconds: float) -> None:
        """It asked to be left alone, all of it. The next polls of its feeds are stored as late."""
        self._resting[host] = self._clock() + seconds

    def rests(self, host: str) -> bool:
        """Whether it is to be left alone, for longer than a pause."""
        if host in self._resting and self._clock() >= self._resting[host]:
            del self._resting[host]
        return host in self._resting

    @asynccontextmanager
    async def turn(self, host: str) -> AsyncIterator[None]:
        """Its turn for a fetch that is under way and was sent there by another host.

        Raises TransferError, so that the feed is polled again later, if it does not come in time.
        """
        end = self._clock() + TURN_MOST
        while not self.may(host):
            if self._clock() >= end:
                raise TransferError("timeout", "the host that it leads to is asked by others first")
            await asyncio.sleep(min(max(self.next_free(), TURN_LEAST), 1.0))
        self.take(host)
        try:
            yield
        finally:
            self.release(host)

    def take(self, host: str) -> None:
        """A request to it begins."""
        self._busy.add(host)

    def release(self, host: str) -> None:
        """It is over; the pause begins."""
        self._busy.discard(host)
        if not self.gap:
            return
        self._free_at[host] = self._clock() + self.gap
        if len(self._free_at) > 10_000:
            self._forget()

    def wait(self, host: str, seconds: float) -> None:
        """Others have asked it; it may be asked again in so many seconds."""
        self._free_at[host] = max(self._free_at.get(host, 0.0), self._clock() + seconds)

    def all_free(self) -> float:
        """Seconds until each of them has had its pause."""
        return max(0.0, max(self._free_at.values(), default=0.0) - self._clock())

    def _forget(self) -> None:
        now = self._clock()
        self._free_at = {host: at for host, at in self._free_at.items() if at > now}

    def next_free(self) -> float:
        """Seconds until some resting host may be asked again."""
        waits = [at - self._clock() for at in self._free_at.values()]
        return max(0.0, min((wait for wait in waits if wait > 0), default=0.0))


class Poller:
    """Keeps up to `concurrency` polls under way. A feed that hangs holds one place and its host."""

    def __init__(
        self,
        *,
        due: Due,
        poll: Poll,
        now: Callable[[], datetime],
        host_gap: float = 0.0,
        hosts: Hosts | None = None,
        concurrency: int = CONCURRENCY,
        report: Report | None = None,
    ) -> None:
        self._due = due
        self._poll = poll
        self._now = now
        self._hosts = hosts or Hosts(host_gap)
        self._concurrency = concurrency
        self._per_host = WAITING if self._hosts.gap else concurrency * 2
        self._report = report
        self._queue: dict[int, StoredFeed] = {}  # due, read from the database, not yet started
        self._running: dict[int, asyncio.Task[None]] = {}
        self._broken: dict[int, float] = {}  # feeds whose poll could not even be recorded
        self._stopping = False
        self._held = False
        self._short = asyncio.Event()  # of what can be started: a round has to look for more
        self.stored: Callable[[PollRecord], object] = lambda _: None  # told of what was stored
        self.failed: Callable[[StoreError], object] = lambda _: None  # told of what was not

    @property
    def hosts(self) -> Hosts:
        """When each host may be asked again: for those who ask for other things than feeds."""
        return self._hosts

    @property
    def under_way(self) -> int:
        """How many polls are running."""
        return len(self._running)

    @property
    def broken(self) -> int:
        """How many feeds were polled in vain of late, since nothing could be stored."""
        return len(self._broken)

    def hold(self) -> None:
        """Begin no poll until `go_on`: none could be stored."""
        self._held = True

    def go_on(self, *, again: bool) -> None:
        """Begin polls again; at once (`again`) with those that could not be stored."""
        self._held = False
        if again:
            self._broken.clear()

    async def tick(self) -> None:
        """Start every due poll that may start now, asking the database when too few are known."""
        if len(self._queue) < self._concurrency:
            await self._refill()
        self._start_ready()

    async def _refill(self) -> None:
        # Feeds under way are due in the database until they are recorded: ask for more than those.
        wanted = READ_AHEAD + len(self._running) + len(self._broken)
        for feed in await self._due(self._now(), wanted, self._per_host):
            if feed.id not in self._running and self._may_try(feed.id):
                self._queue.setdefault(feed.id, feed)

    def _may_try(self, feed: int) -> bool:
        return time.monotonic() >= self._broken.get(feed, 0.0)

    def _start_ready(self) -> None:
        if self._stopping or self._held:
            return
        left = []  # the queue, that is: it cannot be changed while it is gone through
        for feed in self._queue.values():
            if len(self._running) >= self._concurrency:
                break
            host = self._host(feed)
            if self._hosts.rests(host):
                left.append(feed.id)  # it is due again when the rest is over
            elif self._hosts.may(host):
                left.append(feed.id)
                self._hosts.take(host)
                self._running[feed.id] = asyncio.create_task(self._one(feed, host))
        for feed_id in left:
            del self._queue[feed_id]

    def _host(self, feed: StoredFeed) -> str:
        """Who is really asked: not the host of the list for a feed that moved."""
        if not feed.move.to:
            return feed.host
        return host_key(ask_at(feed.feed.url, feed.move, self._now()))

    async def _one(self, feed: StoredFeed, host: str) -> None:
        try:
            record = await self._poll(feed)
        except StoreError as error:
            # The disk is full or the file is damaged: nothing was stored, so the feed stays due,
            # and is left alone for a while.
            self._broken[feed.id] = time.monotonic() + BROKEN_REST
            log.error("not stored: %s", error, extra={"feed": feed.feed.url})  # noqa: TRY400
            self.failed(error)
        else:
            self._broken.pop(feed.id, None)
            if until := record.plan.host_rests_until:
                self._hosts.rest(host, (until - record.now).total_seconds())
            self.stored(record)
            if self._report:
                self._report(feed, record)
        finally:
            self._hosts.release(host)
            self._running.pop(feed.id, None)
            self._start_ready()
            if len(self._queue) < self._concurrency or not self._running:
                self._short.set()

    async def round(self, feeds: Sequence[StoredFeed] | None = None) -> None:
        """Poll these feeds, or else until nothing is due; return when nothing is under way."""
        if feeds is None:
            await self._refill()
        else:
            self._queue.update((feed.id, feed) for feed in feeds)
        self._start_ready()
        while self._running or self._queue:
            await self._something_ends()
            if feeds is None and len(self._queue) < self._concurrency:
                await self._refill()
            self._start_ready()

    async def _something_ends(self) -> None:
        """Wait for a poll to end after which others must be found, or for a host to have rested."""
        if self._running:
            self._short.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(1.0):
                    await self._short.wait()
        else:
            await asyncio.sleep(min(1.0, self._hosts.next_free() or 0.01))

    async def drain(self, seconds: float) -> None:
        """Start nothing more; let what is under way finish, and cancel what takes longer.

        A poll is stored in one transaction or not at all, so a cancelled one leaves nothing.
        """
        self._stopping = True
        self._queue.clear()
        await finished(self._running.values(), seconds)
