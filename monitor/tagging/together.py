"""Words that name an entity only when they stand together."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from monitor.tagging.reading import Reading
from monitor.tagging.scan import Find, Form
from monitor.tagging.shadow import squeeze
from monitor.tagging.words import Places, fixed_part
from monitor.types import Entity, Name, Together

_REACH: Final = 160  # characters from the first to the last word of a group within a sentence


class Joiner:
    """Finds the entities that are named by words together."""

    def __init__(self, entities: Iterable[Entity]) -> None:
        self._by_word: dict[str, list[_Wanted]] = defaultdict(list)
        for entity in entities:
            for together in entity.together:
                wanted = _Wanted(_form(entity, together), together)
                for word in _rarest(together):
                    self._by_word[word].append(wanted)

    def triggers(self) -> Iterator[str]:
        """A text without any of these need not be looked at."""
        return map(fixed_part, self._by_word)

    def possible(self, words: AbstractSet[str]) -> bool:
        """Whether some entity has a word of each group among these."""
        return any(
            all(not words.isdisjoint(group) for group in wanted.together.groups)
            for wanted in self._met(words)
        )

    def find(self, reading: Reading) -> Iterator[Find]:
        """Every stretch in which such words stand together."""
        for wanted in self._met(reading.words()):
            yield from _finds(wanted, reading)

    def _met(self, words: AbstractSet[str]) -> Iterable[_Wanted]:
        met = self._by_word.keys() & words
        return {id(wanted): wanted for word in met for wanted in self._by_word[word]}.values()


@dataclass(frozen=True, slots=True)
class _Wanted:
    form: Form
    together: Together


def _rarest(together: Together) -> tuple[str, ...]:
    """The group of the longest words (in bytes: a Han character tells more than a letter)."""
    return max(together.groups, key=lambda group: min(map(_telling, group)))


def _telling(word: str) -> int:
    fixed = squeeze(fixed_part(word))
    return len(fixed.strip(b"0123456789"))


def _finds(wanted: _Wanted, reading: Reading) -> Iterator[Find]:
    groups = [reading.spans(group) for group in wanted.together.groups]
    if not all(groups):
        return
    if wanted.together.within == "text":
        yield from (Find(wanted.form, *span, words=(span,)) for span in groups[0])
        return
    for words in _windows(groups, reading):
        yield Find(wanted.form, words[0][0], max(end for _, end in words), words)


def _form(entity: Entity, together: Together) -> Form:
    name = " + ".join(group[0] for group in together.groups)
    return Form(entity.id, Name(text=name, language="", needs_context=together.needs_context))


def _windows(groups: list[Places], reading: Reading) -> Iterator[tuple[tuple[int, int], ...]]:
    """A word of each group in one sentence, the nearest to each word of the rarest group."""
    fewest = min(groups, key=len)
    others = [group for group in groups if group is not fewest]
    seen: set[tuple[tuple[int, int], ...]] = set()
    for word in fewest:
        low, high = reading.sentence(word[0])
        nearest = [_nearest(group, word[0], low, high) for group in others]
        words = tuple(sorted((word, *(span for span in nearest if span))))
        near = len(words) == len(groups) and words[-1][1] - words[0][0] <= _REACH
        if near and words not in seen:
            seen.add(words)
            yield words


def _nearest(group: Places, place: int, low: int, high: int) -> tuple[int, int] | None:
    at = bisect_left(group, (place, place))
    near = [span for span in group[max(0, at - 1) : at + 1] if low <= span[0] and span[1] <= high]
    return min(near, key=lambda span: abs(span[0] - place), default=None)
