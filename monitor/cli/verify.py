"""`wirewatch verify`: whether a pack or a backup is what it was."""

from __future__ import annotations

from pathlib import Path

import click

from monitor.cli.shared import json_option, print_json, safe
from monitor.cli.waiting import waiting


@click.command(short_help="Check an evidence pack or a backup, byte for byte.")
@click.argument("pack", type=click.Path(path_type=Path))
@json_option
@click.pass_context
def verify(ctx: click.Context, pack: Path, *, as_json: bool) -> None:
    """Check PACK, a folder or a zip: every file against both manifests, and the archived records
    against their own digests. Says which file differs, is missing or is extra.

    Needs no settings and no database. Exit status 1 if anything is wrong.

    \b
    wirewatch verify tanchon.zip
    wirewatch verify backups/2026-11-21 --json
    """  # noqa: D205, D301 - click's \b; one sentence
    from monitor.pack.verify import verify as check

    with waiting("verifying", None) as step:
        verdict = check(pack, step=step)
    if as_json:
        found = [{"file": one.file, "problem": one.what} for one in verdict.problems]
        print_json({"ok": not found, "files": verdict.files, "problems": found})
    else:
        for one in verdict.problems:
            click.echo(f"{safe(one.file)}: {safe(one.what)}")
        click.echo(
            f"{verdict.files} files, "
            + (
                f"{len(verdict.problems)} problems."
                if verdict.problems
                else "all as they were made."
            )
        )
    ctx.exit(1 if verdict.problems else 0)
