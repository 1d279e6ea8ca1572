"""A server's newest days in a file of SQLite's, for the desk, kept up to date a step at a time.

A first copy goes table by table, a few thousand rows a step, and goes on where it was broken off.
What changed meanwhile is in the server's log, which every later step copies from: rows by their
numbers, as they are in one snapshot. A story belongs to the window by when it was last seen, and
comes with all its items; it goes as a whole too.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Self

from monitor.clock import iso, moment
from monitor.store.copy import FACETS, OF_ITEMS, TABLES, Copy, State
from monitor.store.engine import open_reader
from monitor.store.verdicts import decisions_after
from monitor.wall import wall_clock

if TYPE_CHECKING:
    from pathlib import Path

    from monitor.places import Server
    from monitor.store.postgres.changes import Source

DAYS = 90  # of stories that the desk has at hand
ROWS = 2_000  # copied in one step of a first copy, and asked for at once
OUTLIVED = 200  # stories removed in one step
# A poll is stored up to a minute after it began, by a worker whose clock may be off.
LATE = timedelta(minutes=15)

_LAST = FACETS  # made here, from all that was copied
_WITH_EVIDENCE = {"items": "evidence", "revisions": "evidence", "articles": "evidence",
                  "evidence": "same_as"}  # fmt: skip
_STATIC = ("watchlist_versions", "entities", "names", "tombstones", "health_changes", "evidence")

Rows = Sequence[Sequence[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one step did."""

    rows: int
    table: str = ""  # of a first copy: which is under way
    at: str = ""  # up to when the copy is whole, UTC ISO 8601; "" while it is not


class Publisher:
    """Keeps one copy up to date, and brings back what its desk decides."""

    def __init__(
        self,
        server: Server,
        path: Path,
        *,
        days: int = DAYS,
        desk: str = "",
        now: Callable[[], datetime] = wall_clock,
    ) -> None:
        """`desk`: under which name its decisions are known on the server; "" for this machine's.

        Raises:
            BusyError: another process keeps this copy.
            StoreError: the server or the file cannot be opened, or the file is no copy.
        """
        from monitor.store.postgres.changes import Source  # noqa: PLC0415 - psycopg is an extra

        self._name, self._days, self._now = str(server), days, now
        self._desk = desk or socket.gethostname()
        with ExitStack() as opened:
            self._copy = opened.enter_context(closing(Copy(path)))
            database = opened.enter_context(closing(open_reader(server)))
            self._source = Source(database, self._name)
            self._opened = opened.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    def round(self) -> Iterator[Step]:
        """Bring the copy up to date: a step where it was whole, many for a first copy.

        A copy of another server begins anew, and so does one that is older than the server's log.

        Raises:
            StoreError: the server or the file failed. What was copied stands; go on later.
        """
        self._bring_back()
        yield from self._steps(iso(self._now() - timedelta(days=self._days)))
        self._source.prune()
        self._copy.keep_small()

    def _bring_back(self) -> None:
        known = self._source.decisions(self._desk)
        if rows := decisions_after(self._copy.path, known):
            self._source.decide(self._desk, rows)

    def _steps(self, start: str) -> Iterator[Step]:
        source, copy = self._source, self._copy
        copying = _Copying(source, copy, start)
        state = copy.state()
        wanted = (self._name, self._days)
        if state is None or (state.source, state.days) != wanted or not _logged(source, state):
            state = _begin(source, copy, State(source=self._name, days=self._days))
        while state.table:
            state, rows, table = copying.first(state)
            yield Step(rows=rows, table=table)
        state, rows = copying.follow(state)
        yield Step(rows=rows, at=state.at)
        while stories := copy.outlived(start, most=OUTLIVED):
            with copy.step(state):
                copy.forget(stories, start)
            yield Step(rows=len(stories), at=state.at)


def _logged(source: Source, state: State) -> bool:
    with source.snapshot():
        return source.is_logged_since(state.tx)


def _begin(source: Source, copy: Copy, state: State) -> State:
    with source.snapshot() as mark:
        state = replace(state, tx=mark.tx, at=mark.at, table=_following(""))
    with copy.step(state):
        copy.empty()
    return state


