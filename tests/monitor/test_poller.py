"""Which polls run when: many at a time, each host gently, a hanging feed alone."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from feeds.types import Feed, FetchState
from monitor.errors import StoreError
from monitor.poller import Hosts, Poller
from monitor.records import Health, StoredFeed

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def stored(number: int, host: str) -> StoredFeed:
    return StoredFeed(
        id=number,
        feed=Feed(url=f"https://{host}/{number}"),
        state=FetchState(),
        host=host,
        interval=900,
        health=Health(state="ok"),
        failures=0,
        next_poll_at=NOW,
        last_success_at=None,
    )


class Fake:
    """A due-queue and polls that take as long as they are told."""

    def __init__(self, feeds: list[StoredFeed], hang: frozenset[int] = frozenset()) -> None:
        self.waiting = {feed.id: feed for feed in feeds}
        self.hang = hang
        self.polled: list[int] = []
        self.under_way: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self.released = asyncio.Event()

    async def due(self, now: datetime, limit: int, per_host: int) -> list[StoredFeed]:
        return list(self.waiting.values())[:limit]

    async def poll(self, feed: StoredFeed) -> Any:
        self.under_way[feed.host] += 1
        self.under_way["all"] += 1
        for key in (feed.host, "all"):
            self.most[key] = max(self.most[key], self.under_way[key])
        await (self.released.wait() if feed.id in self.hang else asyncio.sleep(0))
        self.under_way[feed.host] -= 1
        self.under_way["all"] -= 1
        self.waiting.pop(feed.id, None)
        self.polled.append(feed.id)
        return SimpleNamespace(plan=SimpleNamespace(host_rests_until=None))

    def poller(self, *, host_gap: float = 0.0, concurrency: int = 8) -> Poller:
        return Poller(
            due=self.due,
            poll=self.poll,
            now=lambda: NOW,
            host_gap=host_gap,
            concurrency=concurrency,
        )


def test_a_round_polls_everything_once() -> None:
    fake = Fake([stored(n, f"host-{n % 50}") for n in range(300)])
    asyncio.run(fake.poller().round())
    assert sorted(fake.polled) == list(range(300))
    assert fake.most["all"] == 8


def test_with_a_pause_a_host_is_asked_one_at_a_time() -> None:
    fake = Fake([stored(n, f"host-{n % 3}") for n in range(12)])
    asyncio.run(fake.poller(host_gap=0.01).round())
    assert len(fake.polled) == 12
    assert max(fake.most[f"host-{n}"] for n in range(3)) == 1


def test_a_hanging_feed_delays_no_other() -> None:
    async def run() -> None:
        fake = Fake([stored(n, f"host-{n}") for n in range(40)], hang=frozenset({0}))
        poller = fake.poller()
        round_ = asyncio.create_task(poller.round())
        while len(fake.polled) < 39:  # noqa: ASYNC110 - until all others are through
            await asyncio.sleep(0)
        assert poller.under_way == 1
        fake.released.set()
        await round_
        assert fake.polled[-1] == 0

    asyncio.run(asyncio.wait_for(run(), 10))


def test_a_feed_under_way_is_not_started_again() -> None:
    async def run() -> None:
        fake = Fake([stored(0, "host")], hang=frozenset({0}))
        poller = fake.poller()
        for _ in range(5):
            await poller.tick()
            await asyncio.sleep(0)
        assert fake.most["all"] == 1
        fake.released.set()
        await poller.drain(5)
        assert fake.polled == [0]

    asyncio.run(run())


def test_drain_waits_then_cancels() -> None:
    async def run() -> None:
        fake = Fake([stored(n, f"host-{n}") for n in range(4)], hang=frozenset({0}))
        poller = fake.poller()
        await poller.tick()
        await poller.drain(0.05)
        assert sorted(fake.polled) == [1, 2, 3]
        assert poller.under_way == 0
        await poller.tick()
        assert poller.under_way == 0

    asyncio.run(run())


def test_a_full_disk_rests_the_feed_and_ends_the_round(caplog: pytest.LogCaptureFixture) -> None:
    async def run() -> None:
        fake = Fake([stored(0, "host")])
        tries = 0

        async def poll(feed: StoredFeed) -> Any:
            nonlocal tries
            tries += 1
            raise StoreError("database or disk is full")

        poller = Poller(due=fake.due, poll=poll, now=lambda: NOW, host_gap=0.0)
        await poller.round()
        await poller.tick()
        assert tries == 1

    asyncio.run(run())
    assert "disk is full" in caplog.text


class TestHosts:
    def test_pause_begins_when_the_request_ends(self) -> None:
        now = 100.0
        hosts = Hosts(5.0, clock=lambda: now)
        assert hosts.may("a")
        hosts.take("a")
        assert not hosts.may("a")
        assert hosts.may("b")
        now = 103.0
        hosts.release("a")
        assert not hosts.may("a")
        assert hosts.next_free() == 5.0
        now = 108.0
        assert hosts.may("a")

    def test_without_a_pause_there_is_no_limit(self) -> None:
        hosts = Hosts(0.0)
        hosts.take("a")
        assert hosts.may("a")

    def test_memory_is_bounded(self) -> None:
        now = 0.0
        hosts = Hosts(5.0, clock=lambda: now)
        for n in range(30_000):
            now = float(n)
            hosts.release(f"host-{n}")
        assert len(hosts._free_at) <= 10_001
