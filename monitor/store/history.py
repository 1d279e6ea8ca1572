"""What happened to the stored items that name something, in the order in which it did."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator

from monitor.rehearsal import Happening
from monitor.store.corpus import BATCH, Corpus

# Every item with a confirmed mention now, or one that an edit added or removed.
_SEEN = """
SELECT i.id, i.first_seen_at,
  CASE WHEN i.relation = 'same_event' THEN 'origin' ELSE 'seen' END, '[]'
FROM items AS i WHERE i.first_seen_at >= :since
  AND EXISTS (SELECT 1 FROM mentions AS m WHERE m.item = i.id AND m.state = 'confirmed')
UNION ALL
SELECT r.item, r.seen_at, 'edit ' || r.number, '[' || r.entities_added || ','
  || r.entities_removed || ']' FROM revisions AS r
WHERE r.seen_at >= :since AND (r.entities_added <> '[]' OR r.entities_removed <> '[]')
UNION ALL
SELECT a.item, a.gone_at, 'gone', '[]' FROM appearances AS a
WHERE a.gone_at >= :since AND a.vanished = 1
  AND EXISTS (SELECT 1 FROM mentions AS m WHERE m.item = a.item AND m.state = 'confirmed')
ORDER BY 2, 1"""

_MORE = """
SELECT i.id, i.published_at, s.origins FROM json_each(?) AS key
JOIN items AS i ON i.id = key.value JOIN stories AS s ON s.id = i.story"""


def happenings(db: sqlite3.Connection, since: str) -> Iterator[Happening]:
    """Everything that a rule may announce, since a time as stored."""
    rows = db.execute(_SEEN, {"since": since}).fetchall()
    for start in range(0, len(rows), BATCH):
        yield from _batch(db, rows[start : start + BATCH])


def _batch(db: sqlite3.Connection, rows: list[tuple[int, str, str, str]]) -> Iterator[Happening]:
    ids = sorted({row[0] for row in rows})
    items = {item.id: item for item in Corpus(db).some(ids)}
    more = {item: rest for item, *rest in db.execute(_MORE, (json.dumps(ids),))}
    for item, at, what, edited in rows:
        published_at, origins = more[item]
        added, removed = json.loads(edited) or ([], [])
        yield Happening(
            at=at,
            what=what.split()[0],
            item=items[item],
            published_at=published_at or "",
            origins=origins,
            added=frozenset(added),
            removed=frozenset(removed),
        )
