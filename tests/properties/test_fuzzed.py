"""What coverage-guided fuzzing has found and kept, once more: nothing escapes (benchmarks/proof/fuzzing.py)."""

from __future__ import annotations

import pytest

import feeds.html_lists
import feeds.pages
import feeds.parse
import feeds.sitemaps
import monitor.tagging.shadow
from benchmarks.proof.fuzz_careless import spoil
from benchmarks.proof.fuzz_targets import TARGETS
from benchmarks.proof.fuzzing import kept, seeds

HALF_A_CHARACTER = b"\0\xed\xa0\x80 at the mine"
GUARDS = {
    "parse": [(feeds.parse, "prepare"), (feeds.parse, "_forgiving")],
    "tag": [(monitor.tagging.shadow, "squeeze")],
    "pages": [
        (module, "absolute_url") for module in (feeds.html_lists, feeds.pages, feeds.sitemaps)
    ],
}


@pytest.mark.parametrize("target", TARGETS)
def test_nothing_escapes(target: str) -> None:
    assert len(kept(target)) > 100
    _all(target)


@pytest.mark.parametrize("target", TARGETS)
def test_without_its_guards_something_does(target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name in GUARDS[target]:
        monkeypatch.setattr(module, name, getattr(module, name))  # put back afterwards
    spoil(target)
    with pytest.raises((ValueError, AttributeError, AssertionError, LookupError)):
        _all(target)


def _all(target: str) -> None:
    for data in (*seeds(target), HALF_A_CHARACTER):
        TARGETS[target](data)
