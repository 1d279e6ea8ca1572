"""A list of stories in other forms: Atom and JSON Feed for readers, JSON for programs, CSV.

Any feed reader can so subscribe to the queue, to an entity or to a sector: what a view of the queue
shows is what its twins hold. Atom is RFC 4287 with the paging of RFC 5005, JSON Feed is
https://jsonfeed.org/version/1.1. Everything in them is plain text; nothing of a feed's is markup.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any
from xml.etree import ElementTree as ET

from datasette.utils.asgi import Response

from monitor.clock import iso, iso_or_none
from monitor.review import cells, filters, page, served
from monitor.review.filters import View
from monitor.review.look import facts
from monitor.review.times import count
from monitor.store.desk import queue as stored
from monitor.store.desk.types import Cursor, QueuePage, Story, StoryRow

FEED_ENTRIES = 50  # stories in a feed; the next page stands in it
TABLE_ROWS = 1_000  # stories in a CSV: a spreadsheet's worth, and a second's work
_ATOM = "http://www.w3.org/2005/Atom"
# What XML 1.0 has no place for, even escaped (section 2.2).
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A view of the queue, ready to be written in any form."""

    title: str
    page_url: str
    self_url: str
    next_url: str  # "" at the end
    rows: tuple[StoryRow, ...]
    story_url: Callable[[int], str]


async def queue(datasette: Any, request: Any, view: View, twin: str) -> Response:
    """The stories of a view as `.json`, `.atom`, `.feed.json` or `.csv`."""
    if twin == ".csv":
        rows = await _rows(datasette, view, TABLE_ROWS)
        return _answer(request, table(rows), "text/csv; charset=utf-8")
    found = await _page(datasette, view, FEED_ENTRIES)
    if twin == ".json":
        return facts(found)
    listing = _listing(datasette, request, view, found, twin)
    if twin == ".atom":
        return _answer(request, atom(listing), "application/atom+xml; charset=utf-8")
    return _answer(request, json_feed(listing), "application/feed+json; charset=utf-8")


async def story(_datasette: Any, _request: Any, found: Story) -> Response:
    """A story with all that stands on its page."""
    return facts(found)


async def _page(datasette: Any, view: View, limit: int) -> QueuePage:
    now = served.now(datasette)
    return await served.read(
        datasette,
        lambda conn: stored.page(conn, view.filters, after=view.after, limit=limit, now=now),
    )


async def _rows(datasette: Any, view: View, most: int) -> list[StoryRow]:
    rows: list[StoryRow] = []
    after: Cursor | None = view.after
    while len(rows) < most:
        found = await _page(datasette, View(filters=view.filters, after=after), 100)
        rows += found.rows
        if found.next is None:
            break
        after = found.next
    return rows[:most]


def _listing(datasette: Any, request: Any, view: View, found: QueuePage, twin: str) -> Listing:
    def url(path: str) -> str:
        return str(datasette.absolute_url(request, datasette.urls.path(page.ROOT + path)))

    here = filters.query_string(view.filters, after=view.after)
    older = filters.query_string(view.filters, after=found.next) if found.next else ""
    return Listing(
        title=_title(view),
        page_url=url(here),
        self_url=url(f"{twin}{here}"),
        next_url=url(f"{twin}{older}") if older else "",
        rows=found.rows,
        story_url=lambda number: url(f"/story/{number}"),
    )


def _title(view: View) -> str:
    asked = [f"{name}: {value}" for name, value in filters.pairs(view.filters)]
    return "Wirewatch" + (f" ({', '.join(asked)})" if asked else ": stories to judge")


