"""The quality gate: on our labelled lines the tagger is never worse than it was.

floors.json holds what was reached; raise a floor when a change reaches more, never lower one.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.quality import Score, finders, read, score
from monitor.watchlist import load

FLOORS = json.loads((Path(__file__).parent / "floors.json").read_text(encoding="utf-8"))
LANGUAGES = ("en", "ja", "ko", "ru", "zh")


@pytest.fixture(scope="module")
def scores() -> dict[str, dict[str, Score]]:
    lines = read()
    return {
        name: score(lines, find) for name, find in finders(load("dprk-civilian"), lines).items()
    }


def test_the_lines_are_enough() -> None:
    lines = read()
    traps = [line for line in lines if not line.expect]
    assert len(lines) >= 400
    assert len(traps) >= 0.4 * len(lines)
    for language in LANGUAGES:
        assert sum(line.lang == language for line in lines) >= 60
    assert len({line.id for line in lines}) == len(lines)


def test_every_entity_is_asked_for() -> None:
    asked = {entity for line in read() for entity in line.expect}
    assert asked == set(load("dprk-civilian").entities)


@pytest.mark.parametrize("language", [*LANGUAGES, "all"])
@pytest.mark.parametrize("figure", ["precision", "recall"])
def test_floor(scores: dict[str, dict[str, Score]], language: str, figure: str) -> None:
    reached = getattr(scores["wirewatch"][language], figure)
    assert reached >= FLOORS[language][figure], f"{language} {figure}: {reached:.4f}"


def test_floors_are_what_was_promised() -> None:
    assert FLOORS["all"]["precision"] >= 0.97
    assert FLOORS["all"]["recall"] >= 0.93
    for language in LANGUAGES:
        assert min(FLOORS[language].values()) >= 0.90


@pytest.mark.parametrize("baseline", ["word", "ascii word", "substring", "phrase", "trigram"])
def test_the_gate_would_fail_with_the_rules_of_others(
    scores: dict[str, dict[str, Score]], baseline: str
) -> None:
    """The broken twins: with any of these in our place the gate is shut."""
    others = scores[baseline]["all"]
    floors = FLOORS["all"]
    assert others.precision < floors["precision"] or others.recall < floors["recall"]
    assert others.f1 < scores["wirewatch"]["all"].f1
