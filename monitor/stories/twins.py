"""The new items of one document, and which of them a further one may be a copy of.

A window of their own answers that. It is filled only when two of them have something in common by
which it could find one for the other: in most documents no two have.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date

from monitor.stories.headlines import LEAST_WORDS
from monitor.stories.window import Candidate, Signature, Window

_COMMON = 32  # items with a word, from which on it counts as common to all: each is looked at


class Twins:
    """Signatures by their place among the new items, from 0."""

    def __init__(self, day: date, expected: int = 0) -> None:
        """`day` on which they are met; `expected`: how many they may be, for their room."""
        self._day = day
        self._signatures: list[Signature] = []
        self._rows: set[int] = set()  # numbers of all signatures
        self._words: dict[str, list[int]] = defaultdict(list)  # in whose headlines they stand
        self._window = Window(room=1 << max(expected, 15).bit_length())

    def add(self, signature: Signature) -> None:
        """Remember the next one."""
        place = len(self._signatures)
        self._signatures.append(signature)
        self._rows.update(signature.numbers)
        for word in signature.words:
            self._words[word].append(place)

    def candidates(self, signature: Signature) -> tuple[Candidate, ...]:
        """What a window says that holds those so far."""
        if self._rows.isdisjoint(signature.numbers) and not self._share_words(signature):
            return ()
        for place in range(len(self._window), len(self._signatures)):
            self._window.add(place, self._signatures[place], self._day)
        return self._window.candidates(signature)

    def _share_words(self, signature: Signature) -> bool:
        """Whether any of them may have so many words of a headline that the window looks at it."""
        common, counts = 0, Counter[int]()
        for word in signature.words:
            places = self._words.get(word, ())
            if len(places) > _COMMON:
                common += 1
            else:
                counts.update(places)
        return common + max(counts.values(), default=0) >= LEAST_WORDS
