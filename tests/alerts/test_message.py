"""alerts.message: what an alert says."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.message import Piece, cut, message_of, utc
from alerts.text import slack_cost
from alerts.types import Named
from tests.support.sample import DEFAULTS, alert


def named(number: int, **changes: str) -> Named:
    words = {
        "entity": f"e{number}",
        "name": f"Works {number}",
        "sector": "cement",
        "kind": "facility",
    }
    return Named(**{**words, "surface": f"Works {number}", **changes})


@pytest.mark.parametrize(
    ("changes", "label", "value"),
    [
        ({}, "Named", "Tanchon Power Station (electric power)"),
        (
            {"named": (named(1, surface="단천발전소"),)},
            "Named",
            "Works 1 (cement, as “단천발전소”)",
        ),
        ({"named": (named(1, surface="WORKS 1", sector=""),)}, "Named", "Works 1"),
        ({"named": (named(1), named(1), named(2))}, "Named", "Works 1 (cement); Works 2 (cement)"),
        (
            {"named": tuple(named(n, sector="") for n in range(8))},
            "Named",
            "Works 0; Works 1; Works 2; Works 3; Works 4; and 3 more",
        ),
        ({"source_kind": ""}, "Source", "Example Wire"),
        ({}, "First seen", "21 Nov 2026, 06:15 UTC"),
        ({}, "Published", "21 Nov 2026, 06:12 UTC (as “Sat, 21 Nov 2026 15:12:00 +0900”)"),
        ({"published_raw": ""}, "Published", "21 Nov 2026, 06:12 UTC"),
        (
            {"published_at": None, "published_raw": "주체115"},
            "Published",
            "“주체115”, a date that could not be read",
        ),
        ({"published_at": None, "published_raw": ""}, "Published", "no date given"),
        ({}, "Carried by", "1 origin, 4 copies"),
        ({"origins": 2, "copies": 1}, "Carried by", "2 origins, 1 copy"),
        ({"copies": 0}, "Carried by", "1 origin, no copies"),
        ({"url": "javascript:x"}, "Link", "left out: not a plain http(s) address"),
    ],
)
def test_facts(changes, label, value):
    assert dict(message_of(alert(**changes)).facts)[label] == value


def test_nothing_named_is_no_fact():
    assert "Named" not in dict(message_of(alert(named=())).facts)
    assert "Link" not in dict(message_of(alert()).facts)


def test_times_are_told_in_utc():
    korea = timezone(timedelta(hours=9))
    assert utc(datetime(2026, 1, 1, 3, 4, tzinfo=korea)) == "31 Dec 2025, 18:04 UTC"


def test_a_title_is_never_empty():
    assert message_of(alert(title="\u200b \n")).title == "(untitled)"


@pytest.mark.parametrize(("language", "kept"), [("ko", "ko"), ("", ""), ('"x', ""), ("ko-KP", "")])
def test_a_language_is_a_code_or_nothing(language, kept):
    assert message_of(alert(language=language)).language == kept


def pieces(text: str, *marks: tuple[int, int]) -> list[tuple[str, bool]]:
    return [(p.text, p.name) for p in message_of(alert(snippet=text, snippet_marks=marks)).snippet]


@pytest.mark.parametrize(
    ("text", "marks", "expected"),
    [
        ("the works here", [(4, 9)], [("the ", False), ("works", True), (" here", False)]),
        ("works", [(0, 5)], [("works", True)]),
        ("단천발전소는", [(0, 5)], [("단천발전소", True), ("는", False)]),
        ("a  \u200b  \n b", [(0, 1)], [("a", True), (" b", False)]),
        ("ab", [(0, 1), (1, 2)], [("a", True), ("b", True)]),
        ("abcd", [(0, 3), (1, 4)], [("abc", True), ("d", True)]),  # overlapping
        ("abcd", [(2, 3), (0, 1)], [("a", True), ("b", False), ("c", True), ("d", False)]),
        ("ab", [(-5, 1), (1, 99), (2, 1), (50, 60)], [("a", True), ("b", True)]),
        ("\u200bab", [(0, 2)], [("a", True), ("b", False)]),  # offsets are those of the raw text
        ("", [(0, 1)], []),
    ],
)
def test_the_snippet_is_taken_apart_at_its_names(text, marks, expected):
    assert pieces(text, *marks) == expected


def test_the_default_marks_are_right():
    start, end = DEFAULTS["snippet_marks"][0]
    assert DEFAULTS["snippet"][start:end] == "Tanchon Power Station"


@given(
    st.lists(st.tuples(st.text(min_size=1, max_size=9), st.booleans()), max_size=9),
    st.integers(1, 30),
)
def test_cut_keeps_its_limit(raw, limit):
    whole = tuple(Piece(text=text, name=name) for text, name in raw)
    kept = cut(whole, limit, slack_cost)
    words = "".join(piece.text for piece in kept)
    assert sum(map(slack_cost, words)) <= limit + 1  # the ellipsis may follow a full limit
    assert "".join(text for text, _ in raw).startswith(words.removesuffix("…").rstrip())
    assert all(piece.text for piece in kept)
