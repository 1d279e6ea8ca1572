"""What only a store on PostgreSQL promises; what every store does, its modules' own tests say."""

from __future__ import annotations

import re
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from alerts.secrets import Secret
from feeds.types import Entry, FetchState, ParsedFeed
from monitor.config import Config, load
from monitor.errors import BusyError, ConfigError, MonitorError, StoreError
from monitor.judge import judge, probes_of
from monitor.places import Server, has_password
from monitor.records import Observation
from monitor.store import Store
from monitor.store.describe import TABLES
from monitor.store.engine import exists
from monitor.store.grouping import Recent
from monitor.store.reads import Reader
from tests.support import stores
from tests.support.learning import WATCHLIST, LearningDesk, entry, fetched
from tests.support.postgres import PASSWORD, Postgres
from tests.support.press import words

FEEDS = ("one", "two")


@pytest.fixture
def server(pg: Postgres, tmp_path: Path) -> Server:
    """A database with our tables."""
    found = stores.place(tmp_path / "test.db")
    assert isinstance(found, Server)
    return found


class TestSettings:
    URL = "postgresql://me:opensesame@db.example/wire"

    def settings(self, folder: Path, database: str, **environ: str) -> Config:
        (folder / "wirewatch.toml").write_text(f'database = "{database}"\n')
        (folder / "feeds.toml").write_text('[[feed]]\nurl = "https://a.example/f"\nname = "a"\n')
        return load(folder / "wirewatch.toml", environ=environ, complete=False)

    @pytest.mark.parametrize("where", ["env:WIRE", "file:url.txt", "postgresql://db.example/wire"])
    def test_a_server_by_its_url(self, tmp_path: Path, where: str) -> None:
        (tmp_path / "url.txt").write_text(f"{self.URL}\n")
        config = self.settings(tmp_path, where, WIRE=self.URL)
        assert str(config.place) == "postgresql://db.example/wire"
        assert config.database == tmp_path / "wirewatch.db"
        assert isinstance(config.place, Server)
        assert config.place.url.reveal() in (self.URL, where)
        assert "opensesame" not in repr(config)

    def test_a_url_that_is_none_is_not_repeated(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError) as failed:
            self.settings(tmp_path, "env:WIRE", WIRE="opensesame")
        assert "opensesame" not in str(failed.value)

    @pytest.mark.parametrize(
        "url", ["postgresql://a:b@c/d", "postgresql://c/d?password=b", "postgresql://[c/d"]
    )
    def test_a_password_is_seen(self, url: str) -> None:
        assert has_password(url)

    @pytest.mark.parametrize(
        "url", ["postgresql:///wire", "postgresql://me@c:5433/d?sslmode=require"]
    )
    def test_none_is_not(self, url: str) -> None:
        assert not has_password(url)


class TestWhoMayWrite:
    def test_alone_or_together(self, server: Server) -> None:
        with Store(server):
            for shared in (False, True):
                with pytest.raises(BusyError, match=r"in use by process \d+"):
                    Store(server, shared=shared)
        with Store(server, shared=True), Store(server, shared=True), pytest.raises(BusyError):
            Store(server)
        Store(server).close()

    def test_readers_are_let_in_and_cannot_write(self, server: Server) -> None:
        refused = pytest.raises(sqlite3.OperationalError, match="read-only")
        with Store(server), Reader(server) as reader, refused:
            reader.db.conn.execute("DELETE FROM feeds")

    def test_a_session_that_ended_is_begun_again(self, pg: Postgres, tmp_path: Path) -> None:
        desk = LearningDesk(tmp_path)
        desk.poll(entry(1))
        desk.poll(entry(2), entry(1))
        pg.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname LIKE 'test%'")
        with pytest.raises(StoreError):
            desk.poll(entry(3), entry(2))
        desk.poll(entry(3), entry(2))
        assert desk.count("items") == 3
        with pytest.raises(BusyError):  # it has its lock again
            Store(desk.store.place)
        desk.close()


