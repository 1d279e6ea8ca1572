"""A worker put together: as the daemon is (compose.py), but for who says what is due."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from hashlib import sha256
from socket import socket
from typing import Any

from procrastinate import App, PsycopgConnector

from feeds import article
from feeds.dial import dial_tcp
from feeds.fetch import fetch
from feeds.visit import visit
from feeds.workers import ParserPool
from monitor.articles.learning import Learning
from monitor.articles.stage import Visit
from monitor.cluster.batch import Run, Tools
from monitor.cluster.batch import run as run_batch
from monitor.cluster.fenced import FencedStore
from monitor.cluster.jobs import Crew
from monitor.cluster.lease import Lease, Rhythm
from monitor.cluster.texts import NO_SHARD, Texts, by_turns
from monitor.cluster.turns import Fetch, Turns
from monitor.compose import (
    PARSERS,
    article_stages,
    build_channels,
    build_client,
    build_desk,
    due_articles,
    known_from,
    open_archive,
)
from monitor.config import Config
from monitor.delivery import Delivery
from monitor.desk import Desk
from monitor.errors import ConfigError, StoreError
from monitor.evidence.archive import Archive
from monitor.learning import Learner
from monitor.metrics import Metrics
from monitor.pipeline import Stages
from monitor.places import Server
from monitor.poll_lines import log_poll
from monitor.poller import Hosts
from monitor.reading import read_feed
from monitor.records import PollRecord
from monitor.store.postgres import claims
from monitor.store.postgres.pool import Pool, open_pool
from monitor.tidying import tidy
from monitor.trending import watch_trends
from monitor.watching import read_watchlists

log = logging.getLogger("wirewatch.cluster")

DRAIN = 5.0  # seconds for polls under way at the end
STEP = 1.0  # seconds between steps of retention


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """What a worker works with."""

    crew: Crew
    pool: Pool
    lease: Lease
    rhythm: Rhythm
    stopping: asyncio.Event


@asynccontextmanager
async def open_station(
    config: Config,
    *,
    now: Callable[[], datetime],
    metrics: Metrics,
    stopping: asyncio.Event,
    rhythm: Rhythm,
    asks: Fetch = fetch,
    run: Run = run_batch,
) -> AsyncIterator[Station]:
    """Open everything, in order; close it in the opposite order, however it ends.

    `asks` is given the client, as feeds.fetch.fetch is; a simulation answers by itself, or does
    something else with a batch (`run`).

    Raises:
        MonitorError: settings, watchlist or database cannot be used.
    """
    place = _server(config)
    watchlists = read_watchlists(config.watchlists)
    desk = build_desk(config, watchlists)
    lease = Lease(rhythm.lease)
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(build_client(config, _dial(lease)))
        store = stack.enter_context(FencedStore(place))
        writer = stack.enter_context(ThreadPoolExecutor(1, thread_name_prefix="writer"))
        pool = await stack.enter_async_context(open_pool(place))
        in_writer = partial(asyncio.get_running_loop().run_in_executor, writer)
        app = App(connector=PsycopgConnector())
        await app.open_async(pool)
        await _ready(app, pool, partial(in_writer, partial(store.watch, watchlists, now=now())))
        await _subscribe(pool, partial(in_writer, partial(_follow, store, config, now)), config)
        archive = open_archive(stack, config, store, now)
        turn = asyncio.Semaphore(1)
        parsers = await stack.enter_async_context(
            ParserPool(workers=PARSERS, turn=turn, reader=read_feed)
        )
        pages = await stack.enter_async_context(
            ParserPool(workers=1, memory=article.MEMORY, turn=turn, always=True)
        )
        delivery = Delivery(build_channels(config, client, now), store, writer, now)
        delivery.allowed = lambda: lease.holds
        delivery.settled = metrics.settled
        learning = Learning(store=store, desk=desk, now=now, archive=archive)
        stages = Stages(
            fetch=partial(asks, client),
            known=known_from(store, writer),
            parse=parsers.parse,
            learn=Learner(store=store, desk=desk, now=now, writer=writer, archive=archive).learn,
            now=now,
        )
        tools = _tools(stages, parsers, lease, pool, config, metrics, stopping)
        texts = _texts(tools, learning, pages, writer, partial(visit, client), metrics)
        crew = Crew(
            app=app,
            pool=pool,
            store=store,
            tools=tools,
            run=run,
            delivery=delivery,
            in_writer=in_writer,
            now=now,
            stalled=rhythm.stalled,
            texts=texts.round,
            trends=lambda: in_writer(partial(_trends, store, desk, now)),
            retention=lambda: _tidied(in_writer, store, archive, config, now),
        )
        crew.register()
        yield Station(crew=crew, pool=pool, lease=lease, rhythm=rhythm, stopping=stopping)


def _tools(
    stages: Stages,
    parsers: ParserPool,
    lease: Lease,
    pool: Pool,
    config: Config,
    metrics: Metrics,
    stopping: asyncio.Event,
) -> Tools:
    return Tools(
        stages=stages,
        fetch=stages.fetch,
        pool=parsers,
        lease=lease,
        take=partial(_take, pool),
        rest=partial(_rest, pool),
        gap=config.fetch.host_gap,
        room=asyncio.Semaphore(config.fetch.concurrency),
        stored=partial(_stored, metrics),
        failed=lambda _: None,
        stopping=stopping,
        drain=DRAIN,
    )


def _texts(
    tools: Tools,
    learning: Learning,
    pages: ParserPool,
    writer: ThreadPoolExecutor,
    visit: Visit,
    metrics: Metrics,
) -> Texts:
    hosts = Hosts(tools.gap)
    turns = Turns(
        shard=NO_SHARD,
        hosts=hosts,
        lease=tools.lease,
        fetch=tools.fetch,
        take=tools.take,
        rest=tools.rest,
    )
    stages = article_stages(
        fetch=turns.fetch,
        visit=by_turns(turns, visit),
        pages=pages,
        learning=learning,
        writer=writer,
    )
    return Texts(
        due=due_articles(learning.store, writer),
        stages=stages,
        hosts=hosts,
        stored=metrics.read,
        stopping=tools.stopping,
    )


def _server(config: Config) -> Server:
    if config.server:
        return config.server
    words = 'wirewatch worker needs database = "postgresql://…"; on a file `wirewatch run` works'
    raise ConfigError([f"{config.path}: {words}"])


def _stored(metrics: Metrics, record: PollRecord) -> None:
    metrics.polled(record)
    log_poll(record)


async def _take(pool: Pool, host: str, seconds: float) -> bool:
    async with pool.connection() as connection:
        return await claims.take_turn(connection, host, seconds)


async def _rest(pool: Pool, host: str, seconds: float) -> None:
    async with pool.connection() as connection:
        await claims.rest(connection, host, seconds)


def _trends(store: FencedStore, desk: Desk, now: Callable[[], datetime]) -> None:
    watch_trends(store, desk, now())


def _dial(lease: Lease) -> Callable[[str, int], Any]:
    """Connections that are made while the worker may ask, and not those that took too long."""

    async def dial(address: str, port: int) -> socket:
        made = await dial_tcp(address, port)
        if lease.holds:
            return made
        made.close()
        raise OSError("this worker was not heard of in time")

    return dial


async def _ready(app: App, pool: Pool, watch: Callable[[], Any]) -> None:
    """Procrastinate's tables, ours, and the watchlist: by whoever starts first."""
    async with pool.connection() as connection:
        await claims.one_starts(connection)
        if not await app.check_connection_async():
            await app.schema_manager.apply_schema_async()
        await watch()
    async with pool.connection() as connection:
        await claims.prepare(connection)


