"""Merging and splitting stories, and throwing items out, by hand. Grouping keeps to all of it."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from typing import TYPE_CHECKING

from monitor.clock import iso
from monitor.errors import StoreError
from monitor.store.desk import facets
from monitor.store.grouping import recount

if TYPE_CHECKING:  # the store itself buries, in retention.py
    from monitor.store.store import Store

_MEND = "INSERT INTO mends (kind, story, other, item, mended_at, note) VALUES (?, ?, ?, ?, ?, ?)"

# What was announced of both stays with the one that it was announced of.
_ALERTS = """
UPDATE alerts SET story = :story WHERE story = :other AND NOT EXISTS (
  SELECT 1 FROM alerts AS a WHERE a.story = :story AND a.rule = alerts.rule
    AND a.channel = alerts.channel AND a.occasion = alerts.occasion)"""

BURY_ALL = """
INSERT INTO tombstones (key, feed, buried_at, note)
SELECT 'guid ' || a.guid, a.feed, :now, :note FROM appearances AS a
  WHERE a.item IN ({items}) AND a.guid <> ''
UNION ALL SELECT 'url ' || url_key, NULL, :now, :note FROM items
  WHERE id IN ({items}) AND url_key <> ''
UNION ALL SELECT 'title ' || title_key, NULL, :now, :note FROM items
  WHERE id IN ({items}) AND title_key <> ''"""

BURY = BURY_ALL.format(items=":item")

# Not one that others were sent with: they refer to it.
_DROP_ALERTS = """
DELETE FROM alerts WHERE story = ? AND state IN ('held', 'pending')
  AND id NOT IN (SELECT sent_with FROM alerts WHERE sent_with IS NOT NULL)"""

# With the item go its copies, as far as they are copies of copies of it.
_WITH_COPIES = """
WITH RECURSIVE gone(id) AS (
  SELECT CAST(:item AS INTEGER) UNION
  SELECT items.id FROM items JOIN gone ON items.of_item = gone.id
  WHERE items.relation = 'copy' AND items.story = :story)
UPDATE items SET story = :new WHERE id IN (SELECT id FROM gone)"""


def merge(store: Store, story: int, others: list[int], *, note: str, now: datetime) -> None:
    """Make the other stories a part of this one. What was announced stays announced.

    Raises:
        StoreError: there is no such story, or it is already merged; nothing was changed.
    """
    with store.transaction() as db:
        _must_be(db, story)
        for other in others:
            _must_be(db, other)
            if other == story:
                raise StoreError(f"story {story} cannot be merged into itself")
            _merge(db, story, other, note, now)
        recount(db, [story])
        facets.refresh(db, [story, *others])


def _merge(db: sqlite3.Connection, story: int, other: int, note: str, now: datetime) -> None:
    first = db.execute("SELECT min(id) FROM items WHERE story = ?", (story,)).fetchone()[0]
    db.execute(
        "UPDATE items SET relation = 'same_event', of_item = ?, why = 'merged by hand' "
        "WHERE story = ? AND relation = 'original'",
        (first, other),
    )
    db.execute("UPDATE items SET story = ? WHERE story = ?", (story, other))
    db.execute(_ALERTS, {"story": story, "other": other})
    db.execute(_DROP_ALERTS, (other,))
    db.execute(
        "UPDATE links SET state = 'confirmed' WHERE story IN (?, ?) "
        "AND item IN (SELECT id FROM items WHERE story = ?)",
        (story, other, story),
    )
    recount(db, [other])
    db.execute("UPDATE stories SET merged_into = ? WHERE id = ?", (story, other))
    db.execute(_MEND, ("merge", story, other, None, iso(now), note))


def split(store: Store, items: list[int], *, note: str, now: datetime) -> list[int]:
    """Give each item, with its copies, a story of its own. Returns the new stories.

    Raises:
        StoreError: there is no such item, or it is alone in its story; nothing was changed.
    """
    # As documents are learnt from: stories are numbered by who does, and one at a time.
    with store.together(), store.transaction() as db:
        return [_split(db, item, note, now) for item in items]


def _split(db: sqlite3.Connection, item: int, note: str, now: datetime) -> int:
    row = db.execute(
        "SELECT story, coalesce(nullif(title, ''), substr(text, 1, 120)), language, first_seen_at, "
        "(SELECT count(*) FROM items AS i WHERE i.story = items.story) FROM items WHERE id = ?",
        (item,),
    ).fetchone()
    if row is None:
        raise StoreError(f"there is no item {item}")
    story, title, language, seen, size = row
    if size == 1:
        raise StoreError(f"item {item} is alone in its story {story}")
    new = db.execute(
        "INSERT INTO stories (id, title, language, first_seen_at, last_seen_at, items, copies, "
        "origins) VALUES ((SELECT max(id) + 1 FROM stories), ?, ?, ?, ?, 1, 0, 1)",
        (title, language, seen, seen),
    ).lastrowid
    assert new is not None
    db.execute(_WITH_COPIES, {"item": item, "story": story, "new": new})
    _crown(db, new, item)
    heir = db.execute("SELECT min(id) FROM items WHERE story = ?", (story,)).fetchone()[0]
    if heir is not None:
        _crown(db, story, heir)
    db.execute("UPDATE links SET state = 'rejected' WHERE (item = ? AND story = ?)", (item, story))
    recount(db, (story, new))
    facets.refresh(db, (story, new))
    db.execute(_MEND, ("split", story, new, item, iso(now), note))
    return new


def _crown(db: sqlite3.Connection, story: int, item: int) -> None:
    """The first item of a story is its original, and gives it its name."""
    db.execute(
        "UPDATE items SET relation = 'original', of_item = NULL, why = '' WHERE id = ?", (item,)
    )
    db.execute(
        "UPDATE stories SET (title, language, first_seen_at) = (SELECT "
        "coalesce(nullif(title, ''), substr(text, 1, 120)), language, first_seen_at "
        "FROM items WHERE items.id = ?) WHERE id = ?",
        (item, story),
    )


def bury(store: Store, item: int, *, note: str, now: datetime) -> None:
    """The item's keys are remembered: should its row be deleted, it does not come back as new.

    Raises:
        StoreError: there is no such item.
    """
    with store.transaction() as db:
        values = {"item": item, "now": iso(now), "note": note}
        if not db.execute(BURY, values).rowcount:
            raise StoreError(f"there is no item {item}")


def _must_be(db: sqlite3.Connection, story: int) -> None:
    row = db.execute("SELECT merged_into FROM stories WHERE id = ?", (story,)).fetchone()
    if row is None:
        raise StoreError(f"there is no story {story}")
    if row[0] is not None:
        raise StoreError(f"story {story} was merged into story {row[0]}")