class TestOpening:
    def test_tables_and_columns_are_those_of_sqlite(self, server: Server) -> None:
        sql = """
            SELECT table_name, column_name FROM information_schema.columns
            WHERE table_schema = 'wirewatch' ORDER BY table_name, ordinal_position"""
        real: dict[str, list[str]] = {}
        with Store(server) as store:
            for table, column in store.db.execute(sql):
                real.setdefault(table, []).append(column)
        del real["_sqlite_migrations"], real["items_search"]
        parts = re.compile(r"(about|named_\w+|\w+_(rest|\d{4}_\d\d))")
        for name in [name for name in real if parts.fullmatch(name)]:
            del real[name]
        assert real == {name: list(table.columns) for name, table in TABLES.items()}

    def test_a_newer_one_is_refused_and_not_touched(self, server: Server) -> None:
        with Store(server) as store, store.transaction() as db:
            db.execute(
                "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) "
                "VALUES ('wirewatch', 'm999_from_the_future', '2030')"
            )
        for opened in (Store, Reader):
            with pytest.raises(StoreError, match="newer wirewatch"):
                opened(server)

    def test_an_older_one_is_not_read(self, server: Server) -> None:
        with Store(server) as store, store.transaction() as db:
            db.execute("DELETE FROM _sqlite_migrations WHERE name = 'm002_sources'")
        with pytest.raises(StoreError, match="older wirewatch"):
            Reader(server)

    def test_an_empty_one_is_made_by_who_writes(self, pg: Postgres, tmp_path: Path) -> None:
        name = pg.empty()
        place = pg.place(name, tmp_path / "w.db")
        assert not exists(place)
        with pytest.raises(StoreError, match=r"no tables of wirewatch's yet; `wirewatch poll`"):
            Reader(place)
        Store(place).close()
        assert exists(place)
        Reader(place).db.close()
        pg.drop(name)

    def test_another_encoding_is_refused(self, pg: Postgres, tmp_path: Path) -> None:
        pg.sql("CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'")
        with pytest.raises(StoreError, match="its encoding is LATIN1"):
            Store(pg.place("latin", tmp_path / "w.db"))
        pg.drop("latin")

    @pytest.mark.parametrize(
        ("old", "new", "says"),
        [
            ("wirewatch:", "wirewatch:not-", "password authentication failed"),
            ("wirewatch:", "nobody%40x:", "password authentication failed"),
            ("127.0.0.1:", "127.0.0.1:1", "database"),
            ("/test_", "/none_", 'database "none_'),
            ("127.0.0.1", "127.0.0.1:x", "not a URL that PostgreSQL reads"),
            ("wirewatch:", "wire%watch:", "not a URL that PostgreSQL reads"),
            ("?", "&", "does not exist"),
            ("?", "?", "not a URL that PostgreSQL reads"),
        ],
    )
    def test_no_error_shows_the_password(
        self, server: Server, old: str, new: str, says: str
    ) -> None:
        url = f"{server.url.reveal()}?nonsense={PASSWORD}" if old == "?" else server.url.reveal()
        wrong = Server(url=Secret(url.replace(old, new, 1)), beside=server.beside)
        with pytest.raises(MonitorError) as failed:
            Store(wrong)
        told, seen = str(failed.value), failed.value
        while seen.__cause__:
            seen = seen.__cause__
            told += str(seen)
        assert says in told
        assert PASSWORD not in told

    def test_without_the_extra_it_says_what_to_install(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in [name for name in sys.modules if name.startswith("monitor.store.postgres")]:
            monkeypatch.delitem(sys.modules, name)
        monkeypatch.setitem(sys.modules, "psycopg", None)
        place = Server(url=Secret("postgresql://c/d"), beside=tmp_path / "w.db")
        for opened in (Store, Reader, exists):
            with pytest.raises(StoreError, match=r"pip install 'wirewatch\[cluster\]'"):
                opened(place)


class TestSeveralWriters:
    """Two stores on one database, as two workers have; each has polled before."""

    WIRE = f"{words(60, 'wire')} mine {words(20, 'more')}"

    @pytest.fixture
    def desks(self, pg: Postgres, tmp_path: Path) -> Iterator[tuple[LearningDesk, LearningDesk]]:
        one = LearningDesk(tmp_path, feeds=FEEDS)
        one.store.close()
        two = LearningDesk.__new__(LearningDesk)
        for desk in (one, two):
            desk.now, desk.desk, desk.urls = one.now, one.desk, one.urls
            desk.store = Store(stores.place(tmp_path / "test.db"), shared=True)
            desk.store.watch([WATCHLIST], now=one.now)
        for desk, name in zip((one, two), FEEDS, strict=True):
            desk.poll(entry(0, words(6, name), words(90, name), guid=name, url=""), name=name)
        two.now = one.now
        yield one, two
        one.close()
        two.close()

    def copy(self, by: str) -> Entry:
        title = words(6, f"{by} copy").capitalize()
        return entry(7, title, self.WIRE, guid=f"{by}-7", url=f"https://{by}.example/7")

    def learn(self, desk: LearningDesk, name: str, *entries: Entry) -> None:
        """As the learner does."""
        feed = desk.feed(name)
        seen = Observation(
            feed=feed,
            started_at=desk.now,
            seconds=0.1,
            answer=fetched(feed.feed.url),
            result=ParsedFeed(entries=entries),
            state=FetchState(),
        )
        with desk.store.together():
            known = desk.store.known(feed, probes_of(seen), now=desk.now)
            past = desk.store.past(seen, now=desk.now)
            desk.store.record(judge(seen, known, desk.desk, past, now=desk.now))

    def stories(self, desk: LearningDesk) -> list[tuple[int, int]]:
        """Those that came after the first polls."""
        rows = desk.rows("SELECT items, copies FROM stories WHERE id > 2 ORDER BY id")
        return [(row["items"], row["copies"]) for row in rows]

    def test_a_copy_that_another_stored_is_found(self, desks) -> None:
        one, two = desks
        self.learn(one, "one", self.copy("one"))
        self.learn(two, "two", self.copy("two"))
        assert self.stories(one) == [(2, 1)]
        assert one.count("alerts") == 1

    def test_twin_whose_window_knows_its_own_items_only(self, desks) -> None:
        one, two = desks
        for desk in desks:
            desk.store._recent = Recent(shared=False)
            name = FEEDS[desks.index(desk)]
            self.learn(desk, name, entry(1, words(9, f"{name} else"), guid=f"{name}-1", url=""))
        self.learn(one, "one", self.copy("one"))
        self.learn(two, "two", self.copy("two"))
        assert self.stories(one)[-2:] == [(1, 0), (1, 0)]

    def test_who_learns_waits_for_who_is_learning(self, pg: Postgres, desks) -> None:
        one, two = desks
        two.store.db.execute("SET lock_timeout TO '50ms'")
        with one.store.together():
            with pytest.raises(StoreError, match="lock timeout"), two.store.together():
                pass
            with two.store.together(documents=False):  # nothing to wait for
                pass
        with two.store.together():
            pass


class TestTexts:
    def test_keys_longer_than_an_index_takes(self, pg: Postgres, tmp_path: Path) -> None:
        """A guid may have 2,048 characters of three bytes, which no B-tree of PostgreSQL's holds."""
        desk = LearningDesk(tmp_path)
        guid = "".join(chr(0x4E00 + n * 7 % 20_000) for n in range(2_048))
        url = "https://news.example/" + "".join(f"{n * 7919:x}" for n in range(390))
        long = entry(1, guid=guid, url=url)
        desk.poll(long)
        assert (desk.poll(long).row.unchanged, desk.count("items")) == (1, 1)
        assert desk.poll(entry(1, guid="another", url=url)).row.new == 0
        desk.close()

    def test_a_link_is_one_item_s(self, pg: Postgres, tmp_path: Path) -> None:
        desk = LearningDesk(tmp_path)
        desk.poll(entry(1), entry(2))
        with pytest.raises(sqlite3.IntegrityError, match="url_key"):
            desk.store.db.execute(
                "UPDATE items SET url_key = (SELECT url_key FROM items WHERE id = 1) WHERE id = 2"
            )
        desk.close()

    def test_nul_is_no_reason_to_lose_a_poll(self, pg: Postgres, tmp_path: Path) -> None:
        desk = LearningDesk(tmp_path)
        desk.poll(entry(1, author="A\0B"))
        assert desk.rows("SELECT author FROM items") == [{"author": "A\ufffdB"}]
        desk.close()
