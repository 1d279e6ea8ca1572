"""Which of the names that overlap counts: the longest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from monitor.tagging.judge import CONFIRMED, Verdict
from monitor.types import Entity


def resolve(verdicts: Iterable[Verdict], entities: Mapping[str, Entity]) -> list[Verdict]:
    """The verdicts that stay, in order of place.

    The longest name wins, and what is confirmed wins over what is not. Two things may share words
    with another name: a whole that is named inside its part, and words that stand together (only
    the words themselves are theirs, not what stands between them).
    """
    kept: list[Verdict] = []
    taken = _Taken()
    for verdict in sorted(verdicts, key=_rank):
        find = verdict.find
        held = taken.first(find.start, find.end)
        if held is None or _shares(verdict, held, entities):
            kept.append(verdict)
            for start, end in find.words or ((find.start, find.end),):
                taken.add(start, end, verdict)
    return sorted(kept, key=lambda each: (each.find.start, each.find.end, each.find.form.entity))


def _rank(verdict: Verdict) -> tuple[bool, int, bool, int]:
    find = verdict.find
    longest = max((end - start for start, end in find.words), default=find.end - find.start)
    return verdict.state != CONFIRMED, -longest, not find.words, find.start


def _shares(verdict: Verdict, held: _Held, entities: Mapping[str, Entity]) -> bool:
    find, holder = verdict.find, held.verdict.find
    if find.form.entity == holder.form.entity:
        return False
    if find.words or entities[holder.form.entity].part_of == find.form.entity:
        return True
    return bool(holder.words) and find.end - find.start > held.end - held.start


class _Held(NamedTuple):
    start: int
    end: int
    verdict: Verdict


class _Taken:
    """Who holds each character; names are short, so that looking them through is linear."""

    def __init__(self) -> None:
        self._held: dict[int, _Held] = {}

    def first(self, start: int, end: int) -> _Held | None:
        """What holds the first character of the stretch that is held."""
        for place in range(start, end):
            held = self._held.get(place)
            if held is not None:
                return held
        return None

    def add(self, start: int, end: int, verdict: Verdict) -> None:
        """Hold the stretch, where nothing holds it yet."""
        held = _Held(start, end, verdict)
        for place in range(start, end):
            self._held.setdefault(place, held)
