"""The table of the proof, as `docs/proof.md` has it."""

from __future__ import annotations

import os
import platform
import pyexpat
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version

from benchmarks.measure import ROOT
from benchmarks.proof.row import Outcome, Row

PAGE = ROOT / "docs" / "proof.md"
LIBRARIES = (
    "feedparser",
    "httpx",
    "APScheduler",
    "sqlite-utils",
    "datasette",
    "lxml",
    "trafilatura",
)

_HEAD = """# Proof

What is promised, put to the test by one command, and beside it the same test against a build without
the guard: there it must fail, or it would prove nothing.

    make proof               this page; more than an hour on two cores
    make proof SHORT=1       the short form, a few minutes; part of every change's tests
    .venv/bin/python -m benchmarks.proof --only kills

Everything happens on this machine: real processes, files, sockets and mail servers on loopback,
networks and disks in namespaces. The rows are in `benchmarks/proof/`, one file an area.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A row that has been run, or could not be."""

    area: str
    row: Row
    lacks: str  # what the machine lacks for it
    run: Outcome | str  # words where it came to no outcome
    twin: Outcome | str
    seconds: float

    @property
    def good(self) -> bool:
        """The promise held, and would not have without the guard."""
        held = isinstance(self.run, Outcome) and self.run.held
        return held and isinstance(self.twin, Outcome) and not self.twin.held


def page(lines: Sequence[Line], *, short: bool, seed: int, pieces: bool = False) -> str:
    """The whole page, Markdown. `pieces`: it may have been run in several goes."""
    parts = [_HEAD, _conditions(lines, short=short, seed=seed, pieces=pieces)]
    for area in dict.fromkeys(line.area for line in lines):
        heads = "| what | must hold | came to | without | came to | s |\n|---|---|---|---|---|--:|"
        table = [_cells(line) for line in lines if line.area == area]
        parts.append("\n".join((f"## {area.capitalize()}\n", heads, *table)) + "\n")
    return "\n".join(parts)


def _conditions(lines: Sequence[Line], *, short: bool, seed: int, pieces: bool) -> str:
    good = sum(line.good for line in lines)
    lacking = sum(bool(line.lacks) for line in lines)
    minutes = sum(line.seconds for line in lines) / 60
    goes = " Put together from several goes (`--keep`)." if pieces else ""
    of_these = f" {lacking} could not be run here." if lacking else ""
    return (
        f"{'The short form' if short else 'The whole'}, seed {seed}, {datetime.now(UTC):%d %B %Y}, "
        f"{minutes:.0f} minutes of runs, two at a time where none measures time: {good} of {len(lines)} rows held, and did not without their "
        f"guard.{of_these}{goes}\n\n{machine()}\n"
    )


def machine() -> str:
    """What it was measured on, with what."""

    def of(name: str) -> str:
        try:
            return f"{name} {version(name)}"
        except PackageNotFoundError:
            return f"no {name}"

    return (
        f"Linux {platform.release()}, {os.cpu_count()} cores, Python {platform.python_version()}, "
        f"SQLite {sqlite3.sqlite_version}, {pyexpat.EXPAT_VERSION.replace('_', ' ')}, "
        f"{', '.join(map(of, LIBRARIES))}."
    )


def _cells(line: Line) -> str:
    if line.lacks:
        run, twin = f"not run: needs {line.lacks}", ""
    else:
        run, twin = _said(line.run, must_hold=True), _said(line.twin, must_hold=False)
    cells = (f"`{line.row.name}`", line.row.promise, run, line.row.without, twin)
    return "| " + " | ".join(plain(cell) for cell in cells) + f" | {line.seconds:.0f} |"


def plain(cell: str) -> str:
    """As it may stand in a cell."""
    return " ".join(cell.replace("|", "\\|").split())


def _said(came: Outcome | str, *, must_hold: bool) -> str:
    if isinstance(came, str):
        return f"**broke off**: {came}"
    if came.held is must_hold:
        return f"{'✓' if must_hold else '✗'} {came.figure}"
    return f"**{'does not hold' if must_hold else 'holds all the same'}**: {came.figure}"


def shown(line: Line) -> str:
    """A line for people who wait."""
    if line.lacks:
        return f"{line.area}.{line.row.name}: NOT RUN, needs {line.lacks}"
    verdict = "held" if line.good else "NOT PROVEN"
    run, twin = (_said(side, must_hold=side is line.run) for side in (line.run, line.twin))
    return f"{line.area}.{line.row.name}: {verdict} ({line.seconds:.0f} s)\n  {run}\n  without {line.row.without}: {twin}"
