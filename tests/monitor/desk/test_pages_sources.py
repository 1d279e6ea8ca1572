"""The sources: a state in a word, what may have been missed, what to do."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from feeds.types import FeedError
from monitor.health import ADVICE
from monitor.review.sources_page import oddities, tally, told
from monitor.store.desk.types import Poll, SourceWeek
from tests.support.learning import START, entry
from tests.support.newsroom import Newsroom
from tests.support.pages import HOSTILE, OPEN, pages, table, words

__all__ = ["pages"]  # a fixture

DOWN = FeedError(url="u", reason="timeout", message="no answer within 5 s")


def poll(number: int, **other: Any) -> Poll:
    fields: dict[str, Any] = {
        "started_at": START, "seconds": 1.0, "status": "ok", "http_status": 200, "bytes": 1,
        "seen": 1, "new": 0, "changed": 0, "skipped": 0, "skipped_why": {}, "overlap": 1,
        "baseline": False, "error": "", "note": "",
    }  # fmt: skip
    return Poll(id=number, **{**fields, **other})


def fail(room: Newsroom, name: str, times: int) -> None:
    for _ in range(times):
        room.observe(DOWN, name)


def test_a_line_a_source_the_bad_ones_first(room: Newsroom, pages: OPEN) -> None:
    for name in ("one", "two", "three"):
        room.poll(entry(1, url=f"https://{name}.example/1"), name=name)
    fail(room, "two", 3)
    page = pages().get("sources")
    lines = table(page, ".sources")
    assert lines[0][0].startswith("two wire")
    assert lines[0][1].startswith("unreachable since ")
    assert "no answer within 5 s" in lines[0][1]
    assert lines[0][5] == ADVICE["unreachable"]
    assert lines[1][5] == ""
    assert "3 sources: 1 unreachable" in words(page, ".count")
    assert page.css_first(".trouble .health.bad")


def test_no_source_at_all_is_said(room: Newsroom, pages: OPEN) -> None:
    room.subscribe({})
    page = pages().get("sources")
    assert "nothing is being watched" in words(page, "main")


def test_volume_is_drawn_and_told(room: Newsroom, pages: OPEN) -> None:
    room.poll(entry(1), entry(2), name="one")
    page = pages().get("sources")
    drawings = page.css(".volume svg")
    assert len(drawings) == 3
    labels = [svg.attributes["aria-label"] or "" for svg in drawings]
    assert any(label.removesuffix(" (gap)").endswith(", 2") for label in labels)
    ids = [node.attributes["id"] for node in page.css(".volume pattern")]
    assert len(ids) == len(set(ids))


def test_names_of_feeds_stay_words(room: Newsroom, pages: OPEN) -> None:
    with room.store.db.conn as conn:
        conn.execute("UPDATE feeds SET name = ?, health_note = ? WHERE id = 1", (HOSTILE, HOSTILE))
    desk = pages()
    assert HOSTILE in words(desk.get("sources"), ".sources")
    assert HOSTILE in words(desk.get("source/1"), "h1")
    assert (
        HOSTILE.replace("<", "&lt;").replace(">", "&gt;")[:20]
        in desk.answer("chart/source/1.svg").text
    )


def test_one_source_with_its_ledger(room: Newsroom, pages: OPEN) -> None:
    room.poll(entry(1), name="one")
    room.poll(entry(1), entry(2), name="one")
    fail(room, "one", 1)
    page = pages().get("source/1")
    ledger = table(page, ".ledger")
    assert [line[1] for line in ledger] == ["error", "ok 200", "ok 200 first poll"]
    assert ledger[1][4:7] == ["2", "1", "0"]
    assert "no answer within 5 s" in ledger[0][-1]
    assert "not yet" in words(page, ".facts-list")


def test_the_ledger_goes_on(room: Newsroom, pages: OPEN) -> None:
    for _ in range(103):
        room.poll(entry(1), name="one")
    desk = pages()
    page = desk.get("source/1")
    assert len(table(page, ".ledger")) == 100
    older = page.css_first("a[rel=next]").attributes["href"] or ""
    assert len(table(desk.get(f"source/1{older.partition('#')[0]}"), ".ledger")) == 3


def test_what_may_have_been_missed(room: Newsroom, pages: OPEN) -> None:
    room.poll(entry(1), name="one")
    room.poll(entry(1), entry(2), name="one")
    room.poll(entry(8), entry(9), name="one")  # the window rolled over
    page = pages().get("source/1")
    assert "no overlap" in words(page, "[aria-labelledby=missed]")
    assert page.css_first(".ledger b.bad")


def test_a_source_without_gaps_says_so(room: Newsroom, pages: OPEN) -> None:
    room.poll(entry(1), name="one")
    room.poll(entry(1), entry(2), name="one")
    assert "Nothing, as far as" in words(pages().get("source/1"), "[aria-labelledby=missed]")


def test_oddities_are_counted_over_polls() -> None:
    """Notes of one poll stand side by side in one column."""
    guessed = "the encoding was guessed"
    newer, older = poll(2, note=f"{guessed}; not well-formed"), poll(1, note=guessed)
    skipped = poll(3, skipped_why={"no title": 4})
    found = [(said, often, last.id) for said, often, last in oddities([skipped, newer, older])]
    assert found[0] == (guessed, 2, 2)
    assert set(found[1:]) == {("not well-formed", 1, 2), ("left out: no title", 1, 3)}


def test_states_are_told_worst_first() -> None:
    rows = [_state("ok"), _state("gone"), _state("ok"), _state("what is this")]
    assert tally(rows) == [("gone", 1), ("ok", 2), ("what is this", 1)]


def _state(health: str) -> Any:
    from types import SimpleNamespace

    return SimpleNamespace(health=health)


def test_gaps_are_told_beside_the_numbers() -> None:
    monday = date(2026, 11, 9)
    weeks = [
        SourceWeek(start=monday, items=3, gap=0.0),
        SourceWeek(start=monday + timedelta(weeks=1), items=0, gap=0.4),
    ]
    assert told(weeks) == "Items a week, oldest first: 3, 0 (gap)"


def test_no_such_source(pages: OPEN) -> None:
    assert "no source 77" in words(pages().get("source/77", status=404), "main")


def test_the_facts_as_json(room: Newsroom, pages: OPEN) -> None:
    room.poll(entry(1), name="one")
    desk = pages()
    assert [row["name"] for row in desk.answer("sources.json").json["sources"]]
    assert desk.answer("source/1.json").json["row"]["feed"] == 1
