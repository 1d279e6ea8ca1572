"""The daemon: a handful of scheduled jobs over the due-queue in the database.

APScheduler drives poll, deliver, trends and housekeeping; what is due, and when, is the database's
to say. A watch on the clock, which runs on a steady clock of its own, mends what a step of the wall
clock would do to either.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from datetime import UTC, datetime, timedelta
from functools import partial

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger

from alerts.errors import AlertsError
from feeds.errors import FeedsError
from feeds.heap import give_back, settle
from monitor.articles.records import ArticleRecord
from monitor.compose import Program, assemble, build_desk
from monitor.config import Config, load
from monitor.control import listening
from monitor.drift import Drift
from monitor.errands import Errands
from monitor.errors import BusyError, ConfigError, MonitorError, StoreError
from monitor.halt import Halt, look
from monitor.logs import set_up
from monitor.metrics import Metrics, Standing
from monitor.notify import ServiceManager
from monitor.places import Place
from monitor.poll_lines import log_poll
from monitor.probes import answering
from monitor.records import PollRecord
from monitor.tidying import tidy
from monitor.trending import watch_trends
from monitor.wall import wall_clock
from monitor.watching import read_watchlists

log = logging.getLogger("wirewatch")

TICK = 1.0  # seconds between looks at the queue and at the outbox
CHECKPOINT = 600.0  # seconds between truncations of the WAL
HOUSEKEEPING = 30.0  # seconds between looks how large it is
RETENTION = 3600.0  # seconds between looks for what was kept long enough
TRENDS = 900.0  # seconds between looks for bursts and silences
# Seconds for polls and sends under way at SIGTERM. The promise is ten in all, and parsers and
# database have to be closed too, on a machine that may be busy.
DRAIN = 7.0
REOPEN_WAIT = 0.25  # seconds between tries to open the database again at a reload
REOPEN_TRIES = 120  # half a minute: commands that write are done in a second, a round in several


class Orders:
    """What signals ask for. Outlives the Daemon that a reload replaces, so that none is lost."""

    def __init__(self) -> None:
        self.end = False
        self.asked = asyncio.Event()  # an order has come since this was cleared

    def install(self) -> None:
        """Take SIGTERM and SIGINT for the end, SIGHUP for a reload."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._end)
        loop.add_signal_handler(signal.SIGHUP, self.asked.set)

    def _end(self) -> None:
        self.end = True
        self.asked.set()


async def watch(
    config: Config,
    *,
    now: Callable[[], datetime] = wall_clock,
    manager: ServiceManager | None = None,
) -> None:
    """Watch until told to stop. A reload puts the whole program together anew.

    Raises:
        MonitorError: it cannot start.
    """
    give_back()
    orders = Orders()
    orders.install()
    manager, metrics = manager or ServiceManager(), Metrics()
    old: Config | None = None
    going: Config | None = config
    while going and not orders.end:
        async with AsyncExitStack() as stack:
            program = await _assembled(stack, going, old, now)
            _expose(stack, program, metrics, now, first=old is None)
            old = program.config
            errands = Errands(program, now, check=partial(_checked, old), reload=orders.asked.set)
            await stack.enter_async_context(listening(old.database, errands.run))
            daemon = Daemon(program, orders, now=now, manager=manager, metrics=metrics)
            settle()
            going = await daemon.run()


async def _assembled(
    stack: AsyncExitStack, config: Config, old: Config | None, now: Callable[[], datetime]
) -> Program:
    """The program with the new settings; with the old ones if there are some and it cannot be."""
    if old is None:
        return await stack.enter_async_context(assemble(config, now=now))
    try:
        return await _reopened(stack, config, now, old.place)
    except MonitorError as error:
        _say_not_reloaded(error)
        return await _reopened(stack, old, now, old.place)


async def _reopened(
    stack: AsyncExitStack, config: Config, now: Callable[[], datetime], ours: Place
) -> Program:
    """Open it again; wait for a command that took the database while it was closed."""
    for _ in range(REOPEN_TRIES if config.place == ours else 0):
        with suppress(BusyError):
            return await stack.enter_async_context(assemble(config, now=now))
        await asyncio.sleep(REOPEN_WAIT)
    return await stack.enter_async_context(assemble(config, now=now))


