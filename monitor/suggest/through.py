"""Through stored items to suggestions: for the command and for the desk's page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import Protocol

from monitor.stored import StoredItem
from monitor.suggest.gather import Gathering, Suggestions
from monitor.types import Watchlist


class Stored(Protocol):
    """What is gone through: monitor.store.corpus."""

    def items(self, *, since: str = "", after: int = 0) -> Iterator[list[StoredItem]]: ...

    def named_instead(self, stories: Sequence[int], items: Sequence[int]) -> dict[str, int]: ...


def through(
    corpus: Stored,
    watchlists: Sequence[Watchlist],
    *,
    since: str,
    after: int = 0,
    refused: AbstractSet[int] = frozenset(),
    step: Callable[[int], None] = lambda _: None,
) -> Suggestions:
    """What items first seen since, with ids above `after`, name and no list has.

    Stories that reviewers judged not relevant (`refused`) suggest nothing: what they name is not
    what is looked for. `step` is told how many items were gone through.
    """
    gathering = Gathering(watchlists)
    for batch in corpus.items(since=since, after=after):
        for item in batch:
            if item.story not in refused:
                gathering.add(item)
        step(len(batch))
    return gathering.suggestions(corpus.named_instead)
