"""`wirewatch retag`: the stored items under another list, whole or not at all, whatever happens."""

from __future__ import annotations

import random
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.compose import build_desk
from monitor.config import load as load_config
from monitor.retagging import Retag
from monitor.store import Store, corpus, staging
from monitor.watching import read_watchlists
from tests.support.collection import NEW, OLD, Collection, Ran
from tests.support.learning import entry

SAID = (
    "The Arin Dam is full.",
    "Bolu Mine, somewhere.",
    "Northland: Bolu Mine works.",
    "The Cedo Mill closed.",
    "The Dema Plant opened near the Arin Dam.",
    "Arin Barrage, and further down the Arin Dam.",
    "Nothing at all.",
)
ITEMS = 40


def fill(collection: Collection) -> Collection:
    """Some polls under the list of the moment; later ones bring copies and edits."""
    entries = [entry(n, text=f"{SAID[n % len(SAID)]} Number {n}.") for n in range(1, ITEMS)]
    for upto in (10, 25, ITEMS):
        collection.poll(*reversed(entries[max(0, upto - 20) : upto]))
    collection.poll(*reversed(entries[:5]), name="two")
    return collection


@pytest.fixture
def collection(tmp_path: Path) -> Collection:
    """Stored under OLD, to be tagged under NEW."""
    made = fill(Collection(tmp_path))
    made.use(NEW)
    return made


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Collection:
    """The same, stored under NEW from the start."""
    return fill(Collection(tmp_path_factory.mktemp("fresh"), NEW))


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (corpus, staging):
        monkeypatch.setattr(module, "BATCH", 7)


def side_files(collection: Collection) -> list[str]:
    return [path.name for path in collection.folder.glob("*.retag*")]


def state(collection: Collection) -> list[object]:
    """Everything that a retag may touch, row for row."""
    tables = ("mentions", "watchlist_versions", "entities", "names", "alerts", "items", "revisions")
    return [collection.rows(f"SELECT * FROM {table} ORDER BY 1") for table in tables]


class TestResult:
    def test_is_what_tagging_from_the_start_would_be(
        self, collection: Collection, fresh: Collection
    ) -> None:
        before = collection.mentions()
        assert before != fresh.mentions()
        ran = collection.run("retag", "--yes")
        assert (ran.status, ran.out.splitlines()[-1]) == (0, "Applied.")
        assert collection.mentions() == fresh.mentions()
        assert not side_files(collection)

    def test_mentions_that_stay_keep_their_rows(self, collection: Collection) -> None:
        rows = {row[0]: row for row in collection.rows("SELECT * FROM mentions")}
        collection.run("retag", "--yes")
        after = collection.rows("SELECT * FROM mentions")
        kept = [row for row in after if row[-2] == 1]
        changed = [row for row in after if row[-2] == 2]
        assert len(kept) + len(changed) == len(after)
        assert min(len(kept), len(changed)) > 5
        assert all(rows[row[0]] == row for row in kept)

    def test_nothing_else_is_written(self, collection: Collection) -> None:
        tables = ("items", "stories", "alerts", "revisions", "appearances", "polls", "feeds")
        before = [collection.rows(f"SELECT * FROM {table}") for table in tables]
        collection.run("retag", "--yes")
        assert before == [collection.rows(f"SELECT * FROM {table}") for table in tables]

    def test_says_what_diff_says(self, collection: Collection) -> None:
        diff = collection.run(
            "watchlist", "diff", "stored", str(collection.folder / "small.toml"), "--json"
        ).json
        ran = collection.run("retag", "--yes", "--json")
        assert ran.json == {"applied": True, **diff}
        assert ran.json["changed"] > 10
        assert [a["rule"] for a in ran.json["alerts"]] == [
            "chemistry"
        ]  # the others are out already

    def test_again_changes_nothing(self, collection: Collection) -> None:
        collection.run("retag", "--yes")
        mentions = collection.rows("SELECT * FROM mentions")
        ran = collection.run("retag", "--yes", "--json")
        assert (ran.json["applied"], ran.json["changed"]) == (True, 0)
        assert collection.rows("SELECT * FROM mentions") == mentions

    def test_an_edit_after_it_goes_on_from_there(self, collection: Collection) -> None:
        collection.run("retag", "--yes")
        alerts = len(collection.rows("SELECT * FROM alerts"))
        collection.poll(
            entry(25, text="The Dema Plant opened near the Arin Dam. Number 25, mended.")
        )
        assert collection.rows("SELECT entities_added FROM revisions ORDER BY id DESC LIMIT 1") == [
            ("[]",)
        ]
        assert len(collection.rows("SELECT * FROM alerts")) == alerts