def _expose(
    stack: AsyncExitStack,
    program: Program,
    metrics: Metrics,
    now: Callable[[], datetime],
    *,
    first: bool,
) -> None:
    """Answer those who watch the daemon, if the settings say where.

    Raises:
        ConfigError: that address is taken; at a reload it is only logged, and polls go on.
    """
    config = program.config
    if config.metrics.address is None:
        return
    standing = Standing(config.place, lambda: program.parsers.restarts, now)
    metrics.registry.register(standing)
    stack.callback(metrics.registry.unregister, standing)
    checks = {
        "/healthz": lambda: metrics.alive,
        "/readyz": lambda: metrics.alive and standing.readable(),
    }
    try:
        stack.enter_context(answering(config.metrics.address, metrics.registry, checks))
    except ConfigError as error:
        if first:
            raise
        log.error("no metrics: %s", error)  # noqa: TRY400 - somebody has the port, no fault


def _say_not_reloaded(error: Exception) -> None:
    for line in str(error).splitlines():
        log.error("not reloaded: %s", line)


class Every(BaseTrigger):  # type: ignore[misc] # apscheduler has no types
    """Every so many seconds from now, whatever was missed.

    APScheduler's own interval counts up all runs that a step of the clock left out: 60 days forward
    stopped the event loop for 26 s and took 540 MB (measured with 3.11.3).
    """

    def __init__(self, seconds: float) -> None:
        self.length = timedelta(seconds=seconds)

    def get_next_fire_time(self, _previous: datetime | None, now: datetime) -> datetime:
        """When to run next; APScheduler asks after each run."""
        return now + self.length


async def _unless_ended(job: Callable[[], Awaitable[None]]) -> None:
    """Run a job. At the end APScheduler cancels those under way, and logs that as a fault."""
    with suppress(asyncio.CancelledError):
        await job()


