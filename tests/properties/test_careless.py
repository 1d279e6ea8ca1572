"""The properties can fail: each is broken by a build without the guard that it is for."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.proof.endurance import ROWS
from benchmarks.proof.row import Scale

TWINS = {row.name: row.twin for row in ROWS if row.name in ("urls", "dates", "text", "outbox")}


@pytest.mark.parametrize("name", TWINS)
def test_the_property_is_broken(name: str, tmp_path: Path) -> None:
    found = TWINS[name](Scale(short=True, seed=7, folder=tmp_path))
    assert not found.held
    assert "0 of" not in found.figure
