"""What trends are read from, and their rows in the outbox."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections import defaultdict
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from monitor.clock import iso, moment, moment_or_none
from monitor.records import Timing
from monitor.trends import HISTORY, Series, days_up, rested

# Stories that came with a feed's first poll say nothing about its days.
_STORIES = """
WITH first AS (SELECT feed, min(started_at) AS at FROM polls WHERE baseline = 1 GROUP BY feed)
SELECT m.entity, date(i.first_seen_at), i.story, i.feed, i.id
FROM items AS i JOIN mentions AS m ON m.item = i.id AND m.state = 'confirmed'
LEFT JOIN first ON first.feed = i.feed
WHERE i.first_seen_at >= :since AND i.relation <> 'copy' {more}
  AND (first.at IS NULL OR julianday(i.first_seen_at) > julianday(first.at) + 1.0 / 24)
ORDER BY i.id"""

_OF_ONE = "AND m.entity = :entity AND i.first_seen_at < :until"

# A look-up for each feed and day: the ledger has a hundred lines of either.
_ANSWERED = """
WITH RECURSIVE days (day) AS (
  SELECT :since UNION ALL SELECT date(day, '+1 day') FROM days WHERE day < :until)
SELECT CAST(feed.value AS INTEGER), days.day FROM json_each(:feeds) AS feed CROSS JOIN days
WHERE EXISTS (
  SELECT 1 FROM polls AS p WHERE p.feed = feed.value AND p.started_at >= days.day
  AND p.started_at < date(days.day, '+1 day') AND p.status <> 'error')"""

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
    """A burst, a silence or a return for the outbox."""

    rule: str
    channel: str
    relation: str  # burst | silence | return
    what: str  # the same for every day of one burst: "burst of arin-dam"
    since: date
    newest: Newest
    timing: Timing
    payload: str


def histories(db: sqlite3.Connection, now: datetime) -> dict[str, tuple[Series, int]]:
    """By entity: its stories by day, the days its feeds answered, and its newest item."""
    today = now.astimezone(UTC).date()
    since = today - timedelta(days=HISTORY + 1)
    counts: dict[str, dict[int, date]] = defaultdict(dict)
    feeds: dict[str, set[int]] = defaultdict(set)
    newest: dict[str, int] = {}
    rows = db.execute(_STORIES.format(more=""), {"since": since.isoformat()})
    for entity, day, story, feed, item in rows:
        counts[entity].setdefault(story, date.fromisoformat(day))
        feeds[entity].add(feed)
        newest[entity] = item
    answered = _answered(db, set().union(*feeds.values()), since, today)
    return {
        entity: (_series(stories, days_up(feeds[entity], answered)), newest[entity])
        for entity, stories in counts.items()
    }


def career(db: sqlite3.Connection, entity: str, day: date) -> tuple[Series, int]:
    """All that is known of an entity up to a day on which it is named, and that day's first item.

    It goes back to HISTORY days before the last day on which it was named before.
    """
    asked = {"since": "", "entity": entity, "until": (day + timedelta(days=1)).isoformat()}
    rows = db.execute(_STORIES.format(more=_OF_ONE), asked).fetchall()
    stories: dict[int, date] = {}
    for _, at, story, _, _ in rows:
        stories.setdefault(story, date.fromisoformat(at))
    last = max((at for at in stories.values() if at < day), default=day)
    since = last - timedelta(days=HISTORY)
    stories = {story: at for story, at in stories.items() if at >= since}
    feeds = {feed for _, at, _, feed, _ in rows if at >= since.isoformat()}
    up = days_up(feeds, _answered(db, feeds, since, day))
    first = min(item for _, at, _, _, item in rows if at == day.isoformat())
    return _series(stories, up), int(first)


def _answered(
    db: sqlite3.Connection, feeds: AbstractSet[int], since: date, until: date
) -> dict[date, set[int]]:
    """By day: those of these feeds that answered."""
    answered: dict[date, set[int]] = defaultdict(set)
    asked = {
        "feeds": json.dumps(sorted(feeds)),
        "since": since.isoformat(),
        "until": until.isoformat(),
    }
    for feed, day in db.execute(_ANSWERED, asked):
        answered[date.fromisoformat(day)].add(feed)
    return answered


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
