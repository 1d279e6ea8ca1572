"""The items of the last days, in memory, so arranged that likely copies are found at once.

Two ways in. MinHash over long pieces of the text (rensa; Broder 1997), one row a band: of two texts
that share a fifth of their long pieces, 97 in 100 are found (rows.py). And the words of headlines,
weighed by how rare they are (headlines.py). The signatures are kept in the database (table
`signatures`), from which the window is filled in the order of item numbers; so a restart changes
nothing.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass
from datetime import date

from rensa import RMinHash

from feeds.packed import packed
from monitor.stories.headlines import LEAST_HEADLINE, MOST_WORDS, Headlines
from monitor.stories.piece import Piece, probe_shingles
from monitor.stories.rows import PACK, ROWS, Rows

SEED = 20  # a change of it, of ROWS or of ENGINE makes stored signatures worthless
ENGINE = f"rensa-{RMinHash.ALGORITHM_VERSION}-{ROWS}-{SEED}"
MOST_ITEMS = 120_000  # beyond that the oldest are forgotten before their time
MOST_CANDIDATES = 8  # items that are compared in full
LEAST_ROWS = 2  # copies share three or more; one is a quotation or a house's phrase


@packed
@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """What the window keeps of an item, and the database for it."""

    rows: bytes  # ROWS numbers of 4 bytes
    words: tuple[str, ...]  # of the headline, sorted

    @property
    def numbers(self) -> tuple[int, ...]:
        """The rows as numbers."""
        return PACK.unpack(self.rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An item that a new one may be a copy of, or of one event with."""

    item: int
    shared: int  # rows of the signature
    headline: float  # 0 to 1, by the weight of the words


def sign(piece: Piece) -> Signature:
    """The signature of an item. Of an endless headline the same words are left in every copy."""
    engine = RMinHash(num_perm=ROWS, seed=SEED)
    engine.update(probe_shingles(piece))
    words = sorted(piece.words)[:MOST_WORDS]
    return Signature(rows=PACK.pack(*engine.digest()), words=tuple(words))


class Window:
    """Signatures by item number, forgotten by the day. At its fullest it takes 80 MB."""

    def __init__(
        self, most: int = MOST_ITEMS, headlines: Headlines | None = None, room: int = 16
    ) -> None:
        """Remember so many items; `headlines` bounds how many words of them.

        `room`: items that are expected, a power of two. It grows by itself, but that takes time.
        """
        self._most = most
        self._rows = Rows(room)
        self._headlines = headlines or Headlines()
        self._days: deque[tuple[date, int]] = deque()  # and the first item of it, as `_rows` counts

    def __contains__(self, item: int) -> bool:
        return item in self._rows

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def worn(self) -> bool:
        """Its numbers are nearly used up, after years: a new one must be filled."""
        return self._headlines.worn

    def add(self, item: int, signature: Signature, day: date) -> None:
        """Remember an item; numbers and days must not fall."""
        if len(self._rows) == self._most:
            self._forget_before(self._rows.first + 1)
        if not self._days or self._days[-1][0] < day:
            self._days.append((day, self._rows.end))
        self._rows.add(item, signature.rows)
        self._headlines.add(signature.words)

    def forget_before(self, day: date) -> None:
        """Forget the items of days before this one."""
        while self._days and self._days[0][0] < day:
            self._days.popleft()
            self._forget_before(self._days[0][1] if self._days else self._rows.end)

    def _forget_before(self, number: int) -> None:
        self._rows.forget_before(number)
        self._headlines.forget_before(number)

    def candidates(self, signature: Signature) -> tuple[Candidate, ...]:
        """The likeliest items, those that share most of the text first."""
        rows, headlines, items = self._rows, self._headlines, len(self._rows)
        same = rows.sharing(signature.rows)
        shared = Counter(same) if same else _NOTHING
        likely = _likely(shared) if len(same) >= LEAST_ROWS else set()
        mine = headlines.weights(signature.words, items)
        found = []
        for at in likely.union(headlines.sharing(mine, items)):
            headline = headlines.likeness(mine, at, items)
            if at in likely or headline >= LEAST_HEADLINE:
                found.append(Candidate(item=rows.item(at), shared=shared[at], headline=headline))
        return tuple(sorted(found, key=lambda one: (-one.shared, -one.headline, one.item)))


_NOTHING: Counter[int] = Counter()


def _likely(shared: Counter[int]) -> set[int]:
    """The items that share most rows."""
    return {at for at, many in shared.most_common(MOST_CANDIDATES) if many >= LEAST_ROWS}
