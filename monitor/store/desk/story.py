"""One story in full: texts, edits, copies, evidence, decisions."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.clock import moment, moment_or_none
from monitor.store.desk import evidence, judged, spans
from monitor.store.desk.rows import story_rows
from monitor.store.desk.types import (
    AlertLine,
    Appearance,
    Edit,
    EntityRef,
    Evidence,
    FullText,
    Link,
    Story,
    StoryItem,
)

MOST_ITEMS = 200  # of one story on one page; what is left out is counted

_MERGED = "SELECT id FROM stories WHERE merged_into = ? ORDER BY id"

_ITEMS = """
SELECT i.id, i.title, i.text, i.language, i.author, i.url, i.feed, f.name, f.kind, i.published_at,
  i.published_raw, i.first_seen_at, i.changed_at, i.relation, i.of_item, i.why, i.content_hash
FROM items AS i JOIN feeds AS f ON f.id = i.feed WHERE i.story = ? ORDER BY i.id LIMIT ?"""

_REVISIONS = """
SELECT r.item, r.number, r.feed, f.name, r.seen_at, r.title, r.text, r.change, r.entities_added,
  r.entities_removed
FROM json_each(?) AS key CROSS JOIN revisions AS r ON r.item = key.value
CROSS JOIN feeds AS f ON f.id = r.feed ORDER BY r.item, r.number"""

_APPEARANCES = """
SELECT a.item, a.feed, f.name, f.kind, a.url, a.first_seen_at, a.last_seen_at, a.gone_at, a.vanished
FROM json_each(?) AS key CROSS JOIN appearances AS a ON a.item = key.value
CROSS JOIN feeds AS f ON f.id = a.feed ORDER BY a.item, a.first_seen_at, a.id"""

_ARTICLES = """
SELECT a.item, a.state, a.text, a.url, a.fetched_at, a.next_try_at, a.http_status, a.why
FROM json_each(?) AS key CROSS JOIN articles AS a ON a.item = key.value"""

_ALERTS = """
SELECT id, rule, channel, relation, state, created_at, sent_at, last_error
FROM alerts WHERE story = ? ORDER BY id"""

_LINKS = """
SELECT l.id, s.id, s.title, s.language, s.first_seen_at, l.score, l.why, l.state, l.item
FROM (
  SELECT id, item, (SELECT i.story FROM items AS i WHERE i.id = links.item) AS other
  FROM links WHERE story = :story
  UNION ALL
  SELECT m.id, m.item, m.story FROM items AS i CROSS JOIN links AS m ON m.item = i.id
  WHERE i.story = :story) AS key
