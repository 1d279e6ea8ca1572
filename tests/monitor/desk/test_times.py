"""Times and counts in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from monitor.review import times

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("before", "told"),
    [
        (timedelta(seconds=0), "09:30, just now"),
        (timedelta(seconds=59), "09:29, just now"),
        (timedelta(minutes=1), "09:29, 1 min ago"),
        (timedelta(minutes=59, seconds=59), "08:30, 59 min ago"),
        (timedelta(hours=3, minutes=18), "06:12, 3 h ago"),
        (timedelta(hours=23, minutes=59), "09:31, 23 h ago"),
        (timedelta(hours=24), "20 Nov 2026, 09:30"),
        (timedelta(days=400), "17 Oct 2025, 09:30"),
        (timedelta(minutes=-30), "10:00, in 30 min"),
        (timedelta(days=-2), "23 Nov 2026, 09:30"),
    ],
)
def test_a_time_says_how_long_ago_it_was_and_older_ones_say_their_day(before, told):
    assert times.ago(NOW - before, NOW) == told


def test_any_zone_is_told_in_utc():
    seoul = datetime(2026, 11, 22, 3, 5, tzinfo=timezone(timedelta(hours=9)))
    assert times.full(seoul) == "21 Nov 2026, 18:05:00 UTC"
    assert times.ago(seoul, NOW) == "18:05, in 8 h"


@pytest.mark.parametrize("nothing", [None, "", "yesterday"])
def test_what_is_no_time_is_told_as_nothing(nothing):
    assert [times.ago(nothing, NOW), times.full(nothing), times.day(nothing)] == ["", "", ""]


def test_a_stored_time_is_read():
    assert times.day("2026-01-02T03:04:05.678Z") == "2 Jan 2026"


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (None, ""),
        (0, "at once"),
        (59, "at once"),
        (60, "1 min"),
        (3_600, "1 h"),
        (12_000, "3 h 20 min"),
        (86_400, "1 day"),
        (2 * 86_400 + 4 * 3_600 + 59, "2 days 4 h"),
        (86_400 + 300, "1 day"),
        (-7_200, "-2 h"),
        (timedelta(minutes=5), "5 min"),
    ],
)
def test_a_lag_has_its_two_largest_units(seconds, told):
    assert times.lag(seconds) == told


def test_the_publishers_own_time_stands_as_written_too():
    raw = "Sat, 21 Nov 2026 15:12:00 +0900"
    at = datetime(2026, 11, 21, 6, 12, tzinfo=UTC)
    assert times.published(at, raw) == (
        f"the publisher says 21 Nov 2026, 06:12:00 UTC (as written: {raw})"
    )
    assert times.published(None, "soon") == "the publisher's time could not be read: soon"
    assert times.published(None, "") == "no publisher's time"


@pytest.mark.parametrize(
    ("number", "told"), [(0, "0 copies"), (1, "1 copy"), (1_204, "1,204 copies")]
)
def test_counts_are_words(number, told):
    assert times.count(number, "copy", "copies") == told
