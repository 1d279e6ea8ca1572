"""JSON Feed 1.0 and 1.1 (jsonfeed.org), which feedparser does not read."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from feeds.dates import RAW_LIMIT, parse_date
from feeds.document import ENTRY_LIMIT
from feeds.entries import NAME_LIMIT, collect, guid_text, primary_language
from feeds.piecewise import digest
from feeds.revision import revision
from feeds.text import body_text, one_line, title_text
from feeds.types import Entry, ParsedFeed
from feeds.urls import absolute_url

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import tzinfo

_TEXTS = ("content_html", "content_text", "summary")
_VERSIONS = {"1": "json10", "1.0": "json10", "1.1": "json11"}


def parse_json_feed(
    data: bytes, *, url: str, language: str, zone: tzinfo, known: Collection[str] | None = None
) -> ParsedFeed | str:
    """The feed in `data` (UTF-8), or why it is none. Links are resolved against `url`.

    Of items that are among the `known` (Entry.source) only that they are there; None gives no
    sources.
    """
    document = _loaded(data)
    version = _text(document, "version")
    if "jsonfeed.org/version/" not in version or not isinstance(document.get("items"), list):
        return "it is JSON, but no JSON Feed"
    items = document["items"]
    language = language or primary_language(_text(document, "language"))
    author = _author(document)
    convert = partial(_entry, url=url, language=language, zone=zone, author=author)
    if known is not None:
        said = repr((url, language, zone, author, revision("json"))).encode("utf-8", "replace")
        key = hashlib.blake2b(said, digest_size=32).digest()
        convert = partial(_unless_known, convert=convert, key=key, known=known)
    entries, skipped = collect(islice(items, ENTRY_LIMIT), convert)
    if len(items) > ENTRY_LIMIT:
        skipped["over-limit"] = len(items) - ENTRY_LIMIT
    return ParsedFeed(
        title=title_text(_text(document, "title"), references=False),
        url=absolute_url(_text(document, "home_page_url"), url),
        language=language,
        format=_VERSIONS.get(version.rpartition("/")[2], "json"),
        entries=entries,
        skipped=skipped,
    )


def _unless_known(
    item: dict[str, Any],
    *,
    convert: Callable[[dict[str, Any]], Entry],
    key: bytes,
    known: Collection[str],
) -> Entry:
    try:
        source = digest(json.dumps(item).encode(), key, known)
    except RecursionError:  # it takes more of it to write than to read
        source = ""
    if source in known:
        return Entry(source=source, unread=True)
    return replace(convert(item), source=source)


def _loaded(data: bytes) -> dict[str, Any]:
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _entry(item: dict[str, Any], *, url: str, language: str, zone: tzinfo, author: str) -> Entry:
    own_language = primary_language(_text(item, "language")) or language
    published = _text(item, "date_published") or _text(item, "date_modified")
    link = _text(item, "url") or _text(item, "external_url")
    return Entry(
        guid=guid_text(_text(item, "id")),
        url=absolute_url(link, url),
        title=title_text(_text(item, "title"), references=False),
        text=_longest_text(item),
        language=own_language,
        author=_author(item) or author,
        published_at=parse_date(published, zone=zone, language=own_language),
        published_raw=one_line(published, RAW_LIMIT),
        updated_at=parse_date(_text(item, "date_modified"), zone=zone, language=own_language),
    )


def _longest_text(item: dict[str, Any]) -> str:
    """Only what may win is converted."""
    texts = [""] * len(_TEXTS)
    values = [_text(item, name) for name in _TEXTS]
    for at in sorted(range(len(_TEXTS)), key=lambda at: -len(values[at])):
        if len(values[at]) >= max(map(len, texts)):
            texts[at] = body_text(values[at], references=_TEXTS[at] == "content_html")
    return max(texts, key=len)


def _author(thing: dict[str, Any]) -> str:
    """Version 1.1 has a list of authors, 1.0 one."""
    authors = thing.get("authors") or [thing.get("author")]
    names = [_text(author, "name") for author in authors if isinstance(author, dict)]
    return one_line(", ".join(filter(None, names)), NAME_LIMIT)


def _text(thing: dict[str, Any], key: str) -> str:
    """Identifiers may be numbers (JSON Feed 1.0: "coerce it to a string"); nothing else may."""
    value = thing.get(key)
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""
