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
from typing import Any, TypeVar

from procrastinate import App, PsycopgConnector

from feeds import article
from feeds.dial import dial_tcp
from feeds.fetch import fetch
from feeds.http import Client
from feeds.visit import visit
from feeds.workers import ParserPool
from monitor.articles.learning import Learning
from monitor.cluster.batch import Run, Tools
from monitor.cluster.batch import run as run_batch
from monitor.cluster.fenced import FencedStore
from monitor.cluster.jobs import Crew
from monitor.cluster.lease import Lease, Rhythm
from monitor.cluster.texts import NO_SHARD, Texts, by_turns
from monitor.cluster.turns import Fetch
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

T = TypeVar("T")

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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """What is opened for a worker, and what it is told of."""

    config: Config
    now: Callable[[], datetime]
    metrics: Metrics
    stopping: asyncio.Event
    lease: Lease
    desk: Desk
    client: Client
    store: FencedStore
    writer: ThreadPoolExecutor
    pool: Pool
    app: App
    archive: Archive | None
    parsers: ParserPool
    pages: ParserPool  # of articles; its process starts with the first

    async def in_writer(self, job: Callable[[], T]) -> T:
        """Run something on the store, in the one thread that may."""
        return await asyncio.get_running_loop().run_in_executor(self.writer, job)


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
    async with AsyncExitStack() as stack:
        parts = await _opened(stack, config, now, metrics, stopping, Lease(rhythm.lease))
        tools = _tools(parts, asks)
        crew = _crew(parts, tools, _texts(parts, tools), run, rhythm)
        crew.register()
        yield Station(
            crew=crew, pool=parts.pool, lease=parts.lease, rhythm=rhythm, stopping=stopping
        )


async def _opened(
    stack: AsyncExitStack,
    config: Config,
    now: Callable[[], datetime],
    metrics: Metrics,
    stopping: asyncio.Event,
    lease: Lease,
) -> _Parts:
    place = _server(config)
    watchlists = read_watchlists(config.watchlists)
    desk = build_desk(config, watchlists)
    turn = asyncio.Semaphore(1)  # for all that may take long and much memory
    client = await stack.enter_async_context(build_client(config, _dial(lease)))
    store = stack.enter_context(FencedStore(place))
    writer = stack.enter_context(ThreadPoolExecutor(1, thread_name_prefix="writer"))
    pool = await stack.enter_async_context(open_pool(place))
    app = App(connector=PsycopgConnector())
    await app.open_async(pool)
    in_writer = partial(asyncio.get_running_loop().run_in_executor, writer)
    await _ready(app, pool, partial(in_writer, partial(store.watch, watchlists, now=now())))
    await _subscribe(pool, partial(in_writer, partial(_follow, store, config, now)), config)
    archive = open_archive(stack, config, store, now)
    parsers = ParserPool(workers=PARSERS, turn=turn, reader=read_feed)
    pages = ParserPool(workers=1, memory=article.MEMORY, turn=turn, always=True)
    return _Parts(
        config=config,
        now=now,
        metrics=metrics,
        stopping=stopping,
        lease=lease,
        desk=desk,
        client=client,
        store=store,
        writer=writer,
        pool=pool,
        app=app,
        archive=archive,
        parsers=await stack.enter_async_context(parsers),
        pages=await stack.enter_async_context(pages),
    )


def _crew(parts: _Parts, tools: Tools, texts: Texts, run: Run, rhythm: Rhythm) -> Crew:
    store, now, in_writer = parts.store, parts.now, parts.in_writer
    channels = build_channels(parts.config, parts.client, now)
    delivery = Delivery(channels, store, parts.writer, now)
    delivery.allowed = lambda: parts.lease.holds
    delivery.settled = parts.metrics.settled
    return Crew(
        app=parts.app,
        pool=parts.pool,
        store=store,
        tools=tools,
        run=run,
        delivery=delivery,
        in_writer=in_writer,
        now=now,
        stalled=rhythm.stalled,
        texts=texts.round,
        trends=lambda: in_writer(partial(_trends, store, parts.desk, now)),
        retention=lambda: _tidied(in_writer, store, parts.archive, parts.config, now),
        housekeeping=lambda: in_writer(store.keep_house),
    )


def _tools(parts: _Parts, asks: Fetch) -> Tools:
    learner = Learner(
        store=parts.store,
        desk=parts.desk,
        now=parts.now,
        writer=parts.writer,
        archive=parts.archive,
    )
    stages = Stages(
        fetch=partial(asks, parts.client),
        known=known_from(parts.store, parts.writer),
        parse=parts.parsers.parse,
        learn=learner.learn,
        now=parts.now,
    )
    return Tools(
        stages=stages,
        fetch=stages.fetch,
        pool=parts.parsers,
        lease=parts.lease,
        take=partial(_take, parts.pool),
        rest=partial(_rest, parts.pool),
        gap=parts.config.fetch.host_gap,
        room=asyncio.Semaphore(parts.config.fetch.concurrency),
        stored=partial(_stored, parts.metrics),
        failed=lambda _: None,
        stopping=parts.stopping,
        drain=DRAIN,
    )


def _texts(parts: _Parts, tools: Tools) -> Texts:
    hosts = Hosts(tools.gap)
    turns = tools.turns(NO_SHARD, hosts)
    learning = Learning(store=parts.store, desk=parts.desk, now=parts.now, archive=parts.archive)
    stages = article_stages(
        fetch=turns.fetch,
        visit=by_turns(turns, partial(visit, parts.client)),
        pages=parts.pages,
        learning=learning,
        writer=parts.writer,
    )
    return Texts(
        due=due_articles(parts.store, parts.writer),
        stages=stages,
        hosts=hosts,
        stored=parts.metrics.read,
        stopping=parts.stopping,
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
        await in_writer(store.checkpoint)  # months that have begun get their tables
        more = True
        while more:
            more = (await in_writer(partial(tidy, store, archive, config, now()))).more
            await asyncio.sleep(STEP)
    except StoreError as error:
        log.error("nothing more removed: %s", error)  # noqa: TRY400 - a full disk, no fault
