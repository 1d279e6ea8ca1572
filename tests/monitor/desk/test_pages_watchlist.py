"""The watchlist's names with what reviewers made of them, and what the lists lack."""

from __future__ import annotations

import tomllib
from datetime import timedelta
from typing import Any

import pytest

from monitor.review.watchlist_page import chosen
from monitor.store.corpus import Corpus
from monitor.store.desk.types import NameCard
from monitor.suggest import through
from monitor.suggest.gather import Suggestions
from monitor.suggest.skeleton import advice, as_toml
from tests.support.learning import WATCHLIST
from tests.support.newsroom import Newsroom
from tests.support.pages import HOSTILE, OPEN, pages, table, words

__all__ = ["pages"]  # a fixture


def card(text: str, **other: Any) -> NameCard:
    fields: dict[str, Any] = {
        "entity": "mine", "entity_name": "The mine", "language": "en", "origin": "listed",
        "watched": True, "confirmed": 0, "candidates": 0, "last_seen_at": None, "relevant": 0,
        "rejected": 0, "precision": None, "flagged": False, "near_rejections": (),
    }  # fmt: skip
    return NameCard(text=text, **{**fields, **other})


def reject(room: Newsroom, times: int) -> None:
    """So many stories in which `mine` is a wrong tag, each with words of its own."""
    for number in range(times):
        letters = "".join(chr(97 + number * 7 % 26) for _ in range(3))
        story = room.say(
            number, f"Data mine number {number} {letters}", f"A quarry of {letters}.", by="two"
        )
        room.judge(story, "wrong tag", entity="mine", alias="mine")


def test_names_that_were_met(room: Newsroom, pages: OPEN) -> None:
    room.poll()
    room.say(1, "A mine opened", by="two")
    desk = pages()
    page = desk.get("watchlist")
    assert [line[:5] for line in table(page, ".names")] == [
        ["mine en", "The mine", "as listed", "1", "0"]
    ]
    assert words(page, ".count") == "2 names of 2 entities"
    assert [line[0] for line in table(desk.get("watchlist?show=never"), ".names")] == ["dam en"]
    assert len(table(desk.get("watchlist?show=all"), ".names")) == 2
    assert len(table(desk.get("watchlist?show=all&name=DAM"), ".names")) == 1
    assert "No name fits" in words(desk.get("watchlist?show=all&name=xyz"), "main")


def test_before_anything_was_met(pages: OPEN) -> None:
    page = pages().get("watchlist")
    assert "None of the names was met yet" in words(page, "main")
    assert "No name is: that takes 10 judged stories" in words(page, "[aria-labelledby=wrong]")


def test_a_name_that_is_often_wrong_with_what_to_write(room: Newsroom, pages: OPEN) -> None:
    room.poll(name="two")
    reject(room, 11)
    page = pages().get("watchlist")
    flag = words(page, ".flags")
    assert "right in 0 of 11 stories" in flag
    assert "Near the wrong ones:" in flag
    assert "data 11" in flag
    assert "not_near = [" in words(page, ".flags .toml")
    assert page.css_first(".names tr.flagged")


def test_the_facts_as_json(room: Newsroom, pages: OPEN) -> None:
    room.poll()
    room.say(1, "A mine opened", by="two")
    names = pages().answer("watchlist.json").json["names"]
    assert {name["text"]: name["confirmed"] for name in names} == {"mine": 1, "dam": 0}


def test_names_that_cost_most_stand_first() -> None:
    cards = [card("met", confirmed=9), card("wrong", rejected=1), card("never")]
    assert [c.text for c in chosen(cards, "all", "")] == ["wrong", "met", "never"]
    assert [c.text for c in chosen(cards, "met", "")] == ["wrong", "met"]
    assert [c.text for c in chosen(cards, "all", "THE MINE")] == ["wrong", "met", "never"]


def test_pages_of_names(room: Newsroom, pages: OPEN) -> None:
    with room.store.db.conn as conn:
        for number in range(150):
            conn.execute(
                "INSERT INTO names (entity, language, text, confidence, origin, needs_context, "
                "watched) VALUES ('dam', 'en', ?, 'high', 'listed', 0, 1)",
                (f"dam number {number}",),
            )
    desk = pages()
    page = desk.get("watchlist?show=all")
    assert len(table(page, ".names")) == 100
    following = page.css_first("a[rel=next]").attributes["href"]
    assert len(table(desk.get(f"watchlist{following}"), ".names")) == 52


