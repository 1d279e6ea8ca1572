"""The ledger of polls by month: what was kept long enough goes as a table, not row by row.

A month has a table of its own from two months before it begins. What falls into none of them (a
clock that is wrong, the lines that are kept for ever) is in `polls_rest`.

Items go by month too (ranges.py), but by their numbers, since others refer to them by these.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import psycopg

from monitor.store.postgres import locks

AHEAD = 2  # months that are made before they begin: a daemon may run that long without a start

_LOCKED = ("polls", "feeds")  # to which they refer

_NAME = re.compile(r"polls_(\d{4})_(\d\d)")

_MONTHS = f"""
SELECT to_char((now() AT TIME ZONE 'UTC')::date + n * INTERVAL '1 month', 'YYYY-MM')
FROM generate_series(0, {AHEAD}) AS n"""  # noqa: S608 - a number of ours

_THERE = """
SELECT c.relname FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
WHERE i.inhparent = 'polls'::regclass ORDER BY c.relname"""

# As retention does: a feed's first good poll, and the one that followed, stay.
_KEEP = """
CREATE TEMPORARY TABLE kept ON COMMIT DROP AS
SELECT p.* FROM {table} AS p WHERE p.baseline = 1
UNION
SELECT p.* FROM feeds AS f CROSS JOIN LATERAL (
  SELECT n.id FROM polls AS n WHERE n.feed = f.id AND n.started_at > (
    SELECT min(b.started_at) FROM polls AS b WHERE b.feed = f.id AND b.baseline = 1)
  ORDER BY n.started_at LIMIT 1) AS second
JOIN {table} AS p ON p.id = second.id"""


def partitioned(statement: str) -> tuple[str, ...]:
    """The definition of the table, kept by month."""
    columns = statement.replace(" PRIMARY KEY", "", 1).rstrip().removesuffix(")").rstrip()
    return (
        f"{columns},\n  PRIMARY KEY (id, started_at)\n) PARTITION BY RANGE (started_at)",
        "CREATE TABLE polls_rest PARTITION OF polls DEFAULT",
    )


def make(raw: psycopg.Connection[Any], months: Iterable[str] = ()) -> None:
    """Give months ("2026-11") their tables: by default this one and those ahead."""
    with raw.transaction():
        locks.take(raw, locks.MAKING)
        wanted = list(months) or [month for (month,) in raw.execute(_MONTHS.encode())]
        names = {f"polls_{month.replace('-', '_')}": month for month in wanted}
        there = {name for (name,) in raw.execute(_THERE.encode())}
        if missing := [name for name in names if name not in there]:
            locks.alone(raw, _LOCKED)
        for name in missing:
            _make(raw, name, names[name])


def _make(raw: psycopg.Connection[Any], name: str, month: str) -> None:
    bounds = f"FROM ('{month}') TO ('{_after(month)}')"
    try:
        with raw.transaction():
            raw.execute(f"CREATE TABLE {name} PARTITION OF polls FOR VALUES {bounds}".encode())
    except psycopg.errors.CheckViolation:
        pass  # its first lines are in the rest already, and go from there


def drop(raw: psycopg.Connection[Any], before: str) -> int:
    """In a transaction: months that ended before a time go; returns how many lines went."""
    gone = 0
    for (name,) in raw.execute(_THERE.encode()).fetchall():
        found = _NAME.fullmatch(name)
        if found and _after(f"{found[1]}-{found[2]}") <= before:
            gone += _drop(raw, name)
    return gone


def _drop(raw: psycopg.Connection[Any], name: str) -> int:
    lines = _number(raw, f"SELECT count(*) FROM {name}")  # noqa: S608 - a name of ours
    raw.execute(_KEEP.format(table=name).encode())
    kept = _number(raw, "SELECT count(*) FROM kept")
    # All that takes long is done: from here on nobody else stores a poll.
    locks.alone(raw, _LOCKED)
    raw.execute(f"ALTER TABLE polls DETACH PARTITION {name}".encode())
    raw.execute(f"DROP TABLE {name}".encode())
    raw.execute("INSERT INTO polls SELECT * FROM kept")
    raw.execute("DROP TABLE kept")
    return lines - kept


def _number(raw: psycopg.Connection[Any], sql: str) -> int:
    row = raw.execute(sql.encode()).fetchone()
    return int(row[0]) if row else 0


def _after(month: str) -> str:
    year, number = int(month[:4]), int(month[5:])
    return f"{year + number // 12:04}-{number % 12 + 1:02}"
