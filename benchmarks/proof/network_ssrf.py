"""Addresses that are not public: by every way out, by every road, in every spelling.

Inside a namespace this machine has those addresses, and a canary listens on all of them. It is asked
at each of them first, so that a connection would arrive; then the program is sent there.
"""

from __future__ import annotations

import asyncio
import itertools
import socket
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from ipaddress import ip_address
from pathlib import Path

from alerts.secrets import Secret
from alerts.settings import SlackSettings, WebhookSettings
from alerts.types import Alert
from benchmarks.proof.network_space import NameServer, have
from benchmarks.proof.row import Outcome, Scale
from feeds import dial
from feeds.access import EVERYWHERE, Access
from feeds.checkup import Doctor
from feeds.fetch import fetch
from feeds.http import Client
from feeds.paging import PagedFetch
from feeds.robots import robots_url
from feeds.types import Feed, FeedError, Fetched, FetchState, PageRules
from feeds.visit import Moved, visit
from monitor.compose import build_channels, build_client
from monitor.config import Config, FetchConfig
from tests.support.addresses import NON_PUBLIC, SPELLINGS
from tests.support.checkups import Here
from tests.support.proxy import Proxy
from tests.support.servers import HttpServer, Request, redirect, reply

PUBLIC = "93.184.216.34"  # of this machine, in the namespace
CANARY = 8_080
_LITERALS = [a for a, kind in NON_PUBLIC.items() if "%" not in a and kind != "not an IP address"]
_NOW = datetime(2026, 11, 22, tzinfo=UTC)

Way = Callable[[str], Awaitable[object]]


class Canary:
    """Counts connections to any address of this machine."""

    def __init__(self) -> None:
        self._socket = socket.create_server(
            ("::", CANARY), family=socket.AF_INET6, dualstack_ipv6=True, backlog=1_000
        )
        self.heard = 0
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            connection, _ = self._socket.accept()
            self.heard += 1
            connection.close()

    def reachable(self) -> int:
        """At how many of the addresses it is heard, when they are dialled as they are."""
        found = 0
        for address in _LITERALS:
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            with suppress(OSError), socket.socket(family) as connection:
                connection.settimeout(1.0)
                connection.connect((address, CANARY))
                found += 1
        while self.heard < found:
            threading.Event().wait(0.01)
        self.heard = 0
        return found