class _Copying:
    """Rows from a server into a file."""

    def __init__(self, source: Source, copy: Copy, start: str) -> None:
        self._source, self._copy = source, copy
        self._start = start
        self._touched: set[int] = set()  # stories whose facets may be others now
        self._rows = 0  # copied in this step

    def first(self, state: State) -> tuple[State, int, str]:
        """The next rows of a first copy, in the order of their numbers; of which table."""
        table, after = state.table, state.after
        if table == _LAST:
            return self._faceted(state)
        with self._source.snapshot():
            columns = self._copy.columns(table)
            rows = self._source.next(table, columns, self._start, after, most=ROWS)
            more = len(rows) == ROWS
            done = replace(
                state,
                table=table if more else _following(table),
                after=str(rows[-1][0]) if more else "",
            )
            with self._copy.step(done):
                self._put(table, rows)
        return done, len(rows), table

    def _faceted(self, state: State) -> tuple[State, int, str]:
        stories = self._copy.stories_after(state.after, most=ROWS)
        more = len(stories) == ROWS
        done = replace(state, table=_LAST if more else "", after=str(stories[-1]) if more else "")
        with self._copy.step(done):
            self._copy.refresh(stories)
        return done, len(stories), _LAST

    def follow(self, state: State) -> tuple[State, int]:
        """All that changed since, from one snapshot, in one step."""
        self._touched, self._rows = set(), 0
        with self._source.snapshot() as mark:
            changed = self._source.changed(state.tx)
            done = replace(state, tx=mark.tx, at=mark.at)
            with self._copy.step(done):
                for table in _STATIC:
                    self._renew(table, changed[table])
                self._ledger(iso(moment(self._copy.newest_poll() or state.at) - LATE))
                self._hanging(changed, self._items(changed))
                self._copy.refresh(self._touched)
        return done, self._rows

    def _ledger(self, since: str) -> None:
        """Polls, and what feeds know of their last one: they tell by their own times."""
        source, copy = self._source, self._copy
        self._put("polls", source.polls(copy.columns("polls"), max(since, self._start)))
        # When the lists are others, any feed may be.
        changed = source.subscribed() != copy.subscribed()
        self._put("feeds", source.feeds(copy.columns("feeds"), "" if changed else since))

    def _items(self, changed: dict[str, set[str]]) -> set[int]:
        """Stories and items, all of those of a story that is new here; which items are new here."""
        stories = set(map(int, changed["stories"]))
        known = self._copy.here("stories", stories)
        self._renew("stories", changed["stories"])
        arrived = self._copy.here("stories", stories) - known
        items = set(map(int, changed["items"])) | self._source.hanging("items", arrived)
        known = self._copy.here("items", items)
        self._touched |= stories | self._copy.stories_of(items)
        self._renew("items", map(str, items))
        return self._copy.here("items", items) - known

    def _hanging(self, changed: dict[str, set[str]], arrived: set[int]) -> None:
        """What hangs on items: what changed, and all that hangs on those that are new here."""
        for table in OF_ITEMS:
            numbers = self._source.hanging(table, arrived)
            self._renew(table, {*changed[table], *map(str, numbers)})

    def _renew(self, table: str, keys: Iterable[str]) -> None:
        """Rows as they are now; those that are no more, or not in the window, go."""
        wanted = sorted(set(keys))
        rows = self._fetched(table, wanted, self._start)
        gone = set(wanted) - {str(row[0]) for row in rows}
        with self._copy.searchable(map(int, gone) if table == "items" else ()):
            self._copy.drop(table, gone)
        self._put(table, rows)

    def _fetched(self, table: str, keys: Sequence[str], start: str) -> list[Sequence[Any]]:
        columns = self._copy.columns(table)
        found: list[Sequence[Any]] = []
        for begin in range(0, len(keys), ROWS):
            found += self._source.these(table, columns, keys[begin : begin + ROWS], start)
        return found

    def _put(self, table: str, rows: Rows) -> None:
        """Rows of a table, with the evidence that they refer to, however old that is."""
        copy = self._copy
        items = self._column(table, "id" if table == "items" else "item", rows)
        with ExitStack() as stack:
            if table in ("items", "articles"):
                stack.enter_context(copy.searchable(items))
            copy.put(table, rows)
        self._rows += len(rows)
        self._touched |= copy.stories_of(items)
        if table in _WITH_EVIDENCE:
            wanted = self._column(table, _WITH_EVIDENCE[table], rows)
            lacking = wanted - copy.here("evidence", wanted)
            if lacking:
                self._put("evidence", self._fetched("evidence", [*map(str, lacking)], ""))

    def _column(self, table: str, name: str, rows: Rows) -> set[int]:
        columns = self._copy.columns(table)
        if name not in columns:
            return set()
        at = columns.index(name)
        return {int(row[at]) for row in rows if row[at] is not None}


def _following(table: str) -> str:
    """The next table of a first copy; the first one after ""."""
    return dict(pairwise(("", *TABLES, _LAST)))[table]
