"""Opening a database on a PostgreSQL server."""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any, cast
from urllib.parse import parse_qsl, unquote, urlsplit

import psycopg
from sqlite_utils import Database

from alerts.secrets import Secret, redacted
from monitor.errors import BusyError, StoreError
from monitor.places import Server
from monitor.store import schema as sqlite_schema
from monitor.store.postgres import changes, locks, months, ranges, schema, search, sweep
from monitor.store.postgres import connection as ours
from monitor.store.postgres.dialect import NUMBERED
from monitor.store.questions import view_statements

log = logging.getLogger("wirewatch.store")

OLDEST = 13_00_00  # libpq's number of the first release that has what functions.py uses
ENDING_TRIES, ENDING_PAUSE = (
    11,
    0.1,
)  # seconds; the session of who has just ended ends a little later
CONNECT = 10  # seconds until a server that does not answer is given up

NO_URL = (
    "not a URL that PostgreSQL reads; it has the form postgresql://user:password@host:port/name, "
    "with %-codes for odd characters"
)

# Times and keys are compared as bytes; and a compiled plan costs more than our statements take.
_SESSION = (
    "SET search_path TO wirewatch, public",
    "SET jit TO off",
    "SET TimeZone TO 'UTC'",
    "SET DateStyle TO ISO",
    "SET default_transaction_isolation TO 'read committed'",
    "SET standard_conforming_strings TO on",
)

# Plans that were made while a table was empty are kept for minutes, and the cheapest then was to
# read it as a whole: a first round took twice the CPU.
_BY_INDEX = "SET enable_seqscan TO off"

_NUMBER = """
SELECT setval(pg_get_serial_sequence('{table}', 'id'), coalesce(max(id), 0) + 1, false)
FROM {table}"""

_OWNER = """
SELECT coalesce(a.client_addr::text, 'this machine'), a.pid
FROM pg_locks AS l JOIN pg_stat_activity AS a ON a.pid = l.pid
WHERE l.locktype = 'advisory' AND l.granted AND l.pid <> pg_backend_pid()
  AND (l.classid::bigint << 32 | l.objid::bigint) = %s AND l.database =
    (SELECT oid FROM pg_database WHERE datname = current_database()) LIMIT 1"""


