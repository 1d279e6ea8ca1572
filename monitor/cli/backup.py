"""`wirewatch backup`: a copy of everything, while the daemon runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from monitor.cli.packing import target
from monitor.cli.shared import config_option, json_option, print_json, read_config
from monitor.cli.waiting import waiting

if TYPE_CHECKING:
    from monitor.config import Config


@click.command(short_help="Copy everything, while the daemon runs.")
@click.argument("folder", type=click.Path(path_type=Path))
@config_option
@json_option
@click.pass_context
def backup(ctx: click.Context, folder: Path, config_path: Path | None, *, as_json: bool) -> None:
    """Copy database, decisions, evidence and settings into FOLDER, which must not be there yet (or
    FILE.zip). The copies are checked; `wirewatch verify` checks them again, and docs/operations.md
    says how to go back to them. Only reads; made for use while the daemon runs.

    \b
    wirewatch backup /backups/wirewatch-$(date +%F)
    wirewatch backup monday.zip --json
    wirewatch verify /backups/wirewatch-2026-11-21
    """  # noqa: D205, D301 - click's \b; one sentence
    about = _backup(read_config(config_path, complete=False), folder)
    if as_json:
        print_json({"backup": str(folder), **about})
    else:
        _print(about, folder)
    ctx.exit(1 if about["evidence_missing"] else 0)


def _backup(config: Config, output: Path) -> dict[str, Any]:
    from monitor.backup import write
    from monitor.errors import StoreError
    from monitor.wall import wall_clock

    if config.server:
        raise StoreError(
            f"{config.server}: `wirewatch backup` copies a SQLite file, and this database is on a "
            "server. Copy it with PostgreSQL's pg_dump, and then the folder of the evidence"
        )
    with target(output) as folder, waiting("copying", None) as step:
        return write(config, folder, wall_clock(), step)


def _print(about: dict[str, Any], folder: Path) -> None:
    counts = about["counts"]
    click.echo(
        f"{folder}: {counts['items']} items, {counts['stories']} stories, {counts['evidence']} "
        "archived documents; the copy of the database is whole."
    )
    for name in about["evidence_missing"]:
        click.echo(
            f"{name}: not there, though rows refer to it: its evidence is not in the backup."
        )
