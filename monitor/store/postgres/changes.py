"""What changed on a server since it was last copied: a log that triggers keep, and reads by it.

Rows are logged by table and number, with the transaction that touched them. Numbers of rows or
times of clocks would not do: what commits late has a small number and an old time. A transaction's
own number is not seen in order either, but PostgreSQL tells below which one all have ended
(pg_snapshot_xmin): who reads the log from there misses nothing, and meets some rows twice.

Subscriptions and the ledger of polls are not logged: they are touched at every poll, and tell by
their own times what is new.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import psycopg

from monitor.errors import StoreError
from monitor.store.copy import OF_ITEMS
from monitor.store.postgres.connection import sqlite_errors, words
from monitor.store.postgres.locks import MIGRATING

if TYPE_CHECKING:
    from sqlite_utils import Database

    from monitor.store.postgres.connection import Connection

LOGGED = (
    *("watchlist_versions", "entities", "names", "evidence", "stories", "items", "appearances"),
    *("revisions", "mentions", "alerts", "links", "mends", "tombstones", "articles"),
    "health_changes",
)
DECIDED = (
    *("id", "story", "verdict", "note", "reviewer", "decided_at", "item", "entity", "alias"),
    *("other_story", "undoes", "story_title"),
)
"""Columns of a decision, as desks keep them in reviews.db."""

KEPT_DAYS = 3  # of the log; a copy that was not brought up to date for longer is made anew

_LOG = (
    """
    CREATE TABLE changes (
      tx XID8 NOT NULL DEFAULT pg_current_xact_id(), at TIMESTAMPTZ NOT NULL DEFAULT now(),
      relation TEXT NOT NULL, row TEXT NOT NULL)
    """,
    "CREATE INDEX changes_tx ON changes (tx)",
    "CREATE INDEX changes_at ON changes USING brin (at)",
    "CREATE TABLE changes_pruned (tx XID8 NOT NULL)",
    "INSERT INTO changes_pruned (tx) VALUES (pg_current_xact_id())",
    """
    CREATE TABLE decisions (
      desk TEXT NOT NULL, id BIGINT NOT NULL, story BIGINT NOT NULL, verdict TEXT NOT NULL,
      note TEXT NOT NULL, reviewer TEXT NOT NULL, decided_at TEXT NOT NULL, item BIGINT,
      entity TEXT NOT NULL, alias TEXT NOT NULL, other_story BIGINT, undoes BIGINT,
      story_title TEXT NOT NULL, PRIMARY KEY (desk, id))
    """,
    """
    CREATE FUNCTION note_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      INSERT INTO wirewatch.changes (relation, row) SELECT TG_TABLE_NAME, id::text FROM touched;
      RETURN NULL; END $$
    """,
)

_STORIES = "(SELECT id FROM stories WHERE last_seen_at >= %(start)s)"
_ITEMS = f"(SELECT id FROM items WHERE story IN {_STORIES})"  # noqa: S608 - our own text

WINDOW: dict[str, str] = {
    "tombstones": "buried_at >= %(start)s",
    "health_changes": "changed_at >= %(start)s",
    "polls": "started_at >= %(start)s",
    "evidence": "fetched_at >= %(start)s",
    "stories": "last_seen_at >= %(start)s",
    "items": f"story IN {_STORIES}",
    **dict.fromkeys(OF_ITEMS, f"item IN {_ITEMS}"),
    "links": f"item IN {_ITEMS} AND story IN {_STORIES}",
    "alerts": f"item IN {_ITEMS} OR (item IS NULL AND created_at >= %(start)s)",
    "mends": f"story IN {_STORIES} AND other IN {_STORIES}",
}
"""Which rows of a table belong to a window that begins at a time; of the others all do."""

_WORDS = frozenset({"entities"})  # their ids are words

_TRIGGER = """
CREATE TRIGGER {table}_{event} AFTER {event} ON {table}
REFERENCING {which} TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION note_change()"""

STATEMENTS = (
    *_LOG,
    *(
        _TRIGGER.format(table=table, event=event, which="OLD" if event == "DELETE" else "NEW")
        for table in LOGGED
        for event in ("INSERT", "UPDATE", "DELETE")
    ),
)
"""What makes the log, in a database with our tables."""

_PRUNE = """
WITH gone AS (DELETE FROM changes WHERE at < now() - %s * INTERVAL '1 day' RETURNING tx)
UPDATE changes_pruned SET tx = newest.tx
FROM (SELECT tx FROM gone ORDER BY tx DESC LIMIT 1) AS newest WHERE newest.tx > changes_pruned.tx"""


Rows = list[tuple[Any, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Up to where a copy has come: every transaction below it had ended."""

    tx: int
    at: str  # the server's clock, UTC ISO 8601


