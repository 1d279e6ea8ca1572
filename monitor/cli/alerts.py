"""`wirewatch alerts`: the outbox and the channels."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.shared import config_option, json_option, print_json, read_config, safe, table
from monitor.cli.waiting import read_span

if TYPE_CHECKING:
    from alerts.types import Alert, Receipt
    from monitor.config import Config


@click.group(short_help="See alerts, and test a channel.")
def alerts() -> None:
    """What was announced, where it went, and whether the ways out work.

    \b
    wirewatch alerts list --state dead
    wirewatch alerts test desk
    """  # noqa: D301 - click's \b


@alerts.command("list")
@click.option(
    "--state",
    type=click.Choice(["held", "pending", "sending", "sent", "dead"]),
    default=None,
    help="Only these. [default: all]",
)
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1))
@config_option
@json_option
def list_alerts(state: str | None, limit: int, config_path: Path | None, *, as_json: bool) -> None:
    """The newest alerts, and what became of each.

    \b
    wirewatch alerts list
    wirewatch alerts list --state dead --json
    """  # noqa: D301 - click's \b
    _list(state or "", limit, config_path, as_json=as_json)


@alerts.command()
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1))
@config_option
@json_option
def dead(limit: int, config_path: Path | None, *, as_json: bool) -> None:
    """The alerts that were given up, and why.

    \b
    wirewatch alerts dead
    wirewatch alerts retry --dead
    """  # noqa: D301 - click's \b
    _list("dead", limit, config_path, as_json=as_json)


def _list(state: str, limit: int, config_path: Path | None, *, as_json: bool) -> None:
    from monitor.store.reads import Reader

    config = read_config(config_path, complete=False)
    with Reader(config.place) as reader:
        rows = reader.alerts(state=state, limit=limit)
    if as_json:
        print_json(rows)
        return
    headings = ("id", "created", "rule", "channel", "state", "#tries", "story", "last error")
    keys = ("id", "created_at", "rule", "channel", "state", "attempts", "title", "last_error")
    table(headings, ([row[key] for key in keys] for row in rows))
    click.echo(f"{len(rows)} alerts.")


@alerts.command()
@click.argument("number", metavar="ID", type=click.IntRange(1))
@config_option
@json_option
def show(number: int, config_path: Path | None, *, as_json: bool) -> None:
    """What alert ID says, why it was written, and what became of it.

    \b
    wirewatch alerts show 12
    """  # noqa: D301 - click's \b
    from monitor.cli.alert import print_alert
    from monitor.store.reads import Reader

    config = read_config(config_path, complete=False)
    with Reader(config.place) as reader:
        row = reader.alert(number)
    if row is None:
        raise click.UsageError(f"no alert {number}; `wirewatch alerts list` shows them")
    if as_json:
        print_json({**row, "payload": json.loads(row["payload"])})
    else:
        print_alert(row)


@alerts.command()
@click.argument("numbers", metavar="[ID]...", nargs=-1, type=click.IntRange(1))
@click.option("--dead", "all_dead", is_flag=True, help="Every alert that was given up.")
@config_option
@json_option
def retry(
    numbers: tuple[int, ...], config_path: Path | None, *, all_dead: bool, as_json: bool
) -> None:
    """Put alerts that were given up back into the outbox, with all their tries.

    They are sent by the next `wirewatch poll`, or at once by the daemon if it runs.

    \b
    wirewatch alerts retry 12 13
    wirewatch alerts retry --dead
    """  # noqa: D301 - click's \b
    from monitor.store.reads import Reader

    if bool(numbers) == all_dead:
        raise click.UsageError("name alerts by their ids, or give --dead for all, not both")
    config = read_config(config_path, complete=False)
    with Reader(config.place) as reader:
        _check_dead(numbers, reader.alert_states(numbers))
    count, sender = _retried(config, None if all_dead else list(numbers))
    if as_json:
        print_json({"retried": count})
    else:
        click.echo(f"{count} alerts are back in the outbox; {sender}.")


def _retried(config: Config, numbers: list[int] | None) -> tuple[int, str]:
    """How many were put back, by the daemon if one runs, and who sends them."""
    from monitor.control import ask
    from monitor.store import Store
    from monitor.wall import wall_clock

    if done := ask(config.database, "retry", alerts=numbers):
        return int(done["retried"]), f"the daemon (process {done['pid']}) sends them now"
    # On a server it is put back beside those who send.
    with Store(config.place, shared=config.server is not None) as store:
        return store.retry(numbers, wall_clock()), "`wirewatch poll` or `wirewatch run` sends them"


def _check_dead(numbers: tuple[int, ...], states: dict[int, str]) -> None:
    for number in numbers:
        if states.get(number) != "dead":
            state = f"is {states[number]}, not dead" if number in states else "is not there"
            raise click.UsageError(f"alert {number} {state}; nothing was changed")


@alerts.command("rules")
@click.option(
    "--last",
    "since",
    callback=read_span,
    metavar="SPAN",
    default="30d",
    show_default=True,
    help='What was seen in this time, e.g. "90d", "12h".',
)
@config_option
@json_option
def show_rules(since: timedelta, config_path: Path | None, *, as_json: bool) -> None:
    """What each rule would have sent over what is stored. Sends nothing.

    Today's rules on stored items: mentions are those of each item's newest version, origins those
    that its story has by now.

    \b
    wirewatch alerts rules
    wirewatch alerts rules --last 90d --json
    """  # noqa: D301 - click's \b
    from monitor.cli.alert import outcomes_json, print_outcomes, rehearsed
    from monitor.wall import wall_clock

    config = read_config(config_path, complete=False)
    done = rehearsed(config, wall_clock() - since)
    if as_json:
        print_json(outcomes_json(done))
    else:
        print_outcomes(done)


@alerts.command()
@click.argument("channel")
@config_option
@json_option
@click.pass_context
def test(ctx: click.Context, channel: str, config_path: Path | None, *, as_json: bool) -> None:
    """Send a sample to CHANNEL and say what came back.

    \b
    wirewatch alerts test desk
    """  # noqa: D301 - click's \b
    config = read_config(config_path)
    receipts = asyncio.run(_test(config, channel))
    if as_json:
        print_json([_as_json(name, receipt) for name, receipt in receipts])
    else:
        for name, receipt in receipts:
            words = f": {safe(receipt.message)}" if receipt.message else ""
            click.echo(f"{name}: {receipt.outcome}{words}")
    ctx.exit(0 if all(receipt.outcome == "sent" for _, receipt in receipts) else 1)


def _as_json(name: str, receipt: Receipt) -> dict[str, object]:
    return {"channel": name, "outcome": receipt.outcome, "message": receipt.message}


async def _test(config: Config, wanted: str) -> list[tuple[str, Receipt]]:
    from alerts.channels import channel_names
    from monitor.compose import build_channels, build_client
    from monitor.errors import ConfigError
    from monitor.wall import wall_clock

    if wanted not in config.channels:
        names = ", ".join(config.channels) or "none"
        raise ConfigError([f"{config.path}: channel {wanted!r}: not there (channels: {names})"])
    ours = channel_names(config.channels[wanted])
    async with build_client(config) as client:
        channels = [c for c in build_channels(config, client, wall_clock) if c.name in ours]
        sample = _sample()
        return [(c.name, await c.send(sample)) for c in channels]


def _sample() -> Alert:
    from alerts.types import Alert, Named
    from monitor.wall import wall_clock

    now = wall_clock()
    text = "This is a test. The Example Power Station is named here as a real alert would show it."
    start = text.index("Example")
    return Alert(
        id=0,
        rule="test",
        channel="test",
        story=0,
        title="Wirewatch test: the channel works",
        url="https://example.org/",
        source="Wirewatch",
        source_kind="other",
        language="en",
        first_seen_at=now,
        published_at=now,
        published_raw="",
        snippet=text,
        snippet_marks=((start, start + len("Example Power Station")),),
        named=(
            Named(
                entity="example",
                name="Example Power Station",
                sector="electric-power",
                kind="facility",
                surface="Example Power Station",
            ),
        ),
        key=f"test-{now.timestamp():.0f}",
    )
