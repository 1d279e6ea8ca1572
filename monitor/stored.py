"""A stored item with its mentions, as the commands read it that go through everything stored.

Leaf: imports nothing of ours but the mentions' own type.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from monitor.types import Document, Mention


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredItem:
    """An item in its newest version."""

    id: int
    story: int
    relation: str  # original | copy
    title: str
    text: str
    language: str
    url: str
    first_seen_at: str  # UTC, as stored
    feed: int
    source: str  # the feed's name
    source_url: str
    source_kind: str
    mentions: tuple[Mention, ...]  # as stored
    article: str = ""  # its full text; "" = none

    @property
    def document(self) -> Document:
        """The item as the judge hands it to the tagger."""
        return Document(
            title=self.title,
            text=self.text,
            language=self.language,
            source=self.source,
            source_kind=self.source_kind,
        )

    def field(self, name: str) -> str:
        """The text that a mention's span counts in."""
        return {"title": self.title, "article": self.article}.get(name, self.text)


class SilentName(NamedTuple):
    """A listed name that has not been met for long."""

    entity: str
    entity_name: str
    language: str
    name: str
    last_seen_at: str | None  # None: never
