"""The store: one writer, whole transactions, errors in words, search that finds."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alerts.deliver import Settlement
from feeds.types import Feed
from monitor.errors import BusyError, StoreError
from monitor.segments import segment
from monitor.store import Store
from monitor.store.describe import TABLES
from monitor.store.reads import Reader
from monitor.store.search import query
from tests.support.learning import WATCHLIST, LearningDesk, entity, entry
from tests.support.stores import ON_BOTH, on_postgres, place, statements

NOW = datetime(2026, 11, 21, tzinfo=UTC)


class TestOneWriter:
    def test_second_is_refused_in_words(self, tmp_path: Path) -> None:
        path = tmp_path / "a.db"
        with Store(path), pytest.raises(BusyError, match=rf"process {os.getpid()}"):
            Store(path)
        Store(path).close()

    def test_lock_ends_with_the_process_however_it_ends(self, tmp_path: Path) -> None:
        path = tmp_path / "a.db"
        code = (
            "import sys, time; from pathlib import Path; from monitor.store import Store\n"
            "s = Store(Path(sys.argv[1])); print('open', flush=True); time.sleep(60)"
        )
        child = subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE)
        try:
            assert child.stdout
            assert child.stdout.readline() == b"open\n"
            with pytest.raises(BusyError):
                Store(path)
        finally:
            child.send_signal(signal.SIGKILL)
            child.wait()
            assert child.stdout
            child.stdout.close()
        Store(path).close()

    def test_readers_are_let_in(self, tmp_path: Path) -> None:
        path = tmp_path / "a.db"
        with Store(path), Reader(path) as reader:
            assert reader.stats(NOW)["items"] == 0

    def test_readers_cannot_write(self, tmp_path: Path) -> None:
        Store(tmp_path / "a.db").close()
        with (
            Reader(tmp_path / "a.db") as reader,
            pytest.raises(sqlite3.OperationalError, match="readonly"),
        ):
            reader.db.conn.execute("DELETE FROM feeds")


class TestOpening:
    def test_settings(self, tmp_path: Path) -> None:
        with Store(tmp_path / "deep" / "a.db") as store:
            pragmas = {
                name: store.db.conn.execute(f"PRAGMA {name}").fetchone()[0]
                for name in ("journal_mode", "synchronous", "foreign_keys")
            }
        assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}

    def test_not_a_database(self, tmp_path: Path) -> None:
        (tmp_path / "a.db").write_text("not a database, but a text of some length " * 50)
        with pytest.raises(StoreError, match=r"a\.db"):
            Store(tmp_path / "a.db")

    def test_a_folder(self, tmp_path: Path) -> None:
        with pytest.raises(StoreError):
            Store(tmp_path)

    def test_reading_what_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(StoreError, match="wirewatch poll"):
            Reader(tmp_path / "none.db")

    def test_newer_database_is_refused_and_not_touched(self, tmp_path: Path) -> None:
        path = tmp_path / "a.db"
        with Store(path) as store, store.transaction() as db:
            db.execute(
                "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) "
                "VALUES ('wirewatch', 'm999_from_the_future', '2030')"
            )
        with pytest.raises(StoreError, match="newer wirewatch"):
            Store(path)
        with closing(sqlite3.connect(path)) as db:
            assert db.execute("SELECT count(*) FROM feeds").fetchone() == (0,)

    def test_every_table_and_column_is_described(self, tmp_path: Path) -> None:
        with Store(tmp_path / "a.db") as store:
            real = {
                t.name: [c.name for c in t.columns]
                for t in store.db.tables
                if not t.name.startswith(("_", "items_search"))
            }
        assert real == {name: list(table.columns) for name, table in TABLES.items()}


@ON_BOTH
class TestSubscriptions:
    def feed(self, number: int, host: str = "") -> Feed:
        return Feed(
            url=f"https://{host or f'host{number}.example'}/{number}", name=f"feed {number}"
        )

    def test_lists_are_followed_and_history_is_kept(self, tmp_path: Path) -> None:
        with Store(place(tmp_path / "a.db")) as store:
            store.subscribe([self.feed(1), self.feed(2)], interval=900, now=NOW)
            store.subscribe([self.feed(2), self.feed(3)], interval=600, now=NOW)
            assert [f.feed.name for f in store.subscribed()] == ["feed 2", "feed 3"]
            assert store.db.execute("SELECT count(*) FROM feeds").fetchone() == (3,)
            assert {f.interval for f in store.subscribed()} == {600}

    def test_whose_a_feed_is_follows_the_list_unless_it_moved(self, tmp_path: Path) -> None:
        """The rules of who owns which name change with the list of public suffixes."""
        feeds = [self.feed(number) for number in (1, 2)]
        with Store(place(tmp_path / "w.db")) as store:
            store.subscribe(feeds, interval=900, now=NOW)
            store.db.execute("UPDATE feeds SET host = 'another.example'")
            store.db.execute("UPDATE feeds SET moved_to = 'https://b.example/' WHERE id = 2")
            store.db.conn.commit()
            store.subscribe(feeds, interval=900, now=NOW)
            assert [f.host for f in store.subscribed()] == ["host1.example", "another.example"]

    def test_what_stays_as_it_was_is_not_written(self, tmp_path: Path) -> None:
        feeds = [self.feed(number) for number in range(5)]
        with Store(place(tmp_path / "w.db")) as store:
            store.subscribe(feeds, interval=900, now=NOW)
            with statements(store) as run:
                store.subscribe(feeds, interval=900, now=NOW)
            assert not [sql for sql in run if sql.startswith(("INSERT INTO feeds", "UPDATE feeds"))]
            with statements(store) as run:
                store.subscribe(
                    [replace(feeds[0], language="ko"), *feeds[2:]], interval=900, now=NOW
                )
            written = [sql for sql in run if sql.startswith(("INSERT INTO feeds", "UPDATE feeds"))]
            assert on_postgres() or len(written) == 2
            assert {f.feed.language for f in store.subscribed()} == {"", "ko"}
            assert len(store.subscribed()) == 4
            store.subscribe(feeds, interval=900, now=NOW)
            assert {f.feed.language for f in store.subscribed()} == {""}
            assert len(store.subscribed()) == 5

    def test_due_takes_few_of_a_host(self, tmp_path: Path) -> None:
        with Store(place(tmp_path / "a.db")) as store:
            crowd = [self.feed(n, "crowd.example") for n in range(50)]
            store.subscribe([*crowd, self.feed(99)], interval=900, now=NOW)
            due = store.due(NOW, limit=10, per_host=3)
            assert [f.host for f in due].count("crowd.example") == 3
            assert "feed 99" in {f.feed.name for f in due}
            assert store.due(NOW - timedelta(seconds=1), limit=10, per_host=3) == []

    @pytest.mark.parametrize("step", [timedelta(hours=-1), timedelta(days=60)])
    def test_schedule_moves_with_the_clock(self, tmp_path: Path, step: timedelta) -> None:
        with Store(place(tmp_path / "a.db")) as store:
            store.subscribe([self.feed(1)], interval=900, now=NOW)
            store.shift_schedule(step, now=NOW + step)
            assert store.subscribed()[0].next_poll_at == NOW + step


@ON_BOTH
class TestWatchlists:
    def test_versions(self, tmp_path: Path) -> None:
        other = replace(WATCHLIST, version="2", entities={"mine": entity("mine")})
        with Store(place(tmp_path / "a.db")) as store:
            versions = []
            for watchlist in (WATCHLIST, WATCHLIST, other, WATCHLIST):
                store.watch([watchlist], now=NOW)
                versions.append(store.watchlist_version)
            assert versions == [1, 1, 2, 1]
            watched = store.db.query("SELECT id, watched FROM entities ORDER BY id")
            assert list(watched) == [{"id": "dam", "watched": 1}, {"id": "mine", "watched": 1}]

    def test_what_left_the_list_is_kept(self, tmp_path: Path) -> None:
        other = replace(WATCHLIST, version="2", entities={"mine": entity("mine")})
        with Store(place(tmp_path / "a.db")) as store:
            store.watch([WATCHLIST], now=NOW)
            store.watch([other], now=NOW)
            rows = list(store.db.query("SELECT id, watched FROM entities ORDER BY id"))
        assert rows == [{"id": "dam", "watched": 0}, {"id": "mine", "watched": 1}]


@ON_BOTH
class TestOutbox:
    @pytest.fixture
    def desk(self, tmp_path: Path) -> Iterator[LearningDesk]:
        desk = LearningDesk(tmp_path)
        desk.poll(entry(1))
        desk.poll(entry(3, "The dam opens"), entry(2, "The mine opens"), entry(1))
        yield desk
        desk.close()

    def settled(self, alert: int, state: str, at: datetime | None = None) -> Settlement:
        return Settlement(alert=alert, state=state, in_doubt=False, next_try_at=at, message="why")

    def test_claimed_once(self, desk: LearningDesk) -> None:
        first = desk.store.claim("desk", desk.now)
        second = desk.store.claim("desk", desk.now)
        assert first
        assert second
        assert first.id != second.id
        assert desk.store.claim("desk", desk.now) is None
        assert desk.store.claim("other", desk.now) is None

    def test_sent(self, desk: LearningDesk) -> None:
        row = desk.store.claim("desk", desk.now)
        assert row
        desk.store.settle(self.settled(row.id, "sent"), desk.now)
        stored = desk.rows("SELECT state, attempts, sent_at FROM alerts WHERE id = ?", row.id)[0]
        assert (stored["state"], stored["attempts"]) == ("sent", 1)
        assert stored["sent_at"]

    def test_later(self, desk: LearningDesk) -> None:
        row = desk.store.claim("desk", desk.now)
        other = desk.store.claim("desk", desk.now)
        assert row
        assert other
        desk.store.settle(self.settled(row.id, "pending", desk.now + timedelta(hours=1)), desk.now)
        assert desk.store.claim("desk", desk.now) is None
        again = desk.store.claim("desk", desk.now + timedelta(hours=2))
        assert again
        assert (again.id, again.attempts, again.key) == (row.id, 1, row.key)

    def test_a_send_cut_off_by_a_crash_is_repeated_and_marked(self, desk: LearningDesk) -> None:
        row = desk.store.claim("desk", desk.now)
        assert row
        assert not row.in_doubt
        assert desk.store.doubt_unfinished() == 1
        again = desk.store.claim("desk", desk.now)
        assert again
        assert (again.id, again.in_doubt, again.key) == (row.id, True, row.key)


FOUND = ["평양", "발전소", "전소", "평양 가동", "平壤", "火力", "Хичхон", "хичхонск", "POWER", "stat",
         "발전소는"]  # fmt: skip
NOT_FOUND = ["양평", "壤平", "발전 소식", 'NEAR("a"', "-", '"', "*", ""]


class TestSearch:
    @ON_BOTH
    def test_finds(self, tmp_path: Path) -> None:
        desk = LearningDesk(tmp_path)
        desk.poll(
            entry(1, "평양화력발전소는 정상 가동", "평양 시내. Power stations."),
            entry(2, "平壤火力发电厂恢复运行", "На Хичхонской ГЭС. power station"),
        )
        desk.close()
        with Reader(place(tmp_path / "test.db")) as reader:
            assert [words for words in FOUND if not reader.search(words, limit=10)] == []

    @ON_BOTH
    def test_does_not_find_and_never_fails(self, tmp_path: Path) -> None:
        desk = LearningDesk(tmp_path)
        desk.poll(entry(1, "평양화력발전소는 정상 가동", "平壤火力发电厂"))
        desk.close()
        with Reader(place(tmp_path / "test.db")) as reader:
            assert [words for words in NOT_FOUND if reader.search(words, limit=10)] == []

    def test_broken_twin_the_plain_tokenizer_finds_nothing(self) -> None:
        with closing(sqlite3.connect(":memory:")) as db:
            db.execute("CREATE VIRTUAL TABLE plain USING fts5 (t, tokenize='unicode61')")
            db.execute("INSERT INTO plain VALUES ('평양화력발전소는 정상 가동')")
            assert not db.execute("SELECT * FROM plain WHERE plain MATCH '평양'").fetchall()
            db.execute("CREATE VIRTUAL TABLE ours USING fts5 (t, tokenize='unicode61')")
            db.execute("INSERT INTO ours VALUES (?)", (segment("평양화력발전소는 정상 가동"),))
            assert db.execute("SELECT * FROM ours WHERE ours MATCH ?", (query("평양"),)).fetchall()


def test_a_lock_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "w.db.lock").symlink_to("/dev/full")
    with pytest.raises(StoreError, match="cannot write beside the database"):
        Store(tmp_path / "w.db")
