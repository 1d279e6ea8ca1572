"""The frame of the proof: a row is good only if its promise holds and its twin's does not."""

from __future__ import annotations

import re
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import pytest

from benchmarks.proof import __main__ as proof
from benchmarks.proof.__main__ import TRIES, Form, line, main, rows
from benchmarks.proof.kept import Kept
from benchmarks.proof.one import AREAS
from benchmarks.proof.page import PAGE, Line, page
from benchmarks.proof.row import NEEDS, Outcome, Row

ROOT = Path(__file__).parents[1]
HELD, BROKEN = Outcome(figure="3 of 3", held=True), Outcome(figure="1 of 3", held=False)
ROWS = list(rows())
KEPT = Kept(None, short=True, seed=1)
FORM = Form(short=True, seed=1, jobs=1, kept=KEPT)


def toy(**changes: object) -> Row:
    usual = {
        "name": "toy",
        "promise": "a | b",
        "run": lambda _: HELD,
        "without": "care",
        "twin": lambda _: BROKEN,
    }
    return Row(**usual | changes)


def lined(run: Outcome | str, twin: Outcome | str) -> Line:
    return Line(area="crash", row=toy(), lacks="", run=run, twin=twin, seconds=1.0)


@pytest.mark.parametrize(
    ("run", "twin", "good", "words"),
    [
        (HELD, BROKEN, True, "✓ 3 of 3"),
        (BROKEN, BROKEN, False, "**does not hold**: 1 of 3"),
        (HELD, HELD, False, "**holds all the same**: 3 of 3"),
        ("no end", BROKEN, False, "**broke off**: no end"),
        (HELD, "no end", False, "**broke off**: no end"),
    ],
)
def test_what_is_proven(run: Outcome | str, twin: Outcome | str, good: bool, words: str) -> None:
    made = lined(run, twin)
    assert made.good is good
    text = page([made], short=True, seed=1)
    assert words in text
    assert r"a \| b" in text
    assert f"{int(good)} of 1 rows held" in text


def test_what_a_machine_lacks_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(NEEDS, "wings", (lambda: False, "wings (Debian: none)"))
    lacking = line("crash", toy(needs=("wings",)), FORM)
    assert not lacking.good
    text = page([lacking], short=True, seed=1)
    assert "not run: needs wings" in text
    assert "1 could not be run here" in text


def test_a_row_that_ends_in_an_error_proves_nothing() -> None:
    broke = line("crash", toy(name="no-such-row"), FORM)
    assert not broke.good
    assert isinstance(broke.run, str)
    assert "KeyError" in broke.run


@pytest.mark.parametrize(("lucky", "harm"), [(0, True), (2, True), (3, False)])
def test_a_twin_that_came_to_no_harm_is_tried_again(
    lucky: int, harm: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[bool, int]] = []

    def one_side(_area: str, _row: Row, form: Form, *, twin: bool) -> Outcome:
        asked.append((twin, form.seed))
        return BROKEN if twin and len(asked) > lucky + 1 else HELD

    monkeypatch.setattr(proof, "one_side", one_side)
    made = line("crash", toy(), FORM)
    assert made.good is harm
    assert asked == [(False, 1), *((True, 1 + n) for n in range(min(lucky + 1, TRIES)))]
    assert isinstance(made.twin, Outcome)
    assert (f"tried {lucky + 1} times" in made.twin.figure) is (0 < lucky < TRIES)


@pytest.mark.parametrize(
    ("short", "came", "good", "runs"),
    [
        (True, [BROKEN, HELD], True, 2),
        (True, [BROKEN, BROKEN], False, 2),
        (True, [HELD], True, 1),
        (False, [BROKEN], False, 1),
    ],
)
def test_a_short_row_has_a_second_run_by_itself(
    short: bool,
    came: list[Outcome],
    good: bool,
    runs: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    left = list(came)
    monkeypatch.setattr(proof, "one_side", lambda *_, twin, **__: BROKEN if twin else left.pop(0))
    (made,) = proof.proven([("crash", toy())], replace(FORM, short=short))
    assert made.good is good
    assert len(came) - len(left) == runs
    assert ("crash.toy: once more" in capsys.readouterr().err) is (runs == 2)


def test_what_was_proven_need_not_be_run_again(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "so-far.jsonl", short=True, seed=1)
    assert kept.line("crash", toy()) is None
    kept.keep(lined(HELD, BROKEN))
    kept.keep(lined(BROKEN, BROKEN))  # not good: it is not kept
    assert not kept.used
    row = toy()
    before = kept.line("crash", row)
    assert kept.used
    assert before == Line(area="crash", row=row, lacks="", run=HELD, twin=BROKEN, seconds=1.0)
    assert kept.line("storage", toy()) is None
    assert Kept(tmp_path / "so-far.jsonl", short=True, seed=2).line("crash", toy()) is None
    assert Kept(tmp_path / "so-far.jsonl", short=False, seed=1).line("crash", toy()) is None


def test_nothing_chosen_is_said() -> None:
    with pytest.raises(SystemExit, match="no row has “no-such-row”"):
        main(["--only", "no-such-row"])


def test_rows_are_named_once_and_lack_only_what_is_known() -> None:
    names = [(area, row.name) for area, row in ROWS]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z_]+", name) for _, name in names)
    assert {need for _, row in ROWS for need in row.needs} <= set(NEEDS)
    assert {area for area, _ in names} == set(AREAS)
    assert all(import_module(f"benchmarks.proof.{area}").__doc__ for area in AREAS)


def test_the_page_has_every_row_and_each_is_proven() -> None:
    text = PAGE.read_text(encoding="utf-8")
    told = re.findall(
        r"^\| `([a-z_]+)` \| (.*?) \| (\S+) .*\| (\S+) [^|]*\| +\d+ \|$", text, re.MULTILINE
    )
    assert [(name, promise) for name, promise, _, _ in told] == [
        (row.name, row.promise.replace("|", r"\|")) for _, row in ROWS
    ]
    assert all(sides == ["✓", "✗"] for _, _, *sides in told)
    assert text.startswith("# Proof")
    assert "The whole, seed" in text
