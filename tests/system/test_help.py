"""What the program says about itself, and what that costs."""

from __future__ import annotations

import importlib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click
import pytest

from monitor.cli.main import COMMANDS
from tests.support.program import Program


def command_of(name: str) -> click.Command:
    module, attribute = COMMANDS[name][0].split(":")
    found = getattr(importlib.import_module(f"monitor.cli.{module}"), attribute)
    assert isinstance(found, click.Command)
    return found


def all_commands() -> list[tuple[str, ...]]:
    """Every command and every command of a group."""
    found: list[tuple[str, ...]] = []
    for name in COMMANDS:
        command = command_of(name)
        found.append((name,))
        if isinstance(command, click.Group):
            found += [(name, sub) for sub in command.commands]
    return found


@pytest.fixture(scope="module")
def helps(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, ...], str]:
    """What each says about itself. Two processes at a time: starting them is most of this module."""
    program = Program(tmp_path_factory.mktemp("help"))
    with ThreadPoolExecutor(2) as two:
        texts = two.map(lambda words: program.run(*words, "--help").out, all_commands())
        return dict(zip(all_commands(), texts, strict=True))


@pytest.mark.parametrize("words", all_commands(), ids=" ".join)
def test_help_has_an_example(helps: dict[tuple[str, ...], str], words: tuple[str, ...]) -> None:
    text = helps[words]
    examples = [line for line in text.splitlines() if f"wirewatch {' '.join(words)}" in line]
    assert any(not line.startswith("Usage:") for line in examples), text


@pytest.mark.parametrize("name", COMMANDS)
def test_short_help_is_that_of_the_table(name: str) -> None:
    assert command_of(name).short_help == COMMANDS[name][1]


def test_the_list_of_commands(program: Program) -> None:
    out = program.run("--help").out
    for name, (_, words) in COMMANDS.items():
        assert name in out
        assert words in out
    assert program.run("--version").out.startswith("wirewatch ")


def loaded_by(code: str, *names: str) -> str:
    """Which of these modules the code imports."""
    probe = f"{code}\nprint(*[m for m in {names} if m in sys.modules], file=sys.stderr)"
    return subprocess.run(
        [sys.executable, "-c", f"import sys\n{probe}"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    ).stderr.strip()


def test_what_a_start_does_not_need_is_not_loaded() -> None:
    parsers = ("feedparser", "lxml", "trafilatura")
    others = ("rich", "pygments", "aiosmtplib", "apprise", "datasette")
    assert not loaded_by("import monitor.compose", *parsers, *others)
    assert not loaded_by("import monitor.start", "click", "monitor.cli")


def test_help_and_completion_import_nothing_heavy(program: Program) -> None:
    heavy = ("sqlite_utils", "datasette", "httpx", "rich", "feedparser", "apscheduler")
    code = (
        "sys.argv = ['wirewatch', '--help']\n"
        "from monitor.start import main\n"
        "try: main()\n"
        "except SystemExit: pass"
    )
    assert not loaded_by(code, *heavy)
    program.environment |= {
        "_WIREWATCH_COMPLETE": "bash_complete",
        "COMP_WORDS": "wirewatch wa",
        "COMP_CWORD": "1",
    }
    assert program.run().out == "plain,watchlist\n"
