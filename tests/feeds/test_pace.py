"""How often a feed is asked, by what it has shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.manners import LEAST
from feeds.pace import AMONG, Bounds, next_pace, window_lasts

BOUNDS = Bounds(fastest=300, slowest=3_600)
NEWS, NONE = True, False


def paced(*brought: bool, pace: float = 900, start: float = 900, window: float | None = None):
    return next_pace(pace, start=start, bounds=BOUNDS, brought=brought, window=window)


@pytest.mark.parametrize(
    ("brought", "pace", "after"),
    [
        ((), 900, 900),
        ((NONE,) * 5, 900, 900),  # too few to say
        ((NONE,) * 6, 900, 1_125),
        ((NONE,) * 5 + (NEWS,), 900, 1_125),
        ((NONE,) * 4 + (NEWS,) * 2, 900, 900),  # two thirds, and no more
        ((NEWS,) * 6, 900, 720),
        ((NEWS,) * 5 + (NONE,), 900, 720),
        ((NEWS,) * 4 + (NONE,) * 2, 900, 900),
        ((NONE,) * 6, 3_500, 3_600),
        ((NEWS,) * 6, 310, 300),
        ((NEWS,) + (NONE,) * 5, 3_600, 900),  # news come together
        ((NEWS,) + (NONE,) * 5, 500, 500),
        ((NONE,) * 20, 400, 500),
    ],
)
def test_steps(brought: tuple[bool, ...], pace: float, after: float) -> None:
    assert paced(*brought, pace=pace) == after


@pytest.mark.parametrize(
    ("elapsed", "entries", "overlap", "window"),
    [(900, 20, 20, None), (900, 20, 10, 1_800), (900, 20, 5, 1_200), (900, 20, 0, 900),
     (0, 20, 0, None), (900, 20, 25, None)],
)  # fmt: skip
def test_windows(elapsed: float, entries: int, overlap: int, window: float | None) -> None:
    assert window_lasts(elapsed, entries=entries, overlap=overlap) == window


def test_it_comes_twice_in_a_window() -> None:
    assert paced(NEWS, window=1_000) == 500
    assert paced(NEWS, window=10_000) == 900
    assert paced(NEWS, window=10) == 300


def test_under_a_third_of_duplicates_is_faster_than_before() -> None:
    for overlap in range(7):
        assert paced(NEWS, window=window_lasts(900, entries=20, overlap=overlap)) < 900


@pytest.mark.parametrize(("start", "low", "high"), [(120, 120, 3_600), (7_200, 300, 7_200)])
def test_an_interval_out_of_bounds_widens_them(start: float, low: float, high: float) -> None:
    assert paced(NEWS, pace=start, start=start, window=1.0) == low
    assert paced(*[NONE] * AMONG, pace=start, start=start) >= start
    pace = start
    for _ in range(40):
        pace = paced(*[NONE] * AMONG, pace=pace, start=start)
    assert pace == high


def test_bounds_that_are_one_hold_it_still() -> None:
    still = Bounds(fastest=900, slowest=900)
    for brought in ((NONE,) * 9, (NEWS,) * 9):
        assert next_pace(900, start=900, bounds=still, brought=brought, window=1.0) == 900


@given(
    pace=st.floats(1, 1e6),
    start=st.floats(60, 604_800),
    brought=st.lists(st.booleans(), max_size=12),
    window=st.none() | st.floats(0.1, 1e7),
)
def test_it_stays_within_bounds(
    pace: float, start: float, brought: list[bool], window: float | None
) -> None:
    found = next_pace(pace, start=start, bounds=BOUNDS, brought=brought, window=window)
    assert max(LEAST, min(300, start)) <= found <= max(3_600, start)


def simulated(every: float, *, days: int = 3) -> float:
    """The pace that a feed comes to which brings something each so many seconds."""
    at, last, pace, brought = 0.0, 0.0, 900.0, []
    while at < days * 86_400:
        at += pace
        news = int(at / every) > int(last / every)
        brought.insert(0, news)
        last, pace = at, paced(*brought, pace=pace)
    return pace


def test_it_follows_how_often_a_feed_changes() -> None:
    assert simulated(60) == 300
    assert simulated(10 * 86_400) == 3_600
    assert 300 < simulated(900) < 1_500
