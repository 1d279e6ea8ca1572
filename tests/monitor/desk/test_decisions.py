"""Decisions: added to, never changed; undone by others; recorded once however often they are sent."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.errors import StoreError
from monitor.store.desk import decisions
from monitor.store.desk.decisions import Decision, RefusedError, UnwritableError, history, record

NOW = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)


def decision(verdict: str = "relevant", story: int = 1, **rest: object) -> Decision:
    return Decision(
        **{"story": story, "verdict": verdict, "reviewer": "ann", "decided_at": NOW, **rest}
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "reviews.db"
    decisions.create(path)
    return path


@pytest.fixture
def conn(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path, timeout=0.1)) as conn:
        decisions.prepare(conn)
        yield conn


@pytest.fixture
def evidence() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as conn:
        conn.executescript("""
            CREATE TABLE stories (id INTEGER PRIMARY KEY, title TEXT, merged_into INTEGER);
            CREATE TABLE items (id INTEGER PRIMARY KEY, story INTEGER);
            INSERT INTO stories VALUES (1, 'One', NULL), (2, 'Two', NULL), (3, 'Three', 1);
            INSERT INTO items VALUES (11, 1), (12, 2), (13, 1);
        """)
        yield conn


def judged(conn: sqlite3.Connection) -> dict[int, str]:
    return dict(conn.execute("SELECT story, state FROM judged").fetchall())


class TestFile:
    def test_is_made_once_and_can_be_made_again(self, path: Path, conn: sqlite3.Connection) -> None:
        record(conn, [decision()])
        decisions.create(path)
        assert judged(conn) == {1: "relevant"}

    def test_survives_power_loss(self, path: Path, conn: sqlite3.Connection) -> None:
        assert conn.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert conn.execute("PRAGMA synchronous").fetchone() == (2,)

    def test_evidence_is_never_made_a_file_of_decisions(self, tmp_path: Path) -> None:
        from monitor.store import Store

        Store(tmp_path / "reviews.db").close()
        with pytest.raises(StoreError, match="holds evidence"):
            decisions.create(tmp_path / "reviews.db")

    def test_a_reader_cannot_write(self, path: Path) -> None:
        with closing(decisions.open_reader(path)) as conn:
            assert history(conn, 1) == ()
            with pytest.raises(sqlite3.OperationalError, match="readonly"):
                conn.execute("DELETE FROM judged")

    def test_a_reader_of_nothing_is_told(self, tmp_path: Path) -> None:
        with pytest.raises(StoreError, match="no decisions yet"):
            decisions.open_reader(tmp_path / "reviews.db")

    @pytest.mark.parametrize(
        "sql",
        [
            "UPDATE decisions SET verdict = 'not relevant'",
            "UPDATE decisions SET note = 'x' WHERE id = 1",
            "DELETE FROM decisions",
            "REPLACE INTO decisions SELECT * FROM decisions",
        ],
    )
    def test_a_decision_is_never_changed(self, conn: sqlite3.Connection, sql: str) -> None:
        record(conn, [decision()])
        with pytest.raises(sqlite3.IntegrityError, match="never changed"):
            conn.execute(sql)

    def test_without_recursive_triggers_replace_would_pass(self, path: Path) -> None:
        with closing(sqlite3.connect(path)) as conn:
            record(conn, [decision()])
            conn.execute("REPLACE INTO decisions SELECT * FROM decisions")


class TestStates:
    """The state is that of the newest verdict that was not undone."""

    @pytest.mark.parametrize(
        ("verdicts", "state"),
        [
            (["relevant"], "relevant"),
            (["relevant", "not relevant"], "not relevant"),
            (["relevant", "note"], "relevant"),
            (["note"], "new"),
            (["relevant", "undo 1"], "new"),
            (["relevant", "follow up", "undo 2"], "relevant"),
            (["relevant", "follow up", "undo 1"], "follow up"),
            (["relevant", "undo 1", "undo 2"], "relevant"),
            (["relevant", "undo 1", "undo 2", "undo 3"], "new"),
            (["note", "undo 1"], "new"),
            (["relevant", "undo 1", "not relevant"], "not relevant"),
        ],
        ids=lambda v: " > ".join(v) if isinstance(v, list) else v,
    )
    def test_sequences(self, conn: sqlite3.Connection, verdicts: list[str], state: str) -> None:
        for text in verdicts:
            verdict, _, undone = text.partition(" ") if text.startswith("undo") else (text, "", "")
            one = decision(verdict, note="because", undoes=int(undone) if undone else None)
            recorded = record(conn, [replace(one, story=0) if undone else one])
        assert recorded[0].state == state
        assert recorded[0].decision.story == 1
        assert judged(conn) == ({} if state == "new" else {1: state})
        assert [r.id for r in history(conn, 1)] == list(range(1, len(verdicts) + 1))
        assert history(conn, 1)[-1].state == state

    def test_many_in_one_transaction(self, conn: sqlite3.Connection) -> None:
        recorded = record(conn, [decision(story=n) for n in range(1, 101)])
        assert {r.state for r in recorded} == {"relevant"}
        assert len(judged(conn)) == 100

    def test_all_or_none(self, conn: sqlite3.Connection) -> None:
        with pytest.raises(RefusedError, match="no decision 99"):
            record(conn, [decision(), decision("undo", undoes=99)])
        assert judged(conn) == {}
        assert history(conn, 1) == ()
        assert not conn.in_transaction

    def test_nothing_is_undone_twice(self, conn: sqlite3.Connection) -> None:
        record(conn, [decision()])
        record(conn, [decision("undo", undoes=1)])
        with pytest.raises(RefusedError, match="undone already"):
            record(conn, [decision("undo", undoes=1)])


class TestKeys:
    def test_a_repeated_key_records_nothing_twice(self, conn: sqlite3.Connection) -> None:
        first = record(conn, [decision(key="k/1")])
        record(conn, [decision("follow up")])
        again = record(conn, [decision(key="k/1", decided_at=NOW + timedelta(hours=1))])
        assert (again[0].id, again[0].repeated) == (first[0].id, True)
        assert again[0].state == "follow up"
        assert len(history(conn, 1)) == 2

    def test_an_undo_can_be_repeated_too(self, conn: sqlite3.Connection) -> None:
        record(conn, [decision()])
        for repeated in (False, True):
            got = record(conn, [decision("undo", story=0, undoes=1, key="u")])
            assert got[0].repeated is repeated

    def test_a_key_of_another_decision_is_refused(self, conn: sqlite3.Connection) -> None:
        record(conn, [decision(key="k")])
        for other in (decision("not relevant", key="k"), decision(key="k", reviewer="bob")):
            with pytest.raises(RefusedError, match="another decision"):
                record(conn, [other])

    def test_no_key_is_never_a_repetition(self, conn: sqlite3.Connection) -> None:
        record(conn, [decision(), decision()])
        assert len(history(conn, 1)) == 2


class TestBounds:
    @pytest.mark.parametrize(
        ("wrong", "words"),
        [
            (decision("perhaps"), "the verdict must be one of"),
            (decision(reviewer=""), "needs a reviewer"),
            (decision(note="x" * 4001), "at most 4000 characters"),
            (decision("note"), "an empty note"),
            (decision("note", note="\x07\u202e "), "an empty note"),
            (decision("duplicate of"), "of which story"),
            (decision("wrong tag"), "which entity"),
            (decision("undo"), "which decision"),
            (decision(key="k" * 201), "at most 200"),
            (decision(key="a\nb"), "one line"),
        ],
        ids=lambda v: v if isinstance(v, str) else v.verdict,
    )
    def test_what_cannot_be_is_refused(
        self, conn: sqlite3.Connection, wrong: Decision, words: str
    ) -> None:
        with pytest.raises(RefusedError, match=words):
            record(conn, [wrong])

    def test_characters_that_act_are_taken_out(self, conn: sqlite3.Connection) -> None:
        note = "seen\x00 by\x1b[31m me\r\nand \u202eyou\u2066 \ud800"
        record(conn, [decision(note=note, reviewer="a\nnn", entity="e\x07", alias="一\u200b二")])
        kept = history(conn, 1)[0].decision
        assert kept.note == "seen by[31m me\nand you"
        assert (kept.reviewer, kept.entity, kept.alias) == ("a nn", "e", "一二")


class TestChecked:
    """Against the evidence, before anything is written."""

    def test_titles_and_merges(self, evidence: sqlite3.Connection) -> None:
        one, merged = decisions.checked(evidence, [decision(), decision(story=3)])
        assert (one.story, one.story_title) == (1, "One")
        assert (merged.story, merged.story_title) == (1, "One")

    @pytest.mark.parametrize(
        ("wrong", "words"),
        [
            (decision(story=99), "no story 99"),
            (decision(story=0), "no story 0"),
            (decision("duplicate of", other_story=99), "no story 99"),
            (decision("duplicate of", other_story=1), "of itself"),
            (decision("duplicate of", other_story=3), "of itself"),
            (decision("wrong tag", entity="e", item=12), "item 12 is not in story 1"),
        ],
    )
    def test_what_is_not_there_is_refused(
        self, evidence: sqlite3.Connection, wrong: Decision, words: str
    ) -> None:
        with pytest.raises(RefusedError, match=words):
            decisions.checked(evidence, [wrong])

    def test_an_item_of_the_story_is_fine(self, evidence: sqlite3.Connection) -> None:
        assert decisions.checked(evidence, [decision("wrong tag", entity="e", item=13)])[0].item


class TestTrouble:
    def test_a_locked_file_is_no_lost_decision(self, path: Path, conn: sqlite3.Connection) -> None:
        with closing(sqlite3.connect(path)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(UnwritableError, match="locked"):
                record(conn, [decision()])
            assert not conn.in_transaction
            other.rollback()
        assert record(conn, [decision()])[0].state == "relevant"

    def test_attached_to_the_evidence_it_is_read_only(
        self, path: Path, conn: sqlite3.Connection, tmp_path: Path
    ) -> None:
        record(conn, [decision()])
        with closing(sqlite3.connect(f"file:{tmp_path / 'e.db'}", uri=True)) as evidence:
            decisions.attach(evidence, path)
            assert history(evidence, 1, "reviews")[0].state == "relevant"
            with pytest.raises(sqlite3.OperationalError, match="readonly"):
                evidence.execute("DELETE FROM reviews.judged")
            decisions.attach(evidence, tmp_path / "none.db")  # nothing there: nothing attached
