"""What grouping keeps in the database: signatures, relations, counts of stories."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from monitor.clock import iso, moment
from monitor.records import Fresh, NewItem, Probe
from monitor.stories import Candidate, Signature, Window, read, sign
from monitor.stories.piece import publisher_of
from monitor.stories.window import ENGINE, MOST_ITEMS
from monitor.studying import shape_of

WINDOW = timedelta(days=3)  # a copy comes within days; an anniversary reprint is a new story
KEPT = timedelta(days=14)  # of signatures in the database: a clock that was wrong can be put right
ROOM = 2**14  # items that the window has room for at least: 3 MB

# Each of these begins with the days of the window, in the index of items by time: CROSS JOIN and
# "+" keep SQLite from going through all items by number instead, for their order's sake.
_LOAD = """
SELECT s.item, s.rows, s.words, i.first_seen_at
FROM items AS i CROSS JOIN signatures AS s ON s.item = i.id
WHERE s.engine = ? AND i.first_seen_at >= ? ORDER BY +i.id"""

_MANY = "SELECT count(*) FROM items WHERE first_seen_at >= ?"

# What other writers stored meanwhile, where there are any.
_NEWER = """
SELECT s.item, s.rows, s.words, i.first_seen_at
FROM signatures AS s JOIN items AS i ON i.id = s.item
WHERE s.engine = ? AND s.item > ? ORDER BY s.item"""

_NEWEST = "SELECT coalesce(max(item), 0) FROM signatures"

_SIGN = """
INSERT INTO signatures (item, rows, words, engine) VALUES (?, ?, ?, ?)
ON CONFLICT (item) DO UPDATE SET rows = excluded.rows, words = excluded.words,
  engine = excluded.engine"""

_UNSIGNED = """
SELECT i.id, i.title, i.text, i.url, i.feed, i.first_seen_at FROM items AS i
LEFT JOIN signatures AS s ON s.item = i.id AND s.engine = ?
WHERE i.first_seen_at >= ? AND s.item IS NULL ORDER BY +i.id"""

_PRUNE = """
DELETE FROM signatures WHERE item < (SELECT min(+id) FROM items WHERE first_seen_at >= ?)"""

COUNT = """
UPDATE stories SET (items, copies, origins, last_seen_at) = (
    SELECT count(*), total(relation = 'copy'),
      max(count(DISTINCT CASE WHEN relation <> 'copy' THEN feed END), 1),
      coalesce(max(first_seen_at), last_seen_at)
    FROM items WHERE story = stories.id),
  press_lag = (
    SELECT CAST(round(86400 * (
      min(CASE WHEN f.kind <> 'state-media' THEN julianday(i.first_seen_at) END)
      - min(CASE WHEN f.kind = 'state-media' THEN julianday(i.first_seen_at) END))) AS INTEGER)
    FROM items AS i JOIN feeds AS f ON f.id = i.feed WHERE i.story = stories.id)
WHERE id = ?"""


class Recent:
    """The window of one store: filled at its first use, thrown away when a write failed.

    Where several write (`shared`), it catches up with what is stored before each look. They learn
    one after the other, so that items are numbered in the order in which they are committed.
    """

    def __init__(self, *, shared: bool = False) -> None:
        self._window: Window | None = None
        self._shared = shared
        self._newest = 0  # item that the window of several knows
        self._pruned: date | None = None

    def drop(self) -> None:
        """What is in memory may not be what is in the database."""
        self._window = None

    def look_up(
        self, db: sqlite3.Connection, fresh: Mapping[int, Probe], feed: int, now: datetime
    ) -> dict[int, Fresh]:
        """For entries that are not known, by their place: what they are like, and like whom."""
        if not fresh:
            return {}
        window = self._open(db, now)
        window.forget_before((now - WINDOW).astimezone(UTC).date())
        found = {}
        for place, probe in fresh.items():
            entry = probe.entry
            piece, signature = shape_of(entry)
            if not (entry.published_at and piece.publisher):
                publisher = piece.publisher or str(feed)
                piece = replace(piece, at=entry.published_at or now, publisher=publisher)
            found[place] = Fresh(
                piece=piece, signature=signature, candidates=window.candidates(signature)
            )
        return found

    def _open(self, db: sqlite3.Connection, now: datetime) -> Window:
        if self._window is None or self._window.worn:
            since = iso((now - WINDOW).astimezone(UTC).replace(hour=0, minute=0, second=0))
            self._sign_anew(db, since)
            self._window = Window(room=room_for(db.execute(_MANY, (since,)).fetchone()[0]))
            if self._shared:
                self._newest = db.execute(_NEWEST).fetchone()[0]
            self._load(self._window, db.execute(_LOAD, (ENGINE, since)))
        elif self._shared:
            last = self._load(self._window, db.execute(_NEWER, (ENGINE, self._newest)))
            self._newest = max(self._newest, last)
        return self._window

    @staticmethod
    def _load(window: Window, rows: Iterable[tuple[int, bytes, str, str]]) -> int:
        """Take stored signatures in; returns the last item's number."""
        item = 0
        for item, cells, words, seen in rows:
            signature = Signature(rows=cells, words=tuple(words.split()))
            window.add(item, signature, moment(seen).date())
        return item

    def _sign_anew(self, db: sqlite3.Connection, since: str) -> None:
        """Items of the window without a signature of this engine: after an update of it."""
        alone = not db.in_transaction
        rows = db.execute(_UNSIGNED, (ENGINE, since)).fetchall()
        for item, title, text, url, feed, seen in rows:
            piece = read(title, text, at=moment(seen), publisher=publisher_of(url, str(feed)))
            _store(db, [(item, sign(piece))])
        if rows and alone:
            db.commit()

    def remember(self, items: Iterable[tuple[int, NewItem]], now: datetime) -> None:
        """After the commit: the window learns the new items."""
        if self._window is None or self._shared:
            return
        for item, new in items:
            if new.signature:
                self._window.add(item, new.signature, now.astimezone(UTC).date())

    def prune(self, db: sqlite3.Connection, now: datetime) -> None:
        """Once a day, in a transaction: signatures that no window will ask for again."""
        if self._pruned != now.date():
            self._pruned = now.date()
            db.execute(_PRUNE, (iso(now - KEPT),))


def _store(db: sqlite3.Connection, signed: Iterable[tuple[int, Signature]]) -> None:
    rows = [(item, one.rows, " ".join(one.words), ENGINE) for item, one in signed]
    db.executemany(_SIGN, rows)


def room_for(items: int) -> int:
    """A power of two in which so many items find room, if the window takes as many."""
    return 1 << min(max(items, ROOM - 1), MOST_ITEMS).bit_length()


def candidates_of(fresh: Mapping[int, Fresh]) -> set[int]:
    """The items whose texts judging needs."""
    return {c.item for one in fresh.values() for c in one.candidates}


def remember(db: sqlite3.Connection, items: Iterable[tuple[int, NewItem]]) -> None:
    """Write the signatures of new items."""
    _store(db, [(item, new.signature) for item, new in items if new.signature])


def recount(db: sqlite3.Connection, stories: Iterable[int]) -> None:
    """Bring the counts of stories, their last items and their lags up to date."""
    db.executemany(COUNT, [(story,) for story in stories])


__all__ = ["WINDOW", "Candidate", "Recent", "candidates_of", "recount", "remember"]
