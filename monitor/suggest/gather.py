"""From stored items to suggestions: what is named there that the watchlist does not know."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from monitor.snippets import Snippet, snippet
from monitor.stored import StoredItem
from monitor.suggest.alike import Likeness, Listed
from monitor.suggest.extract import candidates
from monitor.suggest.span import Span
from monitor.tagging.shadow import Shadow
from monitor.tagging.words import Words
from monitor.types import Entity, Watchlist
from monitor.watchlist.keys import name_key

SNIPPETS = 3

# Stories and items in which a name stands → the entities that other items of these stories name
# and these do not, with the number of stories.
Instead = Callable[[Sequence[int], Sequence[int]], Mapping[str, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """A name in its surroundings."""

    item: int
    source: str
    first_seen_at: str
    snippet: Snippet


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A name that is not on the list: a facility's of its own, or another of an entity's."""

    name: str
    language: str
    kind: str
    sector: str
    stories: int
    items: int
    first_seen_at: str
    last_seen_at: str
    quotes: tuple[Quote, ...]
    like: tuple[Likeness, ...] = ()  # entities that it may be another name of; the likeliest first


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestions:
    """What a watchlist lacks, most stories first."""

    facilities: tuple[Suggestion, ...]
    aliases: tuple[Suggestion, ...]


@dataclass(slots=True, kw_only=True)
class _Found:
    """One name, under one key, as often as it was met."""

    span: Span
    language: str
    names: Counter[str] = field(default_factory=Counter)
    stories: set[int] = field(default_factory=set)
    items: set[int] = field(default_factory=set)
    first_seen_at: str = ""
    last_seen_at: str = ""
    quotes: list[Quote] = field(default_factory=list)

    def add(self, item: StoredItem, field: str, span: Span) -> None:
        if item.story not in self.stories and len(self.quotes) < SNIPPETS:
            self.quotes.append(
                Quote(
                    item=item.id,
                    source=item.source,
                    first_seen_at=item.first_seen_at,
                    snippet=snippet(item.field(field), span.start, span.end),
                )
            )
        self.names[span.name] += 1
        self.stories.add(item.story)
        self.items.add(item.id)
        self.first_seen_at = min(self.first_seen_at or item.first_seen_at, item.first_seen_at)
        self.last_seen_at = max(self.last_seen_at, item.first_seen_at)

    def take_in(self, longer: _Found) -> None:
        """Count a longer form of the name as this one."""
        self.stories |= longer.stories
        self.items |= longer.items
        self.first_seen_at = min(self.first_seen_at, longer.first_seen_at)
        self.last_seen_at = max(self.last_seen_at, longer.last_seen_at)
        self.quotes = (self.quotes + longer.quotes)[:SNIPPETS]


class Gathering:
    """Goes through items; what it keeps grows with the names that it meets, not with the texts."""

    def __init__(self, watchlists: Sequence[Watchlist]) -> None:
        entities: dict[str, Entity] = {}
        for watchlist in watchlists:
            entities.update(watchlist.entities)
        self._listed = Listed(entities.values())
        cues = [cue for watchlist in watchlists for cue in watchlist.cues]
        self._cues = Words(cues) if cues else None
        self._found: dict[tuple[str, str], _Found] = {}

    def add(self, item: StoredItem) -> None:
        """One item: its names of facilities that no mention covers and no list has."""
        new = [
            (field, span)
            for field in ("title", "text")
            for span in candidates(item.field(field), item.language)
            if not _covered(item, field, span) and not self._listed.knows(span.name)
        ]
        if new and self._about(item):
            for field, span in new:
                key = (item.language, name_key(span.name))
                found = self._found.setdefault(key, _Found(span=span, language=item.language))
                found.add(item, field, span)

    def suggestions(self, instead: Instead) -> Suggestions:
        """All of it, most stories first."""
        found = [self._suggestion(one, instead) for one in self._merged()]
        found.sort(key=lambda s: (-s.stories, -s.items, s.language, s.name))
        return Suggestions(
            facilities=tuple(s for s in found if not s.like),
            aliases=tuple(s for s in found if s.like),
        )

    def _about(self, item: StoredItem) -> bool:
        """Whether the item is about the lists' subject: it names something, or has a cue."""
        if item.mentions or self._cues is None:
            return True
        return any(self._cues.find(Shadow(item.title, item.text)).values())

    def _merged(self) -> Iterable[_Found]:
        """A name with a word before it that only stood there is counted as the name.

        Headlines, titles of persons and texts without blanks put such words there.
        """
        left = dict(self._found)
        for key in sorted(self._found, key=lambda key: -len(key[1])):
            longer = left[key]
            for name in _tails(longer.names.most_common(1)[0][0], longer.language):
                own = left.get((longer.language, name_key(name)))
                if own and own is not longer and _as_often(own, longer):
                    own.take_in(longer)
                    del left[key]
                    break
        return left.values()

    def _suggestion(self, found: _Found, instead: Instead) -> Suggestion:
        return Suggestion(
            name=found.names.most_common(1)[0][0],
            language=found.language,
            kind=found.span.kind.slug,
            sector=found.span.kind.sector,
            stories=len(found.stories),
            items=len(found.items),
            first_seen_at=found.first_seen_at,
            last_seen_at=found.last_seen_at,
            quotes=tuple(found.quotes),
            like=tuple(self._like(found, instead)),
        )

    def _like(self, found: _Found, instead: Instead) -> Iterator[Likeness]:
        """Entities that others of its stories name in its place, then those spelt alike."""
        named = instead(sorted(found.stories), sorted(found.items))
        seen = set()
        for entity, stories in sorted(named.items(), key=lambda pair: (-pair[1], pair[0])):
            if self._listed.has_kind(entity, found.span):
                seen.add(entity)
                of = "its story" if stories == 1 else f"{stories} of its stories"
                reason = f"named in its place by other items of {of}"
                yield Likeness(entity=entity, reason=reason)
        for likeness in self._listed.like(found.span, found.language):
            if likeness.entity not in seen:
                yield likeness


def _covered(item: StoredItem, field: str, span: Span) -> bool:
    """Whether a mention stands where the name's head noun does.

    One that covers only the name's beginning is of another thing: the hospital of a watched street.
    """
    return any(m.field == field and m.start < span.end <= m.end for m in item.mentions)


def _tails(name: str, language: str) -> Iterator[str]:
    """The name without its first word, its first two …; by characters where no blanks part it."""
    if language in ("en", "ru") or " " in name:
        words = name.split(" ")
        yield from (" ".join(words[at:]) for at in range(1, len(words)))
    else:
        yield from (name[at:] for at in range(1, len(name)))


def _as_often(name: _Found, longer: _Found) -> bool:
    return name.span.kind is longer.span.kind and len(name.stories) >= len(longer.stories)
