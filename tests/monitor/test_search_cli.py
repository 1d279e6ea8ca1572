"""`wirewatch search`, and the same search for SQL in Datasette."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.review.server import browser
from monitor.segments import segment
from monitor.store.search import add_function, query, where
from tests.support.collection import Collection
from tests.support.learning import entry


@pytest.fixture(scope="module")
def collection(tmp_path_factory: pytest.TempPathFactory) -> Collection:
    collection = Collection(tmp_path_factory.mktemp("search"))
    collection.poll(
        entry(
            1,
            "평양화력발전소는 정상 가동",
            "설비를 점검하였다. " * 30 + "아린발전소 로동자들도 나섰다.",
        ),
        entry(2, "平壤火力发电厂恢复运行", "На Хичхонской ГЭС закончили ремонт."),
        entry(3, "Sŏngwŏn mill", "The\x1b[31m mill\u202e opened \u2066again."),
    )
    collection.now += timedelta(days=100)
    collection.poll(entry(4, "New turbine", "The mill at Arin has a turbine."), name="two")
    return collection


FOUND = [
    # words, numbers of items
    (["발전소"], [1]),
    (["전소"], [1]),
    (["평양", "점검"], [1]),
    (["平壤"], [2]),
    (["发电"], [2]),
    (["хичхонск"], [2]),
    (["songwon"], [3]),
    (["MILL"], [4, 3]),
    (["mill", "turb"], [4]),
    (
        ["\u1107\u1161\u11af\u110c\u1165\u11ab\u1109\u1169"],
        [1],
    ),  # 발전소 in parts, as some keyboards send it
    (["no", "such", "thing"], []),
]


@pytest.mark.parametrize(("words", "items"), FOUND, ids=lambda v: " ".join(map(str, v)))
def test_finds(collection: Collection, words: list[str], items: list[int]) -> None:
    ran = collection.run("search", *words, "--json")
    assert ran.status == 0
    # A document is read from its oldest entry: 3, 2, 1.
    numbers = {row["id"]: int(row["url"].rpartition("/")[2]) for row in ran.json}
    assert [numbers[row["id"]] for row in ran.json] == items


def test_says_all_that_there_is_to_an_item(collection: Collection) -> None:
    (row,) = collection.run("search", "아린", "--json").json
    snippet, marks = row.pop("snippet"), row.pop("marks")
    assert row == {
        "id": 3,
        "title": "평양화력발전소는 정상 가동",
        "url": "https://news.example/1",
        "language": "ko",
        "first_seen_at": "2026-11-21T06:00:00.000Z",
        "published_at": row["published_at"],
        "source": "one",
        "story": 3,
    }
    assert snippet.startswith("…")
    assert [snippet[start:end] for start, end in marks] == ["아린"]


def test_since(collection: Collection) -> None:
    assert len(collection.run("search", "mill", "--since", "90d", "--json").json) == 1
    assert len(collection.run("search", "mill", "--since", "20w", "--json").json) == 2


def test_limit_says_that_there_are_more(collection: Collection) -> None:
    assert len(collection.run("search", "mill", "--limit", "1", "--json").json) == 1
    assert "there are more: --limit 5" in collection.run("search", "mill", "--limit", "1").out
    assert "2 items." in collection.run("search", "mill").out


def test_nothing_in_a_text_commands_the_terminal(collection: Collection) -> None:
    ran = collection.run("search", "mill")
    assert "The[31m mill opened again." in ran.out
    assert not {"\x1b", "\u202e", "\u2066"} & set(ran.out)


@pytest.mark.parametrize("words", ["?", "«»", "*", ""])
def test_no_word_at_all_is_a_wrong_call(collection: Collection, words: str) -> None:
    ran = collection.run("search", words)
    assert ran.status == 2
    assert "no word to look for" in ran.err


@pytest.mark.parametrize("span", ["90", "d", "0d", "-1d", "90 days", "9999999w"])
def test_a_wrong_span_is_said(collection: Collection, span: str) -> None:
    ran = collection.run("search", "mill", "--since", span)
    assert ran.status == 2
    assert "90d" in ran.err


def test_no_database_yet(tmp_path: Path) -> None:
    ran = Collection(tmp_path).run("search", "mill")
    assert ran.status == 2
    assert "wirewatch poll" in ran.err


WHERE = [
    # words, text, what is found
    ("발전소", "평양화력발전소는", ["발전소"]),
    ("평양 발전소", "발전소, 평양", ["발전소", "평양"]),
    ("발전소", "발전 · 소식", ["발전 · 소"]),
    ("KISC는", "KISC는", ["KISC는"]),
    ("stat", "Power stations, state; a thermostat", ["stations", "state"]),
    ("хичхон", "На Хичхонской ГЭС", ["Хичхонской"]),
    ("song", "Sŏngwŏn ŞONG", ["Sŏngwŏn", "ŞONG"]),
    ("mill mil", "the mill", ["mill"]),
    ("i", "aİ Ib", ["Ib"]),
    ("发电 电厂", "火力发电厂", ["发电"]),
]


@pytest.mark.parametrize(("words", "text", "found"), WHERE, ids=str)
def test_where_the_words_stand(words: str, text: str, found: list[str]) -> None:
    assert [text[start:end] for start, end in where(words, text)] == found


@pytest.mark.parametrize(("words", "text", "_"), WHERE, ids=str)
def test_the_index_finds_what_is_marked(words: str, text: str, _: list[str]) -> None:
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute(
            'CREATE VIRTUAL TABLE t USING fts5 (x, tokenize="unicode61 remove_diacritics 2")'
        )
        db.execute("INSERT INTO t VALUES (?)", (segment(text),))
        assert db.execute("SELECT 1 FROM t WHERE t MATCH ?", (query(words),)).fetchone()


SQL = "SELECT items.title FROM items_search JOIN items ON items.id = items_search.rowid WHERE items_search MATCH {} ORDER BY 1"


class TestDatasette:
    @pytest.fixture
    def pages(self, collection: Collection) -> object:
        return browser(collection.path)

    @staticmethod
    def rows(pages: object, sql: str) -> list[list[str]]:
        async def ask() -> list[list[str]]:
            answer = await pages.client.get("/wirewatch.json", params={"sql": sql})
            body = answer.json()
            assert body["ok"], body
            return body["rows"]

        return asyncio.run(ask())

    @pytest.mark.parametrize(
        ("words", "titles"),
        [
            ("발전소", ["평양화력발전소는 정상 가동"]),
            ("平壤 хичх", ["平壤火力发电厂恢复运行"]),
            ("양평", []),
            ("?", []),
            ("", []),
        ],
    )
    def test_sql_can_search(self, pages: object, words: str, titles: list[str]) -> None:
        assert self.rows(pages, SQL.format(f"wirewatch_query('{words}')")) == [[t] for t in titles]

    def test_broken_twin_plain_words_find_nothing(self, pages: object) -> None:
        assert self.rows(pages, SQL.format("'발전소'")) == []


@pytest.mark.parametrize("value", [None, 7, "a b", '"'])
def test_the_function_takes_any_value(value: object) -> None:
    with closing(sqlite3.connect(":memory:")) as db:
        add_function(db)
        db.execute("CREATE VIRTUAL TABLE t USING fts5 (x)")
        db.execute("SELECT * FROM t WHERE t MATCH wirewatch_query(?)", (value,)).fetchall()
