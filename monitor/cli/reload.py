"""`wirewatch reload`: new settings for the running daemon."""

from __future__ import annotations

from pathlib import Path

import click

from monitor.cli.shared import config_option, json_option, print_json, read_config


@click.command(short_help="Have the daemon read its settings and lists again.")
@config_option
@json_option
def reload(config_path: Path | None, *, as_json: bool) -> None:
    """Have the running daemon use settings, feed lists and watchlists as they are now.

    If anything in them is wrong, it is said here, and the daemon goes on with the old ones.

    \b
    wirewatch reload
    """  # noqa: D301 - click's \b
    from monitor.control import ask
    from monitor.errors import ControlError

    config = read_config(config_path, complete=False)
    done = ask(config.database, "reload")
    if done is None:
        raise ControlError(f"{config.database}: no daemon runs; `wirewatch run` starts one")
    if as_json:
        print_json(done)
    else:
        click.echo(f"The daemon (process {done['pid']}) goes on with {done['feeds']} feeds.")