def _answer(request: Any, body: str, kind: str) -> Response:
    """With an ETag: readers ask again every few minutes (RFC 9110 section 13.1.2)."""
    mark = f'"{hashlib.sha256(body.encode()).hexdigest()[:32]}"'
    headers = {"etag": mark, "cache-control": "private, no-cache"}
    if mark in (request.headers.get("if-none-match") or ""):
        return Response("", status=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(body, headers=headers, content_type=kind)


def summary(row: StoryRow) -> str:
    """What a reader shows under the title: the words round the names, and what is known of them."""
    named = ", ".join(one.name for one in row.entities)
    lines = [
        *(excerpt.text for excerpt in row.excerpts),
        f"Names {named}." if row.confirmed else f"May name {named} (candidate).",
        f"{row.source}; {count(row.origins, 'origin')}, {_copies(row.copies)}.",
    ]
    if row.names_removed:
        lines.append(f"An edit removed: {', '.join(row.names_removed)}.")
    if row.vanished:
        lines.append("A source took it out.")
    return "\n".join(lines)


def _copies(number: int) -> str:
    return count(number, "copy", "copies")


def atom(listing: Listing) -> str:
    """The list as an Atom feed."""
    ET.register_namespace("", _ATOM)
    feed = ET.Element(f"{{{_ATOM}}}feed")
    _text(feed, "title", listing.title)
    _text(feed, "id", listing.self_url)
    _text(feed, "updated", iso(_newest(listing.rows)))
    _link(feed, "self", listing.self_url)
    _link(feed, "alternate", listing.page_url)
    if listing.next_url:
        _link(feed, "next", listing.next_url)
    for row in listing.rows:
        _entry(feed, row, listing.story_url(row.id))
    return ET.tostring(feed, encoding="unicode", xml_declaration=True)


def _newest(rows: Sequence[StoryRow]) -> datetime:
    start = datetime.fromisoformat("1970-01-01T00:00:00Z")
    return max((row.last_seen_at for row in rows), default=start)


def _entry(feed: ET.Element, row: StoryRow, url: str) -> None:
    entry = ET.SubElement(feed, f"{{{_ATOM}}}entry")
    _text(entry, "title", row.title)
    _text(entry, "id", url)
    _text(entry, "published", iso(row.first_seen_at))
    _text(entry, "updated", iso(row.last_seen_at))
    _text(ET.SubElement(entry, f"{{{_ATOM}}}author"), "name", row.source)
    _link(entry, "alternate", url)
    if row.url:
        _link(entry, "via", row.url)
    for one in row.entities:
        term = {"term": one.id, "label": _xml(one.name)}
        ET.SubElement(entry, f"{{{_ATOM}}}category", term)
    _text(entry, "summary", summary(row))


def _text(parent: ET.Element, name: str, words: str) -> None:
    ET.SubElement(parent, f"{{{_ATOM}}}{name}").text = _xml(words)


def _link(parent: ET.Element, relation: str, url: str) -> None:
    ET.SubElement(parent, f"{{{_ATOM}}}link", {"rel": relation, "href": _xml(url)})


def _xml(words: str) -> str:
    return _NO_XML.sub("\ufffd", words)


def json_feed(listing: Listing) -> str:
    """The list as a JSON Feed."""
    feed: dict[str, object] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": listing.title,
        "home_page_url": listing.page_url,
        "feed_url": listing.self_url,
    }
    if listing.next_url:
        feed["next_url"] = listing.next_url
    feed["items"] = [_json_item(row, listing.story_url(row.id)) for row in listing.rows]
    return json.dumps(feed, ensure_ascii=False)


def _json_item(row: StoryRow, url: str) -> dict[str, object]:
    item: dict[str, object] = {
        "id": url,
        "url": url,
        "title": row.title,
        "content_text": summary(row),
        "date_published": iso(row.first_seen_at),
        "date_modified": iso(row.last_seen_at),
        "authors": [{"name": row.source}],
        "tags": [one.id for one in row.entities],
        "_wirewatch": {
            "story": row.id,
            "state": row.state,
            "entities": [asdict(one) for one in row.entities],
            "origins": row.origins,
            "copies": row.copies,
            "names_removed": row.names_removed,
        },
    }
    if row.url:
        item["external_url"] = row.url
    if row.language:
        item["language"] = row.language
    return item


_COLUMNS: dict[str, Callable[[StoryRow], object]] = {
    "story": lambda row: row.id,
    "first_seen_at": lambda row: iso(row.first_seen_at),
    "title": lambda row: row.title,
    "source": lambda row: row.source,
    "source_kind": lambda row: row.source_kind,
    "language": lambda row: row.language,
    "url": lambda row: row.url,
    "published_at": lambda row: iso_or_none(row.published_at),
    "items": lambda row: row.items,
    "copies": lambda row: row.copies,
    "origins": lambda row: row.origins,
    "entities": lambda row: "; ".join(one.id for one in row.entities),
    "confirmed": lambda row: int(row.confirmed),
    "names_removed": lambda row: "; ".join(row.names_removed),
    "vanished": lambda row: int(row.vanished),
    "state": lambda row: row.state,
    "reviewer": lambda row: row.reviewer,
    "decided_at": lambda row: iso_or_none(row.decided_at),
}


def table(rows: Sequence[StoryRow]) -> str:
    """The list as CSV whose cells cannot act."""
    return cells.write([tuple(_COLUMNS), *([of(row) for of in _COLUMNS.values()] for row in rows)])
