"""Retention of items by month: what stays of a month is put aside, and its tables go.

As retention.py does it story by story, with the same conditions and the same tombstones. Stories
are left without items: they go row by row, in the steps that follow.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from monitor.store import retention
from monitor.store.mending import BURY_ALL
from monitor.store.postgres import locks, ranges
from monitor.store.postgres.connection import sqlite_errors

if TYPE_CHECKING:
    import psycopg

    from monitor.store.postgres.connection import Connection

_GONE = {"stories": "SELECT id FROM gone_stories", "items": "SELECT id FROM gone_items"}

# Those that were merged into them go with them.
_OLD = (
    "CREATE TEMPORARY TABLE {table} (id BIGINT PRIMARY KEY) ON COMMIT DROP",
    f"INSERT INTO {{table}} {retention.OLD}",
    """
INSERT INTO {table} WITH RECURSIVE gone(id) AS (
  SELECT id FROM {table} UNION
  SELECT s.id FROM stories AS s JOIN gone ON s.merged_into = gone.id)
SELECT id FROM gone ON CONFLICT DO NOTHING""",
    "ANALYZE {table}",
)

_FIND = (
    *(statement.format(table="gone_stories") for statement in _OLD),
    "CREATE TEMPORARY TABLE gone_items (id BIGINT PRIMARY KEY) ON COMMIT DROP",
    "INSERT INTO gone_items SELECT id FROM items WHERE story IN (SELECT id FROM gone_stories)",
    "ANALYZE gone_items",
    BURY_ALL.format(**_GONE),
)
"""Takes longest, and others learn meanwhile."""

_STILL = (
    *(statement.format(table="old_stories") for statement in _OLD),
    """
DELETE FROM gone_stories AS g
WHERE NOT EXISTS (SELECT FROM old_stories AS o WHERE o.id = g.id)""",
    """
DELETE FROM gone_items AS g WHERE NOT EXISTS (
  SELECT FROM items AS i JOIN gone_stories AS s ON s.id = i.story WHERE i.id = g.id)""",
)
"""What came back since stays. Its tombstone is not asked for while the item is known."""

_LOGGED = tuple(table for table in ranges.TABLES if table not in ("signatures", "items_search"))

_LOG = """
INSERT INTO changes (relation, row)
SELECT '{table}', id::text FROM {table}_{month} WHERE {number} IN (SELECT id FROM gone_items)"""

_KEEP = """
CREATE TEMPORARY TABLE kept_{table}_{month} ON COMMIT DROP AS SELECT t.* FROM {table}_{month} AS t
WHERE NOT EXISTS (SELECT FROM gone_items AS g WHERE g.id = t.{number})"""


def drop(db: Connection, before: str, decided: Iterable[int], now: str) -> int:
    """In a transaction: have the months go that ended before a time; how many items went.

    Towards the end nobody learns, and at the very end nobody reads.
    """
    raw = db.raw
    ended = list(_ended(raw, before))
    if not ended:
        return 0
    values = {"before": before, "decided": json.dumps(sorted(decided)), "now": now}
    values["note"] = retention.NOTE
    db.execute("SET LOCAL enable_seqscan TO on")  # most of all is read
    for statement in _FIND:
        db.execute(statement, values)
    with sqlite_errors():
        locks.take(raw, locks.MAKING, locks.WRITING)
    for statement in _STILL:
        db.execute(statement, values)
    for statement in retention.LET_GO:
        db.execute(statement.format(**_GONE))
    with sqlite_errors():
        for month in ended:
            _put_aside(raw, month)
        # All that takes long is done.
        locks.alone(raw, ranges.LOCKED)
        for month in ended:
            _drop(raw, month)
    # What belonged to no month, or to one that goes on.
    for statement in ("DELETE FROM items_search WHERE item IN ({items})", *retention.ITEMS):
        db.execute(statement.format(**_GONE))
    return int(db.execute("SELECT count(*) FROM gone_items").fetchone()[0])


def _ended(raw: psycopg.Connection[Any], before: str) -> Iterator[str]:
    """The months whose successor had begun by then."""
    for month, following in pairwise(ranges.months(raw)):
        if following.replace("_", "-") <= before:
            yield month


def _put_aside(raw: psycopg.Connection[Any], month: str) -> None:
    _log(raw, month)
    for table, number in ranges.TABLES.items():
        raw.execute(_KEEP.format(table=table, month=month, number=number).encode())


def _drop(raw: psycopg.Connection[Any], month: str) -> None:
    tables = ", ".join(f"{table}_{month}" for table in ranges.TABLES)
    raw.execute(f"DROP TABLE {tables}".encode())
    for table in ranges.TABLES:
        kept = f"kept_{table}_{month}"
        raw.execute(f"INSERT INTO {table} SELECT * FROM {kept}".encode())  # noqa: S608 - names of ours


def _log(raw: psycopg.Connection[Any], month: str) -> None:
    """For copies: no trigger sees a table go."""
    found = raw.execute("SELECT to_regclass('changes')").fetchone()
    for table in _LOGGED if found and found[0] else ():
        number = ranges.TABLES[table]
        raw.execute(_LOG.format(table=table, month=month, number=number).encode())
