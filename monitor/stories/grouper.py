"""Grouping without a database: items in the order of their arrival, for files and measurements.

The same window, the same comparison, the same placing as when the daemon stores a poll.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import date, timedelta

from monitor.stories.piece import Piece
from monitor.stories.place import Placement, place
from monitor.stories.window import Window, sign


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouped:
    """Where an item went."""

    story: int  # number of the story's first item, from 0
    placement: Placement


class Grouper:
    """Stories in memory. Two items whose dates are further apart than `days` are never one.

    The window is not moved by the items' dates: one that says 2099 would empty it.
    """

    def __init__(self, days: timedelta) -> None:
        self._days = days
        self._window = Window()
        self._pieces: dict[int, Piece] = {}
        self._story: list[int] = []
        self._known: dict[Hashable, int] = {}

    def add(self, piece: Piece, key: Hashable = None) -> Grouped:
        """The next item; one whose `key` (its address) came before is that item again, a copy."""
        number = len(self._story)
        if key is not None and key in self._known:
            first = self._known[key]
            self._story.append(self._story[first])
            again = Placement(relation="copy", of=first, why="the same address")
            return Grouped(story=self._story[first], placement=again)
        if key is not None:
            self._known[key] = number
        return self._placed(number, piece)

    def _placed(self, number: int, piece: Piece) -> Grouped:
        signature = sign(piece)
        found = [(c, self._pieces[c.item]) for c in self._window.candidates(signature)]
        near = ((c.item, old, c.headline) for c, old in found if self._near(piece, old))
        where = place(piece, near)
        self._story.append(number if where.of is None else self._story[where.of])
        self._pieces[number] = piece
        self._window.add(number, signature, date.min)
        self._forget()
        return Grouped(story=self._story[number], placement=where)

    def _near(self, one: Piece, other: Piece) -> bool:
        return abs(one.at - other.at) <= self._days

    def _forget(self) -> None:
        """Pieces are kept for what the window may still ask for."""
        if len(self._pieces) > 2 * len(self._window) + 1_000:
            self._pieces = {n: p for n, p in self._pieces.items() if n in self._window}
