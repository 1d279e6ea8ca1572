"""`wirewatch publish`: what a server holds, in a file for the desk."""

from __future__ import annotations

import signal
import threading
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.shared import config_option, json_option, print_json, progress, read_config
from monitor.cli.waiting import read_span

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from monitor.publishing import Publisher, Step


@click.command(short_help="Keep a file for the desk up to date, from PostgreSQL.")
@click.option(
    "--to",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file [wirewatch.db beside the settings].",
)
@click.option(
    "--since",
    callback=read_span,
    metavar="SPAN",
    default="90d",
    show_default=True,
    help='Stories last seen in this time, e.g. "90d", "6w".',
)
@click.option(
    "--every",
    type=click.IntRange(min=1),
    default=60,
    show_default=True,
    help="Seconds from the end of one round to the next.",
)
@click.option("--once", is_flag=True, help="One round, and end.")
@click.option("--desk", metavar="NAME", help="Under which its decisions are known [this machine].")
@config_option
@json_option
def publish(
    to: Path | None,
    since: timedelta,
    every: int,
    desk: str | None,
    config_path: Path | None,
    *,
    once: bool,
    as_json: bool,
) -> None:
    """Write the newest days of a database on PostgreSQL into a SQLite file, and keep it up to date,
    for `wirewatch serve`, reports and Datasette. What reviewers decide beside that file goes back
    to the server, where it keeps their stories.

    A first copy goes on where it was broken off; after it only what changed is copied. Any number
    of desks may have a copy each. SIGTERM or Ctrl-C ends it between two steps.

    \b
    wirewatch publish
    wirewatch publish --to /srv/desk/wirewatch.db --since 30d --every 60
    wirewatch publish --once --json
    """  # noqa: D205, D301 - click's \b; a long sentence
    from monitor.errors import StoreError
    from monitor.logs import escaped
    from monitor.publishing import Publisher

    config = read_config(config_path, complete=False)
    if config.server is None:
        raise StoreError(
            f"{config.database} is a file already: the desk opens it as it is. `wirewatch publish` "
            "is for databases on PostgreSQL"
        )
    path = to or config.database
    ending = _until_told()
    with Publisher(config.server, path, days=max(1, since.days), desk=desk or "") as publisher:
        while not ending.is_set():
            try:
                _round(publisher, path, ending, as_json=as_json)
            except StoreError as error:
                if once:
                    raise
                click.echo(escaped(f"{error}; tried again in {every} s"), err=True)
            if once or ending.wait(every):
                return


def _until_told() -> threading.Event:
    """Set by SIGTERM and Ctrl-C: a step is not broken off."""
    ending = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ending.set())
    return ending


def _round(publisher: Publisher, path: Path, ending: threading.Event, *, as_json: bool) -> None:
    with progress() as bar:
        task = bar.add_task("copying", total=None)
        last, rows = None, 0
        for last in publisher.round():
            rows += last.rows
            _tell(bar, task, last)
            if ending.is_set():
                break
    if as_json:
        print_json({"file": str(path), "rows": rows, "whole_to": last.at if last else ""})
    elif last and last.at:
        click.echo(f"{path}: {rows:,} rows; whole up to {last.at}.")


def _tell(bar: Progress, task: TaskID, step: Step) -> None:
    bar.update(task, advance=step.rows, description=f"copying {step.table}".strip())
