"""`wirewatch poll`: one round, now."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
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
    from monitor.records import PollRecord, StoredFeed


@dataclass(slots=True)
class _Round:
    """What came of a round."""

    polled: list[tuple[StoredFeed, PollRecord]] = field(default_factory=list)
    settled: list[Settlement] = field(default_factory=list)
    not_stored: int = 0

    @property
    def failed(self) -> bool:
        """Whether a feed or a delivery failed."""
        feeds = any(record.row.status == "error" for _, record in self.polled)
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

    \b
    wirewatch poll
    wirewatch poll --all --no-alerts
    wirewatch poll https://example.org/feed.xml
    """  # noqa: D301 - click's \b
    from monitor.logs import set_up

    config = read_config(config_path)
    set_up(config.log.level, config.log.format)
    chosen = _chosen(config, urls) if urls else None
    done = asyncio.run(_poll(config, chosen, everything=everything, deliver=not no_alerts))
    if as_json:
        print_json(_as_json(done))
    else:
        _print(done)
    ctx.exit(1 if done.failed else 0)


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
    config: Config, chosen: frozenset[str] | None, *, everything: bool, deliver: bool
) -> _Round:
    from monitor.compose import assemble

    done = _Round()
    with progress() as bar:
        task = bar.add_task("polling", total=None)

        def report(feed: StoredFeed, record: PollRecord) -> None:
            done.polled.append((feed, record))
            bar.advance(task)

        async with assemble(config, report=report) as program:
            feeds = None
            if chosen or everything:
                every = await program.in_writer(program.store.subscribed)
                feeds = [f for f in every if everything or f.feed.url in (chosen or ())]
                bar.update(task, total=len(feeds))
            await program.poller.round(feeds)
            done.not_stored = program.poller.broken
            if deliver:
                bar.update(task, description="sending")
                done.settled = await program.delivery.round()
    return done


def _as_json(done: _Round) -> dict[str, object]:
    return {
        "polled": len(done.polled),
        "not_stored": done.not_stored,
        "new": sum(record.row.new for _, record in done.polled),
        "changed": sum(record.row.changed for _, record in done.polled),
        "mentions": sum(_mentions(record) for _, record in done.polled),
        "alerts": {
            state: sum(one.state == state for one in done.settled)
            for state in ("sent", "pending", "dead")
        },
        "feeds": [_feed_json(feed, record) for feed, record in done.polled],
    }


def _feed_json(feed: StoredFeed, record: PollRecord) -> dict[str, object]:
    row = record.row
    return {
        "url": feed.feed.url,
        "name": feed.feed.name,
        "status": row.status,
        "seen": row.seen,
        "new": row.new,
        "changed": row.changed,
        "unchanged": row.unchanged,
        "skipped": dict(row.skipped),
        "mentions": _mentions(record),
        "error": row.error,
        "next_poll_at": iso(record.next_poll_at),
    }


def _mentions(record: PollRecord) -> int:
    """Confirmed mentions in what this poll found new or changed."""
    new = [m for item in record.items for m in item.mentions]
    edited = [m for revision in record.revisions for m in revision.mentions]
    return sum(m.state == "confirmed" for m in (*new, *edited))


def _print(done: _Round) -> None:
    if not (done.polled or done.not_stored):
        click.echo("No feed is due. `wirewatch poll --all` polls them all the same.")
    else:
        rows = [
            (feed.feed.name, r.row.status, r.row.seen, r.row.new, r.row.changed, _mentions(r),
             r.row.error or r.row.note)
            for feed, r in sorted(done.polled, key=lambda pair: pair[0].id)
        ]  # fmt: skip
        table(("feed", "status", "#seen", "#new", "#changed", "#mentions", "note"), rows)
    total = _as_json(done)
    click.echo(
        f"{total['polled']} feeds polled: {total['new']} new items, {total['changed']} changed, "
        f"{total['mentions']} mentions."
    )
    if done.not_stored:
        click.echo(f"{done.not_stored} feeds could not be stored; they are still due.")
    if done.settled:
        states = Counter(one.state for one in done.settled)
        click.echo(f"alerts: {', '.join(f'{count} {state}' for state, count in states.items())}.")
