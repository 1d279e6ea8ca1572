"""Full texts of articles, fetched by one worker at a time: it asks each host by its turn."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

from feeds.errors import TransferError
from feeds.types import FeedError, Fetched
from feeds.visit import Moved
from monitor.articles.records import ArticleRecord
from monitor.articles.stage import Articles, Due, Stages, Visit
from monitor.cluster.turns import Turns
from monitor.drain import until
from monitor.poller import Hosts

LONGEST = 55.0  # seconds of a round; then another worker may be the one
DRAIN = 5.0  # seconds for what is under way when the worker ends
NO_SHARD = -1  # none of the hosts is its own: links lead anywhere

Round = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """What rounds of a worker share."""

    due: Due
    stages: Stages
    hosts: Hosts
    stored: Callable[[ArticleRecord], object]
    stopping: asyncio.Event

    async def round(self) -> None:
        """Fetch what is due for a while; what was begun is finished, unless the worker ends."""
        articles = Articles(due=self.due, stages=self.stages, hosts=self.hosts)
        articles.stored = self.stored
        fetching = asyncio.create_task(articles.round(LONGEST))
        try:
            await until(fetching, self.stopping)
            if self.stopping.is_set():
                await articles.drain(DRAIN)
            else:
                await fetching
        finally:
            fetching.cancel()
            await articles.drain(0.0)  # nothing goes on behind the end of the job


def by_turns(turns: Turns, visit: Visit) -> Visit:
    """The same, each request in the turn of its host."""
    return partial(_visited, turns, visit)


async def _visited(turns: Turns, visit: Visit, url: str) -> Fetched | Moved | FeedError:
    try:
        async with turns.asking(url):
            return await visit(url)
    except TransferError as late:
        return FeedError(url=url, reason=late.reason, message=late.message)
