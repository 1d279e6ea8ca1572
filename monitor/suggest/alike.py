"""Which watched entity an unknown name may be another name of, by how it is written. Pure."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from monitor.suggest.extract import candidates
from monitor.suggest.span import Span
from monitor.types import Entity
from monitor.watchlist.keys import name_key

_LONG = 8  # letters of a stem from which on two may differ
_SHORTEST = 4  # letters; shorter stems differ from too many others by one


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """An entity, and why a name may be one of its names."""

    entity: str
    reason: str


class Listed:
    """The names of the watchlists, by what stands before their head nouns."""

    def __init__(self, entities: Iterable[Entity]) -> None:
        self._known: set[str] = set()
        self._kinds: dict[str, set[str]] = defaultdict(set)
        self._stems: dict[tuple[str, str], dict[str, set[str]]] = defaultdict(dict)
        self._near: dict[tuple[str, str], dict[str, set[str]]] = defaultdict(dict)
        for entity in entities:
            for name in entity.names:
                self._known.add(name_key(name.text))
                for span in candidates(name.text, name.language):
                    if span.end == len(name.text):
                        self._add(entity.id, span, name.language)

    def _add(self, entity: str, span: Span, language: str) -> None:
        key, letters = (language, span.kind.slug), _letters(span.stem)
        self._kinds[entity].add(span.kind.slug)
        self._stems[key].setdefault(letters, set()).add(entity)
        for shorter in _shortened(letters):
            self._near[key].setdefault(shorter, set()).add(letters)

    def knows(self, name: str) -> bool:
        """Whether the name stands on a list, whoever reads what into it."""
        return name_key(name) in self._known

    def has_kind(self, entity: str, span: Span) -> bool:
        """Whether the entity has a name of the same kind."""
        return span.kind.slug in self._kinds.get(entity, ())

    def like(self, span: Span, language: str) -> list[Likeness]:
        """Entities with the same stem under another head noun, else with nearly the same stem."""
        key, letters = (language, span.kind.slug), _letters(span.stem)
        same = self._stems[key].get(letters, set())
        if same:
            return [
                Likeness(entity=e, reason="the same but for its last word") for e in sorted(same)
            ]
        near = {other for s in _shortened(letters) for other in self._near[key].get(s, ())}
        close = {stem for stem in near if distance(stem, letters) <= _allowed(stem, letters)}
        entities = {entity: stem for stem in sorted(close) for entity in self._stems[key][stem]}
        return [Likeness(entity=e, reason="spelt nearly the same") for e in sorted(entities)]


def _letters(stem: str) -> str:
    """A stem as it is compared: no blanks, no marks, Hangul in its parts (련 is near 연)."""
    return unicodedata.normalize("NFD", name_key(stem))


def _allowed(one: str, other: str) -> int:
    shorter = min(len(one), len(other))
    if shorter < _SHORTEST:
        return 0
    return 2 if shorter >= _LONG and one.isascii() else 1


def _shortened(letters: str) -> Iterator[str]:
    """The stem with up to two letters left out: two stems that are near share one of these."""
    yield letters
    once = {letters[:i] + letters[i + 1 :] for i in range(len(letters))}
    yield from once
    if len(letters) >= _LONG and letters.isascii():
        yield from {one[:i] + one[i + 1 :] for one in once for i in range(len(one))}


def distance(one: str, other: str) -> int:
    """How many letters must be put in, left out or changed (Levenshtein 1965)."""
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, start=1):
        before, row[0] = row[0], i
        for j, b in enumerate(other, start=1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (a != b))
    return row[-1]
