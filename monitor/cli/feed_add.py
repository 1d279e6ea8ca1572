"""What `wirewatch feeds add` does besides writing a line: it looks, and it tells the daemon."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from monitor.cli.feed_doctor import as_data, instead, look_at, numbered, summary
from monitor.cli.shared import print_json, safe

if TYPE_CHECKING:
    from pathlib import Path

    from feeds.checkup import CheckUp
    from feeds.types import Feed
    from monitor.config import Config


def looked_at(config: Config, feed: Feed, *, as_json: bool) -> tuple[Feed, CheckUp | None]:
    """The feed as it is to be added, and what was found; of a web page, the feed it names.

    What the caller set stays, the rest is as the doctor advises. Offline the feed is added unseen,
    with a warning. Raises ConfigError where there is no feed, and click.UsageError where there are
    several and nobody to ask.
    """
    from feeds.manners import passing
    from monitor.errors import ConfigError

    found = look_at(config, feed)
    if found.choices:
        feed = replace(feed, url=_chosen(found, as_json=as_json))
        refuse_known(config, feed)
        found = look_at(config, feed)
    if found.diagnosis:
        advised = found.diagnosis.feed
        return replace(advised, interval=feed.interval or advised.interval), found
    if found.error and not passing(found.error):
        raise ConfigError([safe(f"{feed.url}: not added: {refusal(found)}")])
    click.echo(f"It could not be looked at ({summary(found)}); it is added unseen.", err=True)
    feed = unseen(feed)
    if feed.page:
        click.echo(f'It is read by the bundled adapter "{feed.page.adapter}".', err=True)
    return feed, None


def refusal(found: CheckUp) -> str:
    """Why there is nothing to add, and what else there is."""
    if found.proposal is None:
        return f"{summary(found)}; `--no-check` adds it all the same"
    how = "`wirewatch feeds doctor` with this address shows what to put into the list"
    return f"{summary(found)}. {instead(found.proposal)}: {how}"


def unseen(feed: Feed) -> Feed:
    """A feed that could not be looked at: of a site that is known to have none, its page."""
    from feeds.site_adapters import adapter_for

    adapter = adapter_for(feed.url)
    return replace(feed, page=adapter.rules) if adapter else feed


def refuse_known(config: Config, feed: Feed) -> None:
    """Raise ConfigError for a feed that is watched."""
    from feeds.feed_keys import feed_identity
    from monitor.errors import ConfigError

    if feed_identity(feed.url) in {feed_identity(known.url) for known in config.feeds}:
        raise ConfigError(
            [f"{safe(feed.url)}: is watched already; `wirewatch feeds list` shows it"]
        )


def _chosen(found: CheckUp, *, as_json: bool) -> str:
    """The one that is meant of several feeds."""
    lines = numbered(found.choices)
    if as_json:
        print_json(as_data(found))
    else:
        click.echo("The page names several feeds:", err=True)
        click.echo("\n".join(lines), err=True)
    if as_json or not sys.stdin.isatty():
        raise click.UsageError("add one of them by its own address")
    number = click.prompt("Which one", type=click.IntRange(1, len(lines)), err=True)
    return found.choices[number - 1].url


def tell_daemon(config: Config) -> dict[str, Any] | None:
    """Have a running daemon read the lists again; None if none runs, or it could not be told."""
    from monitor.control import ask
    from monitor.errors import ControlError

    try:
        told = ask(config.database, "reload")
    except ControlError as error:
        click.echo(f"The list is changed, but: {safe(str(error))}", err=True)
        return None
    return dict(told) if told else None


def say_added(
    path: Path, feed: Feed, found: CheckUp | None, told: dict[str, Any] | None, *, as_json: bool
) -> None:
    """What was added, what the doctor found, and what the daemon makes of it."""
    if as_json:
        data = as_data(found) if found else None
        print_json({"list": str(path), "feeds": [feed.url], "found": data, "daemon": told})
        return
    click.echo(f"added to {path}: {safe(feed.name or feed.url)}")
    if found:
        click.echo(summary(found))
        if feed.timezone:
            click.echo(
                f"timezone: {safe(feed.timezone)} is a guess; correct it in {path} if need be."
            )
    say_told(told)


def say_told(told: dict[str, Any] | None) -> None:
    """What the daemon makes of a changed list."""
    if told:
        click.echo(f"The daemon (process {told['pid']}) goes on with {told['feeds']} feeds.")
