"""What is announced, to whom and when: relations, origins, age, digests, quiet hours, storms."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from alerts.deliver import Settlement
from alerts.rules import MOST_AN_HOUR, Rule
from alerts.schedule import read_quiet, read_schedule
from monitor.announce import age_of, alert_of
from monitor.records import Waiting
from tests.support.learning import START, LearningDesk, entry
from tests.support.stores import ON_BOTH

ALL = ("first", "new-origin", "edit", "gone")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[LearningDesk]:
    desk = LearningDesk(tmp_path, feeds=("one", "two"))
    for name in ("one", "two"):
        desk.poll(entry(1), name=name)
    yield desk
    desk.close()


def rule(desk: LearningDesk, **changes: Any) -> None:
    """Replace the rules by one."""
    object.__setattr__(desk.desk, "rules", (Rule(**{"name": "all", "to": ("desk",), **changes}),))


def relations(desk: LearningDesk) -> list[str]:
    return [row["relation"] for row in desk.rows("SELECT relation FROM alerts ORDER BY id")]


def claim(desk: LearningDesk, after: timedelta = timedelta(0)) -> Waiting | None:
    return desk.store.claim("desk", desk.now + after)


def settle(desk: LearningDesk, row: Waiting, state: str = "sent", **other: Any) -> None:
    values = {"in_doubt": False, "next_try_at": None, "message": "", **other}
    desk.store.settle(Settlement(alert=row.id, state=state, **values), desk.now)


class TestRelation:
    def test_only_the_first_by_default(self, desk: LearningDesk) -> None:
        desk.poll(entry(3), entry(2, "The mine opens"), entry(1))
        desk.poll(entry(3), entry(2, "The mine and the dam open"), entry(1))
        desk.poll(entry(3), entry(1))
        assert relations(desk) == ["first"]

    def test_an_edit_that_adds_and_one_that_removes(self, desk: LearningDesk) -> None:
        rule(desk, relation=ALL)
        desk.poll(entry(2, "The mine opens its gates today"), entry(1))
        desk.poll(entry(2, "The mine and the dam open their gates"), entry(1))
        desk.poll(entry(2, "The dam opens its gates"), entry(1))
        assert relations(desk) == ["first", "edit", "edit"]
        said = [json.loads(r["payload"]) for r in desk.rows("SELECT payload FROM alerts")]
        assert [s["news"] for s in said] == [
            "",
            "An edit added The dam.",
            "An edit removed The mine.",
        ]
        assert [s["named"][0]["entity"] for s in said] == ["mine", "dam", "mine"]
        start, end = said[2]["snippet_marks"][0]
        assert said[2]["snippet"][start:end] == "mine"

    def test_an_edit_that_is_the_first_mention_is_told_once(self, desk: LearningDesk) -> None:
        rule(desk, relation=ALL)
        desk.poll(entry(2, "Something opens"), entry(1))
        desk.poll(entry(2, "The dam opens"), entry(1))
        assert relations(desk) == ["first"]

    def test_an_edit_of_something_else_is_no_news(self, desk: LearningDesk) -> None:
        rule(desk, relation=("edit",), entities=("mine",))
        desk.poll(entry(2, "The mine opens"), entry(1))
        desk.poll(entry(2, "The mine and the dam open"), entry(1))
        assert relations(desk) == []

    def test_gone_though_another_entry_took_its_link(self, desk: LearningDesk) -> None:
        rule(desk, relation=("gone",))
        desk.poll(entry(3, "The mine opens"), entry(2), entry(1))
        desk.poll(entry(2, url=entry(3).url), entry(1))
        assert relations(desk) == ["gone"]

    def test_gone(self, desk: LearningDesk) -> None:
        rule(desk, relation=("gone",))
        desk.poll(entry(3, "The mine opens"), entry(2, "The dam"), entry(1))
        desk.poll(entry(2, "The dam"), entry(1))
        desk.poll(entry(4), entry(2, "The dam"))  # entry 1 rolled off at the end: not taken out
        (row,) = desk.rows("SELECT relation, occasion, item, payload FROM alerts")
        assert (row["relation"], row["occasion"]) == ("gone", f"gone: item {row['item']}")
        assert json.loads(row["payload"])["title"] == "The mine opens"

    def test_a_new_origin(self, desk: LearningDesk, same_event: tuple[str, str]) -> None:
        rule(desk, relation=("first", "new-origin"))
        text = " ".join(f"word{n} of the report" for n in range(40))
        desk.poll(entry(2, "The mine opens", text), entry(1))
        copy = entry(2, "The mine opens", text, guid="c", url="https://two.example/2")
        desk.poll(copy, entry(1), name="two")
        assert relations(desk) == ["first"]  # a copy is no origin
        told, retold = same_event
        desk.poll(entry(5, told, text="", url="https://one.example/5"), entry(1))
        desk.poll(entry(6, retold, text="", url="https://two.example/6"), entry(1), name="two")
        (story,) = desk.rows("SELECT origins FROM stories WHERE origins > 1") or [{"origins": 0}]
        assert story["origins"] == 2
        assert relations(desk) == ["first", "first", "new-origin"]


@pytest.fixture
def same_event() -> tuple[str, str]:
    """Two headlines about one event in other words, as the story code takes them."""
    return (
        "Flood at the mine of Northland kills twelve workers, rescue continues on Friday",
        "Rescue continues after flood kills twelve workers at the mine of Northland Friday",
    )


class TestAge:
    @pytest.mark.parametrize(
        ("published", "days"),
        [
            (None, 0),
            (START - timedelta(days=8), 8),
            (START + timedelta(days=8), 0),
            (datetime(1970, 1, 1, tzinfo=UTC), 0),
            (datetime(1, 1, 1, tzinfo=UTC), 0),
        ],
    )
    def test_of_dates_that_can_be_true(self, published: datetime | None, days: int) -> None:
        assert age_of(published, START) == timedelta(days=days)

    def test_old_items_announce_nothing(self, desk: LearningDesk) -> None:
        old = START - timedelta(days=8)
        desk.poll(entry(2, "The mine opens", published_at=old), entry(1))
        assert (desk.count("mentions"), desk.count("alerts")) == (1, 0)
        rule(desk, max_age=9 * 86400)
        desk.poll(entry(3, "The dam opens", published_at=old), entry(1))
        assert desk.count("alerts") == 1


@ON_BOTH
class TestOrigins:
    def test_held_until_there_are_enough(
        self, desk: LearningDesk, same_event: tuple[str, str]
    ) -> None:
        rule(desk, min_origins=2)
        told, retold = same_event
        desk.poll(entry(5, told, text=""), entry(1))
        assert desk.rows("SELECT state FROM alerts") == [{"state": "held"}]
        assert claim(desk, timedelta(days=9)) is None
        retold_entry = entry(6, retold, text="", url="https://two.example/6")
        desk.poll(retold_entry, entry(1), name="two")
        row = claim(desk)
        assert row
        assert row.origins == 2


class TestDigest:
    """07:00 in Seoul is 22:00 UTC; the desk's day begins at 06:00 UTC."""

    @pytest.fixture
    def digest(self, desk: LearningDesk) -> LearningDesk:
        rule(desk, mode="digest", schedule=read_schedule("daily at 07:00 Asia/Seoul"))
        desk.poll(entry(3, "The dam opens"), entry(2, "The mine opens"), entry(1))
        desk.poll(entry(4, "Another mine closes its doors"), entry(1))
        return desk

    def test_waits_and_comes_once_as_one_message(self, digest: LearningDesk) -> None:
        assert claim(digest, timedelta(hours=12)) is None
        digest.now = datetime(2026, 11, 21, 22, 0, tzinfo=UTC)
        row = claim(digest)
        assert row
        alert = alert_of(row)
        assert [part.title for part in alert.parts] == [
            "The mine opens", "The dam opens", "Another mine closes its doors"]  # fmt: skip
        assert alert.batch == "digest of all, due 2026-11-21T22:00:00.000Z"
        settle(digest, row)
        rows = digest.rows("SELECT state, sent_with, attempts FROM alerts")
        assert rows == [{"state": "sent", "sent_with": row.id, "attempts": 1}] * 3
        assert claim(digest, timedelta(days=3)) is None

    def test_due_while_the_program_was_down_is_sent_late_and_once(
        self, digest: LearningDesk
    ) -> None:
        digest.now += timedelta(days=3)
        row = claim(digest)
        assert row
        assert len(row.others) == 2
        settle(digest, row)
        assert claim(digest, timedelta(days=3)) is None

    def test_a_crash_while_sending_repeats_the_same_message_marked(
        self, digest: LearningDesk
    ) -> None:
        digest.now += timedelta(days=1)
        first = claim(digest)
        assert digest.store.doubt_unfinished() == 3
        rule(digest)  # meanwhile something else
        digest.poll(entry(7, "The dam bursts its banks"), entry(1))
        again = claim(digest)
        assert first
        assert again
        assert (again.id, again.key, again.in_doubt) == (first.id, first.key, True)
        assert [o.id for o in again.others] == [o.id for o in first.others]
        assert alert_of(again).in_doubt

    def test_later_is_the_same_message_again(self, digest: LearningDesk) -> None:
        digest.now += timedelta(days=1)
        first = claim(digest)
        assert first
        settle(digest, first, "pending", next_try_at=digest.now + timedelta(hours=1))
        assert claim(digest) is None
        again = claim(digest, timedelta(hours=1))
        assert again
        assert (again.id, again.key, len(again.others)) == (first.id, first.key, 2)

    def test_the_next_one_takes_what_came_after(self, digest: LearningDesk) -> None:
        digest.now = datetime(2026, 11, 21, 22, 0, tzinfo=UTC)
        digest.poll(entry(8, "The dam bursts its banks"), entry(1))
        row = claim(digest)
        assert row
        assert len(row.others) == 2
        settle(digest, row)
        assert claim(digest, timedelta(hours=23)) is None
        following = claim(digest, timedelta(hours=24))
        assert following
        assert following.others == ()

    def test_dead_ones_are_put_back_each_alone(self, digest: LearningDesk) -> None:
        digest.now += timedelta(days=1)
        row = claim(digest)
        assert row
        settle(digest, row, "dead", message="no")
        assert digest.store.retry([row.id], digest.now) == 1
        assert digest.store.retry(None, digest.now) == 2
        again = claim(digest)
        assert again
        assert (again.others, again.attempts) == ((), 0)


