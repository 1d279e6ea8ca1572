"""Gaps: how many entries came and went unseen, told against what was really published."""

from __future__ import annotations

import math
import random
from bisect import bisect_right
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from feeds.types import Entry
from monitor.missing import Habits, estimate
from tests.support.learning import START, LearningDesk
from tests.support.press import words

DAYS = 20
FIRST = START - timedelta(days=DAYS)
HOUR = timedelta(hours=1)
NEAR = 0.2

Rate = Callable[[datetime], float]  # entries an hour


def steady(_at: datetime) -> float:
    return 10.0


def day_and_night(at: datetime) -> float:
    """A tenth as many at midnight (UTC) as at noon."""
    return 10.0 - 8.2 * math.cos((at.hour + at.minute / 60) / 24 * 2 * math.pi)


def office_hours(at: datetime) -> float:
    return 20.0 if 6 <= at.hour < 16 else 2.0


def published(rate: Rate, seed: int, spread: float, until: datetime) -> list[datetime]:
    """When entries come: at this rate, each up to `spread` of the mean distance off its time."""
    dice, at, step = random.Random(seed), FIRST, timedelta(minutes=1)
    found = []
    level, next_at = 0.0, dice.random()
    while at < until:
        level += rate(at) * (step / HOUR)
        while level >= next_at:
            found.append(at + step * dice.random())
            next_at += 1 + dice.uniform(-spread, spread)
        at += step
    return sorted(found)


def errors(rate: Rate, *, window: int, history: bool = True, spread: float = 0.8) -> list[float]:
    """How far each of forty gaps is off, as a part of the truth."""
    times = published(rate, 7, spread, START + timedelta(days=6))
    dice = random.Random(3)
    found = []
    for _ in range(40):
        gap = START + timedelta(hours=dice.random() * 72)
        first = bisect_right(times, gap)
        last = first + int(window * dice.choice([2.0, 2.5, 3.0, 4.0]))
        told = estimate(
            gap=gap,
            now=times[last] + timedelta(seconds=30),
            entries=window,
            dates=times[last - window + 1 : last + 1],
            before=times[first - window : first],
            habits=Habits(
                since=FIRST if history else gap - timedelta(days=1), until=gap, times=times[:first]
            ),
        )
        truth = last + 1 - window - first
        assert told is not None
        found.append(abs(told - truth) / truth)
    return found


def share(found: list[float]) -> float:
    return sum(error <= NEAR for error in found) / len(found)


@pytest.mark.parametrize("window", [20, 40])
def test_a_steady_feed(window: int) -> None:
    assert share(errors(steady, window=window)) >= 0.9
    assert share(errors(steady, window=window, history=False)) >= 0.9


@pytest.mark.parametrize("rate", [day_and_night, office_hours])
def test_a_rhythm_that_its_weeks_before_have_shown(rate: Rate) -> None:
    assert share(errors(rate, window=40)) >= 0.95
    assert share(errors(rate, window=20)) >= 0.9


def test_a_rhythm_that_is_not_known_yet_is_not_told_well() -> None:
    """What the two documents show is the rate at the ends of a gap, not within it."""
    assert share(errors(day_and_night, window=40, history=False)) < 0.7


def test_a_burst_within_the_gap_is_not_seen() -> None:
    quiet = [START + n * HOUR for n in range(-200, 60)]
    burst = [START + 2 * HOUR + timedelta(minutes=n) for n in range(100)]
    gap, now = START, START + 40 * HOUR
    seen = [time for time in quiet if START + 30 * HOUR < time <= now]
    told = estimate(
        gap=gap,
        now=now,
        entries=10,
        dates=seen,
        before=quiet[190:201],
        habits=Habits(since=quiet[0], until=gap, times=quiet[:201]),
    )
    assert told is not None
    assert told < len(burst) / 2


@pytest.fixture(scope="module")
def habits() -> Habits:
    times = published(steady, 5, 0.5, START)
    return Habits(since=FIRST, until=START, times=times)


def test_without_dates_it_is_what_usually_comes_less_what_is_there(habits: Habits) -> None:
    told = estimate(gap=START, now=START + 8 * HOUR, entries=20, dates=[], before=[], habits=habits)
    assert told == pytest.approx(60, rel=NEAR)


def test_dates_from_before_the_gap_are_not_believed(habits: Habits) -> None:
    old = [FIRST] * 20
    told = estimate(
        gap=START, now=START + 8 * HOUR, entries=20, dates=old, before=[], habits=habits
    )
    assert told == pytest.approx(60, rel=NEAR)


def test_a_young_feed_without_dates_tells_nothing() -> None:
    young = Habits(since=START - timedelta(days=2), until=START)
    assert (
        estimate(gap=START, now=START + HOUR, entries=20, dates=[], before=[], habits=young) is None
    )


def test_earlier_gaps_do_not_make_it_seem_idle(habits: Habits) -> None:
    """Half of each day was never seen: the other half counts for it."""
    holes = [(FIRST + n * 24 * HOUR, FIRST + (n * 24 + 12) * HOUR) for n in range(DAYS)]
    seen = [t for t in habits.times if not any(a <= t < b for a, b in holes)]
    holed = Habits(since=FIRST, until=START, times=seen, holes=holes)
    told = estimate(gap=START, now=START + 8 * HOUR, entries=20, dates=[], before=[], habits=holed)
    assert told == pytest.approx(60, rel=NEAR)


WINDOW = 40


def entries(times: list[datetime], now: datetime) -> list[Entry]:
    """The document as it is at `now`."""
    last = bisect_right(times, now)
    return [
        Entry(
            guid=f"guid-{n}",
            url=f"https://news.example/{n}",
            title=words(6, f"title {n}"),
            text=words(12, f"text {n}"),
            published_at=times[n],
            language="en",
        )
        for n in reversed(range(max(last - WINDOW, 0), last))
    ]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[LearningDesk]:
    made = LearningDesk(tmp_path)
    made.store.db.execute("PRAGMA synchronous = OFF")
    yield made
    made.close()


@pytest.mark.parametrize(("rate", "days"), [(steady, 1.0), (day_and_night, 7.25)])
def test_three_gaps_stand_in_the_ledger(rate: Rate, days: float, desk: LearningDesk) -> None:
    """A window of 40 rolls over two to four times between two polls, three times in a row."""
    desk.now = START - timedelta(days=days)
    times = published(rate, 11, 0.5, START + timedelta(days=3))
    while desk.now < START:
        desk.poll(*entries(times, desk.now))
        desk.now += timedelta(minutes=105)  # with the quarter of an hour that each poll takes
    desk.poll(*entries(times, desk.now))
    truth = []
    for rolled in (3, 4, 5):
        since = desk.now - timedelta(minutes=15)
        first = bisect_right(times, since)
        desk.now = times[first + rolled * WINDOW]
        truth.append((since, (rolled - 1) * WINDOW + 1))
        desk.poll(*entries(times, desk.now))
    rows = desk.rows("SELECT * FROM polls WHERE overlap = 0 AND NOT baseline ORDER BY id")
    assert [row["gap_since_at"][:16] for row in rows] == [at.isoformat()[:16] for at, _ in truth]
    for row, (_, missed) in zip(rows, truth, strict=True):
        assert row["missed"] == pytest.approx(missed, rel=NEAR)


def test_a_poll_that_met_something_missed_nothing(desk: LearningDesk) -> None:
    times = published(steady, 11, 0.5, START + timedelta(days=1))
    desk.poll(*entries(times, desk.now))
    desk.poll(*entries(times, desk.now))
    assert [row["missed"] for row in desk.rows("SELECT missed FROM polls")] == [None, None]
