"""Snippets: the span is where they say it is."""

from __future__ import annotations

import pytest

from monitor.snippets import AFTER, BEFORE, snippet

LONG = "word " * 100 + "The Dam" + " more" * 100


@pytest.mark.parametrize(
    ("text", "surface"),
    [
        ("The Dam", "The Dam"),
        (LONG, "The Dam"),
        ("평양화력발전소는 정상 가동", "평양화력발전소"),
        ("가" * 500 + "발전소" + "나" * 500, "발전소"),
        ("line one\n\nthe The Dam\u2028there\ttoo", "The Dam"),
        ("x" * 300 + "The Dam" + "y" * 300, "The Dam"),
    ],
)
def test_span(text: str, surface: str) -> None:
    start = text.index(surface)
    found = snippet(text, start, start + len(surface))
    assert found.text[found.start : found.end] == surface
    assert "\n" not in found.text
    assert len(found.text) <= BEFORE + len(surface) + AFTER + 2


def test_says_where_it_was_cut() -> None:
    start = LONG.index("The Dam")
    found = snippet(LONG, start, start + 7)
    assert found.text.startswith("…word")
    assert found.text.endswith("more…")
