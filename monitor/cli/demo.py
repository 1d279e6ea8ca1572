"""`wirewatch demo`: the whole job on bundled feeds, with no network and no settings."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.shared import console, json_option, print_json, progress, safe, table

if TYPE_CHECKING:
    from monitor.demo.findings import Findings


@click.command(short_help="See the whole job done, with no network and no settings.")
@click.option("--serve", is_flag=True, help="Open the result at the desk afterwards.")
@click.option("--port", default=8001, show_default=True, type=click.IntRange(0, 65535))
@click.option(
    "--keep",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Keep the database here. [default: a temporary one]",
)
@json_option
def demo(*, serve: bool, port: int, keep: Path | None, as_json: bool) -> None:
    """Serve eight bundled feeds of invented news on loopback, poll them twice, show what was found.

    Everything in them is invented and stands on example domains. Between the two polls an article
    is edited, one disappears and new ones come.

    \b
    wirewatch demo
    wirewatch demo --serve
    """  # noqa: D301 - click's \b
    from monitor.demo.findings import run

    with _database(keep) as path:
        with progress() as bar:
            task = bar.add_task("polling the demo feeds", total=None)
            found = asyncio.run(run(path, on_poll=lambda: bar.advance(task)))
        if as_json:
            print_json(found.as_json())
        else:
            _print(found)
        if serve:
            from monitor.review.server import serve as serve_database

            serve_database(path, host="127.0.0.1", port=port)


@contextlib.contextmanager
def _database(keep: Path | None) -> Iterator[Path]:
    from monitor.errors import ConfigError

    if keep:
        if keep.exists():
            raise ConfigError([f"{keep}: is there already; the demo starts with an empty database"])
        yield keep
        return
    with tempfile.TemporaryDirectory(prefix="wirewatch-demo-") as folder:
        yield Path(folder) / "wirewatch.db"


def _print(found: Findings) -> None:
    _heading("Wirewatch demo: invented news, served and polled on this machine only")
    for number, one in enumerate(found.rounds, start=1):
        click.echo(
            f"poll {number}: {one.feeds} feeds, {one.seen} entries: {one.new} new, "
            f"{one.changed} edited, {one.gone} gone"
        )
    _heading("What was named")
    table(("by sector", "where", "#stories", "#items", "in"), _by_sector(found))
    click.echo(
        f"{len(found.named)} entities in {found.stories} stories ({found.items} items), "
        f"in {', '.join(found.languages)}."
    )
    _print_changes(found)
    _print_traps(found)
    _heading("Next")
    click.echo(
        "wirewatch demo --serve     browse this in Datasette\n"
        "wirewatch init             write wirewatch.toml and a list of real feeds\n"
        "wirewatch poll             poll them once\n"
        "wirewatch run              keep watching, with alerts"
    )


def _by_sector(found: Findings) -> Iterator[tuple[object, ...]]:
    """A row for each sector, then its entities."""
    sector = ""
    for one in found.named:
        if one.sector != sector:
            sector = one.sector
            yield (sector.replace("-", " "),)
        yield (f"· {one.name}", one.where.partition(" (")[0], one.stories, one.items, one.languages)


def _print_changes(found: Findings) -> None:
    _heading("What the second poll brought")
    rows = [
        *(("new", item.source, item.title, item.note) for item in found.new),
        *(("edited", item.source, item.title, item.note) for item in found.edited),
        *(("vanished", item.source, item.title, item.note) for item in found.vanished),
        *(("copy", item.source, item.title, item.note) for item in found.copies),
    ]
    table(("", "source", "title", "what it means"), rows)
    click.echo(f"{found.alerts} alerts would have gone out: one a story, none for the first poll.")


def _print_traps(found: Findings) -> None:
    _heading(f"Look-alikes it did not fall for ({len(found.avoided)} of {len(found.traps)})")
    table(("title", "look-alike"), ((trap.title, trap.note) for trap in found.avoided))
    for trap in found.fallen:
        click.echo(f"fell for: {safe(trap.title)} ({safe(trap.note)})")


def _heading(words: str) -> None:
    from rich.text import Text

    console().print(Text(f"\n{words}", style="bold"))