class TestAsking:
    def test_yes(self, collection: Collection, fresh: Collection) -> None:
        ran = collection.run("retag", stdin="y\n")
        assert "Store the new mentions of" in ran.err
        assert collection.mentions() == fresh.mentions()

    def test_no_changes_nothing_and_leaves_nothing(self, collection: Collection) -> None:
        before = state(collection)
        ran = collection.run("retag", stdin="n\n")
        assert (ran.status, ran.out.splitlines()[-1]) == (0, "Nothing was changed.")
        assert "items," in ran.out
        assert state(collection) == before
        assert not side_files(collection)

    def test_json_asks_elsewhere(self, collection: Collection) -> None:
        ran = collection.run("retag", "--json", stdin="n\n")
        assert ran.json["applied"] is False
        assert "Store the new mentions of" in ran.err

    def test_leaving_at_the_question_keeps_the_work(
        self, collection: Collection, fresh: Collection
    ) -> None:
        before = state(collection)
        assert collection.run("retag", stdin="").status == 130
        assert state(collection) == before
        assert side_files(collection)
        ran = collection.run("retag", "--yes")
        assert "going on where an earlier run stopped" in ran.err
        assert collection.mentions() == fresh.mentions()

    def test_nothing_to_ask_where_nothing_changes(self, collection: Collection) -> None:
        collection.use(OLD)
        ran = collection.run("retag", stdin="")
        assert (ran.status, ran.out.splitlines()[-1]) == (0, "Applied.")


class TestRefusing:
    def refused(self, collection: Collection, *arguments: str) -> Ran:
        before = state(collection)
        ran = collection.run("retag", *arguments)
        assert ran.status == 2
        assert state(collection) == before
        assert not side_files(collection)
        return ran

    def test_without_a_terminal(self, collection: Collection) -> None:
        err = self.refused(collection).err
        assert "--yes" in err
        assert "watchlist diff stored" in err

    def test_while_the_daemon_runs(self, collection: Collection) -> None:
        with Store(collection.path):
            err = self.refused(collection, "--yes").err
        assert "Stop it" in err
        assert "watchlist diff stored" in err
        assert collection.run("retag", "--yes").status == 0

    def test_a_wrong_list(self, collection: Collection) -> None:
        collection.use(NEW.replace("facility", "factory"))
        assert "factory" in self.refused(collection, "--yes").err

    def test_a_rule_that_asks_for_what_is_gone(self, collection: Collection) -> None:
        collection.use(NEW.replace('"chemicals"', '"mining"'))
        assert "chemicals" in self.refused(collection, "--yes").err

    def test_no_database(self, tmp_path: Path) -> None:
        made = Collection(tmp_path)
        ran = made.run("retag", "--yes")
        assert (ran.status, made.path.exists()) == (2, False)
        assert "wirewatch poll" in ran.err

    def test_a_full_disk(self, collection: Collection) -> None:
        # As root a read-only folder hinders nobody; a folder in the file's place does.
        collection.path.with_name("wirewatch.db.retag").mkdir()
        before = state(collection)
        ran = collection.run("retag", "--yes")
        assert ran.status == 2
        assert "wirewatch.db.retag" in ran.err
        assert state(collection) == before


