"""Bursts and silences as of today, for pages: the rules are those of monitor/trends.py.

A story counts on the day on which it was first seen, for the entities that it names for sure, and
an entity's feeds are those that were first with its stories. Stories that came with a feed's first
poll say nothing about its days.
"""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from monitor.clock import iso
from monitor.store.desk import spans, weeks
from monitor.store.desk.types import EntityRef, Trend
from monitor.trends import HISTORY, LEAST_STORIES, Burst, Series, Silence, burst, days_up, silence

# Without reading its history it is known of most: fewer stories today than any burst has, and one
# today or yesterday, after which a wait is too short to be longer than any before.
_STORIES = f"""
SELECT f.value, f.seen_at, f.feed FROM entities AS e
CROSS JOIN story_facets AS f ON f.facet = 'entity' AND f.value = e.id AND f.seen_at >= :since
WHERE e.watched = 1 AND e.id = coalesce(:entity, e.id)
  AND ((SELECT count(*) FROM (SELECT 1 FROM story_facets AS t WHERE t.facet = 'entity'
      AND t.value = e.id AND t.seen_at >= :today LIMIT {LEAST_STORIES})) = {LEAST_STORIES}
    OR NOT EXISTS (SELECT 1 FROM story_facets AS y WHERE y.facet = 'entity'
      AND y.value = e.id AND y.seen_at >= date(:today, '-1 day')))"""  # noqa: S608 - a number of ours

_BASELINES = """
SELECT f.id, (SELECT p.started_at FROM polls AS p WHERE p.feed = f.id AND p.baseline = 1
  ORDER BY p.started_at LIMIT 1)
FROM feeds AS f"""

_BASELINE_LASTS = timedelta(hours=1)

# One look a feed and day, however many polls there were.
_ANSWERED = """
WITH RECURSIVE days(day) AS (
  SELECT date(:since) UNION ALL SELECT date(day, '+1 day') FROM days WHERE day < date(:now)),
spans(day, following) AS MATERIALIZED (SELECT day, date(day, '+1 day') FROM days)
SELECT f.id, d.day FROM feeds AS f CROSS JOIN spans AS d
WHERE EXISTS (SELECT 1 FROM polls AS p WHERE p.feed = f.id AND p.status <> 'error'
  AND p.started_at >= d.day AND p.started_at < d.following)"""


@dataclass(slots=True)
class _History:
    days: Counter[str]
    feeds: set[int]


def trends(conn: sqlite3.Connection, *, now: datetime, entity: str = "") -> tuple[Trend, ...]:
    """Today's bursts and silences, of one watched entity or of all; the unlikeliest first."""
    first = weeks.start_of(now.astimezone(UTC).date() - timedelta(days=HISTORY + 1))
    since = iso(first)
    today = now.astimezone(UTC).date()
    histories = _histories(conn, {"since": since, "today": str(today), "entity": entity or None})
    if not histories:
        return ()
    up = _days_up(conn, histories.values(), since, now)
    refs = spans.entities(conn, histories)
    found = [
        _trend(refs[slug], what)
        for slug, history in histories.items()
        for what in _found(history, up[frozenset(history.feeds)], today)
    ]
    return tuple(sorted(found, key=lambda trend: (trend.odds, trend.entity.id)))


def _histories(conn: sqlite3.Connection, asked: Mapping[str, str | None]) -> dict[str, _History]:
    began = {feed: _span(at) for feed, at in conn.execute(_BASELINES) if at}
    found: dict[str, _History] = defaultdict(lambda: _History(Counter(), set()))
    for slug, seen_at, feed in conn.execute(_STORIES, asked):
        start, end = began.get(feed, ("", ""))
        if not start <= seen_at <= end:
            history = found[slug]
            history.days[seen_at[:10]] += 1
            history.feeds.add(feed)
    return {slug: history for slug, history in found.items() if _may_be(history, asked)}


def _may_be(history: _History, asked: Mapping[str, str | None]) -> bool:
    """Whether it is worth asking on which days its feeds answered.

    A day with no more stories than the mean of all days, of which some may not count, is no burst.
    """
    today = str(asked["today"])
    quiet = max(history.days) < str(date.fromisoformat(today) - timedelta(days=1))
    return quiet or HISTORY * history.days[today] > history.days.total() - history.days[today]


def _span(at: str) -> tuple[str, str]:
    return at, iso(datetime.fromisoformat(at) + _BASELINE_LASTS)


def _days_up(
    conn: sqlite3.Connection, histories: Iterable[_History], since: str, now: datetime
) -> Mapping[frozenset[int], frozenset[date]]:
    """By the feeds of an entity: the days of which something is known."""
    answered: dict[date, set[int]] = defaultdict(set)
    for feed, day in conn.execute(_ANSWERED, {"since": since, "now": iso(now)}):
        answered[date.fromisoformat(day)].add(feed)
    wanted = {frozenset(history.feeds) for history in histories}
    return {feeds: days_up(feeds, answered) for feeds in wanted}


def _found(history: _History, up: frozenset[date], today: date) -> Iterator[Burst | Silence]:
    counts = {date.fromisoformat(day): count for day, count in history.days.items()}
    series = Series(stories=counts, up=up)
    for what in (burst(series, today), silence(series, today)):
        if what:
            yield what


def _trend(entity: EntityRef, what: Burst | Silence) -> Trend:
    loud = isinstance(what, Burst)
    return Trend(
        entity=entity,
        relation="burst" if loud else "silence",
        since=what.day if isinstance(what, Burst) else what.since,
        stories=what.stories if isinstance(what, Burst) else 0,
        days=what.days if isinstance(what, Silence) else 0,
        expected=what.expected,
        longest=what.longest if isinstance(what, Silence) else 0,
        odds=what.odds,
    )
