"""How feeds do, as people and programs read it."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from monitor.cli.shared import safe, table
from monitor.clock import iso
from monitor.health import ADVICE, STATES, TROUBLE, span

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from feeds.types import Feed

MOST_REASONS = 5  # of a feed's missing full texts; the table articles has them all
_NEW: dict[str, Any] = {
    "state": "new",
    "since": None,
    "last_new_at": None,
    "last_success_at": None,
    "next_poll_at": None,
    "pace": None,
    "rest_until_at": None,
    "moved_to": "",
    "failures": 0,
    "alerted": "",
    "note": "",
}


def rows_of(
    feeds: Sequence[Feed],
    states: Mapping[str, Mapping[str, Any]],
    full_texts: Mapping[str, Sequence[Mapping[str, Any]]],
) -> list[dict[str, Any]]:
    """Every feed of the lists: the worst state first, within it the newest trouble."""
    rows = [
        {
            "url": feed.url,
            "name": feed.name or feed.url,
            **states.get(feed.url, _NEW),
            "full_texts": list(full_texts.get(feed.url, ())),
        }
        for feed in feeds
    ]
    for row in rows:
        row["advice"] = ADVICE[row["state"]]
        row["next_poll_at"] = _when(row["next_poll_at"])
    rows.sort(key=lambda row: (row["state"] in TROUBLE and row["since"]) or "", reverse=True)
    return sorted(rows, key=lambda row: STATES.index(row["state"]))


def _when(next_poll_at: str | None) -> str | None:
    """None for a feed that is polled no more."""
    from feeds.manners import STOPPED

    return None if next_poll_at == iso(STOPPED) else next_poll_at


def print_health(rows: Sequence[Mapping[str, Any]], down: Mapping[str, Any] | None) -> None:
    """A line a feed, then what to do about those that are not well."""
    if down:
        click.echo(f"No feed answers since {_short(down['since'])}: {safe(down['note'])}.")
        click.echo(f"{down['advice']}\n")
    table(
        ("feed", "state", "since", "last new item", "last good poll", "every"),
        (
            (
                row["name"],
                row["state"],
                _short(row["since"]),
                _short(row["last_new_at"]),
                _short(row["last_success_at"]),
                span(timedelta(seconds=row["pace"])) if row["pace"] else "",
            )
            for row in rows
        ),
    )
    for row in rows:
        if row["advice"] or row["note"]:
            note = f": {row['note']}" if row["note"] else ""
            click.echo(safe(f"{row['name']} ({row['state']}){note}"))
        if row["advice"]:
            click.echo(f"  {row['advice']}")
    for row in rows:
        if row["full_texts"]:
            _print_full_texts(row["name"], row["full_texts"])
    trouble = sum(row["state"] in TROUBLE for row in rows)
    click.echo(f"{len(rows)} feeds, {trouble} in trouble. Times are UTC.")


def _print_full_texts(name: str, found: Sequence[Mapping[str, Any]]) -> None:
    """How many there are of each state, then why some are missing."""
    states: Counter[str] = Counter()
    for one in found:
        states[one["state"]] += one["count"]
    counts = ", ".join(f"{count} {state}" for state, count in states.items())
    click.echo(safe(f"{name}: full texts: {counts}"))
    missing = [one for one in found if one["reason"]]
    for one in sorted(missing, key=lambda one: -one["count"])[:MOST_REASONS]:
        click.echo(safe(f"  {one['count']} {one['state']}: {one['reason']}"))


def _short(time: str | None) -> str:
    """To the minute, for people."""
    return time[:16].replace("T", " ") if time else "never"
