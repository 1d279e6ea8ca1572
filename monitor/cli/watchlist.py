"""`wirewatch watchlist`: what is watched."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.diff import diff
from monitor.cli.shared import (
    config_option,
    json_option,
    print_json,
    table,
    watchlist_names,
)
from monitor.cli.suggest import suggest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.types import Entity, Watchlist


@click.group(short_help="List, check and compare what is watched.")
def watchlist() -> None:
    """What is watched, and under which names. docs/watchlists.md says how to write a list.

    \b
    wirewatch watchlist list
    wirewatch watchlist check
    """  # noqa: D301 - click's \b


watchlist.add_command(diff)
watchlist.add_command(suggest)


@watchlist.command("list")
@click.argument("names", nargs=-1)
@click.option("--sector", default="", help="Only this sector.")
@config_option
@json_option
def list_entities(
    names: tuple[str, ...], sector: str, config_path: Path | None, *, as_json: bool
) -> None:
    """Every entity of the watchlists (default: those of the settings).

    \b
    wirewatch watchlist list
    wirewatch watchlist list dprk-civilian --sector mining
    """  # noqa: D301 - click's \b
    lists = _read(names, config_path)
    entities = [e for one in lists for e in one.entities.values() if sector in ("", e.sector)]
    entities.sort(key=lambda e: (e.sector, e.name))
    if as_json:
        print_json([_as_json(entity) for entity in entities])
        return
    headings = ("sector", "id", "name", "kind", "county", "#names")
    table(headings, ((e.sector, e.id, e.name, e.kind, e.county, len(e.names)) for e in entities))
    click.echo(f"{len(entities)} entities, {sum(len(e.names) for e in entities)} names.")


def _as_json(entity: Entity) -> dict[str, object]:
    return {
        "id": entity.id,
        "name": entity.name,
        "kind": entity.kind,
        "sector": entity.sector,
        "province": entity.province,
        "county": entity.county,
        "latitude": entity.lat,
        "longitude": entity.lon,
        "part_of": entity.part_of,
        "names": [
            {
                "text": n.text,
                "language": n.language,
                "confidence": n.confidence,
                "origin": n.origin,
                "needs_context": n.needs_context,
            }
            for n in entity.names
        ],
    }


@watchlist.command()
@click.argument("names", nargs=-1)
@config_option
@json_option
@click.pass_context
def check(
    ctx: click.Context, names: tuple[str, ...], config_path: Path | None, *, as_json: bool
) -> None:
    """Load the watchlists and run the self-tests in them: lines that must and must not match.

    \b
    wirewatch watchlist check
    wirewatch watchlist check my-list.toml
    """  # noqa: D301 - click's \b
    from monitor.watching import tag_with
    from monitor.watchlist import check as run_check

    lists = _read(names, config_path)
    reports = [_report(one) for one in lists]
    failures = [failure for one in lists for failure in run_check(one, tag_with([one]))]
    if as_json:
        print_json({"watchlists": reports, "failures": [str(f) for f in failures]})
    else:
        for report in reports:
            click.echo(_in_words(report))
        for failure in failures:
            click.echo(str(failure), err=True)
        click.echo("self-tests: " + (f"{len(failures)} failed" if failures else "all passed"))
    ctx.exit(1 if failures else 0)


def _read(names: Sequence[str], config_path: Path | None) -> list[Watchlist]:
    from monitor.watching import read_watchlists

    return read_watchlists(watchlist_names(names, config_path))


def _report(one: Watchlist) -> dict[str, object]:
    names = [name for entity in one.entities.values() for name in entity.names]
    return {
        "name": one.name,
        "version": one.version,
        "entities": len(one.entities),
        "names": len(names),
        "by_language": dict(sorted(Counter(n.language for n in names).items())),
        "by_origin": dict(sorted(Counter(n.origin for n in names).items())),
        "self_tests": sum(len(e.hits) + len(e.misses) for e in one.entities.values()),
    }


def _in_words(report: dict[str, object]) -> str:
    languages = report["by_language"]
    assert isinstance(languages, dict)
    shares = ", ".join(f"{count} {language}" for language, count in languages.items())
    return (
        f"{report['name']}: {report['entities']} entities, {report['names']} names ({shares}), "
        f"{report['self_tests']} self-tests"
    )
