"""A story's page as HTML: texts, copies, edits, evidence, decisions."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.learning import entry
from tests.support.whole_pages import TEXT, cells, words


@pytest.fixture
def edited(room):
    """A story of two sources; the first took the dam out of its text afterwards."""
    room.again()
    room.again(by="two")
    story = room.say(1, "The mine opens a shaft", TEXT)
    room.say(2, "The mine opens a shaft", TEXT, by="two", url="https://two.example/copy")
    room.again(
        entry(
            1,
            "The mine opens a shaft",
            TEXT.replace("The dam", "The river"),
            url="https://one.example/1",
        )
    )
    return story


def test_every_mention_is_marked_with_its_reason(edited, pages):
    tree = pages().get(f"/-/desk/story/{edited}")
    assert words(tree, "h1 mark").startswith("mine")
    assert [m.text(deep=False) for m in tree.css("#text .text mark")] == ["mine"]
    assert len(tree.css("#text .text > p")) == 2
    for mark in tree.css("mark"):
        note = tree.css_first(f"#{mark.attributes['aria-describedby']}")
        assert "under watchlist" in note.text()
    ids = [n.attributes["id"] for n in tree.css("[id]")]
    assert len(ids) == len(set(ids))


def test_who_carried_it_is_a_tree_with_lags(edited, pages):
    tree = pages().get(f"/-/desk/story/{edited}")
    lines = [" ".join(li.text().split()) for li in tree.css(".tree li")]
    assert len(lines) == 2
    assert "one state media · first seen" in lines[0]
    assert lines[1].startswith("15 min later two wire · copy")


def test_an_edit_is_a_word_diff_with_the_lost_name_in_its_summary(edited, pages):
    tree = pages().get(f"/-/desk/story/{edited}")
    assert "name removed: The dam" in words(tree, "#edits details.edit > summary")
    assert "open" in tree.css_first("#edits details.edit").attributes
    assert [d.text().strip() for d in tree.css("#edits .diff del")] == ["dam"]
    assert [i.text().strip() for i in tree.css("#edits .diff ins")] == ["river"]
    assert "The dam gives it power" in words(tree, "#edits .before .text")


def test_evidence_says_what_was_fetched_and_where_it_stood(edited, pages):
    tree = pages().get(f"/-/desk/story/{edited}")
    tables = tree.css("#evidence table")
    fetched = cells(tables[0])
    assert [line.partition(" | ")[0] for line in fetched] == [
        "item 1",
        "item 1, version 2",
        "item 2",
    ]
    assert all(line.endswith("UTC | 200 | 100") for line in fetched)
    assert sum("there still" in line for line in cells(tables[1])) == 2
    for table in tables:
        assert table.css("caption")
        assert all(th.attributes["scope"] == "col" for th in table.css("th"))


def test_an_article_that_was_taken_out_says_so(room, pages):
    entries = [entry(n, f"Piece number {n} of this day") for n in range(1, 6)]
    entries[2] = entry(3, "The mine opens a shaft")
    room.again()
    room.again(*reversed(entries))
    story = room.rows("SELECT story FROM items WHERE title LIKE '%mine%'")[0]["story"]
    room.again(*(one for one in reversed(entries) if one.guid != "guid-3"))
    tree = pages().get(f"/-/desk/story/{story}")
    assert "taken out while older items stayed" in words(tree, "#evidence")
    assert "vanished" in words(tree, ".tree")


def test_decisions_stand_in_order_and_can_be_undone(edited, room, pages):
    room.judge(edited, "relevant")
    room.now += timedelta(minutes=1)
    room.judge(edited, "note", note="ask <b>Axel</b>\nagain")
    tree = pages().get(f"/-/desk/story/{edited}")
    lines = [" ".join(li.text().split()) for li in tree.css(".decisions li")]
    assert lines[0].startswith("relevant kim, 0")
    assert "ask <b>Axel</b>" in lines[1]
    undoes = [i.attributes["value"] for i in tree.css(".decisions input[name=undoes]")]
    assert undoes == ["1", "2"]
    room.judge(edited, "undo", undoes=1)
    tree = pages().get(f"/-/desk/story/{edited}")
    assert "undone" in tree.css(".decisions li")[0].attributes["class"]
    assert "hidden" in tree.css_first(".state").attributes


def test_alerts_of_the_story_are_listed(edited, pages):
    table = pages().get(f"/-/desk/story/{edited}").css("#evidence table")[2]
    assert cells(table)[0].startswith("all | desk | first | pending | 21 Nov 2026, 06:30:00 UTC")


def test_a_proposed_link_offers_to_call_it_a_duplicate(room, pages, edited):
    other = room.say(9, "Another text on the dam", by="three")
    room.store.db["links"].insert(
        {
            "item": 1,
            "story": other,
            "relation": "same_event",
            "score": 2.0,
            "why": "mine",
            "state": "proposed",
            "created_at": "2026-11-21T06:00:00.000Z",
        }
    )
    tree = pages().get(f"/-/desk/story/{edited}")
    assert "Another text on the dam" in words(tree, "#links")
    field = tree.css_first("#links form input[name=other_story]")
    assert field.attributes["value"] == str(other)


def test_a_story_that_is_not_there_is_a_plain_404(pages):
    tree = pages().get("/-/desk/story/99", status=404)
    assert "There is no story 99." in words(tree, "main")


def test_a_merged_story_leads_to_the_one_that_it_went_into(room, pages, edited):
    from monitor.store import mending

    other = room.say(9, "Another text on the dam", by="three")
    mending.merge(room.store, edited, [other], note="", now=room.now)
    answer = pages().asking.get(f"/-/desk/story/{other}")
    assert answer.status == 302
    assert answer.headers["location"] == f"/-/desk/story/{edited}"
