"""Small watchlists for tests of the tagger."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from monitor.tagging import Tagger
from monitor.types import Document, Entity, Mention, Name, Watchlist


def name(text: str, **how: Any) -> Name:
    return Name(text=text, language=how.pop("language", "en"), **how)


def entity(key: str, *names: str | Name, **what: Any) -> Entity:
    """An entity under the names given; a facility that stands by itself unless told otherwise."""
    listed = tuple(each if isinstance(each, Name) else name(each) for each in names)
    defaults = {"kind": "facility", "sector": "test", "name": key}
    return Entity(id=key, names=listed, **{**defaults, **what})


def watchlist(*entities: Entity, **words: tuple[str, ...]) -> Watchlist:
    return Watchlist(name="test", version="0", entities={e.id: e for e in entities}, **words)


def tagger(*entities: Entity, **words: tuple[str, ...]) -> Tagger:
    return Tagger(watchlist(*entities, **words))


def tag(tagger: Tagger, text: str, title: str = "") -> tuple[Mention, ...]:
    """The mentions, each checked to be where it says it is."""
    mentions = tagger.tag(Document(title=title, text=text))
    fields = {"title": title, "text": text}
    for mention in mentions:
        assert fields[mention.field][mention.start : mention.end] == mention.surface
    order = [(m.field != "title", m.start, m.end) for m in mentions]
    assert order == sorted(order)
    return mentions


def surfaces(mentions: Iterable[Mention], state: str = "confirmed") -> list[str]:
    return [mention.surface for mention in mentions if mention.state == state]


def ids(mentions: Iterable[Mention], state: str = "confirmed") -> set[str]:
    return {mention.entity for mention in mentions if mention.state == state}
