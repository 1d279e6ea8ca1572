"""A whole database into another one: a file onto a server, or what is on a server into a file.

All of it in one transaction of the target, whose rows are then read back and compared with the
source's, one by one. Interrupted anywhere, the target is as empty as it was.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from monitor.errors import StoreError
from monitor.segments import segment
from monitor.store import search
from monitor.store.describe import TABLES
from monitor.store.store import Store

BATCH = 1_000  # rows at a time; some MB, where texts are long

Row = tuple[Any, ...]
Report = Callable[[int], None]  # called with how many more rows are done

# By what their rows are told apart, where that is no `id`.
_KEYS = {"signatures": ("item",), "story_facets": ("facet", "value", "seen_at", "story")}

_TEXTS = """
SELECT i.id, i.title, i.text, coalesce(a.text, '') FROM items AS i
LEFT JOIN articles AS a ON a.item = i.id WHERE i.id > ? ORDER BY i.id LIMIT ?"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What became of a table."""

    table: str
    rows: int
    sha256: str  # over all its rows, in the order of their keys; the same on both sides


def count(store: Store) -> int:
    """How many rows a database has."""
    return sum(_count(store, table) for table in TABLES)


def copy(source: Store, target: Store, report: Report = lambda _: None) -> list[Moved]:
    """Fill the target with all that the source holds. `report` counts each row twice: there, back.

    Raises:
        StoreError: the target is not empty, cannot hold it, or does not hold what was put in.
            It is as it was then.
    """
    for table in TABLES:
        if found := _count(target, table):
            raise StoreError(
                f"{target.place}: is not empty (it has {found} rows in {table}); name a database "
                "without tables of wirewatch's. Nothing was changed"
            )
    with target.filling():
        for table in TABLES:
            for rows in _batches(source, table):
                target.load(table, list(TABLES[table].columns), rows)
                report(len(rows))
        for indexed in _segments(source):
            search.write(target.db.conn, indexed)
        return [_compared(source, target, table, report) for table in TABLES]


def _count(store: Store, table: str) -> int:
    row = store.db.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608 - names of ours
    return int(row[0])


def _batches(store: Store, table: str) -> Iterator[list[Row]]:
    """Its rows in the order of their keys, each look a short one."""
    names = [f'"{name}"' for name in TABLES[table].columns]
    keys = [f'"{name}"' for name in _KEYS.get(table, ("id",))]
    places = [names.index(key) for key in keys]
    order, marks = ", ".join(keys), ", ".join("?" * len(keys))
    first = f"SELECT {', '.join(names)} FROM {table} ORDER BY {order} LIMIT ?"  # noqa: S608 - names of ours
    later = first.replace(" ORDER BY", f" WHERE ({order}) > ({marks}) ORDER BY")
    rows = store.db.execute(first, (BATCH,)).fetchall()
    while rows:
        yield list(map(_storable, rows))
        last = [rows[-1][place] for place in places]
        rows = store.db.execute(later, (*last, BATCH)).fetchall()


def _storable(row: Row) -> Row:
    """PostgreSQL's texts hold no NUL; it is put in as what stands for the unreadable."""
    if not any(isinstance(value, str) and "\0" in value for value in row):
        return row
    return tuple(v.replace("\0", "\ufffd") if isinstance(v, str) else v for v in row)


def _segments(store: Store) -> Iterator[list[search.Indexed]]:
    """What the search index is made of."""
    rows = store.db.execute(_TEXTS, (0, BATCH)).fetchall()
    while rows:
        yield [(search.INDEX, item, *_cut(texts)) for item, *texts in rows]
        rows = store.db.execute(_TEXTS, (rows[-1][0], BATCH)).fetchall()


def _cut(texts: Sequence[str]) -> tuple[str, str, str]:
    title, text, article = map(segment, texts)
    return title, text, article


def _compared(source: Store, target: Store, table: str, report: Report) -> Moved:
    digest, number = hashlib.sha256(), 0
    for ours, theirs in zip_longest(_batches(source, table), _batches(target, table)):
        for one, other in zip_longest(ours or (), theirs or ()):
            if one != other:
                raise StoreError(
                    f"{target.place}: a row of {table} is not what was put in "
                    f"({(one or other)[0]!r}). Nothing was kept of it"
                )
            digest.update(repr(one).encode())
            number += 1
        report(len(ours or ()))
    return Moved(table=table, rows=number, sha256=digest.hexdigest())
