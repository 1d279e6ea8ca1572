"""`wirewatch run`: the daemon."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from monitor.cli.shared import config_option, read_config


@click.command(short_help="Watch the feeds: the daemon.")
@config_option
def run(config_path: Path | None) -> None:
    """Watch the feeds until stopped: poll, tag, store and alert.

    SIGTERM or Ctrl-C ends it within ten seconds with nothing half-written; SIGHUP reads settings,
    feed lists and watchlists again, and keeps the old ones if anything in them is wrong.

    \b
    wirewatch run
    wirewatch run --config /etc/wirewatch/wirewatch.toml
    """  # noqa: D301 - click's \b
    from monitor.config import service_manager
    from monitor.daemon import watch
    from monitor.logs import set_up
    from monitor.notify import ServiceManager

    config = read_config(config_path)
    set_up(config.log.level, config.log.format)
    asyncio.run(watch(config, manager=ServiceManager(*service_manager())))
