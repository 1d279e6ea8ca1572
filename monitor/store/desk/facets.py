"""The story_facets table: by what stories are found on the desk.

A row says that a story has a facet: names an entity, was edited, is told by a wire. A filter is
then one range of the table's own order, newest first, and so is the number in a menu. Only stories
have rows that name something, or did until an edit took it out, and were not merged into another.

The rows are worked out anew for every story that a poll, a retag or a reviewer touched, and only
what differs is written: most touched stories come out as they were.
"""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

BATCH = 500  # stories worked out at once: what a retag of years touches must fit into memory

Row = tuple[str, str, str, int, int, int]
"""facet, value, seen_at, story, feed, confirmed."""

# CROSS JOIN keeps the order of the loops: from the stories asked for, never from the feeds; `+`
# keeps an index out: an item's mentions are few, an entity's are not.
_MENTIONS = """
SELECT DISTINCT i.story, m.state, m.entity, e.sector, e.province
FROM json_each(?) AS key CROSS JOIN items AS i ON i.story = key.value
CROSS JOIN mentions AS m ON m.item = i.id CROSS JOIN entities AS e ON e.id = m.entity"""

_STORIES = """
SELECT s.id, s.first_seen_at, (SELECT i.feed FROM items AS i WHERE i.story = s.id
  ORDER BY i.id LIMIT 1)
FROM json_each(?) AS key CROSS JOIN stories AS s ON s.id = key.value WHERE s.merged_into IS NULL"""

_FACETS = """
WITH mine AS (
  SELECT i.story, i.id, i.language, i.feed, i.revisions FROM json_each(?) AS key
  CROSS JOIN items AS i ON i.story = key.value),
carried AS (
  SELECT story, feed FROM mine
  UNION SELECT m.story, a.feed FROM mine AS m CROSS JOIN appearances AS a ON a.item = m.id)
SELECT story, 'language', language FROM mine
UNION ALL SELECT story, 'feed', CAST(feed AS TEXT) FROM carried
UNION ALL SELECT c.story, 'kind', f.kind FROM carried AS c CROSS JOIN feeds AS f ON f.id = c.feed
UNION ALL SELECT story, 'mark', 'edited' FROM mine WHERE revisions > 1
UNION ALL SELECT m.story, 'mark', 'vanished' FROM mine AS m
  CROSS JOIN appearances AS a ON a.item = m.id AND a.vanished = 1"""

# A name counts as removed while no item of the story has it for sure.
REMOVED = """
SELECT DISTINCT i.story, gone.value, e.sector, e.province FROM json_each(?) AS key
CROSS JOIN items AS i ON i.story = key.value AND i.revisions > 1
CROSS JOIN revisions AS r ON r.item = i.id AND r.entities_removed <> '[]'
CROSS JOIN json_each(r.entities_removed) AS gone
CROSS JOIN entities AS e ON e.id = gone.value AND e.watched = 1
WHERE NOT EXISTS (SELECT 1 FROM items AS j CROSS JOIN mentions AS m ON m.item = j.id
  WHERE j.story = i.story AND +m.entity = gone.value AND m.state = 'confirmed')"""

_PRESENT = """
SELECT f.facet, f.value, f.seen_at, f.story, f.feed, f.confirmed FROM json_each(?) AS key
CROSS JOIN story_facets AS f ON f.story = key.value"""

_DELETE = """
DELETE FROM story_facets WHERE facet = ? AND value = ? AND seen_at = ? AND story = ?"""

_INSERT = """
INSERT INTO story_facets (facet, value, seen_at, story, feed, confirmed)
VALUES (?, ?, ?, ?, ?, ?)"""

_OF_ITEMS = """
SELECT DISTINCT i.story FROM json_each(?) AS key CROSS JOIN items AS i ON i.id = key.value"""