JOIN links AS l ON l.id = key.id
JOIN stories AS t ON t.id = key.other JOIN stories AS s ON s.id = coalesce(t.merged_into, t.id)
WHERE s.id <> :story ORDER BY l.state = 'rejected', l.score DESC, l.id"""


def story(conn: sqlite3.Connection, number: int) -> Story | None:
    """The story of this number, or the one that it was merged into; None if there is none.

    A story that names nothing is shown too: links in alerts must not die after a retag.
    """
    present = _present(conn, number)
    rows = story_rows(conn, [present]) if present else ()
    if not rows:
        return None
    row = rows[0]
    merged = tuple(other for (other,) in conn.execute(_MERGED, (row.id,)))
    items = _items(conn, row.id, row.first_seen_at)
    return Story(
        row=row,
        asked=number,
        merged=merged,
        items=items,
        items_left_out=row.items - len(items),
        decisions=judged.judgements(conn, (row.id, *merged)),
        alerts=tuple(_alert(line) for line in conn.execute(_ALERTS, (row.id,))),
        links=tuple(_link(line) for line in conn.execute(_LINKS, {"story": row.id})),
    )


def _present(conn: sqlite3.Connection, number: int) -> int | None:
    """Where a number leads, over however many merges; None to nowhere."""
    for _ in range(100):  # a circle is a fault, and no page must hang on it
        row = conn.execute("SELECT merged_into FROM stories WHERE id = ?", (number,)).fetchone()
        if row is None:
            return None
        if row[0] is None:
            return number
        number = row[0]
    return None


def _items(conn: sqlite3.Connection, story: int, since: datetime) -> tuple[StoryItem, ...]:
    rows = conn.execute(_ITEMS, (story, MOST_ITEMS)).fetchall()
    reading = _Reading.of(conn, [row[0] for row in rows], since)
    items = {row[0]: row for row in rows}
    return tuple(reading.item(items[number], depth) for number, depth in _tree(rows))


def _tree(rows: Sequence[Sequence[object]]) -> Iterator[tuple[int, int]]:
    """Items with their depth: each under the item that it is a copy of, in order of time."""
    numbers = {row[0] for row in rows}
    under: dict[object, list[int]] = defaultdict(list)
    for row in rows:
        of_item = row[14]
        parent = of_item if of_item in numbers and of_item != row[0] else None
        under[parent].append(int(str(row[0])))
    waiting = [(number, 0) for number in reversed(under[None])]
    while waiting:
        number, depth = waiting.pop()
        yield number, depth
        waiting += [(child, depth + 1) for child in reversed(under[number])]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """What the items of one story are made of."""

    since: datetime  # when the story's first item was first seen
    marks: spans.Marks
    revisions: Mapping[int, Sequence[tuple[object, ...]]]
    appearances: Mapping[int, Sequence[tuple[object, ...]]]
    articles: Mapping[int, Sequence[tuple[object, ...]]]
    entities: Mapping[str, EntityRef]
    polls: Mapping[tuple[int, str], Evidence]

    @classmethod
    def of(cls, conn: sqlite3.Connection, items: Sequence[int], since: datetime) -> _Reading:
        keys = (json.dumps(list(items)),)
        revisions = _by_item(conn.execute(_REVISIONS, keys))
        appearances = _by_item(conn.execute(_APPEARANCES, keys))
        changed = [slug for rows in revisions.values() for row in rows for slug in _slugs(row)]
        brought = [(_int(r[2]), str(r[4])) for rows in revisions.values() for r in rows]
        brought += [(_int(r[1]), str(r[5])) for rows in appearances.values() for r in rows]
        return cls(
            since=since,
            marks=spans.of_items(conn, items),
            revisions=revisions,
            appearances=appearances,
            articles=_by_item(conn.execute(_ARTICLES, keys)),
            entities=spans.entities(conn, changed),
            polls=evidence.polls(conn, brought),
        )

    def item(self, row: tuple[object, ...], depth: int) -> StoryItem:
        (number, title, text, language, author, url, feed, source, source_kind, published_at,
         published_raw, first_seen_at, changed_at, relation, of_item, why,
         digest) = row  # fmt: skip
        item = _int(number)
        revisions = self.revisions.get(item, ())
        first = moment(str(first_seen_at))
        return StoryItem(
            id=item,
            depth=depth,
            title=str(title),
            title_spans=tuple(self.marks.get((item, "title"), ())),
            text=str(text),
            text_spans=tuple(self.marks.get((item, "text"), ())),
            article=next(map(self._article, self.articles.get(item, ())), None),
            language=str(language),
            author=str(author),
            url=str(url),
            feed=_int(feed),
            source=str(source),
            source_kind=str(source_kind),
            published_at=moment_or_none(_text(published_at)),
            published_raw=str(published_raw),
            first_seen_at=first,
            changed_at=moment_or_none(_text(changed_at)),
            relation=str(relation),
            of_item=None if of_item is None else _int(of_item),
            why=str(why),
            lag=round((first - self.since).total_seconds()),
            content_hash=str(digest),
            edits=tuple(self._edit(r) for r in revisions if _int(r[1]) > 1),
            first_version=next(((str(r[5]), str(r[6])) for r in revisions if r[1] == 1), None),
            appearances=tuple(_appearance(a) for a in self.appearances.get(item, ())),
            evidence=self._first_poll(item, str(first_seen_at)),
        )

    def _article(self, row: tuple[object, ...]) -> FullText:
        item, state, text, url, fetched_at, next_try_at, http_status, why = row
        return FullText(
            state=str(state),
            text=str(text),
            spans=tuple(self.marks.get((_int(item), "article"), ())),
            url=str(url),
            fetched_at=moment_or_none(_text(fetched_at)),
            next_try_at=moment_or_none(_text(next_try_at)),
            http_status=None if http_status is None else _int(http_status),
            why=str(why),
        )

    def _first_poll(self, item: int, first_seen_at: str) -> Evidence | None:
        """By the feed in which it was seen first: `items.feed` is that of its newest version."""
        for row in self.appearances.get(item, ()):
            if row[5] == first_seen_at:
                return self.polls.get((_int(row[1]), first_seen_at))
        return None

    def _edit(self, row: tuple[object, ...]) -> Edit:
        _, number, feed, source, seen_at, title, text, change, added, removed = row
        return Edit(
            number=_int(number),
            seen_at=moment(str(seen_at)),
            source=str(source),
            title=str(title),
            text=str(text),
            changes=_changes(str(change)),
            entities_added=tuple(self.entities[slug] for slug in json.loads(str(added))),
            entities_removed=tuple(self.entities[slug] for slug in json.loads(str(removed))),
            evidence=self.polls.get((_int(feed), str(seen_at))),
        )


def _by_item(rows: sqlite3.Cursor) -> dict[int, list[tuple[object, ...]]]:
    found: dict[int, list[tuple[object, ...]]] = defaultdict(list)
    for row in rows:
        found[row[0]].append(row)
    return found


def _slugs(revision: tuple[object, ...]) -> list[str]:
    return [*json.loads(str(revision[8])), *json.loads(str(revision[9]))]


def _changes(change: str) -> dict[str, tuple[tuple[str, str], ...]]:
    fields = json.loads(change)
    return {name: tuple((op, words) for op, words in parts) for name, parts in fields.items()}


def _appearance(row: tuple[object, ...]) -> Appearance:
    _, feed, source, kind, url, first_seen_at, last_seen_at, gone_at, vanished = row
    return Appearance(
        feed=_int(feed),
        source=str(source),
        source_kind=str(kind),
        url=str(url),
        first_seen_at=moment(str(first_seen_at)),
        last_seen_at=moment(str(last_seen_at)),
        gone_at=moment_or_none(_text(gone_at)),
        vanished=bool(vanished),
    )


def _alert(row: tuple[object, ...]) -> AlertLine:
    number, rule, channel, relation, state, created_at, sent_at, last_error = row
    return AlertLine(
        id=_int(number),
        rule=str(rule),
        channel=str(channel),
        relation=str(relation),
        state=str(state),
        created_at=moment(str(created_at)),
        sent_at=moment_or_none(_text(sent_at)),
        last_error=str(last_error),
    )


def _link(row: tuple[object, ...]) -> Link:
    number, other, title, language, seen, score, why, state, item = row
    return Link(
        id=_int(number),
        story=_int(other),
        title=str(title),
        language=str(language),
        first_seen_at=moment(str(seen)),
        score=float(str(score)),
        why=str(why),
        state=str(state),
        item=_int(item),
    )


def _int(value: object) -> int:
    assert isinstance(value, int)
    return value


def _text(value: object) -> str | None:
    return None if value is None else str(value)
