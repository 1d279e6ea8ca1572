"""Known → judge → record, in the writer's thread. Polls that wait for it together share a commit.

A commit waits for the disk (4 ms on the machine this was measured on, 10 and more on others), and
almost all that a poll without news costs is that wait.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime

from feeds.types import ParsedFeed
from monitor.desk import Desk
from monitor.errors import StoreError, UnreadError
from monitor.evidence.archive import Archive
from monitor.identity import are_held
from monitor.judge import has_unread, judge, probes_of
from monitor.records import Known, Observation, PollRecord
from monitor.store import Store

MOST = 16  # polls with one commit: what they wait for each other stays well under a second

_Waiting = tuple[Observation, "Future[PollRecord]"]


class Learner:
    """Learns from observations, one after the other, with no other writer in between."""

    def __init__(
        self,
        *,
        store: Store,
        desk: Desk,
        now: Callable[[], datetime],
        writer: ThreadPoolExecutor,
        archive: Archive | None = None,
    ) -> None:
        """`writer` has one thread: SQLite is not made to be shared, and a commit blocks.

        `archive` keeps the bytes of documents that bring something; None keeps none.
        """
        self._store = store
        self._desk = desk
        self._now = now
        self._writer = writer
        self._archive = archive
        self._waiting: deque[_Waiting] = deque()

    async def learn(self, seen: Observation) -> PollRecord:
        """Store all that one attempt taught, or nothing of it; it is on the disk when this returns.

        Cancelled before its turn came, it leaves nothing.

        Raises:
            StoreError: nothing could be stored.
            UnreadError: nothing was, as entries that were not read have to be.
        """
        done: Future[PollRecord] = Future()
        self._waiting.append((seen, done))
        self._writer.submit(self._some)  # finds nothing to do if an earlier one took this along
        return await asyncio.wrap_future(done)

    def _some(self) -> None:
        """In the writer's thread: those that wait, in one transaction."""
        batch = self._taken()
        if not batch:
            return
        try:
            with self._store.together():
                results = [self._tried(seen) for seen, _ in batch]
                if self._archive:
                    self._archive.sync()  # before the commit: no row without its record
        except Exception as error:  # noqa: BLE001 - whatever it was, the polls that wait must hear of it
            results = [error] * len(batch)
        for (_, done), result in zip(batch, results, strict=True):
            if isinstance(result, Exception):
                done.set_exception(result)
            else:
                done.set_result(result)

    def _taken(self) -> Sequence[_Waiting]:
        """The first few in the line, without those that were cancelled."""
        first = [self._waiting.popleft() for _ in range(min(MOST, len(self._waiting)))]
        return [(seen, done) for seen, done in first if done.set_running_or_notify_cancel()]

    def _tried(self, seen: Observation) -> PollRecord | Exception:
        """A fault on one document costs that poll alone, a failing disk all of them."""
        try:
            return self._learnt(seen)
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - handed to the poll that it belongs to
            return error

    def _learnt(self, seen: Observation) -> PollRecord:
        now = self._now()
        # Nothing is looked up for a poll without a document: most polls, and those that note a
        # fault, which must not meet it again.
        known = self._known(seen, now) if isinstance(seen.result, ParsedFeed) else Known()
        past = self._store.past(seen, now=now)
        record = judge(seen, known, self._desk, past, now=now)
        if self._archive:
            record = self._archive.keep(record)
        self._store.record(record)
        return record

    def _known(self, seen: Observation, now: datetime) -> Known:
        held = self._store.held(seen.feed) if has_unread(seen) else None
        probes = probes_of(seen, held)
        known = self._store.known(seen.feed, probes, now=now)
        if not are_held(known):
            raise UnreadError("an entry is not what it was")
        return known