class Daemon:
    """A running program with its schedule."""

    def __init__(
        self,
        program: Program,
        orders: Orders,
        *,
        now: Callable[[], datetime] = wall_clock,
        manager: ServiceManager | None = None,
        metrics: Metrics | None = None,
    ) -> None:
        self._program = program
        self._manager = manager or ServiceManager()
        self._metrics = metrics or Metrics()
        self._orders = orders
        self._now = now
        self._drift = Drift(now)
        self._moved = timedelta(0)  # by how much the schedule is still to be moved
        program.poller.stored = self._stored
        program.articles.stored = self._stored
        program.poller.failed = self._failed
        program.articles.failed = self._failed
        self._halt = Halt(
            look=self._look, tell=program.delivery.tell, to=program.desk.watch.to, now=now
        )
        program.delivery.settled = self._metrics.settled
        self._scheduler = AsyncIOScheduler(
            timezone=UTC,
            # Late is better than never, and once is enough: without these a busy second is
            # "misfired" and dropped (APScheduler's default grace is one second).
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )

    async def run(self) -> Config | None:
        """Watch until the end or a good reload is ordered, then finish what is under way.

        Returns the settings to go on with, or None.
        """
        self._schedule()
        self._scheduler.start()
        clock = asyncio.create_task(self._watch_clock())
        watching = f"watching {len(self._program.config.feeds)} feeds"
        log.info(watching)
        self._manager.ready(watching)
        try:
            return await self._ordered()
        finally:
            clock.cancel()
            self._scheduler.shutdown(wait=False)
            await self._halt.close()
            await self._drain()

    async def _ordered(self) -> Config | None:
        """Wait for the order to end (None) or to reload settings that are good."""
        while True:
            await self._orders.asked.wait()
            self._orders.asked.clear()
            if self._orders.end:
                self._manager.stopping()
                return None
            if config := await self._reloaded():
                self._manager.reloading()
                return config

    async def _drain(self) -> None:
        program = self._program
        log.info("finishing %d polls", program.poller.under_way)
        await asyncio.gather(
            program.poller.drain(DRAIN),
            program.articles.drain(DRAIN),
            program.delivery.drain(DRAIN),
        )

    def _schedule(self) -> None:
        for name, job, seconds in (
            ("poll", self._poll, TICK),
            ("deliver", self._deliver, TICK),
            ("checkpoint", self._checkpoint, CHECKPOINT),
            ("housekeeping", self._keep_house, HOUSEKEEPING),
            ("trends", self._watch_trends, TRENDS),
            ("retention", self._tidy, RETENTION),
        ):
            self._scheduler.add_job(_unless_ended, Every(seconds), args=(job,), id=name)

    async def _poll(self) -> None:
        try:
            if await self._may_poll():
                await self._follow_clock()  # before the queue is read: after a step all looks due
                await self._program.poller.tick()
                await self._program.articles.tick()  # behind it: a due poll has its host first
            # Halted too: to be started again would not help, it could not even open the database.
            self._manager.worked()
            self._metrics.worked()
        except StoreError as error:
            log.error("cannot read what is due: %s", error)  # noqa: TRY400 - a full disk, no fault
            self._failed(error)

    async def _may_poll(self) -> bool:
        """Whether it can be stored what polls bring."""
        was, again = self._halt.halted, self._halt.confirmed
        over = await self._halt.over()
        if not over:
            self._program.poller.hold()
        elif was:
            self._program.poller.go_on(again=again)
        return over

    def _failed(self, error: StoreError) -> None:
        self._program.poller.hold()
        self._halt.failed(error)

    async def _look(self) -> None:
        program = self._program
        folders = {program.config.database.parent}
        if program.archive:
            folders.add(program.archive.keeper.folder)
        await program.in_writer(partial(look, program.store, folders))

    def _stored(self, record: PollRecord | ArticleRecord) -> None:
        if isinstance(record, PollRecord):
            self._metrics.polled(record)
            log_poll(record)
        else:
            self._metrics.read(record)
        if record.alerts:  # not at the next tick: news should not wait for a clock
            self._program.delivery.tick()

    async def _deliver(self) -> None:
        if not self._halt.halted:  # nothing could be claimed
            self._program.delivery.tick()

    async def _checkpoint(self) -> None:
        await self._program.in_writer(self._program.store.checkpoint)

    async def _keep_house(self) -> None:
        await self._program.in_writer(self._program.store.keep_house)

    async def _tidy(self) -> None:
        """Remove what was kept long enough; polls are stored between the steps."""
        program = self._program
        step = partial(tidy, program.store, program.archive, program.config, self._now())
        try:
            more = True
            while more:
                more = (await program.in_writer(step)).more
                await asyncio.sleep(TICK)
        except StoreError as error:
            log.error("nothing more removed: %s", error)  # noqa: TRY400 - a full disk, no fault

    async def _watch_trends(self) -> None:
        program = self._program
        try:
            await program.in_writer(partial(watch_trends, program.store, program.desk, self._now()))
        except StoreError as error:
            log.error("trends not looked at: %s", error)  # noqa: TRY400 - a full disk, no fault

    async def _watch_clock(self) -> None:
        """Follow the wall clock. asyncio sleeps by a clock that nobody can set."""
        while True:
            await asyncio.sleep(TICK)
            try:
                await self._follow_clock()
            except StoreError as error:
                log.error("schedule not moved yet: %s", error)  # noqa: TRY400 - a full disk

    async def _follow_clock(self) -> None:
        """Move the schedule by as much as the clock was moved, if it was.

        Raises:
            StoreError: it could not be stored; it is tried again the next time.
        """
        step = self._drift.step()
        if step:
            log.warning("the clock was moved by %.0f s", step.total_seconds())
            self._restart_jobs()
        self._moved += step
        if not self._moved:
            return
        moved, self._moved = self._moved, timedelta(0)
        shift = partial(self._program.store.shift_schedule, moved, now=self._now())
        try:
            await self._program.in_writer(shift)
        except StoreError:
            self._moved += moved
            raise

    def _restart_jobs(self) -> None:
        """APScheduler waits for a time of day; after a step that may be hours away."""
        for job in self._scheduler.get_jobs():
            job.reschedule(job.trigger)

    async def _reloaded(self) -> Config | None:
        """Read settings, lists and watchlists; None, with reasons logged, if anything is wrong."""
        try:
            config = await asyncio.to_thread(_checked, self._program.config)
        except (MonitorError, AlertsError, FeedsError) as error:
            _say_not_reloaded(error)
            return None
        set_up(config.log.level, config.log.format)
        log.info("reloading: %d feeds", len(config.feeds))
        return config


def _checked(old: Config) -> Config:
    """The settings as they stand in the files now, tried as far as they can be beside the old."""
    config = load(old.path)
    build_desk(config, read_watchlists(config.watchlists))
    return config
