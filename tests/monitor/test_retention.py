"""What was kept long enough goes, and comes back neither as news nor as an alert."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.config import Config
from monitor.config_keeping import EvidenceConfig, RetentionConfig
from monitor.errors import StoreError
from monitor.evidence import warc
from monitor.evidence.sweep import given_up
from monitor.store import retention
from monitor.store.desk import decisions
from monitor.store.evidence import File
from monitor.store.postgres import ranges, sweep
from monitor.tidying import Removed, tidy
from tests.support.archiving import ArchivingDesk
from tests.support.learning import START, entry
from tests.support.stores import ON_BOTH, SQLITE_ALONE, on_postgres

MONTH = 31  # days that a server keeps longer at most: there whole months go


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[ArchivingDesk]:
    desk = ArchivingDesk(tmp_path, feeds=("one", "two"), rotate=3_000)
    yield desk
    desk.close()


@dataclass
class Keeping:
    """Retention with these settings, until nothing more goes."""

    desk: ArchivingDesk
    retention: dict = field(default_factory=dict)
    evidence: dict = field(default_factory=dict)

    def run(self) -> Removed:
        config = Config(
            path=Path("x"),
            database=self.desk.store.path,
            watchlists=(),
            feed_lists=(),
            feeds=(),
            retention=RetentionConfig(**{"polls_days": 0, **self.retention}),
            evidence=EvidenceConfig(**self.evidence),
        )
        done = []
        while not done or done[-1].more:
            done.append(tidy(self.desk.store, self.desk.archive, config, self.desk.now))
        names = ("stories", "items", "polls", "files")
        return Removed(**{name: sum(getattr(d, name) for d in done) for name in names})


def judge(desk: ArchivingDesk, story: int) -> None:
    path = decisions.beside(desk.store.path)
    decisions.create(path)
    with closing(sqlite3.connect(path)) as db:
        db.execute(
            "INSERT INTO decisions (story, verdict, note, reviewer, decided_at, entity, alias, story_title) "
            "VALUES (?, 'relevant', '', 'ann', '2026-11-21T07:00:00.000Z', '', '', '')",
            (story,),
        )
        db.commit()


def age(desk: ArchivingDesk, days: int) -> None:
    """Time passes; on a server, which goes by its own clock, a month begins."""
    desk.now += timedelta(days=days)
    if on_postgres():
        ranges.begin(desk.store.db.conn.raw, f"{desk.now:%Y_%m}")


def settled(desk: ArchivingDesk) -> None:
    """No alert waits any more."""
    with desk.store.transaction() as db:
        db.execute("UPDATE alerts SET state = 'sent'")


def sound(desk: ArchivingDesk) -> None:
    """Nothing refers to what is gone, and the search index agrees with the items."""
    if not on_postgres():  # which refuses them always
        assert not desk.rows("PRAGMA foreign_key_check")
    rows = desk.rows("SELECT id FROM items WHERE title LIKE '%mine%' ORDER BY id")
    assert desk.found("mine") == [row["id"] for row in rows]


LEFT = entry(90, "Nothing of note happened today at all")


@ON_BOTH
class TestItems:
    def polled(self, desk: ArchivingDesk) -> None:
        """A baseline, then a story with an edit and an alert that leaves the feed."""
        desk.poll(LEFT)
        desk.poll(entry(1, "The mine opens"), LEFT)
        desk.poll(entry(1, "The mine opens again today"), LEFT)
        desk.poll(LEFT)
        settled(desk)

    def test_nothing_goes_unless_a_setting_says_so(self, desk) -> None:
        self.polled(desk)
        age(desk, 5000)
        assert Keeping(desk).run() == Removed()

    def test_what_is_old_goes_with_all_that_hangs_on_it(self, desk) -> None:
        self.polled(desk)
        assert Keeping(desk, {"items_days": 30}).run().items == 0
        age(desk, 31 + MONTH)
        assert Keeping(desk, {"items_days": 30}).run().items == 1
        assert [row["title"] for row in desk.rows("SELECT title FROM items")] == [LEFT.title]
        for table in ("mentions", "revisions", "alerts"):
            assert desk.count(table) == 0, table
        assert desk.count("stories") == desk.count("appearances") == 1
        sound(desk)

    def test_it_does_not_come_back_as_news_and_alerts_nobody(self, desk) -> None:
        self.polled(desk)
        age(desk, 31 + MONTH)
        Keeping(desk, {"items_days": 30}).run()
        again = desk.poll(entry(1, "The mine opens", published_at=desk.now), LEFT)
        assert (again.row.new, again.row.skipped, again.alerts) == (0, {"rejected": 1}, ())
        assert desk.count("alerts") == 0

    def test_without_a_tombstone_it_would(self, desk, monkeypatch) -> None:
        monkeypatch.setattr(retention, "BURY", "SELECT :item, :now, :note")
        monkeypatch.setattr(sweep, "_FIND", sweep._FIND[:-1])
        self.polled(desk)
        age(desk, 31 + MONTH)
        Keeping(desk, {"items_days": 30}).run()
        again = desk.poll(entry(1, "The mine opens", published_at=desk.now), LEFT)
        assert (again.row.new, len(again.alerts)) == (1, 1)

    def test_what_is_decided_upon_stays(self, desk) -> None:
        self.polled(desk)
        (story,) = desk.rows("SELECT story FROM items WHERE title LIKE '%mine%'")
        judge(desk, story["story"])
        age(desk, 5000)
        assert Keeping(desk, {"items_days": 30}).run().items == 0
        assert Keeping(desk, {"items_days": 30, "decided": True}).run().items == 1

    def test_decisions_that_cannot_be_read_stop_it(self, desk) -> None:
        self.polled(desk)
        decisions.beside(desk.store.path).write_bytes(b"no database at all, but something")
        age(desk, 5000)
        with pytest.raises(StoreError):
            Keeping(desk, {"items_days": 30}).run()
        assert desk.count("items") == 2

    def test_what_a_feed_still_carries_stays(self, desk) -> None:
        desk.poll(entry(1, "The mine opens"))
        age(desk, 5000)
        assert Keeping(desk, {"items_days": 30}).run().items == 0

    def test_what_is_still_to_be_told_stays(self, desk) -> None:
        self.polled(desk)
        with desk.store.transaction() as db:
            db.execute("UPDATE alerts SET state = 'pending'")
        age(desk, 5000)
        assert Keeping(desk, {"items_days": 30}).run().items == 0

    def test_stories_that_were_merged_go_together(self, desk) -> None:
        desk.poll(LEFT)
        desk.poll(entry(1, "The mine opens"), entry(2, "Far away a dam was built at last"), LEFT)
        settled(desk)
        from monitor.store.mending import merge

        one, two = (row["story"] for row in desk.rows("SELECT story FROM items WHERE id > 1"))
        merge(desk.store, one, [two], note="", now=desk.now)
        desk.poll(LEFT)
        age(desk, 31 + MONTH)
        assert Keeping(desk, {"items_days": 30}).run().items == 2
        assert desk.count("stories") == 1
        sound(desk)

    @SQLITE_ALONE
    def test_every_table_that_refers_to_items_or_stories_is_dealt_with(self, desk) -> None:
        """A table that somebody adds and retention forgets makes it fail on a foreign key."""
        statements = " ".join((*retention.LET_GO, *retention.ITEMS, *retention._STORIES))
        for table in desk.store.db.table_names():
            for key in desk.rows(f"PRAGMA foreign_key_list('{table}')"):
                if key["table"] in ("items", "stories"):
                    assert f" {table} " in statements, (table, key["from"])


@ON_BOTH
class TestPolls:
    def test_old_lines_go_but_for_those_that_say_since_when_items_are_news(self, desk) -> None:
        for number in range(5):
            desk.poll(entry(1), *(() if number < 3 else (entry(2),)))
        before = desk.store.db.conn.execute("SELECT count(*) FROM polls").fetchone()[0]
        assert before == 5
        age(desk, 201 + MONTH)
        desk.poll(entry(1))
        assert Keeping(desk, {"polls_days": 200}).run().polls == 3
        rows = desk.rows("SELECT baseline FROM polls ORDER BY started_at")
        assert [row["baseline"] for row in rows] == [1, 0, 0]


class TestEvidence:
    def polled(self, desk: ArchivingDesk, count: int = 8) -> None:
        for number in range(count):
            desk.poll(entry(number, text=f"Text {number} " + "abc " * 20))

    def stand(self, desk: ArchivingDesk) -> list[int]:
        """Evidence whose bytes are there, as its rows say."""
        found = []
        for row in desk.evidence():
            if row["removed_at"] is None:
                group = warc.read_group(desk.folder / row["file"], row["offset"], row["length"])
                assert warc.holds(group, row["sha256"])
                found.append(row["id"])
        return found

    def test_by_age(self, desk) -> None:
        self.polled(desk)
        age(desk, 100)
        desk.poll(entry(50))
        assert Keeping(desk, evidence={"max_age_days": 99}).run().files > 0
        there = self.stand(desk)
        assert there
        assert max(there) == 9
        assert 1 not in there
        assert {p.name for p in desk.folder.iterdir()} == {
            row["file"] for row in desk.evidence() if not row["removed_at"]
        }

    def test_by_size(self, desk) -> None:
        self.polled(desk)
        size = sum(path.stat().st_size for path in desk.folder.iterdir())
        Keeping(desk, evidence={"max_bytes": size // 2}).run()
        assert sum(path.stat().st_size for path in desk.folder.iterdir()) <= size // 2
        assert 8 in self.stand(desk)

    def test_of_what_is_decided_upon_stays(self, desk) -> None:
        self.polled(desk)
        (row,) = desk.rows("SELECT story, evidence FROM items WHERE id = 1")
        judge(desk, row["story"])
        age(desk, 100)
        Keeping(desk, evidence={"max_age_days": 99}).run()
        assert row["evidence"] in self.stand(desk)
        assert 2 not in self.stand(desk)

    def test_of_what_is_decided_upon_goes_if_a_setting_says_so(self, desk) -> None:
        self.polled(desk)
        judge(desk, 1)
        age(desk, 100)
        Keeping(desk, {"decided": True}, evidence={"max_age_days": 99}).run()
        assert 1 not in self.stand(desk)

    def test_a_body_that_younger_evidence_leans_on_stays(self, desk) -> None:
        desk.body = b"the same"
        desk.poll(entry(1))
        desk.body = None
        self.polled(desk)
        age(desk, 100)
        desk.body = b"the same"
        desk.poll(entry(77), name="two")
        Keeping(desk, evidence={"max_age_days": 99}).run()
        assert {1, desk.evidence()[-1]["id"]} <= set(self.stand(desk))

    def test_a_crash_before_the_file_goes_leaves_a_file_too_many(self, desk, monkeypatch) -> None:
        self.polled(desk)
        judge(desk, 1)
        age(desk, 100)

        def crash(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(Path, "unlink", crash)
            with pytest.raises(KeyboardInterrupt):
                Keeping(desk, evidence={"max_age_days": 99}).run()
        assert 1 in self.stand(desk)
        desk.archive.close()
        desk.reopen()
        desk.poll(entry(60))
        assert 1 in self.stand(desk)

    def test_archiving_goes_on_afterwards(self, desk) -> None:
        self.polled(desk)
        age(desk, 100)
        Keeping(desk, evidence={"max_age_days": 99}).run()
        desk.archive.close()
        desk.reopen()
        self.polled(desk, 12)
        assert self.stand(desk)


FILES = [File(name=n, newest_at=f"2026-11-{day:02}", bytes=10, groups=1) for n, day in (("a", 1), ("b", 10), ("c", 20))]  # fmt: skip


@pytest.mark.parametrize(
    ("limits", "gone"),
    [
        ({}, []),
        ({"max_age_days": 15}, ["a"]),
        ({"max_age_days": 1}, ["a", "b"]),  # never the current one
        ({"max_bytes": 30}, []),
        ({"max_bytes": 29}, ["a"]),
        ({"max_bytes": 1}, ["a", "b"]),
    ],
)
def test_which_files_are_given_up(limits: dict[str, int], gone: list[str]) -> None:
    limits = {"max_bytes": 0, "max_age_days": 0, **limits}
    sizes = {"a": 10, "b": 10, "c": 10}
    assert given_up(FILES, sizes, current="c", now=START, **limits) == gone
