"""Full texts, by whichever worker's turn it is."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest

from feeds.errors import TransferError
from feeds.types import FeedError
from feeds.visit import Moved
from monitor.articles.records import DueArticle
from monitor.cluster.lease import Lease, Rhythm
from monitor.cluster.texts import NO_SHARD, Texts, by_turns
from monitor.cluster.turns import Turns
from monitor.errors import LostError, StoreError
from monitor.poller import Hosts

PAGE = "https://news.example/page"
MOVED = Moved(url=PAGE, to="https://elsewhere.example/", http_status=301)


@dataclass(slots=True)
class Hand:
    """A worker's turns, noted."""

    free: bool = True
    now: float = 100.0
    said: list[str] = field(default_factory=list)
    lease: Lease = field(init=False)
    turns: Turns = field(init=False)

    def __post_init__(self) -> None:
        self.lease = Lease(Rhythm().lease, lambda: self.now)
        self.lease.renew(self.now)
        self.turns = Turns(
            shard=NO_SHARD, hosts=Hosts(1.0), lease=self.lease, fetch=cast("Any", None),
            take=self.take, rest=self.rest,
        )  # fmt: skip

    async def take(self, host: str, _seconds: float) -> bool:
        self.said.append(f"take {host}")
        return self.free

    async def rest(self, host: str, seconds: float) -> None:
        self.said.append(f"rest {host} {seconds:g}")

    async def visit(self, url: str) -> Moved:
        self.said.append(f"ask {url}")
        return MOVED

    def visited(self) -> object:
        return asyncio.run(cast("Any", by_turns(self.turns, self.visit)(PAGE)))


def test_a_page_is_asked_for_in_the_turn_of_its_host() -> None:
    hand = Hand()
    assert hand.visited() is MOVED
    assert hand.said == ["take news.example", f"ask {PAGE}", "rest news.example 1"]


def test_a_host_that_others_ask_is_asked_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.cluster.turns.TURN_MOST", 0.0)
    hand = Hand(free=False)
    found = hand.visited()
    assert isinstance(found, FeedError)
    assert found.reason == "timeout"
    assert not any(word.startswith("ask") for word in hand.said)


def test_a_worker_that_is_taken_for_dead_asks_for_nothing() -> None:
    hand = Hand()
    hand.now += 60.0
    with pytest.raises(LostError):
        hand.visited()
    assert hand.said == []


def due(number: int) -> DueArticle:
    return cast(
        "DueArticle", SimpleNamespace(id=number, url=PAGE, host=f"{number}.example", feed=None)
    )


@dataclass(slots=True)
class Work:
    """Rounds over articles that are stored, or wait for an event, or cannot be stored."""

    wait: Callable[[], Awaitable[object]] = lambda: asyncio.sleep(0)
    left: list[DueArticle] = field(default_factory=lambda: [due(n) for n in (1, 2, 3)])
    stored: list[object] = field(default_factory=list)
    ended: int = 0
    away: bool = False  # the database

    async def due(self, _now: object) -> list[DueArticle]:
        if self.away:
            raise StoreError("away")
        return list(self.left)

    async def learn(self, attempt: Any) -> Any:
        try:
            await self.wait()
        finally:
            self.ended += 1
        self.left.remove(attempt.due)
        return attempt.due.id

    def texts(self, stopping: asyncio.Event) -> Texts:
        robots = SimpleNamespace(get=lambda _: SimpleNamespace(closed="no", text=b""))
        stages = SimpleNamespace(robots=robots, now=lambda: None, learn=self.learn)
        return Texts(
            due=self.due, stages=cast("Any", stages), hosts=Hosts(0.0), stored=self.stored.append,
            stopping=stopping,
        )  # fmt: skip


def test_a_round_ends_when_nothing_is_due() -> None:
    work = Work()

    async def done() -> None:
        await work.texts(asyncio.Event()).round()

    asyncio.run(done())
    assert sorted(cast("list[int]", work.stored)) == [1, 2, 3]


def test_a_worker_that_ends_leaves_nothing_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.cluster.texts.DRAIN", 0.05)
    work = Work(wait=lambda: asyncio.sleep(30))

    async def done() -> int:
        stopping = asyncio.Event()
        going = asyncio.create_task(work.texts(stopping).round())
        await asyncio.sleep(0.05)
        stopping.set()
        await going
        return len(asyncio.all_tasks())

    assert asyncio.run(done()) == 1
    assert (work.stored, work.ended) == ([], 3)


def test_nor_does_a_job_that_is_cut_off() -> None:
    work = Work(wait=lambda: asyncio.sleep(30))

    async def done() -> int:
        going = asyncio.create_task(work.texts(asyncio.Event()).round())
        await asyncio.sleep(0.05)
        going.cancel()
        await asyncio.gather(going, return_exceptions=True)
        return len(asyncio.all_tasks())

    assert asyncio.run(done()) == 1
    assert work.ended == 3


def test_that_the_database_is_away_is_heard_of() -> None:
    async def done() -> None:
        with pytest.raises(StoreError):
            await Work(away=True).texts(asyncio.Event()).round()

    asyncio.run(done())


def test_a_turn_that_does_not_come_is_no_fault_of_the_page() -> None:
    hand = Hand()

    async def late(_url: str) -> Moved:
        raise TransferError("timeout", "late")

    found = asyncio.run(cast("Any", by_turns(hand.turns, late)(PAGE)))
    assert isinstance(found, FeedError)
    assert hand.said[-1] == "rest news.example 1"
