"""Word diffs, and which edits are none."""

from __future__ import annotations

import pytest

from monitor.difference import KEPT, MOST_TOKENS, changes, core


def side(found: list[tuple[str, str]], op: str) -> str:
    return "".join(words for kind, words in found if kind in ("=", op))


@pytest.mark.parametrize(
    ("before", "after", "removed", "added"),
    [
        ("The mine opened on Monday.", "The mine opened on Tuesday.", ["Monday"], ["Tuesday"]),
        ("평양화력발전소 가동", "평양화력발전련합기업소 가동", [], ["련합기업"]),
        ("平壤火电厂恢复生产", "平壤热电厂恢复生产", ["火"], ["热"]),
        ("На ГЭС пущен агрегат", "На ГЭС остановлен агрегат", ["пущен "], ["остановлен "]),
        ("", "New.", [], ["New."]),
        ("Old.", "", ["Old."], []),
    ],
)
def test_changes(before: str, after: str, removed: list[str], added: list[str]) -> None:
    found = changes(before, after)
    assert [words for op, words in found if op == "-"] == removed
    assert [words for op, words in found if op == "+"] == added
    assert side(found, "-") == before
    assert side(found, "+") == after


def test_long_unchanged_stretches_are_shortened() -> None:
    same = "word " * 200
    found = changes(f"{same}old {same}", f"{same}new {same}")
    assert [op for op, _ in found] == ["=", "-", "+", "="]
    assert all(len(words) <= 2 * KEPT + 1 for _, words in found)


def test_a_new_text_is_one_change() -> None:
    before = " ".join(f"a{n}" for n in range(MOST_TOKENS))
    assert [op for op, _ in changes(before, before.replace("a", "b"))] == ["-", "+"]


TEXT = "The works turned out 1,240 tonnes on Tuesday, its manager said."


@pytest.mark.parametrize(
    "edited",
    [
        TEXT.replace(" ", " \n "),
        TEXT.replace("said", "s&#97;id"),
        f"By Carol Finch\n{TEXT}",
        f"HILL, Nov 17 (Reuters) - {TEXT}",
        f"{TEXT} Updated: 2026-11-21 10:30",
        f"{TEXT} Last updated 3 hours ago",
        f"{TEXT} 17 comments",
        f"{TEXT} Views: 1,204",
        f"{TEXT} 조회 1,204 댓글 5",
        f"{TEXT} 수정 2026.11.21. 오후 3:05",
        f"{TEXT} 阅读 1204",
        f"{TEXT} 2 часа назад",
        f"{TEXT} carol@gazette.example",
        TEXT.upper(),
        TEXT.replace(",", "，"),
    ],
)
def test_trivial_edits(edited: str) -> None:
    assert core("Works", edited) == core("Works", TEXT)


@pytest.mark.parametrize(
    "edited",
    [
        TEXT.replace("Tuesday", "Monday"),
        TEXT.replace("1,240", "12,40"),
        TEXT.replace("1,240", "1.240"),
        TEXT.replace("1,240", "1,241"),
        f"{TEXT} Nobody was hurt.",
        TEXT.replace("The works", "The mine"),
    ],
)
def test_edits_that_count(edited: str) -> None:
    assert core("Works", edited) != core("Works", TEXT)


def test_title_counts() -> None:
    assert core("Works resume", TEXT) != core("Works stop", TEXT)
    assert core("[속보] 발전소 재가동", TEXT) == core("발전소 재가동", TEXT)
