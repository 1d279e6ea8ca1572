"""Puts the stages together: the only place that knows every part of the program."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from alerts.channels import channel_from, channel_names
from alerts.errors import PostError
from alerts.types import Channel, PostAnswer
from feeds import article
from feeds.access import Keys
from feeds.dial import Dial
from feeds.errors import SendError
from feeds.fetch import fetch
from feeds.http import Client
from feeds.pace import Bounds
from feeds.paging import PagedFetch
from feeds.robots import RobotsCache, may_read
from feeds.visit import visit
from feeds.workers import ParserPool
from monitor.alarm import Watch
from monitor.articles.learning import Learning
from monitor.articles.records import ArticleRecord, Attempt, DueArticle
from monitor.articles.stage import Articles, Due, Fetch, Visit
from monitor.articles.stage import Stages as ArticleStages
from monitor.config import Config, check_rules
from monitor.delivery import Delivery
from monitor.desk import Desk
from monitor.errors import ConfigError
from monitor.evidence.archive import Archive
from monitor.learning import Learner
from monitor.pipeline import Known, Stages, poll
from monitor.poller import Hosts, Poller, Report
from monitor.reading import read_feed
from monitor.records import StoredFeed
from monitor.store import Store
from monitor.types import Entity, Watchlist
from monitor.wall import wall_clock
from monitor.watching import read_watchlists, tag_with

T = TypeVar("T")

PARSERS = 2  # processes: the smallest server has two cores


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """The running parts, for the commands and the daemon."""

    config: Config
    store: Store
    desk: Desk
    parsers: ParserPool
    poller: Poller
    articles: Articles
    delivery: Delivery
    client: Client
    writer: ThreadPoolExecutor
    archive: Archive | None = None

    async def in_writer(self, function: Callable[[], T]) -> T:
        """Run something on the store, in the one thread that may."""
        return await asyncio.get_running_loop().run_in_executor(self.writer, function)


def build_desk(config: Config, watchlists: Sequence[Watchlist]) -> Desk:
    """What judging needs.

    Raises:
        ConfigError: a rule names something that is not on the lists.
    """
    entities: dict[str, Entity] = {}
    for watchlist in watchlists:
        entities.update(watchlist.entities)
    if watchlists:
        check_rules(config, replace(watchlists[0], entities=entities))
    routes = {name: channel_names(settings) for name, settings in config.channels.items()}
    told = config.health.channels(routes)
    return Desk(
        tag=tag_with(watchlists),
        entities=entities,
        rules=config.rules,
        routes=routes,
        watch=Watch(
            to=tuple(name for channel in told for name in routes.get(channel, ())),
            after_rounds=config.health.after_rounds,
        ),
        bounds=Bounds(fastest=config.fetch.fastest, slowest=config.fetch.slowest),
        baseline=timedelta(days=config.baseline_days),
    )


def build_channels(
    config: Config, client: Client, now: Callable[[], datetime]
) -> tuple[Channel, ...]:
    """Every way out that the configuration names."""

    async def post(url: str, body: bytes, headers: Mapping[str, str]) -> PostAnswer:
        try:
            answer = await client.post(url, body, headers)
        except SendError as error:
            raise PostError(error.reason, error.message, maybe_sent=error.maybe_sent) from None
        return PostAnswer(status=answer.status, headers=answer.headers, body=answer.body)

    return tuple(
        channel
        for settings in config.channels.values()
        for channel in channel_from(settings, post, now)
    )


def build_client(config: Config, dial: Dial | None = None) -> Client:
    """The one HTTP client; `dial` connects, if it is not to be done as usual.

    Raises:
        ConfigError: `fetch.ca_file` holds no certificates.
    """
    fetch = config.fetch
    try:
        return Client(
            contact=fetch.contact,
            allow_private_addresses=fetch.allow_private_addresses,
            ca_file=str(fetch.ca_file) if fetch.ca_file else None,
            dial=dial,
            keys=Keys(config.access),
        )
    except OSError as error:  # ssl.SSLError is one
        words = f"fetch.ca_file: no certificates in {fetch.ca_file}: {error}"
        raise ConfigError([f"{config.path}: {words}"]) from None


@asynccontextmanager
async def assemble(
    config: Config,
    *,
    now: Callable[[], datetime] = wall_clock,
    report: Report | None = None,
    parsers: int = PARSERS,
) -> AsyncIterator[Program]:
    """Open everything, in order; close it in the opposite order, however it ends.

    Raises:
        MonitorError: settings, watchlist or database cannot be used. Nothing was changed then.
    """
    watchlists = read_watchlists(config.watchlists)
    desk = build_desk(config, watchlists)
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(build_client(config))
        store = stack.enter_context(Store(config.place))
        store.watch(watchlists, now=now())
        store.subscribe(config.feeds, interval=config.fetch.interval, now=now())
        store.doubt_unfinished()
        archive = open_archive(stack, config, store, now)
        writer = stack.enter_context(ThreadPoolExecutor(1, thread_name_prefix="writer"))
        turn = asyncio.Semaphore(1)  # for all that may take long and much memory
        pool = await stack.enter_async_context(
            ParserPool(workers=parsers, turn=turn, reader=read_feed)
        )
        hosts = Hosts(config.fetch.host_gap)
        one_page = partial(fetch, client, turn=hosts.turn)
        stages = Stages(
            fetch=PagedFetch(fetch=one_page, pool=pool, pause=config.fetch.host_gap),
            known=known_from(store, writer),
            parse=pool.parse,
            learn=Learner(store=store, desk=desk, now=now, writer=writer, archive=archive).learn,
            now=now,
        )
        poller = _poller(config, stages, store, writer, hosts, report)
        # Pages are read in a process of their own: no feed waits for one. It starts when needed.
        pages = await stack.enter_async_context(
            ParserPool(workers=1, memory=article.MEMORY, turn=turn, always=True)
        )
        learning = Learning(store=store, desk=desk, now=now, archive=archive)
        yield Program(
            config=config,
            store=store,
            desk=desk,
            parsers=pool,
            poller=poller,
            articles=_articles(client, pages, learning, writer, poller),
            delivery=Delivery(build_channels(config, client, now), store, writer, now),
            client=client,
            writer=writer,
            archive=archive,
        )


def open_archive(
    stack: AsyncExitStack, config: Config, store: Store, now: Callable[[], datetime]
) -> Archive | None:
    """Where evidence is kept, if it is to be; closed with `stack`."""
    if not config.evidence.keep:
        return None
    folder = store.path.parent / config.evidence.folder  # made by hand it may be relative
    archive = Archive(store, folder, rotate=config.evidence.rotate, now=now)
    return stack.enter_context(closing(archive))


def _poller(
    config: Config,
    stages: Stages,
    store: Store,
    writer: ThreadPoolExecutor,
    hosts: Hosts,
    report: Report | None,
) -> Poller:
    async def due(now: datetime, limit: int, per_host: int) -> list[StoredFeed]:
        read = partial(store.due, now, limit=limit, per_host=per_host)
        return await asyncio.get_running_loop().run_in_executor(writer, read)

    return Poller(
        due=due,
        poll=partial(poll, stages=stages),
        now=stages.now,
        hosts=hosts,
        concurrency=config.fetch.concurrency,
        report=report,
    )


def known_from(store: Store, writer: ThreadPoolExecutor) -> Known:
    """What the entries of a feed are known by, asked of the store in its thread."""

    async def known(feed: StoredFeed) -> Collection[str]:
        if feed.feed.page:
            return ()
        held = await asyncio.get_running_loop().run_in_executor(writer, store.held, feed)
        return frozenset(held)

    return known


def _articles(
    client: Client,
    pages: ParserPool,
    learning: Learning,
    writer: ThreadPoolExecutor,
    poller: Poller,
) -> Articles:
    stages = article_stages(
        fetch=partial(fetch, client),
        visit=partial(visit, client),
        pages=pages,
        learning=learning,
        writer=writer,
    )
    return Articles(due=due_articles(learning.store, writer), stages=stages, hosts=poller.hosts)


def due_articles(store: Store, writer: ThreadPoolExecutor) -> Due:
    """The articles whose time has come, asked of the store in its thread."""

    async def due(now: datetime) -> list[DueArticle]:
        read = partial(store.articles_due, now)
        return await asyncio.get_running_loop().run_in_executor(writer, read)

    return due


def article_stages(
    *,
    fetch: Fetch,
    visit: Visit,
    pages: ParserPool,
    learning: Learning,
    writer: ThreadPoolExecutor,
) -> ArticleStages:
    """How an article is asked for (`fetch` its robots.txt, `visit` itself), read and stored."""

    async def learn(attempt: Attempt) -> ArticleRecord | None:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(writer, learning.learn, attempt)

    return ArticleStages(
        fetch=fetch,
        visit=visit,
        may=partial(pages.read, may_read),
        read=partial(pages.read, article.read_article),
        learn=learn,
        robots=RobotsCache(),
        now=learning.now,
    )
