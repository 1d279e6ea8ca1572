"""Items, and what hangs on them, by month: a month goes as tables, not row by row (sweep.py).

A table may be divided only by what all its unique keys hold, and what refers to an item names its
number alone. So the tables are divided by that number: when a month begins, numbering goes on at
the next thousand million. What hangs on an item lies in the table of the same month, and refers to
it there. What belongs to no month (what stays of one that went) is in `…_rest`.

That a link is one item's is promised within a month by its table, and across months by the lock
under which documents are learnt from: who looks a link up finds it in all of them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import psycopg

from monitor.store.postgres import locks

MONTH = 10**9  # numbers; at 10 million items a day a month takes 310 million

TABLES = {
    "items": "id",
    **dict.fromkeys(("appearances", "revisions", "mentions", "articles", "signatures"), "item"),
    "items_search": "item",
}
"""Each with the column that holds the number of the item, the items first."""

LOCKED = (*TABLES, "feeds", "stories", "evidence", "entities", "watchlist_versions")
"""What has to be locked to make or drop a month: they, and what they refer to."""

_OF_ITEM = re.compile(r" REFERENCES items\(id\) DEFERRABLE")
_KEY = re.compile(r" PRIMARY KEY\b")

_LINK = "EXCLUDE USING hash (url_key WITH =) WHERE (url_key <> '')"

_LAST = """
SELECT greatest((SELECT max(id) FROM items), (SELECT last_value - 1 FROM items_id_seq))"""

_THERE = """
SELECT c.relname FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
WHERE i.inhparent = 'items'::regclass AND c.relname <> 'items_rest' ORDER BY c.relname"""

_DIVIDED = "SELECT relkind = 'p' FROM pg_class WHERE oid = 'items'::regclass"

_NOW = "SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY_MM')"

# The planner knows of a divided table what ANALYZE of the whole says: autovacuum sees to its parts.
_GROWN = """
SELECT whole.relname FROM pg_class AS whole JOIN pg_inherits AS i ON i.inhparent = whole.oid
JOIN pg_class AS part ON part.oid = i.inhrelid
WHERE whole.relname = ANY(%s) AND whole.relnamespace = 'wirewatch'::regnamespace
GROUP BY whole.oid HAVING sum(greatest(part.reltuples, 0)) > 1.5 * greatest(whole.reltuples, 0)"""


def unbound(definition: str) -> str:
    """A definition without references to items: a month that is referred to could not go."""
    return _OF_ITEM.sub("", definition)


def partitioned(table: str, definition: str) -> tuple[str, ...]:
    """The definition of one of the tables, divided by the item's number."""
    number = TABLES[table]
    columns = _KEY.sub("", definition, count=1).rstrip().removesuffix(")").rstrip()
    key = f"id, {number}" if " id BIGINT" in columns and number != "id" else number
    return (
        f"{columns},\n  PRIMARY KEY ({key})\n) PARTITION BY RANGE ({number})",
        f"CREATE TABLE {table}_rest PARTITION OF {table} ({_constraint(table, 'rest')}) DEFAULT",
    )


def _constraint(table: str, month: str) -> str:
    """What holds within a month."""
    if table == "items":
        return f"CONSTRAINT items_{month}_url_key {_LINK}"
    return f"FOREIGN KEY ({TABLES[table]}) REFERENCES items_{month} (id) DEFERRABLE"


def begin(raw: psycopg.Connection[Any], month: str = "") -> None:
    """Have a month number its items by itself: by default the server's present one, in UTC.

    A database that was made before items went by month stays as it is.

    Raises:
        psycopg.errors.LockNotAvailable: somebody reads for long. It can be tried again.
    """
    month = month or _text(raw, _NOW)
    if _text(raw, _DIVIDED) != "True" or _begun(raw, month):
        return
    with raw.transaction():
        locks.take(raw, locks.MAKING, locks.WRITING)
        if _begun(raw, month):
            return
        locks.alone(raw, LOCKED)
        number = int(_text(raw, _LAST)) + 1
        first = (number // MONTH + 1) * MONTH if number > 1 or months(raw) else 0
        bounds = f"FROM ({first}) TO ({first + MONTH})"
        for table in TABLES:
            part = f"{table}_{month} PARTITION OF {table} ({_constraint(table, month)})"
            raw.execute(f"CREATE TABLE {part} FOR VALUES {bounds}".encode())
        raw.execute("SELECT setval('items_id_seq', %s, false)", (max(first, 1),))


def _begun(raw: psycopg.Connection[Any], month: str) -> bool:
    """Whether it has, or a later one: the server's clock may have been ahead."""
    return any(there >= month for there in months(raw))


def last(raw: psycopg.Connection[Any], _: Sequence[object] = ()) -> psycopg.Cursor[Any]:
    """For newcomers.LAST_ITEM: the number behind which the next items come."""
    return raw.execute(_LAST)


def months(raw: psycopg.Connection[Any]) -> list[str]:
    """Those that have tables, "2026_11", oldest first."""
    rows = raw.execute(_THERE.encode()).fetchall()
    return [name.removeprefix("items_") for (name,) in rows]


def gather(raw: psycopg.Connection[Any]) -> None:
    """Tell the planner how large the tables are, those that have grown by half since."""
    for (table,) in raw.execute(_GROWN.encode(), (list(TABLES),)).fetchall():
        raw.execute(f"ANALYZE {table}".encode())


def _text(raw: psycopg.Connection[Any], sql: str) -> str:
    row = raw.execute(sql.encode()).fetchone()
    return str(row[0]) if row else ""