class Source:
    """A server's tables, to be copied from, and what comes back from a desk."""

    def __init__(self, database: Database, name: str) -> None:
        """`database`: of `open_reader`; `name` without secrets. Makes the log at its first use.

        All that it is asked raises StoreError when the server fails.
        """
        self._connection, self._name = cast("Connection", database.conn), name
        with self._writing():
            self._all("SELECT pg_advisory_xact_lock(%(lock)s)", {"lock": MIGRATING})
            if self._all("SELECT to_regclass('changes') IS NULL", {})[0][0]:
                for statement in STATEMENTS:
                    self._connection.raw.execute(statement.encode())

    @contextmanager
    def _named(self) -> Iterator[None]:
        try:
            yield
        except psycopg.Error as error:
            raise StoreError(f"{self._name}: {words(error)}") from error

    @contextmanager
    def _writing(self) -> Iterator[None]:
        raw = self._connection.raw
        with self._named(), raw.transaction():
            raw.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED READ WRITE")
            yield

    def prune(self) -> None:
        """Forget what is too old; copies that need it are made anew."""
        with self._writing():
            self._connection.raw.execute(_PRUNE.encode(), (KEPT_DAYS,))

    def decisions(self, desk: str) -> int:
        """The number of the newest decision that is known of a desk; 0 for none."""
        sql = "SELECT coalesce(max(id), 0) FROM decisions WHERE desk = %(desk)s"
        with self.snapshot():
            return int(self._all(sql, {"desk": desk})[0][0])

    def decide(self, desk: str, rows: Sequence[Mapping[str, object]]) -> None:
        """Add decisions of a desk's, each with its number there."""
        names = ", ".join(DECIDED)
        marks = ", ".join(f"%({name})s" for name in DECIDED)
        sql = (
            f"INSERT INTO decisions (desk, {names}) VALUES (%(desk)s, {marks}) "  # noqa: S608 - names of ours
            "ON CONFLICT DO NOTHING"
        )
        given = [{"desk": desk, **{name: row[name] for name in DECIDED}} for row in rows]
        with self._writing(), self._connection.raw.cursor() as cursor:
            cursor.executemany(sql.encode(), given)

    @contextmanager
    def snapshot(self) -> Iterator[Mark]:
        """One state of everything, while it lasts."""
        with self._named(), self._connection.raw.transaction():
            tx, at = self._all(
                "SELECT pg_snapshot_xmin(pg_current_snapshot())::text, "
                "to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')",
                {},
            )[0]
            yield Mark(tx=int(tx), at=at)

    def is_logged_since(self, tx: int) -> bool:
        """Whether the log still has all that changed since a mark."""
        (pruned,) = self._all("SELECT tx::text FROM changes_pruned", {})[0]
        return int(pruned) < tx

    def changed(self, tx: int) -> dict[str, set[str]]:
        """By table: the rows that were made, changed or deleted since a mark."""
        found: dict[str, set[str]] = {table: set() for table in LOGGED}
        for table, row in self._all(
            "SELECT DISTINCT relation, row FROM changes WHERE tx >= %(tx)s::text::xid8",
            {"tx": str(tx)},
        ):
            found[table].add(row)
        return found

    def next(
        self, table: str, columns: Sequence[str], start: str, after: str, *, most: int
    ) -> Rows:
        """Rows of the window, in the order of their ids, from one id on; "" for the first."""
        kind, first = ("text", "") if table in _WORDS else ("bigint", "0")
        condition = (
            f"({WINDOW.get(table, 'TRUE')}) AND id > %(after)s::text::{kind} "
            "ORDER BY id LIMIT %(most)s"
        )
        values = {"start": start, "after": after or first, "most": most}
        return self._rows(table, columns, condition, values)

    def these(self, table: str, columns: Sequence[str], keys: Sequence[str], start: str) -> Rows:
        """Rows by their numbers, as far as they are in the window; "" for no window."""
        kind = "text" if table in _WORDS else "bigint"
        window = WINDOW.get(table, "TRUE") if start else "TRUE"
        condition = f"id = ANY(%(keys)s::text[]::{kind}[]) AND ({window})"
        return self._rows(table, columns, condition, {"keys": list(keys), "start": start})

    def polls(self, columns: Sequence[str], since: str) -> Rows:
        """Those that began since."""
        return self._rows("polls", columns, "started_at >= %(since)s", {"since": since})

    def feeds(self, columns: Sequence[str], since: str) -> Rows:
        """Those that were polled or added since; "" for all."""
        condition = "last_poll_at >= %(since)s OR added_at >= %(since)s"
        return self._rows("feeds", columns, condition if since else "TRUE", {"since": since})

    def subscribed(self) -> set[int]:
        """The feeds that are asked."""
        return {number for (number,) in self._rows("feeds", ["id"], "subscribed = 1", {})}

    def hanging(self, table: str, numbers: Iterable[int]) -> set[int]:
        """Items of these stories; rows of another table that hang on these items."""
        keys = sorted(numbers)
        condition = f"{'story' if table == 'items' else 'item'} = ANY(%(keys)s)"
        rows = self._rows(table, ["id"], condition, {"keys": keys}) if keys else []
        return {number for (number,) in rows}

    def _rows(
        self, table: str, columns: Sequence[str], condition: str, values: Mapping[str, object]
    ) -> Rows:
        names = ", ".join(f'"{name}"' for name in columns)
        return self._all(f"SELECT {names} FROM {table} WHERE {condition}", values)  # noqa: S608 - names and conditions of ours

    def _all(self, sql: str, values: Mapping[str, object]) -> Rows:
        return self._connection.raw.execute(sql.encode(), values or None).fetchall()


def decided(connection: Connection) -> set[int]:
    """The stories that desks decided upon, as they were numbered then."""
    with sqlite_errors():
        if connection.raw.execute("SELECT to_regclass('decisions') IS NULL").fetchone() == (True,):
            return set()
        rows = connection.raw.execute(
            "SELECT story FROM decisions UNION "
            "SELECT other_story FROM decisions WHERE other_story IS NOT NULL"
        )
        return {story for (story,) in rows}
