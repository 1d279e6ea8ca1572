"""`wirewatch stats`: the state of things."""

from __future__ import annotations

from pathlib import Path

import click

from monitor.cli.shared import config_option, json_option, print_json, read_config, safe, table


@click.command(short_help="The state of feeds, items and alerts.")
@config_option
@json_option
def stats(config_path: Path | None, *, as_json: bool) -> None:
    """How many feeds answer, what was found, what waits to be sent.

    \b
    wirewatch stats
    wirewatch stats --json
    """  # noqa: D301 - click's \b
    from monitor.compose import wall_clock
    from monitor.store.reads import Reader

    config = read_config(config_path, complete=False)
    with Reader(config.database) as reader:
        found = reader.stats(wall_clock())
    if as_json:
        print_json(found)
    else:
        _print(found)


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