class Served:
    """A database on a server, and the one session of this program that writes to it."""

    def __init__(self, place: Server, *, shared: bool) -> None:
        self.shared = shared
        self.db = open_writer(place, shared=shared)

    def one_learns(self) -> None:
        """Known, judged and stored by one after the other, so that a copy finds its story."""
        self.db.execute(f"SELECT pg_advisory_xact_lock({locks.WRITING})")

    def decided(self) -> set[int]:
        """As far as `wirewatch publish` has brought it back."""
        return changes.decided(cast("ours.Connection", self.db.conn))

    def load(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """By COPY."""
        names = ", ".join(f'"{name}"' for name in columns)
        statement = f"COPY {table} ({names}) FROM STDIN".encode()
        with ours.sqlite_errors(), self._raw.cursor().copy(statement) as copy:
            for row in rows:
                copy.write_row(row)

    def refer_later(self) -> None:
        """Until the commit."""
        self.db.execute("SET CONSTRAINTS ALL DEFERRED")

    def go_on_numbering(self) -> None:
        """What numbers the rows of a table does not see those that came with a number."""
        for table in sorted(NUMBERED):
            with ours.sqlite_errors():
                self._raw.execute(_NUMBER.format(table=table).encode())

    @property
    def _raw(self) -> psycopg.Connection[Any]:
        return cast("ours.Database", self.db).conn.raw

    def whole(self, before: str) -> str:
        """The beginning of its month: they go as a whole."""
        return f"{before[:7]}-01T00:00:00.000Z"

    def drop_polls(self, before: str) -> int:
        """Whole months."""
        with ours.sqlite_errors():
            return months.drop(self._raw, before)

    def drop_items(self, before: str, decided: Iterable[int], now: str) -> int:
        """Whole months, but for what stays of them."""
        return sweep.drop(cast("ours.Connection", self.db.conn), before, decided, now)

    def fold(self) -> None:
        """The server does so; the months get their tables."""
        try:
            _divide(self._raw)
        except (psycopg.Error, sqlite3.Error) as error:  # the server is away: it is asked again
            log.warning("tables of months are made later: %s", type(error).__name__)

    def keep_house(self) -> None:
        """The planner is told how large the tables have become."""
        with suppress(psycopg.Error, sqlite3.Error):  # the server is away: it is asked again
            ranges.gather(self._raw)

    def close(self) -> None:
        """End the session, and with it its lock."""
        self.db.close()


def open_writer(place: Server, *, shared: bool) -> Database:
    """A connection that writes, the tables made and of our version.

    `shared`: beside others that are. Otherwise it is the only one, as a daemon must be.

    Raises:
        BusyError: another program has it to itself, or others are at work on it.
        StoreError: it cannot be reached, is no database of ours or is of a newer program.
    """
    connection = _opened(place, lambda raw: _write(raw, place, shared=shared))
    try:
        with ours.sqlite_errors():
            steps, views = sqlite_schema.migrations, view_statements()
            schema.migrate(connection.raw, str(place), steps, views)
            _divide(connection.raw)
    except sqlite3.Error as error:
        connection.close()
        raise StoreError(f"{place}: cannot make the tables: {error}") from error
    except BaseException:
        connection.close()
        raise
    return _as_database(connection)


def _divide(raw: psycopg.Connection[Any]) -> None:
    """Make the tables of the months; those that readers are in the way of are made later."""
    for make in (months.make, ranges.begin):
        try:
            make(raw)
        except psycopg.errors.LockNotAvailable as error:
            log.warning("tables of months are made later: %s", ours.words(error))


def open_reader(place: Server) -> Database:
    """A connection that cannot write.

    Raises:
        StoreError: there is no such database, or it is not ours, or of another version.
    """
    connection = _opened(place, _only_read)
    try:
        with ours.sqlite_errors():
            schema.refuse_other(connection.raw, str(place), sqlite_schema.migrations)
    except sqlite3.Error as error:
        connection.close()
        raise StoreError(f"{place}: cannot read the database: {error}") from error
    except StoreError:
        connection.close()
        raise
    return _as_database(connection)


def exists(place: Server) -> bool:
    """Whether it has our tables; raises StoreError if it cannot be asked."""
    connection = _opened(place, _only_read)
    try:
        return schema.known(connection.raw)
    finally:
        connection.close()


def find(db: Database, words: str, *, limit: int, since: str) -> list[dict[str, Any]]:
    """Items first seen since that hold all the words, with their text, newest first."""
    raw = cast("ours.Database", db).conn.raw
    with ours.sqlite_errors():
        return list(search.find(raw, words, limit=limit, since=since))


def _as_database(connection: ours.Connection) -> Database:
    """For the modules of the store, which name sqlite3's types: it offers what they use."""
    return cast("Database", ours.Database(connection))


def _opened(place: Server, prepare: Any) -> ours.Connection:
    def connect() -> psycopg.Connection[Any]:
        raw = _connected(place)
        try:
            for statement in _SESSION:
                raw.execute(statement.encode())
            prepare(raw)
        except BaseException:
            raw.close()
            raise
        return raw

    try:
        with ours.sqlite_errors():
            return ours.Connection(connect)
    except sqlite3.Error as error:
        # Not "from" it: a traceback must not repeat the URL either.
        raise StoreError(f"{place}: cannot open the database: {_said(place, error)}") from None


def _connected(place: Server) -> psycopg.Connection[Any]:
    """A session with a server that can serve.

    Raises:
        StoreError: the URL is none, or the server is too old or does not speak UTF-8.
        psycopg.OperationalError: it cannot be reached, or does not let us in.
    """
    try:
        raw = psycopg.connect(
            place.url.reveal(),
            autocommit=True,
            connect_timeout=CONNECT,
            client_encoding="UTF8",
            application_name="wirewatch",
        )
    except psycopg.ProgrammingError:  # its words repeat the URL
        raise StoreError(f"{place}: {NO_URL}") from None
    version, encoding = raw.info.server_version, raw.info.parameter_status("server_encoding")
    if version >= OLDEST and encoding == "UTF8":
        return raw
    raw.close()
    if version < OLDEST:
        raise StoreError(f"{place}: PostgreSQL {version // 10_000} is too old; 13 is the oldest")
    raise StoreError(
        f"{place}: its encoding is {encoding}; make one with UTF8: "
        "CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0"
    )


def _only_read(raw: psycopg.Connection[Any]) -> None:
    """And what is read in a transaction is of one state."""
    raw.execute("SET default_transaction_read_only TO on")
    raw.execute("SET default_transaction_isolation TO 'repeatable read'")


def _write(raw: psycopg.Connection[Any], place: Server, *, shared: bool) -> None:
    raw.execute(_BY_INDEX)
    _claim(raw, place, shared=shared)


def _claim(raw: psycopg.Connection[Any], place: Server, *, shared: bool) -> None:
    """Hold the lock of those who run, until the session ends, however that is."""
    how = "pg_try_advisory_lock_shared" if shared else "pg_try_advisory_lock"
    for last in range(ENDING_TRIES - 1, -1, -1):
        row = raw.execute(f"SELECT {how}(%s)".encode(), (locks.RUNNING,)).fetchone()
        if row and row[0]:
            return
        if last:
            time.sleep(ENDING_PAUSE)
    owner = raw.execute(_OWNER.encode(), (locks.RUNNING,)).fetchone()
    raise BusyError(place, f"{owner[1]} of {owner[0]}" if owner else "unknown")


def _said(place: Server, error: sqlite3.Error) -> str:
    """The server's words without the secret. The library's on a URL repeat pieces of it."""
    if "connection option" in str(error):
        return NO_URL
    try:
        parts = urlsplit(place.url.reveal())
    except ValueError:
        return NO_URL
    hidden = [parts.password or "", unquote(parts.password or "")]
    hidden += [value for _, value in parse_qsl(f"{parts.query}&{parts.path}")]
    return redacted(" ".join(str(error).split()), *map(Secret, hidden))
