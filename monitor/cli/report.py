"""`wirewatch report`: some days as one page, on a disk or by mail."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.shared import (
    config_option,
    desk_file,
    json_option,
    print_json,
    read_config,
    safe,
)

if TYPE_CHECKING:
    from alerts.types import Receipt
    from monitor.config import Config
    from monitor.review.report import Report

MOST_DAYS = 366


@click.command(short_help="Write the week as one page, or mail it.")
@click.option("--week", metavar="WEEK", help="A week of the calendar, such as 2026-W47.")
@click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), help="First day (UTC).")
@click.option("--to", "last", type=click.DateTime(["%Y-%m-%d"]), help="Last day (UTC).")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    help="Where to write it; - for standard output. [default: wirewatch-LASTDAY.html]",
)  # fmt: skip
@click.option("--mail", metavar="CHANNEL", help="Send it by this mail channel instead.")
@config_option
@json_option
@click.pass_context
def report(
    ctx: click.Context,
    week: str | None,
    first: date | None,
    last: date | None,
    output: Path | None,
    mail: str | None,
    config_path: Path | None,
    *,
    as_json: bool,
) -> None:
    """What was named over some days, by default the last seven: one page that needs nothing else.

    Sectors, a map, first mentions, edits that took a name out, bursts, silences, the stories that
    matter most, and what may have been missed. It prints, and can be sent on.

    \b
    wirewatch report
    wirewatch report --week 2026-W46 -o last-week.html
    wirewatch report --from 2026-10-01 --to 2026-10-31
    wirewatch report --mail desk        # each Monday by cron: 0 7 * * 1
    """  # noqa: D301 - click's \b
    config = read_config(config_path, complete=bool(mail))
    found = _gathered(config, *_days(week, first, last))
    if mail:
        receipts = asyncio.run(_mailed(config, mail, found))
        _tell(receipts, as_json=as_json)
        ctx.exit(0 if all(one.outcome == "sent" for _, one in receipts) else 1)
    _write(found, output, as_json=as_json)


def _days(week: str | None, first: date | None, last: date | None) -> tuple[date, date]:
    """The first and the last day that are meant."""
    from monitor.wall import wall_clock

    today = wall_clock().date()
    if week:
        if first or last:
            raise click.UsageError("--week says both days: leave out --from and --to")
        try:
            monday = date.fromisoformat(f"{week}-1")
        except ValueError:
            raise click.BadParameter("a week is written as 2026-W47", param_hint="--week") from None
        return monday, monday + timedelta(days=6)
    end = _date(last) or today
    start = _date(first) or end - timedelta(days=6)
    if not start <= end <= start + timedelta(days=MOST_DAYS):
        raise click.UsageError(f"--from comes before --to, by at most {MOST_DAYS} days")
    return start, end


def _date(given: date | None) -> date | None:
    """A day, where click gives a datetime."""
    return date(given.year, given.month, given.day) if given else None


def _gathered(config: Config, first: date, last: date) -> Report:
    from monitor.review.report import days, gather
    from monitor.store.desk import decisions
    from monitor.store.reads import Reader
    from monitor.wall import wall_clock

    since, until = days(first, last)
    with Reader(desk_file(config)) as reader:
        decisions.attach(reader.db.conn, decisions.beside(config.database))
        return gather(reader.db.conn, since=since, until=until, now=wall_clock())


def _write(found: Report, output: Path | None, *, as_json: bool) -> None:
    from monitor.errors import MonitorError
    from monitor.review.report import html, last_day

    page = html(found)
    if output and str(output) == "-":
        click.echo(page)
        return
    target = output or Path(f"wirewatch-{last_day(found.until)}.html")
    try:
        target.write_text(page, encoding="utf-8")
    except OSError as error:
        raise MonitorError(f"{target}: cannot write the report: {error.strerror}") from error
    if as_json:
        print_json({"file": str(target), "title": found.title, "lead": found.lead})
    else:
        click.echo(f"{found.title}: {found.lead}\n{target}")


async def _mailed(config: Config, wanted: str, found: Report) -> list[tuple[str, Receipt]]:
    from alerts.email import EmailChannel
    from alerts.settings import EmailSettings
    from monitor.errors import ConfigError
    from monitor.review.report import mailing
    from monitor.wall import wall_clock

    settings = config.channels.get(wanted)
    if not isinstance(settings, EmailSettings):
        names = [name for name, s in config.channels.items() if isinstance(s, EmailSettings)]
        raise ConfigError(
            [f"{config.path}: no mail channel {wanted!r} (there are: {', '.join(names) or 'none'})"]
        )
    mail = mailing(found)
    channels = [EmailChannel(settings, to, wall_clock) for to in settings.to]
    return [(channel.name, await channel.send_report(mail)) for channel in channels]


def _tell(receipts: list[tuple[str, Receipt]], *, as_json: bool) -> None:
    if as_json:
        print_json(
            [{"channel": n, "outcome": r.outcome, "message": r.message} for n, r in receipts]
        )
        return
    for name, receipt in receipts:
        words = f": {safe(receipt.message)}" if receipt.message else ""
        click.echo(f"{name}: {receipt.outcome}{words}")
