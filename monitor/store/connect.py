"""Opening the database file, with the settings that every connection needs."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from pathlib import Path
from typing import IO

from sqlite_utils import Database

from monitor.errors import BusyError, StoreError

BUSY_TIMEOUT = 10.0  # seconds; readers never block a WAL writer, this is for checkpoints
WAL_LIMIT = 64 * 1024 * 1024  # bytes; a long reader lets the WAL grow, this shrinks it again


def open_writer(path: Path) -> Database:
    """The one writing connection: WAL, durable at every commit, foreign keys on.

    Raises:
        StoreError: the file is no database, or cannot be opened.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT, check_same_thread=False)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")  # an acknowledged row survives power loss
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute(f"PRAGMA journal_size_limit = {WAL_LIMIT}")
    except (sqlite3.Error, OSError) as error:
        raise StoreError(f"{path}: cannot open the database: {error}") from error
    return Database(connection)


def open_reader(path: Path) -> Database:
    """A connection that cannot write.

    Raises:
        StoreError: there is no such database.
    """
    if not path.exists():
        raise StoreError(f"{path}: no database yet; `wirewatch poll` or `wirewatch run` makes it")
    try:
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro",
            uri=True,
            timeout=BUSY_TIMEOUT,
            check_same_thread=False,
        )
        connection.execute("SELECT 1 FROM sqlite_master")
    except sqlite3.Error as error:
        raise StoreError(f"{path}: cannot read the database: {error}") from error
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
    handle.seek(0)
    handle.truncate()
    handle.write(str(os.getpid()))
    handle.flush()
    return handle
