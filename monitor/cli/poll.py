"""`wirewatch poll`: one round, now."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.shared import (
    config_option,
    json_option,
    print_json,
    progress,
    read_config,
    table,
)
from monitor.clock import iso

if TYPE_CHECKING:
    from alerts.deliver import Settlement
    from monitor.config import Config
    from monitor.control import Answer
    from monitor.records import PollRecord, PollRow, StoredFeed

# For full texts: they are asked for one at a time of each host, and must not make a round endless.
ARTICLES = 120.0  # seconds
FEW_FEEDS = 20  # a row for each still fits a screen


@dataclass(frozen=True, slots=True, kw_only=True)
class _Polled:
    """What is told of one poll. Its record holds the whole document, and is not kept."""

    feed: StoredFeed
    row: PollRow
    mentions: int  # confirmed ones, in what the poll found new or changed
    next_poll_at: datetime


@dataclass(slots=True)
class _Round:
    """What came of a round."""

    polled: list[_Polled] = field(default_factory=list)
    articles: Counter[str] = field(default_factory=Counter)  # full texts, by what became of them
    settled: list[Settlement] = field(default_factory=list)
    not_stored: int = 0

    @property
    def failed(self) -> bool:
        """Whether a feed or a delivery failed."""
        feeds = any(one.row.status == "error" for one in self.polled)
        return bool(feeds or self.not_stored or any(one.state != "sent" for one in self.settled))


@click.command(short_help="Poll the due feeds once, then deliver.")
@click.argument("urls", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Every feed, due or not.")
@click.option("--no-alerts", is_flag=True, help="Leave alerts in the outbox.")
@config_option
@json_option
@click.pass_context
def poll(
    ctx: click.Context,
    urls: tuple[str, ...],
    config_path: Path | None,
    *,
    everything: bool,
    no_alerts: bool,
    as_json: bool,
) -> None:
    """Poll the feeds that are due (or all, or those named by URL or name), then send the alerts.

    Full texts that are due are fetched in between, for two minutes at most.

    If the daemon runs, it is told to do so, and this command does not wait for it.

    \b
    wirewatch poll
    wirewatch poll --all --no-alerts
    wirewatch poll https://example.org/feed.xml
    """  # noqa: D301 - click's \b
    from monitor.logs import set_up

    config = read_config(config_path)
    set_up(config.log.level, config.log.format)
    chosen = _chosen(config, urls) if urls else None
    if not no_alerts and (told := _handed_over(config, chosen, everything=everything)):
        print_json(told) if as_json else _print_handed_over(told)
        return
    done = _Round()
    asyncio.run(_poll(done, config, chosen, everything=everything, deliver=not no_alerts))
    if as_json:
        print_json(_as_json(done))
    else:
        _print(done)
    ctx.exit(1 if done.failed else 0)


def _handed_over(
    config: Config, chosen: frozenset[str] | None, *, everything: bool
) -> Answer | None:
    """What the running daemon says; None if there is none. Feeds that are due it polls anyway."""
    from monitor.control import ask

    feeds = None if everything else sorted(chosen or ())
    return ask(config.database, "poll", feeds=feeds)


def _print_handed_over(told: Answer) -> None:
    click.echo(
        f"The daemon runs (process {told['pid']}). It polls what is due by itself; "
        f"{told['feeds']} feeds were made due now. `wirewatch feeds list` shows how they did."
    )


def _chosen(config: Config, named: Sequence[str]) -> frozenset[str]:
    """The URLs of the feeds that are meant, by URL or name."""
    from monitor.errors import ConfigError

    found = {name: [f.url for f in config.feeds if name in (f.url, f.name)] for name in named}
    if missing := [name for name, urls in found.items() if not urls]:
        raise ConfigError(
            f"{name}: not a subscribed feed; `wirewatch feeds list` shows them, "
            f"`wirewatch feeds add {name}` subscribes"
            for name in missing
        )
    return frozenset(url for urls in found.values() for url in urls)


async def _poll(
    done: _Round,
    config: Config,
    chosen: frozenset[str] | None,
    *,
    everything: bool,
    deliver: bool,
) -> None:
    """Poll, and note in `done` what came of it.

    It is no return value: asyncio.run() spells out what its task returns, to drop it (two seconds
    for 300 feeds, measured).
    """
    from feeds.heap import settle
    from monitor.compose import assemble

    with progress() as bar:
        task = bar.add_task("polling", total=None)

        def report(feed: StoredFeed, record: PollRecord) -> None:
            done.polled.append(_polled(feed, record))
            bar.advance(task)

        async with assemble(config, report=report) as program:
            settle()
            program.client.room.patient = True
            feeds = None
            if chosen or everything:
                every = await program.in_writer(program.store.subscribed)
                feeds = [f for f in every if everything or f.feed.url in (chosen or ())]
                bar.update(task, total=len(feeds))
            program.articles.stored = lambda record: done.articles.update([record.state])
            await program.poller.round(feeds)
            done.not_stored = program.poller.broken
            bar.update(task, description="fetching full texts")
            await program.articles.round(ARTICLES)
            done.articles["waiting"] = await program.in_writer(program.store.articles_waiting)
            if deliver:
                bar.update(task, description="sending")
                done.settled = await program.delivery.round()


def _polled(feed: StoredFeed, record: PollRecord) -> _Polled:
    new = [m for item in record.items for m in item.mentions]
    edited = [m for revision in record.revisions for m in revision.mentions]
    return _Polled(
        feed=feed,
        row=record.row,
        mentions=sum(m.state == "confirmed" for m in (*new, *edited)),
        next_poll_at=record.next_poll_at,
    )


def _as_json(done: _Round) -> dict[str, object]:
    return {
        "polled": len(done.polled),
        "not_stored": done.not_stored,
        "new": sum(one.row.new for one in done.polled),
        "changed": sum(one.row.changed for one in done.polled),
        "mentions": sum(one.mentions for one in done.polled),
        "full_texts": {
            state: done.articles[state] for state in ("fetched", "waiting", "refused", "failed")
        },
        "alerts": {
            state: sum(one.state == state for one in done.settled)
            for state in ("sent", "pending", "dead")
        },
        "feeds": [_feed_json(one) for one in done.polled],
    }


def _feed_json(one: _Polled) -> dict[str, object]:
    feed, row = one.feed.feed, one.row
    return {
        "url": feed.url,
        "name": feed.name,
        "status": row.status,
        "seen": row.seen,
        "new": row.new,
        "changed": row.changed,
        "unchanged": row.unchanged,
        "skipped": dict(row.skipped),
        "mentions": one.mentions,
        "error": row.error,
        "next_poll_at": iso(one.next_poll_at),
    }


def _worth_a_line(polled: Sequence[_Polled]) -> list[_Polled]:
    """All of a few feeds; of many, those that brought something or failed."""
    if len(polled) <= FEW_FEEDS:
        return list(polled)
    return [one for one in polled if one.row.new or one.row.changed or one.row.error]


def _print(done: _Round) -> None:
    if not (done.polled or done.not_stored):
        click.echo("No feed is due. `wirewatch poll --all` polls them all the same.")
    else:
        rows = [
            (one.feed.feed.name, one.row.status, one.row.seen, one.row.new, one.row.changed,
             one.mentions, one.row.error or one.row.note)
            for one in sorted(_worth_a_line(done.polled), key=lambda one: one.feed.id)
        ]  # fmt: skip
        table(("feed", "status", "#seen", "#new", "#changed", "#mentions", "note"), rows)
    total = _as_json(done)
    click.echo(
        f"{total['polled']} feeds polled: {total['new']} new items, {total['changed']} changed, "
        f"{total['mentions']} mentions."
    )
    if done.not_stored:
        click.echo(f"{done.not_stored} feeds could not be stored; they are still due.")
    if done.articles.total():
        click.echo(f"full texts: {_counts(done.articles)}.")
    if done.settled:
        states = Counter(one.state for one in done.settled)
        click.echo(f"alerts: {_counts(states)}.")


def _counts(states: Counter[str]) -> str:
    return ", ".join(f"{count} {state}" for state, count in states.items() if count)
