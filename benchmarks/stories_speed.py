"""What grouping costs: items a second, memory, and how both grow with the window.

    python -m benchmarks.stories_speed [ITEMS_MEASURED]

Items are made up: 300 to 900 characters in Korean, English and Russian words of invented spelling, by
the frequencies of real ones; a tenth are copies of one of the last 2,000 with some words changed. The
window is filled with the signatures of as many items of the three days before.

The second table is of a full window: of such a press, of headlines whose words never come again, and of
endless ones of these, as a hostile feed may send them. It ends with status 1 if one takes more than
80 MB (10^6 bytes).
"""

from __future__ import annotations

import random
import resource
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.measure import table
from monitor.stories import Piece, Signature, Window, place, read, sign
from monitor.stories.rows import ROWS
from monitor.stories.window import MOST_ITEMS

WINDOWS = (10_000, 30_000, 100_000, 1_000_000)
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
_ALPHABETS = (
    "가나다라마바사아자차카타파하고노도로모보소오조호",
    "abcdefghilmnoprstuv",
    "абвгдежзиклмнопрст",
)
_VOCABULARY = 40_000
_COPIES = 0.1
LIMIT = 80.0  # MB that a full window may take, whatever is in it
CHUNK = 250  # items


class _Press:
    """An endless press: titles and texts, some of them copies."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.words = [self._vocabulary(letters) for letters in _ALPHABETS]
        self.last: deque[tuple[str, str]] = deque(maxlen=2_000)

    def _vocabulary(self, letters: str) -> list[str]:
        shortest = 2 if letters[0] == "가" else 4
        return [
            "".join(self.random.choices(letters, k=self.random.randint(shortest, shortest + 4)))
            for _ in range(_VOCABULARY)
        ]

    def _some(self, words: list[str], count: int) -> list[str]:
        """Words by Zipf's law: the rank is exponential in an even draw."""
        return [words[int(_VOCABULARY ** self.random.random()) - 1] for _ in range(count)]

    def items(self) -> Iterator[tuple[str, str]]:
        while True:
            if self.last and self.random.random() < _COPIES:
                yield self._copy(*self.random.choice(self.last))
            else:
                words = self.random.choice(self.words)
                title = " ".join(self._some(words, 8))
                item = title, " ".join(self._some(words, self.random.randint(50, 150))) + "."
                self.last.append(item)
                yield item

    def _copy(self, title: str, text: str) -> tuple[str, str]:
        words = text.split()
        for at in self.random.sample(range(len(words)), k=len(words) // 15):
            words[at] = words[at][::-1]
        return title, " ".join(words)

    def signature(self, words_each: int = 8) -> Signature:
        words = self._some(self.random.choice(self.words), words_each)
        return Signature(
            rows=self.random.randbytes(4 * ROWS), words=tuple(sorted({w[:6] for w in words}))
        )


def invented(count: int) -> Callable[[random.Random], Signature]:
    """Signatures with so many words each that no other has."""

    def signature(dice: random.Random) -> Signature:
        words = tuple(sorted(dice.randbytes(5).hex() for _ in range(count)))
        return Signature(rows=dice.randbytes(4 * ROWS), words=words)

    return signature


def fullest(items: int = MOST_ITEMS) -> list[tuple[object, ...]]:
    """What is in a full window, the MB it takes, and the µs that an item took to fill it."""
    press = _Press(1)
    kinds: dict[str, Callable[[random.Random], Signature]] = {
        "a press": lambda _: press.signature(),
        "headlines of 20 words": lambda _: press.signature(20),
        "8 new words each": invented(8),
        "48 new words each": invented(48),
    }
    rows: list[tuple[object, ...]] = []
    for kind, signature in kinds.items():
        dice, window, before = random.Random(1), Window(), _memory()
        spent = 0.0
        for item in range(items):
            one = signature(dice)
            started = time.process_time()
            window.add(item, one, NOW.date())
            spent += time.process_time() - started
        rows.append((kind, len(window), (_memory() - before) * 2**20 / 1e6, 1e6 * spent / items))
        del window
    return rows


def filled(size: int, press: _Press) -> Window:
    """A window that has seen so many items."""
    window = Window()
    for item in range(size):
        window.add(item, press.signature(), (NOW - timedelta(days=2)).date())
    return window


def grouped(window: Window, press: _Press, first: int, count: int) -> tuple[float, int]:
    """Seconds of CPU an item, and how many were found to be copies.

    The quickest of the chunks, as timeit does it: what else the machine does only makes it slower.
    """
    pieces: dict[int, Piece] = {}
    copies, best = 0, float("inf")
    for at in range(first, first + count, CHUNK):
        made = [item for item, _ in zip(press.items(), range(CHUNK), strict=False)]
        started = time.process_time()
        for number, (title, text) in enumerate(made, start=at):
            piece = read(title, text, at=NOW, publisher=str(number % 50))
            signature = sign(piece)
            found = window.candidates(signature)
            known = [(c.item, pieces[c.item], c.headline) for c in found if c.item in pieces]
            copies += place(piece, known).relation == "copy"
            pieces[number] = piece
            window.add(number, signature, NOW.date())
        best = min(best, (time.process_time() - started) / CHUNK)
    return best, copies


def main() -> None:
    """Print the table."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 4_000
    rows: list[tuple[object, ...]] = []
    empty = _memory()
    for size in WINDOWS:
        press = _Press(1)
        before = _memory()
        window = filled(size, press)
        used = _memory() - before
        seconds, copies = grouped(window, press, size, count)
        rows.append((size, len(window), count, copies, 1 / seconds, 1e6 * seconds, used))
        del window
    print(
        table(
            ("items before", "in the window", "grouped", "copies", "items/s", "µs an item", "MiB"),
            rows,
        )
    )
    print(
        f"\nthe window forgets beyond {MOST_ITEMS} items; the program without it: {empty:.0f} MiB\n"
    )
    full = fullest()
    print(table(("full of", "items", "MB", "µs an item"), full))
    if max(float(str(row[2])) for row in full) > LIMIT:
        sys.exit(f"a full window takes more than {LIMIT:.0f} MB")


def _memory() -> float:
    """MiB that the process holds now; its peak where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        return pages * resource.getpagesize() / 2**20
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
