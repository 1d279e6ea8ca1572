"""`wirewatch init`: the first files."""

from __future__ import annotations

from pathlib import Path

import click

from monitor.cli.shared import json_option, print_json


@click.command(short_help="Write a commented wirewatch.toml and a first feed list.")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=".")
@click.option("--force", is_flag=True, help="Replace files that are there already.")
@json_option
def init(folder: Path, *, force: bool, as_json: bool) -> None:
    """Write wirewatch.toml and feeds.toml into FOLDER (default: here), ready to use.

    \b
    wirewatch init
    wirewatch init ~/desk
    """  # noqa: D301 - click's \b
    from monitor.config import init_files

    written = init_files(folder, force=force)
    if as_json:
        print_json({"written": [str(path) for path in written]})
        return
    for path in written:
        click.echo(f"wrote {path}")
    click.echo("Next: put an address of yours into `contact`, then `wirewatch poll`.")