class TestStats:
    def says(self, collection: Collection) -> bool:
        said = "run `wirewatch retag`" in collection.run("stats").out
        assert bool(collection.run("stats", "--json").json["retag"]) == said
        return said

    def test_says_so_until_it_is_done(self, collection: Collection) -> None:
        assert not self.says(collection)  # the new list has not been loaded yet
        collection.poll(entry(99), name="two")
        assert self.says(collection)
        collection.run("retag", "--yes")
        assert not self.says(collection)

    def test_a_list_that_comes_back_is_new_again(self, collection: Collection) -> None:
        collection.run("retag", "--yes")
        collection.now += timedelta(hours=1)
        collection.use(OLD)
        collection.poll(entry(99), name="two")
        assert self.says(collection)
        collection.run("retag", "--yes")
        assert not self.says(collection)
        collection.now += timedelta(hours=1)
        collection.use(NEW)
        collection.poll(entry(99), name="two")
        assert self.says(collection)

    def test_a_first_list_has_nothing_before_it(self, fresh: Collection) -> None:
        assert not self.says(fresh)

    def test_what_is_only_for_display_reaches_the_tables_at_once(
        self, fresh: Collection, tmp_path: Path
    ) -> None:
        twin = fresh.copied(tmp_path / "twin")
        twin.use(NEW.replace('name = "Arin Dam"', 'name = "The Arin Dam"'))
        twin.poll(entry(99), name="two")
        assert twin.rows("SELECT name FROM entities WHERE id = 'arin-dam'") == [("The Arin Dam",)]
        assert twin.rows("SELECT count(*) FROM watchlist_versions") == [(1,)]
        assert not self.says(twin)

    def test_old_items_are_not_named_today(self, collection: Collection) -> None:
        later = collection.now + timedelta(days=9)
        ran = collection.run("retag", "--yes", now=later)
        assert ran.status == 0
        assert collection.run("stats", "--json", now=later).json["sectors"] == []


