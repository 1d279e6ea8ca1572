"""The gate for grouping: on our labelled pairs it is never worse than it was, and better than usual."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from benchmarks.quality import Score
from benchmarks.stories import BASELINES, Pair, best, ours, pairs, scores

FLOORS = json.loads((Path(__file__).parent / "stories.json").read_text(encoding="utf-8"))
LABELLED = pairs()
LANGUAGES = ("en", "ja", "ko", "ru", "zh")


@pytest.fixture(scope="module")
def reached() -> dict[str, Score]:
    return scores(LABELLED, {pair.id: ours(pair) for pair in LABELLED})


def test_the_pairs_are_enough() -> None:
    assert len(LABELLED) >= 150
    assert len({pair.id for pair in LABELLED}) == len(LABELLED)
    by_language = Counter((pair.lang, pair.copy) for pair in LABELLED)
    assert min(by_language[language, copy] for language in LANGUAGES for copy in (True, False)) >= 6


@pytest.mark.parametrize("language", [*LANGUAGES, "all"])
@pytest.mark.parametrize("figure", ["precision", "recall"])
def test_floor(reached: dict[str, Score], language: str, figure: str) -> None:
    assert getattr(reached[language], figure) >= FLOORS[language][figure]


def test_floors_are_what_was_promised(reached: dict[str, Score]) -> None:
    assert FLOORS["all"]["precision"] >= 0.97
    assert reached["all"].f1 >= 0.95


@pytest.mark.parametrize("name", BASELINES)
def test_the_usual_ways_would_fail(reached: dict[str, Score], name: str) -> None:
    """The broken twins, each with the best threshold there is for it on these very pairs."""
    _, found = best(LABELLED, BASELINES[name])
    assert found["all"].f1 < 0.95
    assert found["all"].f1 < reached["all"].f1


@pytest.mark.parametrize("pair", [p for p in LABELLED if not p.copy], ids=lambda pair: pair.id)
def test_no_news_is_hidden(pair: Pair) -> None:
    """A wrong merge hides news; a missed one only repeats it."""
    assert not ours(pair)
