"""`/-/desk/chart/….svg`: the charts of the pages, as images."""

from __future__ import annotations

import re
from datetime import datetime
from http import HTTPStatus
from typing import Any

from datasette.utils.asgi import Response

from monitor.review import entity_page, overview_page, sources_page
from monitor.review.charts import NARROW, WIDE, weeks
from monitor.review.look import look, number
from monitor.store.desk import entity, overview, sources


async def chart(datasette: Any, request: Any) -> Response:
    """One chart: `entity/SLUG`, `source/ID` or `sectors`, of the same time as the page's.

    With `narrow=1` as a phone has room for.
    """
    name = request.url_vars["name"]
    drawing = await look(datasette, lambda conn, now: _drawing(conn, name, request, now))
    if drawing is None:
        return Response.text("no such chart", status=HTTPStatus.NOT_FOUND)
    return Response(drawing, content_type="image/svg+xml; charset=utf-8")


def _drawing(conn: Any, name: str, request: Any, now: datetime) -> str | None:
    kind, _, which = name.partition("/")
    if kind == "entity":
        return _of_entity(conn, which, request, now)
    if kind == "source" and re.fullmatch(r"\d{1,18}", which):
        return _of_source(conn, int(which), request, now)
    if name == "sectors":
        asked = overview_page.span(request, now)
        found = overview.overview(conn, since=asked.since, until=asked.until, now=now)
        return overview_page.small_charts(found, columns=2 if _width(request) == NARROW else 4)
    return None


def _of_entity(conn: Any, slug: str, request: Any, now: datetime) -> str | None:
    spans = entity_page.SPANS
    found = entity.entity(
        conn, slug, now=now, weeks=number(request, "weeks", spans[1], most=spans[-1])
    )
    if found is None:
        return None
    title = f"Stories a week that name {found.line.entity.name}"
    bars = entity_page.bars(found.weeks, found.trends)
    return weeks(bars, title=title, width=_width(request))


def _of_source(conn: Any, feed: int, request: Any, now: datetime) -> str | None:
    found = sources.source(conn, feed, now=now)
    if found is None:
        return None
    title = f"Items a week from {found.row.name}"
    return weeks(sources_page.bars(found.row.weeks), title=title, width=_width(request))


def _width(request: Any) -> int:
    return NARROW if request.args.get("narrow") else WIDE
