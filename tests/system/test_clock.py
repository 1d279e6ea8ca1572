"""The daemon when the clock is set: polls go on, and nothing is polled twice for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import apscheduler.schedulers.base
import apscheduler.triggers.interval
import pytest
from apscheduler.job import Job
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from monitor.compose import Program as Parts
from monitor.compose import assemble
from monitor.config import load
from monitor.daemon import Daemon, Every, Orders
from monitor.drift import Drift, boot_clock
from tests.support.learning import START, LearningDesk, entry
from tests.support.press import Press
from tests.support.program import Program

PAPERS = 5
MINUTE = timedelta(seconds=67)  # from one poll to the next, jitter included
STEPS = [timedelta(hours=-1), timedelta(hours=1), timedelta(days=60)]


class World:
    """The time of day and the steady clock. Time passes on both; a step moves one of them."""

    def __init__(self) -> None:
        self.passed = timedelta(0)
        self.stepped = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.passed + self.stepped

    def steady(self) -> float:
        return boot_clock() + self.passed.total_seconds()


class Watched(Daemon):
    """Counts its looks at the queue."""

    def __init__(self, program: Parts, orders: Orders, world: World) -> None:
        super().__init__(program, orders, now=world.now)
        self._drift = Drift(world.now, world.steady)
        self.ticks = 0

    async def _poll(self) -> None:
        await super()._poll()
        self.ticks += 1


class Heedless(Watched):
    """The same without the watch on the clock."""

    async def _follow_clock(self) -> None:
        pass


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """Clocks for us and for APScheduler, which reads the time of day by itself."""
    world = World()

    class Now(datetime):
        @classmethod
        def now(cls, tz=None):
            return world.now().astimezone(tz)

    monkeypatch.setattr(apscheduler.schedulers.base, "datetime", Now)
    monkeypatch.setattr(apscheduler.triggers.interval, "datetime", Now)
    return world


async def came(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 - on a thread's doings there is no event
            await asyncio.sleep(0.01)


def run(
    program: Program,
    world: World,
    story: Callable[[Watched], Awaitable[None]],
    kind: type[Watched] = Watched,
) -> None:
    """A daemon in this process, and what befalls it."""

    async def play() -> None:
        config = load(program.config, environ={})
        orders = Orders()
        async with assemble(config, now=world.now, parsers=1) as parts:
            daemon = kind(parts, orders, world)
            running = asyncio.create_task(daemon.run())
            try:
                await story(daemon)
            finally:
                orders._end()
                await running

    asyncio.run(play())


@pytest.mark.parametrize("step", STEPS, ids=str)
def test_polls_go_on_and_none_comes_twice(
    program: Program, world: World, step: timedelta, caplog: pytest.LogCaptureFixture
) -> None:
    with Press(PAPERS) as press:
        program.write(press.feeds)

        async def story(daemon: Watched) -> None:
            await came(
                lambda: press.asked.total() == PAPERS and not daemon._program.poller.under_way
            )
            world.stepped += step
            await came(lambda: "the clock was moved by" in caplog.text)
            ticks = daemon.ticks
            await came(lambda: daemon.ticks >= ticks + 2)
            assert press.asked.total() == PAPERS, "the step made all feeds due"
            world.passed += MINUTE
            await came(lambda: press.asked.total() == 2 * PAPERS)
            ticks = daemon.ticks
            await came(lambda: daemon.ticks >= ticks + 2)
            assert set(press.asked.values()) == {2}

        run(program, world, story)
        assert f"the clock was moved by {step.total_seconds():.0f} s" in caplog.text
        assert program.count("polls") == 2 * PAPERS


def test_without_the_watch_a_step_back_stops_everything(program: Program, world: World) -> None:
    with Press(PAPERS) as press:
        program.write(press.feeds)

        async def story(daemon: Watched) -> None:
            await came(lambda: press.asked.total() == PAPERS)
            world.stepped -= timedelta(hours=1)
            await asyncio.sleep(1.0)  # a run may be under way
            ticks = daemon.ticks
            world.passed += MINUTE
            with suppress(TimeoutError):
                async with asyncio.timeout(1.0):
                    await daemon._orders.asked.wait()
            assert daemon.ticks <= ticks + 1
            assert press.asked.total() == PAPERS

        run(program, world, story, Heedless)


def test_without_the_watch_a_step_forward_makes_all_due(program: Program, world: World) -> None:
    with Press(PAPERS) as press:
        program.write(press.feeds)

        async def story(daemon: Watched) -> None:
            await came(
                lambda: press.asked.total() == PAPERS and not daemon._program.poller.under_way
            )
            world.stepped += timedelta(hours=1)
            await came(lambda: press.asked.total() == 2 * PAPERS)

        run(program, world, story, Heedless)


def test_missed_runs_are_not_counted_up() -> None:
    """With APScheduler's own trigger an hour is 3,601 runs, and 60 days stop the loop for 26 s."""
    now = datetime(2026, 11, 21, tzinfo=UTC)
    runs = {}
    for trigger in (Every(1.0), IntervalTrigger(seconds=1, start_date=now, timezone=UTC)):
        job = Job(AsyncIOScheduler(timezone=UTC), trigger=trigger)
        job.next_run_time = now
        runs[type(trigger)] = len(job._get_run_times(now + timedelta(hours=1)))
    assert runs == {Every: 1, IntervalTrigger: 3601}


@pytest.mark.parametrize("step", STEPS, ids=str)
def test_a_poll_under_way_at_a_step_is_due_by_the_new_clock(
    tmp_path: Path, step: timedelta
) -> None:
    """It was stored after the step, before the step was noticed: 60 days more would silence it."""
    desk = LearningDesk(tmp_path, feeds=("before", "after"))
    desk.poll(entry(1), name="before")
    desk.now = START + step + timedelta(seconds=1)
    desk.poll(entry(2), name="after")
    noticed = START + step + timedelta(seconds=2)
    desk.store.shift_schedule(step, now=noticed)
    for name in ("before", "after"):
        wait = desk.feed(name).next_poll_at - noticed
        soonest = step if step < timedelta(0) and name == "after" else timedelta(minutes=14)
        assert soonest <= wait <= timedelta(minutes=18), name
    desk.close()


def test_waiting_alerts_follow_a_clock_that_was_moved_back(tmp_path: Path) -> None:
    desk = LearningDesk(tmp_path)
    desk.poll(entry(1))
    desk.poll(entry(2, "The mine opens again"), entry(1))
    (row,) = desk.rows("SELECT next_try_at FROM alerts")
    assert desk.store.claim("desk", START) is None
    for step, waits in ((timedelta(days=60), True), (timedelta(hours=-1), False)):
        desk.store.shift_schedule(step, now=desk.now + step)
        (now,) = desk.rows("SELECT next_try_at FROM alerts")
        assert (now == row) is waits
    assert desk.store.claim("desk", START) is not None
    desk.close()
