"""What Datasette shows of the tables: described, readable by itself, asked by saved queries."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlencode

import pytest
from datasette.app import Datasette

from monitor.store.describe import TABLES
from monitor.store.describe_views import REVIEWS, VIEWS
from monitor.store.desk import decisions
from monitor.store.questions import QUESTIONS, REVIEW_QUESTIONS
from tests.support.asking import Asking
from tests.support.desk import collected

ALL = {
    **{("wirewatch", name): one for name, one in QUESTIONS.items()},
    **{("reviews", name): one for name, one in REVIEW_QUESTIONS.items()},
}
ASKED = {"since": "2026-01-01", "entity": "arin-dam", "story": "1"}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asking]:
    asking = Asking(folder=collected(tmp_path_factory.mktemp("metadata")))
    asking.post("/-/desk/decide", {"story": 1, "verdict": "relevant"})
    form = {"story": 2, "verdict": "wrong tag", "entity": "bolu-mine", "alias": "Bolu Mine"}
    asking.post("/-/desk/decide", form)
    yield asking
    asking.close()


@pytest.mark.parametrize(("database", "name"), ALL)
def test_every_saved_query_answers(desk: Asking, database: str, name: str) -> None:
    query = urlencode({**ASKED, "_shape": "array"})
    answer = desk.get(f"/{database}/{name}.json?{query}")
    assert answer.status == 200
    assert isinstance(answer.json, list)
    page = desk.get(f"/{database}/{name}?{query}")
    assert page.status == 200
    assert ALL[database, name].title in page.text


@pytest.mark.parametrize(
    ("database", "name", "first"),
    [
        ("wirewatch", "new_on_entity", {"source": "one", "confirmed": 1}),
        ("wirewatch", "sectors_by_week", {"week": "2026-11-16", "stories": 1}),
        ("wirewatch", "quietest", {"name": "Cedo Mill", "last_seen_at": None}),
        ("reviews", "decisions_by_reviewer", {"reviewer": "ann", "decisions": 1}),
        ("reviews", "rejected_names", {"entity": "bolu-mine", "alias": "Bolu Mine", "stories": 1}),
        ("reviews", "history_of_story", {"verdict": "relevant"}),
    ],
)
def test_and_answers_right(desk: Asking, database: str, name: str, first: object) -> None:
    rows = desk.get(f"/{database}/{name}.json?{urlencode({**ASKED, '_shape': 'array'})}").json
    assert first.items() <= rows[0].items()


# Read in full: the watched entities are a list of hundreds, the decisions on names few.
WHOLE = {"quietest": {"e"}, "rejected_names": set(), "press_lag": set()}


@pytest.mark.parametrize(("database", "name"), ALL)
def test_every_saved_query_goes_by_an_index(desk: Asking, database: str, name: str) -> None:
    path = desk.folder / f"{database}.db"
    with closing(sqlite3.connect(path)) as db:
        plan = [
            row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {ALL[database, name].sql}", ASKED)
        ]
    scans = {line.split()[1] for line in plan if line.startswith("SCAN") and "INDEX" not in line}
    assert scans <= WHOLE.get(name, set()), plan


@pytest.mark.parametrize(
    ("database", "table"),
    [("wirewatch", t) for t in (*TABLES, *VIEWS)] + [("reviews", t) for t in REVIEWS],
)
def test_every_table_opens_and_says_what_it_is(desk: Asking, database: str, table: str) -> None:
    page = desk.get(f"/{database}/{table}").text
    what = {**TABLES, **VIEWS, **REVIEWS}[table].what
    assert what.replace("'", "&#39;") in page


def test_foreign_keys_show_names(desk: Asking) -> None:
    page = desk.get("/wirewatch/mentions").text
    assert ">Arin Dam</a>" in page
    assert ">Arin Dam in Northland opens its third turbine</a>" in page


def test_no_secret_and_no_login_is_told_by_datasettes_own_pages(desk: Asking) -> None:
    secret = (desk.folder / "desk.secret").read_text()
    for path in ("/-/metadata.json", "/-/config.json", "/-/settings.json", "/-/plugins.json"):
        assert secret not in desk.get(path).text


class TestByItself:
    """`datasette wirewatch.db`, with none of our metadata and no desk."""

    def ask(self, folder: Path, *paths: str) -> list[str]:
        async def run() -> list[str]:
            plain = Datasette([str(folder / "wirewatch.db")])
            await plain.invoke_startup()
            answers = [await plain.client.get(path) for path in paths]
            assert {a.status_code for a in answers} == {200}
            plain.executor.shutdown(wait=True)
            return [a.text for a in answers]

        return asyncio.run(run())

    def test_it_can_be_understood(self, tmp_path: Path) -> None:
        about, stories, page = self.ask(
            collected(tmp_path),
            "/wirewatch/about.json?_shape=array",
            "/wirewatch/named_stories.json?_shape=array",
            "/wirewatch",
        )
        told = {row["table"]: row["one_row_is"] for row in json.loads(about)}
        assert told == {n: t.what for n, t in {**VIEWS, **TABLES}.items() if n != "about"}
        assert {(r["entity"], r["source"]) for r in json.loads(stories)} == {
            ("Arin Dam", "one"),
            ("Bolu Mine", "one"),
        }
        assert "about" in page

    def test_views_have_the_columns_that_are_described(self, tmp_path: Path) -> None:
        with closing(sqlite3.connect(collected(tmp_path) / "wirewatch.db")) as db:
            for name, view in VIEWS.items():
                real = [c[1] for c in db.execute(f"PRAGMA table_info({name})")]
                assert real == list(view.columns)

    def test_reviews_have_the_columns_that_are_described(self, tmp_path: Path) -> None:
        decisions.create(tmp_path / "reviews.db")
        with closing(sqlite3.connect(tmp_path / "reviews.db")) as db:
            for name, table in REVIEWS.items():
                real = [c[1] for c in db.execute(f"PRAGMA table_info({name})")]
                assert real == list(table.columns)

    def test_nothing_of_the_desk_is_there(self, tmp_path: Path) -> None:
        async def run() -> list[int]:
            plain = Datasette([str(collected(tmp_path) / "wirewatch.db")])
            await plain.invoke_startup()
            got = [(await plain.client.get(p)).status_code for p in ("/-/desk", "/-/desk/login")]
            got.append((await plain.client.post("/-/desk/decide", data={"story": "1"})).status_code)
            plain.executor.shutdown(wait=True)
            return got

        assert set(asyncio.run(run())) <= {403, 404, 405}
        assert not (tmp_path / "reviews.db").exists()
