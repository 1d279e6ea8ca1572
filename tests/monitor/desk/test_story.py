"""A story in full: who has it from whom, what was edited, which poll brought it, what was decided."""

from __future__ import annotations

from datetime import timedelta

import pytest

from feeds.types import FeedError
from monitor.store import mending
from monitor.store.desk import story as desk
from monitor.store.desk.types import Story
from tests.support.learning import entry
from tests.support.newsroom import Newsroom

TEXT = "The mine, said engineers on Tuesday, would be relined within eleven weeks of work. " * 3


def story(room: Newsroom, number: int) -> Story:
    with room.reader() as conn:
        found = desk.story(conn, number)
    assert found
    return found


def test_no_such_story(room: Newsroom) -> None:
    with room.reader() as conn:
        assert desk.story(conn, 7) is None


def test_one_that_names_nothing(room: Newsroom) -> None:
    found = story(room, room.say(1, "The weather"))
    assert (found.row.title, found.row.entities, found.row.confirmed) == ("The weather", (), False)


def test_marks_on_whole_texts(room: Newsroom) -> None:
    found = story(room, room.say(1, "Works at the mine", "Before the dam. After the mine."))
    (item,) = found.items
    assert [item.title[s.start : s.end] for s in item.title_spans] == ["mine"]
    assert [item.text[s.start : s.end] for s in item.text_spans] == ["dam", "mine"]


def test_copies_are_a_tree_in_time(room: Newsroom) -> None:
    first = room.say(1, "Works at the mine", TEXT)
    room.say(2, "Works at the mine", TEXT, by="two")
    room.say(3, "Works at the mine", TEXT, by="three")
    conn = room.store.db.conn
    conn.execute("UPDATE items SET of_item = 2 WHERE id = 3")  # from the wire, not from the first
    conn.commit()
    found = story(room, first)
    assert [(i.id, i.depth, i.lag, i.source) for i in found.items] == [
        (1, 0, 0, "one"),
        (2, 1, 900, "two"),
        (3, 2, 1800, "three"),
    ]
    assert {i.why for i in found.items[1:]} == {"100% of the text is the same"}


@pytest.mark.parametrize("of_item", [3, 2, None])
def test_a_tree_with_odd_roots_loses_no_item(room: Newsroom, of_item: int | None) -> None:
    """Itself, a later item or none: rows that no poll writes but a hand may."""
    first = room.say(1, "Works at the mine", TEXT)
    room.say(2, "Works at the mine", TEXT, by="two")
    conn = room.store.db.conn
    conn.execute("UPDATE items SET of_item = ? WHERE id = 2", (of_item if of_item != 3 else 2,))
    conn.commit()
    assert [i.id for i in story(room, first).items] == [1, 2]


def test_too_many_items(room: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk, "MOST_ITEMS", 2)
    first = room.say(1, "Works at the mine", TEXT)
    for number, source in enumerate(("two", "three"), 2):
        room.say(number, "Works at the mine", TEXT, by=source)
    found = story(room, first)
    assert (len(found.items), found.items_left_out, found.row.items) == (2, 1, 3)


class TestEdits:
    def test_versions(self, room: Newsroom) -> None:
        number = room.say(1, "The mine opens")
        room.again(entry(1, "The dam opens", url="https://one.example/1"))
        (item,) = story(room, number).items
        (edit,) = item.edits
        assert (edit.number, edit.title, edit.source) == (2, "The dam opens", "one")
        assert edit.changes["title"] == (
            ("=", "The "),
            ("-", "mine "),
            ("+", "dam "),
            ("=", "opens"),
        )
        assert [e.name for e in edit.entities_added] == ["The dam"]
        assert [e.name for e in edit.entities_removed] == ["The mine"]
        assert item.first_version == ("The mine opens", item.text)
        assert item.changed_at == edit.seen_at

    def test_never_edited(self, room: Newsroom) -> None:
        (item,) = story(room, room.say(1, "The mine opens")).items
        assert (item.edits, item.first_version) == ((), None)