def _host(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def _names(name: str, sixth: bool) -> list[str]:
    """`n7.example` has the seventh address, `m7.example` a public one besides."""
    head = name.partition(".")[0]
    if head == "open":
        return [] if sixth else [PUBLIC]
    found = [_LITERALS[int(head[1:])]] if head[1:].isdigit() else []
    found += [PUBLIC] if head.startswith("m") else []
    return [address for address in found if (":" in address) == sixth]


def _targets() -> dict[str, list[str]]:
    """Where the program is sent, by road."""
    numbers = range(len(_LITERALS))
    roads = {
        "literal": [_host(address) for address in _LITERALS],
        "DNS": [f"n{n}.example" for n in numbers],
        "DNS among public ones": [f"m{n}.example" for n in numbers],
        "spelling": SPELLINGS,
    }
    found = {road: [f"http://{host}:{CANARY}/" for host in hosts] for road, hosts in roads.items()}
    straight = list(itertools.chain(*found.values()))
    found["redirect"] = [f"http://open.example/to/{n}" for n in range(len(straight))]
    return found


# ── the ways out ─────────────────────────────────────────────────────────────────────────────────


@asynccontextmanager
async def _ways(proxy: Proxy, folder: Path) -> AsyncIterator[dict[str, Way]]:
    """Everything of the program that goes to an address, as it is put together."""
    config = Config(path=folder, database=folder / "w.db", watchlists=(), feed_lists=(),
                    feeds=(), fetch=FetchConfig())  # fmt: skip
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(build_client(config))
        access = Access(name="proxy", sites=(EVERYWHERE,), proxy=proxy.url())
        proxied = await stack.enter_async_context(_proxied(access))
        yield {
            "feeds": lambda url: fetch(client, Feed(url=url), FetchState()),
            "articles": partial(_article, client),
            "robots.txt": lambda url: fetch(client, Feed(url=robots_url(url)), FetchState()),
            "page adapters": partial(_paged, client),
            "discovery and doctor": partial(_examined, client),
            "webhooks": partial(_posted, client, config, "webhook"),
            "Slack": partial(_posted, client, config, "slack"),
            "through a proxy": lambda url: fetch(proxied, Feed(url=url), FetchState()),
        }


def _proxied(access: Access) -> Client:
    from feeds.access import Keys  # noqa: PLC0415 - for this way out alone

    return Client(keys=Keys((access,)))


async def _article(client: Client, url: str) -> object:
    found = await visit(client, url)
    return await visit(client, found.to) if isinstance(found, Moved) else found


async def _paged(client: Client, url: str) -> object:
    """Pages behind a list page: their addresses are counted up."""
    feed = Feed(url=url, page=PageRules(items="li", pages=2, page_url=url))
    paged = PagedFetch(fetch=partial(fetch, client), pool=Here(), pause=0.0)  # type: ignore[arg-type]
    return await paged(feed, FetchState())


async def _examined(client: Client, url: str) -> object:
    doctor = Doctor(
        fetch=partial(fetch, client), pool=Here(), now=lambda: _NOW,  # type: ignore[arg-type]
        language_of=lambda _: "en", interval=900, pause=0.0,
    )  # fmt: skip
    return (await doctor.examine(Feed(url=url))).error


async def _posted(client: Client, config: Config, kind: str, url: str) -> object:
    at = Secret(url.replace("http:", "https:"))  # no other is accepted
    settings = (
        SlackSettings(name=kind, webhook_url=at)
        if kind == "slack"
        else WebhookSettings(name=kind, url=at, secret=Secret("s" * 32))
    )
    from dataclasses import replace  # noqa: PLC0415 - for this way out alone

    (channel,) = build_channels(replace(config, channels={kind: settings}), client, lambda: _NOW)
    return await channel.send(_ALERT)


_ALERT = Alert(
    id=1, rule="all", channel="desk", story=1, title="News", url="https://news.example/1",
    source="wire", source_kind="wire", language="en", first_seen_at=_NOW, published_at=None,
    published_raw="", snippet="News.", snippet_marks=(), named=(),
)  # fmt: skip


# ── the row ──────────────────────────────────────────────────────────────────────────────────────


def inside(scale: Scale) -> Outcome:
    """In the namespace: prove the canary, then send the program to it by every way."""
    have(f"{PUBLIC}/32", *(f"{a}/{128 if ':' in a else 32}" for a in _LITERALS))
    canary = Canary()
    reachable = canary.reachable()
    targets = _targets()
    straight = [url for road, urls in targets.items() if road != "redirect" for url in urls]

    def route(request: Request) -> bytes:
        number = request.target.rpartition("/")[2]
        if not number.isdigit():
            return reply(status=404)
        return redirect(straight[int(number)].encode().decode("latin-1"))  # as browsers read it

    every = scale.of(1, 5)  # the short form takes each fifth
    with (
        NameServer(_names),
        Proxy() as proxy,
        HttpServer(route, host=PUBLIC, port=80) as server,
    ):
        tried, refused, ways = asyncio.run(_sent(targets, proxy, scale.folder, every))
        passed = sum(f":{CANARY}" in asked for asked in proxy.asked)
        sent_on = len(server.requests)
    heard = canary.heard + passed
    figure = (
        f"{tried:,} attempts on {len(_LITERALS)} addresses ({reachable} of them answer here) and "
        f"{len(SPELLINGS)} spellings by {ways} ways out: {heard} connections"
    )
    real = reachable >= 40 and sent_on >= tried / 4 and refused >= tried / 2
    return Outcome(figure=figure, held=heard == 0 and real)


async def _sent(
    targets: dict[str, list[str]], proxy: Proxy, folder: Path, every: int
) -> tuple[int, int, int]:
    """Attempts, those that were refused for the address, and ways out."""
    urls = [url for road in targets.values() for url in road[::every]]
    async with _ways(proxy, folder) as ways:
        room = asyncio.Semaphore(16)

        async def one(way: Way, url: str) -> object:
            async with room:
                return await way(url)

        found = await asyncio.gather(*(one(way, url) for way in ways.values() for url in urls))
        return len(found), sum(map(_refused, found)), len(ways)


def _refused(found: object) -> bool:
    assert not isinstance(found, Fetched)
    message = found.message if isinstance(found, FeedError) else getattr(found, "message", "")
    return "fetch.allow_private_addresses" in message


def without(scale: Scale) -> Outcome:
    """The same with Python's own judgement of an address."""

    def judged(address: str) -> str:
        return "" if ip_address(address).is_global else "private; fetch.allow_private_addresses"

    dial.refusal = judged
    return inside(scale)
