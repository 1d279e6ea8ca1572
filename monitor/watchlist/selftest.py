"""A watchlist's own tests: lines that must name an entity, and lines that must not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitor.types import Document, Entity, Mention, Watchlist

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A line that the watchlist does not read as its author meant it."""

    entity: str
    line: str
    expected: str  # hit | miss
    found: str  # confirmed | candidate | nothing
    surface: str = ""  # what was taken for the entity's name

    def __str__(self) -> str:
        must = "must name it" if self.expected == "hit" else "must not name it"
        got = f"{self.found} ({self.surface})" if self.surface else self.found
        return f"{self.entity}: {must}, got {got}: {self.line}"


def check(watchlist: Watchlist, tag: Callable[[Document], Iterable[Mention]]) -> list[Failure]:
    """Every self-test that fails under this tagger.

    A hit wants a confirmed mention; a miss fails with one, and passes with a candidate, which a
    person will see before it counts.
    """
    return [failure for entity in watchlist.entities.values() for failure in _failures(entity, tag)]


def _failures(entity: Entity, tag: Callable[[Document], Iterable[Mention]]) -> Iterator[Failure]:
    for expected, lines in (("hit", entity.hits), ("miss", entity.misses)):
        for line in lines:
            best = _best(entity, tag(Document(title="", text=line)))
            found = best.state if best else "nothing"
            if (found == "confirmed") != (expected == "hit"):
                surface = best.surface if best else ""
                yield Failure(
                    entity=entity.id, line=line, expected=expected, found=found, surface=surface
                )


def _best(entity: Entity, mentions: Iterable[Mention]) -> Mention | None:
    own = [mention for mention in mentions if mention.entity == entity.id]
    return min(own, key=lambda mention: mention.state != "confirmed", default=None)