class TestEvidence:
    def test_the_polls_that_brought_it(self, room: Newsroom) -> None:
        room.say(1, "The weather")
        number = room.say(2, "The mine opens")
        room.again(entry(2, "The mine closes", url="https://one.example/2"))
        room.again(entry(2, "The mine closes", url="https://one.example/2"), by="two")
        (item,) = story(room, number).items
        assert item.evidence
        assert (item.evidence.poll, item.evidence.source) == (2, "one")
        assert (item.evidence.http_status, item.evidence.bytes) == (200, 100)
        assert item.evidence.started_at == item.first_seen_at
        assert item.edits[0].evidence
        assert item.edits[0].evidence.poll == 3
        assert [a.source for a in item.appearances] == ["one", "two"]
        assert len(item.content_hash) == 24

    def test_no_other_poll_stands_in_for_one_that_was_removed(self, room: Newsroom) -> None:
        room.say(1, "The weather")
        number = room.say(2, "The mine opens")
        conn = room.store.db.conn
        conn.execute("DELETE FROM polls WHERE id = 2")
        conn.commit()
        (item,) = story(room, number).items
        assert item.evidence is None

    def test_a_poll_that_waited_to_be_stored(self, room: Newsroom) -> None:
        number = room.say(1, "The mine opens")
        conn = room.store.db.conn
        at = (room.now - timedelta(minutes=20)).isoformat(timespec="milliseconds")[:-6] + "Z"
        conn.execute("UPDATE polls SET started_at = ?", (at,))
        conn.commit()
        (item,) = story(room, number).items
        assert item.evidence
        assert item.evidence.poll == 1


class TestMended:
    def test_a_merged_story_leads_to_what_it_is_part_of(self, room: Newsroom) -> None:
        one, two = room.say(1, "The mine"), room.say(2, "A dam of another kind", by="two")
        third = room.say(3, "Weather of a third kind", by="three")
        room.judge(two, "follow up", note="whose?")
        mending.merge(room.store, two, [third], note="", now=room.now)
        mending.merge(room.store, one, [two], note="", now=room.now)
        found = story(room, third)
        assert (found.row.id, found.asked, found.merged) == (one, third, (two,))
        assert [d.note for d in found.decisions] == ["whose?"]
        assert found.row.items == 3

    def test_a_circle_is_no_endless_loop(self, room: Newsroom) -> None:
        one, two = room.say(1, "The mine"), room.say(2, "A dam of another kind", by="two")
        conn = room.store.db.conn
        for story_, other in ((one, two), (two, one)):
            conn.execute("UPDATE stories SET merged_into = ? WHERE id = ?", (other, story_))
        conn.commit()
        with room.reader() as reader:
            assert desk.story(reader, one) is None


def test_decisions_with_what_was_undone(room: Newsroom) -> None:
    number = room.say(1, "The mine")
    first = room.judge(number, "relevant")
    undo = room.judge(0, "undo", undoes=first.id)
    room.judge(0, "undo", undoes=undo.id)
    room.judge(number, "wrong tag", entity="mine", alias="mine", item=1)
    lines = story(room, number).decisions
    assert [(d.verdict, d.undone) for d in lines] == [
        ("relevant", False),
        ("undo", True),
        ("undo", False),
        ("wrong tag", False),
    ]
    assert (lines[3].entity, lines[3].alias, lines[3].item) == ("mine", "mine", 1)


def test_alerts(room: Newsroom) -> None:
    room.say(1, "The weather")
    number = room.say(2, "The mine opens")
    (alert,) = story(room, number).alerts
    assert (alert.rule, alert.channel, alert.relation, alert.state) == (
        "all", "desk", "first", "pending")  # fmt: skip
    assert alert.sent_at is None


def test_links_from_both_sides(room: Newsroom) -> None:
    one, two = room.say(1, "The mine"), room.say(2, "Рудник mine", by="two", language="ru")
    conn = room.store.db.conn
    conn.execute(
        "INSERT INTO links (item, story, relation, score, why, state, created_at) "
        "VALUES (2, ?, 'same_event', 2.5, 'both name mine', 'proposed', '')",
        (one,),
    )
    conn.commit()
    found = story(room, one), story(room, two)
    assert [link.story for s in found for link in s.links] == [two, one]
    assert [s.row.links for s in found] == [1, 1]
    assert found[0].links[0].title == "Рудник mine"


def test_failed_polls_bring_nothing(room: Newsroom) -> None:
    number = room.say(1, "The mine")
    room.observe(FeedError(url="u", reason="timeout", message="no answer"), "one")
    (item,) = story(room, number).items
    assert item.evidence
    assert item.evidence.poll == 1
