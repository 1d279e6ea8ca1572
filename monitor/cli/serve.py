"""`wirewatch serve`: the database in Datasette."""

from __future__ import annotations

from pathlib import Path

import click

from monitor.cli.shared import config_option, read_config


@click.command(short_help="Browse the database in Datasette.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8001, show_default=True, type=click.IntRange(0, 65535))
@config_option
def serve(host: str, port: int, config_path: Path | None) -> None:
    """Browse what was found, in Datasette: tables, facets, search by SQL, exports.

    The database is opened read-only; the daemon may run or not.

    \b
    wirewatch serve
    wirewatch serve --port 9000
    """  # noqa: D301 - click's \b
    from monitor.review.server import serve as serve_database

    config = read_config(config_path, complete=False)
    serve_database(config.database, host=host, port=port)
