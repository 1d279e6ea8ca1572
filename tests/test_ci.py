"""How the tests are run: what fails once is run once more, what fails twice fails."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / ".ci" / "pytest"
UNSTEADY = """
from pathlib import Path
def test_unsteady():
    been = Path("been")
    seen = been.exists()
    been.touch()
    assert seen
"""
FAILING = "def test_failing():\n    assert False\n"
FINE = "def test_fine():\n    pass\n"
BROKEN = "import no_such_module\n"


@pytest.mark.parametrize(
    ("tests", "arguments", "status", "again"),
    [
        ((FINE,), [], 0, False),
        ((FINE, UNSTEADY), [], 0, True),
        ((FINE, UNSTEADY, FAILING), [], 1, True),
        ((FINE, BROKEN), [], 2, False),
        ((FINE, FAILING), ["--no-such-option"], 4, False),
        ((), [], 5, False),
    ],
)
def test_what_fails_is_run_once_more(
    tests: tuple[str, ...], arguments: list[str], status: int, again: bool, tmp_path: Path
) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    for number, text in enumerate(tests):
        (tmp_path / f"test_{number}.py").write_text(text)
    done = subprocess.run(
        [SCRIPT, sys.executable, "-n", "0", *arguments],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == status, done.stdout + done.stderr
    assert ("Once more" in done.stdout) is again
    # Named when it is run again, so that one sees which it was.
    assert ("test_unsteady PASSED" in done.stdout) is (UNSTEADY in tests)
    assert "test_fine PASSED" not in done.stdout
