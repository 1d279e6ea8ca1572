"""The same tests on the next line of Datasette (1.0), in an environment of its own."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from datasette import __version__

ROOT = Path(__file__).resolve().parents[3]
PYTHON = ROOT / ".venv-datasette-next" / "bin" / "python"
TESTS = (
    "test_guard.py",
    "test_access.py",
    "test_csv.py",
    "test_metadata.py",
    "test_pages_queue.py",
    "test_pages_story.py",
    "test_twins.py",
    "test_xss.py",
)


@pytest.mark.skipif(not __version__.startswith("0."), reason="this is the next line")
@pytest.mark.timeout(900)
def test_the_desk_runs_on_datasette_1() -> None:
    if not PYTHON.exists():
        if os.environ.get("CI"):
            pytest.fail(f"no {PYTHON}: .ci/datasette-next makes it")
        pytest.skip("no environment with Datasette 1.0: .ci/datasette-next makes one")
    ran = subprocess.run(
        [str(PYTHON), "-m", "pytest", "-q", "-p", "no:cacheprovider",
         *(str(Path("tests/monitor/desk") / name) for name in TESTS)],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=880,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout[-4000:] + ran.stderr[-1000:]
