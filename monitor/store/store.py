"""The writer's side of the database: due, known, record, pending, settle."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import date, datetime, timedelta
from types import TracebackType
from typing import Self

from alerts.deliver import Settlement
from feeds.types import Feed
from monitor.articles.records import DueArticle
from monitor.clock import iso
from monitor.entries import Held
from monitor.errors import StoreError
from monitor.places import Place, Server
from monitor.records import (
    Known,
    Observation,
    OutboxAlert,
    Past,
    PollRecord,
    Probe,
    StoredFeed,
    Waiting,
)
from monitor.store import (
    articles,
    engine,
    evidence,
    health,
    known,
    outbox,
    record,
    retention,
    search,
    subscriptions,
    trends,
    watched,
)
from monitor.store.grouping import Recent
from monitor.trends import Series
from monitor.types import Watchlist

# Begin, keep, take back: a transaction, and a part of one, which is let go of when taken back too.
_WHOLE = ("BEGIN IMMEDIATE", "COMMIT", ("ROLLBACK",))
_PART = ("SAVEPOINT part", "RELEASE part", ("ROLLBACK TO part", "RELEASE part"))


class Store:
    """A database with its one writing connection here. Use it from one thread at a time.

    Raises:
        BusyError: another process writes this database.
        StoreError: it cannot be opened, is no database of ours or is of a newer program.
    """

    def __init__(self, place: Place, *, shared: bool = False) -> None:
        """`shared`: other writers are at work beside this one, as only a server allows."""
        self.place = place
        self.path = place.beside if isinstance(place, Server) else place
        self._engine = engine.opened(place, shared=shared)
        self.db = self._engine.db
        self.watchlist_version = 0
        self._recent = Recent(shared=self._engine.shared)
        self._index: list[search.Indexed] = []  # what the search index is told at the end

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Leave everything in its place, and let others in."""
        self._engine.close()

    def checkpoint(self) -> None:
        """SQLite: fold the WAL into the file, as far as readers let us."""
        self._engine.fold()

    def keep_house(self) -> None:
        """SQLite: fold it if it has grown. A server: have its planner know of what came."""
        self._engine.keep_house()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """One write transaction: all of it or nothing. Within `together()`, a part of that one.

        IMMEDIATE, since a deferred one that reads first fails at once when it comes to write
        beside another connection (SQLITE_BUSY without a wait).
        """
        connection = self.db.conn
        begin, keep, take_back = _PART if connection.in_transaction else _WHOLE
        with self._mapped():
            connection.execute(begin)
            try:
                yield connection
                connection.execute(keep)
            except BaseException:
                for statement in take_back:
                    # When the disk fails, SQLite may have taken the whole back by itself.
                    if connection.in_transaction:
                        connection.execute(statement)
                raise

    @contextmanager
    def together(self, *, documents: bool = True) -> Iterator[None]:
        """Make what is stored meanwhile one transaction: for polls that can wait for one commit.

        Each is still stored as a whole or not at all: one that fails takes back its own part.
        `documents`: some brought one. Where others write too, they are learnt from one batch after
        the other, from before the first look to the commit.
        """
        try:
            with self.transaction() as db:
                if documents:
                    self._engine.one_learns()
                yield
                search.write(db, self._index)
        except BaseException:
            self._recent.drop()
            raise
        finally:
            self._index.clear()

    @contextmanager
    def filling(self) -> Iterator[None]:
        """One transaction in which whole tables are put in, in any order, with their numbers."""
        with self.transaction():
            self._engine.refer_later()
            yield
            self._engine.go_on_numbering()

    def load(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Put rows into a table."""
        with self._mapped():
            self._engine.load(table, columns, rows)

    @contextmanager
    def _mapped(self) -> Iterator[None]:
        """SQLite's "cannot" (disk full, I/O error, damaged file) as our error.

        A broken constraint or a wrong statement is a fault of this program, and stays what it is.
        """
        try:
            yield
        except (sqlite3.IntegrityError, sqlite3.ProgrammingError):
            raise
        except sqlite3.DatabaseError as error:
            raise StoreError(f"{self.place}: {error}") from error

    def subscribe(self, feeds: Sequence[Feed], *, interval: int, now: datetime) -> None:
        """Make the subscriptions those of the lists. What was polled before is kept."""
        with self.transaction() as db:
            subscriptions.replace(db, feeds, interval=interval, now=now)
            articles.follow_lists(db, now)

    def watch(self, watchlists: Sequence[Watchlist], *, now: datetime) -> None:
        """Make the entities and names those of the watchlists, under a version of their own."""
        with self.transaction() as db:
            self.watchlist_version = watched.replace(db, watchlists, now=now)

    def due(self, now: datetime, *, limit: int, per_host: int) -> list[StoredFeed]:
        """Feeds whose time has come, longest waiting first, at most `per_host` of a host."""
        with self._mapped():
            return subscriptions.due(self.db.conn, now, limit=limit, per_host=per_host)

    def subscribed(self) -> list[StoredFeed]:
        """Every feed of the lists."""
        with self._mapped():
            return subscriptions.subscribed(self.db.conn)

    def make_due(self, urls: Sequence[str] | None, now: datetime) -> int:
        """Have feeds (None = all) polled as soon as may be; returns how many there are."""
        with self.transaction() as db:
            return subscriptions.make_due(db, urls, now=now)

    def articles_waiting(self) -> int:
        """How many full texts are still to be fetched."""
        with self._mapped():
            return articles.waiting(self.db.conn)

    def articles_due(self, now: datetime) -> list[DueArticle]:
        """Full texts whose time has come."""
        with self._mapped():
            return articles.due(self.db.conn, now)

    def try_to_write(self) -> None:
        """Write and commit, and leave everything as it is. Raises StoreError if it cannot."""
        with self.transaction() as db:
            # An update to what is there already would not be written.
            row = db.execute("INSERT INTO tombstones (key, buried_at, note) VALUES ('', '', '')")
            db.execute("DELETE FROM tombstones WHERE id = ?", (row.lastrowid,))

    def shift_schedule(self, by: timedelta, *, now: datetime) -> None:
        """Move every next poll and try: the wall clock was moved under us, and is at `now`."""
        with self.transaction() as db:
            subscriptions.shift(db, by, now=now)
            outbox.shift(db, by)
            articles.shift(db, by)

    def known(self, feed: StoredFeed, probes: Sequence[Probe], *, now: datetime) -> Known:
        """What is stored already that these entries may be, or may be copies of."""
        with self._mapped():
            return known.look_up(self.db.conn, feed, probes, self._recent, now=now)

    def held(self, feed: StoredFeed) -> dict[str, Held]:
        """The items of the feed's window whose entries need not be read again."""
        with self._mapped():
            return known.held(self.db.conn, feed.id)

    def past(self, seen: Observation, *, now: datetime) -> Past:
        """What is stored that bears on the health of the feed after this attempt."""
        with self._mapped():
            return health.past(self.db.conn, seen, now)

    def record(self, learnt: PollRecord) -> None:
        """Store all that a poll taught, alerts included, in one transaction."""
        with nullcontext() if self.db.conn.in_transaction else self.together():
            self._record(learnt)

    def _record(self, learnt: PollRecord) -> None:
        try:
            with self.transaction() as db:
                written = record.write(db, learnt, watchlist_version=self.watchlist_version)
                self._recent.prune(db, learnt.now)
        except BaseException:
            self._recent.drop()
            raise
        self._index += written.index
        self._recent.remember(written.items, learnt.now)

    def have_sent(self, alerts: Sequence[OutboxAlert]) -> None:
        """In the transaction that puts alerts into the outbox: have somebody look there.

        Nothing here: whoever stores also sends.
        """

    def archived(self, sha256: str) -> evidence.Found | None:
        """The evidence whose body has this digest, if its bytes are kept."""
        with self._mapped():
            return evidence.archived(self.db.conn, sha256)

    def evidence_files(self) -> list[evidence.File]:
        """The WARC files whose bytes are kept, oldest first."""
        with self._mapped():
            return evidence.files(self.db.conn)

    def groups_in(self, file: str) -> list[evidence.Group]:
        """What rows refer to in a WARC file, in order."""
        with self._mapped():
            return evidence.groups_in(self.db.conn, file)

    def evidence_of(self, stories: Iterable[int]) -> set[int]:
        """The evidence that these stories rest on, wherever they were merged into."""
        with self._mapped():
            return evidence.of_stories(self.db.conn, stories)

    def leaned_on(self, files: Sequence[str]) -> set[int]:
        """Evidence that holds the body of evidence which stands outside these WARC files."""
        with self._mapped():
            return evidence.leaned_on(self.db.conn, files)

    def swept(self, file: str, moved: Sequence[tuple[str, int, int]], now: datetime) -> None:
        """A WARC file is going to be deleted; these groups of it stand elsewhere."""
        with self.transaction() as db:
            evidence.moved(db, moved)
            evidence.removed(db, file, iso(now))

    def decided(self) -> set[int]:
        """Stories that somebody decided upon at a desk elsewhere."""
        with self._mapped():
            return self._engine.decided()

    def forget_stories(
        self, before: str, decided: Iterable[int], *, now: datetime, most: int
    ) -> tuple[int, int]:
        """Remove stories that ended before, but for those; how many stories and items."""
        before, stays = self._engine.whole(before), set(decided)
        with self.transaction() as db:
            items = self._engine.drop_items(before, stays, iso(now))
            old = retention.old_stories(db, before, stays, most=most)
            return len(old), items + (retention.remove_stories(db, old, iso(now)) if old else 0)

    def forget_polls(self, before: str, *, most: int) -> int:
        """Remove lines of the ledger that are older; how many."""
        before = self._engine.whole(before)
        with self.transaction() as db:
            dropped = self._engine.drop_polls(before)
            return dropped + retention.remove_polls(db, before, most=most)

    def evidence_ends(self) -> dict[str, int]:
        """By WARC file, where the last record ends that a row refers to, in bytes."""
        with self._mapped():
            return evidence.ends(self.db.conn)

    def doubt_unfinished(self, channel: str = "") -> int:
        """At start: sends that a crash interrupted may have arrived. Returns how many."""
        with self.transaction() as db:
            return outbox.doubt_unfinished(db, channel)

    def claim(self, channel: str, now: datetime) -> Waiting | None:
        """Take the longest due alert of a channel, pending → sending; None when none is due."""
        with self.transaction() as db:
            return outbox.claim(db, channel, now)

    def settle(self, done: Settlement, now: datetime, tell: Sequence[str] = ()) -> None:
        """What became of one send: sent, pending again, or dead, which other channels tell."""
        with self.transaction() as db:
            outbox.settle(db, done, now, tell)

    def retry(self, alerts: Sequence[int] | None, now: datetime) -> int:
        """Put dead alerts back into the outbox, or all of them; returns how many there were."""
        with self.transaction() as db:
            return outbox.retry(db, alerts, now)

    def histories(self, now: datetime) -> dict[str, tuple[Series, int]]:
        """By entity: its stories by day, the days its feeds answered, and its newest item."""
        with self._mapped():
            return trends.histories(self.db.conn, now)

    def career(self, entity: str, day: date) -> tuple[Series, int]:
        """All that is known of an entity up to a day that names it, and that day's first item."""
        with self._mapped():
            return trends.career(self.db.conn, entity, day)

    def newest(self, item: int) -> trends.Newest:
        """An item with its feed, as a trend is shown by it."""
        with self._mapped():
            return trends.newest(self.db.conn, item)

    def announce_trends(self, alerts: Iterable[trends.TrendAlert], now: datetime) -> int:
        """Put trends into the outbox that were not told yet; returns how many."""
        found = list(alerts)
        with self.transaction() as db:
            return trends.put(db, found, now)
