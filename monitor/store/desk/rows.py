"""Stories as a list shows them: a few queries for a whole page, however long it is."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from monitor.clock import moment, moment_or_none
from monitor.store.desk import facets, judged, spans
from monitor.store.desk.types import EntityRef, Excerpt, Span, StoryRow

_STORIES = """
SELECT s.id, s.title, s.language, s.first_seen_at, s.last_seen_at, s.items, s.copies, s.origins,
  s.press_lag, (SELECT i.id FROM items AS i WHERE i.story = s.id ORDER BY i.id LIMIT 1)
FROM json_each(?) AS key CROSS JOIN stories AS s ON s.id = key.value"""

_ITEMS = """
SELECT i.id, i.title, i.language, i.feed, i.url, i.published_at, i.published_raw
FROM json_each(?) AS key CROSS JOIN items AS i ON i.id = key.value"""

_EDITS = """
SELECT i.story, total(max(i.revisions - 1, 0)), max(i.changed_at) FROM json_each(?) AS key
CROSS JOIN items AS i ON i.story = key.value AND i.revisions > 0 GROUP BY i.story"""

_CARRIERS = """
SELECT i.story, a.feed, min(a.first_seen_at), max(a.vanished) FROM json_each(?) AS key
CROSS JOIN items AS i ON i.story = key.value CROSS JOIN appearances AS a ON a.item = i.id
GROUP BY i.story, a.feed ORDER BY 3, a.feed"""

# The first item whose text names something: a confirmed name before a candidate.
_TELLING = """
SELECT story, item FROM (
  SELECT i.story AS story, m.item AS item, row_number() OVER (
    PARTITION BY i.story ORDER BY m.state = 'candidate', m.field = 'title', m.item) AS place
  FROM json_each(?) AS key CROSS JOIN items AS i ON i.story = key.value
  CROSS JOIN mentions AS m ON m.item = i.id)
WHERE place = 1"""

_TEXTS = """
SELECT i.id, i.text, coalesce(a.text, '') FROM json_each(?) AS key
CROSS JOIN items AS i ON i.id = key.value LEFT JOIN articles AS a ON a.item = i.id"""

_NAMED = """
SELECT f.story, f.facet, f.value FROM json_each(?) AS key
CROSS JOIN story_facets AS f ON f.story = key.value AND f.facet IN ('entity', 'candidate')
ORDER BY f.value"""

_FIRST = """
SELECT key.value, (SELECT f.story FROM story_facets AS f WHERE f.facet = 'entity'
  AND f.value = key.value ORDER BY f.seen_at, f.story LIMIT 1)
FROM json_each(?) AS key"""

_LINKS = """
SELECT story, count(DISTINCT link) FROM (
  SELECT l.story AS story, l.id AS link FROM json_each(:keys) AS key
  CROSS JOIN links AS l ON l.story = key.value WHERE l.state = 'proposed'
  UNION ALL
  SELECT i.story, l.id FROM json_each(:keys) AS key CROSS JOIN items AS i ON i.story = key.value
  CROSS JOIN links AS l ON l.item = i.id WHERE l.state = 'proposed')
