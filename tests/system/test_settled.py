"""What stands when the work begins is not looked through for garbage, whichever program works."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.support.fleet import fleet
from tests.support.postgres import server
from tests.support.press import Press
from tests.support.program import ROOT, Program, until

# Python runs this at its start, as it stands on its path. The program has some 74,000 objects.
AT_THE_END = """
import atexit, gc, os, pathlib
note = pathlib.Path(__file__).with_name(str(os.getpid()))
atexit.register(lambda: note.write_text(str(gc.get_freeze_count())))
"""
MANY = 10_000


@pytest.fixture
def noting(tmp_path: Path) -> Path:
    """A folder of notes by process: how much was passed by at its end."""
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(AT_THE_END)
    return folder


def path(noting: Path) -> dict[str, str]:
    return {"PYTHONPATH": f"{noting}:{ROOT}"}


def passed_by(noting: Path, process: int) -> int:
    return int((noting / str(process)).read_text())


@pytest.mark.parametrize("command", ["poll", "run"])
def test_poll_and_the_daemon(tmp_path: Path, noting: Path, command: str) -> None:
    program = Program(tmp_path, path(noting))
    with Press(1) as press:
        program.write(press.feeds)
        with program.start(command) as process:
            if command == "run":
                until(lambda: program.count_or_none("polls"), what="a poll")
                process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0
    assert passed_by(noting, process.pid) > MANY


def test_a_worker(tmp_path: Path, noting: Path) -> None:
    with server() as running, fleet(running, tmp_path) as one:
        one.program.environment |= path(noting)
        worker = one.start()
        one.first_round()
        assert one.end() == [0]
    assert passed_by(noting, worker.pid) > MANY


def test_another_command_looks_through_all_there_is(tmp_path: Path, noting: Path) -> None:
    """The twin: a program that does not say so."""
    with Program(tmp_path, path(noting)).start("--version") as process:
        assert process.wait(20) == 0
    assert passed_by(noting, process.pid) < MANY
