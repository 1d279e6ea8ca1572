"""Opening the database file, with the settings that every connection needs."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from monitor.errors import BusyError, StoreError
from monitor.store.schema import migrations
from monitor.store.upgrade import LEDGER, refuse_newer, refuse_older

BUSY_TIMEOUT = 10.0  # seconds; readers never block a WAL writer, this is for checkpoints
WAL_FOLDED = 32 * 1024 * 1024  # bytes; from here on the daemon folds it before its time
WAL_LIMIT = 64 * 1024 * 1024  # bytes; a long reader lets the WAL grow, this shrinks it again


def open_writer(path: Path, ours: Migrations = migrations) -> Database:
    """The one writing connection: WAL, durable at every commit, foreign keys on.

    `ours`: the steps by which the tables of this file are made.

    Raises:
        StoreError: the file is no database, is another program's or a newer one's, or cannot be
            opened. Nothing was changed then.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{path}: cannot open the database: {error}") from error
    with _opened(path, path.absolute().as_uri()) as connection:
        tables = _tables(connection)
        if tables and LEDGER not in tables:  # before WAL mode, which changes a file
            raise StoreError(f"{path}: a database of another program; `database` must name our own")
        refuse_newer(path, connection, ours)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")  # an acknowledged row survives power loss
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute(f"PRAGMA journal_size_limit = {WAL_LIMIT}")
        return Database(connection)


@contextmanager
def _opened(path: Path, name: str) -> Iterator[sqlite3.Connection]:
    """A connection to set up, closed again if that fails."""
    try:
        connection = sqlite3.connect(name, uri=True, timeout=BUSY_TIMEOUT, check_same_thread=False)
    except sqlite3.Error as error:
        raise StoreError(f"{path}: cannot open the database: {error}") from error
    try:
        yield connection
    except sqlite3.Error as error:
        connection.close()
        raise StoreError(f"{path}: cannot open the database: {error}") from error
    except StoreError:
        connection.close()
        raise


def _tables(connection: sqlite3.Connection) -> set[str]:
    return {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}


def open_reader(path: Path) -> Database:
    """A connection that cannot write.

    Raises:
        StoreError: there is no such database, or it is not ours, or of another version.
    """
    if not path.exists():
        raise StoreError(f"{path}: no database yet; `wirewatch poll` or `wirewatch run` makes it")
    with _opened(path, f"{path.absolute().as_uri()}?mode=ro") as connection:
        if not _tables(connection) >= {LEDGER, "items"}:
            raise StoreError(f"{path}: no database of wirewatch's")
        refuse_newer(path, connection, migrations)
        refuse_older(path, connection, migrations)
        return Database(connection)


def lock(path: Path) -> IO[str]:
    """Take the writer's lock beside the database; closing what comes back gives it up.

    The lock is the kernel's (flock): it ends with the process, however that ends.

    Raises:
        BusyError: another process writes this database.
        StoreError: the folder cannot be written.
    """
    lock_path = path.with_name(path.name + ".lock")
    try:
        lock_path.parent.mkdir(parents=True, exist_ok=True)
        handle = lock_path.open("a+", encoding="utf-8")
    except OSError as error:
        raise StoreError(f"{lock_path}: cannot write beside the database: {error}") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        handle.seek(0)
        owner = handle.read().strip() or "unknown"
        handle.close()
        raise BusyError(path, owner) from error
    try:
        handle.seek(0)
        handle.truncate()
        handle.write(str(os.getpid()))
        handle.flush()
    except OSError as error:
        with suppress(OSError):  # closing it tries to write once more
            handle.close()
        raise StoreError(f"{lock_path}: cannot write beside the database: {error}") from error
    return handle
