"""`wirewatch serve`: the desk."""

from __future__ import annotations

from pathlib import Path

import click

from monitor.cli.shared import config_option, desk_file, read_config


@click.command(short_help="Open the desk: read, judge and browse what was found.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8001, show_default=True, type=click.IntRange(0, 65535))
@click.option("--hash-password", is_flag=True, help="Ask for a password, print its hash, and end.")
@config_option
def serve(host: str, port: int, hash_password: bool, config_path: Path | None) -> None:
    """Serve the desk, where stories are read and judged, and behind it every table in Datasette.

    The evidence is opened read-only; the daemon may run or not. Decisions are kept in reviews.db
    beside it. On this computer no login is needed; any other address needs one, set under [desk].

    \b
    wirewatch serve
    wirewatch serve --port 9000
    wirewatch serve --hash-password
    """  # noqa: D301 - click's \b
    if hash_password:
        from monitor.review.passwords import hashed

        click.echo(hashed(click.prompt("Password", hide_input=True, confirmation_prompt=True)))
        return
    from monitor.review.server import serve as serve_database

    config = read_config(config_path, complete=False, desk=True)
    database = desk_file(config)
    serve_database(database, host=host, port=port, config=config.desk, watchlists=config.watchlists)
