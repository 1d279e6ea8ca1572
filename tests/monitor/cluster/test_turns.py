"""Who may be asked by a batch, and when a worker may ask at all."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any

import pytest

from feeds.limits import Limits
from feeds.types import Feed, FeedError, FetchState, NotModified
from monitor.cluster import turns as turns_module
from monitor.cluster.batch import LARGEST, most_of_a_host
from monitor.cluster.lease import Lease, Rhythm
from monitor.cluster.shards import shard_of
from monitor.cluster.turns import Turns
from monitor.errors import LostError
from monitor.poller import Hosts

OURS, OTHERS = "one.example", "two.example"
GAP = 5.0


@dataclass
class World:
    """A worker's lease, the others' hosts, and what was asked."""

    now: float = 100.0
    said: list[str] = field(default_factory=list)
    refusals: int = 0  # of turns, to begin with
    answer: Callable[[Feed], Any] = lambda feed: NotModified(
        url=feed.url, http_status=304, state=FetchState()
    )
    redirect: str = ""

    def __post_init__(self) -> None:
        self.lease = Lease(Rhythm().lease, lambda: self.now)
        self.lease.renew(self.now)
        self.hosts = Hosts(GAP)
        self.turns = Turns(
            shard=shard_of(OURS), hosts=self.hosts, lease=self.lease, fetch=self.fetch,
            take=self.take, rest=self.rest,
        )  # fmt: skip

    async def fetch(
        self,
        feed: Feed,
        _state: FetchState,
        *,
        turn: Callable[[str], AbstractAsyncContextManager[None]],
    ) -> Any:
        self.said.append(f"asked {feed.url}")
        if self.redirect:
            async with turn(self.redirect):
                self.said.append(f"then {self.redirect}")
        return self.answer(feed)

    async def take(self, host: str, seconds: float) -> bool:
        if self.refusals:
            self.refusals -= 1
            return False
        self.said.append(f"took {host} for {seconds:g}")
        return True

    async def rest(self, host: str, seconds: float) -> None:
        self.said.append(f"left {host} for {seconds:g}")

    def ask(self, host: str) -> Any:
        return asyncio.run(self.turns.fetch(Feed(url=f"https://{host}/"), FetchState()))


def test_a_host_of_the_shard_is_asked_at_once() -> None:
    world = World()
    world.ask(OURS)
    assert world.said == [f"asked https://{OURS}/"]


def test_a_host_of_another_shard_is_asked_by_its_turn_and_left_alone_after() -> None:
    world = World()
    world.ask(OTHERS)
    assert world.said == [
        f"took {OTHERS} for 35", f"asked https://{OTHERS}/", f"left {OTHERS} for 5",
    ]  # fmt: skip


def test_a_redirect_to_another_shard_takes_its_turn() -> None:
    world = World(redirect=OTHERS)
    world.ask(OURS)
    assert world.said == [
        f"asked https://{OURS}/", f"took {OTHERS} for 35", f"then {OTHERS}", f"left {OTHERS} for 5",
    ]  # fmt: skip
    assert not world.hosts.may(OTHERS)  # nor by another poll of this batch


def test_a_redirect_within_the_shard_waits_in_the_batch() -> None:
    world = World(redirect="one.example")
    world.ask(OURS)
    assert world.said == [f"asked https://{OURS}/", "then one.example"]
    assert not world.hosts.may("one.example")


def test_a_turn_is_waited_for() -> None:
    world = World(refusals=1)
    world.ask(OTHERS)
    assert world.said[0] == f"took {OTHERS} for 35"


def test_who_waits_too_long_for_a_turn_is_polled_again_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(turns_module, "TURN_MOST", 0.0)
    found = World(refusals=9).ask(OTHERS)
    assert isinstance(found, FeedError)
    assert found.reason == "timeout"


def test_without_a_pause_nobody_waits_for_anybody() -> None:
    world = World()
    world.hosts.gap = 0.0
    world.ask(OTHERS)
    assert world.said == [f"asked https://{OTHERS}/"]


def test_a_worker_that_was_not_heard_of_asks_nobody() -> None:
    world = World()
    world.now += Rhythm().lease
    for host in (OURS, OTHERS):
        with pytest.raises(LostError):
            world.ask(host)
    assert world.said == []


def test_what_failed_since_nobody_may_be_asked_says_nothing_of_the_feed() -> None:
    def refused(feed: Feed) -> FeedError:
        world.now += 60.0
        return FeedError(url=feed.url, reason="connect", message="not heard of in time")

    world = World(answer=refused)
    with pytest.raises(LostError):
        world.ask(OURS)


def test_a_lease_counts_from_before_the_sign_of_life_was_sent() -> None:
    now = [100.0]
    lease = Lease(14.0, lambda: now[0])
    assert not lease.holds
    asked_at = lease.now()
    now[0] += 10.0  # the database was slow
    lease.renew(asked_at)
    now[0] += 3.9
    assert lease.holds
    now[0] += 0.1
    assert not lease.holds
    lease.renew(now[0])
    lease.end()
    assert not lease.holds


def test_the_last_answer_has_come_before_others_take_over() -> None:
    rhythm = Rhythm()
    assert rhythm.stalled > rhythm.lease + Limits().total
    assert rhythm.lease > 2 * rhythm.beat
    assert Limits().total == turns_module.FETCH_MOST


@pytest.mark.parametrize(("gap", "most"), [(0.0, LARGEST), (5.0, 6), (29.0, 1), (3600.0, 1)])
def test_a_batch_takes_as_many_feeds_of_a_host_as_it_has_time_for(gap: float, most: int) -> None:
    assert most_of_a_host(gap) == most