GROUP BY story"""


def story_rows(conn: sqlite3.Connection, numbers: Sequence[int]) -> tuple[StoryRow, ...]:
    """These stories in this order, without those that are not there."""
    page = _read(conn, numbers)
    return tuple(page.row(number) for number in numbers if number in page.stories)


def first_stories(conn: sqlite3.Connection, entities: Iterable[str]) -> dict[str, int]:
    """The first story ever that names each of these for sure."""
    rows = conn.execute(_FIRST, (json.dumps(sorted(set(entities))),))
    return {entity: story for entity, story in rows if story is not None}


def _read(conn: sqlite3.Connection, numbers: Sequence[int]) -> _Page:
    keys = json.dumps(list(numbers))
    # A story that all items were split from has none left to be shown by.
    stories = {row[0]: row for row in conn.execute(_STORIES, (keys,)) if row[9] is not None}
    telling = dict(conn.execute(_TELLING, (keys,)).fetchall())
    first = [row[9] for row in stories.values()]
    named = conn.execute(_NAMED, (keys,)).fetchall()
    items = json.dumps(first)
    removed: dict[int, list[str]] = defaultdict(list)
    for story, entity, *_ in conn.execute(facets.REMOVED, (keys,)):
        removed[story].append(entity)
    shown = {entity for _, _, entity in named}.union(*removed.values())
    carriers: dict[int, list[tuple[int, str, bool]]] = defaultdict(list)
    for story, feed, at, vanished in conn.execute(_CARRIERS, (keys,)):
        carriers[story].append((feed, at, bool(vanished)))
    return _Page(
        stories=stories,
        items={row[0]: row for row in conn.execute(_ITEMS, (items,))},
        telling=telling,
        texts={i: t for i, *t in conn.execute(_TEXTS, (json.dumps(list(telling.values())),))},
        marks=spans.of_items(conn, {*first, *telling.values()}),
        edits={row[0]: row[1:] for row in conn.execute(_EDITS, (keys,))},
        removed=removed,
        carriers=carriers,
        feeds={row[0]: row[1:] for row in conn.execute("SELECT id, name, kind FROM feeds")},
        named=_by_story(named),
        entities=spans.entities(conn, shown),
        firsts=set(first_stories(conn, (e for _, f, e in named if f == "entity")).values()),
        states=judged.states(conn, numbers),
        links=dict(conn.execute(_LINKS, {"keys": keys}).fetchall()),
    )


def _by_story(named: Iterable[tuple[int, str, str]]) -> dict[int, tuple[bool, list[str]]]:
    """Whether it is confirmed, and the entities."""
    found: dict[int, tuple[bool, list[str]]] = {}
    for story, facet, entity in named:
        found.setdefault(story, (facet == "entity", []))[1].append(entity)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    """All that the rows of a page are made of."""

    stories: Mapping[int, tuple[object, ...]]
    items: Mapping[int, tuple[object, ...]]  # each story's first
    telling: Mapping[int, int]  # story → the item that its excerpts are of
    texts: Mapping[int, Sequence[str]]  # of these items: the feed's, and the full one or ""
    marks: spans.Marks
    edits: Mapping[int, tuple[float, str | None]]  # how many, and when the last
    removed: Mapping[int, Sequence[str]]
    carriers: Mapping[int, Sequence[tuple[int, str, bool]]]  # feed, since, vanished there
    feeds: Mapping[int, tuple[str, str]]  # name, kind
    named: Mapping[int, tuple[bool, Sequence[str]]]
    entities: Mapping[str, EntityRef]
    firsts: set[int]
    states: Mapping[int, tuple[str, str, str, int]]
    links: Mapping[int, int]

    def row(self, number: int) -> StoryRow:
        """One of its stories."""
        (_, story_title, _, first_seen, last_seen, items, copies, origins, press_lag,
         first) = self.stories[number]  # fmt: skip
        (item, title, language, feed, url, published_at, published_raw) = self.items[_int(first)]
        edits, changed_at = self.edits.get(number, (0, None))
        confirmed, named = self.named.get(number, (False, ()))
        state, reviewer, decided_at, decision = self.states.get(number, ("new", "", "", 0))
        touched = max(str(last_seen), changed_at or "")
        source, source_kind = self.feeds[_int(feed)]
        return StoryRow(
            id=number,
            title=str(title or story_title),
            title_spans=self._title_spans(_int(item)) if title else (),
            language=str(language),
            first_seen_at=moment(str(first_seen)),
            last_seen_at=moment(str(last_seen)),
            published_at=moment_or_none(str(published_at or "")),
            published_raw=str(published_raw),
            source=source,
            source_kind=source_kind,
            feed=_int(feed),
            url=str(url),
            item=_int(item),
            items=_int(items),
            copies=_int(copies),
            origins=_int(origins),
            press_lag=None if press_lag is None else _int(press_lag),
            carriers=self._carriers(number, _int(feed)),
            excerpts=self._excerpts(number),
            entities=tuple(self.entities[slug] for slug in named),
            confirmed=confirmed,
            edited=int(edits),
            names_removed=tuple(self.entities[e].name for e in self.removed.get(number, ())),
            vanished=any(gone for _, _, gone in self.carriers.get(number, ())),
            first_mention=number in self.firsts,
            state=state,
            reviewer=reviewer,
            decided_at=moment_or_none(decided_at),
            decision=decision or None,
            changed_since=bool(decided_at) and touched > decided_at,
            links=self.links.get(number, 0),
        )

    def _title_spans(self, item: int) -> tuple[Span, ...]:
        return tuple(self.marks.get((item, "title"), ()))

    def _carriers(self, number: int, source: int) -> tuple[str, ...]:
        others = (feed for feed, _, _ in self.carriers.get(number, ()) if feed != source)
        return tuple(self.feeds[feed][0] for feed in others)

    def _excerpts(self, number: int) -> tuple[Excerpt, ...]:
        item = self.telling.get(number)
        if item is None:
            return ()
        for field, text in zip(("text", "article"), self.texts[item], strict=True):
            if marks := self.marks.get((item, field)):
                return spans.excerpts(item, field, text, marks)
        return ()


def _int(value: object) -> int:
    assert isinstance(value, int)
    return value
