"""New ids for old items, one id for many, and what was thrown out: on a real database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.store import mending
from tests.support.learning import LearningDesk, entry

TEXTS = [
    f"The works number {n} turned out {n * 137} tonnes, said the manager of hall {chr(65 + n)}."
    for n in range(30)
]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[LearningDesk]:
    desk = LearningDesk(tmp_path, feeds=("one", "two"))
    yield desk
    desk.close()


class TestWholesale:
    def document(self, mark: str, numbers: range = range(10), **other: object) -> list[object]:
        return [
            entry(n, f"The mine opens gallery number {n}", TEXTS[n], guid=f"{mark}-{n}",
                  url=f"https://news.example/{mark}/{n}", **other)
            for n in reversed(numbers)
        ]  # fmt: skip

    def test_new_guids_and_links_for_all(self, desk: LearningDesk) -> None:
        desk.poll(*self.document("old"))
        record = desk.poll(*self.document("new"))
        assert (record.row.new, record.row.unchanged) == (0, 10)
        assert (desk.count("items"), desk.count("alerts")) == (10, 0)
        assert "changed its ids: 10 items" in record.row.note
        note = desk.rows("SELECT health, health_note FROM feeds WHERE name = 'one'")[0]
        assert note["health"] == "ok"
        assert "changed its ids" in note["health_note"]

    def test_from_then_on_they_are_known_by_the_new_ones(self, desk: LearningDesk) -> None:
        desk.poll(*self.document("old"))
        desk.poll(*self.document("new"))
        record = desk.poll(*self.document("new"))
        assert (record.row.unchanged, record.row.note, len(record.seen)) == (10, "", 0)
        urls = desk.rows("SELECT url FROM items ORDER BY id LIMIT 1")
        assert urls[0]["url"].startswith("https://news.example/new/")

    def test_what_is_new_beside_them_is_new(self, desk: LearningDesk) -> None:
        desk.poll(*self.document("old"))
        record = desk.poll(*self.document("new", range(12)))
        assert (record.row.new, record.row.unchanged) == (2, 10)
        assert desk.count("alerts") == 2

    def test_edited_at_the_same_time(self, desk: LearningDesk) -> None:
        """The text changed too: known by title and date, and a revision."""
        desk.poll(*self.document("old"))
        edited = [
            entry(n, f"The mine opens gallery number {n}", f"{TEXTS[n]} And it rained.",
                  guid=f"new-{n}", url=f"https://news.example/new/{n}") for n in range(10)
        ]  # fmt: skip
        record = desk.poll(*edited)
        assert (record.row.new, record.row.changed) == (0, 10)

    def test_one_repeated_text_is_an_item_of_its_own(self, desk: LearningDesk) -> None:
        """State media carry one item under several links; that is a copy, not a new id."""
        desk.poll(*self.document("old"))
        again = entry(99, "The mine opens gallery number 3", TEXTS[3])
        record = desk.poll(again, *self.document("old"))
        assert record.row.new == 1
        assert desk.rows("SELECT relation FROM items ORDER BY id DESC LIMIT 1") == [
            {"relation": "copy"}
        ]

    def test_another_feeds_items_are_not_taken_for_its_own(self, desk: LearningDesk) -> None:
        desk.poll(*self.document("old"), name="one")
        record = desk.poll(*self.document("new"), name="two")
        assert record.row.new == 10


@pytest.mark.parametrize(
    "variant",
    ["http://news.example/1", "https://www.news.example/1/", "https://m.news.example/1",
     "https://news.example/1?utm_source=rss", "https://news.example/1/amp", "https://news.example/1#top",
     "https://www.google.com/url?sa=t&url=https%3A%2F%2Fnews.example%2F1&ct=ga",
     "https://l.facebook.com/l.php?u=http%3A%2F%2Fwww.news.example%2F1%3Ffbclid%3Dx&h=y"],
)  # fmt: skip
def test_variants_of_one_address(desk: LearningDesk, variant: str) -> None:
    desk.poll(entry(1))
    assert desk.poll(entry(1, guid="other", url=variant), name="two").row.new == 0


def test_ids_in_query_strings_stay(desk: LearningDesk) -> None:
    desk.poll(*(entry(n, guid="", url=f"https://news.example/view?id={n}") for n in range(5)))
    assert desk.count("items") == 5


class TestThrownOut:
    def test_does_not_come_back(self, desk: LearningDesk) -> None:
        desk.poll(entry(2), entry(1))
        mending.bury(desk.store, 1, note="spam", now=desk.now)
        gone = desk.rows("SELECT guid, url FROM items WHERE id = 1")[0]
        with desk.store.transaction() as db:
            for table in ("appearances", "signatures"):
                db.execute(f"DELETE FROM {table} WHERE item = 1")
            db.execute("DELETE FROM items WHERE id = 1")
        back = entry(1, guid=gone["guid"], url=gone["url"])
        for record in (
            desk.poll(entry(2), back),
            desk.poll(entry(2), entry(1, guid="fresh")),
            desk.poll(entry(2), entry(1, url="https://news.example/elsewhere")),
            desk.poll(entry(2), entry(1), name="two"),
        ):
            assert record.row.new == 0
            assert record.row.skipped == {"rejected": 1}
        assert desk.count("items") == 1

    def test_others_do(self, desk: LearningDesk) -> None:
        desk.poll(entry(1))
        mending.bury(desk.store, 1, note="", now=desk.now)
        assert desk.poll(entry(3), entry(1)).row.new == 1


class TestTrivialEdits:
    def test_counter_and_byline_are_no_revision(self, desk: LearningDesk) -> None:
        for poll in range(10):
            record = desk.poll(
                entry(1, "The mine", f"{TEXTS[1]} {poll} comments. Updated {poll} hours ago")
            )
            assert record.row.changed == 0
        assert desk.count("revisions") == 0

    def test_the_change_is_kept_word_by_word(self, desk: LearningDesk) -> None:
        desk.poll(entry(1, "The mine opens", TEXTS[1]))
        desk.poll(entry(1, "The mine closes", TEXTS[1]))
        rows = desk.rows(
            "SELECT json_extract(change, '$.title') AS c FROM revisions WHERE number = 2"
        )
        assert rows[0]["c"] == '[["=","The mine "],["-","opens"],["+","closes"]]'
