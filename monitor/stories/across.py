"""Whether two items in different languages may tell of the same event. Pure.

Words do not help here; watched entities, numbers and days do. What comes of it is a proposal for a
reviewer, never a merge: "the same power station in two languages on one day" is often two stories.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.stories.piece import numbers

APART = timedelta(days=2)
ENOUGH = 1.5
_YEAR = re.compile(r"(?:19|20)\d\d")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What an item says that is the same in every language."""

    entities: frozenset[str]
    numbers: frozenset[str]
    at: datetime

    @classmethod
    def of(cls, title: str, text: str, *, entities: Iterable[str], at: datetime) -> Told:
        """Read an item; years are no evidence, every text of the week has this one."""
        found = (n for n in numbers(f"{title} {text}") if not _YEAR.fullmatch(n))
        return cls(entities=frozenset(e for e in entities if e), numbers=frozenset(found), at=at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A proposal: how much speaks for it, and what."""

    score: float
    why: str


def across(new: Told, old: Told) -> Link | None:
    """Each shared entity counts one, each shared number half, up to two; 1.5 is enough."""
    if abs(new.at - old.at) > APART:
        return None
    entities, shared = new.entities & old.entities, new.numbers & old.numbers
    if not entities:
        return None
    everything = len(new.entities | old.entities)
    score = len(entities) * (0.5 + 0.5 * len(entities) / everything) + 0.5 * min(len(shared), 4)
    if score < ENOUGH:
        return None
    said = ", ".join([*sorted(entities)[:4], *sorted(shared)[:4]])
    return Link(score=score, why=f"both name {said}")
