"""The file `reviews.db`: its tables, and how it is made, opened and read beside the evidence."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from monitor.errors import StoreError
from monitor.store import connect, upgrade

FILE = "reviews.db"

STATES = ("relevant", "not relevant", "follow up", "duplicate of", "wrong tag")
"""Verdicts that a story then has as its state. Without one it is new."""

VERDICTS = (*STATES, "note", "undo")

migrations = Migrations("wirewatch-reviews")


@migrations()
def m001_decisions(db: Database) -> None:
    """The tables of the first release."""
    for statement in (_DECISIONS, _JUDGED, *_INDEXES, *_KEPT):
        db.execute(statement)


_DECISIONS = f"""
CREATE TABLE decisions (
  id INTEGER PRIMARY KEY,
  story INTEGER NOT NULL,
  verdict TEXT NOT NULL CHECK (verdict IN {VERDICTS!r}),
  note TEXT NOT NULL,
  reviewer TEXT NOT NULL,
  decided_at TEXT NOT NULL,
  item INTEGER,
  entity TEXT NOT NULL,
  alias TEXT NOT NULL,
  other_story INTEGER,
  undoes INTEGER REFERENCES decisions(id),
  key TEXT UNIQUE,
  story_title TEXT NOT NULL
)"""

_JUDGED = f"""
CREATE TABLE judged (
  story INTEGER PRIMARY KEY,
  state TEXT NOT NULL CHECK (state IN {STATES!r}),
  decision INTEGER NOT NULL REFERENCES decisions(id),
  reviewer TEXT NOT NULL,
  decided_at TEXT NOT NULL
)"""

_INDEXES = (
    "CREATE INDEX decisions_story ON decisions (story)",
    "CREATE INDEX decisions_decided ON decisions (decided_at)",
    "CREATE INDEX decisions_reviewer ON decisions (reviewer, decided_at)",
    "CREATE INDEX decisions_entity ON decisions (entity, alias) WHERE entity <> ''",
    "CREATE UNIQUE INDEX decisions_undoes ON decisions (undoes) WHERE undoes IS NOT NULL",
    "CREATE INDEX judged_state ON judged (state, story)",
)

_KEPT = tuple(
    f"CREATE TRIGGER decisions_no_{verb} BEFORE {verb} ON decisions "
    "BEGIN SELECT RAISE(ABORT, 'decisions are never changed: undo one by another'); END"
    for verb in ("UPDATE", "DELETE")
)


def beside(database: Path) -> Path:
    """Where the decisions about a database are kept."""
    return database.with_name(FILE)


def create(path: Path) -> None:
    """Make the file, or bring its tables up to date.

    Raises:
        StoreError: it cannot be written, or is another program's or a newer one's.
    """
    db = connect.open_writer(path, migrations)
    try:
        if {"items", "stories"} & set(db.table_names()):
            raise StoreError(f"{path}: holds evidence, so it cannot hold decisions too")
        upgrade.migrate(db, migrations)
    except sqlite3.Error as error:
        raise StoreError(f"{path}: cannot keep decisions: {error}") from error
    finally:
        db.close()


def open_reader(path: Path) -> sqlite3.Connection:
    """A connection that cannot write, for commands.

    Raises:
        StoreError: there is no such file, it holds no decisions, or is of a newer program.
    """
    if not path.exists():
        raise StoreError(f"{path}: no decisions yet; `wirewatch serve` makes it")
    try:
        conn = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    except sqlite3.Error as error:
        raise StoreError(f"{path}: cannot read the decisions: {error}") from error
    try:
        conn.execute("SELECT 1 FROM decisions LIMIT 1").fetchall()
        upgrade.refuse_newer(path, conn, migrations)
    except sqlite3.Error as error:
        conn.close()
        raise StoreError(f"{path}: cannot read the decisions: {error}") from error
    except StoreError:
        conn.close()
        raise
    return conn


def attach(conn: sqlite3.Connection, path: Path) -> None:
    """Let a connection to the evidence read the decisions too, as `reviews.…`.

    Raises:
        StoreError: they are of a newer program.
    """
    if path.exists():
        uri = f"{path.absolute().as_uri()}?mode=ro"
        conn.execute("ATTACH DATABASE ? AS reviews", (uri,))
        upgrade.refuse_newer(path, conn, migrations, "reviews")


def prepare(conn: sqlite3.Connection) -> None:
    """Settings of every connection to the decisions: what was acknowledged survives power loss."""
    conn.execute("PRAGMA synchronous = FULL")
    conn.execute("PRAGMA foreign_keys = ON")
    conn.execute("PRAGMA trusted_schema = OFF")
    conn.execute("PRAGMA recursive_triggers = ON")  # without it REPLACE deletes past a trigger
