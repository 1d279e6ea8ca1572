"""Putting a retag into the database: one transaction, and only the rows that differ."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from monitor.clock import iso
from monitor.compare import Difference
from monitor.store import mentions, watched
from monitor.store.desk import facets
from monitor.store.store import Store
from monitor.stored import StoredItem
from monitor.types import Watchlist


def apply(
    store: Store,
    watchlists: Sequence[Watchlist],
    changes: Iterable[tuple[StoredItem, Difference]],
    *,
    now: datetime,
) -> None:
    """Make the mentions those of these watchlists. Alerts nobody.

    A mention that stays keeps its row, and with it the version and the time that it was found.

    Raises:
        StoreError: the disk is full or fails; nothing was changed then.
    """
    with store.transaction() as db:
        version = watched.replace(db, watchlists, now=now)
        stories = set()
        for item, change in changes:
            stories.add(item.story)
            mentions.delete(db, item.id, change.out)
            mentions.insert(
                db,
                item.id,
                change.new,
                fields={"title": item.title, "text": item.text, "article": item.article},
                language=item.language,
                watchlist_version=version,
                now=iso(now),
            )
        facets.refresh(db, stories)
        watched.mark_retagged(db, version, now=now)
