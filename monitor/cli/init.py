"""`wirewatch init`: the first files."""

from __future__ import annotations

from pathlib import Path

import click

from monitor.cli.feed_catalogue import choice_options
from monitor.cli.shared import json_option, print_json


@click.command(short_help="Write a commented wirewatch.toml and a first feed list.")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=".")
@click.option("--force", is_flag=True, help="Replace files that are there already.")
@click.option("--all-feeds", is_flag=True, help="All feeds of the catalogue, not the first choice.")
@click.option(
    "--pages", is_flag=True, help="Also KCNA, Rodong Sinmun and Naenara: no feeds, and untried."
)
@choice_options
@json_option
def init(
    folder: Path,
    languages: tuple[str, ...],
    kinds: tuple[str, ...],
    *,
    force: bool,
    all_feeds: bool,
    pages: bool,
    as_json: bool,
) -> None:
    """Write wirewatch.toml and feeds.toml into FOLDER (default: here), ready to use.

    The feeds are a first choice from the catalogue that comes with the program, or all of it;
    `wirewatch feeds catalogue` shows it. DPRK state media have no feeds: with --pages their own web
    pages are read, by adapters that nobody has tried.

    \b
    wirewatch init
    wirewatch init ~/desk
    wirewatch init --languages en,ko --kinds wire,analysis --all-feeds
    """  # noqa: D301 - click's \b
    from monitor.config import init_files
    from monitor.sources import catalogue, choose

    chosen = choose(
        catalogue(), languages=languages, kinds=kinds, everything=all_feeds, pages=pages
    )
    written = init_files(folder, force=force, chosen=chosen)
    if as_json:
        print_json({"written": [str(path) for path in written], "feeds": len(chosen)})
        return
    for path in written:
        click.echo(f"wrote {path}")
    click.echo(f"{len(chosen)} feeds; `wirewatch feeds catalogue` shows what else there is.")
    click.echo("Next: put an address of yours into `contact`, then `wirewatch poll`.")
