"""What the commands share: options, and printing for people or for programs."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import click

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

    from monitor.config import Config
    from monitor.desk import Tag

WIDEST = 500  # characters in a cell; a title of 10 MB is no table

# C1, format characters that hide or turn text round, separators of lines, surrogates.
_ACTIVE = re.compile(
    "[\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
)

Command = TypeVar("Command", bound=Callable[..., Any])


def config_option(command: Command) -> Command:
    """`--config FILE`, which every command takes."""
    return click.option(
        "--config",
        "config_path",
        type=click.Path(path_type=Path, dir_okay=False),
        help="Settings file. [default: wirewatch.toml, else the one in your configuration folder]",
    )(command)


def json_option(command: Command) -> Command:
    """`--json`: one JSON value on standard output and nothing else there."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")(command)


def read_config(
    path: Path | None, *, complete: bool = True, desk: bool = False, fetching: bool = False
) -> Config:
    """The settings, or an error that names file and key.

    `complete=False` for commands that neither poll nor send: they need no feed and no secret.
    `desk=True` for the one that needs the desk's secrets, `fetching=True` for those that need what
    single sites are asked with.
    """
    from monitor.config import load

    return load(path, complete=complete, desk=desk, fetching=fetching)


def desk_file(config: Config) -> Path:
    """The SQLite file that the desk and reports read. Raises StoreError if there is none yet."""
    from monitor.errors import StoreError

    if config.server and not config.database.exists():
        raise StoreError(
            f"{config.database}: no copy of {config.server} yet; `wirewatch publish` makes it and "
            "keeps it up to date"
        )
    return config.database


def tagger_of(names: Sequence[str], config_path: Path | None) -> Tag:
    """The tagger of the named watchlists, else those of the settings, else the bundled one."""
    from monitor.watching import read_watchlists, tag_with

    return tag_with(read_watchlists(watchlist_names(names, config_path)))


def watchlist_names(names: Sequence[str], config_path: Path | None) -> Sequence[str | Path]:
    """Which watchlists are meant. Tagging a text needs no settings file."""
    from monitor.config import DEFAULT_WATCHLISTS, bundled_watchlists, find

    if names:
        return [name if name in bundled_watchlists() else Path(name) for name in names]
    if config_path or find():
        return read_config(config_path, complete=False).watchlists
    return DEFAULT_WATCHLISTS


def print_json(value: object) -> None:
    """One JSON value on standard output, in UTF-8 (RFC 8259) whatever the terminal's encoding."""
    sys.stdout.buffer.write(inert_json(value, indent=2).encode() + b"\n")


def inert_json(value: object, *, indent: int | None = None) -> str:
    """JSON in readable letters; what could command a terminal, or is no letter, escaped.

    json escapes the controls of ASCII only: not C1 (U+009B begins a command too), not bidirectional
    overrides, not lone surrogates. They stand within strings, where an escape is the same value.
    """
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    return _ACTIVE.sub(lambda found: json.dumps(found[0])[1:-1], text)


def console(*, stderr: bool = False) -> Console:
    """A terminal that prints no markup, no emoji codes and nothing it was not asked to colour.

    A pipe or a file is as wide as its lines: `wirewatch feeds list | grep` must find whole URLs.
    """
    from rich.console import Console

    class Terminal(Console):
        def on_broken_pipe(self) -> None:
            """Leave it to `main`: rich would end the program with status 1."""
            raise  # noqa: PLE0704 - rich calls this where it has caught the error

    out = Terminal(stderr=stderr, markup=False, emoji=False, highlight=False, soft_wrap=False)
    if not out.is_terminal:
        out.width = 20 * WIDEST
    return out


def progress() -> Progress:
    """A progress bar on standard error; silent where that is no terminal."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    out = console(stderr=True)
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        console=out,
        transient=True,
        disable=not out.is_terminal,
    )


def table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table; a heading that begins with # is a number's, a row of one cell is a heading.

    Text from feeds is made safe for a terminal on its way.
    """
    from rich import box
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in headings:
        justify: Literal["left", "right"] = "right" if heading.startswith("#") else "left"
        drawn.add_column(heading.lstrip("#"), justify=justify, overflow="fold")
    for row in rows:
        style = "bold" if len(row) == 1 else ""
        drawn.add_row(*(Text(safe(str(cell)), style=style) for cell in row))
    console().print(drawn)


def safe(text: str) -> str:
    """Without control, escape, bidirectional and zero-width characters: fit for a terminal."""
    from alerts.text import one_line

    return one_line(text, WIDEST)
