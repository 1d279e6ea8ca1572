"""The page of an entity, the list of entities, and the chart."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from feeds.types import FeedError
from monitor.review.entity_page import bars, called, in_words
from monitor.store.desk.types import EntityRef, NameCard, Trend, Week
from tests.support.newsroom import Newsroom
from tests.support.pages import HOSTILE, OPEN, pages, table, words

__all__ = ["pages"]  # a fixture

DOWN = FeedError(url="u", reason="timeout", message="no answer")
MINE = EntityRef(id="mine", name="The mine", sector="mining", kind="facility", province="")


def card(text: str, **other: Any) -> NameCard:
    fields: dict[str, Any] = {
        "entity": "mine", "entity_name": "The mine", "language": "en", "origin": "listed",
        "watched": True, "confirmed": 0, "candidates": 0, "last_seen_at": None, "relevant": 0,
        "rejected": 0, "precision": None, "flagged": False, "near_rejections": (),
    }  # fmt: skip
    return NameCard(text=text, **{**fields, **other})


def trend(relation: str, since: date, **other: Any) -> Trend:
    fields = {"stories": 9, "days": 40, "expected": 0.5, "longest": 12, "odds": 1e-6}
    return Trend(entity=MINE, relation=relation, since=since, **{**fields, **other})


def weeks(*stories: int, start: date = date(2026, 10, 5)) -> tuple[Week, ...]:
    return tuple(
        Week(start=start + timedelta(weeks=at), by_kind={"press": many} if many else {}, gap=0.0)
        for at, many in enumerate(stories)
    )


def test_an_entity_that_was_never_named(room: Newsroom, pages: OPEN) -> None:
    page = pages().get("entity/mine")
    assert words(page, "h1") == "The mine"
    assert "First seen never" in words(page, ".facts-list")
    assert "No story names it so far" in words(page, "main")
    assert "Nothing else so far" in words(page, "main")


def test_its_stories_neighbours_and_names(room: Newsroom, pages: OPEN) -> None:
    room.poll()
    first = room.say(1, "A mine opened", "The mine gives ore.", by="two")
    room.now += timedelta(days=8)
    both = room.say(2, "Power for the mine from a dam", "Nothing more.", by="three")
    room.say(3, "Only a dam", "Water.", by="two")
    page = pages().get("entity/mine")
    links = [a.attributes["href"] for a in page.css(".story.brief a.open")]
    assert links == [f"/-/desk/story/{both}", f"/-/desk/story/{first}"]
    assert "The dam 1 story" in words(page, "[aria-labelledby=together]")
    facts = words(page, ".facts-list")
    assert "Last 30 days 2 stories" in facts
    assert "not known yet" in facts
    [name] = table(page, ".names")
    assert name[0] == "mine en"
    assert name[2] == "3"  # mentions: twice in the first, once in the second
    assert page.css_first(".numbers tbody tr")


def test_its_numbers_by_week_stand_in_a_table_behind_the_chart(room: Newsroom, pages: OPEN) -> None:
    room.poll()
    room.say(1, "A mine opened", by="two")
    desk = pages()
    page = desk.get("entity/mine?weeks=26")
    image = page.css_first("img.chart-image").attributes
    assert image["src"] == "/-/desk/chart/entity/mine.svg?weeks=26"
    assert "1 story in 26 weeks" in (image["alt"] or "")
    rows = {row[0]: row for row in table(page, ".numbers table")}
    assert rows["16 Nov 2026"][1:3] == ["1", "wire 1"]
    drawing = desk.answer("chart/entity/mine.svg?weeks=26")
    assert drawing.headers["content-type"].startswith("image/svg+xml")
    assert "style-src 'sha256-" in drawing.headers["content-security-policy"]
    assert "The mine" in (ET.fromstring(drawing.text).get("aria-label") or "")


def test_weeks_without_answers_are_hatched(room: Newsroom, pages: OPEN) -> None:
    room.poll()
    room.say(1, "A mine opened", by="one")
    room.now += timedelta(days=15)
    room.observe(DOWN, "one")
    desk = pages()
    assert "of the time" in words(desk.get("entity/mine"), ".numbers table")
    assert "sources not read" in desk.answer("chart/entity/mine.svg").text


def test_decisions_are_told_with_who_and_when(room: Newsroom, pages: OPEN) -> None:
    room.poll()
    story = room.say(1, "A mine opened", by="two")
    room.judge(story, "follow up", reviewer="<b>kim")
    page = pages().get("entity/mine")
    assert words(page, "[aria-labelledby=decided]").startswith("Decisions follow up , <b>kim, ")


def test_hostile_titles_stay_words(room: Newsroom, pages: OPEN) -> None:
    room.poll()
    room.say(1, HOSTILE, HOSTILE, by="two")
    page = pages().get("entity/mine")
    assert "<script>alert(1)</script>" in words(page, ".story.brief h3")


@pytest.mark.parametrize("path", ["entity/nowhere", "entity/nowhere.json"])
def test_what_is_not_there_is_said(pages: OPEN, path: str) -> None:
    assert "nowhere" in words(pages().get(path, status=404), "main")


@pytest.mark.parametrize("path", ["entity/nowhere", "source/99", "other", "source/x"])
def test_no_chart_of_what_is_not_there(pages: OPEN, path: str) -> None:
    assert pages().answer(f"chart/{path}.svg").status == 404


def test_the_facts_as_json(room: Newsroom, pages: OPEN) -> None:
    room.poll()
    room.say(1, "A mine opened", by="two")
    facts = pages().answer("entity/mine.json").json
    assert facts["line"]["entity"]["id"] == "mine"
    assert facts["line"]["stories"] == 1
    assert datetime.fromisoformat(facts["first_seen_at"]).tzinfo


def test_the_list_by_sector(room: Newsroom, pages: OPEN) -> None:
    room.poll()
    room.say(1, "A mine opened", by="two")
    desk = pages()
    page = desk.get("entities")
    assert [" ".join(h.text().split()) for h in page.css("section h2")] == ["mining", "power"]
    lines = {row[0]: row for row in table(page, ".entities")}
    assert lines["The mine"][2] == "1"
    assert lines["The dam"][4] == "not named yet"
    assert words(page, ".count") == "1 of 2 named so far"
    assert table(desk.get("entities?sector=power"), ".entities")[0][0] == "The dam"
    assert "No entity fits" in words(desk.get("entities?sector=food"), "main")


def test_the_list_of_a_time(room: Newsroom, pages: OPEN) -> None:
    room.poll()
    room.say(1, "A mine opened", by="two")
    room.now += timedelta(days=60)
    lines = {row[0]: row[2] for row in table(pages().get("entities?days=30"), ".entities")}
    assert lines["The mine"] == "0"


def test_a_burst_stands_in_its_week_and_a_silence_in_those_after_it() -> None:
    shown = bars(
        weeks(1, 9, 0, 0),
        [trend("burst", date(2026, 10, 14)), trend("silence", date(2026, 10, 15))],
    )
    assert [bool(bar.burst) for bar in shown] == [False, True, False, False]
    assert [bar.silent for bar in shown] == [False, False, True, True]


def test_trends_say_what_was_expected() -> None:
    burst = in_words(trend("burst", date(2026, 10, 14)))
    assert burst == "Burst on 14 Oct 2026: 9 stories, 0.5 a day expected"
    silent = in_words(trend("silence", date(2026, 10, 14), expected=3.2))
    assert silent.startswith("Silent since 14 Oct 2026: 40 days with its sources answering")
    assert silent.endswith("named every 3.2 days, 12 days the longest wait")


def test_an_entity_is_called_by_the_listed_names_most_met_first() -> None:
    cards = [
        card("rare"), card("usual", confirmed=9), card("made", origin="revised", confirmed=99),
        card("광산", language="ko"), card("鉱山", language="ja, zh"), card("gone", watched=False, confirmed=99),
    ]  # fmt: skip
    assert dict(called(cards)) == {
        "en": ("usual", "rare"),
        "ko": ("광산",),
        "zh": ("鉱山",),
        "ja": ("鉱山",),
    }
