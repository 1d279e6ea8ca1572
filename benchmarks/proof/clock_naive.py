"""Digests and quiet hours as they come out when one counts with local times as if with numbers."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from alerts.schedule import Quiet, Schedule


def naive_next_due(schedule: Schedule, now: datetime) -> datetime:
    """So much later as the clock on the wall seems to be away from it."""
    local = _local(now, schedule.zone)
    day = local.date()
    while True:
        due = datetime.combine(day, schedule.at)
        if day.weekday() in schedule.days and due > local:
            return now + (due - local)
        day += timedelta(days=1)


def naive_quiet_until(quiet: Quiet, now: datetime) -> datetime | None:
    """The same for the end of quiet hours."""
    local = _local(now, quiet.zone)
    over_midnight = timedelta(days=quiet.end <= quiet.start)
    for day in (local.date() - timedelta(days=1), local.date()):
        end = datetime.combine(day + over_midnight, quiet.end)
        if datetime.combine(day, quiet.start) <= local < end:
            return now + (end - local)
    return None


def _local(now: datetime, zone: str) -> datetime:
    return now.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
