"""Our plugin for Datasette, found by its entry point: hooks only.

On a desk (`wirewatch serve`) it adds the pages, who may see and judge, and the guard. In a
Datasette that was started by hand it adds `wirewatch_query(words)` for SQL, and nothing else.
"""

from __future__ import annotations

from typing import Any

from datasette import hookimpl

from monitor.review.access import (
    actor_from_request,
    permission_allowed,
    permission_resources_sql,
    register_actions,
)
from monitor.review.guard import asgi_wrapper, handle_exception, prepare_jinja2_environment
from monitor.review.routes import View, routes
from monitor.review.served import served
from monitor.store import search
from monitor.store.desk import decisions

__all__ = [
    "actor_from_request",
    "asgi_wrapper",
    "handle_exception",
    "permission_allowed",
    "permission_resources_sql",
    "prepare_connection",
    "prepare_jinja2_environment",
    "register_actions",
    "register_routes",
]


def prepare_connection(conn: Any, database: str, datasette: Any) -> None:
    search.add_function(conn)
    desk = served(datasette)
    if desk and database == desk.names[0]:
        decisions.attach(conn, desk.reviews)
    elif desk and database == desk.names[1]:
        decisions.prepare(conn)


def register_routes(datasette: Any) -> list[tuple[str, View]]:
    return routes() if served(datasette) else []


hookimpl(prepare_connection)
hookimpl(tryfirst=True)(register_routes)
