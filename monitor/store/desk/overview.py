"""What happened: sectors by weeks, places, first mentions, removed names, silences, bursts."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from monitor.clock import iso, moment
from monitor.store.desk import gaps, menus, spans, trends, weeks
from monitor.store.desk.entity import entities
from monitor.store.desk.types import (
    FirstMention,
    Overview,
    PlaceCount,
    Removal,
    SectorWeeks,
)

Asked = Mapping[str, str | int]

MOST = 50  # first mentions and removed names, the newest

_STORIES = """
SELECT count(*) FROM story_facets WHERE facet = 'named' AND value = 'confirmed'
AND seen_at >= :since AND seen_at < :until"""

_SECTORS = """
SELECT key.value, (SELECT json_group_array((SELECT count(*) FROM story_facets AS f
  WHERE f.facet = 'sector' AND f.value = key.value AND f.confirmed = 1
    AND f.seen_at >= max(week.value ->> 0, :since) AND f.seen_at < min(week.value ->> 1, :until)))
  FROM json_each(:weeks) AS week)
FROM json_each(:values) AS key"""

_PLACES = """
SELECT key.value, (SELECT count(*) FROM story_facets AS f
  WHERE f.facet = 'place' AND f.value = key.value AND f.confirmed = 1
    AND f.seen_at >= :since AND f.seen_at < :until) AS stories
FROM json_each(:values) AS key WHERE stories > 0 ORDER BY stories DESC, key.value"""

_FIRST = """
SELECT e.id, f.story, f.seen_at, s.title, feeds.name FROM entities AS e
CROSS JOIN story_facets AS f ON f.facet = 'entity' AND f.value = e.id
  AND (f.seen_at, f.story) = (SELECT g.seen_at, g.story FROM story_facets AS g
    WHERE g.facet = 'entity' AND g.value = e.id ORDER BY g.seen_at, g.story LIMIT 1)
CROSS JOIN stories AS s ON s.id = f.story CROSS JOIN feeds ON feeds.id = f.feed
WHERE f.seen_at >= :since AND f.seen_at < :until
ORDER BY f.seen_at DESC, e.id LIMIT :most"""

# Of one edit only what no later version of the item names again.
_REMOVED = """
SELECT r.item, i.story, r.title, feeds.name, r.seen_at, (
  SELECT json_group_array(gone.value) FROM json_each(r.entities_removed) AS gone
  WHERE NOT EXISTS (SELECT 1 FROM mentions AS m
    WHERE m.item = r.item AND +m.entity = gone.value AND m.state = 'confirmed')) AS removed
FROM revisions AS r INDEXED BY revisions_removed
CROSS JOIN items AS i ON i.id = r.item CROSS JOIN feeds ON feeds.id = r.feed
WHERE r.entities_removed <> '[]' AND r.seen_at >= :since AND r.seen_at < :until
  AND removed <> '[]'
ORDER BY r.seen_at DESC LIMIT :most"""


def overview(
    conn: sqlite3.Connection, *, since: datetime, until: datetime, now: datetime
) -> Overview:
    """Stories first seen from `since` to before `until`, confirmed ones only.

    Edits count by when they were made. Silences and bursts are those of the day of `now`.
    """
    span = weeks.between(since, until)
    asked: Asked = {"since": iso(since), "until": iso(until), "most": MOST}
    watched = [feed for feed in gaps.watched(conn).values() if feed.subscribed]
    today = trends.trends(conn, now=now)
    named = [line for line in entities(conn, since=since, until=until) if line.stories]
    return Overview(
        since=since,
        until=until,
        stories=conn.execute(_STORIES, asked).fetchone()[0],
        weeks=span,
        gaps=gaps.shares(conn, watched, span, now=now),
        sectors=_sectors(conn, span, asked),
        places=_places(conn, asked),
        entities=tuple(sorted(named, key=lambda line: (-line.stories, line.entity.name))),
        first_mentions=_first_mentions(conn, asked),
        removals=_removals(conn, asked),
        silences=tuple(t for t in today if t.relation == "silence"),
        bursts=tuple(t for t in today if t.relation == "burst"),
    )


def _sectors(
    conn: sqlite3.Connection, span: Sequence[date], asked: Asked
) -> tuple[SectorWeeks, ...]:
    values = json.dumps(menus.values(conn, "sector"))
    rows = conn.execute(_SECTORS, {**asked, "values": values, "weeks": weeks.bounds(span)})
    found = [
        SectorWeeks(sector=sector, weeks=tuple(counts), total=sum(counts))
        for sector, counts in ((sector, json.loads(counts)) for sector, counts in rows)
        if any(counts)
    ]
    return tuple(sorted(found, key=lambda line: (-line.total, line.sector)))


def _places(conn: sqlite3.Connection, asked: Asked) -> tuple[PlaceCount, ...]:
    values = json.dumps(menus.values(conn, "place"))
    rows = conn.execute(_PLACES, {**asked, "values": values})
    return tuple(PlaceCount(place=place, stories=stories) for place, stories in rows)


def _first_mentions(conn: sqlite3.Connection, asked: Asked) -> tuple[FirstMention, ...]:
    rows = conn.execute(_FIRST, asked).fetchall()
    refs = spans.entities(conn, [slug for slug, *_ in rows])
    return tuple(
        FirstMention(
            entity=refs[slug], story=story, title=title, source=source, seen_at=moment(seen_at)
        )
        for slug, story, seen_at, title, source in rows
    )


def _removals(conn: sqlite3.Connection, asked: Asked) -> tuple[Removal, ...]:
    rows = [(*row[:5], json.loads(row[5])) for row in conn.execute(_REMOVED, asked)]
    refs = spans.entities(conn, [slug for row in rows for slug in row[5]])
    return tuple(
        Removal(
            story=story,
            item=item,
            title=title,
            source=source,
            seen_at=moment(seen_at),
            entities=tuple(refs[slug] for slug in removed),
        )
        for item, story, title, source, seen_at, removed in rows
    )