NEW = "Mass production began at the Hujang Cement Factory near the mine."


@pytest.fixture
def lists(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test's list is made of objects, and the page reads files."""
    monkeypatch.setattr("monitor.review.suggestions_page.read_watchlists", lambda _: [WATCHLIST])


@pytest.mark.usefixtures("lists")
def test_what_the_lists_lack(room: Newsroom, pages: OPEN) -> None:
    room.poll(name="two")
    room.say(1, "News of the mine", NEW, by="two")
    desk = pages()
    page = desk.get("watchlist/suggestions")
    assert words(page, ".suggested h3") == "Hujang Cement Factory"
    pasted = tomllib.loads(words_as_written(page, ".toml"))
    assert [entity["name"] for entity in pasted["entity"]] == ["Hujang Cement Factory"]
    file = desk.answer("watchlist/suggestions.toml")
    assert file.headers["content-disposition"] == 'attachment; filename="suggested.toml"'
    assert tomllib.loads(file.text) == pasted


def words_as_written(page: Any, css: str) -> str:
    return str(page.css_first(css).text())


@pytest.mark.usefixtures("lists")
def test_stories_judged_not_relevant_suggest_nothing(room: Newsroom, pages: OPEN) -> None:
    room.poll(name="two")
    story = room.say(1, "News of the mine", NEW, by="two")
    room.judge(story, "not relevant")
    assert "Nothing. All facilities" in words(pages().get("watchlist/suggestions"), "main")


@pytest.mark.usefixtures("lists")
def test_hostile_texts_stay_words_among_suggestions(room: Newsroom, pages: OPEN) -> None:
    room.poll(name="two")
    room.say(1, "News of the mine", f"{HOSTILE}. {NEW} {HOSTILE}", by="two")
    page = pages().get("watchlist/suggestions")
    assert "Hujang Cement Factory" in words(page, ".suggested")


@pytest.mark.usefixtures("lists")
def test_only_the_days_that_are_asked_for(room: Newsroom, pages: OPEN) -> None:
    room.poll(name="two")
    room.say(1, "News of the mine", NEW, by="two")
    room.now += timedelta(days=10)
    desk = pages()
    assert not desk.get("watchlist/suggestions?days=7").css(".suggested")
    assert desk.get("watchlist/suggestions?days=30").css(".suggested")


def test_a_server_without_lists_says_so(pages: OPEN) -> None:
    page = pages().get("watchlist/suggestions", status=404)
    assert "started without watchlists" in words(page, "main")


def test_the_command_leaves_out_what_was_judged_not_relevant(room: Newsroom) -> None:
    room.poll(name="two")
    story = room.say(1, "News of the mine", NEW, by="two")
    room.judge(story, "not relevant")
    with room.reader() as conn:
        corpus = Corpus(conn)
        refused = corpus.not_relevant()
        assert refused == {story}
        kept = through(corpus, [WATCHLIST], since="", refused=refused)
        everything = through(corpus, [WATCHLIST], since="")
    assert [one.name for one in everything.facilities] == ["Hujang Cement Factory"]
    assert kept.facilities == ()


def test_without_decisions_nothing_is_left_out(room: Newsroom) -> None:
    corpus = Corpus(room.store.db.conn)
    corpus.read_decisions(room.path)
    assert corpus.not_relevant() == frozenset()
    assert corpus.flagged() == ()


def test_advice_is_comments_even_if_a_name_is_hostile() -> None:
    bad = card(
        'x"\n[[entity]]', relevant=1, rejected=9, precision=0.1, flagged=True,
        near_rejections=(('shop"]\nid = "y', 4), ("mall", 2)),
    )  # fmt: skip
    toml = as_toml(Suggestions(facilities=(), aliases=()), {}, [bad])
    assert tomllib.loads(toml) == {}
    assert "right in 1 of 10 stories" in toml
    assert "needs_context" in list(advice(card("KWP", rejected=9)))[-1]
