"""What the garbage collector goes through."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from feeds.heap import settle


class Knot:
    """Only the collector can take it away."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def unsettled() -> Iterator[None]:
    yield
    gc.unfreeze()


def test_what_is_there_is_passed_by() -> None:
    knot = Knot()
    there = weakref.ref(knot)
    settle()
    assert not any(one is knot for one in gc.get_objects())
    del knot
    gc.collect()
    assert there()


def test_garbage_is_taken_away_the_next_time() -> None:
    knot = Knot()
    there = weakref.ref(knot)
    settle()
    del knot
    settle()
    assert not there()


def test_what_comes_later_is_collected() -> None:
    settle()
    knot = Knot()
    there = weakref.ref(knot)
    del knot
    gc.collect()
    assert not there()
