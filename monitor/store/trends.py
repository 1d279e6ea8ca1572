"""What trends are read from, and their rows in the outbox."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from monitor.clock import iso, moment, moment_or_none
from monitor.records import Timing
from monitor.trends import HISTORY, Series, days_up, rested

# Stories that came with a feed's first poll say nothing about its days.
_STORIES = """
WITH first AS (SELECT feed, min(started_at) AS at FROM polls WHERE baseline = 1 GROUP BY feed)
SELECT m.entity, date(i.first_seen_at), i.story, i.feed, i.id
FROM items AS i JOIN mentions AS m ON m.item = i.id AND m.state = 'confirmed'
LEFT JOIN first ON first.feed = i.feed
WHERE i.first_seen_at >= :since AND i.relation <> 'copy'
  AND (first.at IS NULL OR julianday(i.first_seen_at) > julianday(first.at) + 1.0 / 24)
ORDER BY i.id"""

_ANSWERED = """
SELECT DISTINCT feed, date(started_at) FROM polls WHERE started_at >= ? AND status <> 'error'"""

_ITEM = """
SELECT i.id, i.story, i.title, i.text, i.url, i.language, i.first_seen_at, i.published_at,
  i.published_raw, i.feed, f.name, f.url, f.kind
FROM items AS i JOIN feeds AS f ON f.id = i.feed WHERE i.id = ?"""

_TOLD = "SELECT 1 FROM alerts WHERE rule = ? AND channel = ? AND occasion = ?"

_BURSTS = """
SELECT created_at FROM alerts WHERE rule = :rule AND channel = :channel AND relation = 'burst'
AND substr(occasion, 1, length(:what) + 4) = :what || ' on '"""

_PUT = """
INSERT INTO alerts (rule, channel, story, item, feed, relation, occasion, state, min_origins, batch,
  attempts, in_doubt, created_at, next_try_at, last_error, message_key, thread, payload)
VALUES (?, ?, ?, ?, ?, ?, ?, 'pending', 1, ?, 0, 0, ?, ?, '', ?, '', ?)
ON CONFLICT DO NOTHING"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Newest:
    """The newest item that names an entity: what a trend is shown by."""

    id: int
    story: int
    title: str
    text: str
    url: str
    language: str
    first_seen_at: datetime
    published_at: datetime | None
    published_raw: str
    feed: int
    feed_name: str
    feed_url: str
    feed_kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendAlert:
    """A burst or a silence for the outbox."""

    rule: str
    channel: str
    relation: str  # burst | silence
    what: str  # the same for every day of one burst: "burst of arin-dam"
    since: date
    newest: Newest
    timing: Timing
    payload: str


def histories(db: sqlite3.Connection, now: datetime) -> dict[str, tuple[Series, int]]:
    """By entity: its stories by day, the days its feeds answered, and its newest item."""
    since = iso((now - timedelta(days=HISTORY + 1)).replace(hour=0, minute=0, second=0))
    counts: dict[str, dict[int, date]] = defaultdict(dict)
    feeds: dict[str, set[int]] = defaultdict(set)
    newest: dict[str, int] = {}
    for entity, day, story, feed, item in db.execute(_STORIES, {"since": since}):
        counts[entity].setdefault(story, date.fromisoformat(day))
        feeds[entity].add(feed)
        newest[entity] = item
    answered: dict[date, set[int]] = defaultdict(set)
    for feed, day in db.execute(_ANSWERED, (since,)):
        answered[date.fromisoformat(day)].add(feed)
    return {
        entity: (_series(stories, days_up(feeds[entity], answered)), newest[entity])
        for entity, stories in counts.items()
    }


def _series(first_days: Mapping[int, date], up: frozenset[date]) -> Series:
    by_day: dict[date, int] = defaultdict(int)
    for day in first_days.values():
        by_day[day] += 1
    return Series(stories=by_day, up=up)


def newest(db: sqlite3.Connection, item: int) -> Newest:
    """An item with its feed."""
    row = db.execute(_ITEM, (item,)).fetchone()
    (number, story, title, text, url, language, seen, published, raw, feed, name, feed_url,
     kind) = row  # fmt: skip
    return Newest(
        id=number,
        story=story,
        title=title,
        text=text,
        url=url,
        language=language,
        first_seen_at=moment(seen),
        published_at=moment_or_none(published),
        published_raw=raw,
        feed=feed,
        feed_name=name,
        feed_url=feed_url,
        feed_kind=kind,
    )


def put(db: sqlite3.Connection, alerts: Sequence[TrendAlert], now: datetime) -> int:
    """Write those that were not told yet; returns how many."""
    return sum(_put(db, alert, now) for alert in alerts)


def _put(db: sqlite3.Connection, alert: TrendAlert, now: datetime) -> int:
    occasion = f"{alert.what} on {alert.since.isoformat()}"
    if db.execute(_TOLD, (alert.rule, alert.channel, occasion)).fetchone():
        return 0
    if alert.relation == "burst":
        asked = {"rule": alert.rule, "channel": alert.channel, "what": alert.what}
        told = db.execute(_BURSTS, asked)
        if not rested(now.date(), (moment(at).date() for (at,) in told)):
            return 0
    key = hashlib.sha256(json.dumps([alert.rule, alert.channel, occasion]).encode()).hexdigest()
    cursor = db.execute(
        _PUT,
        (
            alert.rule,
            alert.channel,
            alert.newest.story,
            alert.newest.id,
            alert.newest.feed,
            alert.relation,
            occasion,
            alert.timing.batch,
            iso(now),
            iso(alert.timing.due),
            key[:32],
            alert.payload,
        ),
    )
    return cursor.rowcount
