"""What is in a watchlist, in numbers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from monitor.types import Watchlist


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Counts of one watchlist."""

    name: str
    version: str
    entities: int
    by_kind: Mapping[str, int]
    by_sector: Mapping[str, int]
    names: Mapping[tuple[str, str], int]  # by language and origin
    tests: int  # lines that check the list itself

    @property
    def by_language(self) -> Mapping[str, int]:
        """Names of every origin, by language."""
        counts: Counter[str] = Counter()
        for (language, _), number in self.names.items():
            counts[language] += number
        return counts


def report(watchlist: Watchlist) -> Report:
    """Counts the entities and names of a watchlist."""
    entities = watchlist.entities.values()
    return Report(
        name=watchlist.name,
        version=watchlist.version,
        entities=len(entities),
        by_kind=Counter(entity.kind for entity in entities),
        by_sector=Counter(entity.sector for entity in entities),
        names=Counter((name.language, name.origin) for each in entities for name in each.names),
        tests=sum(len(entity.hits) + len(entity.misses) for entity in entities),
    )
