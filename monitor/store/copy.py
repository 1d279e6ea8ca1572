"""A copy of a server's tables in a file of SQLite's, for the desk: what keeps its rows in order.

The file has one writer, who holds its lock, as every database of ours. Rows come with the numbers
that they have on the server. The search index and the desk's own table of facets are not copied but
made here, by what the rows say.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from monitor.errors import StoreError
from monitor.segments import segment
from monitor.store.desk import facets
from monitor.store.engine import File
from monitor.store.retention import remove_stories
from monitor.store.search import INDEX, UNINDEX

OF_ITEMS = ("appearances", "revisions", "mentions", "links", "alerts", "articles", "mends")
"""Tables whose rows hang on an item."""

TABLES = (
    *("watchlist_versions", "entities", "names", "feeds", "tombstones", "health_changes", "polls"),
    *("evidence", "stories", "items", *OF_ITEMS),
)
"""In the order in which they are first copied."""

FACETS = "story_facets"  # made here

_MADE = """
CREATE TABLE IF NOT EXISTS published (
  id INTEGER PRIMARY KEY CHECK (id = 1), state TEXT NOT NULL)"""

_USED = """
SELECT EXISTS (SELECT 1 FROM feeds),
  EXISTS (SELECT 1 FROM sqlite_master WHERE name = 'published')"""

_TEXTS = """
SELECT i.id, i.title, i.text, coalesce(a.text, '') FROM json_each(?) AS key
JOIN items AS i ON i.id = key.value LEFT JOIN articles AS a ON a.item = i.id"""

_STORIES_OF = "SELECT DISTINCT story FROM items WHERE id IN (SELECT value FROM json_each(?))"

Row = Sequence[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """How far a copy has come; what is in the file is whole up to `tx` once `table` is ""."""

    source: str  # the server, without secrets
    days: int
    tx: int = 0
    at: str = ""  # UTC ISO 8601
    table: str = ""  # of a first copy: which is under way, and up to which id it is here
    after: str = ""  # id


class Copy:
    """The file."""

    def __init__(self, path: Path) -> None:
        """Raises BusyError, StoreError."""
        self.path = path
        self._file = File(path)
        self.db: sqlite3.Connection = self._file.db.conn
        # Rows arrive table by table, and a window of days has edges.
        self.db.execute("PRAGMA foreign_keys = OFF")
        try:
            self._refuse_others()
            self.db.execute(_MADE)
        except BaseException:
            self.close()
            raise

    def _refuse_others(self) -> None:
        used, copied = self.db.execute(_USED).fetchone()
        if used and not copied:
            raise StoreError(
                f"{self.path}: a database that is polled into, no copy of a server's; "
                "name another file with --to"
            )

    def close(self) -> None:
        """Fold the file and let others in."""
        self._file.close()

    def keep_small(self) -> None:
        """Fold the WAL if it has grown."""
        self._file.keep_house()

    def state(self) -> State | None:
        """How far it has come; None for a new file."""
        row = self.db.execute("SELECT state FROM published").fetchone()
        return State(**json.loads(row[0])) if row else None

    @contextmanager
    def step(self, state: State) -> Iterator[None]:
        """Write, all of it or nothing, and have come as far as `state`. Raises StoreError."""
        try:
            self.db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self.db.execute(
                    "INSERT OR REPLACE INTO published (id, state) VALUES (1, ?)",
                    (json.dumps(_fields(state)),),
                )
                self.db.execute("COMMIT")
            except BaseException:
                self.db.execute("ROLLBACK")
                raise
        except sqlite3.DatabaseError as error:
            raise StoreError(f"{self.path}: {error}") from error

    def empty(self) -> None:
        """Take everything out, for a copy that begins anew; within a step."""
        tables = self.db.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'items_search%' "
            "AND name NOT LIKE 'sqlite%' AND name NOT IN ('_sqlite_migrations', 'published')"
        ).fetchall()
        self.db.execute("INSERT INTO items_search (items_search) VALUES ('delete-all')")
        for (table,) in tables:
            self.db.execute(f'DELETE FROM "{table}"')  # noqa: S608 - names of ours

    def columns(self, table: str) -> list[str]:
        """The columns that a table has here."""
        return [row[1] for row in self.db.execute(f'PRAGMA table_info("{table}")')]

    def put(self, table: str, rows: Iterable[Row]) -> None:
        """Rows as they are now, new ones and known ones, with all columns."""
        names = self.columns(table)
        marks = ", ".join("?" * len(names))
        quoted = ", ".join(f'"{name}"' for name in names)
        self.db.executemany(
            f'INSERT OR REPLACE INTO "{table}" ({quoted}) VALUES ({marks})',  # noqa: S608 - names of ours
            list(rows),
        )

    def drop(self, table: str, keys: Iterable[str]) -> None:
        """Rows that are no more."""
        self.db.executemany(f'DELETE FROM "{table}" WHERE id = ?', [(key,) for key in keys])  # noqa: S608 - a name of ours

    def here(self, table: str, numbers: Iterable[int]) -> set[int]:
        """Those of the numbers that are rows of a table."""
        sql = f'SELECT id FROM "{table}" WHERE id IN (SELECT value FROM json_each(?))'  # noqa: S608 - a name of ours
        return {number for (number,) in self.db.execute(sql, (json.dumps(list(numbers)),))}

    @contextmanager
    def searchable(self, items: Iterable[int]) -> Iterator[None]:
        """While these items, or their full texts, are written: the search index goes with them."""
        keys = json.dumps(sorted(items))
        for item, *texts in self.db.execute(_TEXTS, (keys,)).fetchall():
            self.db.execute(UNINDEX, (item, *map(segment, texts)))
        yield
        for item, *texts in self.db.execute(_TEXTS, (keys,)).fetchall():
            self.db.execute(INDEX, (item, *map(segment, texts)))

    def stories_of(self, items: Iterable[int]) -> set[int]:
        """The stories of items, as they are now."""
        rows = self.db.execute(_STORIES_OF, (json.dumps(sorted(items)),))
        return {story for (story,) in rows}

    def refresh(self, stories: Iterable[int]) -> None:
        """Bring the desk's facets up to date."""
        facets.refresh(self.db, stories)

    def newest_poll(self) -> str:
        """When the last poll began that is here, UTC ISO 8601; "" for none."""
        return str(self.db.execute("SELECT max(started_at) FROM polls").fetchone()[0] or "")

    def subscribed(self) -> set[int]:
        """The feeds that are asked."""
        rows = self.db.execute("SELECT id FROM feeds WHERE subscribed = 1")
        return {number for (number,) in rows}

    def stories_after(self, number: str, *, most: int) -> list[int]:
        """The next stories, in the order of their numbers."""
        sql = "SELECT id FROM stories WHERE id > ? ORDER BY id LIMIT ?"
        return [story for (story,) in self.db.execute(sql, (int(number or 0), most))]

    def outlived(self, before: str, *, most: int) -> list[int]:
        """Stories that have left the window."""
        rows = self.db.execute(
            "SELECT id FROM stories WHERE last_seen_at < ? ORDER BY id LIMIT ?", (before, most)
        )
        return [story for (story,) in rows]

    def forget(self, stories: Iterable[int], polls_before: str) -> None:
        """Take stories out with everything that hangs on them, and old polls."""
        remove_stories(self.db, stories, "", bury=False)
        self.db.execute("DELETE FROM polls WHERE started_at < ?", (polls_before,))


def _fields(state: State) -> Mapping[str, object]:
    return {name: getattr(state, name) for name in State.__dataclass_fields__}
