"""Names that change while they are used: a public address first, then one of this machine's own."""

from __future__ import annotations

import asyncio
import itertools
import socket
from collections import Counter
from typing import Self

from benchmarks.proof.network_space import NameServer, have
from benchmarks.proof.network_ssrf import PUBLIC
from benchmarks.proof.row import Outcome, Scale
from feeds import dial
from feeds.dial import Dialler, dial_tcp
from feeds.fetch import fetch
from feeds.http import Client
from feeds.types import Feed, FeedError, Fetched, FetchState
from tests.support.servers import HttpServer, reply

PORT = 8_080
WITHIN = ("127.0.0.1", "10.0.0.1", "169.254.169.254", "192.168.1.1")  # where they lead then


class Flipping:
    """Every name: the public address when it is asked for first, then one within."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()

    def __call__(self, name: str, sixth: bool) -> list[str]:
        if sixth:
            return []
        self.asked[name] += 1
        number = int("".join(filter(str.isdigit, name)))
        return [PUBLIC if self.asked[name] == 1 else WITHIN[number % len(WITHIN)]]


def inside(scale: Scale) -> Outcome:
    """In the namespace: each name is fetched twice."""
    have(f"{PUBLIC}/32", *(f"{address}/32" for address in WITHIN[1:]))
    flips = scale.of(100, 100)
    names = Flipping()
    with (
        NameServer(names),
        HttpServer(lambda _: reply(b"public"), host=PUBLIC, port=PORT) as public,
        Canaries() as canaries,
    ):
        found = asyncio.run(_fetched([f"http://flip{n}.example:{PORT}/" for n in range(flips)]))
        heard = sum(canary.connections for canary in canaries.servers)
        reached = public.connections
    flipped = sum(number > 1 for number in names.asked.values())
    refused = sum(isinstance(one, FeedError) and one.reason == "refused-address" for one in found)
    came = sum(isinstance(one, Fetched) for one in found)
    figure = (
        f"{flipped} names flipped: {heard} connections to what they led to then, "
        f"{reached} to their public address"
    )
    held = heard == 0 and flipped == reached == came == refused == flips
    return Outcome(figure=figure, held=held)


class Canaries:
    """A server at each address within."""

    def __init__(self) -> None:
        self.servers = [HttpServer(lambda _: reply(b"secret"), host=a, port=PORT) for a in WITHIN]

    def __enter__(self) -> Self:
        for server in self.servers:
            server.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        for server in self.servers:
            server.stop()


async def _fetched(urls: list[str]) -> list[object]:
    async with Client() as client:
        twice = itertools.chain.from_iterable((url, url) for url in urls)
        return [await fetch(client, Feed(url=url), FetchState()) for url in twice]


def without(scale: Scale) -> Outcome:
    """The same by one who looks at a name's addresses first, and then connects to the name."""

    async def connect(self: Dialler, host: str, port: int) -> socket.socket:
        look_up = self._resolver.resolve
        dial._judge(host, await look_up(host))  # noqa: SLF001
        (address, *_) = await look_up(host)
        return await dial_tcp(address, port)

    Dialler.connect = connect  # type: ignore[method-assign]
    return inside(scale)
