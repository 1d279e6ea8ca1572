"""A server that notes when it is asked for which host, and a poller that asks it for many feeds."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

from feeds.fetch import Turn, fetch
from feeds.http import Client
from feeds.resolver import Resolver
from feeds.types import Feed, FetchState
from monitor.poller import Hosts, Poller
from monitor.records import Health, StoredFeed
from tests.support.fetching import PUBLIC, Wires
from tests.support.hostile import item, rss
from tests.support.learning import START
from tests.support.servers import HttpServer, Request, redirect, reply

BODY = rss(item(1))


@dataclass(slots=True)
class Log:
    """When each host was asked, and when it began to answer: what lies between is no pause."""

    times: dict[str, list[tuple[float, float]]] = field(default_factory=lambda: defaultdict(list))
    answer: Callable[[Request], bytes] = lambda _request: BODY

    def route(self, request: Request) -> bytes:
        """A feed; or, under /to/HOST/PATH, a redirect to one there."""
        came = time.monotonic()
        host = request.headers["host"]
        answer = reply(self.answer(request))
        if request.target.startswith("/to/"):
            answer = redirect(f"http://{request.target.removeprefix('/to/')}")
        self.times[host.partition(":")[0]].append((came, time.monotonic()))
        return answer

    @property
    def requests(self) -> int:
        """All of them."""
        return sum(len(times) for times in self.times.values())

    def gaps(self) -> list[float]:
        """Seconds from an answer to the next request to the same host."""
        each = (sorted(times) for times in self.times.values())
        return [later[0] - earlier[1] for times in each for earlier, later in pairwise(times)]


def feeds(port: int, *, count: int, hosts: int, redirected: int = 0) -> list[StoredFeed]:
    """So many feeds on so many hosts, of which each `redirected`-th is at another host really."""
    found = []
    for number in range(count):
        host, other = (f"h{n % hosts}.example" for n in (number, number * 7 + 1))
        path = f"to/{other}:{port}/feed" if redirected and number % redirected == 0 else "feed"
        found.append(
            StoredFeed(
                id=number,
                feed=Feed(url=f"http://{host}:{port}/{path}"),
                state=FetchState(),
                host=host,
                interval=900,
                health=Health(state="ok"),
                failures=0,
                next_poll_at=START,
                last_success_at=None,
            )
        )
    return found


async def asked(due: list[StoredFeed], hosts: Hosts, *, turn: Turn | None) -> list[Any]:
    """Every feed fetched once, as the poller has it; returns the answers."""
    waiting = {feed.id: feed for feed in due}
    answers = []

    async def some(_now: datetime, limit: int, per_host: int) -> list[StoredFeed]:
        places: dict[str, int] = defaultdict(int)
        found = []
        for feed in waiting.values():
            places[feed.host] += 1
            if places[feed.host] <= per_host:
                found.append(feed)
        return found[:limit]

    async def poll(feed: StoredFeed) -> Any:
        answers.append(await fetch(client, feed.feed, FetchState(), turn=turn))
        del waiting[feed.id]
        return SimpleNamespace(plan=SimpleNamespace(host_rests_until=None))

    resolver = Resolver(lookup=lambda _host: [PUBLIC])
    async with Client(resolver=resolver, dial=Wires().dial) as client:
        await Poller(due=some, poll=poll, now=lambda: START, hosts=hosts).round()
    resolver.close()
    return answers


def log_of(
    *, count: int, hosts: int, gap: float, keeper: Hosts | None = None, turns: bool = True
) -> tuple[Log, list[Any]]:
    """The server's log of all these feeds, a tenth of them redirected to other hosts."""
    log = Log()
    keeper = keeper or Hosts(gap)
    with HttpServer(log.route) as server:
        many = feeds(server.port, count=count, hosts=hosts, redirected=10)
        answers = asyncio.run(asked(many, keeper, turn=keeper.turn if turns else None))
    return log, answers
