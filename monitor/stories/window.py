"""The items of the last days, in memory, so arranged that likely copies are found at once.

Two ways in. MinHash over long pieces of the text (rensa; Broder 1997), one row a band: of two texts
that share a fifth of their long pieces, 97 in 100 are found. And the words of headlines, weighed by
how rare they are. The signatures are kept in the database (table `signatures`), from which the
window is filled in the order of item numbers; so a restart changes nothing.
"""

from __future__ import annotations

import heapq
import math
import struct
from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from rensa import RMinHash

from monitor.stories.piece import Piece, probe_shingles

ROWS = 16  # P(found) = 1 - (1 - J)^16: 0.97 at J = 0.2, 0.99 at 0.25
SEED = 20  # a change of it, of ROWS or of ENGINE makes stored signatures worthless
ENGINE = f"rensa-{RMinHash.ALGORITHM_VERSION}-{ROWS}-{SEED}"
MOST_ITEMS = 120_000  # beyond that the oldest are forgotten before their time; about 250 MB
MOST_CANDIDATES = 8  # items that are compared in full
LEAST_ROWS = 2  # copies share three or more; one is a quotation or a house's phrase
LEAST_HEADLINE = 0.3
LEAST_WORDS = 3  # shared by two headlines that tell of one event: who, what and where
MOST_HEADLINES = 4  # items that are looked at for their headline alone
_NEWEST = 24  # items remembered of one headline word: what matters came lately
_TOO_COMMON = 0.02  # share of items with a word from which it finds no candidates
_PRIOR = 400  # items that the window is taken to have seen already: weighs words before it has

_PACK = struct.Struct(f"<{ROWS}I")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """What the window keeps of an item, and the database for it."""

    rows: bytes  # ROWS numbers of 4 bytes
    words: tuple[str, ...]  # of the headline, sorted


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An item that a new one may be a copy of, or of one event with."""

    item: int
    shared: int  # rows of the signature
    headline: float  # 0 to 1, by the weight of the words


def sign(piece: Piece) -> Signature:
    """The signature of an item."""
    engine = RMinHash(num_perm=ROWS, seed=SEED)
    engine.update(probe_shingles(piece))
    return Signature(rows=_PACK.pack(*engine.digest()), words=tuple(sorted(piece.words)))


class Window:
    """Signatures by item number, forgotten by the day."""

    def __init__(self, most: int = MOST_ITEMS) -> None:
        self._most = most
        self._rows: list[dict[int, int]] = [{} for _ in range(ROWS)]  # value → newest item
        self._words: dict[str, deque[int]] = {}
        self._seen: Counter[str] = Counter()  # word → items that have it
        self._items: dict[int, Signature] = {}
        self._days: deque[tuple[date, list[int]]] = deque()

    def __contains__(self, item: int) -> bool:
        return item in self._items

    def __len__(self) -> int:
        return len(self._items)

    def add(self, item: int, signature: Signature, day: date) -> None:
        """Remember an item; numbers and days must not fall."""
        self._items[item] = signature
        for table, value in zip(self._rows, _PACK.unpack(signature.rows), strict=True):
            table[value] = item
        for word in signature.words:
            self._words.setdefault(word, deque(maxlen=_NEWEST)).append(item)
        self._seen.update(signature.words)
        if not self._days or self._days[-1][0] < day:
            self._days.append((day, []))
        self._days[-1][1].append(item)
        if len(self._items) > self._most:
            self._forget(self._days[0][1][: self._most // 20])
            del self._days[0][1][: self._most // 20]
            self._drop_empty()

    def forget_before(self, day: date) -> None:
        """Forget the items of days before this one."""
        while self._days and self._days[0][0] < day:
            self._forget(self._days.popleft()[1])

    def _drop_empty(self) -> None:
        while self._days and not self._days[0][1]:
            self._days.popleft()

    def _forget(self, items: Iterable[int]) -> None:
        for item in items:
            signature = self._items.pop(item)
            for table, value in zip(self._rows, _PACK.unpack(signature.rows), strict=True):
                if table[value] == item:
                    del table[value]
            self._forget_words(item, signature.words)

    def _forget_words(self, item: int, words: Sequence[str]) -> None:
        for word in words:
            self._seen[word] -= 1
            found = self._words[word]
            if found and found[0] == item:
                found.popleft()
            if not self._seen[word]:
                del self._seen[word], self._words[word]

    def candidates(self, signature: Signature) -> tuple[Candidate, ...]:
        """The likeliest items, those that share most of the text first."""
        shared = Counter(
            table[value]
            for table, value in zip(self._rows, _PACK.unpack(signature.rows), strict=True)
            if value in table
        )
        likely = {item for item, rows in shared.most_common(MOST_CANDIDATES) if rows >= LEAST_ROWS}
        mine = self._weights(signature.words)
        found = []
        for item in likely.union(self._by_headline(mine)):
            headline = self._likeness(mine, self._items[item].words)
            if item in likely or headline >= LEAST_HEADLINE:
                found.append(Candidate(item=item, shared=shared[item], headline=headline))
        return tuple(sorted(found, key=lambda one: (-one.shared, -one.headline, one.item)))

    def likeness(self, one: Sequence[str], other: Sequence[str]) -> float:
        """Cosine of two headlines, their words weighed by how rare they are in the window."""
        return self._likeness(self._weights(one), other)

    def _likeness(self, mine: Mapping[str, float], other: Sequence[str]) -> float:
        shared = [mine[word] for word in other if word in mine]
        if len(shared) < LEAST_WORDS:
            return 0.0
        both = sum(shared)
        theirs = sum(self._weights(other).values())
        return both / math.sqrt(sum(mine.values()) * theirs)

    def _by_headline(self, mine: Mapping[str, float]) -> list[int]:
        """The few items whose headlines share most, by the weight of the words."""
        limit = max(_TOO_COMMON * (len(self._items) + _PRIOR), 8)
        found: dict[int, float] = {}
        # Of LEAST_WORDS shared words one at least is not among our two commonest.
        rare = heapq.nlargest(len(mine) - LEAST_WORDS + 1, mine, key=mine.__getitem__)
        for word in rare:
            weight = mine[word]
            if 0 < self._seen.get(word, 0) <= limit:
                for item in self._words[word]:
                    found[item] = found.get(item, 0.0) + weight
        # cos ≥ LEAST_HEADLINE needs at least its square of our own weight, whatever they say more
        least = LEAST_HEADLINE**2 * sum(mine.values())
        enough = [(weight, -item) for item, weight in found.items() if weight >= least]
        return [-item for _, item in heapq.nlargest(MOST_HEADLINES, enough)]

    def _weights(self, words: Sequence[str]) -> dict[str, float]:
        all_items, seen = math.log(len(self._items) + _PRIOR), self._seen
        return {word: (all_items - _log(seen.get(word, 0))) ** 2 for word in words}


@lru_cache(maxsize=4096)
def _log(count: int) -> float:
    return math.log(count + 0.5)
