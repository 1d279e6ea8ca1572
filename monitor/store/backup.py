"""A copy of a database that is in use: SQLite's own, page by page, from one state of it."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from monitor.errors import StoreError
from monitor.store import evidence, schema
from monitor.store.connect import BUSY_TIMEOUT
from monitor.store.desk import reviews
from monitor.store.upgrade import refuse_newer

_REFERENCES = "PRAGMA foreign_key_check"


def copy(source: Path, target: Path) -> None:
    """Copy a database, and check the copy; the source may be written meanwhile.

    The backup API in one step: it reads under one read transaction, so that it neither sees half a
    commit nor begins anew at each, and a WAL writer does not wait for it.

    Raises:
        StoreError: it cannot be read or written, is of a newer program, or the copy is damaged.
    """
    try:
        with (
            closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as old,
            closing(sqlite3.connect(target)) as new,
        ):
            old.execute(f"PRAGMA busy_timeout = {int(BUSY_TIMEOUT * 1000)}")
            for ours in (schema.migrations, reviews.migrations):
                refuse_newer(source, old, ours)
            old.backup(new, pages=-1)
            new.execute("PRAGMA journal_mode = DELETE")  # one file, with nothing beside it
            _check(source, new)
    except sqlite3.Error as error:
        raise StoreError(f"{source}: cannot be copied: {error}") from error
    with target.open("rb") as done:
        os.fsync(done.fileno())


def _check(source: Path, copy: sqlite3.Connection) -> None:
    found = [row[0] for row in copy.execute("PRAGMA integrity_check(5)")]
    if found != ["ok"]:
        raise StoreError(f"{source}: the copy is damaged: {'; '.join(found)}")
    if copy.execute(_REFERENCES).fetchone():
        raise StoreError(f"{source}: the copy has rows that refer to none")


def evidence_ends(path: Path) -> dict[str, int]:
    """By WARC file that is kept: where the last record ends that a row of this copy refers to."""
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as db:
        kept = {file.name for file in evidence.files(db)}
        return {name: end for name, end in evidence.ends(db).items() if name in kept}


def counts(path: Path) -> dict[str, int]:
    """What a copy holds, in a few numbers."""
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as db:
        return {
            table: int(db.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608 - names of ours
            for table in ("items", "stories", "polls", "evidence")
        }
