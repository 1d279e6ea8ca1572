"""`wirewatch tag`: any text in, exact places out."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.program import PLANTS, Program, commands_in

SENTENCES = {
    "en": "In the DPRK the 🏭 Tanchon Power Station was commissioned.",
    "ko": "🏭 평양에서 단천발전소가 준공되였다.",
    "zh": "朝鲜𠮷端川发电站竣工。",
    "ja": "朝鮮の端川発電所が竣工した。",
    "ru": "В КНДР сдана Танчхонская ГЭС.",
}


MENTION_KEYS = {"entity", "surface", "field", "start", "end", "name", "state", "rule"}


def tag(program: Program, given: bytes | str, *, status: int = 0) -> Any:
    data = given if isinstance(given, bytes) else given.encode()
    return program.run("tag", "--watchlist", str(PLANTS), given=data, status=status)


def test_tag_takes_json_lines_and_gives_exact_places(program: Program) -> None:
    items = [
        {"id": language, "title": f"⚡ {text}", "text": f"\n  {text}", "lang": language}
        for language, text in SENTENCES.items()
    ]
    given = (
        "\ufeff\n" + "\n\n".join(json.dumps(item, ensure_ascii=False) for item in items) + "\r\n"
    )
    lines = tag(program, given).lines
    assert [line["id"] for line in lines] == list(SENTENCES)
    for item, line in zip(items, lines, strict=True):
        found = line["mentions"]
        assert {m["field"] for m in found} == {"title", "text"}
        assert {m["entity"] for m in found} == {"tanchon-power-station"}
        for m in found:
            assert item[m["field"]][m["start"] : m["end"]] == m["surface"], item
            assert set(m) == MENTION_KEYS


def test_tag_takes_any_text(program: Program) -> None:
    text = "\n\n Первая строка.\r\nНа Хичхонской ГЭС — 희천발전소.\n"
    (line,) = tag(program, text).lines
    assert [text[m["start"] : m["end"]] for m in line["mentions"]] == [
        "Хичхонской ГЭС",
        "희천발전소",
    ]
    (program.folder / "text.txt").write_bytes(text.encode("utf-8-sig"))
    (same,) = program.run("tag", "text.txt", "-w", str(PLANTS)).lines
    assert same == {**line, "id": "text.txt"}


def test_tag_takes_nothing(program: Program) -> None:
    for empty in ("", "\n \n"):
        assert tag(program, empty).lines == [{"id": "<stdin>", "mentions": []}]


DEEP = '{"id": 1, "text": ' + "[" * 100_000 + "]" * 100_000 + "}"


def test_tag_goes_on_after_bad_lines(program: Program) -> None:
    good = '{"id": 9, "text": "희천발전소"}'
    bad = {
        2: b'{"text": ',
        3: b"[1, 2]",
        4: b'{"title": 7}',
        5: b'{"text": "\xff"}',
        6: DEEP.encode(),
        7: b'{"id": NaN, "text": "x"}',
        8: b'{"id": ' + b"9" * 5000 + b"}",
    }
    ran = tag(program, b"\n".join((good.encode(), *bad.values(), good.encode())), status=1)
    assert [line["id"] for line in ran.lines] == [9, 9]
    complaints = ran.err.splitlines()
    assert [int(line.split("line ")[1].split(":")[0]) for line in complaints] == list(bad)


def test_tag_counts_lines_from_the_first(program: Program) -> None:
    ran = tag(program, '\n\n{"id": 1}\nnonsense\n', status=1)
    assert "line 4" in ran.err


@pytest.mark.parametrize("coding", ["cp949", "gb18030", "utf-16", "koi8-r"])
def test_tag_refuses_other_encodings(program: Program, coding: str) -> None:
    letters = {"koi8-r": "На Хичхонской ГЭС", "gb18030": "端川发电站"}.get(coding, "희천발전소")
    ran = tag(program, letters.encode(coding), status=1)
    assert ran.out == ""
    assert "not UTF-8" in ran.err


def test_tag_takes_lone_surrogates(program: Program) -> None:
    given = '{"id": "\\ud800", "title": "\\udfff 희천발전소 \\ud800", "text": "희천발전소"}'
    (line,) = tag(program, given).lines
    assert line["id"] == "\ud800"
    places = [(m["field"], m["start"], m["end"]) for m in line["mentions"]]
    assert places == [("title", 2, 7), ("text", 0, 5)]


def test_tag_is_inert_on_the_terminal(program: Program) -> None:
    ran = tag(program, json.dumps({"id": "\x1b[31m\u202e\x9b", "text": "희천\u200b발전소"}))
    assert commands_in(ran.out) == set()
    (line,) = ran.lines
    assert line["id"] == "\x1b[31m\u202e\x9b"
    complaint = tag(program, b'{"id": "\x1b]0;x\x07\xc2\x9b", }', status=1)
    assert commands_in(complaint.err) == set()
