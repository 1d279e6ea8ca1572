"""docs/watchlists.md says what the format is: its example loads, its lists are complete."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from monitor.forms import Form, heads
from monitor.tagging import Tagger
from monitor.types import Document, Entity, Name, Watchlist
from monitor.watchlist import check, load, parse, report
from monitor.watchlist.entities import (
    CONFIDENCES,
    KINDS,
    MATCHES,
    PRECISIONS,
    SECTORS,
)
from monitor.watchlist.table import LANGUAGES

PAGE = (Path(__file__).parents[2] / "docs" / "watchlists.md").read_text(encoding="utf-8")
CODE = set(re.findall(r"`([^`\n]+)`", PAGE))
# Fields that the file calls otherwise, or that are worked out.
ELSEWHERE = {"entities", "version", "language", "origin", "stems"}


def example() -> str:
    section = PAGE.split("## An example to start from")[1]
    return re.search(r"```toml\n(.+?)```", section, re.DOTALL)[1]


def test_the_example_is_a_watchlist_and_passes_its_own_tests():
    watchlist = parse(example(), "my-list.toml")
    assert len(watchlist.entities) == 3
    assert [str(failure) for failure in check(watchlist, Tagger(watchlist).tag)] == []
    assert report(watchlist).tests == 16


@pytest.mark.parametrize("kind", [Watchlist, Entity, Name, Form])
def test_every_key_is_documented(kind):
    names = {field.name for field in fields(kind)} - ELSEWHERE
    assert names <= CODE | {"id"}, names - CODE


@pytest.mark.parametrize(
    "words", [KINDS, SECTORS, MATCHES, PRECISIONS, CONFIDENCES, LANGUAGES, tuple(heads())]
)
def test_every_closed_list_is_documented(words):
    assert set(words) <= CODE, set(words) - CODE


def test_every_rule_is_documented():
    origins = {origin for _, origin in report(load("dprk-civilian")).names} - {"listed"}
    assert origins <= CODE


def test_the_levelled_spellings_are_levelled():
    """What the page says need not be listed is found from one listed form."""
    text = (
        'name = "x"\ncues = ["KCNA"]\n[[entity]]\nid = "a"\nkind = "facility"\n'
        'sector = "food"\nname = "a"\n'
        'names.en = ["Store No. 1 & Café-Bar", "20×10 plan"]\nnames.ru = ["Завод им. Рёнсон"]\n'
        'names.ko = ["남포유리공장"]\n'
    )
    tag = Tagger(parse(text, "x.toml")).tag
    lines = (
        "store no.1 and cafe bar",
        "STORE №1 & CAFÉ–BAR",
        "Store Number One and Cafe-Bars",
        "the 20 x 10 plan",
        "the 20*10 plan",
        "the 20 by 10 plan",
        "남포 유리공장에서",
        "На Заводе имени Рёнсон",
    )
    assert [line for line in lines if not tag(Document(title="", text=line))] == []
