"""The appearances table: which feed has which item, and since when."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

from monitor.entries import Source
from monitor.records import Gone, Probe

# Numbered here: PostgreSQL would take a number of its own for each row that is there already.
_PUT = """
INSERT INTO appearances (id, item, feed, guid, url, content_hash, first_seen_at, last_seen_at,
  vanished, source, title_key)
VALUES ((SELECT coalesce(max(id), 0) + 1 FROM appearances), ?, ?, ?, ?, ?, ?, ?, 0, ?, ?)
ON CONFLICT (feed, item) DO UPDATE SET guid = excluded.guid, url = excluded.url,
  content_hash = excluded.content_hash, last_seen_at = excluded.last_seen_at,
  gone_at = NULL, vanished = 0, source = excluded.source, title_key = excluded.title_key"""

_SOURCE = "UPDATE appearances SET source = ?, title_key = ? WHERE feed = ? AND item = ?"

_GONE = """
UPDATE appearances SET gone_at = ?, vanished = ?, last_seen_at = ? WHERE feed = ? AND item = ?"""


def put(db: sqlite3.Connection, feed: int, items: Iterable[tuple[int, Probe]], now: str) -> None:
    """Items that stand in the feed now, as their entries say."""
    rows = [
        (
            item,
            feed,
            probe.guid,
            probe.entry.url,
            probe.content_hash,
            now,
            now,
            probe.source(guid=probe.guid, url=probe.entry.url),
            probe.title_key,
        )
        for item, probe in items
    ]
    db.executemany(_PUT, rows)


def leave(db: sqlite3.Connection, feed: int, gone: Sequence[Gone], *, last: str, now: str) -> None:
    """Items that left the window of the feed; `last`: when they were seen last."""
    db.executemany(_GONE, [(now, int(one.vanished), last, feed, one.item) for one in gone])


def know(db: sqlite3.Connection, feed: int, sources: Sequence[Source]) -> None:
    """What entries are known by that were read, and held nothing new."""
    db.executemany(_SOURCE, [(one.source, one.title_key, feed, one.item) for one in sources])
