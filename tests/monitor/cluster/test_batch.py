"""One batch: what it polls, when it ends, and that nothing goes on behind it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest

from feeds.types import Feed, FetchState, NotModified
from monitor.cluster.batch import Tools, run
from monitor.cluster.lease import Lease, Rhythm
from monitor.cluster.shards import shard_of
from monitor.pipeline import Stages
from monitor.records import Health, StoredFeed
from tests.support.learning import START

HOST = "one.example"


def feed(number: int, host: str = HOST) -> StoredFeed:
    return StoredFeed(
        id=number, feed=Feed(url=f"https://{host}/{number}"), state=FetchState(), host=host,
        interval=900, health=Health(), failures=0, next_poll_at=START, last_success_at=START,
    )  # fmt: skip


@dataclass(slots=True)
class Bench:
    """Tools of which every request is noted."""

    gap: float = 0.0
    pause: Callable[[], Awaitable[object]] = lambda: asyncio.sleep(0)
    storing: Callable[[], Awaitable[object]] = lambda: asyncio.sleep(0)
    room: int = 64
    begun: list[str] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    stored: list[int] = field(default_factory=list)
    first: asyncio.Event = field(default_factory=asyncio.Event)

    async def _fetch(self, feed: Feed, state: FetchState, **_: object) -> NotModified:
        self.begun.append(feed.url)
        self.first.set()
        try:
            await self.pause()
        finally:
            self.ended.append(feed.url)
        return NotModified(url=feed.url, http_status=304, state=state)

    async def _learn(self, seen: Any) -> Any:
        await self.storing()
        self.stored.append(seen.feed.id)
        return SimpleNamespace(plan=SimpleNamespace(host_rests_until=None), now=START)

    def tools(self, stopping: asyncio.Event, drain: float = 0.2) -> Tools:
        async def taken(_host: str, _seconds: float) -> bool:
            return True

        async def rested(_host: str, _seconds: float) -> None:
            pass

        lease = Lease(Rhythm().lease)
        lease.renew(lease.now())
        stages = Stages(
            fetch=self._fetch, parse=cast("Any", None), learn=self._learn, now=lambda: START
        )
        return Tools(
            stages=stages, fetch=self._fetch, pool=None, lease=lease, take=taken, rest=rested,
            gap=self.gap, room=asyncio.Semaphore(self.room), stored=lambda _: None,
            failed=lambda _: None, stopping=stopping, drain=drain,
        )  # fmt: skip

    async def run(self, feeds: list[StoredFeed], rests: dict[str, float]) -> float:
        return await run(shard_of(HOST), feeds, rests, self.tools(asyncio.Event()))


def test_all_of_a_batch_is_polled_and_its_hosts_rest_after_it() -> None:
    bench = Bench(gap=0.05)
    rest = asyncio.run(bench.run([feed(1), feed(2)], {}))
    assert sorted(bench.stored) == [1, 2]
    assert 0.0 < rest <= 0.05


def test_a_host_that_others_have_asked_is_left_alone_first() -> None:
    async def waited() -> float:
        bench = Bench(gap=0.01)
        clock = asyncio.get_running_loop().time
        began = clock()
        await bench.run([feed(1)], {HOST: 0.2})
        return clock() - began

    assert asyncio.run(waited()) >= 0.2


def test_at_the_end_of_the_worker_a_batch_begins_nothing_more() -> None:
    async def ended() -> Bench:
        stopping = asyncio.Event()
        bench = Bench(pause=lambda: asyncio.sleep(30))
        feeds = [feed(number) for number in range(40)]
        running = asyncio.create_task(run(shard_of(HOST), feeds, {}, bench.tools(stopping)))
        await bench.first.wait()
        stopping.set()
        await running
        return bench

    bench = asyncio.run(ended())
    assert len(bench.begun) < 40
    assert sorted(bench.ended) == sorted(bench.begun)
    assert bench.stored == []


def test_nothing_goes_on_behind_a_batch_that_is_cut_off() -> None:
    async def cut(patience: float) -> tuple[Bench, int]:
        stopping = asyncio.Event()
        bench = Bench(pause=lambda: asyncio.sleep(30))
        tools = bench.tools(stopping, drain=60.0)
        running = asyncio.create_task(run(shard_of(HOST), [feed(1)], {}, tools))
        await bench.first.wait()
        stopping.set()
        await asyncio.sleep(patience)  # until it drains
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        return bench, len(asyncio.all_tasks())

    bench, tasks = asyncio.run(cut(0.05))
    assert sorted(bench.ended) == sorted(bench.begun)
    assert tasks == 1


@pytest.mark.parametrize(("room", "most"), [(3, 3), (64, 24)], ids=["as it is", "twin"])
def test_no_more_is_in_memory_than_there_is_room_for(room: int, most: int) -> None:
    """Of all batches of a worker, until it is stored: writers wait for one another."""

    async def batches() -> int:
        go = asyncio.Event()
        bench = Bench(storing=go.wait, room=room)
        tools = bench.tools(asyncio.Event())
        shards = [
            [feed(10 * shard + n, f"{shard}-{n}.example") for n in range(8)] for shard in range(3)
        ]
        running = [asyncio.create_task(run(1, feeds, {}, tools)) for feeds in shards]
        await asyncio.sleep(0.1)
        at_once = len(bench.begun)
        go.set()
        await asyncio.gather(*running)
        assert len(bench.stored) == 24
        return at_once

    assert asyncio.run(batches()) == most


def test_what_waits_for_room_is_not_begun_behind_the_time_of_its_batch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("monitor.cluster.batch.LONGEST", 0.1)

    async def ended() -> Bench:
        bench = Bench(storing=lambda: asyncio.sleep(0.3), room=1)
        await run(shard_of(HOST), [feed(n) for n in range(5)], {}, bench.tools(asyncio.Event()))
        return bench

    bench = asyncio.run(ended())
    assert len(bench.begun) == 1
    assert len(bench.stored) == 1
