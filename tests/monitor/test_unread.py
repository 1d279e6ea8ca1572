"""Entries that are known are not read again: what is stored is the same as if they were."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from alerts.rules import Rule
from feeds.parse import parse
from feeds.types import Feed, Fetched, FetchState, ParsedFeed
from monitor.clock import iso
from monitor.identity import are_held
from monitor.judge import judge, probes_of
from monitor.learning import Learner
from monitor.pipeline import Stages, poll
from monitor.records import Observation, PollRecord
from monitor.store import known, retention
from tests.support.changing import FORMATS, Newsroom, Paper, Piece
from tests.support.learning import LearningDesk

LATER = {"appearances": ("source", "title_key")}  # columns of what is known, not of what was seen


class ParsingDesk(LearningDesk):
    """Polls documents. `knows`: entries that it has seen are not read again."""

    def __init__(self, folder: Path, *, knows: bool) -> None:
        folder.mkdir()
        super().__init__(folder, feeds=("one", "two"))
        rules = (Rule(name="all", to=("desk",), relation=("first", "new-origin", "edit", "gone")),)
        self.desk = replace(self.desk, rules=rules)
        self.knows = knows
        self.unread = self.again = 0  # entries; documents that had to be read after all

    def read(self, body: bytes, name: str = "one") -> PollRecord:
        held = frozenset(self.store.held(self.feed(name)))
        record = self._read(body, name, held if self.knows else None)
        self.again += record is None
        record = record or self._read(body, name, () if self.knows else None)
        assert record
        self.now += timedelta(minutes=15)
        return record

    def _read(self, body: bytes, name: str, known: Collection[str] | None) -> PollRecord | None:
        feed = self.feed(name)
        result = parse(body, {}, feed.feed, feed.feed.url, known)
        assert isinstance(result, ParsedFeed)
        seen = Observation(
            feed=feed,
            started_at=self.now,
            seconds=0.1,
            answer=Fetched(
                url=feed.feed.url, headers={}, body=body, wire_bytes=9, state=FetchState()
            ),
            result=result,
            state=FetchState(),
        )
        probes = probes_of(seen, self.store.held(feed))
        stored = self.store.known(feed, probes, now=self.now)
        if not are_held(stored):
            return None
        self.unread += sum(one.unread for one in result.entries)
        past = self.store.past(seen, now=self.now)
        record = judge(seen, stored, self.desk, past, now=self.now)
        self.store.record(record)
        return record

    def tables(self) -> dict[str, list[tuple[object, ...]]]:
        db = self.store.db.conn
        names = db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        return {name: self._table(name) for (name,) in names if not name.startswith("_sqlite")}

    def _table(self, name: str) -> list[tuple[object, ...]]:
        rows = self.store.db.conn.execute(f"SELECT * FROM {name}")
        kept = [at for at, (column, *_) in enumerate(rows.description) if not later(name, column)]
        return [tuple(row[at] for at in kept) for row in rows]


def later(table: str, column: str) -> bool:
    return column in LATER.get(table, ())


@contextmanager
def desks(folder: Path) -> Iterator[tuple[ParsingDesk, ParsingDesk]]:
    both = ParsingDesk(folder / "whole", knows=False), ParsingDesk(folder / "unread", knows=True)
    try:
        yield both
    finally:
        for desk in both:
            desk.close()


@pytest.mark.parametrize("form", FORMATS)
def test_the_database_is_the_same(tmp_path: Path, form: str) -> None:
    with desks(tmp_path) as (whole, unread):
        for seed in range(2):
            rooms = {name: Newsroom(random.Random(f"{seed} {form}")) for name in ("one", "two")}
            rooms["two"].dice = random.Random(seed)
            for room in rooms.values():
                room.start(7)
            for _ in range(12):
                for name, room in rooms.items():
                    body = FORMATS[form](room.turn()).encode()
                    rows = [desk.read(body, name).row for desk in (whole, unread)]
                    assert rows[0] == rows[1]
            assert whole.tables() == unread.tables()
        assert whole.unread == 0
        assert unread.unread > 100


def rss(*pieces: Piece, **other: Any) -> bytes:
    return FORMATS["rss20"](Paper(pieces=pieces, **other)).encode()


def piece(number: int, **other: Any) -> Piece:
    fields: dict[str, Any] = {
        "guid": f"id-{number}",
        "link": f"https://news.example/{number}",
        "title": f"A title of its own, number {number}",
        "text": f"Text {number}.",
        "date": None,
    }
    return Piece(**{**fields, **other})


FIRST = tuple(piece(number) for number in range(3))


@pytest.fixture
def both(tmp_path: Path) -> Iterator[tuple[ParsingDesk, ParsingDesk]]:
    with desks(tmp_path) as found:
        yield found


def rows(
    both: tuple[ParsingDesk, ParsingDesk], body: bytes, name: str = "one"
) -> Mapping[str, Any]:
    """What a poll of each found, the same; and how many entries were not read, after all."""
    before = both[1].unread, both[1].again
    first, second = (desk.read(body, name).row for desk in both)
    assert first == second
    assert both[0].tables() == both[1].tables()
    unread, again = both[1].unread - before[0], both[1].again - before[1]
    return {"seen": first.seen, "new": first.new, "changed": first.changed,
            "unchanged": first.unchanged, "unread": unread, "again": again}  # fmt: skip


class TestWhatHasToBeReadAgain:
    def test_only_what_changed(self, both) -> None:
        assert rows(both, rss(*FIRST))["unread"] == 0
        assert rows(both, rss(*FIRST, built=1))["unread"] == 3  # another head
        edited = replace(FIRST[1], text="The dam opens, after all that was said of it.")
        found = rows(both, rss(piece(9), FIRST[0], edited, FIRST[2]))
        assert found == {"seen": 4, "new": 1, "changed": 1, "unchanged": 2, "unread": 2, "again": 0}
        assert rows(both, rss(piece(9), FIRST[0], edited, FIRST[2]))["unread"] == 4

    def test_what_changed_in_its_dress_is_read_once(self, both) -> None:
        rows(both, rss(*FIRST))
        dressed = replace(FIRST[0], text="Text\n0.")
        assert rows(both, rss(dressed, *FIRST[1:]))["unread"] == 2
        assert rows(both, rss(dressed, *FIRST[1:]))["unread"] == 3

    def test_what_other_settings_may_read_otherwise(self, both) -> None:
        rows(both, rss(*FIRST))
        for desk in both:
            feeds = [replace(desk.feed(name).feed, timezone="Asia/Seoul") for name in desk.urls]
            desk.store.subscribe(feeds, interval=900, now=desk.now)
        assert rows(both, rss(*FIRST))["unread"] == 0
        assert rows(both, rss(*FIRST))["unread"] == 3

    def test_what_shares_its_id(self, both) -> None:
        rows(both, rss(*FIRST))
        copy = replace(piece(7), guid="id-0", link="https://news.example/0")
        assert rows(both, rss(copy, *FIRST))["new"] == 1

    def test_garbled_ones_are_counted_unread(self, both) -> None:
        spoilt = piece(5, text="â€™s " * 12)
        assert rows(both, rss(spoilt, *FIRST))["unread"] == 0
        assert rows(both, rss(spoilt, *FIRST))["unread"] == 4
        notes = {desk.rows("SELECT note FROM polls ORDER BY id")[-1]["note"] for desk in both}
        assert notes == {"1 of 4 entries are garbled: spoilt before they were published"}

    def test_what_was_gone_and_came_back(self, both) -> None:
        rows(both, rss(*FIRST))
        rows(both, rss(*FIRST[1:]))
        assert rows(both, rss(*FIRST))["unread"] == 2
        assert rows(both, rss(*FIRST))["unread"] == 3


def test_what_another_feed_says_meanwhile_changes_nothing(both) -> None:
    rows(both, rss(*FIRST))
    longer = replace(FIRST[0], guid="other", text="The mine opens. " * 9)
    assert rows(both, rss(longer), "two")["changed"] == 1
    assert rows(both, rss(*FIRST))["unread"] == 3
    assert rows(both, rss(longer), "two")["unread"] == 1


def test_an_item_that_went_meanwhile_has_the_document_read(both) -> None:
    """Between the look at what is known and the end of parsing."""
    rows(both, rss(*FIRST))
    unread = both[1]
    held = frozenset(unread.store.held(unread.feed()))
    for desk in both:
        (row,) = desk.rows("SELECT story FROM items WHERE url LIKE '%/0'")
        with desk.store.transaction() as db:
            retention.remove_stories(db, [row["story"]], iso(desk.now))
    assert unread._read(rss(*FIRST), "one", held) is None
    found = rows(both, rss(*FIRST))
    assert (found["seen"], found["unchanged"], found["unread"]) == (3, 2, 2)
    assert both[1].rows("SELECT skipped_why FROM polls")[-1]["skipped_why"] == '{"rejected": 1}'


LONG = "The works at the river were opened on Monday after nine years, the agency said. " * 6


def copied(both: tuple[ParsingDesk, ParsingDesk]) -> list[int]:
    """A copy names what only an unread item of its story does; how many alerts then stand where."""
    dam, works = piece(1, title="The dam", text="The dam it is."), piece(2, text=LONG)
    for desk in both:
        desk.read(rss(piece(0), dam, works), "one")
        with desk.store.transaction() as db:  # as a reviewer merges them
            db.execute("UPDATE items SET story = (SELECT story FROM items WHERE guid = 'id-2')")
    again = replace(works, guid="id-3", link="https://news.example/3", text=LONG + "And a dam.")
    for desk in both:
        desk.read(rss(again, piece(0), dam, works), "one")
    assert both[1].unread == 3
    return [desk.count("alerts") for desk in both]


def test_a_copy_is_told_against_what_its_story_names_unread(both) -> None:
    assert copied(both) == [0, 0]


def test_without_it_a_copy_would_be_told(both, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known, "_of_their_stories", lambda *_: set())
    assert copied(both) == [0, 1]


def test_what_cannot_be_cut_is_still_known_afterwards(both) -> None:
    rows(both, rss(*FIRST))
    behind = "<image><title>Behind</title></image>"
    assert rows(both, rss(*FIRST, behind=behind))["unread"] == 0
    assert rows(both, rss(*FIRST))["unread"] == 3


@pytest.mark.parametrize("stored", [True, False])
def test_a_poll_reads_the_whole_where_it_must(tmp_path: Path, stored: bool) -> None:
    """What is known by the digests was not stored, or is; a poll parses again, or does not."""
    desk, asked = ParsingDesk(tmp_path / "one", knows=True), []
    body = rss(*FIRST)
    known = {one.source for one in made(desk, body, ()).entries}
    if stored:
        desk.read(body)

    async def fetched(feed: Feed, _: object) -> Fetched:
        return Fetched(url=feed.url, headers={}, body=body, wire_bytes=9, state=FetchState())

    async def parsed(_: Fetched, __: Feed, known: Collection[str]) -> ParsedFeed:
        asked.append(len(known))
        return made(desk, body, known)

    async def all_of_them(_: object) -> Collection[str]:
        return known

    with ThreadPoolExecutor(1) as writer:
        learner = Learner(store=desk.store, desk=desk.desk, now=lambda: desk.now, writer=writer)
        stages = Stages(
            fetch=fetched,
            parse=parsed,
            learn=learner.learn,
            now=lambda: desk.now,
            known=all_of_them,
        )
        record = asyncio.run(poll(desk.feed(), stages))
    assert (record.row.seen, record.row.new) == (3, 0 if stored else 3)
    assert asked == ([3] if stored else [3, 0])
    desk.close()


def made(desk: ParsingDesk, body: bytes, known: Collection[str]) -> ParsedFeed:
    found = parse(body, {}, desk.feed().feed, desk.feed().feed.url, known)
    assert isinstance(found, ParsedFeed)
    return found
