"""A copy of a server's newest days: whole, kept up to date, and what is decided beside it goes back."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from feeds.types import Feed, FetchState, NotModified
from monitor import publishing
from monitor.cli.main import program
from monitor.errors import BusyError, StoreError
from monitor.places import Server
from monitor.publishing import Publisher, Step
from monitor.store import Store
from monitor.store.copy import FACETS, TABLES, Copy
from monitor.store.desk import decisions
from monitor.store.desk.decisions import Decision
from monitor.store.engine import open_reader
from monitor.store.mending import merge, split
from monitor.store.reads import Reader
from tests.support import stores
from tests.support.learning import LearningDesk, entry
from tests.support.postgres import PASSWORD, Postgres

LONG = "The dam above the town was closed for repairs, and the works below it stand still. " * 5


@pytest.fixture
def desk(tmp_path: Path, postgres: Postgres) -> Iterator[LearningDesk]:
    """Polls by hand into a database on a server."""
    with stores.on(postgres), closing(LearningDesk(tmp_path / "server", ("one", "two"))) as made:
        yield made


@contextmanager
def publisher(polls: LearningDesk, file: Path, **other: Any) -> Iterator[Publisher]:
    with Publisher(polls.store.place, file, now=lambda: polls.now, **other) as made:  # type: ignore[arg-type]
        yield made


def rounds(polls: LearningDesk, file: Path, **other: Any) -> list[Step]:
    with publisher(polls, file, **other) as made:
        return list(made.round())


def told(desk: LearningDesk, file: Path, table: str) -> tuple[list[str], list[str]]:
    """The rows of a table, on the server and in the copy."""
    with closing(Copy(file)) as copy, closing(open_reader(desk.store.place)) as server:
        columns = ", ".join(f'"{name}"' for name in copy.columns(table))
        sql = f"SELECT {columns} FROM {table}"
        return tuple(
            sorted(repr(tuple(row)) for row in db.execute(sql).fetchall())
            for db in (server.conn, copy.db)
        )  # type: ignore[return-value]


def assert_same(desk: LearningDesk, file: Path) -> None:
    for table in (*TABLES, FACETS):
        there, here = told(desk, file, table)
        assert here == there, table
    with closing(Copy(file)) as copy:
        assert copy.db.execute("PRAGMA foreign_key_check").fetchall() == []
        assert copy.db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def decide(desk: LearningDesk, file: Path, verdict: str) -> None:
    """At the desk that reads this copy, on its first story."""
    reviews = decisions.beside(file)
    if not reviews.exists():
        decisions.create(reviews)
    with closing(sqlite3.connect(reviews)) as writing:
        decisions.prepare(writing)
        made = Decision(story=1, verdict=verdict, reviewer="ann", decided_at=desk.now)
        decisions.record(writing, [made])


def silent(name: str) -> NotModified:
    url = f"https://{name}.example/feed"
    return NotModified(url=url, http_status=304, wire_bytes=9, headers={}, state=FetchState())


def connected(desk: LearningDesk) -> Any:
    """Another session on the server."""
    psycopg = pytest.importorskip("psycopg")
    place = desk.store.place
    assert isinstance(place, Server)
    options = "-c search_path=wirewatch,public"
    return psycopg.connect(place.url.reveal(), autocommit=True, options=options)


def found(file: Path, words: str) -> list[int]:
    with Reader(file) as reader:
        return sorted(row["id"] for row in reader.search(words, limit=100))


def test_a_copy_is_whole_and_follows(desk: LearningDesk, tmp_path: Path) -> None:
    file = tmp_path / "desk.db"
    desk.poll(*(entry(n, f"A mine and its news {n}", LONG + str(n)) for n in (3, 2, 1)))
    steps = rounds(desk, file)
    assert [step.table for step in steps if step.table][-1] == FACETS
    assert steps[-1].at
    assert_same(desk, file)

    desk.poll(entry(4, "The mine closes", LONG), entry(3, "A mine edited", "No more of it."))
    desk.poll(entry(9, "The mine closes", LONG), name="two")
    desk.observe(silent("two"), "two")
    assert rounds(desk, file)[-1].at
    assert_same(desk, file)
    assert found(file, "edited") == found_there(desk, "edited") != []
    assert found(file, "closed") == found_there(desk, "closed")

    stories = [row["id"] for row in desk.rows("SELECT id FROM stories ORDER BY id")]
    merge(desk.store, stories[0], stories[1:2], note="", now=desk.now)
    rounds(desk, file)
    split(desk.store, [2], note="", now=desk.now)
    desk.store.forget_stories("9999", set(), now=desk.now, most=1)
    rounds(desk, file)
    assert_same(desk, file)


def found_there(desk: LearningDesk, words: str) -> list[int]:
    return desk.found(words)


def test_a_step_copies_what_changed_and_no_more(desk: LearningDesk, tmp_path: Path) -> None:
    file = tmp_path / "desk.db"
    desk.poll(*(entry(n) for n in range(30, 0, -1)))
    assert sum(step.rows for step in rounds(desk, file)) > 90
    desk.now += timedelta(hours=1)
    assert sum(step.rows for step in rounds(desk, file)) <= 4  # its poll and its feed again
    desk.poll(entry(31), *(entry(n) for n in range(30, 0, -1)))
    assert sum(step.rows for step in rounds(desk, file)) < 12


@pytest.mark.parametrize("after", [1, 7, 12])
def test_a_first_copy_goes_on_where_it_was_broken_off(
    desk: LearningDesk, tmp_path: Path, after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "ROWS", 2)
    file = tmp_path / "desk.db"
    desk.poll(*(entry(n, f"A mine {n}") for n in range(7, 0, -1)))
    with publisher(desk, file) as made:
        going = made.round()
        before = [next(going).table for _ in range(after)]
        going.close()
    desk.poll(entry(8, "A mine 8"), entry(7, "A dam 7"))  # meanwhile
    later = [step.table for step in rounds(desk, file)]
    assert later[0] not in before[:-1]
    assert_same(desk, file)


def test_what_commits_late_is_not_missed(desk: LearningDesk, tmp_path: Path) -> None:
    """Its transaction began before others that were copied already."""
    file = tmp_path / "desk.db"
    desk.poll(entry(2, "A mine"), entry(1, "A dam"))
    rounds(desk, file)
    late = connected(desk)
    late.autocommit = False
    with closing(late):
        late.execute("UPDATE stories SET title = 'late' WHERE id = 1")
        desk.poll(entry(3, "A mine again"), entry(2, "A mine"), entry(1, "A dam"))
        rounds(desk, file)
        late.commit()
    assert "late" not in str(told(desk, file, "stories")[1])
    rounds(desk, file)
    assert_same(desk, file)


def test_a_story_leaves_the_window_and_comes_back_whole(desk: LearningDesk, tmp_path: Path) -> None:
    file = tmp_path / "desk.db"
    desk.poll(entry(1, "The mine closes", LONG))
    rounds(desk, file, days=2)
    desk.now += timedelta(days=2, hours=1)
    desk.observe(silent("one"))
    rounds(desk, file, days=2)
    assert [len(told(desk, file, table)[1]) for table in ("stories", "items", "mentions")] == [
        *(0, 0, 0)
    ]
    assert found(file, "closed") == []
    desk.poll(entry(9, "The mine closes", LONG), name="two")  # a copy, days later
    assert desk.count("stories") == 1
    rounds(desk, file, days=2)
    for table in ("stories", "items", "mentions", "appearances", FACETS):
        there, here = told(desk, file, table)
        assert here == there, table
    assert found(file, "closed") == [1, 2]


def test_a_copy_older_than_the_log_begins_anew(desk: LearningDesk, tmp_path: Path) -> None:
    file = tmp_path / "desk.db"
    desk.poll(entry(1, "A mine"))
    rounds(desk, file)
    desk.poll(entry(2, "A dam"), entry(1, "A mine"))
    with closing(connected(desk)) as server:
        server.execute("UPDATE changes SET at = at - interval '30 days'")
    rounds(desk, tmp_path / "another.db")  # which prunes
    assert rounds(desk, file)[0].table == TABLES[0]
    assert_same(desk, file)


def test_what_is_decided_beside_it_goes_back(desk: LearningDesk, tmp_path: Path) -> None:
    file = tmp_path / "desk.db"
    desk.poll(entry(1, "A mine"))
    rounds(desk, file)
    for verdict in ("relevant", "follow up"):
        decide(desk, file, verdict)
        for _ in range(2):
            rounds(desk, file, desk="north")
    rows = desk.rows("SELECT desk, id, verdict FROM decisions ORDER BY id")
    assert [tuple(row.values()) for row in rows] == [
        ("north", 1, "relevant"),
        ("north", 2, "follow up"),
    ]
    assert desk.store.decided() == {1}  # which retention keeps


def test_other_files_are_left_alone(desk: LearningDesk, tmp_path: Path) -> None:
    file = tmp_path / "polled.db"
    with closing(Store(file)) as polled:
        polled.subscribe([Feed(url="https://x.example/", name="x")], interval=900, now=desk.now)
        with pytest.raises(BusyError):
            rounds(desk, file)
    with pytest.raises(StoreError, match="polled into"):
        rounds(desk, file)
    with Reader(file) as reader:
        assert len(reader.feed_states()) == 1


@pytest.fixture
def settings(desk: LearningDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Of a machine with a desk."""
    place = desk.store.place
    assert isinstance(place, Server)
    monkeypatch.setenv("THE_DATABASE", place.url.reveal())
    path = tmp_path / "desk" / "wirewatch.toml"
    path.parent.mkdir()
    path.write_text('database = "env:THE_DATABASE"\nfeeds = ["feeds.toml"]\n')
    path.with_name("feeds.toml").write_text('[[feed]]\nurl = "https://x.example/"\nname = "x"\n')
    return path


