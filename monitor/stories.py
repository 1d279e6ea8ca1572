"""Which items are the same text again. Pure.

Candidates share the words of their title (`Probe.text_key`); then the texts are compared by
overlapping pieces of five letters, which needs no knowledge of where words end in any script.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from feeds.types import Entry
from monitor.identity import words_only
from monitor.records import KnownItem

SHINGLE = 5  # letters
COMPARED = 4_000  # letters; beyond that two texts that agree so far are the same
# Real copies carry a byline, a credit line or a cut at the end; below this share of common pieces
# they are two texts under one headline.
ALIKE = 0.6
CUT = 0.9  # share of the shorter text that stands in the longer one: a copy that was cut
SHORT = 60  # letters; too little text to compare, so the title decides
SAME_HEADLINE = timedelta(hours=36)  # for items with hardly any text but the headline


def original(entry: Entry, now: datetime, candidates: Iterable[KnownItem]) -> KnownItem | None:
    """The first seen of the stored items that this new entry is a copy of."""
    same = [item for item in candidates if _same_text(entry, now, item)]
    return min(same, key=lambda item: item.id, default=None)


def _same_text(entry: Entry, now: datetime, item: KnownItem) -> bool:
    return alike(entry.text, item.text, apart=abs((entry.published_at or now) - _published(item)))


def _published(item: KnownItem) -> datetime:
    return item.published_at or item.first_seen_at


def alike(one: str, other: str, *, apart: timedelta) -> bool:
    """Whether two texts under the same headline, published so far apart, are the same text."""
    mine, theirs = words_only(one)[:COMPARED], words_only(other)[:COMPARED]
    if min(len(mine), len(theirs)) < SHORT:
        return apart <= SAME_HEADLINE
    a, b = _shingles(mine), _shingles(theirs)
    common = len(a & b)
    return common / len(a | b) >= ALIKE or common / min(len(a), len(b)) >= CUT


def _shingles(words: str) -> set[str]:
    return {words[i : i + SHINGLE] for i in range(len(words) - SHINGLE + 1)}
