"""Numbers for words, as long as they are used: 24 bytes a word, where a dict of texts takes 120."""

from __future__ import annotations

from collections.abc import Sequence

from monitor.stories.numbers import doubled, numbers

_FIRST = 16


class Vocabulary:
    """Words by number, from 1. A word is known by its hash of 64 bits, which no two share.

    Python salts them anew at every start: nobody can send words of one bucket.
    """

    def __init__(self, most: int) -> None:
        """Room for `most` words at a time."""
        self._most = most
        self.seen = numbers("I", _FIRST)  # uses of a word, by number
        self.newest = numbers("I", _FIRST)  # and where the newest of them is
        self._keys = numbers("q", _FIRST)
        self._next = numbers("I", _FIRST)  # in its bucket, or of those that are free
        self._buckets = numbers("I", _FIRST)
        self._end = 1  # the first number that was never given; 0 stands for none
        self._free = 0
        self._used = 0

    @property
    def room(self) -> int:
        """Words that can still be taken."""
        return self._most - self._used

    def find_all(self, words: Sequence[str]) -> list[int]:
        """The number of each word; 0 if it has none."""
        buckets, keys, following = self._buckets, self._keys, self._next
        mask = len(buckets) - 1
        found = []
        for key in map(hash, words):
            number = buckets[key & mask]
            while number and keys[number] != key:
                number = following[number]
            found.append(number)
        return found

    def take_all(self, words: Sequence[str]) -> list[int]:
        """The number of each word, of which no two are the same; a new one if it has none."""
        found = self.find_all(words)
        return [number or self._new(hash(word)) for number, word in zip(found, words, strict=True)]

    def _new(self, key: int) -> int:
        number = self._free
        if number:
            self._free = self._next[number]
        else:
            if self._end == len(self._keys):
                self._double()
            number = self._end
            self._end += 1
        self._keys[number], self.seen[number] = key, 0
        self._used += 1
        self._link(number)
        return number

    def _link(self, number: int) -> None:
        bucket = self._keys[number] & len(self._buckets) - 1
        self._next[number] = self._buckets[bucket]
        self._buckets[bucket] = number

    def drop(self, number: int) -> None:
        """A word that is used no more; its number becomes another's."""
        bucket = self._keys[number] & len(self._buckets) - 1
        at = self._buckets[bucket]
        if at == number:
            self._buckets[bucket] = self._next[number]
        else:
            while self._next[at] != number:
                at = self._next[at]
            self._next[at] = self._next[number]
        self._next[number] = self._free
        self._free = number
        self._used -= 1

    def _double(self) -> None:
        """Called when every number is in use. What the new halves hold is written over in time."""
        self.seen = doubled(self.seen)
        self.newest = doubled(self.newest)
        self._keys = doubled(self._keys)
        self._next = doubled(self._next)
        self._buckets = numbers("I", len(self._keys))
        for number in range(1, self._end):
            self._link(number)
