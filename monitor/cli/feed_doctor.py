"""`wirewatch feeds doctor`: what is wrong with a feed, and the settings that it needs."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from monitor.cli.shared import config_option, json_option, print_json, read_config, safe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from feeds.checkup import CheckUp
    from feeds.discover import FeedLink
    from feeds.types import Feed
    from monitor.config import Config

_MARKS = {"fine": "ok   ", "note": "note ", "wrong": "WRONG"}


@click.command(short_help="Say what is wrong with a feed, and what settings it needs.")
@click.argument("url")
@config_option
@json_option
@click.pass_context
def doctor(ctx: click.Context, url: str, config_path: Path | None, *, as_json: bool) -> None:
    """Look at the feed at URL and say how it does, in plain words. Nothing is changed or stored.

    Of a web page, the feed that it names is looked at; of several, they are listed. Where a site
    has no feed, its sitemap or a bundled adapter is proposed. A feed that is watched is read with
    its settings. It takes two requests, for a page up to seven, fetch.host_gap apart. Status 1 if
    something is wrong. No settings file is needed.

    \b
    wirewatch feeds doctor https://example.org/rss
    wirewatch feeds doctor https://example.org/ --json
    """  # noqa: D301 - click's \b
    config = _settings(config_path)
    feed = _known(config, _checked(url))
    found = look_at(config, feed)
    if as_json:
        print_json(as_data(found))
    else:
        _print(found)
    ctx.exit(0 if found.diagnosis and not found.diagnosis.wrong else 1)


def look_at(config: Config, feed: Feed) -> CheckUp:
    """Visit `feed` through the guarded client, as a poll would."""
    return asyncio.run(_look_at(config, feed))


async def _look_at(config: Config, feed: Feed) -> CheckUp:
    from feeds.checkup import Doctor
    from feeds.fetch import fetch
    from feeds.workers import ParserPool
    from monitor.compose import build_client
    from monitor.language import detect
    from monitor.wall import wall_clock

    async with build_client(config) as client, ParserPool(workers=1) as pool:
        return await Doctor(
            fetch=partial(fetch, client),
            pool=pool,
            now=wall_clock,
            language_of=detect,
            interval=config.fetch.fastest,  # what it comes to by itself
            pause=config.fetch.host_gap,
        ).examine(feed)


def _settings(path: Path | None) -> Config:
    """The settings, or the defaults where there are none: a feed may be tried before `init`."""
    from monitor.config import FILE, Config, find

    if path or find():
        return read_config(path, complete=False, fetching=True)
    nowhere = Path(FILE)
    return Config(path=nowhere, database=nowhere, watchlists=(), feed_lists=(), feeds=())


def _checked(url: str) -> str:
    from feeds.feed_keys import FEED_KEYS
    from feeds.tables import SettingError

    try:
        return str(FEED_KEYS["url"].read(url))
    except SettingError as error:
        raise click.BadParameter(f"{error} (is {safe(url)})", param_hint="URL") from None


def _known(config: Config, url: str) -> Feed:
    """The feed with the settings that a list gives it, if one does."""
    from feeds.feed_keys import feed_identity
    from feeds.types import Feed

    same = (feed for feed in config.feeds if feed_identity(feed.url) == feed_identity(url))
    return next(same, Feed(url=url))


# ── saying it ────────────────────────────────────────────────────────────────────────────────────


def as_data(found: CheckUp) -> dict[str, Any]:
    """A check-up for programs."""
    from dataclasses import asdict

    from feeds.lists import feed_table

    seen = found.diagnosis
    return {
        "asked": found.asked,
        "page": found.page,
        "url": seen.feed.url if seen else None,
        "format": seen.format if seen else None,
        "entries": seen.entries if seen else None,
        "findings": [asdict(one) for one in seen.findings] if seen else [],
        "feed": asdict(seen.feed) if seen else None,
        "toml": feed_table(seen.feed) if seen else None,
        "choices": [asdict(link) for link in found.choices],
        "proposal": feed_table(found.proposal) if found.proposal else None,
        "error": _reason(found),
        "requests": found.requests,
    }


def _reason(found: CheckUp) -> dict[str, str] | None:
    return {"reason": found.error.reason, "message": found.error.message} if found.error else None


def summary(found: CheckUp) -> str:
    """A check-up in a line, safe for a terminal."""
    if found.diagnosis is None:
        return safe(found.error.message) if found.error else ""
    seen = found.diagnosis
    faults = "; ".join(f"{one.topic}: {one.words}" for one in seen.wrong)
    return safe(f"{seen.format}, {seen.entries} entries: {faults or 'nothing wrong with it'}")


def instead(proposal: Feed) -> str:
    """What is proposed where there is no feed, in a line."""
    if proposal.page and proposal.page.adapter:
        name = proposal.page.adapter
        return f'The bundled adapter "{name}" reads list pages of this site (not tried by anybody)'
    return "Its sitemap can be read in place of a feed"


def numbered(choices: Sequence[FeedLink]) -> list[str]:
    """Feeds to choose from, a line each, safe for a terminal."""
    return [
        f"{number}  {safe(link.url)}  {safe(f'{link.kind} {link.title}')}".rstrip()
        for number, link in enumerate(choices, 1)
    ]


def _print(found: CheckUp) -> None:
    from feeds.lists import feed_table

    if found.choices:
        click.echo("A web page that names these feeds; ask about one of them:")
        click.echo("\n".join(numbered(found.choices)))
        return
    if found.diagnosis is None:
        click.echo(f"No feed: {summary(found)}.")
        if found.proposal:
            click.echo(f"{instead(found.proposal)}:\n\n{feed_table(found.proposal)}")
        return
    seen = found.diagnosis
    if found.page:
        click.echo(f"A web page; its feed is {safe(seen.feed.url)}")
    for one in seen.findings:
        click.echo(f"{_MARKS[one.level]} {one.topic:9} {safe(one.words)}")
    guess = " (its timezone may be a guess)" if seen.feed.timezone else ""
    click.echo(f"\nFor your feed list{guess}:\n\n{feed_table(seen.feed)}")
