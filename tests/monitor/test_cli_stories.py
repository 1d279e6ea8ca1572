"""`wirewatch stories`: JSON lines in and out, and mending the database."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from monitor.cli.stories import stories
from tests.support.learning import LearningDesk, entry

TEXT = (
    "The works at Harrow Hill will close for eleven weeks while its kilns are relined, the manager "
    "said on Tuesday, and a good deal of cement will have to come from elsewhere until the spring. "
)
OTHER = (
    "A ferry service to Linden Island opened on Saturday with two new boats from the Eastwick yard. "
    * 2
)

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def call(*arguments: str, lines: list[Any] | None = None, raw: bytes = b"") -> Result:
        data = b"".join(json.dumps(line).encode() + b"\n" for line in lines or []) + raw
        file = tmp_path / "items.jsonl"
        file.write_bytes(data)
        given = [*arguments, str(file)] if lines is not None or raw else list(arguments)
        return CliRunner().invoke(stories, given)

    return call


def out(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def item(number: object, text: str = TEXT, **other: Any) -> dict[str, Any]:
    return {"id": number, "title": f"Headline of {number}", "text": text,
            "published": "2026-11-21T06:00:00Z", **other}  # fmt: skip


def test_one_line_an_item(run: Run) -> None:
    result = run(lines=[item("a"), item("b", OTHER), item("c", f"(Reuters) - {TEXT}")])
    assert result.exit_code == 0
    assert out(result) == [
        {"id": "a", "story": "a", "relation": "original"},
        {"id": "b", "story": "b", "relation": "original"},
        {"id": "c", "story": "a", "relation": "copy"},
    ]


def test_why(run: Run) -> None:
    found = out(run("--why", lines=[item(1), item(2)]))
    assert (found[1]["of"], found[1]["why"]) == (1, "100% of the text is the same")


def test_standard_input_and_the_spelled_out_command() -> None:
    data = json.dumps(item(1))
    plain = CliRunner().invoke(stories, [], input=data)
    assert plain.stdout == CliRunner().invoke(stories, ["group"], input=data).stdout
    assert out(plain)[0]["relation"] == "original"


def test_the_same_address_is_the_same_item(run: Run) -> None:
    lines = [
        item(1, url="https://a.example/1"),
        item(2, OTHER, url="http://www.a.example/1?utm_source=x"),
    ]
    assert [line["story"] for line in out(run(lines=lines))] == [1, 1]


def test_a_home_page_is_no_address(run: Run) -> None:
    lines = [item(1, url="https://a.example/"), item(2, OTHER, url="https://a.example/")]
    assert [line["story"] for line in out(run(lines=lines))] == [1, 2]


@pytest.mark.parametrize(("days", "relation"), [("3", "original"), ("30", "copy")])
def test_days(run: Run, days: str, relation: str) -> None:
    late = item(2, published="2026-12-01T06:00:00Z")
    assert out(run("--days", days, lines=[item(1), late]))[1]["relation"] == relation


@pytest.mark.parametrize("published", ["", "soon", "2099-01-01T00:00:00Z"])
def test_a_wrong_date_spoils_nothing_for_others(run: Run, published: str) -> None:
    found = out(run(lines=[item(1), item(2, OTHER, published=published), item(3)]))
    assert found[2]["story"] == 1


def test_wrong_lines_are_named_and_the_rest_goes_on(run: Run) -> None:
    result = run(
        lines=[item(1), 7, {"id": 3, "title": 5}], raw=b"{\n\n" + json.dumps(item(5)).encode()
    )
    assert result.exit_code == 1
    assert [line["id"] for line in out(result)] == [1, 5]
    assert [line.split(": ")[1] for line in result.stderr.splitlines()] == [
        "line 2",
        "line 3",
        "line 4",
    ]


def test_missing_and_null_fields(run: Run) -> None:
    found = out(
        run(lines=[{"id": 1, "title": "Works to close"}, {"text": None, "title": None}, {}])
    )
    assert [line["id"] for line in found] == [1, 2, 3]


class TestMending:
    @pytest.fixture
    def settings(self, tmp_path: Path) -> Path:
        desk = LearningDesk(tmp_path, feeds=("one", "two"))
        desk.poll(entry(1, "Works to close", TEXT), name="one")
        desk.poll(entry(2, "Kilns go cold", TEXT), name="two")
        desk.poll(entry(3, "Ferry", OTHER), entry(1, "Works to close", TEXT), name="one")
        desk.close()
        (tmp_path / "feeds.toml").write_text('[[feed]]\nurl = "https://one.example/feed"\n')
        path = tmp_path / "wirewatch.toml"
        path.write_text('database = "test.db"\n', encoding="utf-8")
        return path

    def test_merge(self, run: Run, settings: Path) -> None:
        result = run("merge", "1", "2", "--config", str(settings))
        assert (result.exit_code, result.stdout) == (0, "Merged into story 1: 2.\n")

    def test_split(self, run: Run, settings: Path) -> None:
        result = run("split", "2", "--json", "--config", str(settings))
        assert json.loads(result.stdout) == [{"item": 2, "story": 3}]

    def test_wrong_numbers(self, run: Run, settings: Path) -> None:
        result = run("merge", "1", "99", "--config", str(settings))
        assert result.exception
        assert str(result.exception) == "there is no story 99"
