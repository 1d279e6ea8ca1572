"""Memory over many polls: benchmarks/soak.py in short. `python -m benchmarks.soak` is the long one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

POLLS = 240
# MB per 10,000 polls. So short a run still warms up (10 to 50 measured); a program that keeps what
# it has polled, 20 entries each time, grows by more than 500.
LIMIT = 150.0


def growth(*options: str) -> float:
    """What benchmarks/soak.py measures, without the parsers, which are replaced now and then."""
    ran = subprocess.run(
        [
            *(sys.executable, "-W", "error", "-m", "benchmarks.soak", "--json"),
            *("--polls", str(POLLS), "--feeds", "50", "--every", "20", *options),
        ],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=110,
        check=True,
    )
    assert ran.stderr == ""
    found = json.loads(ran.stdout)
    assert found["polls"] >= POLLS
    return float(found["slope"])


def test_memory_stays_flat() -> None:
    assert growth() < LIMIT


def test_a_leak_would_show() -> None:
    assert growth("--keep") > LIMIT


@pytest.mark.parametrize("mb", [0.0, 3.0])
def test_slope(mb: float) -> None:
    from benchmarks.soak import slope

    warming_up = [(n, 50.0 + n) for n in range(3)]
    flat = [(n * 1_000, 60.0 + mb * n / 10) for n in range(10, 40)]
    assert slope([*warming_up, *flat]) == pytest.approx(mb)
