"""The items of one document: what a window of them says, without one where nothing is alike."""

from __future__ import annotations

import random
from datetime import date

import pytest

from monitor.stories import Signature, Twins, Window
from monitor.stories.rows import PACK, ROWS

DAY = date(2026, 11, 21)


def signatures(seed: int, *, values: int, words: int, length: int) -> list[Signature]:
    """Of a document whose items have rows of so many different values, and so many words."""
    dice = random.Random(seed)
    return [
        Signature(
            rows=PACK.pack(*(dice.randrange(values) for _ in range(ROWS))),
            words=tuple(sorted(map(str, dice.sample(range(words), k=min(8, words))))),
        )
        for _ in range(length)
    ]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    ("values", "words", "length"),
    [
        (2**32, 2_000, 60),  # nothing in common but a word now and then
        (2**32, 60, 60),
        (2**32, 12, 150),  # each word in more headlines than are looked at one by one
        (600, 2_000, 60),  # a row now and then
        (40, 30, 60),
    ],
)
def test_they_are_what_a_window_finds(seed: int, values: int, words: int, length: int) -> None:
    twins, window = Twins(DAY), Window()
    found = 0
    for place, one in enumerate(signatures(seed, values=values, words=words, length=length)):
        candidates = twins.candidates(one)
        assert candidates == window.candidates(one)
        found += bool(candidates)
        twins.add(one)
        window.add(place, one, DAY)
    assert found or values > 100


def test_where_nothing_is_alike_no_window_is_filled() -> None:
    twins = Twins(DAY)
    for one in signatures(5, values=2**32, words=100_000, length=80):
        assert not twins.candidates(one)
        twins.add(one)
    assert len(twins._window) == 0
