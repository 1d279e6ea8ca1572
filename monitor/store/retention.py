"""Removing what has been kept long enough. The caller holds the transaction.

A story goes as a whole, with all that hangs on it, and leaves tombstones: should a feed bring its
items again, they are no news.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable

from monitor.segments import segment
from monitor.store.mending import BURY
from monitor.store.search import UNINDEX

NOTE = "kept long enough"  # of tombstones

# A story may go when its newest item or edit is old, nobody is to be told of it any more, and no
# feed still carries it: an item that came back from its own feed would make a gap in the ledger.
OLD = """
WITH RECURSIVE kept(id) AS (
  SELECT CAST(value AS INTEGER) FROM json_each(:decided) UNION
  SELECT s.merged_into FROM stories AS s JOIN kept ON kept.id = s.id
  WHERE s.merged_into IS NOT NULL)
SELECT s.id FROM stories AS s
WHERE s.merged_into IS NULL AND s.first_seen_at < :before AND s.last_seen_at < :before
  AND s.id NOT IN (SELECT id FROM kept)
  AND NOT EXISTS (SELECT 1 FROM items AS i WHERE i.story = s.id AND i.changed_at >= :before)
  AND NOT EXISTS (SELECT 1 FROM alerts AS a WHERE a.story = s.id
    AND a.state IN ('held', 'pending', 'sending'))
  AND NOT EXISTS (SELECT 1 FROM items AS i JOIN appearances AS p ON p.item = i.id
    JOIN feeds AS f ON f.id = p.feed
    WHERE i.story = s.id AND p.gone_at IS NULL AND f.subscribed = 1)
ORDER BY s.first_seen_at"""

_MERGED_TOO = """
WITH RECURSIVE gone(id) AS (
  SELECT CAST(value AS INTEGER) FROM json_each(?) UNION
  SELECT s.id FROM stories AS s JOIN gone ON s.merged_into = gone.id)
SELECT id FROM gone"""

_ITEMS = """
SELECT i.id, i.title, i.text, coalesce(a.text, '') FROM items AS i
LEFT JOIN articles AS a ON a.item = i.id WHERE i.story IN (SELECT value FROM json_each(?))"""

# In this order: what refers to others goes, or lets go, before them.
LET_GO = (
    (
        "UPDATE alerts SET sent_with = NULL WHERE sent_with IN "
        "(SELECT id FROM alerts WHERE story IN ({stories}) OR item IN ({items}))"
    ),
    "DELETE FROM alerts WHERE story IN ({stories}) OR item IN ({items})",
    "UPDATE items SET of_item = NULL WHERE of_item IN ({items})",
    "DELETE FROM mends WHERE story IN ({stories}) OR other IN ({stories}) OR item IN ({items})",
    "DELETE FROM links WHERE story IN ({stories}) OR item IN ({items})",
    "DELETE FROM story_facets WHERE story IN ({stories})",
)
"""What stories and items are let go by."""

ITEMS = (
    "DELETE FROM signatures WHERE item IN ({items})",
    "DELETE FROM mentions WHERE item IN ({items})",
    "DELETE FROM articles WHERE item IN ({items})",
    "DELETE FROM revisions WHERE item IN ({items})",
    "DELETE FROM appearances WHERE item IN ({items})",
    "DELETE FROM items WHERE id IN ({items})",
)
_STORIES = (
    "UPDATE stories SET merged_into = NULL WHERE id IN ({stories})",
    "DELETE FROM stories WHERE id IN ({stories})",
)
_GIVEN = {
    name: f"SELECT value FROM json_each(:{name})"  # noqa: S608 - names of ours
    for name in ("stories", "items")
}

# A feed's first good poll, and the one that followed, say since when its items are news.
_POLLS = """
DELETE FROM polls WHERE id IN (
  SELECT p.id FROM polls AS p WHERE p.started_at < :before AND p.baseline = 0
    AND p.id <> coalesce((SELECT n.id FROM polls AS n WHERE n.feed = p.feed AND n.started_at >
      (SELECT min(b.started_at) FROM polls AS b WHERE b.feed = p.feed AND b.baseline = 1)
      ORDER BY n.started_at LIMIT 1), -1)
  LIMIT :most)"""


def old_stories(
    db: sqlite3.Connection, before: str, decided: Iterable[int], *, most: int
) -> list[int]:
    """The oldest stories that may go, those that were merged into them with them."""
    values = {"before": before, "decided": json.dumps(sorted(decided)), "most": most}
    found = [story for (story,) in db.execute(f"{OLD} LIMIT :most", values)]
    return [story for (story,) in db.execute(_MERGED_TOO, (json.dumps(found),))]


def remove_stories(
    db: sqlite3.Connection, stories: Iterable[int], now: str, *, bury: bool = True
) -> int:
    """Remove them with everything that hangs on them; returns how many items there were.

    `bury`: with tombstones, as where feeds are polled.
    """
    given = {"stories": json.dumps(sorted(stories)), "items": "[]", "now": now}
    rows = db.execute(_ITEMS, (given["stories"],)).fetchall()
    given["items"] = json.dumps([item for item, *_ in rows])
    for item, *texts in rows:
        if bury:
            db.execute(BURY, {"item": item, "now": now, "note": NOTE})
        db.execute(UNINDEX, (item, *map(segment, texts)))
    for statement in (*LET_GO, *ITEMS, *_STORIES):
        db.execute(statement.format(**_GIVEN), given)
    return len(rows)


def remove_polls(db: sqlite3.Connection, before: str, *, most: int) -> int:
    """Remove lines of the ledger; returns how many."""
    return db.execute(_POLLS, {"before": before, "most": most}).rowcount