def test_the_command(desk: LearningDesk, settings: Path, tmp_path: Path) -> None:
    desk.poll(entry(1, "A mine"))
    file = tmp_path / "copy.db"
    command = ["publish", "--once", "--config", str(settings)]
    done = CliRunner().invoke(program, [*command, "--to", str(file), "--json"])
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert (said["file"], said["rows"] > 5, bool(said["whole_to"])) == (str(file), True, True)
    assert told(desk, file, "items")[1]
    assert PASSWORD not in done.output


def test_the_desk_and_reports_read_the_copy(desk: LearningDesk, settings: Path) -> None:
    desk.poll(entry(1, "A mine"))
    report = ["report", "--config", str(settings), "--output", str(settings.with_name("week.html"))]
    before = CliRunner().invoke(program, report)
    assert isinstance(before.exception, StoreError)
    assert "`wirewatch publish` makes it" in str(before.exception)
    publish = ["publish", "--once", "--config", str(settings)]
    assert CliRunner().invoke(program, publish).exit_code == 0
    after = CliRunner().invoke(program, report)
    assert after.exit_code == 0, after.output


def test_suggestions_know_what_was_decided_on_the_copy(desk: LearningDesk, settings: Path) -> None:
    desk.poll(entry(1, "A mine", "Production began at the Hujang Cement Factory near the mine."))
    asked = ["watchlist", "suggest", "--json", "--config", str(settings)]
    before = CliRunner().invoke(program, asked)
    assert "Hujang" in before.stdout, before.output
    assert "`wirewatch publish` makes it" in before.stderr
    publish = ["publish", "--once", "--config", str(settings)]
    assert CliRunner().invoke(program, publish).exit_code == 0
    decide(desk, settings.with_name("wirewatch.db"), "not relevant")
    after = CliRunner().invoke(program, asked)
    assert (after.exit_code, after.stderr) == (0, "")
    assert "Hujang" not in after.stdout


def test_a_file_needs_no_copy(tmp_path: Path) -> None:
    settings = tmp_path / "wirewatch.toml"
    settings.write_text('feeds = ["feeds.toml"]\n')
    (tmp_path / "feeds.toml").write_text('[[feed]]\nurl = "https://x.example/"\nname = "x"\n')
    done = CliRunner().invoke(program, ["publish", "--once", "--config", str(settings)])
    assert isinstance(done.exception, StoreError)
    assert "is a file already" in str(done.exception)


def test_a_server_that_went_away_is_tried_again(desk: LearningDesk, tmp_path: Path) -> None:
    file = tmp_path / "desk.db"
    with publisher(desk, file) as made:
        list(made.round())
        with closing(connected(desk)) as server:
            server.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE pid <> pg_backend_pid() AND datname = current_database()"
            )
        with pytest.raises(StoreError, match="postgresql://"):
            list(made.round())
        assert list(made.round())[-1].at
