"""The docs say what the code does: commands, tables, columns, links."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from monitor.cli.main import COMMANDS, program
from monitor.store.describe import TABLES
from monitor.store.describe_views import REVIEWS, VIEWS

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def commands() -> list[tuple[str, click.Command]]:
    found = []
    for name in COMMANDS:
        command = program.get_command(click.Context(program), name)
        assert command
        found.append((name, command))
        if isinstance(command, click.Group):
            found += [(f"{name} {sub}", c) for sub, c in command.commands.items()]
    return found


EVERY = {**TABLES, **VIEWS, **REVIEWS}


@pytest.mark.parametrize("name", EVERY)
def test_tables_are_documented(name: str) -> None:
    page = text("docs/tables.md")
    section = page.split(f"\n## {name}\n")[1].split("\n## ")[0]
    assert EVERY[name].what in section
    rows = re.findall(r"^\| `(\w+)` \| (.+) \|$", section, re.MULTILINE)
    assert dict(rows) == EVERY[name].columns


def test_no_table_is_documented_that_is_not_there() -> None:
    assert re.findall(r"^## (\w+)$", text("docs/tables.md"), re.MULTILINE) == list(EVERY)


@pytest.mark.parametrize(
    ("name", "command"), commands(), ids=lambda v: v if isinstance(v, str) else ""
)
def test_commands_are_documented(name: str, command: click.Command) -> None:
    assert command.help
    assert f"wirewatch {name}" in text("docs/commands.md")
    for option in command.params:
        if isinstance(option, click.Option):
            assert option.help or option.name in ("port", "limit"), f"{name}: {option.name}"


@pytest.mark.parametrize("name", COMMANDS)
def test_short_helps_are_those_of_the_commands(name: str) -> None:
    command = dict(commands())[name]
    assert command.get_short_help_str(limit=200) == COMMANDS[name][1]


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
        if not link.startswith("http"):
            assert (page.parent / link).exists(), f"{page.name}: {link}"
