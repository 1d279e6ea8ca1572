"""What a poll teaches: known → judge → record on a real database."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from feeds.types import FeedError, FetchState, NotModified
from monitor.judge import MOST_REVISIONS
from tests.support.learning import LearningDesk, entry
from tests.support.stores import ON_BOTH, SQLITE_ALONE

pytestmark = ON_BOTH


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[LearningDesk]:
    desk = LearningDesk(tmp_path, feeds=("one", "two", "three"))
    yield desk
    desk.close()


LONG = (
    "The builders finished the third wall on Monday, said the manager, and the fourth follows. " * 3
)


class TestItems:
    def test_new_then_known(self, desk: LearningDesk) -> None:
        first = desk.poll(entry(2), entry(1))
        second = desk.poll(entry(2), entry(1))
        assert (first.row.new, first.row.unchanged) == (2, 0)
        assert (second.row.new, second.row.unchanged, second.row.overlap) == (0, 2, 2)
        assert desk.count("items") == 2

    @SQLITE_ALONE
    def test_known_items_are_not_written_again(self, desk: LearningDesk) -> None:
        desk.poll(entry(1))
        before = desk.store.db.conn.total_changes
        record = desk.poll(entry(1))
        # one row of the ledger and the feed's own row
        assert desk.store.db.conn.total_changes - before == 2
        assert not record.seen

    def test_ledger_adds_up(self, desk: LearningDesk) -> None:
        twice = entry(1)
        record = desk.poll(entry(3), twice, twice, entry(2), skipped={"empty": 2})
        row = record.row
        assert row.seen == row.new + row.changed + row.unchanged + sum(row.skipped.values()) == 6
        assert row.skipped == {"empty": 2, "repeated": 1}

    @pytest.mark.parametrize("polls", [3])
    def test_fresh_guid_at_every_poll(self, desk: LearningDesk, polls: int) -> None:
        for poll in range(polls):
            desk.poll(*(entry(n, guid=f"{n}-{poll}") for n in range(10)))
        assert desk.count("items") == 10

    def test_fresh_guid_without_link(self, desk: LearningDesk) -> None:
        for poll in range(3):
            desk.poll(*(entry(n, guid=f"{n}-{poll}", url="") for n in range(10)))
        assert desk.count("items") == 10

    def test_one_guid_for_all(self, desk: LearningDesk) -> None:
        for _ in range(2):
            desk.poll(*(entry(n, guid="same") for n in range(10)))
        assert desk.count("items") == 10

    def test_one_link_for_all(self, desk: LearningDesk) -> None:
        for _ in range(2):
            desk.poll(*(entry(n, url="https://news.example/") for n in range(10)))
        assert desk.count("items") == 10

    def test_neither_guid_nor_link(self, desk: LearningDesk) -> None:
        for _ in range(2):
            desk.poll(*(entry(n, guid="", url="") for n in range(10)))
        assert desk.count("items") == 10

    def test_same_link_in_two_feeds_is_one_item(self, desk: LearningDesk) -> None:
        desk.poll(entry(1), name="one")
        record = desk.poll(entry(1, guid="other"), name="two")
        assert record.row.new == 0
        assert (desk.count("items"), desk.count("appearances")) == (1, 2)

    def test_two_lengths_of_one_article_do_not_turn_it_over(self, desk: LearningDesk) -> None:
        for _ in range(3):
            desk.poll(entry(1, text="Short."), name="one")
            desk.poll(entry(1, text=LONG, guid="x"), name="two")
        assert [r["number"] for r in desk.rows("SELECT number FROM revisions")] == [1, 2]
        assert desk.rows("SELECT text FROM items")[0]["text"] == LONG

    def test_text_that_cannot_be_encoded_is_no_poison(self, desk: LearningDesk) -> None:
        desk.poll(entry(1, title="a\x00b", text="\u2028\x1b[31m"))
        assert desk.count("items") == 1


class TestRevisions:
    def test_edit_keeps_the_old_text(self, desk: LearningDesk) -> None:
        desk.poll(entry(1, "The mine opens", "At the mine."))
        record = desk.poll(entry(1, "It opens", "At the site."))
        assert (record.row.changed, record.row.new) == (1, 0)
        versions = desk.rows("SELECT number, title, text FROM revisions ORDER BY number")
        assert [v["title"] for v in versions] == ["The mine opens", "It opens"]
        assert desk.rows("SELECT title, revisions FROM items") == [
            {"title": "It opens", "revisions": 2}
        ]

    def test_edit_says_which_names_went_and_came(self, desk: LearningDesk) -> None:
        desk.poll(entry(1, "The mine opens"))
        desk.poll(entry(1, "The dam opens"))
        newest = desk.rows("SELECT * FROM revisions WHERE number = 2")[0]
        assert json.loads(newest["entities_added"]) == ["dam"]
        assert json.loads(newest["entities_removed"]) == ["mine"]

    def test_mentions_are_those_of_the_newest_version(self, desk: LearningDesk) -> None:
        desk.poll(entry(1, "The mine opens"))
        desk.poll(entry(1, "Long words before the mine"))
        rows = desk.rows(
            'SELECT surface, substr(title, start + 1, "end" - start) AS cut '
            "FROM mentions JOIN items ON items.id = item"
        )
        assert rows == [{"surface": "mine", "cut": "mine"}]

    def test_search_follows_the_edit(self, desk: LearningDesk) -> None:
        desk.poll(entry(1, "평양화력발전소는 돈다"))
        desk.poll(entry(1, "다른 제목"))
        assert desk.found("평양") == []
        assert desk.found("다른") == [1]

    def test_white_space_is_no_edit(self, desk: LearningDesk) -> None:
        desk.poll(entry(1, "A  title", "Some\ntext"))
        assert desk.poll(entry(1, "A title ", "Some text")).row.changed == 0

    def test_flapping_stops(self, desk: LearningDesk) -> None:
        polls = [desk.poll(entry(1, text=f"version {n % 2}")) for n in range(60)]
        assert desk.count("revisions") == MOST_REVISIONS
        assert "keeps changing" in "".join(poll.row.note for poll in polls)


class TestWindow:
    def test_oldest_falls_out(self, desk: LearningDesk) -> None:
        desk.poll(entry(2), entry(1))
        desk.poll(entry(3), entry(2))
        rows = desk.rows("SELECT item, vanished FROM appearances WHERE gone_at IS NOT NULL")
        assert rows == [{"item": 1, "vanished": 0}]

    def test_taken_out_while_older_stay(self, desk: LearningDesk) -> None:
        desk.poll(entry(3), entry(2), entry(1))
        desk.poll(entry(3), entry(1))
        rows = desk.rows("SELECT url, vanished FROM appearances WHERE gone_at IS NOT NULL")
        assert rows == [{"url": "https://news.example/2", "vanished": 1}]

    def test_comes_back(self, desk: LearningDesk) -> None:
        desk.poll(entry(2), entry(1))
        desk.poll(entry(1))
        desk.poll(entry(2), entry(1))
        assert desk.count("items") == 2
        assert desk.rows("SELECT count(*) AS n FROM appearances WHERE gone_at IS NULL")[0]["n"] == 2

    def test_an_empty_document_proves_nothing(self, desk: LearningDesk) -> None:
        desk.poll(entry(1))
        desk.poll()
        assert desk.rows("SELECT gone_at FROM appearances") == [{"gone_at": None}]

    def test_no_overlap_is_seen(self, desk: LearningDesk) -> None:
        desk.poll(entry(1))
        assert desk.poll(entry(9)).row.overlap == 0


class TestStories:
    def test_copies_join_the_first(self, desk: LearningDesk) -> None:
        for name in ("one", "two", "three"):
            desk.poll(
                entry(1, "Builders finish the third wall", f"{LONG} ({name})",
                      url=f"https://{name}.example/a", guid=name),
                name=name,
            )  # fmt: skip
        assert desk.rows("SELECT items, copies FROM stories") == [{"items": 3, "copies": 2}]
        assert [r["relation"] for r in desk.rows("SELECT relation FROM items ORDER BY id")] == [
            "original",
            "copy",
            "copy",
        ]

    def test_one_headline_over_two_texts_is_two_stories(self, desk: LearningDesk) -> None:
        title = "Floral basket to the leader from abroad"
        desk.poll(entry(1, title, LONG))
        desk.poll(entry(2, title, "Something else was said by other people elsewhere. " * 6),
                  entry(1, title, LONG))  # fmt: skip
        assert desk.count("stories") == 2

    def test_copies_within_one_document(self, desk: LearningDesk) -> None:
        desk.poll(*(entry(n, "Builders finish the third wall", LONG) for n in (1, 2, 3)))
        assert (desk.count("items"), desk.count("stories")) == (3, 1)

    def test_a_reprint_after_days_is_a_story_of_its_own(self, desk: LearningDesk) -> None:
        desk.poll(entry(1, "Builders finish the third wall", LONG))
        desk.now += timedelta(days=5)
        desk.poll(entry(2, "Builders finish the third wall", LONG), name="two")
        assert desk.count("stories") == 2


class TestAlerts:
    def test_first_poll_is_a_baseline(self, desk: LearningDesk) -> None:
        record = desk.poll(entry(1, "The mine opens"))
        assert record.row.baseline
        assert desk.count("alerts") == 0

    def test_new_story_is_announced_once(self, desk: LearningDesk) -> None:
        for name in ("one", "two", "three"):
            desk.poll(entry(1), name=name)
        for name in ("one", "two", "three"):
            copy = entry(2, "The mine opens its third gallery", LONG, guid=name,
                         url=f"https://{name}.example/2")  # fmt: skip
            desk.poll(copy, entry(1), name=name)
        rows = desk.rows("SELECT rule, channel, state, payload FROM alerts")
        assert [(r["rule"], r["channel"], r["state"]) for r in rows] == [("all", "desk", "pending")]
        assert json.loads(rows[0]["payload"])["named"][0]["entity"] == "mine"

    def test_candidates_are_not_announced(self, desk: LearningDesk) -> None:
        desk.poll(entry(1))
        desk.poll(entry(2, "A maybe-mine"), entry(1))
        assert desk.count("mentions") == 1
        assert desk.count("alerts") == 0

    def test_an_edit_that_adds_a_name_is_announced(self, desk: LearningDesk) -> None:
        desk.poll(entry(1))
        desk.poll(entry(2, "Something opens"), entry(1))
        desk.poll(entry(2, "The dam opens"), entry(1))
        assert desk.count("alerts") == 1

    def test_reissued_guids_alert_nobody(self, desk: LearningDesk) -> None:
        desk.poll(entry(1, "The mine opens"))
        for poll in range(20):
            desk.poll(entry(1, "The mine opens", guid=f"fresh-{poll}"))
        assert (desk.count("items"), desk.count("alerts")) == (1, 0)

    def test_alerts_of_a_failed_transaction_are_not_there(self, desk: LearningDesk) -> None:
        """The outbox is filled in the transaction of the items: neither without the other."""
        desk.poll(entry(1))
        feed = desk.feed()
        record = desk.poll(entry(2, "The mine opens"), entry(1))
        before = {t: desk.count(t) for t in ("items", "alerts", "mentions", "polls")}
        broken = replace(record, observation=replace(record.observation, feed=replace(feed, id=99)))
        with pytest.raises(Exception, match="constraint"):
            desk.store.record(broken)
        assert {t: desk.count(t) for t in before} == before


class TestLedger:
    def test_error(self, desk: LearningDesk) -> None:
        desk.poll(entry(1))
        error = FeedError(url="u", reason="dns", message="no such host")
        first, second = desk.observe(error), desk.observe(error)
        assert (first.row.status, first.row.error) == ("error", "dns: no such host")
        assert second.failures == 2
        assert second.next_poll_at - second.now > first.next_poll_at - first.now
        state = desk.rows("SELECT health, failures, etag FROM feeds WHERE name = 'one'")[0]
        assert state == {"health": "unreachable", "failures": 2, "etag": "e"}

    @pytest.mark.parametrize(("status", "said"), [(304, "not-modified"), (200, "unchanged")])
    def test_not_modified(self, desk: LearningDesk, status: int, said: str) -> None:
        desk.poll(entry(1))
        answer = NotModified(url="u", http_status=status, state=FetchState(etag="e"))
        assert desk.observe(answer).row.status == said
        assert desk.rows("SELECT health, failures FROM feeds WHERE name = 'one'") == [
            {"health": "ok", "failures": 0}
        ]

    def test_recovers(self, desk: LearningDesk) -> None:
        desk.observe(FeedError(url="u", reason="dns", message="no such host"))
        record = desk.poll(entry(1, "The mine opens"))
        assert record.row.baseline
        assert desk.feed().failures == 0
