"""A text as the judge sees it: its sentences, and where the words that decide stand in it."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from monitor.tagging.boundaries import begins
from monitor.tagging.shadow import BORDER, Shadow
from monitor.tagging.words import Places
from monitor.types import Watchlist

# Korean texts run sentences together when lines are joined: "…하였다.올해".
_STOP: Final = re.compile(r"[.!?][\"')\]]*\s|(?<=[다요까라])\.(?=[가-힣])|[。！？\n" + BORDER + "]")
# A full stop after an initial or one of these ends no sentence ("No. 1", "Mt. Kumgang").
_ABBREVIATED: Final = re.compile(r"\b(?:nos?|mt|st|mrs?|dr|gen|им|[a-zа-я])$")
_OPENING: Final = 400  # characters at the head of a text that tell what it is about
_LONGEST_MASK: Final = 80  # characters
_MANY: Final = 3  # cues that make it a text about the subject wherever they stand
_NEXT_TO: Final = 12  # characters between a name and a place that says where it is
_BESIDE: Final = 40  # characters between a name and a word that stands beside it


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of a watchlist that are looked for in every text."""

    cues: frozenset[str]
    foreign: frozenset[str]
    masks: frozenset[str]

    @classmethod
    def of(cls, watchlist: Watchlist) -> Vocabulary:
        return cls(*map(frozenset, (watchlist.cues, watchlist.foreign, watchlist.masks)))


class Reading:
    """What stands where in one text."""

    def __init__(
        self, vocabulary: Vocabulary, shadow: Shadow, places: Mapping[str, Places]
    ) -> None:
        found = places.keys()
        self.shadow = shadow
        self.folded = shadow.folded
        self._places = places
        self._ends = [0, *_stops(shadow.folded)]
        self._size = len(shadow.folded)
        self.border = shadow.folded.index(BORDER)
        self.masks = sorted(span for mask in vocabulary.masks & found for span in places[mask])
        self.cues = self._starts(vocabulary.cues & found)
        self._foreign = self._starts(vocabulary.foreign & found)
        self._own = bool(self.cues) and (self._opens() or len(self.cues) >= _MANY)

    def _starts(self, words: Iterable[str]) -> list[int]:
        return sorted(
            start
            for word in words
            for start, end in self._places[word]
            if begins(self.folded, start) and not self._hidden(start, end)
        )

    def add_cues(self, places: Iterable[int]) -> None:
        """Names that are sure show what a text is about as well as any cue."""
        self.cues = sorted((*self.cues, *places))

    def sentence(self, place: int) -> tuple[int, int]:
        """Start and end of the sentence that `place` stands in."""
        at = bisect_right(self._ends, place)
        return self._ends[at - 1], self._ends[at] if at < len(self._ends) else self._size

    def about(self, place: int) -> bool:
        """Whether the passage round `place`, or the text from its start, is about the subject."""
        return self.cue_within(*self.sentence(place)) or self._opens()

    def _opens(self) -> bool:
        return self.cue_within(0, self.border + _OPENING)

    def abroad(self, start: int, end: int) -> bool:
        """Whether another country's namesake is meant.

        A foreign word in the sentence, and no cue there, says so; in a text that is about the
        subject (which speaks of other countries too) only one right beside the name does.
        """
        low, high = self.sentence(start)
        if self.cue_within(low, high):
            return False
        if self._own:
            low, high = max(low, start - _NEXT_TO), min(high, end + _NEXT_TO)
        return _any_within(self._foreign, low, high)

    def cue_within(self, start: int, end: int) -> bool:
        """Whether a cue begins in the stretch."""
        return _any_within(self.cues, start, end)

    def words(self) -> AbstractSet[str]:
        """The listed words that stand anywhere."""
        return self._places.keys()

    def stands(self, words: Iterable[str]) -> bool:
        """Whether any of the words stands anywhere."""
        return any(self._places.get(word) for word in words)

    def spans(self, words: Iterable[str]) -> Places:
        """Where the words stand, in order; not inside a longer one of them or a look-alike."""
        kept: Places = []
        standing = [
            span for word in words for span in self._places.get(word, ()) if not self._hidden(*span)
        ]
        for start, end in sorted(standing, key=lambda span: (span[0], -span[1])):
            if not kept or end > kept[-1][1]:
                kept.append((start, end))
        return kept

    def beside(self, words: Iterable[str], start: int, end: int) -> bool:
        """Whether any of the words stands beside the stretch, in its sentence."""
        low, high = self.sentence(start)
        low, high = max(low, start - _BESIDE), min(high, end + _BESIDE)
        return any(
            low <= one and other <= high and not (start <= one and other <= end)
            for word in words
            for one, other in _within(self._places.get(word, []), low, high)
        )

    def masked(self, start: int, end: int) -> bool:
        """Whether a look-alike overlaps the stretch and is not a mere part of it."""
        return any(
            other > start and (one < start or other > end or (one, other) == (start, end))
            for one, other in self._masks_near(start, end)
        )

    def _hidden(self, start: int, end: int) -> bool:
        """Whether a word is only part of a look-alike: no cue then (a year of Juche is one)."""
        return any(
            other > start and other - one > end - start
            for one, other in self._masks_near(start, end)
        )

    def _masks_near(self, start: int, end: int) -> Places:
        return _within(self.masks, start - _LONGEST_MASK, end)


def _stops(folded: str) -> Iterator[int]:
    """Where sentences end."""
    for stop in _STOP.finditer(folded):
        start, end = stop.span()
        if folded[start] != "." or not _ABBREVIATED.search(folded, max(0, start - 4), start):
            yield end


def _within(places: Places, start: int, end: int) -> Places:
    """Those of the places, which are in order, that begin in the stretch."""
    return places[bisect_left(places, (start, 0)) : bisect_left(places, (end, 0))]


def _any_within(places: list[int], start: int, end: int) -> bool:
    at = bisect_left(places, start)
    return at < len(places) and places[at] < end
