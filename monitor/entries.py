"""What is known of an entry before it is judged: from its text alone, and from its bytes.

Leaf: imports nothing of ours but such types too.
"""

from __future__ import annotations

from dataclasses import dataclass

from feeds.packed import packed
from feeds.types import Entry
from monitor.stories import Piece, Signature


@packed
@dataclass(frozen=True, slots=True, kw_only=True)
class TextKeys:
    """What an entry's own text and link are known by, wherever it stands."""

    link: str  # canonical; "" = none
    title_key: str  # host, title and day; "" where the host has to be the feed's
    text_key: str  # fingerprint of the title's words, for copies
    content_hash: str  # fingerprint of title and text, for edits


@packed
@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """What an entry's text says by itself: read by the process that parsed it, if it is there."""

    keys: TextKeys
    piece: Piece  # without what the entry does not say: time or publisher
    signature: Signature
    language: str
    segments: tuple[str, str] | None  # of title and text, for the search index; None: a long text


def studied(entry: Entry) -> Study | None:
    """What was read of an entry when it was parsed."""
    return entry.study if isinstance(entry.study, Study) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """An item in the window of the polled feed, known again by what its entry was read from."""

    item: int
    guid: str  # these as the feed gives them, whoever else has the same
    url: str
    title_key: str
    content_hash: str
    url_key: str = ""  # of the same link; "" = to be worked out


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What an entry of a known item is known by from now on, before it is read."""

    item: int
    source: str | None  # None: it has to be read
    title_key: str
