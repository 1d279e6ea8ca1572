"""One batch: the due feeds of a shard, polled as the daemon polls its own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from feeds.paging import PagedFetch
from feeds.workers import ParserPool
from monitor.cluster.lease import Lease
from monitor.cluster.turns import FETCH_MOST, Fetch, Rest, Take, Turns
from monitor.drain import until
from monitor.errors import StoreError
from monitor.pipeline import Stages, poll
from monitor.poller import Hosts, Poller
from monitor.records import PollRecord, StoredFeed

LARGEST = 200  # feeds: with none of its hosts shared, a batch of 30 s answers takes half its time
# Seconds. Those who are led to a host of this shard wait for its end; what was not begun by then
# is still due, and in a batch of its own the next time.
LONGEST = 60.0
WIDTH = 16  # polls of one batch at a time


def most_of_a_host(gap: float) -> int:
    """How many feeds of one host can be polled in a batch, at `gap` seconds after each."""
    return max(1, int((LONGEST - FETCH_MOST) / gap)) if gap else LARGEST


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What batches of a worker share."""

    stages: Stages  # but for `fetch`, which knows the hosts of its batch
    fetch: Fetch
    pool: ParserPool | None  # None where no feed has pages behind it
    lease: Lease
    take: Take
    rest: Rest
    gap: float  # seconds between two requests to a host
    room: asyncio.Semaphore  # for as many polls as the worker may have under way until stored
    stored: Callable[[PollRecord], object]
    failed: Callable[[StoreError], object]
    stopping: asyncio.Event  # nothing more is to be begun
    drain: float  # seconds for what is under way then

    def turns(self, shard: int, hosts: Hosts) -> Turns:
        """Who may be asked by a batch of `shard`, whose own hosts are paced by `hosts`."""
        return Turns(
            shard=shard,
            hosts=hosts,
            lease=self.lease,
            fetch=self.fetch,
            take=self.take,
            rest=self.rest,
        )


Run = Callable[[int, Sequence[StoredFeed], Mapping[str, float], Tools], Awaitable[float]]


async def run(
    shard: int, feeds: Sequence[StoredFeed], rests: Mapping[str, float], tools: Tools
) -> float:
    """Poll them; returns the seconds until all hosts of the batch have rested.

    Ends early when the worker does, when it is taken for dead, and after `LONGEST`.
    """
    hosts = Hosts(tools.gap)
    for host, seconds in rests.items():
        hosts.wait(host, seconds)
    line = Line(tools.room)
    poller = _poller(shard, hosts, tools, line)
    polling = asyncio.create_task(poller.round(feeds))
    try:
        await until(polling, tools.stopping, LONGEST)
    finally:
        line.close()
        try:
            # What was begun in time may be finished: it is as long as a fetch, and its parsing.
            await poller.drain(tools.drain if tools.stopping.is_set() else 2 * FETCH_MOST)
            await polling
        except asyncio.CancelledError:
            await poller.drain(0.0)  # nothing goes on behind the end of the batch
            raise
    return hosts.all_free()


class Line:
    """The polls of a batch that wait for room among those of all batches.

    Documents are in memory from their fetch until they are stored. A worker has many batches, whose
    hosts mostly rest, and without a bound for all of them held 650 MB once a first round began.
    """

    def __init__(self, room: asyncio.Semaphore) -> None:
        self._room = room
        self._waiting: set[asyncio.Task[object]] = set()

    def through(
        self, poll: Callable[[StoredFeed], Awaitable[PollRecord]]
    ) -> Callable[[StoredFeed], Awaitable[PollRecord]]:
        """The same, once there is room for it."""

        async def polled(feed: StoredFeed) -> PollRecord:
            await self._enter()
            try:
                return await poll(feed)
            finally:
                self._room.release()

        return polled

    async def _enter(self) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._waiting.add(task)
        try:
            await self._room.acquire()
        finally:
            self._waiting.discard(task)

    def close(self) -> None:
        """Those that still wait are not begun: they are due, and in a later batch."""
        for task in self._waiting:
            task.cancel()


def _poller(shard: int, hosts: Hosts, tools: Tools, line: Line) -> Poller:
    turns = tools.turns(shard, hosts)
    fetch = (
        PagedFetch(fetch=turns.fetch, pool=tools.pool, pause=tools.gap)
        if tools.pool
        else turns.fetch
    )
    stages = replace(tools.stages, fetch=fetch)
    poller = Poller(
        due=_none_besides,
        poll=line.through(partial(poll, stages=stages)),
        now=stages.now,
        hosts=hosts,
        concurrency=WIDTH,
    )
    poller.stored = tools.stored
    poller.failed = tools.failed
    return poller


async def _none_besides(_now: datetime, _limit: int, _per_host: int) -> list[StoredFeed]:
    return []