async def _subscribe(pool: Pool, follow: Callable[[], Any], config: Config) -> None:
    """The lists, unless they are those of the last time: 1,000,000 feeds take minutes."""
    digest = lists_digest(config)
    async with pool.connection() as connection:
        await claims.one_starts(connection)
        if await claims.read_lists(connection) != digest:
            await follow()
            await claims.note_lists(connection, digest)


def lists_digest(config: Config) -> str:
    """What the lists say, in short."""
    return sha256(repr((config.feeds, config.fetch.interval)).encode()).hexdigest()


def _follow(store: FencedStore, config: Config, now: Callable[[], datetime]) -> None:
    store.subscribe(config.feeds, interval=config.fetch.interval, now=now())


async def _tidied(
    in_writer: Callable[..., Any],
    store: FencedStore,
    archive: Archive | None,
    config: Config,
    now: Callable[[], datetime],
) -> None:
    """Remove what was kept long enough; polls are stored between the steps."""
    try:
        await in_writer(store.checkpoint)  # the months ahead get their tables
        more = True
        while more:
            more = (await in_writer(partial(tidy, store, archive, config, now()))).more
            await asyncio.sleep(STEP)
    except StoreError as error:
        log.error("nothing more removed: %s", error)  # noqa: TRY400 - a full disk, no fault