_OF_ENTITIES = """
SELECT DISTINCT i.story FROM json_each(?) AS key
CROSS JOIN mentions AS m ON m.entity = key.value CROSS JOIN items AS i ON i.id = m.item"""

_OF_FEEDS = """
SELECT DISTINCT f.story FROM json_each(?) AS key
CROSS JOIN story_facets AS f ON f.facet = 'feed' AND f.value = key.value"""


def refresh(conn: sqlite3.Connection, stories: Iterable[int]) -> None:
    """Bring the rows of these stories up to date; the caller holds the transaction."""
    numbers = sorted(set(stories))
    for start in range(0, len(numbers), BATCH):
        keys = json.dumps(numbers[start : start + BATCH])
        _write(conn, keys, _wanted(conn, keys))


def refresh_items(conn: sqlite3.Connection, items: Iterable[int]) -> None:
    """The same for the stories of these items."""
    refresh(conn, _numbers(conn, _OF_ITEMS, items))


def refresh_entities(conn: sqlite3.Connection, entities: Iterable[str]) -> None:
    """The same for every story that names one of these: their sector or place is another now."""
    refresh(conn, _numbers(conn, _OF_ENTITIES, entities))


def refresh_feeds(conn: sqlite3.Connection, feeds: Iterable[int]) -> None:
    """The same for every story that one of these carries: their kind is another now."""
    refresh(conn, _numbers(conn, _OF_FEEDS, map(str, feeds)))


def _numbers(conn: sqlite3.Connection, sql: str, keys: Iterable[int] | Iterable[str]) -> list[int]:
    given = list(keys)
    return [story for (story,) in conn.execute(sql, (json.dumps(given),))] if given else []


@dataclass(frozen=True, slots=True, kw_only=True)
class _Story:
    """What is known of a story whose rows are worked out."""

    seen_at: str
    feed: int  # of its first item
    facets: set[tuple[str, str]] = field(default_factory=set)
    named: Mapping[str, set[tuple[str, str, str]]]  # by state: entity, sector, province

    def rows(self, number: int) -> Iterator[Row]:
        """All its rows: the candidates count only while nothing is confirmed."""
        state = "confirmed" if "confirmed" in self.named else "candidate"
        facets = self.facets | {("named", state)}
        for entity, sector, province in self.named[state]:
            mine = "entity" if state == "confirmed" else "candidate"
            facets |= {(mine, entity), ("sector", sector), ("place", province)}
        for facet, value in facets:
            if value:
                yield facet, value, self.seen_at, number, self.feed, int(state == "confirmed")


def _wanted(conn: sqlite3.Connection, keys: str) -> set[Row]:
    """The rows that these stories must have."""
    named: dict[int, dict[str, set[tuple[str, str, str]]]] = defaultdict(lambda: defaultdict(set))
    for number, state, entity, sector, province in conn.execute(_MENTIONS, (keys,)):
        named[number][state].add((entity, sector, province))
    removed = conn.execute(REMOVED, (keys,)).fetchall()
    for number, entity, sector, province in removed:
        named[number]["confirmed"].add((entity, sector, province))
    if not named:
        return set()
    keys = json.dumps(sorted(named))
    stories = {
        number: _Story(seen_at=at, feed=feed, named=named[number])
        for number, at, feed in conn.execute(_STORIES, (keys,))
    }
    marks = [(number, "mark", "name-removed") for number, *_ in removed]
    for number, facet, value in (*conn.execute(_FACETS, (keys,)), *marks):
        if number in stories:
            stories[number].facets.add((facet, str(value)))
    return {row for number, story in stories.items() for row in story.rows(number)}


def _write(conn: sqlite3.Connection, keys: str, wanted: set[Row]) -> None:
    """Write what differs."""
    present: set[Row] = set(conn.execute(_PRESENT, (keys,)).fetchall())
    if present != wanted:
        conn.executemany(_DELETE, [row[:4] for row in present - wanted])
        conn.executemany(_INSERT, sorted(wanted - present))
