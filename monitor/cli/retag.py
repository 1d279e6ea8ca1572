"""`wirewatch retag`: the stored items under today's watchlists."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.shared import config_option, json_option, print_json, read_config
from monitor.cli.waiting import waiting

if TYPE_CHECKING:
    from monitor.compare import Tally
    from monitor.config import Config
    from monitor.places import Place
    from monitor.retagging import Retag
    from monitor.store import Store


@click.command(short_help="Tag the stored items under today's watchlists.")
@click.option("--yes", is_flag=True, help="Apply the difference without asking.")
@config_option
@json_option
def retag(config_path: Path | None, *, yes: bool, as_json: bool) -> None:
    """Tag everything stored anew, show what changes, and store that once you agree.

    For after a change of a watchlist. Nobody is alerted. The daemon must be stopped meanwhile;
    `wirewatch watchlist diff stored LIST` shows the same difference without that. Interrupted, it
    goes on where it was the next time.

    \b
    wirewatch retag
    wirewatch retag --yes
    """  # noqa: D301 - click's \b
    if not yes and not sys.stdin.isatty():
        raise click.UsageError(
            "there is no terminal to ask on: `--yes` applies the difference without asking, "
            "`wirewatch watchlist diff stored LIST` only shows it"
        )
    config = read_config(config_path, complete=False)
    with _opened(config) as work:
        tally = _work_out(work)
        if not as_json:
            _show(tally)
        applied = not tally.changed or yes or _agreed(tally)
        if applied:
            _apply(work, tally)
        else:
            work.discard()
    if as_json:
        _print_json(tally, applied=applied)
    else:
        click.echo("Applied." if applied else "Nothing was changed.")


@contextmanager
def _opened(config: Config) -> Iterator[Retag]:
    from monitor.compose import build_desk
    from monitor.retagging import Retag
    from monitor.watching import read_watchlists

    watchlists = read_watchlists(config.watchlists)
    desk = build_desk(config, watchlists)
    with _store(config.place) as store, Retag(store, watchlists, desk) as work:
        yield work


def _store(place: Place) -> Store:
    """The database, ours to write; it must be there already."""
    from monitor.errors import BusyError, StoreError
    from monitor.store import Store
    from monitor.store.reads import Reader

    Reader(place).db.close()
    try:
        return Store(place)
    except BusyError as error:
        raise StoreError(
            f"{place}: in use by process {error.owner}, most likely `wirewatch run`. Stop it, "
            "run `wirewatch retag`, and start it again: it goes on where it was. `wirewatch "
            "watchlist diff stored LIST` shows the difference while it runs."
        ) from error


def _work_out(work: Retag) -> Tally:
    if work.resumed:
        click.echo("going on where an earlier run stopped", err=True)
    with waiting("tagging", work.items) as step:
        work.compute(step)
    with waiting("comparing", work.changed) as step:
        return work.difference(step)


def _apply(work: Retag, tally: Tally) -> None:
    from monitor.wall import wall_clock

    with waiting("storing", tally.changed) as step:
        work.apply(wall_clock(), step)


def _agreed(tally: Tally) -> bool:
    words = f"Store the new mentions of {tally.changed} items? Nobody is alerted."
    return click.confirm(words, err=True)


def _show(tally: Tally) -> None:
    from monitor.cli.difference import show

    show(tally)


def _print_json(tally: Tally, *, applied: bool) -> None:
    from monitor.cli.difference import as_json

    print_json({"applied": applied, **as_json(tally)})
