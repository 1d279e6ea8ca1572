"""CSV in which nothing is a formula, and numbers stay numbers."""

from __future__ import annotations

import csv
import io
import itertools
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.review.cells import Rewriter, inert, write
from tests.support.asking import Asking
from tests.support.desk import collected
from tests.support.injections import FORMULAS

PLAIN = (
    "", "a", "1", "-12.5", "+3", "-0", "1e5", "-1.5E-3", "2026-11-21", "a=b", "Tanchon (+)", "평양",
    "12:30", ".5",
)  # fmt: skip


@pytest.mark.parametrize("cell", FORMULAS)
def test_a_formula_is_text(cell: str) -> None:
    assert inert(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", PLAIN)
def test_what_is_none_stays(cell: str) -> None:
    assert inert(cell) == cell


def test_values_of_the_database() -> None:
    assert [inert(v) for v in (None, -12.5, 3, "x")] == ["", "-12.5", "3", "x"]


TABLE = st.lists(st.lists(st.text(max_size=12), min_size=1, max_size=4), min_size=1, max_size=6)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)  # machines are noisy
@given(TABLE, st.lists(st.integers(0, 200), max_size=5))
def test_a_stream_cut_anywhere_is_the_same_table(rows: list[list[str]], cuts: list[int]) -> None:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    whole = out.getvalue().encode("utf-8", "replace")
    expected = write(csv.reader(io.StringIO(whole.decode(), newline="")))
    rewriter, places = Rewriter(), sorted({0, *(c for c in cuts if c < len(whole)), len(whole)})
    got = b"".join(rewriter.feed(whole[a:b]) for a, b in itertools.pairwise(places))
    assert got + rewriter.finish() == expected.encode()


def test_a_cell_longer_than_pythons_limit() -> None:
    rewriter = Rewriter()
    cell = b"=" + b"x" * 300_000
    assert rewriter.feed(cell + b"\r\n") == b"'" + cell + b"\r\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = collected(tmp_path_factory.mktemp("csv"))
    with closing(sqlite3.connect(folder / "wirewatch.db")) as db, db:
        for number, title in enumerate(FORMULAS[:10], 100):
            db.execute(
                "INSERT INTO stories (id, title, language, first_seen_at, last_seen_at, items, "
                "copies, origins, press_lag) VALUES (?, ?, 'en', '2026', '2026', 1, 0, 1, -90)",
                (number, title),
            )
    return folder


class TestDatasette:
    """Its own exports, of tables and of SQL."""

    @pytest.mark.parametrize(
        "path",
        [
            "/wirewatch/stories.csv?_size=max",
            "/wirewatch/stories.csv?_stream=1",
            "/wirewatch/stories.csv?_dl=1&_size=max",
            "/wirewatch.csv?" + urlencode({"sql": "select * from stories"}),
            "/wirewatch/-/query.csv?" + urlencode({"sql": "select * from stories"}),
        ],
    )
    def test_exports(self, folder: Path, path: str) -> None:
        asking = Asking(folder=folder)
        new = not hasattr(asking.datasette, "permission_allowed")
        answer = asking.get(path)
        asking.close()
        if ("/-/query" in path) != new and "sql=" in path:
            assert answer.status in (302, 400, 404)
            return
        rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
        assert len(rows) == 12
        bad = [v for row in rows for v in row.values() if v and v[0] in "=+@\t\r\0\n＝"]
        assert bad == []
        assert {row["press_lag"] for row in rows} == {"", "-90"}
        assert {row["title"] for row in rows} >= {f"'{title}" for title in FORMULAS[:7]}