class TestQuiet:
    def test_sent_together_when_they_end(self, desk: LearningDesk) -> None:
        rule(desk, quiet=read_quiet("15:00-17:30 Asia/Seoul"))  # 06:00 to 08:30 UTC
        desk.poll(entry(3, "The dam opens"), entry(2, "The mine opens"), entry(1))
        assert claim(desk) is None
        desk.now = START.replace(hour=8, minute=30)
        row = claim(desk)
        assert row
        assert len(row.others) == 1
        desk.poll(entry(4, "The dam bursts its banks"), entry(1))
        assert claim(desk)


@ON_BOTH
class TestStorm:
    def entries(self, count: int, first: int = 10) -> list[Any]:
        titles = (f"The mine number {n} opens with report {n * 7919}" for n in range(first, 99_999))
        return [
            entry(n, next(titles), f"Nothing alike {n * 31}.", published_at=START)
            for n in range(first, first + count)
        ]

    def test_twenty_alone_the_rest_of_the_hour_in_one(self, desk: LearningDesk) -> None:
        desk.poll(*self.entries(30), entry(1))
        begun = desk.now - timedelta(minutes=15)
        desk.poll(*self.entries(5, first=50), entry(1))
        sizes = []
        while row := claim(desk):
            sizes.append(1 + len(row.others))
            settle(desk, row)
        assert sizes == [1] * MOST_AN_HOUR
        desk.now = begun + timedelta(hours=1)
        storm = claim(desk)
        assert storm
        assert len(storm.others) == 14
        assert alert_of(storm).batch.startswith("more than 20 in an hour by rule all, from 2026-")
        settle(desk, storm)
        assert desk.rows("SELECT state, count(*) AS n FROM alerts GROUP BY state") == [
            {"state": "sent", "n": 35}
        ]
        desk.now += timedelta(minutes=1)
        desk.poll(*self.entries(1, first=80), entry(1))
        assert claim(desk)

    def test_any_number_where_that_is_asked_for(self, desk: LearningDesk) -> None:
        rule(desk, most_an_hour=0)
        desk.poll(*self.entries(30), entry(1))
        assert len(desk.rows("SELECT id FROM alerts WHERE batch = ''")) == 30

    def test_a_feed_over_several_rules(self, desk: LearningDesk) -> None:
        rules = tuple(Rule(name=f"r{n}", to=("desk",)) for n in range(4))
        object.__setattr__(desk.desk, "rules", rules)
        desk.poll(*self.entries(6), entry(1))
        alone = desk.rows("SELECT id FROM alerts WHERE batch = ''")
        assert len(alone) == MOST_AN_HOUR
        (together,) = desk.rows("SELECT DISTINCT batch FROM alerts WHERE batch <> ''")
        assert "by feed 1" in together["batch"]


@ON_BOTH
def test_a_thread_is_that_of_the_storys_first_message(desk: LearningDesk) -> None:
    rule(desk, relation=ALL)
    desk.poll(entry(2, "The mine opens its gates today"), entry(1))
    row = claim(desk)
    assert row
    settle(desk, row, thread="171.002")
    desk.poll(entry(2, "The mine and the dam open their gates"), entry(1))
    again = claim(desk)
    assert again
    assert alert_of(again).thread == "171.002"
