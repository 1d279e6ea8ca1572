"""Our plugin for Datasette, found by its entry point: what SQL on a page may call."""

from __future__ import annotations

from typing import Any

from datasette import hookimpl

from monitor.store import search


def _prepare_connection(conn: Any) -> None:
    """`wirewatch_query(words)`: the search of `wirewatch search`, for SQL."""
    search.add_function(conn)


prepare_connection = hookimpl(specname="prepare_connection")(_prepare_connection)
