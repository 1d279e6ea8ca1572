"""A psycopg connection that offers what the store's modules use of sqlite3's.

`execute` with SQLite's placeholders, rows as tuples, `lastrowid`, `in_transaction`, and sqlite3's
errors: a broken constraint is an IntegrityError, a wrong statement a ProgrammingError, whatever the
server cannot do an OperationalError. So the modules, and who calls them, need to know of one kind.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, cast

import psycopg
from psycopg.abc import AdaptContext
from psycopg.adapt import Loader
from psycopg.pq import TransactionStatus
from psycopg.types.numeric import Int8Dumper
from psycopg.types.string import StrDumperUnknown

from monitor.store.newcomers import LAST_ITEM
from monitor.store.postgres import ranges, search
from monitor.store.postgres.dialect import asks_number, numbering, translated
from monitor.store.postgres.rows import named
from monitor.store.search import INDEX, UNINDEX

# What no SQL says for both.
_OWN: dict[str, Callable[[psycopg.Connection[Any], Sequence[Any]], psycopg.Cursor[Any]]] = {
    INDEX: search.put,
    UNINDEX: search.drop,
    LAST_ITEM: ranges.last,
}

Values = Sequence[object] | Mapping[str, object]


class _Text(StrDumperUnknown):
    """PostgreSQL's texts hold no NUL. Parsing leaves none; a server's header may have one."""

    def dump(self, obj: str) -> bytes | bytearray | memoryview | None:
        return super().dump(obj.replace("\0", "\ufffd"))


class _Flag(StrDumperUnknown):
    """Untyped, so that it is a number in a column of numbers and true in a condition."""

    def dump(self, obj: bool) -> bytes:  # type: ignore[override]  # psycopg's is for str
        return b"1" if obj else b"0"


class _Number(Loader):
    """Of sums: whole ones are integers, as SQLite's are."""

    def load(self, data: bytes | bytearray | memoryview) -> int | float:
        text = bytes(data).decode()
        return float(text) if "." in text or "e" in text.lower() else int(text)


def _adapt(context: AdaptContext) -> None:
    adapters = context.adapters
    assert adapters is not None
    adapters.register_dumper(str, _Text)
    adapters.register_dumper(bool, _Flag)
    adapters.register_dumper(int, Int8Dumper)  # one type of numbers: one prepared statement each
    adapters.register_loader("numeric", _Number)


@contextmanager
def sqlite_errors() -> Iterator[None]:
    """Psycopg's errors as sqlite3's, without what the server says of rows (DETAIL)."""
    try:
        yield
    except psycopg.Error as error:
        kind: type[sqlite3.Error] = sqlite3.OperationalError
        if isinstance(error, psycopg.IntegrityError):
            kind = sqlite3.IntegrityError
        elif isinstance(error, psycopg.ProgrammingError):
            kind = sqlite3.ProgrammingError
        raise kind(words(error)) from error


def words(error: psycopg.Error) -> str:
    """What went wrong, on one line, without what the server says of rows (DETAIL)."""
    return error.diag.message_primary or str(error).partition("\n")[0] or type(error).__name__


class Connection:
    """One session, and the next when the server went away.

    The first statement outside a transaction then begins it; `connect` opens it, with whatever a
    session must hold.
    """

    def __init__(self, connect: Callable[[], psycopg.Connection[Any]]) -> None:
        """Raises what `connect` does."""
        self._connect = connect
        self.row_factory: type[sqlite3.Row] | None = None
        self._raw = self._opened()

    def _opened(self) -> psycopg.Connection[Any]:
        raw = self._connect()
        _adapt(raw)
        return raw

    @property
    def raw(self) -> psycopg.Connection[Any]:
        """The present psycopg connection, for what has no form in SQLite."""
        self._anew()
        return self._raw

    @property
    def in_transaction(self) -> bool:
        """Whether one is open, be it that it has failed."""
        status = self._raw.info.transaction_status
        return status in (TransactionStatus.INTRANS, TransactionStatus.INERROR)

    def execute(self, sql: str, values: Values = ()) -> Cursor:
        """Run a statement of the store's."""
        self._anew()
        if own := _OWN.get(sql):
            with sqlite_errors():
                return Cursor(own(self._raw, cast("Sequence[object]", values)), self.row_factory)
        cursor = self._raw.cursor()
        with sqlite_errors():
            cursor.execute(numbering(sql).encode(), values)
            return Cursor(cursor, self.row_factory, numbered=asks_number(sql))

    def executemany(self, sql: str, rows: Iterable[Values]) -> Cursor:
        """Run a statement for each of the rows, in one go."""
        self._anew()
        cursor = self._raw.cursor()
        own, values = _OWN.get(sql), list(rows)
        with sqlite_errors():
            if own:
                with self._raw.pipeline():
                    for row in values:
                        own(self._raw, cast("Sequence[object]", row))
            elif values:
                cursor.executemany(translated(sql).encode(), values)
        return Cursor(cursor, None)

    def _anew(self) -> None:
        if self._raw.closed:
            with sqlite_errors():
                self._raw = self._opened()

    def commit(self) -> None:
        """End the transaction, if one is open."""
        with sqlite_errors():
            self._raw.commit()

    def rollback(self) -> None:
        """Take the transaction back, if one is open."""
        with sqlite_errors():
            self._raw.rollback()

    def close(self) -> None:
        """End the session."""
        self._raw.close()


class Cursor:
    """The result of a statement."""

    def __init__(
        self,
        cursor: psycopg.Cursor[Any],
        row_factory: type[sqlite3.Row] | None,
        *,
        numbered: bool = False,
    ) -> None:
        self._cursor = cursor
        self.rowcount = cursor.rowcount
        self.lastrowid: int | None = None
        self._rows: Iterator[Any] = iter(())
        if numbered:
            number = cursor.fetchone()
            self.lastrowid = number[0] if number else None
        elif cursor.description is not None:
            rows = cursor.fetchall()
            if row_factory:
                rows = list(map(named([column.name for column in cursor.description]), rows))
            self._rows = iter(rows)

    @property
    def description(self) -> list[tuple[Any, ...]]:
        """Of each column its name first."""
        return [tuple(column) for column in self._cursor.description or ()]

    def __iter__(self) -> Iterator[Any]:
        return self._rows

    def fetchone(self) -> Any:
        """The next row; None when there is none."""
        return next(self._rows, None)

    def fetchall(self) -> list[Any]:
        """The rows that are left."""
        return list(self._rows)


class Database:
    """What the store uses of sqlite_utils.Database."""

    def __init__(self, connection: Connection) -> None:
        self.conn = connection

    def execute(self, sql: str, values: Values = ()) -> Cursor:
        """Run a statement."""
        return self.conn.execute(sql, values)

    def query(self, sql: str, values: Values = ()) -> Iterator[dict[str, Any]]:
        """The rows of a statement, by the names of their columns."""
        cursor = self.conn.execute(sql, values)
        columns = [name for name, *_ in cursor.description]
        for row in cursor:
            yield dict(zip(columns, row, strict=True))

    def close(self) -> None:
        """End the session."""
        self.conn.close()
