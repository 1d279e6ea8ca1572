"""The overview: a time one chooses, the heat table, the map, and what stands out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from monitor.review.charts import NOTABLE
from monitor.review.overview_page import TINTS, heat, span, tint
from monitor.store.desk.types import Overview, SectorWeeks
from tests.support.learning import entry
from tests.support.newsroom import Newsroom
from tests.support.pages import HOSTILE, OPEN, pages, table, words

__all__ = ["pages"]  # a fixture

NOW = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)  # a Saturday
TILES = "https://tiles.example/{z}/{x}/{y}.png"


def asked(**query: str) -> Any:
    return span(SimpleNamespace(args=query), NOW)


@pytest.mark.parametrize(
    ("query", "since", "until"),
    [
        ({}, "2026-08-31", "2026-11-21T06:00"),
        ({"weeks": "1"}, "2026-11-16", "2026-11-21T06:00"),
        ({"weeks": "x"}, "2026-08-31", "2026-11-21T06:00"),
        ({"weeks": "-3"}, "2026-08-31", "2026-11-21T06:00"),
        ({"since": "2026-10-01", "until": "2026-10-31"}, "2026-10-01", "2026-11-01"),
        ({"since": "2026-10-01"}, "2026-10-01", "2026-11-22"),
        ({"since": "2026-12-24"}, "2026-11-21", "2026-11-22"),  # not yet
        ({"since": "2026-10-31", "until": "2026-10-01"}, "2026-10-01", "2026-10-02"),
        ({"since": "0001-01-01", "until": "2026-11-21"}, "2024-11-23", "2026-11-22"),
        ({"since": "yesterday"}, "2026-08-31", "2026-11-21T06:00"),
    ],
)
def test_the_time_that_an_address_asks_for(query: Any, since: str, until: str) -> None:
    found = asked(**query)
    assert found.since == datetime.fromisoformat(since).replace(tzinfo=UTC)
    assert found.until == datetime.fromisoformat(until).replace(tzinfo=UTC)


@pytest.mark.parametrize("most", [1, 2, 7, 500])
def test_tints_follow_the_numbers(most: int) -> None:
    tints = [tint(count, most) for count in range(most + 1)]
    assert tints[0] == 0
    assert tints == sorted(tints)
    assert tints[-1] == TINTS
    assert min(tints[1:]) >= 1


def test_only_notable_gaps_are_hatched() -> None:
    """With forty feeds some hour of some feed is missed in any week."""
    found = Overview(
        since=NOW, until=NOW, stories=2, weeks=(date(2026, 11, 9), date(2026, 11, 16)),
        gaps=(NOTABLE / 2, NOTABLE), places=(), entities=(), first_mentions=(), removals=(),
        silences=(), bursts=(),
        sectors=(SectorWeeks(sector="mining", weeks=(1, 1), total=2),),
    )  # fmt: skip
    [line] = heat(found)
    assert [cell.gap for cell in line.cells] == [False, True]
    [none] = heat(replace(found, gaps=(0.0, 0.0)))
    assert not any(cell.gap for cell in none.cells)


def test_sectors_by_weeks(room: Newsroom, pages: OPEN) -> None:
    room.poll()
    room.say(1, "A mine opened", by="two")
    room.now += timedelta(days=7)
    room.say(2, "Power for the mine from a dam", by="two")
    page = pages().get("overview?weeks=2")
    assert table(page, ".heat") == [
        ["mining", "1", "1", "2"],
        ["power", "0", "1", "1"],
    ]
    assert words(page, ".heat thead") == "Sector 16 Nov 2026 23 Nov all"
    assert words(page, ".count").startswith("2 stories from 16 Nov 2026")
    link = page.css_first(".heat tbody a").attributes["href"] or ""
    assert link.startswith("/-/desk?sector=mining&state=all&since=2026-11-16&until=2026-11-")


def test_an_empty_time_says_where_to_look(room: Newsroom, pages: OPEN) -> None:
    page = pages().get("overview")
    assert "No story of this time names anything" in words(page, "main")
    assert page.css_first("svg.map")


def test_first_mentions_and_removed_names(room: Newsroom, pages: OPEN) -> None:
    room.poll(name="two")
    story = room.say(1, "A mine opened", by="two")
    room.again(entry(1, "A pit opened", url="https://two.example/1"), by="two")
    page = pages().get("overview")
    removed = words(page, "[aria-labelledby=removed]")
    assert "The mine out of A pit opened" in removed
    assert f'href="/-/desk/story/{story}#edits"' in page.css_first("[aria-labelledby=removed]").html


def test_a_first_mention_is_told_once(room: Newsroom, pages: OPEN) -> None:
    room.poll(name="two")
    room.say(1, "A mine opened", by="two")
    room.say(2, "A mine again, with other words", by="two")
    assert words(pages().get("overview"), "[aria-labelledby=firsts]").count("The mine :") == 1


def test_the_map_and_its_table_say_the_same(room: Newsroom, pages: OPEN) -> None:
    with room.store.db.conn as conn:
        conn.execute("UPDATE entities SET latitude = 40, longitude = 127, precision = 'site'")
    room.poll()
    room.say(1, "Power for the mine from a dam", by="two")
    page = pages().get("overview")
    [mark] = page.css("svg.map a.mark")
    assert mark.attributes["href"] == "#place-1"
    [line] = table(page, ".where table")
    assert line[1:] == ["The dam 1 , The mine 1", "2"]
    assert page.css_first("tr#place-1")


def test_hostile_names_stay_words_on_the_map(room: Newsroom, pages: OPEN) -> None:
    with room.store.db.conn as conn:
        conn.execute("UPDATE entities SET latitude = 40, longitude = 127, name = ?", (HOSTILE,))
    room.poll()
    room.say(1, "A mine opened", by="two")
    label = pages().get("overview").css_first("svg.map a.mark").attributes["aria-label"] or ""
    assert label.startswith(HOSTILE)


def test_small_charts_are_the_table_again(room: Newsroom, pages: OPEN) -> None:
    room.poll()
    room.say(1, "A mine opened", by="two")
    drawing = pages().answer("chart/sectors.svg?weeks=4").text
    assert ">mining</text>" in drawing


def test_the_facts_as_json(room: Newsroom, pages: OPEN) -> None:
    room.poll()
    room.say(1, "A mine opened", by="two")
    facts = pages().answer("overview.json?weeks=1").json
    assert facts["sectors"] == [{"sector": "mining", "weeks": [1], "total": 1}]


def test_nobody_is_asked_for_a_map_unless_the_settings_say_so(room: Newsroom, pages: OPEN) -> None:
    desk = pages()
    answer = desk.answer("overview")
    assert "leaflet" not in answer.text
    assert "img-src 'self';" in answer.headers["content-security-policy"]


def test_a_map_service_is_let_in_on_this_page_alone(room: Newsroom, pages: OPEN) -> None:
    desk = pages(tiles=TILES, tiles_credit=HOSTILE)
    page = desk.get("overview")
    figure = page.css_first("#map").attributes
    assert (figure["data-tiles"], figure["data-credit"]) == (TILES, HOSTILE)
    assert [s.attributes["src"].partition("?")[0] for s in page.css("script")] == [
        "/-/desk/static/leaflet.js",
        "/-/desk/static/desk-map.js",
    ]
    policy = desk.answer("overview").headers["content-security-policy"]
    assert "img-src 'self' https://tiles.example;" in policy
    assert "tiles.example" not in desk.answer("entities").headers["content-security-policy"]
