"""Print the table of what the program survives.

    python -m benchmarks.proof [--short] [--only NAME]… [--seed 20261122] [--write]

Each row is run twice: as the program is, and as its broken twin, which must fail. `--short` is what
continuous integration runs, some three minutes; without it the whole takes up to an hour. `--write`
puts the table into docs/proof.md. Fails if a promise is broken, a twin survives or a row cannot run.
"""

from __future__ import annotations

import argparse
import platform
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks.measure import ROOT
from benchmarks.proof.register import ROWS
from benchmarks.proof.rows import Outcome, Row, Scale

PAGE = ROOT / "docs" / "proof.md"
BEGIN, END = "<!-- begin of what `make proof` wrote -->", "<!-- end of what `make proof` wrote -->"
LIBRARIES = ("feedparser", "httpx", "apscheduler", "sqlite-utils", "datasette")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A row with what became of it."""

    row: Row
    outcome: Outcome
    twin: Outcome
    seconds: float

    @property
    def good(self) -> bool:
        """The promise held, and would not have without the guard."""
        return self.outcome.held and not self.twin.held


def main(words: Sequence[str] | None = None) -> None:
    """Run the rows that are asked for."""
    asked = _arguments().parse_args(words)
    rows = [row for row in ROWS if not asked.only or row.name in asked.only]
    if unknown := set(asked.only) - {row.name for row in ROWS}:
        sys.exit(
            f"no row {', '.join(sorted(unknown))}; there are {', '.join(r.name for r in ROWS)}"
        )
    done = [_shown(row, short=asked.short, seed=asked.seed) for row in rows]
    page = _page(done, short=asked.short, seed=asked.seed)
    print(f"\n{page}")
    if asked.write:
        _write(page)
    if bad := [shown.row.name for shown in done if not shown.good]:
        sys.exit(f"not proven: {', '.join(bad)}")


def _arguments() -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(description=__doc__, prog="python -m benchmarks.proof")
    found.formatter_class = argparse.RawDescriptionHelpFormatter
    found.add_argument("--short", action="store_true", help="what fits into some three minutes")
    found.add_argument("--only", action="append", default=[], help="a row by its name")
    found.add_argument("--seed", type=int, default=20261122)
    found.add_argument("--write", action="store_true", help="put the table into docs/proof.md")
    return found


def _shown(row: Row, *, short: bool, seed: int) -> Shown:
    began = time.monotonic()
    print(f"{row.name}: {row.promise}", file=sys.stderr, flush=True)
    missing = [program for program in row.needs if not shutil.which(program)]
    if missing:
        words = f"not run: {', '.join(missing)} is not installed"
        outcome = twin = Outcome(figure=words, held=False)
    else:
        outcome = _run(row.run, short=short, seed=seed)
        print(f"  {outcome.figure}", file=sys.stderr, flush=True)
        twin = _run(row.twin, short=short, seed=seed)
        print(f"  without {row.without}: {twin.figure}", file=sys.stderr, flush=True)
    return Shown(row=row, outcome=outcome, twin=twin, seconds=time.monotonic() - began)


def _run(run: Callable[[Scale], Outcome], *, short: bool, seed: int) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="wirewatch-proof-") as folder:
        return run(Scale(short=short, seed=seed, folder=Path(folder)))


def _page(done: Sequence[Shown], *, short: bool, seed: int) -> str:
    """The table in Markdown, with what it was made by."""
    form = "short form" if short else "whole"
    made = f"{datetime.now(UTC):%Y-%m-%d}, {form}, seed {seed}"
    with_what = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    python = f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    system = f"{platform.system()} {platform.release()}"
    lines = [
        f"Made {made} on {system}, {python}, {with_what}.",
        "",
        "| promise | what was seen | the same without the guard | seconds |",
        "|---|---|---|---:|",
        *(
            f"| {one.row.promise} | {_mark(one.outcome)}{one.outcome.figure} "
            f"| without {one.row.without}: {one.twin.figure} | {one.seconds:.0f} |"
            for one in done
        ),
    ]
    return "\n".join(lines)


def _mark(outcome: Outcome) -> str:
    return "" if outcome.held else "**broken**: "


def _write(page: str) -> None:
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n\n{page}\n\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
