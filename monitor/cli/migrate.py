"""`wirewatch migrate`: the database into another one."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.shared import config_option, json_option, print_json, read_config
from monitor.cli.waiting import waiting

if TYPE_CHECKING:
    from monitor.config import Config
    from monitor.places import Place
    from monitor.store.transfer import Moved


@click.command(short_help="Copy the database onto a server, or into a file.")
@click.option(
    "--to", "target", required=True, metavar="DATABASE",
    help='Where to: "env:NAME" or "file:PATH" with the URL of a PostgreSQL database, the URL '
    "itself where it has no password, or the path of a new SQLite file.",
)  # fmt: skip
@config_option
@json_option
def migrate(target: str, config_path: Path | None, *, as_json: bool) -> None:
    """Copy everything that is stored into an empty database, and compare it row by row.

    The daemon must be stopped meanwhile. The database that the settings name stays as it is;
    afterwards, write the new one into them. Interrupted, nothing is kept, and it can be begun
    again. Evidence and decisions are files beside the settings, and stay where they are.

    \b
    wirewatch migrate --to env:WIREWATCH_DATABASE
    wirewatch migrate --to desk.db
    """  # noqa: D301 - click's \b
    from monitor.config import place_named

    config = read_config(config_path, complete=False)
    place = place_named(target, beside=config.database)
    moved = _moved(config, place)
    if as_json:
        print_json({"to": str(place), "tables": [asdict(one) for one in moved]})
        return
    for one in moved:
        click.echo(f"{one.table}: {one.rows} rows, sha256 {one.sha256}")
    click.echo(f'All of it is in {place}, row by row. In the settings: database = "{target}"')


def _moved(config: Config, place: Place) -> list[Moved]:
    from monitor.store import Store
    from monitor.store.reads import Reader
    from monitor.store.transfer import copy, count

    Reader(config.place).db.close()  # it must be there already
    with (
        Store(config.place) as source,
        Store(place) as target,
        waiting("copying", 2 * count(source)) as step,
    ):
        return copy(source, target, step)
