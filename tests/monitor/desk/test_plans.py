"""No page goes through a table that grows: what SQLite plans for every statement of every page."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from benchmarks import desk, desk_data
from monitor.store.desk import queue, select
from monitor.store.desk.types import Cursor, Filters

GROWING = "items|stories|mentions|appearances|revisions|polls|story_facets"

# `SCAN i` says an alias: what it stands for is read from the statement.
_ALIAS = re.compile(r"\b(?:FROM|JOIN)\s+(\w+)\s+AS\s+(\w+)", re.IGNORECASE)
# An index of these gone through from end to end, or a facet without its value.
_HALF = re.compile(r"SEARCH \w+ USING .*PRIMARY KEY \(facet=\?\)")


@pytest.fixture(scope="module")
def conn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    path = tmp_path_factory.mktemp("desk") / "wirewatch.db"
    desk_data.make(path, items=1_200, weeks=2)
    with closing(desk.opened(path)) as opened:
        yield opened


def scans(conn: sqlite3.Connection, statement: str) -> list[str]:
    """The lines of the plan by which a growing table is gone through."""
    names = {alias: table for table, alias in _ALIAS.findall(statement)}
    found = []
    for row in conn.execute(f"EXPLAIN QUERY PLAN {statement}"):
        line = row[3]
        scanned = re.match(r"SCAN (\w+)", line)
        table = names.get(scanned[1], scanned[1]) if scanned else ""
        half = _HALF.match(line) and "LIMIT 1)" not in statement
        if half or re.fullmatch(GROWING, table):
            found.append(line)
    return found


def statements(conn: sqlite3.Connection, page: desk.Page) -> list[str]:
    told: list[str] = []
    conn.set_trace_callback(told.append)
    page()
    conn.set_trace_callback(None)
    return [s for s in told if re.match(r"\s*(SELECT|WITH)", s)]


def test_pages(conn: sqlite3.Connection) -> None:
    count = 0
    for name, page in desk.pages(conn):
        for statement in statements(conn, page):
            count += 1
            assert not scans(conn, statement), f"{name}: {' '.join(statement.split())}"
    assert count > 200


def test_later_pages_and_rare_mixtures(
    conn: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(select, "FEW", 3)
    monkeypatch.setattr(select, "SCAN", 50)
    row = conn.execute("SELECT first_seen_at, id FROM stories ORDER BY id LIMIT 1 OFFSET 90")
    seen_at, number = row.fetchone()
    after = Cursor(key=seen_at, number=number)
    for filters in (
        Filters(state="relevant", sector="mining", named="any"),
        Filters(state="all", entity="x", named="any", place="y", kind="wire", mark="edited"),
        Filters(state="new", words="a b", feed=3, since="2025", until="2027"),
        Filters(state="judged", mark="first-mention"),
        Filters(sort="important", language="en"),
    ):
        for start in (None, after):
            for statement in statements(
                conn, lambda f=filters, a=start: queue.page(conn, f, after=a, now=desk.END)
            ):
                assert not scans(conn, statement), " ".join(statement.split())


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM items WHERE title = 'x'",
        "SELECT count(*) FROM stories AS s WHERE s.copies > 1",
        "SELECT max(story) FROM story_facets WHERE facet = 'entity'",
        "SELECT p.id FROM feeds AS f JOIN polls AS p ON p.bytes = f.id",
    ],
)
def test_it_would_be_noticed(conn: sqlite3.Connection, statement: str) -> None:
    assert scans(conn, statement)
