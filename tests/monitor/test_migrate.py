"""A database from a file onto a server and back: every row, and it goes on as before."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from feeds.types import Entry
from monitor.errors import StoreError
from monitor.places import Server
from monitor.store import Store, transfer
from monitor.store.describe import TABLES
from monitor.store.mending import merge, split
from monitor.store.reads import Reader
from tests.support.collection import Collection
from tests.support.learning import WATCHLIST, LearningDesk, entry
from tests.support.postgres import Postgres
from tests.support.press import words

WIRE = f"{words(60, 'wire')} mine {words(20, 'more')}"


@pytest.fixture
def file(tmp_path: Path) -> LearningDesk:
    """A file with rows in most tables: copies, edits, stories merged and split, alerts, a NUL."""
    desk = LearningDesk(tmp_path / "old", feeds=("one", "two"))
    for name in ("one", "two"):
        desk.poll(told(0, name, words(90, name)), name=name)
    for name in ("one", "two"):
        desk.poll(told(7, name, WIRE), told(0, name, words(90, name)), name=name)
    desk.poll(told(7, "one", WIRE + " An edit."), told(0, "one", words(90, "one")), name="one")
    desk.poll(entry(8, "평양화력발전소는 정상 가동", "설비", author="A\0B"), name="two")
    desk.poll(entry(9, words(9, "nine")), entry(10, words(9, "ten")), name="one")
    # To a story that comes later, so that a row refers to one behind it.
    merge(desk.store, 4, [1], note="by hand", now=desk.now)
    split(desk.store, [4], note="by hand", now=desk.now)
    assert desk.count("mends") == 2
    desk.close()
    return desk


def told(number: int, by: str, text: str) -> Entry:
    title = words(6, f"{by} {number}").capitalize()
    return entry(number, title, text, guid=f"{by}-{number}", url=f"https://{by}.example/{number}")


@pytest.fixture
def server(postgres: Postgres, tmp_path: Path) -> Iterator[Server]:
    name = postgres.empty()
    yield postgres.place(name, tmp_path / "new" / "wirewatch.db")
    postgres.drop(name)


def test_there_and_back(file: LearningDesk, server: Server, tmp_path: Path) -> None:
    back = tmp_path / "back.db"
    with Store(file.store.path) as source, Store(server) as target:
        there = transfer.copy(source, target)
    with Store(server) as source, Store(back) as target:
        assert transfer.copy(source, target) == there
    assert {one.table for one in there} == set(TABLES)
    filled = {one.table for one in there if one.rows}
    assert filled >= {"items", "signatures", "story_facets", "mends", "revisions", "alerts"}
    for place in (file.store.path, server, back):
        with Reader(place) as reader:
            assert [row["title"] for row in reader.search("발전소", limit=9)] == [
                "평양화력발전소는 정상 가동"
            ]


def test_it_goes_on_as_before(file: LearningDesk, server: Server, tmp_path: Path) -> None:
    """New rows are numbered behind those that came along, and a copy finds its story."""
    with Store(file.store.path) as source, Store(server) as target:
        transfer.copy(source, target)
    found, then = [], file.now
    for place in (file.store.path, server):
        file.store, file.now = Store(place), then
        file.store.watch([WATCHLIST], now=then)
        file.poll(told(11, "two", WIRE), name="two")
        (newest,) = file.rows("SELECT id, relation FROM items ORDER BY id DESC LIMIT 1")
        assert newest["relation"] == "copy"
        split(file.store, [newest["id"]], note="", now=file.now)
        found.append(
            [
                file.rows(f"SELECT * FROM {table} ORDER BY id")
                for table in ("stories", "items", "polls", "mends", "alerts")
            ]
        )
        file.store.close()
    (nul,) = (row for row in found[0][1] if row["author"])
    nul["author"] = nul["author"].replace("\0", "\ufffd")  # no text of PostgreSQL's holds one
    assert found[0] == found[1]


def test_what_is_not_empty_is_refused(file: LearningDesk, server: Server) -> None:
    with Store(file.store.path) as source, Store(server) as target:
        transfer.copy(source, target)
        with pytest.raises(StoreError, match=r"is not empty \(it has \d+ rows in \w+\)"):
            transfer.copy(source, target)


@pytest.mark.parametrize("fault", ["interrupted", "changed"])
def test_nothing_is_kept_of_half_a_copy(
    file: LearningDesk, server: Server, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = Store.load

    def faulty(store: Store, table: str, columns: list[str], rows: list[transfer.Row]) -> None:
        if table == "items" and fault == "interrupted":
            raise KeyboardInterrupt
        if table == "items":
            rows = [(*row[:4], "another", *row[5:]) for row in rows]
        load(store, table, columns, rows)

    with Store(file.store.path) as source, Store(server) as target:
        monkeypatch.setattr(Store, "load", faulty)
        expected = KeyboardInterrupt if fault == "interrupted" else StoreError
        with pytest.raises(expected):
            transfer.copy(source, target)
        assert transfer.count(target) == 0
        monkeypatch.undo()
        transfer.copy(source, target)
        assert transfer.count(target) == transfer.count(source) > 50


def test_the_command(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "old").mkdir()
    collection = Collection(tmp_path / "old")
    collection.poll(entry(1, "Arin Dam opens", "Water."))
    (tmp_path / "url").write_text(server.url.reveal())
    monkeypatch.chdir(tmp_path)
    told = collection.run("migrate", "--to", "file:url", "--json")
    assert (told.status, told.err) == (0, "")
    assert told.json["to"] == str(server)
    rows = {one["table"]: one["rows"] for one in told.json["tables"]}
    assert (rows["items"], rows["mentions"]) == (1, 1)
    again = collection.run("migrate", "--to", "file:url")
    assert again.status == 2
    assert "is not empty" in again.err
    wrong = collection.run("migrate", "--to", "env:NO_SUCH")
    assert wrong.status == 2
    assert "the environment variable NO_SUCH is not set" in wrong.err
    with Store(collection.path):
        busy = collection.run("migrate", "--to", "other.db")
    assert busy.status == 2
    assert "in use by process" in busy.err
    assert not (tmp_path / "other.db").exists()
    ran = collection.run("migrate", "--to", "other.db")
    assert (ran.status, ran.err) == (0, "")
    assert 'In the settings: database = "other.db"' in ran.out
