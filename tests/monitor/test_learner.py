"""Polls that wait for the writer together: one commit, and each still whole or not at all."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from feeds.types import FeedError, FetchState, NotModified, ParsedFeed
from monitor.clock import iso, moment
from monitor.errors import StoreError
from monitor.learning import MOST, Learner
from monitor.records import Observation, PollRecord
from monitor.types import Document, Mention
from tests.support.learning import LearningDesk, entry, fetched

FEEDS = tuple(f"f{number}" for number in range(MOST + 4))


class FaultyError(Exception):
    """What a fault of ours raises."""


@dataclass
class Line:
    """A learner whose writer is held up until all have lined up."""

    desk: LearningDesk
    broken: frozenset[str] = frozenset()  # feeds whose documents our tagger fails on

    def tag(self, document: Document) -> tuple[Mention, ...]:
        if document.source in self.broken:
            raise FaultyError
        return self.desk.desk.tag(document)

    def seen(self, name: str, *, result: Any = None) -> Observation:
        number = FEEDS.index(name)
        feed = self.desk.feed(name)
        result = result or ParsedFeed(entries=(entry(number), entry(number + 1000)))
        return Observation(
            feed=feed,
            started_at=self.desk.now,
            seconds=0.1,
            answer=fetched(feed.feed.url) if isinstance(result, ParsedFeed) else result,
            result=result,
            state=FetchState(etag="e"),
        )

    def learn(self, seen: Sequence[Observation]) -> list[PollRecord | BaseException]:
        """Let all of them wait at once."""
        with ThreadPoolExecutor(1) as writer:
            return asyncio.run(self._learn(seen, writer, cancelled=()))

    async def _learn(
        self, seen: Sequence[Observation], writer: ThreadPoolExecutor, cancelled: Sequence[int]
    ) -> list[PollRecord | BaseException]:
        go = threading.Event()
        writer.submit(go.wait)
        learner = Learner(
            store=self.desk.store,
            desk=replace(self.desk.desk, tag=self.tag),
            now=lambda: self.desk.now,
            writer=writer,
        )
        tasks = [asyncio.create_task(learner.learn(one)) for one in seen]
        await asyncio.sleep(0)
        for number in cancelled:
            tasks[number].cancel()
        await asyncio.sleep(0)
        go.set()
        return await asyncio.gather(*tasks, return_exceptions=True)

    @contextmanager
    def statements(self) -> Iterator[list[str]]:
        """Every statement that the store runs meanwhile."""
        connection, found = self.desk.store.db.conn, list[str]()
        connection.set_trace_callback(lambda sql: found.append(sql.strip()))
        yield found
        connection.set_trace_callback(None)


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    desk = LearningDesk(tmp_path, feeds=FEEDS)
    yield Line(desk)
    desk.close()


def test_those_that_wait_share_a_commit(line: Line) -> None:
    seen = [line.seen(name) for name in FEEDS]
    with line.statements() as statements:
        records = line.learn(seen)
    new = [record.row.new for record in records if isinstance(record, PollRecord)]
    assert new == [2] * len(FEEDS)
    assert line.desk.count("polls") == len(FEEDS)
    assert statements.count("COMMIT") == 2  # MOST of them, then the rest


def unmodified(name: str) -> NotModified:
    return NotModified(url=f"https://{name}.example/feed", http_status=304, state=FetchState())


def test_polls_without_a_document_share_one_commit_however_many_wait(line: Line) -> None:
    seen = [line.seen(name, result=unmodified(name)) for name in FEEDS]
    with line.statements() as statements:
        records = line.learn(seen)
    assert [r.row.status for r in records if isinstance(r, PollRecord)] == ["not-modified"] * len(
        FEEDS
    )
    assert line.desk.count("polls") == len(FEEDS)
    assert statements.count("COMMIT") == 1


def test_a_poll_without_a_document_asks_two_things_and_writes_two_rows(line: Line) -> None:
    line.learn([line.seen("f0")])
    seen = line.seen("f0", result=unmodified("f0"))
    with line.statements() as statements:
        line.learn([seen])
    assert [sql.split()[0] for sql in statements] == [
        *("BEGIN", "SELECT", "SELECT", "SAVEPOINT", "INSERT", "UPDATE", "RELEASE", "COMMIT")
    ]


def test_later_ones_know_what_earlier_ones_brought(line: Line) -> None:
    same = ParsedFeed(entries=(entry(1), entry(2)))
    line.learn([line.seen("f0", result=same), line.seen("f1", result=same)])
    assert line.desk.count("items") == 2
    assert line.desk.count("appearances") == 4


def test_a_fault_costs_its_own_poll(line: Line) -> None:
    line.broken = frozenset({"f1"})
    first, broken, last = line.learn([line.seen(name) for name in ("f0", "f1", "f2")])
    assert isinstance(broken, FaultyError)
    assert isinstance(first, PollRecord)
    assert isinstance(last, PollRecord)
    assert line.desk.count("polls") == 2
    assert line.desk.count("items") == 4


def test_what_a_poll_wrote_before_its_fault_is_taken_back(line: Line) -> None:
    unfit = ParsedFeed(entries=(entry(8, author="\ud800"), entry(7, text="mine")))
    first, broken = line.learn([line.seen("f0"), line.seen("f1", result=unfit)])
    assert isinstance(first, PollRecord)
    assert isinstance(broken, UnicodeEncodeError)  # at the second item, when the first is written
    assert line.desk.count("items") == line.desk.count("stories") == 2
    assert line.desk.count("mentions") == 0
    (found,) = line.desk.rows(
        "SELECT count(*) AS n FROM items_search WHERE items_search MATCH 'text'"
    )
    assert found["n"] == 2


def test_a_full_disk_stores_none_of_them_and_all_hear_of_it(line: Line) -> None:
    seen = [line.seen(name) for name in ("f0", "f1", "f2")]
    pages = line.desk.store.db.execute("PRAGMA page_count").fetchone()[0]
    line.desk.store.db.execute(f"PRAGMA max_page_count = {pages}")
    filler = ParsedFeed(entries=(entry(5, text="word " * 20_000),))
    results = line.learn([seen[0], line.seen("f3", result=filler), seen[2]])
    assert all(isinstance(result, StoreError) for result in results)
    assert line.desk.count("polls") == 0
    line.desk.store.db.execute("PRAGMA max_page_count = 1000000")
    (again,) = line.learn([seen[1]])
    assert isinstance(again, PollRecord)


def test_cancelled_while_waiting_leaves_nothing(line: Line) -> None:
    seen = [line.seen(name) for name in ("f0", "f1", "f2")]
    with ThreadPoolExecutor(1) as writer:
        results = asyncio.run(line._learn(seen, writer, cancelled=(1,)))
    assert isinstance(results[1], asyncio.CancelledError)
    assert line.desk.count("polls") == 2


def test_a_poll_without_a_document_looks_nothing_up(line: Line) -> None:
    """So that a fault in looking up does not meet the poll that is to note it."""
    url = "https://f0.example/feed"
    error = FeedError(url=url, reason="internal", message="FaultyError; see the log")
    same = NotModified(url=url, http_status=304, state=FetchState())
    seen = [line.seen("f0", result=error), line.seen("f1", result=same), line.seen("f2")]
    with line.statements() as without:
        results = line.learn(seen[:2])
    with line.statements() as with_one:
        line.learn(seen[2:])
    assert [r.row.status for r in results if isinstance(r, PollRecord)] == ["error", "not-modified"]
    assert not any("JOIN items" in sql for sql in without)
    assert any("JOIN items" in sql for sql in with_one)


@pytest.mark.parametrize("year", [1, 999, 2026])
def test_a_publishers_odd_year_is_read_back(line: Line, year: int) -> None:
    old = entry(1, published_at=datetime(year, 1, 1, tzinfo=UTC))
    line.desk.poll(old, name="f0")
    second = line.desk.poll(old, name="f0")
    assert second.row.unchanged == 1
    assert len(iso(datetime(year, 1, 1, tzinfo=UTC))) == 24


def test_broken_twin_strftime_writes_years_that_cannot_be_read() -> None:
    broken = datetime(1, 1, 1, tzinfo=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if broken.startswith("0001"):
        pytest.skip("this system pads the year")
    with pytest.raises(ValueError, match="isoformat"):
        moment(broken)


def test_items_are_indexed_last(line: Line) -> None:
    """Statements between two of them make FTS5 write out what it has, each time."""
    seen = [line.seen(name) for name in ("f0", "f1", "f2")]
    with line.statements() as statements:
        line.learn(seen)
    ours = [sql for sql in statements if not sql.startswith("--")]  # those are FTS5's own
    indexing = ["INSERT INTO items_search (rowid" in sql for sql in ours]
    assert indexing == [False] * (len(ours) - 7) + [True] * 6 + [False]
    assert ours[-1] == "COMMIT"


def test_what_was_not_committed_is_indexed_by_no_later_commit(line: Line) -> None:
    def broken_off() -> None:
        with line.desk.store.together():
            line.desk.poll(entry(1), entry(2), name="f0")
            raise FaultyError

    with pytest.raises(FaultyError):
        broken_off()
    line.desk.poll(entry(3), name="f1")
    (found,) = line.desk.rows("SELECT group_concat(rowid) AS ids FROM items_search('text')")
    (stored,) = line.desk.rows("SELECT group_concat(id) AS ids FROM items")
    assert found == stored == {"ids": "1"}


def test_more_new_items_need_no_more_kinds_of_statements(line: Line) -> None:
    """One for each table that they go to, run once for each row, and nothing asked for each."""
    few = line.seen("f0", result=ParsedFeed(entries=tuple(map(entry, range(2)))))
    many = line.seen("f1", result=ParsedFeed(entries=tuple(map(entry, range(100, 140)))))
    line.learn([line.seen("f2")])  # fills the window
    asked = []
    for seen in (few, many):
        with line.statements() as statements:
            line.learn([seen])
        others = [sql for sql in statements if not sql.startswith(("INSERT", "--"))]
        asked.append([sql.split()[:3] for sql in others])
    assert asked[0] == asked[1]
