"""What the pages that only show share: a look at the evidence, and their facts as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import date, datetime
from http import HTTPStatus
from typing import Any, TypeVar

from datasette.utils.asgi import Response

from monitor.clock import iso
from monitor.review import page, served

T = TypeVar("T")


async def look(datasette: Any, ask: Callable[[Any, datetime], T]) -> T:
    """What `ask(connection, now)` finds in the evidence."""
    now = served.now(datasette)
    return await served.read(datasette, lambda conn: ask(conn, now))


async def missing(datasette: Any, request: Any, words: str) -> Response:
    """A page for an address of something that is not there."""
    return await page.refuse(datasette, request, [words], status=HTTPStatus.NOT_FOUND)


def address(datasette: Any) -> Callable[[str], str]:
    """From a path below the desk to an address, whatever folder a proxy shows it in."""
    return lambda path: str(datasette.urls.path(page.ROOT + path))


def facts(found: Any) -> Response:
    """A page's dataclass as JSON: the twin of the page."""
    body = json.dumps(asdict(found), ensure_ascii=False, default=_written)
    return Response(body, content_type="application/json; charset=utf-8")


def _written(value: object) -> object:
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in JSON")


def number(request: Any, name: str, usual: int, *, most: int) -> int:
    """A whole number from the address, from 1 to `most`; what is none is the usual one."""
    text = request.args.get(name) or ""
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        return usual
    return min(max(int(text), 1), most)
