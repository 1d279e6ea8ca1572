"""What a store stands on: a file of SQLite's, or a database on a PostgreSQL server."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

from sqlite_utils import Database

from monitor.errors import StoreError
from monitor.places import Place, Server
from monitor.store import connect, schema
from monitor.store.questions import view_statements
from monitor.store.upgrade import migrate


class Engine(Protocol):
    """An open database with its one writing connection here."""

    db: Database
    shared: bool  # by other writers, on other machines too

    def one_learns(self) -> None:
        """In a transaction: until it ends, nobody else learns from documents."""

    def decided(self) -> set[int]:
        """Stories that somebody decided upon at a desk elsewhere."""

    def load(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Put rows into a table, as quickly as may be."""

    def refer_later(self) -> None:
        """In a transaction: rows may refer to what comes after them."""

    def go_on_numbering(self) -> None:
        """Rows were put in with their numbers: new ones come after them."""

    def whole(self, before: str) -> str:
        """From when everything is kept, if it is kept since a time at least."""

    def drop_polls(self, before: str) -> int:
        """In a transaction: lines of the ledger that can go without a look at each; how many."""

    def drop_items(self, before: str, decided: Iterable[int], now: str) -> int:
        """The same with items of stories that may go, which are left without any."""

    def fold(self) -> None:
        """What was written lately goes where it belongs, as far as readers let us."""

    def keep_house(self) -> None:
        """What must follow when much was written lately."""

    def close(self) -> None:
        """Let go of it, and let others in."""


class File:
    """A file of SQLite's, with the lock beside it."""

    shared = False

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = connect.lock(path)
        try:
            self.db = connect.open_writer(path)
        except BaseException:
            self._lock.close()
            raise
        try:
            migrate(self.db, schema.migrations, view_statements())
        except sqlite3.DatabaseError as error:
            self._let_go()
            raise StoreError(f"{path}: {error}") from error
        except BaseException:
            self._let_go()
            raise

    def one_learns(self) -> None:
        """There is no other writer."""

    def decided(self) -> set[int]:
        """The desk is here."""
        return set()

    def load(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """By one statement."""
        names, marks = ", ".join(f'"{name}"' for name in columns), ", ".join("?" * len(columns))
        self.db.conn.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)  # noqa: S608 - names of ours

    def refer_later(self) -> None:
        """Until the commit."""
        self.db.conn.execute("PRAGMA defer_foreign_keys = ON")

    def go_on_numbering(self) -> None:
        """SQLite does by itself."""

    def whole(self, before: str) -> str:
        """Everything goes row by row."""
        return before

    def drop_polls(self, before: str) -> int:  # noqa: ARG002 - the engines have one form
        """None."""
        return 0

    def drop_items(self, before: str, decided: Iterable[int], now: str) -> int:  # noqa: ARG002
        """None."""
        return 0

    def fold(self) -> None:
        """The WAL into the file."""
        # Fails while a reader holds the WAL or the disk is full: then it is kept and replayed.
        with suppress(sqlite3.Error):
            self.db.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def keep_house(self) -> None:
        """SQLite by itself does not fold the WAL while readers relieve each other."""
        wal = self._path.with_name(f"{self._path.name}-wal")
        if wal.exists() and wal.stat().st_size > connect.WAL_FOLDED:
            self.fold()

    def close(self) -> None:
        """Fold the WAL, close the file and give up the lock."""
        self.fold()
        self._let_go()

    def _let_go(self) -> None:
        self.db.close()
        self._lock.close()


def opened(place: Place, *, shared: bool = False) -> Engine:
    """Open a database to write to, made and of our version.

    `shared`: beside other writers, which a server alone can have.

    Raises:
        BusyError: another process writes this database.
        StoreError: it cannot be opened, is none of ours or is of a newer program.
    """
    if not isinstance(place, Server):
        return File(place)
    with _installed():
        from monitor.store.postgres.server import Served  # noqa: PLC0415 - psycopg is an extra
    return Served(place, shared=shared)


def exists(place: Place) -> bool:
    """Whether there is a database of ours; raises StoreError for a server that cannot be asked."""
    if not isinstance(place, Server):
        return place.exists()
    with _installed():
        from monitor.store.postgres import server  # noqa: PLC0415 - psycopg is an extra
    return server.exists(place)


def open_reader(place: Place) -> Database:
    """A connection that cannot write; raises StoreError."""
    if not isinstance(place, Server):
        return connect.open_reader(place)
    with _installed():
        from monitor.store.postgres import server  # noqa: PLC0415 - psycopg is an extra
    return server.open_reader(place)


def find(db: Database, words: str, *, limit: int, since: str) -> list[dict[str, Any]]:
    """Reader.search on a server, by a connection of `open_reader`."""
    from monitor.store.postgres import server  # noqa: PLC0415 - psycopg is an extra

    return server.find(db, words, limit=limit, since=since)


@contextmanager
def _installed() -> Iterator[None]:
    try:
        yield
    except ImportError as error:
        raise StoreError(
            "PostgreSQL needs what is not installed here: pip install 'wirewatch[cluster]' "
            f"({error})"
        ) from error
