"""What the estimate of a gap is made of: the two documents at its ends, and the weeks before it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from datetime import datetime

from feeds.types import ParsedFeed
from monitor.clock import iso, moment
from monitor.missing import USUAL, Habits
from monitor.missing import estimate as estimated
from monitor.records import PollRecord

MOST = 20_000  # items: what a feed of 700 a day brings in four weeks

_FIRST = "SELECT min(first_seen_at) FROM items WHERE feed = ?"

_TIMES = """
SELECT published_at, first_seen_at FROM items
WHERE feed = ? AND first_seen_at > ? AND first_seen_at <= ? ORDER BY first_seen_at DESC LIMIT ?"""

_HOLES = """
SELECT gap_since_at, started_at FROM polls INDEXED BY polls_gaps
WHERE feed = ? AND started_at > ? AND gap_since_at IS NOT NULL AND overlap = 0 AND seen > 0"""

_BEFORE = """
SELECT published_at, first_seen_at FROM items
WHERE id IN (SELECT value FROM json_each(?))"""


def estimate(db: sqlite3.Connection, learnt: PollRecord, gap: datetime) -> int | None:
    """Entries that came and went since `gap`, the last good poll; None if nothing tells."""
    seen = learnt.observation
    if not isinstance(seen.result, ParsedFeed) or learnt.row.overlap != 0 or not learnt.row.seen:
        return None
    dates = (entry.published_at for entry in seen.result.entries)
    left = json.dumps([one.item for one in learnt.gone])
    return estimated(
        gap=gap,
        now=seen.started_at,
        entries=len(seen.result.entries),
        dates=[date for date in dates if date],
        before=[_when(*row) for row in db.execute(_BEFORE, (left,))],
        habits=_habits(db, seen.feed.id, gap),
    )


def _habits(db: sqlite3.Connection, feed: int, gap: datetime) -> Habits:
    """The feed's last weeks, without its first poll, which brings what is old."""
    first = db.execute(_FIRST, (feed,)).fetchone()[0]
    since = max(gap - USUAL, moment(first)) if first else gap
    rows: Iterable[tuple[str | None, str]] = db.execute(_TIMES, (feed, iso(since), iso(gap), MOST))
    times = [_when(*row) for row in rows]
    if len(times) == MOST:
        since = max(since, min(times))
    holes = db.execute(_HOLES, (feed, iso(since)))
    return Habits(
        since=since,
        until=gap,
        times=times,
        holes=[(moment(start), moment(end)) for start, end in holes],
    )


def _when(published: str | None, first_seen: str) -> datetime:
    """When an item came: as it says itself, if it says a time shortly before it was seen."""
    at = moment(first_seen)
    said = moment(published) if published else at
    return said if at - USUAL < said <= at else at
