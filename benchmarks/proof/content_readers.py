"""Readers of documents without one of the guards: what the twins hand to the parser processes.

Each takes what feeds.parse.parse takes. It runs in a process of its own, which it may spoil.
"""

from __future__ import annotations

import io
import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from xml.sax import make_parser
from xml.sax.handler import ContentHandler, feature_external_ges

from feeds import convert
from feeds import parse as guarded
from feeds.types import Entry, Feed, FeedError, ParsedFeed

Found = ParsedFeed | FeedError


def plain(body: bytes, _headers: Mapping[str, str], _feed: Feed, _url: str) -> ParsedFeed:
    """feedparser as it comes: nothing mended before, nothing forgiven."""
    import feedparser  # noqa: PLC0415 - all of it, which no other reader needs

    read = feedparser.parse(io.BytesIO(body))
    entries = tuple(
        Entry(
            guid=entry.get("id", ""),
            url=entry.get("link", ""),
            title=entry.get("title", ""),
            text=entry.get("summary", ""),
        )
        for entry in read.entries
    )
    return ParsedFeed(entries=entries, format=read.version)


class _Title(ContentHandler):
    """What stands in titles."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []

    def characters(self, content: str) -> None:
        self.words.append(content)


def obedient(body: bytes, _headers: Mapping[str, str], _feed: Feed, _url: str) -> ParsedFeed:
    """The same XML parser, told to take in what a document says stands elsewhere."""
    handler = _Title()
    reader = make_parser()
    reader.setFeature(feature_external_ges, True)
    reader.setContentHandler(handler)
    reader.parse(io.BytesIO(body))
    return ParsedFeed(entries=(Entry(title="".join(handler.words).strip()),))


def machine_dates(body: bytes, headers: Mapping[str, str], feed: Feed, url: str) -> Found:
    """With dates as feedparser has them, and made a moment by time.mktime, on a machine in Seoul."""
    from feedparser.datetimes import _parse_date  # noqa: PLC0415 - its `*_parsed`

    os.environ["TZ"] = "Asia/Seoul"
    time.tzset()

    def read(raw: str, **_: Any) -> datetime | None:
        parts = _parse_date(raw)
        return datetime.fromtimestamp(time.mktime(parts), UTC) if parts else None

    convert.parse_date = read  # type: ignore[assignment]
    return guarded.parse(body, headers, feed, url)


def servers_word(body: bytes, headers: Mapping[str, str], feed: Feed, url: str) -> Found:
    """Decoded as `response.text` is: as the server says, else as UTF-8; and nothing judged."""
    said = headers.get("content-type", "").partition("charset=")[2] or "utf-8"
    try:
        text = body.decode(said, "replace")
    except LookupError:
        text = body.decode("utf-8", "replace")
    guarded.is_garbled = lambda *_: False
    declared = {**headers, "content-type": "application/rss+xml; charset=utf-8"}
    return guarded.parse(text.encode("utf-8", "replace"), declared, feed, url)
