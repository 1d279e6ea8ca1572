"""Which store a test runs on. Tests name a file; on PostgreSQL a database of its own stands for it.

A module whose tests are promises of every store says `pytestmark = ON_BOTH`: each of them runs on
SQLite and on PostgreSQL (the fixture `engine` of tests/conftest.py), but for those that say
SQLITE_ALONE. All others run on SQLite.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from monitor.places import Place
from monitor.store import Store
from tests.support.postgres import Postgres

SQLITE_ALONE = pytest.mark.sqlite_alone
ON_BOTH = pytest.mark.usefixtures("engine")

_server: Postgres | None = None
_databases: dict[Path, str] = {}


def place(path: Path) -> Place:
    """Where the database is that this file's name stands for: the same for the same name."""
    if _server is None:
        return path
    if path not in _databases:
        path.parent.mkdir(parents=True, exist_ok=True)
        _databases[path] = _server.made()
    return _server.place(_databases[path], path)


def on_postgres() -> bool:
    """Whether this test runs there."""
    return _server is not None


@contextmanager
def statements(store: Store) -> Iterator[list[str]]:
    """Every statement that a store runs meanwhile."""
    connection, found = store.db.conn, list[str]()
    if isinstance(connection, sqlite3.Connection):
        connection.set_trace_callback(lambda sql: found.append(sql.strip()))
        yield found
        connection.set_trace_callback(None)
        return
    run = connection.execute

    def noted(sql: str, *values: Any) -> Any:
        found.append(sql.strip())
        return run(sql, *values)

    connection.execute = noted
    yield found
    del connection.execute


@contextmanager
def on(server: Postgres) -> Iterator[None]:
    """Have databases on this server; they are thrown away at the end."""
    global _server  # noqa: PLW0603 - a test has one store, and asks for it from many places
    _server = server
    try:
        yield
    finally:
        _server = None
        for name in _databases.values():
            server.give_back(name)
        _databases.clear()
