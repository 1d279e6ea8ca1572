"""When a digest is due, and when people are not to be woken. Pure.

Times are of the clock on the wall in a zone. A time that a day does not have (the hour that summer
time skips) is taken as much later; of a time that it has twice, the first counts: once a day.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
DAYS = {
    "daily": frozenset(range(7)),
    "weekdays": frozenset(range(5)),
    "weekends": frozenset((5, 6)),
    **{f"{name}s": frozenset((number,)) for number, name in enumerate(WEEKDAYS)},
}

SCHEDULE_FORM = 'must be such as "daily at 07:00 Asia/Seoul" or "weekdays at 08:30" (UTC)'
QUIET_FORM = 'must be such as "22:00-07:00 Asia/Seoul" or "22:00-07:00" (UTC)'

_TIME = r"([01]\d|2[0-3]):([0-5]\d)"
_SCHEDULE = re.compile(rf"(?P<days>{'|'.join(DAYS)}) at {_TIME}(?: (?P<zone>\S+))?")
_QUIET = re.compile(rf"{_TIME} ?[-–] ?{_TIME}(?: (?P<zone>\S+))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Days of the week and a time of day."""

    days: frozenset[int]  # 0 is Monday
    at: time
    zone: str = "UTC"  # IANA


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """From one time of day to another; over midnight where the second is the smaller."""

    start: time
    end: time
    zone: str = "UTC"  # IANA


def read_schedule(text: str) -> Schedule:
    """`daily at 07:00 Asia/Seoul`; the zone is not looked up.

    Raises:
        ValueError: with the form that it should have.
    """
    found = _SCHEDULE.fullmatch(_plain(text))
    if not found:
        raise ValueError(SCHEDULE_FORM)
    return Schedule(
        days=DAYS[found["days"]], at=_time(found[2], found[3]), zone=_zone(text, found["zone"])
    )


def read_quiet(text: str) -> Quiet:
    """`22:00-07:00 Asia/Seoul`; the zone is not looked up.

    Raises:
        ValueError: with the form that it should have.
    """
    found = _QUIET.fullmatch(_plain(text))
    if not found or found.group(1, 2) == found.group(3, 4):
        raise ValueError(QUIET_FORM)
    start, end = _time(found[1], found[2]), _time(found[3], found[4])
    return Quiet(start=start, end=end, zone=_zone(text, found["zone"]))


def _plain(text: str) -> str:
    return " ".join(text.lower().split())


def _zone(text: str, found: str | None) -> str:
    return text.rsplit(maxsplit=1)[-1] if found else "UTC"  # as written: zone names have capitals


def _time(hour: str, minute: str) -> time:
    return time(int(hour), int(minute))


def next_due(schedule: Schedule, now: datetime) -> datetime:
    """The first due moment after `now`, in UTC."""
    day = now.astimezone(ZoneInfo(schedule.zone)).date() - timedelta(days=1)
    while True:
        due = _moment(day, schedule.at, schedule.zone)
        if day.weekday() in schedule.days and due > now:
            return due
        day += timedelta(days=1)


def quiet_until(quiet: Quiet, now: datetime) -> datetime | None:
    """When the quiet hours end in which `now` lies, in UTC; None if it lies in none."""
    today = now.astimezone(ZoneInfo(quiet.zone)).date()
    over_midnight = timedelta(days=quiet.end <= quiet.start)
    for day in (today - timedelta(days=1), today):
        end = _moment(day + over_midnight, quiet.end, quiet.zone)
        if _moment(day, quiet.start, quiet.zone) <= now < end:
            return end
    return None


def _moment(day: date, at: time, zone: str) -> datetime:
    # fold=0: the offset before a change of the clocks. What is skipped moves on by the gap.
    return datetime.combine(day, at, tzinfo=ZoneInfo(zone)).astimezone(UTC)