class TestInterrupted:
    """Stopped in the middle, by Ctrl-C or a fault: what follows comes to the same end."""

    @staticmethod
    def work(collection: Collection, store: Store) -> Retag:
        config = load_config(collection.folder / "wirewatch.toml", complete=False)
        lists = read_watchlists(config.watchlists)
        return Retag(store, lists, build_desk(config, lists))

    def stop_after(self, collection: Collection, batches: int) -> None:
        class StopError(Exception):
            pass

        left = batches + 1  # the first report is of what was done before

        def report(_: int) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                raise StopError

        with (
            Store(collection.path) as store,
            self.work(collection, store) as work,
            pytest.raises(StopError),
        ):
            work.compute(report)
        assert side_files(collection)

    def tagged(self, collection: Collection) -> int:
        """Finish the work, and count how many texts that took."""
        with Store(collection.path) as store, self.work(collection, store) as work:
            count = 0
            tag = work._desk.tag

            def counted(document: object) -> object:
                nonlocal count
                count += 1
                return tag(document)

            object.__setattr__(work._desk, "tag", counted)
            work.compute()
            work.apply(collection.now)
        return count

    def test_goes_on_where_it_was(self, collection: Collection, fresh: Collection) -> None:
        self.stop_after(collection, 3)
        items = collection.rows("SELECT count(*) FROM items")[0][0]
        assert self.tagged(collection) == items - 21
        assert collection.mentions() == fresh.mentions()

    def edited(self, collection: Collection) -> Collection:
        """What the daemon brings meanwhile: an item that was done is edited, a new one comes."""
        collection.poll(
            entry(90, text="The Dema Plant has news."),
            entry(
                25,
                text="Mended: now only the Cedo Mill and, in Northland, the Bolu Mine. Number 25.",
            ),
        )
        return collection

    def test_edits_in_between_are_taken_in(self, collection: Collection, tmp_path: Path) -> None:
        whole = self.edited(fill(Collection(self.folder(tmp_path), NEW)))
        self.stop_after(collection, 4)
        self.edited(collection)
        assert self.tagged(collection) > 0
        assert collection.mentions() == whole.mentions()

    def test_broken_twin_that_takes_no_edits_in(
        self, collection: Collection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        whole = self.edited(fill(Collection(self.folder(tmp_path), NEW)))
        self.stop_after(collection, 4)
        self.edited(collection)
        monkeypatch.setattr(corpus.Corpus, "edited", lambda self, after: [])
        self.tagged(collection)
        assert collection.mentions() != whole.mentions()

    @staticmethod
    def folder(tmp_path: Path) -> Path:
        folder = tmp_path / "whole"
        folder.mkdir()
        return folder

    def test_work_for_another_list_is_thrown_away(
        self, collection: Collection, fresh: Collection
    ) -> None:
        collection.use(NEW.replace("Dema Plant", "Dema Works"))
        self.stop_after(collection, 4)
        collection.use(NEW)
        assert self.tagged(collection) == collection.rows("SELECT count(*) FROM items")[0][0]
        assert collection.mentions() == fresh.mentions()

    def test_work_for_another_database_is_thrown_away(
        self, collection: Collection, tmp_path: Path
    ) -> None:
        folder = self.folder(tmp_path)
        other = Collection(folder)
        other.now += timedelta(seconds=1)
        other = fill(other)
        other.use(NEW)
        self.stop_after(collection, 4)
        for path in collection.folder.glob("*.retag*"):
            shutil.copy(path, folder / path.name)
        assert self.tagged(other) == other.rows("SELECT count(*) FROM items")[0][0]

    @pytest.mark.parametrize(
        "content", [b"", b"no database at all", b"SQLite format 3\x00" + b"\x07" * 5000]
    )
    def test_a_damaged_file_is_thrown_away(
        self, collection: Collection, fresh: Collection, content: bytes
    ) -> None:
        collection.path.with_name("wirewatch.db.retag").write_bytes(content)
        assert collection.run("retag", "--yes").status == 0
        assert collection.mentions() == fresh.mentions()
        assert not side_files(collection)

    def test_applied_and_not_cleared_away_is_applied_again_without_harm(
        self, collection: Collection, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as patched:
            patched.setattr(staging.Staging, "remove", staging.Staging.close)
            collection.run("retag", "--yes")
        after = state(collection)
        assert side_files(collection)
        ran = collection.run("retag", "--yes", "--json")
        assert ran.json["changed"] == 0
        assert state(collection) == after
        assert not side_files(collection)


# A retag that is killed at the n-th call of a step, before or after that did its work.
KILLED = """
import os, signal, sys
from pathlib import Path
from monitor import retagging
from monitor.cli import main
from monitor.store import corpus, mentions, retag, staging

step, count, when = sys.argv[1], int(sys.argv[2]), sys.argv[3]
corpus.BATCH = staging.BATCH = 7
owner, name = {
    "tag": (retagging.Retag, "_tagged"),
    "put": (staging.Staging, "put"),
    "insert": (mentions, "insert"),
    "delete": (mentions, "delete"),
    "apply": (retag, "apply"),
    "remove": (staging.Staging, "remove"),
}[step]
real = getattr(owner, name)

def call(*arguments, **named):
    global count
    count -= 1
    if count == 0 and when == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    result = real(*arguments, **named)
    if count == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return result

setattr(owner, name, call)
sys.argv = ["wirewatch", "retag", "--yes", "--config", sys.argv[4]]
main()
"""
STEPS = {"tag": 6, "put": 7, "insert": 20, "delete": 20, "apply": 1, "remove": 1}  # calls in a run


def moments() -> Iterator[tuple[str, int, str]]:
    chance = random.Random(20261121)
    for step, calls in STEPS.items():
        yield step, chance.randint(1, calls), "before"
        yield step, chance.randint(1, calls), "after"


@pytest.mark.parametrize(("step", "count", "when"), list(moments()))
def test_killed(collection: Collection, tmp_path: Path, step: str, count: int, when: str) -> None:
    twin = collection.copied(tmp_path / "twin")
    twin.run("retag", "--yes")

    before = state(collection)
    command = [
        sys.executable,
        "-c",
        KILLED,
        step,
        str(count),
        when,
        str(collection.folder / "wirewatch.toml"),
    ]
    killed = subprocess.run(command, capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    committed = step == "remove" or (step, when) == ("apply", "after")
    assert (state(collection) == before) is not committed
    assert collection.run("retag", "--yes").status == 0
    assert state(collection)[0] == state(twin)[0] or committed
    assert collection.mentions() == twin.mentions()
    assert not side_files(collection)
    with closing(sqlite3.connect(collection.path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
