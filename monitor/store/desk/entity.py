"""An entity over time, and lists of entities."""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.clock import iso, moment_or_none
from monitor.store.desk import gaps, spans, trends, watch, weeks
from monitor.store.desk.types import EntityLine, EntityPage, EntityRef, Neighbour, Week

WEEKS = 52  # of a timeline; two years of a much named entity cost another 50 ms
NEIGHBOURS = 12
LOOKED_AT = 2_000  # newest stories in which neighbours are looked for
MONTH = timedelta(days=30)
YEAR = timedelta(days=365)  # by what a month has as usual

_LINE = """
SELECT e.id, e.name, e.sector, e.kind, e.province, e.county, e.latitude, e.longitude, e.precision,
  e.watched,
  (SELECT count(*) FROM story_facets AS f WHERE f.facet = 'entity' AND f.value = e.id
    AND f.seen_at >= :since AND f.seen_at < :until) AS stories,
  (SELECT count(*) FROM story_facets AS f WHERE f.facet = 'candidate' AND f.value = e.id
    AND f.seen_at >= :since AND f.seen_at < :until) AS candidates,
  (SELECT f.seen_at FROM story_facets AS f WHERE f.facet = 'entity' AND f.value = e.id
    ORDER BY f.seen_at DESC LIMIT 1)
FROM entities AS e"""

_LINES = f"""
{_LINE} WHERE e.sector = coalesce(:sector, e.sector) AND e.province = coalesce(:place, e.province)
ORDER BY e.sector, e.name, e.id"""

_MORE = "SELECT part_of, watchlist FROM entities WHERE id = ?"

_PARTS = "SELECT id, name, sector, kind, province FROM entities WHERE part_of = ? ORDER BY name"

_WEEKS = """
SELECT week.key, f.feed, count(*) FROM json_each(:weeks) AS week
CROSS JOIN story_facets AS f ON f.facet = 'entity' AND f.value = :entity
  AND f.seen_at >= week.value ->> 0 AND f.seen_at < week.value ->> 1 GROUP BY 1, 2"""

_BOUNDS = """
SELECT (SELECT seen_at FROM story_facets WHERE facet = 'entity' AND value = :entity
    ORDER BY seen_at LIMIT 1),
  (SELECT count(*) FROM story_facets WHERE facet = 'entity' AND value = :entity
    AND seen_at >= :month),
  (SELECT count(*) FROM story_facets WHERE facet = 'entity' AND value = :entity
    AND seen_at >= :year AND seen_at < :month)"""

_NEIGHBOURS = """
SELECT o.value, count(*) FROM (
  SELECT story FROM story_facets WHERE facet = 'entity' AND value = :entity
  ORDER BY seen_at DESC LIMIT :most) AS mine
CROSS JOIN story_facets AS o ON o.story = mine.story AND o.facet = 'entity' AND o.value <> :entity
GROUP BY o.value ORDER BY count(*) DESC, o.value LIMIT :best"""


def entity(
    conn: sqlite3.Connection, slug: str, *, now: datetime, weeks: int = WEEKS
) -> EntityPage | None:
    """Everything of one entity but its newest stories: those are the queue's (`entity=slug`)."""
    found = conn.execute(f"{_LINE} WHERE e.id = :entity", {"entity": slug, **_span(None, None)})
    row = found.fetchone()
    if row is None:
        return None
    line = _line(row)
    part_of, watchlist = conn.execute(_MORE, (slug,)).fetchone()
    usual = _usual(conn, slug, now)
    return EntityPage(
        line=line,
        part_of=spans.entities(conn, [part_of])[part_of] if part_of else None,
        parts=tuple(spans.reference(part) for part in conn.execute(_PARTS, (slug,))),
        watchlist=str(watchlist),
        weeks=_timeline(conn, slug, weeks, now),
        first_seen_at=usual.first,
        last_seen_at=line.last_seen_at,
        a_month=usual.a_month,
        month=usual.month,
        names=watch.names(conn, entity=slug),
        neighbours=_neighbours(conn, slug),
        trends=trends.trends(conn, now=now, entity=slug),
    )


def entities(
    conn: sqlite3.Connection,
    *,
    sector: str = "",
    place: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
) -> tuple[EntityLine, ...]:
    """Entities that are watched or were named, with their stories first seen in the span.

    In order of sector and name. `stories` counts the whole time without a span.
    """
    asked = {"sector": sector or None, "place": place or None, **_span(since, until)}
    lines = (_line(row) for row in conn.execute(_LINES, asked))
    return tuple(one for one in lines if one.watched or one.last_seen_at or one.candidates)


def _span(since: datetime | None, until: datetime | None) -> dict[str, str]:
    return {"since": iso(since) if since else "", "until": iso(until) if until else "9999"}


def _line(row: Sequence[object]) -> EntityLine:
    county, latitude, longitude, precision, watched, stories, candidates, last = row[5:]
    return EntityLine(
        entity=spans.reference(row[:5]),
        county=str(county),
        latitude=None if latitude is None else float(str(latitude)),
        longitude=None if longitude is None else float(str(longitude)),
        precision=str(precision),
        watched=bool(watched),
        stories=int(str(stories)),
        candidates=int(str(candidates)),
        last_seen_at=moment_or_none(str(last) if last else None),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Usual:
    first: datetime | None
    month: int
    a_month: float | None


def _usual(conn: sqlite3.Connection, slug: str, now: datetime) -> _Usual:
    """The last 30 days, and 30 days of the year before them."""
    asked = {"entity": slug, "month": iso(now - MONTH), "year": iso(now - MONTH - YEAR)}
    first, month, before = conn.execute(_BOUNDS, asked).fetchone()
    began = moment_or_none(first)
    known = min(now - MONTH - began, YEAR) if began else timedelta()
    return _Usual(
        first=began, month=month, a_month=before * MONTH / known if known >= MONTH else None
    )


def _timeline(conn: sqlite3.Connection, slug: str, count: int, now: datetime) -> tuple[Week, ...]:
    """Stories by week, hatched by the gaps of the feeds that were first with any of them."""
    span = weeks.last(count, now)
    kinds = dict(conn.execute("SELECT id, kind FROM feeds"))
    found: dict[int, Counter[str]] = defaultdict(Counter)
    feeds = set()
    for place, feed, stories in conn.execute(_WEEKS, {"entity": slug, "weeks": weeks.bounds(span)}):
        found[place][kinds[feed]] += stories
        feeds.add(feed)
    shares = gaps.shares(conn, _watched(conn, feeds), span, now=now)
    return tuple(
        Week(start=start, by_kind=dict(found[place]), gap=shares[place])
        for place, start in enumerate(span)
    )


def _watched(conn: sqlite3.Connection, feeds: Iterable[int]) -> list[gaps.Watched]:
    """These feeds; without any, all that are on a list: each of them might have named it."""
    every = gaps.watched(conn)
    return [every[feed] for feed in feeds] or [f for f in every.values() if f.subscribed]


def _neighbours(conn: sqlite3.Connection, slug: str) -> tuple[Neighbour, ...]:
    asked = {"entity": slug, "most": LOOKED_AT, "best": NEIGHBOURS}
    rows = conn.execute(_NEIGHBOURS, asked).fetchall()
    refs: dict[str, EntityRef] = spans.entities(conn, [other for other, _ in rows])
    return tuple(Neighbour(entity=refs[other], stories=stories) for other, stories in rows)
