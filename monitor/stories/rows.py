"""Which of the last items have a row of their signature in common with a new one.

Chained hashing over rings of numbers, as deflate looks for repetitions ("head" and "prev" of
zlib's deflate.c): a bucket leads to its newest item, an item to the next older one of its bucket.
Items are forgotten oldest first, so a chain ends where it meets a forgotten one, and nothing is
unlinked. An item takes 200 bytes; in dicts it took 1,200.
"""

from __future__ import annotations

import struct
from array import array
from bisect import bisect_left

from monitor.stories.numbers import doubled, numbers

ROWS = 16  # P(found) = 1 - (1 - J)^16: 0.97 at J = 0.2, 0.99 at 0.25
PACK = struct.Struct(f"<{ROWS}I")


class Rows:
    """The rows of the items `first` to `end - 1`, which it numbers itself, from 1."""

    def __init__(self, room: int = 16) -> None:
        """`room`: items that are expected, a power of two. Each doubling links all of them anew."""
        self.first = 1
        self.end = 1
        self._room = room  # an item's place is its number modulo this
        self._items = numbers("Q", room)
        self._values = numbers("I", ROWS * room)
        self._older = numbers("I", ROWS * room)
        self._newest = numbers("I", ROWS * room)  # by bucket

    def __len__(self) -> int:
        return self.end - self.first

    def __contains__(self, item: int) -> bool:
        at = bisect_left(range(self.first, self.end), item, key=self.item) + self.first
        return at < self.end and self.item(at) == item

    def item(self, number: int) -> int:
        """The item that has this number here."""
        return self._items[number & self._room - 1]

    def add(self, item: int, rows: bytes) -> None:
        """Remember an item, whose own number is higher than those before it."""
        if len(self) == self._room:
            self._double()
        number, mask = self.end, self._room - 1
        place = (number & mask) * ROWS
        self._items[number & mask] = item
        self._values[place : place + ROWS] = array("I", PACK.unpack(rows))
        self._link(number)
        self.end += 1

    def _link(self, number: int) -> None:
        """Make it the newest of its buckets."""
        mask, first = self._room - 1, self.first
        values, older, newest = self._values, self._older, self._newest
        place = (number & mask) * ROWS
        for row, value in enumerate(values[place : place + ROWS]):
            bucket = (value & mask) * ROWS + row
            before = newest[bucket]
            if before >= first:
                at = (before & mask) * ROWS + row
                if values[at] == value:  # nobody asks for the older one of two alike
                    before = older[at]
            older[place + row] = before
            newest[bucket] = number

    def _double(self) -> None:
        """Each number finds its place in one of the halves."""
        self._room *= 2
        self._items = doubled(self._items)
        self._values = doubled(self._values)
        self._older = doubled(self._older)
        self._newest = numbers("I", ROWS * self._room)
        for number in range(self.first, self.end):
            self._link(number)

    def forget_before(self, number: int) -> None:
        """Forget the items before the one that has this number here."""
        self.first = max(number, self.first)

    def sharing(self, rows: bytes) -> list[int]:
        """For each row the newest item, by its number here, that has the same value in it."""
        mask, first = self._room - 1, self.first
        values, older, newest = self._values, self._older, self._newest
        found = []
        for row, value in enumerate(PACK.unpack(rows)):
            number = newest[(value & mask) * ROWS + row]
            while number >= first:
                at = (number & mask) * ROWS + row
                if values[at] == value:
                    found.append(number)
                    break
                number = older[at]
        return found
