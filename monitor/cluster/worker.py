"""`wirewatch worker`: one of any number of processes that watch one list of feeds together."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack, suppress
from datetime import datetime

from procrastinate.exceptions import ProcrastinateException
from procrastinate.jobs import DeleteJobCondition
from procrastinate.worker import Worker

from feeds.fetch import fetch
from feeds.heap import give_back, settle
from monitor.cluster.assembly import Station, open_station
from monitor.cluster.batch import Run
from monitor.cluster.batch import run as run_batch
from monitor.cluster.lease import Rhythm
from monitor.cluster.names import DELIVERY, POLLS
from monitor.cluster.turns import Fetch
from monitor.config import Config
from monitor.drain import finished
from monitor.errors import StoreError
from monitor.metrics import Metrics
from monitor.notify import ServiceManager
from monitor.probes import answering
from monitor.store.postgres import claims
from monitor.store.postgres.pool import LOST
from monitor.wall import wall_clock

log = logging.getLogger("wirewatch.cluster")

# Batches at a time. They mostly wait, for answers and for hosts that have to rest. How many polls
# are under way at once is bounded by `fetch.concurrency`, for all of them together.
BATCHES = 128
ERRANDS = 16  # senders, and what is periodic, at a time
DRAIN = 6.0  # seconds for what is under way at the end
# Seconds from SIGTERM to the end, whatever hangs: the promise is ten. What is cut off then is taken
# over like that of any worker that was lost.
LATEST = 9.5
LOOK = 2.0  # seconds between looks for jobs; most are heard of when they are deferred
AGAIN = 2.0  # seconds before the database is tried again
# Seconds by which clocks may differ: feeds are due by the workers' clocks, hosts rest by the
# database's.
CLOCKS_APART = 30.0

# That the database is away is said here, in one line. Failed jobs are told with their traceback.
for _name, _level in (
    ("procrastinate", logging.CRITICAL),
    ("procrastinate.worker", logging.ERROR),
    (f"procrastinate.worker.{POLLS}", logging.CRITICAL),
    (f"procrastinate.worker.{DELIVERY}", logging.CRITICAL),
    ("psycopg.pool", logging.CRITICAL),
):
    logging.getLogger(_name).setLevel(_level)

_LOST = (*LOST, ProcrastinateException, StoreError)


async def work(
    config: Config,
    *,
    now: Callable[[], datetime] = wall_clock,
    manager: ServiceManager | None = None,
    rhythm: Rhythm = Rhythm(),  # noqa: B008 - frozen
    asks: Fetch = fetch,
    run: Run = run_batch,
) -> bool:
    """Work until told to stop; False if it ends since it must not go on.

    `asks` and `run` stand for fetching and for polling a batch, in simulations.

    Raises:
        MonitorError: it cannot start.
    """
    give_back()
    manager, metrics, stopping = manager or ServiceManager(), Metrics(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, _stop, stopping)
    async with AsyncExitStack() as stack:
        station = await stack.enter_async_context(
            open_station(
                config,
                now=now,
                metrics=metrics,
                stopping=stopping,
                rhythm=rhythm,
                asks=asks,
                run=run,
            )
        )
        if config.metrics.address:
            checks = {"/healthz": lambda: metrics.alive, "/readyz": lambda: station.lease.holds}
            stack.enter_context(answering(config.metrics.address, metrics.registry, checks))
        words = f"one of the workers of {config.place}"
        log.info(words)
        manager.ready(words)
        shift = Shift(station, metrics, manager)
        settle()
        await shift.run()
        manager.stopping()
        return not shift.outdated


def _stop(stopping: asyncio.Event) -> None:
    """End in time. A thread of its own: the loop may wait for the writer, and that for the disk."""
    if not stopping.is_set():
        stopping.set()
        late = threading.Timer(LATEST, os._exit, (0,))
        late.daemon = True
        late.start()


class Shift:
    """A worker at work: its two queues, and its signs of life."""

    def __init__(self, station: Station, metrics: Metrics, manager: ServiceManager) -> None:
        self._station = station
        self._metrics = metrics
        self._manager = manager
        self.outdated = False  # other workers have a newer watchlist

    async def run(self) -> None:
        """Until it is to stop. While the database is away, nothing is begun."""
        stopping = self._station.stopping
        while not stopping.is_set():
            self._alive()  # to be started again would not bring the database back
            try:
                await self._serve()
            except _LOST as error:
                log.error("the database cannot be used: %s", _said(error))  # noqa: TRY400 - no fault
            with suppress(TimeoutError):
                async with asyncio.timeout(AGAIN):
                    await stopping.wait()

    async def _serve(self) -> None:
        """Be two workers to Procrastinate, until one of them fails or all is to stop."""
        station = self._station
        workers = [self._worker(POLLS, BATCHES), self._worker(DELIVERY, ERRANDS)]
        asked_at = station.lease.now()
        runs = [asyncio.create_task(_run(worker)) for worker in workers]
        beat = asyncio.create_task(self._beat(workers, asked_at))
        stop = asyncio.create_task(station.stopping.wait())
        try:
            await asyncio.wait((*runs, beat, stop), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for worker in workers:
                worker.stop()  # type: ignore[no-untyped-call]  # Procrastinate's
            if station.stopping.is_set():
                await station.crew.delivery.drain(DRAIN)
            await asyncio.wait(runs)
            station.lease.end()
            await finished((beat,), 0.0)
            stop.cancel()
        errors = [task.exception() for task in (*runs, beat) if not task.cancelled()]
        for error in filter(None, errors):
            raise error

    def _worker(self, queue: str, most: int) -> Worker:
        return Worker(
            app=self._station.crew.app,
            queues=[queue],
            name=queue,
            concurrency=most,
            fetch_job_polling_interval=LOOK,
            shutdown_graceful_timeout=DRAIN,
            delete_jobs=DeleteJobCondition.ALWAYS,  # the ledger of polls tells what was done
            install_signal_handlers=False,
            update_heartbeat_interval=self._station.rhythm.beat,
            stalled_worker_timeout=self._station.rhythm.stalled,
        )

    async def _beat(self, workers: Sequence[Worker], asked_at: float) -> None:
        """Give signs of life. Ends when this worker was taken for dead, or must not go on."""
        station = self._station
        numbers: list[int] = []
        while len(numbers) < len(workers):
            await asyncio.sleep(0.02)
            numbers = [worker.worker_id for worker in workers if worker.worker_id]
        station.lease.renew(asked_at)  # they were registered after that
        while True:
            asked_at = station.lease.now()
            try:
                async with station.pool.connection(timeout=station.rhythm.beat) as connection:
                    if not await claims.beat(connection, numbers):
                        if station.stopping.is_set():
                            return
                        log.warning("this worker was taken for dead; it begins anew")
                        return
                    station.lease.renew(asked_at)
                    if not await self._may_go_on(connection):
                        station.stopping.set()
                        return
            except _LOST as error:
                log.error("no sign of life could be given: %s", _said(error))  # noqa: TRY400
            self._alive()
            await asyncio.sleep(station.rhythm.beat)

    def _alive(self) -> None:
        self._metrics.worked()
        self._manager.worked()

    async def _may_go_on(self, connection: claims.Connection) -> bool:
        station = self._station
        apart = await claims.behind(connection, station.crew.now())
        if abs(apart) > CLOCKS_APART:
            where = "behind" if apart > 0 else "ahead of"
            words = "this machine's clock is %.0f s %s the database's; set it"
            log.error(words, abs(apart), where)
            self.outdated = True
        if await claims.watchlist(connection) != station.crew.store.watchlist_version:
            log.error("another worker has brought another watchlist; this one ends, to be started "
                      "again with the same files")  # fmt: skip
            self.outdated = True
        return not self.outdated


async def _run(worker: Worker) -> None:
    await worker.run()  # type: ignore[no-untyped-call]  # Procrastinate's


def _said(error: Exception) -> str:
    """The words, and why; psycopg's may take several lines."""
    cause = f" ({error.__cause__})" if error.__cause__ else ""
    return " ".join(f"{error}{cause}".split())
