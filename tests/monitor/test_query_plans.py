"""No statement of a poll reads a table from end to end: a year's rows cost it no more than a day's."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from alerts.rules import Rule
from feeds.types import FeedError, FetchState, NotModified
from monitor.store import grouping
from monitor.store.grouping import Recent
from tests.support.learning import LearningDesk, entry
from tests.support.press import words

# EXPLAIN rather than EXPLAIN QUERY PLAN, which calls a table by its alias and says SCAN of what a
# statement has made for itself too. These begin with the first or the last row of a table or index.
_FROM_AN_END = {"Rewind", "Last", "Count"}
_STEPS = {"Next", "Prev"}  # to the next row; Count is of all
_PASSES_OVER = {"Eq", "Ne", "Lt", "Le", "Gt", "Ge", "If", "IfNot", "IsNull", "NotNull"}  # a row
_PASSES_OVER |= {"Found", "NotFound", "NotExists", "Filter", "IfPos", "Goto"}
_OPENS = {"OpenRead", "OpenWrite", "ReopenIdx"}
# They do not grow with the years; signatures are of two weeks, and the oldest are deleted.
FEW = {"feeds", "entities", "names", "watchlist_versions", "signatures"}


MUST_BE_MET = (
    *("INTO items ", "INTO stories", "INTO mentions", "INTO appearances", "INTO revisions"),
    *("INTO alerts", "INTO signatures", "DELETE FROM signatures", "FROM items AS i CROSS JOIN"),
    *("UPDATE stories", "UPDATE appearances", "UPDATE items", "a.state = 'held'", "UPDATE feeds"),
    *(
        "JOIN tombstones",
        "FROM polls",
        "INTO polls",
        "SELECT published_at, first_seen_at FROM items",
    ),
    *("SELECT rest_until_at FROM feeds", "SELECT gap_since_at, started_at FROM polls"),
)


@contextmanager
def traced(db: sqlite3.Connection) -> Iterator[list[str]]:
    """The statements that are run meanwhile, each once, with their values; not those that FTS5 runs."""
    seen: dict[str, None] = {}
    db.set_trace_callback(lambda sql: seen.setdefault(sql, None))
    found: list[str] = []
    try:
        yield found
    finally:
        db.set_trace_callback(None)
    verbs = ("SELECT", "WITH", "INSERT", "UPDATE", "DELETE")
    found += [sql for sql in seen if sql.lstrip().upper().startswith(verbs)]


def scans(db: sqlite3.Connection, sql: str) -> set[str]:
    """The tables that a statement reads, itself or by an index, without looking anything up."""
    roots = dict(db.execute("SELECT rootpage, tbl_name FROM sqlite_master WHERE rootpage > 0"))
    db.text_factory = lambda raw: raw.decode(errors="replace")  # a program shows blobs as text
    steps = [row[1:4] for row in db.execute(f"EXPLAIN {sql}")]
    db.text_factory = str
    opened = {cursor: roots.get(root, "") for code, cursor, root in steps if code in _OPENS}
    began = {cursor for code, cursor, _ in steps if code in _FROM_AN_END}
    counted = {cursor for code, cursor, _ in steps if code == "Count"}
    found = {opened.get(cursor, "") for cursor in began & (_stepping(steps) | counted)}
    return found - FEW - {""}


def _stepping(steps: list[tuple[str, int, int]]) -> set[int]:
    """The cursors that go on from a row: the step of `max(id)` stands behind a jump, never met."""
    met = {to for code, _, to in steps if code in _PASSES_OVER}
    return {
        cursor
        for at, (code, cursor, _) in enumerate(steps)
        if code in _STEPS and (at in met or steps[at - 1][0] != "Goto")
    }


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("SELECT max(id) FROM items", set()),
        ("SELECT max(text) FROM items", {"items"}),
        ("SELECT max(id) FROM items WHERE text <> 'a'", {"items"}),
        ("SELECT count(*) FROM items", {"items"}),
        ("SELECT id FROM items ORDER BY id DESC", {"items"}),
        ("SELECT id FROM items WHERE id = 1", set()),
    ],
)
def test_what_is_a_scan(desk: LearningDesk, sql: str, found: set[str]) -> None:
    assert scans(desk.store.db.conn, sql) == found


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[LearningDesk]:
    desk = LearningDesk(tmp_path, feeds=("one", "two"))
    rules = (
        Rule(name="all", to=("desk",), relation=("first", "new-origin", "edit", "gone")),
        Rule(name="two", to=("desk",), min_origins=2, most_an_hour=3),
    )
    object.__setattr__(desk.desk, "rules", rules)
    yield desk
    desk.close()


def polls(desk: LearningDesk) -> None:
    """All that a poll can meet: news, copies, edits, items gone, ids given anew, faults."""
    news = [entry(n, f"The mine {words(6, str(n))}", words(60, str(n))) for n in range(1, 9)]
    desk.poll(*news[:3])
    desk.poll(entry(90, "Old", "Nothing much."), name="two")
    desk.poll(*news[:5])
    copies = [
        entry(
            20 + n, f"A dam and {one.title}", one.text, guid=f"c{n}", url=f"https://two.example/{n}"
        )
        for n, one in enumerate(news)
    ]
    desk.poll(*copies, name="two")
    edited = entry(4, news[3].title, f"{news[3].text} Forty more were hired.")
    desk.poll(edited, *news[4:8])
    desk.poll(
        *(entry(n, one.title, one.text, guid=f"new-{n}") for n, one in enumerate(news[4:8], 5))
    )
    desk.observe(NotModified(url="u", http_status=304, state=FetchState()))
    desk.observe(FeedError(url="u", reason="dns", message="no such host"))
    desk.poll(entry(500, "All", "Things are other than they were."))
    busy = FeedError(url="u", reason="http", message="later", http_status=429, retry_after=60.0)
    desk.observe(busy)


def test_nothing_is_read_from_end_to_end(desk: LearningDesk) -> None:
    desk.poll(entry(1))
    db = desk.store.db.conn
    with traced(db) as statements:
        desk.store._recent = Recent()  # as at a start: the window is filled, old signatures go
        polls(desk)
    found = {sql: tables for sql in statements if (tables := scans(db, sql))}
    assert not found, "\n".join(f"{sql}\n  → {tables}" for sql, tables in found.items())
    asked = " ".join(statements)
    for done in MUST_BE_MET:
        assert done in asked, done


def test_a_storys_counts_are_read_in_the_index_alone(desk: LearningDesk) -> None:
    plan = desk.store.db.conn.execute(f"EXPLAIN QUERY PLAN {grouping.COUNT}", (1,))
    steps = [step for *_, step in plan]
    assert "SEARCH items USING COVERING INDEX items_story (story=?)" in steps
    assert "SEARCH i USING COVERING INDEX items_story (story=?)" in steps


@pytest.mark.parametrize("sql", [
    "SELECT i.id FROM items AS i JOIN mentions AS m ON m.item = i.id WHERE i.author = 'x'",
    "SELECT count(*) FROM stories",
    "SELECT a.id FROM appearances AS a JOIN json_each('[1]') AS key ON a.vanished = key.value",
    "UPDATE items SET guid = '' WHERE guid = 'x'",
    # An order that SQLite takes from the numbers of items, at the price of reading all of them.
    grouping._UNSIGNED.replace("+i.id", "i.id").replace("?", "'x'"),
])  # fmt: skip
def test_a_scan_would_show(desk: LearningDesk, sql: str) -> None:
    db = desk.store.db.conn
    with traced(db) as statements:
        db.execute(sql).fetchall()
    assert scans(db, statements[0])
