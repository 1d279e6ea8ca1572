"""Known → judge → record of an article, in the writer's thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from feeds.types import Fetched
from monitor.articles.judge import judge
from monitor.articles.records import ArticleRecord, Attempt
from monitor.desk import Desk
from monitor.evidence.archive import Archive
from monitor.store import Store, articles


@dataclass(frozen=True, slots=True, kw_only=True)
class Learning:
    """What learning from an article needs."""

    store: Store
    desk: Desk
    now: Callable[[], datetime]
    archive: Archive | None = None

    def learn(self, attempt: Attempt) -> ArticleRecord | None:
        """Store all that an attempt taught; None if it is not waited for any more.

        Raises:
            StoreError: nothing was stored.
        """
        with self.store.together():
            item = articles.item_of(self.store.db.conn, attempt.due)
            if item is None:
                return None
            record = judge(attempt, item, self.desk, now=self.now())
            record = self._kept(record, attempt)
            articles.write(self.store, record, item)
            if self.archive:
                self.archive.sync()  # before the commit: no row without its record
        return record

    def _kept(self, record: ArticleRecord, attempt: Attempt) -> ArticleRecord:
        """With the page's bytes archived, if its text was taken."""
        if not (self.archive and record.state == "fetched" and isinstance(attempt.answer, Fetched)):
            return record
        evidence = self.archive.keep_page(attempt.answer, attempt.started_at)
        return replace(record, evidence=evidence)
