"""What workers do for each other by way of Procrastinate's jobs.

    dispatch   periodic: due shards → a job each, in the transaction that raises their claims
    poll       one batch of a shard
    sweep      periodic: takes the work of workers that are not heard of away from them
    outbox     periodic: channels with alerts that are due again → a job each
    deliver    sends what is due on one channel; deferred with a poll's commit too
    texts      periodic: full texts of articles, by one worker at a time
    trends, retention   periodic, as the daemon does them

No job is ever scheduled for later, and none is retried. A job that waits for its time blocks all
others of its lock, whatever they are; one that is retried keeps its number, so that the worker
which lost it could still end it for the one which has it now. A lost job is deleted: what it had
to do is still due in the tables, and is handed out anew.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from procrastinate import App
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job, Status

from monitor.cluster import batch
from monitor.cluster.names import (
    DELIVER,
    DELIVERY,
    DISPATCH,
    HOUSEKEEPING,
    OUTBOX,
    POLL,
    POLLS,
    RETENTION,
    SWEEP,
    TEXTS,
    TRENDS,
    channel_lock,
)
from monitor.cluster.shards import lock_of
from monitor.delivery import Delivery
from monitor.store.postgres import claims

if TYPE_CHECKING:
    from monitor.cluster.fenced import FencedStore
    from monitor.store.postgres.pool import Pool

log = logging.getLogger("wirewatch.cluster")

T = TypeVar("T")

# Batches handed out at once, every three seconds: 20 a second, of a few feeds where there are few
# and of 200 where there are many: 4,000 feeds a second. Shards that wait have their turn next.
MOST = 60

# Six fields: the last is seconds.
EVERY_3_S, EVERY_5_S, EVERY_10_S = "* * * * * */3", "* * * * * */5", "* * * * * */10"
EVERY_MINUTE, EVERY_15_MIN, EVERY_HOUR = "* * * * *", "*/15 * * * *", "7 * * * *"

InWriter = Callable[[Callable[[], T]], Awaitable[T]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Crew:
    """What the jobs of one worker work with."""

    app: App
    pool: Pool
    store: FencedStore
    tools: batch.Tools
    run: batch.Run
    delivery: Delivery
    in_writer: InWriter[Any]
    now: Callable[[], datetime]
    stalled: float  # seconds without a sign of life after which a worker's jobs are taken away
    texts: Callable[[], Awaitable[None]]
    trends: Callable[[], Awaitable[None]]
    retention: Callable[[], Awaitable[None]]
    housekeeping: Callable[[], Awaitable[None]]
    dispatched: Callable[[], object] = lambda: None  # told that due feeds were looked for

    def register(self) -> None:
        """Have the app know the tasks, and when the periodic ones are due."""
        self.app.task(name=POLL, queue=POLLS)(self._poll)
        self.app.task(name=DELIVER, queue=DELIVERY)(self._deliver)
        for name, job, cron in (
            (DISPATCH, self._dispatch, EVERY_3_S),
            (SWEEP, self._sweep, EVERY_10_S),
            (OUTBOX, self._outbox, EVERY_5_S),
            (TEXTS, self._texts, EVERY_10_S),
            (TRENDS, self._trends, EVERY_15_MIN),
            (RETENTION, self._retention, EVERY_HOUR),
            (HOUSEKEEPING, self._keep_house, EVERY_MINUTE),
        ):
            # One waiting is enough: whoever comes to it finds all that is due.
            lock = name if name == TEXTS else None  # of these one at a time
            task = self.app.task(
                name=name, queue=DELIVERY, lock=lock, queueing_lock=name, priority=1
            )(job)
            self.app.periodic(cron=cron)(task)

    async def _dispatch(self, timestamp: int) -> None:  # noqa: ARG002 - every periodic task has it
        async with self.pool.connection() as connection:
            marked = await claims.mark(connection, self.now(), MOST)
            jobs = [self._batch(shard, claim) for shard, claim in marked]
            if jobs:
                manager = self.app.job_manager
                await manager.batch_defer_jobs_async(jobs, connection=connection)
        self.dispatched()

    def _batch(self, shard: int, claim: int) -> Job:
        lock = lock_of(shard)
        arguments = {"shard": shard, "claim": claim}
        return self.app.configure_task(
            POLL, lock=lock, queueing_lock=lock, task_kwargs=arguments
        ).job

    async def _poll(self, shard: int, claim: int) -> None:
        async with self.pool.connection() as connection:
            rests = await claims.begin(connection, shard, claim)
            if rests is None:
                log.warning("a batch of shard %d was handed out again meanwhile", shard)
                return
            feeds = await claims.due(
                connection,
                shard,
                self.now(),
                limit=batch.LARGEST,
                per_host=batch.most_of_a_host(self.tools.gap),
            )
        rest = self.tools.gap
        try:
            with self.store.claimed(shard, claim, [feed.id for feed in feeds]):
                rest = await self.run(shard, feeds, rests, self.tools)
        finally:
            async with self.pool.connection() as connection:
                await claims.end(connection, shard, claim, rest)

    async def _sweep(self, timestamp: int) -> None:  # noqa: ARG002
        manager = self.app.job_manager
        # First of all: one that wakes up now must find that it is dead before it asks anybody.
        await manager.prune_stalled_workers(self.stalled)
        for job in await manager.get_stalled_jobs(seconds_since_heartbeat=self.stalled):
            log.warning("%s: its worker is not heard of", job.lock or job.task_name)
            if job.task_name == POLL:
                shard, claim = (int(str(job.task_kwargs[key])) for key in ("shard", "claim"))
                async with self.pool.connection() as connection:
                    await claims.withdraw(connection, shard, claim, self.tools.gap)
            with suppress(ConnectorException):  # it has ended by itself after all
                await manager.finish_job(job, Status.FAILED, delete_job=True)
        async with self.pool.connection() as connection:
            await claims.forget_turns(connection)

    async def _outbox(self, timestamp: int) -> None:  # noqa: ARG002
        async with self.pool.connection() as connection:
            channels = await claims.waiting_channels(connection, self.now())
        for channel in channels:
            if channel not in self.delivery:
                log.error("alerts wait for a channel that this worker has not: %s", channel)
                continue
            job = self.app.configure_task(DELIVER, lock=channel_lock(channel))
            await job.defer_async(channel=channel)

    async def _deliver(self, channel: str) -> None:
        if channel not in self.delivery:
            return  # `outbox` says so, and has another worker try
        name = channel_lock(channel)
        async with self.pool.connection() as connection:
            if await claims.rests(connection, name):
                return
        # Nobody else sends on it while this job has its lock: whoever began one has died of it.
        await self.in_writer(partial(self.store.doubt_unfinished, channel))
        rest = await self.delivery.empty(channel)
        if rest:
            async with self.pool.connection() as connection:
                await claims.rest(connection, name, rest)

    async def _texts(self, timestamp: int) -> None:  # noqa: ARG002
        await self.texts()

    async def _trends(self, timestamp: int) -> None:  # noqa: ARG002
        await self.trends()

    async def _retention(self, timestamp: int) -> None:  # noqa: ARG002
        await self.retention()

    async def _keep_house(self, timestamp: int) -> None:  # noqa: ARG002
        await self.housekeeping()
