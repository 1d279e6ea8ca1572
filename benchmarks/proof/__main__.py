"""The whole proof: every promise put to the test, beside the same test without the guard.

    python -m benchmarks.proof               everything, more than an hour: prints the table
    python -m benchmarks.proof --write       and puts it into docs/proof.md: this is `make proof`
    python -m benchmarks.proof --short       the short form, a few minutes
    python -m benchmarks.proof --only kills  rows with this word in their name
    python -m benchmarks.proof --list        what there is
    python -m benchmarks.proof --keep FILE   can be broken off: the next one goes on from the file

Ends with status 1 if a promise does not hold, or a twin's does.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path

from benchmarks.measure import ROOT
from benchmarks.proof.kept import Kept
from benchmarks.proof.one import AREAS, SEED
from benchmarks.proof.page import PAGE, Line, page, shown
from benchmarks.proof.row import Outcome, Row, missing

TRIES = 3  # of a twin: what it lacks does harm only at some moments

_SAY = threading.Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How the rows are run."""

    short: bool
    seed: int
    jobs: int
    kept: Kept


def rows() -> Iterator[tuple[str, Row]]:
    """Every row, with its area."""
    for area in AREAS:
        for row in import_module(f"benchmarks.proof.{area}").ROWS:
            yield area, row


def twin_of(area: str, row: Row, form: Form) -> Outcome | str:
    """Run a row's twin; with other dice once more, and again, if it came to no harm by luck."""
    for tried in range(TRIES):
        came = one_side(area, row, replace(form, seed=form.seed + tried), twin=True)
        if isinstance(came, str) or not came.held:
            break
    if isinstance(came, Outcome) and tried:
        came = replace(came, figure=f"{came.figure} (tried {tried + 1} times)")
    return came


def one_side(area: str, row: Row, form: Form, *, twin: bool) -> Outcome | str:
    """Run a row or its twin in a process of its own; words if it came to nothing."""
    command = [sys.executable, "-m", "benchmarks.proof.one", f"{area}.{row.name}"]
    command += [f"--seed={form.seed}", *["--short"] * form.short, *["--twin"] * twin]
    try:
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, timeout=60 * row.minutes, check=False
        )
    except subprocess.TimeoutExpired:
        return f"no end within {row.minutes:g} minutes"
    last = (done.stdout.decode(errors="replace").splitlines() or [""])[-1]
    if not last.startswith('{"figure"'):
        return f"ended with status {done.returncode}: {_tail(done.stderr)}"
    came = json.loads(last)
    if came["held"] is None:
        return f"{came['figure']} {_tail(done.stderr)}"
    return Outcome(figure=came["figure"], held=came["held"])


def _tail(stderr: bytes) -> str:
    return " / ".join(stderr.decode(errors="replace").splitlines()[-3:])


def line(area: str, row: Row, form: Form) -> Line:
    """Run a row and its twin."""
    if lacks := [words for need in row.needs if (words := missing(need))]:
        return Line(area=area, row=row, lacks="; ".join(lacks), run="", twin="", seconds=0.0)
    if before := form.kept.line(area, row):
        return before
    began = time.monotonic()
    run = one_side(area, row, form, twin=False)
    twin = twin_of(area, row, form)
    took = time.monotonic() - began
    done = Line(area=area, row=row, lacks="", run=run, twin=twin, seconds=took)
    with _SAY:
        form.kept.keep(done)
        print(shown(done), file=sys.stderr, flush=True)
    return done


def proven(chosen: Sequence[tuple[str, Row]], form: Form) -> list[Line]:
    """Run rows beside each other, those that measure time after them, one by one."""
    together = [(area, row) for area, row in chosen if not row.alone]
    done: dict[tuple[str, str], Line] = {}
    with ThreadPoolExecutor(form.jobs) as runners:
        # The longest first, so that none is left to run by itself at the end.
        together.sort(key=lambda one: -one[1].minutes)
        for came in runners.map(lambda one: line(*one, form), together):
            done[came.area, came.row.name] = came
    for area, row in chosen:
        if row.alone:
            done[area, row.name] = line(area, row, form)
    if form.short:
        for area, row in _unsteady(done.values()):
            done[area, row.name] = line(area, row, form)
    return [done[area, row.name] for area, row in chosen]


def _unsteady(lines: Iterable[Line]) -> list[tuple[str, Row]]:
    """Rows to run once more, by themselves: the short form has few samples, on any machine.

    What came first was printed. The whole form takes what comes.
    """
    again = [(one.area, one.row) for one in lines if not one.good and not one.lacks]
    for area, row in again:
        print(f"{area}.{row.name}: once more, with nothing beside it", file=sys.stderr)
    return again


def main(arguments: Sequence[str] | None = None) -> None:
    """Run what is asked for, and print the table."""
    asked = argparse.ArgumentParser(
        prog="benchmarks.proof", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    asked.add_argument(
        "--short", action="store_true", help="a few minutes instead of more than an hour"
    )
    asked.add_argument("--only", default="", metavar="WORD", help="rows with this in AREA.NAME")
    asked.add_argument("--seed", type=int, default=SEED, help=f"[{SEED}]")
    asked.add_argument("--jobs", type=int, help="rows at once [cores; of the short form, twice]")
    asked.add_argument("--write", action="store_true", help="put the table into docs/proof.md")
    asked.add_argument("--keep", type=Path, metavar="FILE", help="results so far, to go on from")
    asked.add_argument("--list", action="store_true", help="name the rows, run none")
    options = asked.parse_args(arguments)
    chosen = [(a, r) for a, r in rows() if options.only in f"{a}.{r.name}"]
    if options.short:
        chosen = [(a, r) for a, r in chosen if r.short]
    if options.list or not chosen:
        print(*(f"{area}.{row.name}: {row.promise}" for area, row in chosen), sep="\n")
        sys.exit(0 if chosen else f"no row has “{options.only}” in its name")
    # What waits most of its time, as a short form does, leaves a core to another.
    jobs = options.jobs or (os.cpu_count() or 1) * (2 if options.short else 1)
    kept = Kept(options.keep, short=options.short, seed=options.seed)
    form = Form(short=options.short, seed=options.seed, jobs=jobs, kept=kept)
    lines = proven(chosen, form)
    text = page(lines, short=form.short, seed=form.seed, pieces=kept.used)
    print(text)
    if options.write:
        PAGE.write_text(text, encoding="utf-8")
    # What a machine lacks is its owner's to choose, but not in CI, which has to bring it.
    excused = not os.environ.get("CI")
    short_of_it = [one for one in lines if not one.good and not (one.lacks and excused)]
    # Last, where one looks first: the table before it is long.
    for one in short_of_it:
        print(shown(one), file=sys.stderr)
    sys.exit(1 if short_of_it else 0)


if __name__ == "__main__":
    main()
