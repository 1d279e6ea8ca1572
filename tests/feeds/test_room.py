"""Large bodies: so many at once, whoever sends them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from feeds import room
from feeds.fetch import fetch
from feeds.http import Client
from feeds.room import ORDINARY, PLACES
from feeds.types import Feed, FeedError, Fetched, FetchState
from tests.support.servers import HttpServer, gzip_zeros, reply

LARGE = reply(b"x" * (ORDINARY + 1))
SMALL = reply(b"x" * ORDINARY)
PACKED = reply(gzip_zeros(8)[:-1], headers=[("Content-Encoding", "gzip")])


async def polled(client: Client, url: str, inside: list[int], go: asyncio.Event) -> object:
    """A fetch, and what a poll does with the document until it is stored."""
    found = await fetch(client, Feed(url=url), FetchState())
    inside.append(1)
    await go.wait()
    return found


def held(
    bodies: Sequence[bytes], *, patient: bool = False, **settings: Any
) -> tuple[int, list[object]]:
    """How many bodies are there while none has been dealt with; and what became of all."""

    async def main(server: HttpServer) -> tuple[int, list[object]]:
        inside: list[int] = []
        go = asyncio.Event()
        async with Client(allow_private_addresses=True, **settings) as client:
            client.room.patient = patient
            polls = [
                asyncio.create_task(polled(client, server.url(f"/{n}"), inside, go))
                for n in range(len(bodies))
            ]
            await asyncio.sleep(0.5)
            at_once = len(inside)
            go.set()
            return at_once, list(await asyncio.gather(*polls))

    with HttpServer(lambda request: bodies[int(request.target[1:])]) as server:
        return asyncio.run(main(server))


def test_no_more_than_there_are_places_for() -> None:
    at_once, found = held([LARGE] * (PLACES + 3))
    assert at_once == PLACES
    assert all(isinstance(one, Fetched) for one in found)


def test_ordinary_ones_wait_for_nobody() -> None:
    at_once, found = held([LARGE] * (PLACES + 1) + [SMALL] * 5)
    assert at_once == PLACES + 5
    assert all(isinstance(one, Fetched) for one in found)


def test_nobody_waits_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "PATIENCE", 0.05)
    at_once, found = held([LARGE] * (PLACES + 1))
    assert at_once == PLACES + 1  # the last with a failure
    (failed,) = [one for one in found if isinstance(one, FeedError)]
    assert (failed.reason, "large" in failed.message) == ("timeout", True)


def test_nor_do_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """They would hold the places of all polls."""
    monkeypatch.setattr(room, "WAITING", 2)
    _, found = held([LARGE] * (PLACES + 5))
    assert sum(isinstance(one, FeedError) for one in found) == 3


def test_a_single_round_puts_none_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asked for it waits for all feeds, and nobody else does."""
    monkeypatch.setattr(room, "WAITING", 1)
    monkeypatch.setattr(room, "PATIENCE", 0.05)
    at_once, found = held([LARGE] * (PLACES + 5), patient=True)
    assert at_once == PLACES
    assert all(isinstance(one, Fetched) for one in found)


def test_a_packed_one_is_unpacked_only_where_it_has_its_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Eight MiB come out of one piece of eight kilobytes."""
    sizes: list[int] = []
    enter = room.Room.enter

    async def noted(self: room.Room, limit: asyncio.Timeout) -> None:
        sizes.append(1)
        await enter(self, limit)

    monkeypatch.setattr(room.Room, "enter", noted)
    _, found = held([PACKED])
    assert len(sizes) > 10  # asked again and again on the way: it was not there at once
    assert isinstance(found[0], FeedError)  # cut short: the bomb has no end
