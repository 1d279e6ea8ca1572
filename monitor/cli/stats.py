"""`wirewatch stats`: the state of things."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.shared import config_option, json_option, print_json, read_config, safe, table
from monitor.cli.waiting import read_span
from monitor.clock import iso, iso_or_none

if TYPE_CHECKING:
    from monitor.store.desk.types import Gap


@click.command(short_help="The state of feeds, items and alerts.")
@click.option("--gaps", is_flag=True, help="When which feed was not seen whole, and what it cost.")
@click.option(
    "--since", callback=read_span, metavar="SPAN", default="7d", show_default=True,
    help='With --gaps: how far to look back, e.g. "90d", "12h".',
)  # fmt: skip
@config_option
@json_option
def stats(since: timedelta, config_path: Path | None, *, gaps: bool, as_json: bool) -> None:
    """How many feeds answer, what was found, what waits to be sent.

    \b
    wirewatch stats
    wirewatch stats --gaps --since 30d
    wirewatch stats --json
    """  # noqa: D301 - click's \b
    from monitor.store.reads import Reader
    from monitor.wall import wall_clock

    config, now = read_config(config_path, complete=False), wall_clock()
    with Reader(config.place) as reader:
        if gaps:
            _show_gaps(reader.gaps(since=now - since, now=now), as_json=as_json)
            return
        found = reader.stats(now)
    if as_json:
        print_json(found)
    else:
        _print(found)


def _show_gaps(gaps: Sequence[Gap], *, as_json: bool) -> None:
    if as_json:
        print_json([_gap(gap) for gap in gaps])
        return
    if not gaps:
        click.echo("No gap: every feed was seen whole, as far as its documents tell.")
        return
    rows = [
        (g.source, iso(g.start), iso(g.end) if g.end else "lasts", g.why, _about(g), g.note)
        for g in gaps
    ]
    table(("feed", "from", "to", "why", "items missed", "what was seen"), rows)
    click.echo("Items missed: by how often the feed publishes, then and at such times.")


def _gap(gap: Gap) -> dict[str, object]:
    return {
        "feed": gap.source,
        "from": iso(gap.start),
        "to": iso_or_none(gap.end),
        "why": gap.why,
        "about": gap.about,
        "note": gap.note,
    }


def _about(gap: Gap) -> str:
    return "not known" if gap.about is None else f"about {gap.about}"


def _print(found: dict[str, object]) -> None:
    click.echo(
        f"{found['feeds']} feeds: {found['feeds_ok']} ok, {found['feeds_in_trouble']} in trouble, "
        f"{found['feeds_not_polled']} not polled yet; last poll "
        f"{found['last_poll_at'] or 'never'}\n"
        f"{found['polls_today']} polls in 24 h, {found['polls_failed_today']} of them failed; "
        f"{found['items_today']} new items\n"
        f"{found['items']} items in {found['stories']} stories, {found['edits']} edits\n"
        f"{found['mentions']} confirmed mentions of {found['entities_named']} of "
        f"{found['entities_watched']} entities; {found['candidates']} candidates\n"
        f"alerts: {_states(found['alerts'])}"
    )
    if found["full_texts"]:
        click.echo(f"full texts: {_states(found['full_texts'])}")
    if found["retag"]:
        click.echo(_retag(found["retag"]))
    if found["in_trouble"]:
        rows = [[cell or "" for cell in row.values()] for row in _dicts(found["in_trouble"])]
        table(("feed in trouble", "url", "state", "since", "what was seen"), rows)
        click.echo("`wirewatch feeds health` says what to do.")
    if found["sectors"]:
        rows = [list(row.values()) for row in _dicts(found["sectors"])]
        table(("named in 24 h", "#entities", "#stories", "#items"), rows)


def _retag(watchlist: object) -> str:
    assert isinstance(watchlist, dict)
    return (
        f"{safe(watchlist['watchlist'])} is in use since {watchlist['loaded_at']}; older items are "
        "tagged under another watchlist: run `wirewatch retag`"
    )


def _states(states: object) -> str:
    assert isinstance(states, dict)
    return ", ".join(f"{count} {state}" for state, count in states.items()) or "none"


def _dicts(rows: object) -> list[dict[str, object]]:
    assert isinstance(rows, list)
    return rows
