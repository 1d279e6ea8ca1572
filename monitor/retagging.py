"""The stored items under today's watchlists: worked out, shown, then stored in one transaction.

    compute     every item is tagged anew; those that change are staged beside the database
    difference  what is staged against what is stored, added up for people
    apply       the same, stored; then the staging is removed

Interrupted anywhere, the same steps again come to the same end: `compute` goes on where it was,
and `apply` is whole or has not happened. The writer's lock is held from before `compute` to the
end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from importlib.metadata import version
from types import TracebackType
from typing import Self

from monitor.articles.tagging import of_item
from monitor.compare import Difference, Tally, difference
from monitor.desk import Desk
from monitor.store import Store, retag
from monitor.store.corpus import BATCH, Corpus
from monitor.store.staging import Progress, Staging
from monitor.store.watched import digest
from monitor.stored import StoredItem
from monitor.types import Mention, Watchlist

Report = Callable[[int], None]  # called with how many more items are done


def silent(_: int) -> None:
    """Report to nobody."""


class Retag:
    """One retag of the items in a store. The store stays open, and ours, until it is over."""

    def __init__(self, store: Store, watchlists: Sequence[Watchlist], desk: Desk) -> None:
        self._store = store
        self._watchlists = watchlists
        self._desk = desk
        self._corpus = Corpus(store.db.conn)
        # Another program version may tag the same list otherwise.
        key = f"{digest(watchlists)} {version('wirewatch')}"
        self._staging = Staging(store.path, key, self._corpus)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._staging.close()

    @property
    def resumed(self) -> bool:
        """Whether there is something left of an interrupted run."""
        return self._staging.progress.done > 0

    @property
    def items(self) -> int:
        """How many items are stored."""
        return self._corpus.count()

    @property
    def changed(self) -> int:
        """How many items change."""
        return len(self._staging)

    def compute(self, report: Report = silent) -> None:
        """Tag every item not worked out yet, and those edited or read in full since they were."""
        progress = self._take_in_edits()
        report(self.items - self._corpus.count(after=progress.done))  # done the last time
        for batch in self._corpus.items(after=progress.done):
            last = batch[-1]
            progress = replace(progress, done=last.id, seen_at=last.first_seen_at)
            self._staging.put([i.id for i in batch], self._tagged(batch), progress)
            report(len(batch))

    def _take_in_edits(self) -> Progress:
        """Tag again what came to items since an interrupted run: the daemon may have followed it.

        Edits are told by their number, full texts by their time: those of the same instant twice.
        """
        progress, corpus = self._staging.progress, self._corpus
        newest, article = corpus.newest_revision(), corpus.newest_article()
        new = {*corpus.edited(progress.revision), *corpus.with_articles_since(progress.article)}
        edited = sorted(i for i in new if i <= progress.done)
        for start in range(0, len(edited), BATCH):
            batch = self._corpus.some(edited[start : start + BATCH])
            self._staging.put([i.id for i in batch], self._tagged(batch), progress)
        progress = replace(progress, revision=newest, article=article)
        self._staging.put((), (), progress)
        return progress

    def difference(self, report: Report = silent) -> Tally:
        """What is staged against what is stored."""
        tally = Tally(
            rules=self._desk.rules,
            entities={**self._corpus.entities(), **self._desk.entities},
            news_since=self._corpus.news_since(),
        )
        for pairs in self._staged():
            announced = self._corpus.announced(item.story for item, _ in pairs)
            for item, after in pairs:
                tally.add(item, item.mentions, after, announced)
            report(len(pairs))
        tally.items = self.items
        return tally

    def apply(self, now: datetime, report: Report = silent) -> None:
        """Store it all.

        Raises:
            StoreError: the disk is full or fails; nothing was changed then.
        """
        retag.apply(self._store, self._watchlists, self._changes(report), now=now)
        self._staging.remove()

    def discard(self) -> None:
        """Forget what was worked out."""
        self._staging.remove()

    def _changes(self, report: Report) -> Iterator[tuple[StoredItem, Difference]]:
        for pairs in self._staged():
            for item, after in pairs:
                yield item, difference(item.mentions, after)
            report(len(pairs))

    def _staged(self) -> Iterator[list[tuple[StoredItem, tuple[Mention, ...]]]]:
        for staged in self._staging.batches():
            yield [(item, staged[item.id]) for item in self._corpus.some(list(staged))]

    def _tagged(self, items: Sequence[StoredItem]) -> list[tuple[int, tuple[Mention, ...]]]:
        """The new mentions of those that change."""
        found = ((item, of_item(self._desk.tag, item)) for item in items)
        return [(i.id, after) for i, after in found if difference(i.mentions, after)]
