"""What judging needs besides a poll and what is stored: the tagger, what is watched, the rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from alerts.rules import Rule
from feeds.pace import Bounds
from feeds.types import Entry, Feed
from monitor.alarm import Watch
from monitor.types import Document, Entity, Mention

Tag = Callable[[Document], tuple[Mention, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What judging needs besides the poll: the watchlist's tagger, its entities and the rules."""

    tag: Tag
    entities: Mapping[str, Entity]
    rules: Sequence[Rule] = ()
    routes: Mapping[str, Sequence[str]] = field(default_factory=dict)  # channel → outbox names
    watch: Watch = field(default_factory=Watch)  # who is told of feeds in trouble
    bounds: Bounds = field(default_factory=Bounds)  # of the pace of feeds
    baseline: timedelta = timedelta(0)  # of a new feed's first poll, what is alerted all the same

    def tagged(self, entry: Entry, feed: Feed, language: str) -> tuple[Mention, ...]:
        """What the entry names, as an article of this feed."""
        return self.tag(
            Document(
                title=entry.title,
                text=entry.text,
                language=language,
                source=feed.name,
                source_kind=feed.kind,
            )
        )
