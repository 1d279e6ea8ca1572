"""Names and how they do: what reviewers decided counts for them and against them."""

from __future__ import annotations

from typing import Any

import pytest

from monitor.store import mending
from monitor.store.desk import watch
from monitor.store.desk.types import NameCard
from tests.support.learning import entry
from tests.support.newsroom import Newsroom


def card(room: Newsroom, text: str = "mine", entity: str = "") -> NameCard:
    with room.reader() as conn:
        return next(c for c in watch.names(conn, entity=entity) if c.text == text)


def flagged(room: Newsroom) -> list[NameCard]:
    with room.reader() as conn:
        return list(watch.flagged(conn))


def test_mentions(room: Newsroom) -> None:
    room.say(1, "The mine", "Of the mine.")
    last = room.now
    room.say(2, "The maybe-mine")
    found = card(room)
    assert (found.confirmed, found.candidates, found.last_seen_at) == (2, 1, last)
    assert (found.language, found.origin, found.watched, found.entity_name) == (
        "en", "listed", True, "The mine")  # fmt: skip
    assert (found.relevant, found.rejected, found.precision, found.flagged) == (0, 0, None, False)


def test_never_met(room: Newsroom) -> None:
    assert card(room, "dam").last_seen_at is None


def test_of_one_entity(room: Newsroom) -> None:
    with room.reader() as conn:
        assert [c.text for c in watch.names(conn)] == ["dam", "mine"]
        assert [c.text for c in watch.names(conn, entity="dam")] == ["dam"]


@pytest.mark.parametrize("entity", ["", "mine"])
class TestDecisions:
    def test_relevant_counts_stories(self, room: Newsroom, entity: str) -> None:
        story = room.say(1, "The mine", "Of the mine.")
        room.judge(story, "relevant")
        room.judge(room.say(2, "The dam, maybe-mine"), "relevant")  # a candidate is not named
        room.judge(room.say(3, "The mine, again"), "not relevant")
        room.judge(room.say(4, "The mine, and again"), "follow up")
        assert card(room, entity=entity).relevant == 1

    def test_a_wrong_tag_with_its_name(self, room: Newsroom, entity: str) -> None:
        story = room.say(1, "The mine by the dam")
        room.judge(story, "wrong tag", entity="mine", alias="mine")
        room.judge(story, "wrong tag", entity="mine", alias="mine", reviewer="lee")
        assert card(room, entity=entity).rejected == 1
        assert card(room, "dam").rejected == 0

    def test_a_wrong_tag_of_an_entity(self, room: Newsroom, entity: str) -> None:
        room.judge(room.say(1, "The mine by the dam"), "wrong tag", entity="mine")
        room.judge(room.say(2, "The maybe-mine"), "wrong tag", entity="mine", item=2)
        assert card(room, entity=entity).rejected == 2
        assert card(room, "dam").rejected == 0

    def test_of_another_item_of_the_story(self, room: Newsroom, entity: str) -> None:
        one, two = room.say(1, "The mine"), room.say(2, "A dam of another kind", by="two")
        mending.merge(room.store, one, [two], note="", now=room.now)
        room.judge(one, "wrong tag", entity="mine", item=2)
        assert card(room, entity=entity).rejected == 0

    def test_undone(self, room: Newsroom, entity: str) -> None:
        story = room.say(1, "The mine")
        good = room.judge(story, "relevant")
        room.judge(0, "undo", undoes=good.id)
        bad = room.judge(story, "wrong tag", entity="mine")
        undo = room.judge(0, "undo", undoes=bad.id)
        assert (card(room, entity=entity).relevant, card(room, entity=entity).rejected) == (0, 0)
        room.judge(0, "undo", undoes=undo.id)
        assert card(room, entity=entity).rejected == 1

    def test_a_merged_story_keeps_its_judgement(self, room: Newsroom, entity: str) -> None:
        one, two = room.say(1, "The dam"), room.say(2, "A mine of another kind", by="two")
        room.judge(two, "relevant")
        mending.merge(room.store, one, [two], note="", now=room.now)
        if not entity:
            assert card(room).relevant == 1
        assert card(room, entity=entity).relevant == 1


class TestFlagged:
    def fill(self, room: Newsroom, relevant: int, rejected: int) -> None:
        stories = [
            entry(n, f"Report {n}", f"Ore from the mine, number {n}.") for n in range(relevant)
        ]
        stories += [
            entry(n, f"Report {n}", f"He called the mine a gold chess opening, number {n}.")
            for n in range(relevant, relevant + rejected)
        ]
        room.again(*stories)
        rows = room.rows("SELECT story FROM items ORDER BY CAST(substr(guid, 6) AS INTEGER)")
        for row in rows[:relevant]:
            room.judge(row["story"], "relevant")
        for row in rows[relevant:]:
            room.judge(row["story"], "wrong tag", entity="mine", alias="mine")

    @pytest.mark.parametrize(
        ("relevant", "rejected", "is_flagged"),
        [(7, 3, True), (8, 2, False), (0, 10, True), (0, 9, False), (30, 1, False)],
    )
    def test_threshold(
        self, room: Newsroom, relevant: int, rejected: int, *, is_flagged: bool
    ) -> None:
        self.fill(room, relevant, rejected)
        assert [c.text for c in flagged(room)] == (["mine"] if is_flagged else [])
        assert card(room).precision == relevant / (relevant + rejected)

    def test_the_words_near_rejections(self, room: Newsroom) -> None:
        self.fill(room, 7, 5)
        (found,) = flagged(room)
        assert found.near_rejections == (
            ("called", 5), ("chess", 5), ("gold", 5), ("opening", 5))  # fmt: skip


USES: dict[str, tuple[list[str], list[str], list[str]]] = {
    "words of an alphabet, folded, not the short ones": (
        ["a Gold X", "of gold X", "to X"], ["of X"], ["gold"]),
    "Hangul": (["금 X 금", "금 X"], ["돌 X"], ["금"]),
    "Han by pairs of characters": (["黄金矿山X", "黄金X"], ["石头X"], ["黄金"]),
    "what stands near the others too says nothing": (
        ["gold X ore", "gold X ore"], ["gold X ore"], []),
    "once is chance": (["gold X"], [], []),
    "the surface is not there": (["gold", "gold"], [], []),
    "nothing": ([], [], []),
}  # fmt: skip


@pytest.mark.parametrize("case", USES)
def test_telling_words(case: str) -> None:
    wrong, others, expected = USES[case]
    uses: Any = [(n, "X", text) for n, text in enumerate(wrong)]
    found = watch.telling(uses, [(n, "X", text) for n, text in enumerate(others)])
    assert [word for word, _ in found] == expected
