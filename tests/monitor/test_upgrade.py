"""Databases of other versions. Killed upgrades, and every command: `make proof`, area storage."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from monitor.errors import StoreError
from monitor.store import Store, backup, connect, schema
from monitor.store.desk import decisions, reviews
from monitor.store.reads import Reader
from tests.support.release import unpacked

RELEASE = Path(__file__).parents[1] / "system" / "data" / "release-0.1.0"

# Of everything that a released migration makes. It is never changed: write a new migration, and
# put its line here when it is released.
FROZEN = {
    "m001_tables": "55d98102a2067934",
    "m002_sources": "3b1c8a9704c1555a",
    "m001_decisions": "656aa4119083e4bb",
}
HELD = {"tombstones", "links", "mends", "_sqlite_migrations"}  # without rows, or not of ours


def made_by(migrations: Migrations) -> dict[str, str]:
    """By migration: a digest of what it makes."""
    found = {}
    db = Database(memory=True)
    before: set[str] = set()
    for one in migrations._migrations:
        one.fn(db)
        now = {row[0] for row in db.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")}
        # The tables within a search index are the library's, and of its version.
        new = sorted(sql for sql in now - before if "'items_search_" not in sql)
        found[one.name] = hashlib.sha256("\n".join(new).encode()).hexdigest()[:16]
        before = now
    db.close()
    return found


def test_released_migrations_are_as_they_were() -> None:
    assert made_by(schema.migrations) | made_by(reviews.migrations) == FROZEN


def dump(path: Path) -> dict[str, list[tuple[object, ...]]]:
    with closing(sqlite3.connect(path)) as db:
        names = [
            row[0]
            for row in db.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' "
                "AND name NOT LIKE 'items_search%' AND name <> '_sqlite_migrations'"
            )
        ]
        return {name: db.execute(f"SELECT * FROM {name}").fetchall() for name in names}


def within(rows: list[tuple[object, ...]], columns: list[tuple[object, ...]]) -> list[object]:
    """`rows` in the columns that they had: new ones stand behind."""
    return [row[: len(columns[0])] for row in rows]


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return unpacked(RELEASE, tmp_path)


def test_a_database_of_the_first_release_keeps_every_row(old: Path) -> None:
    before = dump(old)
    assert {name for name, rows in before.items() if not rows} <= HELD
    Store(old).close()
    after = dump(old)
    assert {name: within(after[name], rows) for name, rows in before.items()} == before
    decisions.create(decisions.beside(old))
    with closing(decisions.open_reader(decisions.beside(old))) as db:
        assert decisions.history(db, 1)
    with Reader(old) as reader:
        assert [row["title"] for row in reader.search("power station", limit=9)]


@pytest.fixture
def later(
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[[Callable[[Database], object]], None]:
    """Adds a later migration to the program's own, for the time of the test."""
    monkeypatch.setattr(schema.migrations, "_migrations", [*schema.migrations._migrations])

    def add(step: Callable[[Database], object]) -> None:
        number = len(schema.migrations._migrations) + 1
        schema.migrations(name=f"m{number:03}_later")(step)

    return add


def add_mood(db: Database) -> None:
    db.execute("ALTER TABLE items ADD COLUMN mood TEXT NOT NULL DEFAULT ''")
    db.execute("UPDATE items SET mood = 'calm'")


def fail(_: Database) -> None:
    raise sqlite3.OperationalError("database or disk is full")


def test_an_upgrade_is_done_as_a_whole_or_not_at_all(old: Path, later) -> None:
    before = dump(old)
    later(add_mood)
    later(fail)
    with pytest.raises(StoreError, match="disk is full"):
        Store(old)
    assert dump(old) == before
    schema.migrations._migrations.pop()
    Store(old).close()
    assert [row[-1] for row in dump(old)["items"]] == ["calm"] * len(before["items"])


def test_the_library_alone_leaves_it_between_two_versions(old: Path, later) -> None:
    """The twin."""
    before = dump(old)
    later(add_mood)
    later(fail)
    with closing(connect.open_writer(old)) as db, pytest.raises(sqlite3.OperationalError):
        schema.migrations.apply(db)
    assert dump(old) != before


def test_who_only_reads_an_older_one_is_told_to_start_the_program(old: Path, later) -> None:
    later(add_mood)
    with pytest.raises(StoreError, match="older wirewatch; start `wirewatch run`"):
        Reader(old)
    backup.copy(old, old.with_name("copy.db"))  # before the update, as one should
    Store(old).close()
    Reader(old).db.close()


NEWER = "newer wirewatch .it has m999_later.*update this program"


@pytest.mark.parametrize(
    "open_it",
    [
        Store,
        Reader,
        lambda path: backup.copy(path, path.with_name("copy.db")),
        lambda path: decisions.create(decisions.beside(path)),
        lambda path: decisions.open_reader(decisions.beside(path)),
        lambda path: backup.copy(decisions.beside(path), path.with_name("copy.db")),
        lambda path: attached(decisions.beside(path)),
    ],
)
def test_a_newer_one_is_refused(old: Path, open_it: Callable[[Path], object]) -> None:
    for path, ours in ((old, schema.migrations), (decisions.beside(old), reviews.migrations)):
        with closing(sqlite3.connect(path)) as db:
            db.execute(
                "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) "
                "VALUES (?, 'm999_later', '2030')",
                (ours.name,),
            )
            db.commit()
    before = old.read_bytes()
    with pytest.raises(StoreError, match=NEWER):
        open_it(old)
    assert old.read_bytes() == before


def attached(path: Path) -> None:
    with closing(sqlite3.connect(":memory:", uri=True)) as db:
        decisions.attach(db, path)


def test_views_are_those_of_the_program_and_made_once(old: Path) -> None:
    with closing(sqlite3.connect(old)) as db:
        db.execute("DROP VIEW named_items")
        db.execute("CREATE VIEW of_another_version AS SELECT 1")
        db.commit()
    Store(old).close()

    def state() -> tuple[set[str], int]:
        with closing(sqlite3.connect(old)) as db:
            names = db.execute("SELECT name FROM sqlite_master WHERE type = 'view'")
            return {row[0] for row in names}, db.execute("PRAGMA schema_version").fetchone()[0]

    views, version = state()
    assert views == {"about", "named_items", "named_stories"}
    Store(old).close()
    assert state() == (views, version)
