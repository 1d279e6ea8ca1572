"""Which of overlapping finds stay."""

from __future__ import annotations

import pytest

from monitor.tagging.judge import CANDIDATE, CONFIRMED, Verdict
from monitor.tagging.resolve import resolve
from monitor.tagging.scan import Find, Form
from tests.support.lists import entity, name

ENTITIES = {
    each.id: each
    for each in (
        entity("short", "Kalma"),
        entity("long", "Wonsan-Kalma"),
        entity("whole", "Hwasong area"),
        entity("part", "Hwasong area homes", part_of="whole"),
        entity("joined", "ninth + congress"),
    )
}


def verdict(key: str, start: int, end: int, state: str = CONFIRMED, words=()) -> Verdict:
    return Verdict(Find(Form(key, name(key)), start, end, words), state, "name")


CASES = {
    "the longest wins": ([("short", 7, 12), ("long", 0, 12)], ["long"]),
    "the longest wins wherever it begins": ([("short", 0, 6), ("long", 4, 12)], ["long"]),
    "apart, both stay": ([("short", 0, 5), ("long", 6, 18)], ["short", "long"]),
    "side by side, both stay": ([("short", 0, 5), ("long", 5, 18)], ["short", "long"]),
    "confirmed before candidate": ([("long", 0, 12, CANDIDATE), ("short", 7, 12)], ["short"]),
    "a candidate where nothing is confirmed": ([("long", 0, 12, CANDIDATE)], ["long"]),
    "a whole named in its part": ([("whole", 0, 12), ("part", 0, 18)], ["whole", "part"]),
    "once and not twice": ([("long", 0, 12), ("long", 0, 12)], ["long"]),
    "words together hold their words only": (
        [("joined", 0, 40, CONFIRMED, ((0, 5), (35, 40))), ("short", 10, 15)],
        ["joined", "short"],
    ),
    "a name that is one of the words goes": (
        [("joined", 0, 40, CONFIRMED, ((0, 5), (35, 40))), ("short", 0, 5)],
        ["joined"],
    ),
    "a name longer than the word stays": (
        [("joined", 0, 40, CONFIRMED, ((0, 5), (35, 40))), ("long", 0, 12)],
        ["long", "joined"],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_overlaps(case: str) -> None:
    given, kept = CASES[case]
    for order in (given, given[::-1]):
        found = resolve([verdict(*each) for each in order], ENTITIES)
        assert [each.find.form.entity for each in found] == kept
