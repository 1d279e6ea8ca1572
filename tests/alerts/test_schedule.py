"""alerts.schedule: due moments and quiet hours, on the days when clocks change too."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from alerts.schedule import next_due, quiet_until, read_quiet, read_schedule


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("schedule", "now", "due"),
    [
        # 07:00 in Seoul is 22:00 UTC of the day before
        ("daily at 07:00 Asia/Seoul", "2026-11-21T21:59:59", "2026-11-21T22:00:00"),
        ("daily at 07:00 Asia/Seoul", "2026-11-21T22:00:00", "2026-11-22T22:00:00"),
        ("weekdays at 08:30", "2026-11-20T08:30:00", "2026-11-23T08:30:00"),  # Friday → Monday
        ("weekdays at 07:00 Asia/Seoul", "2026-11-20T22:30:00", "2026-11-22T22:00:00"),
        ("weekends at 10:00", "2026-11-20T12:00:00", "2026-11-21T10:00:00"),
        ("Mondays at 09:00  Europe/London", "2026-11-17T00:00:00", "2026-11-23T09:00:00"),
        ("daily at 23:50 Pacific/Kiritimati", "2026-11-21T12:00:00", "2026-11-22T09:50:00"),
        # Spring: 02:30 is skipped in Berlin on 29 March 2026; an hour later on the wall, 01:30 UTC
        ("daily at 02:30 Europe/Berlin", "2026-03-28T12:00:00", "2026-03-29T01:30:00"),
        ("daily at 02:30 Europe/Berlin", "2026-03-29T01:30:00", "2026-03-30T00:30:00"),
        # Autumn: 02:30 comes twice on 25 October; the first counts, the second is passed over
        ("daily at 02:30 Europe/Berlin", "2026-10-24T12:00:00", "2026-10-25T00:30:00"),
        ("daily at 02:30 Europe/Berlin", "2026-10-25T00:30:00", "2026-10-26T01:30:00"),
    ],
)
def test_next_due(schedule: str, now: str, due: str) -> None:
    assert next_due(read_schedule(schedule), at(now)) == at(due)


@pytest.mark.parametrize(
    "zone", ["UTC", "Asia/Seoul", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]
)
@pytest.mark.parametrize("time", ["00:00", "02:15", "02:30", "23:59"])
def test_once_a_day_for_a_year(zone: str, time: str) -> None:
    schedule = read_schedule(f"daily at {time} {zone}")
    due = at("2026-01-01T12:00:00")
    days = []
    for _ in range(365):
        due = next_due(schedule, due)
        days.append(due.astimezone(ZoneInfo(zone)).date())
    assert len(set(days)) == 365
    assert days[-1] - days[0] == timedelta(days=364)


@pytest.mark.parametrize(
    ("quiet", "now", "until"),
    [
        ("22:00-07:00 Asia/Seoul", "2026-11-21T12:59:00", None),
        ("22:00-07:00 Asia/Seoul", "2026-11-21T13:00:00", "2026-11-21T22:00:00"),
        ("22:00-07:00 Asia/Seoul", "2026-11-21T21:59:00", "2026-11-21T22:00:00"),
        ("22:00-07:00 Asia/Seoul", "2026-11-21T22:00:00", None),
        ("12:00-13:30", "2026-11-21T12:00:00", "2026-11-21T13:30:00"),
        ("22:00-07:00 Europe/Berlin", "2026-03-28T23:00:00", "2026-03-29T05:00:00"),  # 8 hours
        ("22:00-07:00 Europe/Berlin", "2026-10-24T23:00:00", "2026-10-25T06:00:00"),  # 10 hours
    ],
)
def test_quiet_hours(quiet: str, now: str, until: str | None) -> None:
    assert quiet_until(read_quiet(quiet), at(now)) == (at(until) if until else None)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "daily",
        "daily 07:00",
        "daily at 7:00",
        "daily at 24:00",
        "hourly at 07:00",
        "daily at 07:00 A B",
    ],
)
def test_no_schedule(text: str) -> None:
    with pytest.raises(ValueError, match="must be such as"):
        read_schedule(text)


@pytest.mark.parametrize("text", ["", "22:00", "22-7", "07:00-07:00", "22:00-07:00 A B"])
def test_no_quiet_hours(text: str) -> None:
    with pytest.raises(ValueError, match="must be such as"):
        read_quiet(text)
