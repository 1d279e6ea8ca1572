"""What grouping, identity and language need of an entry's text alone.

That is half of what it takes to judge a new entry, and needs nothing that is stored: the parser
processes do it, on every core, and the thread that writes only compares (`monitor.reading`). What
comes without it is studied when it is asked for.
"""

from __future__ import annotations

from datetime import UTC, datetime

from feeds.types import Entry, Feed, ParsedFeed
from monitor.entries import Study, studied
from monitor.identity import text_keys
from monitor.language import detect
from monitor.segments import segment
from monitor.stories import Piece, Signature, read, sign
from monitor.stories.piece import publisher_of

SEGMENTED = 10_000  # characters of a text, which doubles in size
_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)


def study(entry: Entry, declared: str) -> Study:
    """All of it; `declared` is the language that the entry or its feed says it is in."""
    piece = _piece(entry)
    return Study(
        keys=text_keys(entry),
        piece=piece,
        signature=sign(piece),
        language=language_of(entry, declared),
        segments=_segments(entry) if len(entry.text) <= SEGMENTED else None,
    )


def shape_of(entry: Entry) -> tuple[Piece, Signature]:
    """What grouping compares, without what the entry does not say: its time, or its publisher."""
    if found := studied(entry):
        return found.piece, found.signature
    piece = _piece(entry)
    return piece, sign(piece)


def language_of(entry: Entry, declared: str) -> str:
    """The language of an entry's text."""
    found = studied(entry)
    return found.language if found else detect(f"{entry.title} {entry.text}", declared)


def declared(entry: Entry, feed: Feed, parsed: ParsedFeed) -> str:
    """The language that an entry says it is in, or else its feed."""
    return entry.language or feed.language or parsed.language


def _segments(entry: Entry) -> tuple[str, str]:
    return segment(entry.title), segment(entry.text)


def _piece(entry: Entry) -> Piece:
    at, publisher = entry.published_at or _NO_TIME, publisher_of(entry.url)
    return read(entry.title, entry.text, at=at, publisher=publisher)
