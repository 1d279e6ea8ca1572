"""Where a new item belongs among its candidates. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from monitor.stories.compare import compare
from monitor.stories.piece import Piece


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """The relation of a new item, and the item that it has it to."""

    relation: str  # original | copy | same_event
    of: int | None  # item; None for an original
    why: str


ORIGINAL = Placement(relation="original", of=None, why="")


def place(new: Piece, candidates: Iterable[tuple[int, Piece, float]]) -> Placement:
    """Judge a new item against (item, piece, likeness of headlines): the best copy, else event.

    Of two that are equally good the first seen one is taken.
    """
    best, found = (0, 0.0, 0), ORIGINAL
    for item, piece, headline in candidates:
        verdict = compare(new, piece, headline=headline)
        if not verdict:
            continue
        rank = (int(verdict.relation == "copy"), verdict.score, -item)
        if found.of is None or rank > best:
            best = rank
            found = Placement(relation=verdict.relation, of=item, why=verdict.why)
    return found
