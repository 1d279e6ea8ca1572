"""Fetches the articles that are due, a few at a time, one request at a time of each host.

A step is one request at most, so that the pause between two requests to a host is kept between
robots.txt, redirects and pages as it is between polls, with whom the hosts are shared.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from feeds.article import Article
from feeds.robots import RobotsCache, Rules, robots_url
from feeds.types import Feed, FeedError, Fetched, FetchState, NotModified
from feeds.visit import Moved
from monitor.articles.records import ArticleRecord, Attempt, DueArticle, Refused
from monitor.drain import finished
from monitor.errors import StoreError
from monitor.poller import BROKEN_REST, Hosts

log = logging.getLogger("wirewatch.articles")

CONCURRENCY = 4  # articles under way: the writer and one process read them
_SLEEP = 0.05  # seconds between looks for a host that has rested, in a round

Fetch = Callable[[Feed, FetchState], Awaitable[Fetched | NotModified | FeedError]]
Visit = Callable[[str], Awaitable[Fetched | Moved | FeedError]]
Read = Callable[[Fetched, Feed], Awaitable[Article | FeedError]]
May = Callable[[Fetched, Feed], Awaitable[bool | FeedError]]
Learn = Callable[[Attempt], Awaitable[ArticleRecord | None]]
_Answer = Fetched | Moved | FeedError | None
_Result = Article | Moved | FeedError | Refused
Due = Callable[[datetime], Awaitable[list[DueArticle]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stages:
    """The stages of an article, put together once where the program starts."""

    fetch: Fetch
    visit: Visit
    may: May  # what a robots.txt says of the URL that it is handed with
    read: Read  # the text out of the page
    learn: Learn  # known → judge → record
    robots: RobotsCache
    now: Callable[[], datetime]


async def step(due: DueArticle, stages: Stages) -> ArticleRecord | None:
    """Ask for robots.txt if it is not known (None), else for the article, and store what came.

    Raises:
        StoreError: nothing could be stored; the article stays due.
    """
    rules = stages.robots.get(due.url)
    if rules is None:
        said = await stages.fetch(Feed(url=robots_url(due.url)), FetchState())
        stages.robots.put(due.url, said)
        return None
    started_at = stages.now()
    answer: _Answer
    result: _Result
    try:
        answer, result = await _asked(due, rules, stages)
    except StoreError:
        raise
    except Exception as error:
        # As with polls: a fault of ours on one page must neither end the daemon nor come back.
        log.exception("fault while fetching an article", extra={"url": due.url})
        message = f"{type(error).__name__}; see the log"
        answer, result = None, FeedError(url=due.url, reason="internal", message=message)
    attempt = Attempt(due=due, started_at=started_at, answer=answer, result=result)
    return await stages.learn(attempt)


async def _asked(due: DueArticle, rules: Rules, stages: Stages) -> tuple[_Answer, _Result]:
    if refused := await _refused(due, rules, stages):
        return None, refused
    answer = await stages.visit(due.url)
    if not isinstance(answer, Fetched):
        return answer, answer
    return answer, await stages.read(answer, due.feed.feed)


async def _refused(due: DueArticle, rules: Rules, stages: Stages) -> Refused | None:
    if rules.closed:
        return Refused(why=rules.closed, for_now=True)
    if not rules.text:
        return None
    asked = Fetched(url=due.url, headers={}, body=rules.text, wire_bytes=0, state=FetchState())
    may = await stages.may(asked, due.feed.feed)
    if isinstance(may, FeedError):
        return Refused(why=f"robots.txt cannot be read: {may.message}", for_now=False)
    return None if may else Refused(why="robots.txt does not allow it", for_now=False)


class Articles:
    """Keeps up to `concurrency` articles under way."""

    def __init__(
        self,
        *,
        due: Due,
        stages: Stages,
        hosts: Hosts,
        concurrency: int = CONCURRENCY,
    ) -> None:
        """`hosts` is the poller's own."""
        self._due = due
        self._stages = stages
        self._hosts = hosts
        self._concurrency = concurrency
        self._running: dict[int, asyncio.Task[None]] = {}
        self._broken: dict[int, float] = {}  # articles of which nothing could be stored
        self._stopping = False
        self.stored: Callable[[ArticleRecord], object] = lambda _: None  # told of what was stored
        self.failed: Callable[[StoreError], object] = lambda _: None  # told of what was not

    @property
    def under_way(self) -> int:
        """How many articles are being fetched."""
        return len(self._running)

    async def tick(self) -> bool:
        """Start what is due and may start now; whether anything is left that is due.

        Called behind the poller's own tick, so that of the two a due poll has the host first.
        """
        waits = False
        if self._stopping or len(self._running) >= self._concurrency:
            return True
        for due in await self._due(self._stages.now()):
            if due.id in self._running or time.monotonic() < self._broken.get(due.id, 0.0):
                continue
            if len(self._running) >= self._concurrency or not self._hosts.may(due.host):
                waits = True
                continue
            self._hosts.take(due.host)
            self._running[due.id] = asyncio.create_task(self._one(due))
        return waits

    async def _one(self, due: DueArticle) -> None:
        try:
            record = await step(due, self._stages)
        except StoreError as error:
            self._broken[due.id] = time.monotonic() + BROKEN_REST
            log.error("not stored: %s", error, extra={"url": due.url})  # noqa: TRY400 - a full disk
            self.failed(error)
        else:
            self._broken.pop(due.id, None)
            if record:
                self.stored(record)
        finally:
            self._hosts.release(due.host)
            self._running.pop(due.id, None)

    async def round(self, seconds: float) -> None:
        """Fetch until nothing is due, or the time is up: then what is under way is finished."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if not await self.tick() and not self._running:
                return
            if self._running:
                running = self._running.values()
                await asyncio.wait(running, timeout=1.0, return_when=asyncio.FIRST_COMPLETED)
            else:
                await asyncio.sleep(min(1.0, self._hosts.next_free() or _SLEEP))
        await asyncio.gather(*self._running.values())

    async def drain(self, seconds: float) -> None:
        """Start nothing more; let what is under way finish, and cancel what takes longer.

        An article is stored in one transaction or not at all: a cancelled one is fetched again.
        """
        self._stopping = True
        await finished(self._running.values(), seconds)
