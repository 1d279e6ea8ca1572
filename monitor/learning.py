"""Known → judge → record, in the writer's thread. Polls that wait for it together share a commit.

A commit waits for the disk (4 ms on the machine this was measured on, 10 and more on others), and
almost all that a poll without news costs is that wait.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime

from feeds.types import ParsedFeed
from monitor.desk import Desk
from monitor.errors import LostError, StoreError, UnreadError
from monitor.evidence.archive import Archive
from monitor.identity import are_held
from monitor.judge import has_unread, judge, probes_of
from monitor.records import Known, Observation, PollRecord
from monitor.store import Store

# With one commit: what they wait for each other stays well under a second.
MOST = 16  # documents
MOST_IN_ALL = 256  # polls; one without a document takes half a millisecond

_Waiting = tuple[Observation, "asyncio.Future[PollRecord]"]


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
        self._asked = False  # the writer, to take what waits

    async def learn(self, seen: Observation) -> PollRecord:
        """Store all that one attempt taught, or nothing of it; it is on the disk when this returns.

        Cancelled before its turn came, it leaves nothing.

        Raises:
            StoreError: nothing could be stored.
            UnreadError: nothing was, as entries that were not read have to be.
        """
        loop = asyncio.get_running_loop()
        done: asyncio.Future[PollRecord] = loop.create_future()
        self._waiting.append((seen, done))
        if not self._asked:
            self._ask(loop)
        return await done

    def _ask(self, loop: asyncio.AbstractEventLoop) -> None:
        self._asked = True
        self._writer.submit(self._some, loop)

    def _some(self, loop: asyncio.AbstractEventLoop) -> None:
        """In the writer's thread: those that wait, in one transaction."""
        batch = self._taken()
        results = self._stored([seen for seen, _ in batch])
        with suppress(RuntimeError):  # the loop has ended, and nobody waits any more
            loop.call_soon_threadsafe(self._tell, loop, batch, results)

    def _stored(self, batch: Sequence[Observation]) -> Sequence[PollRecord | Exception]:
        if not batch:
            return ()
        try:
            documents = any(isinstance(seen.result, ParsedFeed) for seen in batch)
            with self._store.together(documents=documents):
                results = [self._tried(seen) for seen in batch]
                if self._archive:
                    self._archive.sync()  # before the commit: no row without its record
        except Exception as error:  # noqa: BLE001 - whatever it was, the polls that wait must hear of it
            return [error] * len(batch)
        return results

    def _taken(self) -> Sequence[_Waiting]:
        """The first few in the line, without those that were cancelled."""
        first: list[_Waiting] = []
        documents = 0
        while self._waiting and documents < MOST and len(first) < MOST_IN_ALL:
            seen, done = self._waiting.popleft()
            if not done.cancelled():
                first.append((seen, done))
                documents += isinstance(seen.result, ParsedFeed)
        return first

    def _tell(
        self,
        loop: asyncio.AbstractEventLoop,
        batch: Sequence[_Waiting],
        results: Sequence[PollRecord | Exception],
    ) -> None:
        """In the loop again, all of them at once: to wake it costs as much as to judge one."""
        for (_, done), result in zip(batch, results, strict=True):
            if done.cancelled():
                continue
            if isinstance(result, Exception):
                done.set_exception(result)
            else:
                done.set_result(result)
        # Last: a writer that has ended takes nothing more, and these must hear of theirs.
        self._asked = False
        while self._waiting and self._waiting[0][1].cancelled():
            self._waiting.popleft()  # at the end of the program all are, and the writer has ended
        if self._waiting:
            self._ask(loop)

    def _tried(self, seen: Observation) -> PollRecord | Exception:
        """A fault on one document, or a lost claim, costs that poll alone, a failing disk all."""
        try:
            return self._learnt(seen)
        except LostError as error:
            return error
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
