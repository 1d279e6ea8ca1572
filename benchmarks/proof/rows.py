"""What a row of the proof is: a promise, the figure that it is kept, and its broken twin.

A row runs the program under one kind of fault or attack and counts. Its twin does exactly the same
to a build without the guard, and must fail: a test that no fault can fail shows nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How much of it is done."""

    short: bool  # the form that fits into continuous integration: seconds a row
    seed: int
    folder: Path  # of this run alone; the caller removes it


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one run came to."""

    figure: str  # in the words of the row: "1,000 kills: 0 items lost, 0 alerts lost"
    held: bool  # whether the promise was kept, by the row's own limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A promise with its proof. `twin` runs the same without the guard that `without` names."""

    name: str  # one word or two, for `--only`
    promise: str  # a line, with its limit
    run: Callable[[Scale], Outcome]
    twin: Callable[[Scale], Outcome]
    without: str  # what the twin lacks
    needs: tuple[str, ...] = ()  # programs that must be there, such as "strace"
