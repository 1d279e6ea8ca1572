"""`wirewatch export`: an evidence pack, to be handed on."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.packing import target
from monitor.cli.shared import config_option, json_option, print_json, read_config
from monitor.cli.waiting import waiting

if TYPE_CHECKING:
    from monitor.config import Config
    from monitor.pack.build import Packed
    from monitor.store.dossier import Dossier, Wanted

_DAY = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ"])


@click.command(short_help="Write an evidence pack: what is stored, in the bytes it came in.")
@click.option("--entity", default="", metavar="ID", help="Stories that name this entity.")
@click.option("--sector", default="", metavar="SECTOR", help="Stories that name one of a sector.")
@click.option("--story", type=int, metavar="NUMBER", help="One story.")
@click.option(
    "--from", "since", type=_DAY, metavar="TIME", help="With an item first seen from then on (UTC)."
)
@click.option(
    "--to",
    "until",
    type=_DAY,
    metavar="TIME",
    help="And before then (UTC); that moment is not in it.",
)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), required=True, metavar="FOLDER|FILE.zip",
    help="Where the pack goes. It must not be there yet.",
)  # fmt: skip
@config_option
@json_option
@click.pass_context
def export(
    ctx: click.Context,
    entity: str,
    sector: str,
    story: int | None,
    since: datetime | None,
    until: datetime | None,
    output: Path,
    config_path: Path | None,
    *,
    as_json: bool,
) -> None:
    """Write an evidence pack: pages to read, CSV and JSON lines, the archived documents, versions,
    decisions and a manifest of hashes. `wirewatch verify` checks it on any machine.

    A story is chosen by an item that fits all that is asked, and goes in whole. Only reads; may be
    used while the daemon runs.

    \b
    wirewatch export --entity tanchon-power-station --from 2026-11-01 --to 2026-12-01 -o tanchon
    wirewatch export --story 4711 -o story-4711.zip
    wirewatch export --sector electric-power --from 2026-11-01 -o power.zip
    """  # noqa: D205, D301 - click's \b; one sentence
    from monitor.clock import iso_or_none
    from monitor.store.dossier import Wanted

    wanted = Wanted(
        entity=entity,
        sector=sector,
        story=story,
        since=iso_or_none(_utc(since)) or "",
        until=iso_or_none(_utc(until)) or "",
    )
    if wanted == Wanted():
        raise click.UsageError("Say what: --entity, --sector, --story, --from or --to.")
    packed = _export(read_config(config_path, complete=False), wanted, output)
    if as_json:
        print_json({"pack": str(output), **packed.about})
    else:
        _print(packed, output)
    ctx.exit(1 if packed.missing else 0)


def _utc(at: datetime | None) -> datetime | None:
    from datetime import UTC

    return at.replace(tzinfo=UTC) if at else None


def _export(config: Config, wanted: Wanted, output: Path) -> Packed:
    from monitor.errors import PackError
    from monitor.pack.build import Question, build
    from monitor.store.dossier import Dossier
    from monitor.store.reads import Reader
    from monitor.store.verdicts import decisions_on, states_of

    question = Question(
        wanted=wanted,
        evidence=config.evidence.folder,
        decisions=partial(decisions_on, config.database),
        states=partial(states_of, config.database),
    )
    with (
        Reader(config.place) as reader,
        closing(Dossier(reader.db.conn)) as dossier,
        target(output) as folder,
    ):
        stories = _checked(dossier, wanted)
        try:
            with waiting("packing", stories) as step:
                return build(dossier, question, folder, step)
        except OSError as error:
            raise PackError(f"{output}: cannot be written: {error}") from error


def _checked(dossier: Dossier, wanted: Wanted) -> int:
    """How many stories there are; an unknown name is no empty pack."""
    from monitor.errors import PackError

    for kind, name in (("entity", wanted.entity), ("sector", wanted.sector)):
        if name and not dossier.knows(kind, name):
            raise PackError(f"{name}: no such {kind}; `wirewatch watchlist list` shows them")
    stories = dossier.stories(wanted)
    if not stories:
        raise PackError("nothing fits: no pack was written")
    return len(stories)


def _print(packed: Packed, output: Path) -> None:
    click.echo(
        f"{output}: {packed.stories} stories, {packed.items} items, "
        f"{packed.documents} archived documents."
    )
    if packed.missing:
        click.echo(
            f"{len(packed.missing)} documents are not kept any more: manifest.json says why."
        )
    click.echo(f"To check it, here or elsewhere: wirewatch verify {output}")
