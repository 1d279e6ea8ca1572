"""What a server keeps by month: lines of the ledger, and items with what hangs on them."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from monitor.clock import iso
from monitor.errors import StoreError
from monitor.store import Store, retention
from monitor.store.postgres import locks, months, ranges, schema
from tests.support import learning
from tests.support.learning import LearningDesk, entry
from tests.support.postgres import Postgres


def raw(desk: LearningDesk) -> psycopg.Connection[Any]:
    return desk.store.db.conn.raw


@contextmanager
def beside(
    desk: LearningDesk, job: Callable[[psycopg.Connection[Any]], object]
) -> Iterator[Callable[[], bool]]:
    """Something is done in another session; whether it still is."""

    def done() -> None:
        with psycopg.connect(desk.store.place.url.reveal(), autocommit=True) as own:
            own.execute("SET search_path TO wirewatch, public")
            job(own)

    thread = threading.Thread(target=done)
    thread.start()
    yield thread.is_alive
    thread.join()


class TestPolls:
    def polls(self, desk: LearningDesk, months: int) -> None:
        """Four polls of a feed in each month, the first of all its baseline."""
        for month in range(1, months + 1):
            for day in range(1, 5):
                desk.now = datetime(2026, month, day, tzinfo=UTC)
                desk.poll(entry(day))

    def left(self, desk: LearningDesk) -> list[str]:
        rows = desk.rows("SELECT started_at FROM polls ORDER BY started_at")
        return [row["started_at"][:10] for row in rows]

    def test_old_months_go_as_tables_but_for_what_is_kept_for_ever(
        self, pg: Postgres, tmp_path: Path
    ) -> None:
        desk = LearningDesk(tmp_path / "server")
        months.make(desk.store.db.conn.raw, ["2026-01", "2026-02", "2026-03", "2026-12"])
        self.polls(desk, 4)  # April has no table: its lines are in the rest
        tables = "SELECT relname FROM pg_class WHERE relname LIKE 'polls_2026%' AND relkind = 'r'"
        made = {row["relname"] for row in desk.rows(tables)}
        assert made >= {"polls_2026_01", "polls_2026_02", "polls_2026_03", "polls_2026_12"}
        assert [
            row["relname"]
            for row in desk.rows(
                "SELECT relname FROM pg_class WHERE oid = "
                "(SELECT tableoid FROM polls WHERE started_at < '2026-01-02')"
            )
        ] == ["polls_2026_01"]
        before = iso(datetime(2026, 3, 3, tzinfo=UTC))
        assert desk.store.forget_polls(before, most=100) == 2 + 4
        # Whole months: the first days of March stay until the others may go.
        assert self.left(desk)[:4] == ["2026-01-01", "2026-01-02", "2026-03-01", "2026-03-02"]
        now = {row["relname"] for row in desk.rows(tables)}
        assert made - now == {"polls_2026_01", "polls_2026_02"}
        assert desk.store.forget_polls("2026-05", most=100) == 4 + 4
        assert self.left(desk) == ["2026-01-01", "2026-01-02"]
        desk.poll(entry(9))
        assert desk.count("polls") == 3
        desk.close()

    def test_months_are_made_while_polls_are_stored(self, pg: Postgres, tmp_path: Path) -> None:
        desk = LearningDesk(tmp_path)
        wanted = [f"2998-{month:02}" for month in range(1, 13)]
        with beside(desk, lambda own: [months.make(own, [month]) for month in wanted]) as busy:
            polls = 0
            while busy() or polls < 20:
                desk.poll(entry(polls))
                polls += 1
        assert desk.count("polls") == polls
        made = desk.rows("SELECT relname FROM pg_class WHERE relname LIKE 'polls_2998_%' "
                         "AND relkind = 'r'")  # fmt: skip
        assert len(made) == 12
        desk.close()

    def test_a_month_that_began_without_a_table_has_none(
        self, pg: Postgres, tmp_path: Path
    ) -> None:
        desk = LearningDesk(tmp_path)
        self.polls(desk, 1)
        months.make(desk.store.db.conn.raw, ["2026-01", "2026-02"])
        found = desk.rows("SELECT relname FROM pg_class WHERE relname IN ('polls_2026_01', "
                          "'polls_2026_02')")  # fmt: skip
        assert [row["relname"] for row in found] == ["polls_2026_02"]
        assert desk.count("polls") == 4
        desk.close()


LEFT = entry(90, "Nothing of note happened today at all")


class TestItems:
    """Months of a far future: those of the server's own clock lie before them."""

    @pytest.fixture
    def desk(self, pg: Postgres, tmp_path: Path) -> Iterator[LearningDesk]:
        desk = LearningDesk(tmp_path, feeds=("one", "two"))
        desk.now = datetime(2998, 1, 5, tzinfo=UTC)
        desk.poll(LEFT)
        ranges.begin(raw(desk), "2998_01")
        yield desk
        desk.close()

    def polled(self, desk: LearningDesk) -> None:
        """Two stories that their feed no longer carries, one of them edited."""
        desk.poll(entry(1, "The mine opens"), entry(2, "Far away a dam was built"), LEFT)
        desk.poll(
            entry(1, "The mine opens again today"), entry(2, "Far away a dam was built"), LEFT
        )
        desk.poll(LEFT)
        desk.store.db.execute("UPDATE alerts SET state = 'sent'")

    def later(self, desk: LearningDesk) -> None:
        """March begins, and what is older may go."""
        ranges.begin(raw(desk), "2998_02")
        desk.now = datetime(2998, 3, 1, tzinfo=UTC)

    def forget(self, desk: LearningDesk, *decided: int) -> int:
        gone, more = 0, 1
        while more:
            more, items = desk.store.forget_stories(iso(desk.now), decided, now=desk.now, most=9)
            gone += items
        return gone

    def parts(self, desk: LearningDesk) -> list[dict[str, Any]]:
        """By item, in which tables it and its mentions are."""
        return desk.rows(
            "SELECT i.id, i.tableoid::regclass::text AS item, m.tableoid::regclass::text AS mention "
            "FROM items AS i LEFT JOIN mentions AS m ON m.item = i.id ORDER BY i.id"
        )

    def hanging(self, desk: LearningDesk, item: int) -> dict[str, list[dict[str, Any]]]:
        return {
            table: desk.rows(f"SELECT * FROM {table} WHERE {number} = {item}")
            for table, number in ranges.TABLES.items()
        }

    def tables(self, desk: LearningDesk) -> set[str]:
        rows = desk.rows(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname LIKE '%2998%'"
        )
        return {row["relname"] for row in rows}

    def test_a_month_has_numbers_and_tables_of_its_own(self, desk: LearningDesk) -> None:
        self.polled(desk)
        ranges.begin(raw(desk), "2998_02")
        ranges.begin(raw(desk), "2998_02")
        ranges.begin(raw(desk), "2997_12")  # by a clock that is behind
        ranges.begin(raw(desk), "2998_03")  # in February nothing was new
        desk.poll(entry(3, "Another mine opens"), LEFT)
        found = self.parts(desk)
        assert [row["id"] for row in found] == [1, 10**9, 10**9 + 1, 3 * 10**9]
        for row in found[1:3]:
            assert (row["item"], row["mention"]) == ("items_2998_01", "mentions_2998_01")
        assert (found[3]["item"], found[3]["mention"]) == ("items_2998_03", "mentions_2998_03")
        assert {f"{table}_2998_02" for table in ranges.TABLES} <= self.tables(desk)

    def test_a_link_is_one_item_s_in_all_months(self, desk: LearningDesk) -> None:
        self.polled(desk)
        ranges.begin(raw(desk), "2998_02")
        again = entry(1, "The mine opens again today", guid="other")
        assert desk.poll(again, name="two").row.new == 0
        assert desk.count("items") == 3

    def test_what_is_old_goes_as_tables(self, desk: LearningDesk) -> None:
        self.polled(desk)
        self.later(desk)
        assert self.forget(desk) == 2
        assert not [name for name in self.tables(desk) if name.endswith("_01")]
        assert [row["title"] for row in desk.rows("SELECT title FROM items")] == [LEFT.title]
        for table in ("mentions", "revisions", "alerts", "links", "story_facets"):
            assert desk.count(table) == 0, table
        for table in ("stories", "appearances", "signatures", "items_search"):
            assert desk.count(table) == 1, table
        assert self.forget(desk) == 0

    def test_what_stays_of_a_month_is_whole_and_goes_later(self, desk: LearningDesk) -> None:
        self.polled(desk)
        (mine,) = desk.rows("SELECT id, story FROM items WHERE title LIKE '%mine%'")
        before = self.hanging(desk, mine["id"])
        assert all(before[table] for table in ("mentions", "revisions", "items_search"))
        self.later(desk)
        assert self.forget(desk, mine["story"]) == 1
        assert self.hanging(desk, mine["id"]) == before
        assert self.parts(desk)[-1]["item"] == "items_rest"
        assert self.forget(desk) == 1
        assert desk.count("items") == 1

    def test_it_does_not_come_back_as_news(self, desk: LearningDesk) -> None:
        self.polled(desk)
        self.later(desk)
        self.forget(desk)
        again = desk.poll(entry(1, "The mine opens", published_at=desk.now), LEFT)
        assert (again.row.new, again.row.skipped, again.alerts) == (0, {"rejected": 1}, ())

    def test_a_month_that_has_not_ended_stays(self, desk: LearningDesk) -> None:
        self.polled(desk)
        ranges.begin(raw(desk), "2998_02")
        desk.now = datetime(2998, 1, 31, tzinfo=UTC)
        assert self.forget(desk) == 0
        assert desk.count("items") == 3

    def test_all_of_it_or_nothing(
        self, desk: LearningDesk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.polled(desk)
        self.later(desk)
        with monkeypatch.context() as patch:
            patch.setattr(retention, "ITEMS", ("DELETE FROM nowhere",))
            with pytest.raises(sqlite3.Error):
                self.forget(desk)
        assert desk.count("items") == 3
        assert desk.count("tombstones") == 0
        assert self.forget(desk) == 2

    def test_copies_are_told(self, desk: LearningDesk) -> None:
        """As of rows that are deleted: by the log that triggers keep."""
        from monitor.store.engine import open_reader
        from monitor.store.postgres.changes import Source

        reader = open_reader(desk.store.place)
        source = Source(reader, "test")
        self.polled(desk)
        ids = {
            table: {str(row["id"]) for row in desk.rows(f"SELECT id FROM {table} WHERE item > 1")}
            for table in ("revisions", "mentions")
        }
        self.later(desk)
        with source.snapshot() as mark:
            pass
        self.forget(desk)
        with source.snapshot():
            changed = source.changed(mark.tx)
        assert changed["items"] >= {"1000000000", "1000000001"}
        assert {table: changed[table] for table in ids} == ids
        reader.close()

    def test_what_comes_back_meanwhile_stays(
        self, desk: LearningDesk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Between the look at what is old and the moment from which nobody learns."""
        self.polled(desk)
        self.later(desk)
        take = locks.take
        again = (
            "UPDATE wirewatch.appearances SET gone_at = NULL WHERE item = "
            "(SELECT id FROM wirewatch.items WHERE title LIKE '%dam%')"
        )

        def revived(own: psycopg.Connection[Any], *numbers: int) -> None:
            with psycopg.connect(desk.store.place.url.reveal()) as other:
                other.execute(again)
            take(own, *numbers)

        monkeypatch.setattr(locks, "take", revived)
        assert self.forget(desk) == 1
        titles = [row["title"] for row in desk.rows("SELECT title FROM items ORDER BY id")]
        assert titles == [LEFT.title, "Far away a dam was built"]
        assert desk.poll(entry(2, "Far away a dam was built"), LEFT).row.unchanged == 2

    def test_who_reads_for_long_is_let_go_on(
        self, desk: LearningDesk, monkeypatch: pytest.MonkeyPatch, pg: Postgres
    ) -> None:
        monkeypatch.setattr(locks, "PATIENCE", 0.1)
        self.polled(desk)
        self.later(desk)
        with psycopg.connect(desk.store.place.url.reveal()) as other:
            other.execute("SELECT count(*) FROM wirewatch.items")
            with pytest.raises(psycopg.errors.LockNotAvailable):
                ranges.begin(raw(desk), "2998_03")
            with pytest.raises(StoreError, match="could not obtain lock"):
                self.forget(desk)
            assert desk.poll(entry(9), LEFT).row.new == 1  # in the month before
        assert self.forget(desk) == 2
        ranges.begin(raw(desk), "2998_03")

    def test_months_begin_while_polls_are_stored(self, desk: LearningDesk) -> None:
        wanted = [f"2998_{month:02}" for month in range(2, 13)]
        with beside(desk, lambda own: [ranges.begin(own, month) for month in wanted]) as busy:
            number = 100
            while busy() or number < 120:
                assert desk.poll(entry(number), LEFT).row.new == 1
                number += 1
        assert ranges.months(raw(desk))[-11:] == wanted
        assert desk.count("items") == number - 100 + 1
        assert len({row["item"] for row in self.parts(desk)}) > 2

    def test_it_waits_until_nobody_learns(
        self, desk: LearningDesk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(locks, "PATIENCE", 0.1)
        self.polled(desk)
        self.later(desk)
        with psycopg.connect(desk.store.place.url.reveal()) as other:
            other.execute("SELECT pg_advisory_xact_lock(%s)", (locks.WRITING,))
            with pytest.raises(StoreError, match="lock timeout"):
                self.forget(desk)
        assert self.forget(desk) == 2

    def test_a_program_starts_beside_who_reads_for_long(
        self, desk: LearningDesk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(locks, "PATIENCE", 0.1)
        monkeypatch.setattr(ranges, "_NOW", "SELECT '2998_02'")
        place = desk.store.place
        desk.store.close()
        with psycopg.connect(place.url.reveal()) as other:
            other.execute("SELECT count(*) FROM wirewatch.items")
            desk.store = Store(place)
        assert "items_2998_02" not in self.tables(desk)
        desk.store.checkpoint()
        assert "items_2998_02" in self.tables(desk)


def test_a_database_from_before_stays_undivided(
    pg: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as before:
        before.setattr(ranges, "TABLES", {})
        before.setattr(ranges, "_DIVIDED", "SELECT false")
        plain = "CREATE TABLE items_search (item BIGINT PRIMARY KEY, words TSVECTOR NOT NULL)"
        before.setitem(schema._OTHERWISE, "CREATE VIRTUAL TABLE items_search", (plain,))
        place = pg.place(pg.empty(), tmp_path / "none.db")
        Store(place).close()
    monkeypatch.setattr(learning, "place", lambda _: place)
    desk = LearningDesk(tmp_path)
    desk.now = datetime(2998, 1, 5, tzinfo=UTC)
    desk.poll(LEFT)
    desk.poll(entry(1, "The mine opens"), LEFT)
    desk.poll(LEFT)
    desk.store.db.execute("UPDATE alerts SET state = 'sent'")
    assert desk.store.forget_stories("2998-02-03", [], now=desk.now, most=9) == (1, 1)
    assert [row["id"] for row in desk.rows("SELECT id FROM items")] == [1]
    desk.store.checkpoint()
    assert ranges.months(raw(desk)) == []
    desk.close()


def test_upkeep_waits_for_a_server_that_is_away(
    pg: Postgres, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    desk = LearningDesk(tmp_path)
    name = desk.store.place.url.reveal().rpartition("/")[2]
    pg.sql(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false")
    pg.sql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
    for _ in range(2):  # of the session that ended, and of one that cannot begin
        desk.store.keep_house()
        desk.store.checkpoint()
    assert "are made later" in caplog.text
    pg.sql(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS true")
    assert desk.poll(LEFT).row.new == 1
    desk.close()


class TestStatistics:
    def test_the_planner_is_told_what_came(self, pg: Postgres, tmp_path: Path) -> None:
        desk = LearningDesk(tmp_path)
        known = "SELECT reltuples FROM pg_class WHERE relname = 'items'"
        assert desk.rows(known) == [{"reltuples": -1.0}]
        desk.poll(*map(entry, range(40)))
        desk.store.db.execute("ANALYZE items_" + ranges.months(raw(desk))[-1])  # as autovacuum
        desk.store.keep_house()
        assert desk.rows(known) == [{"reltuples": 40.0}]
        desk.close()

    def test_no_look_up_reads_a_whole_table(self, pg: Postgres, tmp_path: Path) -> None:
        """Plans that were made while the tables were empty hold when they are not."""
        desk = LearningDesk(tmp_path)
        before = self.read_as_a_whole(desk)
        for first in range(0, 100, 10):
            desk.poll(*map(entry, range(first, first + 10)))
        assert self.read_as_a_whole(desk) == before
        desk.close()

    def read_as_a_whole(self, desk: LearningDesk) -> list[tuple[str, int]]:
        """How many rows, by table."""
        (month,) = ranges.months(raw(desk))
        names = [f"{table}_{month}" for table in ranges.TABLES]
        raw(desk).execute("SELECT pg_stat_force_next_flush()")
        return raw(desk).execute(
            "SELECT relname, seq_tup_read FROM pg_stat_user_tables "
            "WHERE relname = ANY(%s) ORDER BY relname", (names,)
        ).fetchall()  # fmt: skip
