"""From the names of watchlists to one function that tags with all of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from monitor.desk import Tag
from monitor.errors import ConfigError
from monitor.tagging import Tagger
from monitor.types import Document, Mention, Watchlist
from monitor.watchlist import load


def read_watchlists(names: Sequence[str | Path]) -> list[Watchlist]:
    """Load the watchlists.

    Raises:
        ConfigError: one of them is wrong, or two of them claim the same entity.
    """
    lists = [load(name) for name in names]
    owners: dict[str, str] = {}
    for watchlist in lists:
        for entity in watchlist.entities:
            if entity in owners:
                raise ConfigError(
                    [f"entity {entity!r} is in two watchlists: {owners[entity]}, {watchlist.name}"]
                )
            owners[entity] = watchlist.name
    return lists


def tag_with(watchlists: Sequence[Watchlist]) -> Tag:
    """One function that finds the names of all the lists."""
    taggers = [Tagger(watchlist) for watchlist in watchlists]
    if len(taggers) == 1:
        return taggers[0].tag

    def tag(document: Document) -> tuple[Mention, ...]:
        found = [mention for tagger in taggers for mention in tagger.tag(document)]
        return tuple(sorted(found, key=lambda m: (m.field != "title", m.start, m.end)))

    return tag
