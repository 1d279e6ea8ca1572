"""A digest that fell due while the program was down: sent once, late, and never a second time."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alerts.rules import Rule
from alerts.schedule import read_schedule
from alerts.types import Alert, Receipt
from monitor.delivery import Delivery
from tests.support.learning import LearningDesk, entry
from tests.support.press import words

HOUR = timedelta(hours=1)


class Box:
    """A channel that takes everything; or dies, as the program with it, once it has."""

    name = "desk"
    gap = 0.0

    def __init__(self) -> None:
        self.came: list[Alert] = []
        self.dies = False

    async def send(self, alert: Alert) -> Receipt:
        self.came.append(alert)
        if self.dies:
            raise KeyboardInterrupt
        return Receipt(alert=alert.id, outcome="sent")


def live(folder: Path, box: Box, now: datetime) -> None:
    """The program starts, sends what is due, and ends."""
    desk = LearningDesk(folder)
    desk.store.doubt_unfinished()

    async def run() -> None:
        with ThreadPoolExecutor(1) as writer:
            await Delivery([box], desk.store, writer, lambda: now).round()

    try:
        asyncio.run(run())
    except KeyboardInterrupt:
        assert box.dies
    finally:
        desk.close()


def waiting(folder: Path, schedule: str, now: datetime) -> None:
    """Three alerts wait for a digest; then the program ends."""
    desk = LearningDesk(folder)
    desk.now = now - timedelta(minutes=20)
    rule = Rule(name="all", to=("desk",), mode="digest", schedule=read_schedule(schedule))
    desk.desk = replace(desk.desk, rules=(rule,))
    desk.poll(entry(1))
    new = [
        entry(n, f"The mine: {words(8, str(n))}", words(40, f"text {n}"), published_at=None)
        for n in (4, 3, 2)
    ]
    desk.poll(*new)
    assert desk.count("alerts") == 3
    desk.close()


CASES = [  # schedule, when it was written, when it is due
    ("daily at 07:00 Asia/Seoul", "2026-11-21T06:00", "2026-11-21T22:00"),
    ("weekdays at 07:00 Asia/Seoul", "2026-11-20T22:30", "2026-11-22T22:00"),
    ("daily at 02:30 Europe/Berlin", "2026-03-28T12:00", "2026-03-29T01:30"),  # a skipped hour
    ("daily at 02:30 Europe/Berlin", "2026-10-24T12:00", "2026-10-25T00:30"),  # an hour twice
    ("daily at 00:30 Australia/Lord_Howe", "2026-04-04T03:00", "2026-04-04T13:30"),
    ("daily at 08:00 America/New_York", "2026-03-07T14:00", "2026-03-08T12:00"),
]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(("schedule", "written", "due"), CASES)
@pytest.mark.parametrize("down", [timedelta(0), HOUR / 4, 5 * HOUR, 80 * HOUR], ids=str)
def test_once_late_never_twice(
    tmp_path: Path, schedule: str, written: str, due: str, down: timedelta
) -> None:
    box = Box()
    waiting(tmp_path, schedule, at(written))
    live(tmp_path, box, at(due) - timedelta(seconds=1))
    assert box.came == []
    back = at(due) + down
    for later in (timedelta(0), timedelta(seconds=1), HOUR, 24 * HOUR, 25 * HOUR, 24 * 400 * HOUR):
        live(tmp_path, box, back + later)
    (digest,) = box.came
    assert len(digest.parts) == 3
    assert not digest.in_doubt


@pytest.mark.parametrize(("schedule", "written", "due"), CASES)
def test_a_crash_while_it_is_sent_makes_one_repeat_that_says_so(
    tmp_path: Path, schedule: str, written: str, due: str
) -> None:
    box = Box()
    waiting(tmp_path, schedule, at(written))
    box.dies = True
    live(tmp_path, box, at(due) + HOUR)
    box.dies = False
    for hours in (2, 24, 48):
        live(tmp_path, box, at(due) + hours * HOUR)
    first, again = box.came
    assert (first.in_doubt, again.in_doubt) == (False, True)
    assert first.key == again.key
    assert [part.id for part in first.parts] == [part.id for part in again.parts]
