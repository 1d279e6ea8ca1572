"""Which of the last items have rare words of their headlines in common with a new one.

What is kept of a word in a headline are three numbers in a ring; of a word, four numbers. Both are
bounded: when there is no room, the headlines of the oldest items are forgotten, whose texts are
still compared. A feed that invents words can do no more than that.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache

from monitor.stories.numbers import doubled, numbers
from monitor.stories.vocabulary import Vocabulary

MOST_WORDS = 48  # of one headline; of 41,000 headlines in five languages the longest has 31
MOST_PLACES = 3 * 2**20  # words of all headlines: 26 for each of 120,000; Chinese ones have 19
MOST_DIFFERENT = 2**19 - 1  # of them; 36,000 Korean and English headlines have 61,000
LEAST_HEADLINE = 0.3
LEAST_WORDS = 3  # shared by two headlines that tell of one event: who, what and where
MOST_HEADLINES = 4  # items that are looked at for their headline alone
_NEWEST = 24  # items that are looked at for one word: what matters came lately
_TOO_COMMON = 0.02  # share of items with a word from which it finds no candidates
_PRIOR = 400  # items that the window is taken to have seen already: weighs words before it has
_FIRST_ROOM = 16  # items
_PLACE = 2**32 - 1
_FIRST_PLACES = MOST_WORDS

Weights = Mapping[int, float]  # by the number of a word; below zero where no headline has it


class Headlines:
    """The headlines of items, numbered from 1 as they come; the oldest are forgotten first."""

    def __init__(self, places: int = MOST_PLACES, different: int = MOST_DIFFERENT) -> None:
        """Remember so many words of headlines, so many of them different."""
        self._most_places = places
        self._vocabulary = Vocabulary(different)
        self._first = 1  # item whose headline is remembered
        self._end = 1
        self._begin = numbers("I", _FIRST_ROOM)  # the first place of an item
        self._many = numbers("B", _FIRST_ROOM)  # places of an item
        # By place, modulo their length: the word; and item << 32 | the word's next older place.
        self._word = numbers("I", _FIRST_PLACES)
        self._where = numbers("Q", _FIRST_PLACES)
        self._first_place = 0
        self._end_place = 0

    @property
    def worn(self) -> bool:
        """Half of the numbers that places can have were used."""
        return self._end_place > _PLACE // 2

    def add(self, words: Sequence[str]) -> None:
        """Remember a headline by its words, each of them once."""
        words = words[:MOST_WORDS]
        self._make_room(len(words))
        self._begin[self._end % len(self._begin)] = self._end_place
        self._many[self._end % len(self._many)] = len(words)
        self._link(words)
        self._end += 1

    def _link(self, words: Sequence[str]) -> None:
        """Make it the newest that has each of the words."""
        vocabulary, item, at = self._vocabulary, self._end << 32, self._end_place
        taken = vocabulary.take_all(words)
        seen, newest = vocabulary.seen, vocabulary.newest
        ring, where, length = self._word, self._where, len(self._word)
        for number in taken:
            ring[at % length] = number
            where[at % length] = item | newest[number]
            newest[number] = at
            seen[number] += 1
            at += 1
        self._end_place = at

    def _make_room(self, more: int) -> None:
        """Double a ring that is full, in which each number finds its place in one of the halves."""
        while self._end_place + more - self._first_place > len(self._word):
            if 2 * len(self._word) > self._most_places:
                self._forget()
            else:
                self._word = doubled(self._word)
                self._where = doubled(self._where)
        while self._vocabulary.room < more:
            self._forget()
        if self._end - self._first == len(self._begin):
            self._begin = doubled(self._begin)
            self._many = doubled(self._many)

    def forget_before(self, item: int) -> None:
        """Forget the headlines of items before this one."""
        while self._first < item:
            self._forget()

    def _forget(self) -> None:
        seen = self._vocabulary.seen
        for number in self._words(self._first):
            seen[number] -= 1
            if not seen[number]:
                self._vocabulary.drop(number)
        self._first_place += self._many[self._first % len(self._many)]
        self._first += 1

    def _words(self, item: int) -> Sequence[int]:
        """The numbers of an item's words; none of a headline that was forgotten."""
        if item < self._first:
            return ()
        ring, begin = self._word, self._begin[item % len(self._begin)] % len(self._word)
        end = begin + self._many[item % len(self._many)]
        words = ring[begin:end].tolist()
        return words if end <= len(ring) else words + ring[: end - len(ring)].tolist()

    def weights(self, words: Sequence[str], items: int) -> Weights:
        """How much each word says, by how few of so many items have it."""
        seen, every = self._vocabulary.seen, math.log(items + _PRIOR)
        found: dict[int, float] = {}
        for number in self._vocabulary.find_all(words):
            found[number or -1 - len(found)] = (every - _log(seen[number])) ** 2
        return found

    def likeness(self, mine: Weights, item: int, items: int) -> float:
        """Cosine of a headline and an item's; below LEAST_WORDS common words none."""
        seen, every = self._vocabulary.seen, math.log(items + _PRIOR)
        words = self._words(item)
        common = [mine[number] for number in words if number in mine]
        if len(common) < LEAST_WORDS:
            return 0.0
        theirs = sum([(every - _log(seen[number])) ** 2 for number in words])
        return sum(common) / math.sqrt(sum(mine.values()) * theirs)

    def sharing(self, mine: Weights, items: int) -> list[int]:
        """The few items whose headlines share most, by the weight of the words."""
        if sum([number > 0 for number in mine]) < LEAST_WORDS:
            return []
        limit = max(_TOO_COMMON * (items + _PRIOR), 8)
        seen, newest = self._vocabulary.seen, self._vocabulary.newest
        ring, length = self._where, len(self._where)
        found: dict[int, float] = defaultdict(float)
        # Of LEAST_WORDS shared words one at least is not among our two commonest.
        rarest = sorted(mine, key=mine.__getitem__, reverse=True)
        for number in rarest[: len(mine) - LEAST_WORDS + 1]:
            if number > 0 and seen[number] <= limit:
                weight, at = mine[number], newest[number]
                for _ in range(min(seen[number], _NEWEST)):
                    where = ring[at % length]
                    found[where >> 32] += weight
                    at = where & _PLACE
        # cos ≥ LEAST_HEADLINE needs at least its square of our own weight, whatever they say more
        least = LEAST_HEADLINE**2 * sum(mine.values())
        enough = [(weight, -item) for item, weight in found.items() if weight >= least]
        return [-item for _, item in sorted(enough, reverse=True)[:MOST_HEADLINES]]


@lru_cache(maxsize=4096)
def _log(count: int) -> float:
    return math.log(count + 0.5)
