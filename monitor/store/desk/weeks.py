"""Weeks as the desk counts them: from Monday 00:00 UTC."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

WEEK = timedelta(days=7)


def monday(moment: datetime | date) -> date:
    """The first day of the week of a moment."""
    day = moment.astimezone(UTC).date() if isinstance(moment, datetime) else moment
    return day - timedelta(days=day.weekday())


def last(count: int, now: datetime) -> tuple[date, ...]:
    """The last so many weeks, oldest first; the last is the present one."""
    present = monday(now)
    return tuple(present - WEEK * ago for ago in reversed(range(count)))


def between(since: datetime, until: datetime) -> tuple[date, ...]:
    """The weeks that a span has a part in, oldest first."""
    first, final = monday(since), monday(until - timedelta(microseconds=1))
    count = (final - first).days // 7 + 1
    return tuple(first + WEEK * number for number in range(max(count, 1)))


def bounds(span: Sequence[date]) -> str:
    """Weeks for SQL: a JSON list of [first day, first day of the next], as times are stored."""
    return json.dumps([[week.isoformat(), (week + WEEK).isoformat()] for week in span])


def start_of(day: date) -> datetime:
    """Its first moment."""
    return datetime.combine(day, time(), tzinfo=UTC)
