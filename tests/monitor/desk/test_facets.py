"""The table by which stories are found is at every moment what working it out anew would give."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from feeds.types import ParsedFeed
from monitor.compare import difference
from monitor.store import mending, record, retag
from monitor.store.corpus import Corpus
from monitor.store.desk import facets
from tests.support.learning import START, WATCHLIST, entry
from tests.support.newsroom import Newsroom

LONG = (
    "Engineers said on Tuesday that the kilns would be relined and that eleven weeks would pass. "
)


def anew(room: Newsroom) -> set[tuple[Any, ...]]:
    """What the table would be, made from nothing."""
    conn = room.store.db.conn
    conn.execute("BEGIN")
    conn.execute("DELETE FROM story_facets")
    facets.refresh(conn, [row["id"] for row in room.rows("SELECT id FROM stories")])
    rows = room.facets()
    conn.execute("ROLLBACK")
    return rows


CASES: dict[str, tuple[list[tuple[str, str]], set[str]]] = {
    "confirmed": ([("one", "The mine")], {"named/confirmed", "entity/mine", "sector/mining"}),
    "two entities": (
        [("one", "The mine by the dam")],
        {"named/confirmed", "entity/mine", "entity/dam", "sector/mining", "sector/power"},
    ),
    "a candidate": (
        [("one", "The maybe-mine")],
        {"named/candidate", "candidate/mine", "sector/mining"},
    ),
    "a candidate beside a confirmed one": (
        [("one", "The dam, maybe-mine")],
        {"named/confirmed", "entity/dam", "sector/power"},
    ),
    "nothing": ([("one", "The weather")], set()),
}


@pytest.mark.parametrize("case", CASES)
def test_what_a_story_is_found_by(room: Newsroom, case: str) -> None:
    said, expected = CASES[case]
    stories = [room.say(n, title, by=by) for n, (by, title) in enumerate(said, 1)]
    where = {"feed/1", "kind/state-media", "language/en"} if expected else set()
    assert room.facets_of(stories[0]) == expected | where
    assert room.facets() == anew(room)


def test_place_and_time(room: Newsroom) -> None:
    changed = {
        "mine": replace(WATCHLIST.entities["mine"], province="North Hill", sector="quarries"),
        "dam": WATCHLIST.entities["dam"],
    }
    story = room.say(1, "The mine")
    room.store.watch([replace(WATCHLIST, entities=MappingProxyType(changed))], now=room.now)
    assert {"place/North Hill", "sector/quarries"} <= room.facets_of(story)
    assert "sector/mining" not in room.facets_of(story)
    assert {row[2] for row in room.facets()} == {"2026-11-21T06:00:00.000Z"}
    assert room.facets() == anew(room)


def test_copies_bring_their_feeds_kinds_and_languages(room: Newsroom) -> None:
    story = room.say(1, "Works at the mine", LONG * 3 + "The mine opens.")
    copy = room.say(9, "Works at the mine", LONG * 3 + "The mine opens.", by="two", language="ko")
    assert copy == story
    found = room.facets_of(story)
    assert {"feed/1", "feed/2", "kind/state-media", "kind/wire"} <= found
    assert {row[4:] for row in room.facets()} == {(1, 1)}  # the first item's feed
    assert room.facets() == anew(room)


def test_a_feed_that_carries_the_same_item(room: Newsroom) -> None:
    story = room.say(1, "The mine", url="https://one.example/1")
    room.again(entry(1, "The mine", url="https://one.example/1"), by="two")
    assert {"feed/2", "kind/wire"} <= room.facets_of(story)


class TestEdits:
    def test_a_name_that_is_taken_out_keeps_the_story_in_sight(self, room: Newsroom) -> None:
        story = room.say(1, "The mine opens")
        room.again(entry(1, "The pit opens", url="https://one.example/1"))
        assert {"mark/edited", "mark/name-removed", "entity/mine", "named/confirmed"} <= (
            room.facets_of(story)
        )
        assert room.facets() == anew(room)

    def test_a_name_that_comes_back_is_not_removed(self, room: Newsroom) -> None:
        story = room.say(1, "The mine opens")
        room.again(entry(1, "The pit opens", url="https://one.example/1"))
        room.again(entry(1, "The mine opens again", url="https://one.example/1"))
        assert "mark/name-removed" not in room.facets_of(story)
        assert "mark/edited" in room.facets_of(story)
        assert room.facets() == anew(room)

    def test_a_name_that_is_put_in(self, room: Newsroom) -> None:
        story = room.say(1, "The pit opens")
        assert not room.facets_of(story)
        room.again(entry(1, "The mine opens", url="https://one.example/1"))
        assert {"entity/mine", "mark/edited"} <= room.facets_of(story)
        assert room.facets() == anew(room)


def test_vanished_and_back(room: Newsroom) -> None:
    for number in (1, 2, 3):
        room.say(number, f"The mine, number {number}")
    story = room.rows("SELECT story FROM items WHERE url LIKE '%/2'")[0]["story"]
    window = [entry(n, f"The mine, number {n}", url=f"https://one.example/{n}") for n in (3, 2, 1)]
    room.again(window[0], window[2])
    assert "mark/vanished" in room.facets_of(story)
    assert room.facets() == anew(room)
    room.again(*window)
    assert "mark/vanished" not in room.facets_of(story)
    assert room.facets() == anew(room)


class TestByHand:
    def test_merge(self, room: Newsroom) -> None:
        one, two = room.say(1, "The mine"), room.say(2, "A dam of another kind", by="two")
        mending.merge(room.store, one, [two], note="", now=room.now)
        assert not room.facets_of(two)
        assert {"entity/mine", "entity/dam", "feed/2"} <= room.facets_of(one)
        assert room.facets() == anew(room)

    def test_split(self, room: Newsroom) -> None:
        one, two = room.say(1, "The mine"), room.say(2, "A dam of another kind", by="two")
        mending.merge(room.store, one, [two], note="", now=room.now)
        new = mending.split(room.store, [2], note="", now=room.now)[0]
        assert "entity/dam" in room.facets_of(new)
        assert "entity/dam" not in room.facets_of(one)
        assert room.facets() == anew(room)


def test_retag(room: Newsroom) -> None:
    story = room.say(1, "The mine by the dam")
    room.say(2, "The dam")
    item = Corpus(room.store.db.conn).some([1])[0]
    kept = tuple(m for m in item.mentions if m.entity == "dam")
    change = difference(item.mentions, kept)
    retag.apply(room.store, [WATCHLIST], [(item, change)], now=room.now)
    assert "entity/mine" not in room.facets_of(story)
    assert room.facets() == anew(room)


def test_a_kind_that_the_list_changes(room: Newsroom) -> None:
    story = room.say(1, "The mine")
    room.subscribe({"one": "government", "two": "wire"})
    assert "kind/government" in room.facets_of(story)
    assert "kind/state-media" not in room.facets_of(story)
    assert room.facets() == anew(room)


def test_more_than_a_batch(room: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facets, "BATCH", 3)
    room.observe(ParsedFeed(entries=tuple(entry(n, f"The mine {n}") for n in range(1, 11))))
    assert len(room.rows("SELECT DISTINCT story FROM story_facets")) == 10
    assert room.facets() == anew(room)


def test_a_poll_that_changes_nothing_writes_nothing(room: Newsroom) -> None:
    room.say(1, "The mine")
    before = room.store.db.conn.total_changes
    conn = room.store.db.conn
    conn.execute("BEGIN")
    facets.refresh(conn, [1])
    conn.execute("COMMIT")
    assert conn.total_changes == before


def test_without_the_refresh_it_would_be_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The comparison of these tests can fail: a twin that forgets to refresh."""
    monkeypatch.setattr(record.facets, "refresh_items", lambda *_: None)
    (tmp_path / "twin").mkdir()
    twin = Newsroom(tmp_path / "twin")
    twin.say(1, "The mine")
    assert twin.now > START
    assert twin.facets() != anew(twin)
    twin.close()
