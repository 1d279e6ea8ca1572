"""`wirewatch worker`: one of several processes on a PostgreSQL database."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from monitor.cli.shared import config_option, read_config


@click.command(short_help="Be one of several daemons on one PostgreSQL database.")
@config_option
@click.pass_context
def worker(context: click.Context, config_path: Path | None) -> None:
    """Watch the feeds together with any number of other workers, on this machine and on others.

    For a database on PostgreSQL (pip install 'wirewatch[cluster]'); on a file, `wirewatch run` is
    the daemon. Start as many as there are cores, each with the same settings, lists and watchlists:
    they share the feeds among themselves, no host is asked by two at once, and when one is lost the
    others take over what it had begun, within two minutes.

    SIGTERM or Ctrl-C ends it within ten seconds, and leaves to the others what is not done; so does
    SIGHUP, for a service manager that starts it again with new settings. It ends by itself, with
    status 1, when another worker has brought another watchlist, or its clock is wrong.

    \b
    wirewatch worker
    wirewatch worker --config /etc/wirewatch/wirewatch.toml
    """  # noqa: D301 - click's \b
    from monitor.config import service_manager
    from monitor.errors import ConfigError
    from monitor.logs import set_up
    from monitor.notify import ServiceManager

    config = read_config(config_path)
    set_up(config.log.level, config.log.format)
    try:
        from monitor.cluster.worker import work
    except ModuleNotFoundError as error:
        words = f"{error.name} is not installed: pip install 'wirewatch[cluster]'"
        raise ConfigError([words]) from None
    going = asyncio.run(work(config, manager=ServiceManager(*service_manager())))
    context.exit(0 if going else 1)
