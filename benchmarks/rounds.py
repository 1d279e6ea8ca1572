"""Whole polling rounds, our program beside others and beside floors, in the same run:

| round | what the servers have |
|---|---|
| cold | everything, for an empty database |
| 304 | nothing new, and they say so |
| same | nothing new, but every document is sent again in full |
| new | one new entry in every feed: the real life of a monitor |
| edit | one entry edited in every feed |

    python -m benchmarks.rounds [--feeds FOLDER_OR_TAR] [--copies 4] [--runs 3] [--alone] [--json]

Ours tags, finds copies, keeps evidence and indexes for search; the others do none of that. Numbers
of two machines, or of two days, cannot be compared; the ratios of one run can.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median

from benchmarks.editing import with_edit, with_new
from benchmarks.measure import must, run, table
from benchmarks.programs import HERE, OURS, Outcome, missing, programs
from benchmarks.samples import Sample, copies, samples
from benchmarks.serving import Served, serving

ROUNDS = ("cold", "304", "same", "new", "edit")
EDITION = {"cold": 0, "304": 0, "same": 1, "new": 2, "edit": 3}  # what is served meanwhile
EXPAT, FEEDPARSER, STORE = "floor: expat", "floor: feedparser", "floor: executemany"

Outcomes = Mapping[tuple[str, str], Outcome]
"""By program and round."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The median of all runs of one program's round."""

    program: str
    round: str
    feeds: int
    items: int
    cpu: float
    wall: float
    feeds_per_second: float
    memory: float
    cpu_ratio: float | None  # ours / theirs, the median of the ratios of each run
    wall_ratio: float | None


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    options = _options(arguments)
    documents = copies(samples(options.feeds), options.copies)
    wanted = () if options.alone else None
    runs = measured(documents, runs=options.runs, watchlist=options.watchlist, wanted=wanted)
    rows = rows_of(runs, len(documents))
    if options.json:
        print(json.dumps([asdict(row) for row in rows], indent=2))
        return
    print(f"{len(documents)} feeds, {sum(len(d.body) for d in documents) / 1e6:.0f} MB\n")
    print(drawn(rows))
    print(f"\nWhere the CPU seconds of ours go:\n\n{profile(runs)}")
    if lacking := missing():
        print(f"\nNot installed here: {', '.join(lacking)}.")


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.rounds", description="Whole polling rounds.")
    parser.add_argument("--feeds", type=Path, help="feed files: a folder or tar [invented ones]")
    parser.add_argument("--copies", type=int, default=4, help="how often each is served [4]")
    parser.add_argument("--runs", type=int, default=3, help="the median of so many is shown [3]")
    parser.add_argument("--watchlist", default="dprk-civilian", help="bundled name or path")
    parser.add_argument("--alone", action="store_true", help="measure no other program")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args(arguments)


def editions(documents: Sequence[Sample], rounds: Sequence[str]) -> list[list[Sample]]:
    """What is served, one after the other, as far as the rounds need it."""
    made = [list(documents)]
    if not {"same", "new", "edit"}.isdisjoint(rounds):
        new = [with_new(one) for one in documents]
        again = [replace(one, body=one.body + b"\n") for one in documents]  # its ETag is another
        made += [again, new, [with_edit(one) for one in new]]
    return made


def measured(
    documents: Sequence[Sample],
    *,
    runs: int,
    watchlist: str = "dprk-civilian",
    wanted: Sequence[str] | None = None,
    rounds: Sequence[str] = ROUNDS,
    again: Mapping[str, Sequence[str]] | None = None,
) -> list[Outcomes]:
    """Every program through every round, as often as asked; `wanted` names the other programs.

    `again`: those that take part after the first run too, and in which rounds; None for all.
    """
    with tempfile.TemporaryDirectory(prefix="rounds-") as name:
        folder = Path(name)
        with serving(editions(documents, rounds), folder / "served") as served:
            return [
                _run(
                    *(folder, n, served),
                    watchlist=watchlist,
                    wanted=wanted if again is None or n == 0 else list(again),
                    rounds=rounds,
                    skipped=_skipped(again, rounds) if n else (),
                )
                for n in range(runs)
            ]


def _run(
    folder: Path,
    number: int,
    served: Served,
    *,
    watchlist: str,
    wanted: Sequence[str] | None,
    rounds: Sequence[str],
    skipped: Collection[tuple[str, str]],
) -> Outcomes:
    """Every program's rounds, each with a database of its own, one after the other."""
    own = folder / f"run{number}"
    own.mkdir()
    done: dict[tuple[str, str], Outcome] = {}
    for program, turn in programs(own, served.urls, watchlist=watchlist, wanted=wanted).items():
        for name in rounds:
            if (program, name) in skipped:
                continue
            served.show(EDITION[name])
            done[program, name] = turn()
            _told(program, name, done[program, name])
            if (program, name) == (OURS, "cold"):
                done[STORE, name] = _floor("floor_store.py", own / "ours.db", own / "floor.db")
    for name in rounds:
        bodies = folder / "served" / str(EDITION[name])
        if name != "304":
            done[EXPAT, name] = _floor("floor_expat.py", bodies)
        if name in ("same", "new"):
            done[FEEDPARSER, name] = _floor("floor_feedparser.py", bodies)
    return done


def _skipped(
    again: Mapping[str, Sequence[str]] | None, rounds: Sequence[str]
) -> set[tuple[str, str]]:
    return {
        (program, name)
        for program, kept in (again or {}).items()
        for name in rounds
        if name not in kept
    }


def _told(program: str, name: str, outcome: Outcome) -> None:
    print(f"{program}, {name}: {outcome.cost.wall:.1f} s", file=sys.stderr, flush=True)


def _floor(script: str, *arguments: Path) -> Outcome:
    cost = must(run([sys.executable, str(HERE / script), *map(str, arguments)]))
    # What it prints last are the CPU seconds without the preparations, where there are any.
    good, size, *cpu = cost.output.split()
    cost = replace(cost, cpu=float(cpu[0])) if cpu else cost
    return Outcome(cost=cost, feeds=int(good), items=int(size))


def rows_of(runs: Sequence[Outcomes], feeds: int) -> list[Row]:
    """The table's rows, by round."""
    rows = [_row(program, name, runs, feeds) for program, name in runs[0]]
    return sorted(rows, key=lambda row: ROUNDS.index(row.round))


def _row(program: str, name: str, runs: Sequence[Outcomes], feeds: int) -> Row:
    runs = [one for one in runs if (program, name) in one]
    ours = [one[OURS, name].cost for one in runs]
    done = [one[program, name] for one in runs]
    costs = [one.cost for one in done]
    other = program != OURS
    wall = median(cost.wall for cost in costs)
    return Row(
        program=program,
        round=name,
        feeds=done[0].feeds,
        items=done[0].items,
        cpu=median(cost.cpu for cost in costs),
        wall=wall,
        feeds_per_second=feeds / wall,
        memory=max(cost.memory for cost in costs),
        cpu_ratio=median(o.cpu / c.cpu for o, c in zip(ours, costs, strict=True))
        if other
        else None,
        wall_ratio=median(o.wall / c.wall for o, c in zip(ours, costs, strict=True))
        if other
        else None,
    )


def drawn(rows: Sequence[Row]) -> str:
    """The rounds as a table."""
    headings = (
        *("round", "program", "feeds read", "items kept", "CPU s", "wall s", "feeds/s"),
        *("peak MiB", "CPU, ours/theirs", "wall, ours/theirs"),
    )
    return table(
        headings,
        [
            (r.round, r.program, *_kept(r), r.cpu, r.wall, r.feeds_per_second,
             r.memory or "", r.cpu_ratio or "", r.wall_ratio or "")
            for r in rows
        ],
    )  # fmt: skip


def _kept(row: Row) -> tuple[object, object]:
    """Feeds and items; a floor reads and keeps none."""
    return ("", "") if row.program.startswith("floor") else (row.feeds, row.items)


def profile(runs: Sequence[Outcomes]) -> str:
    """Where the CPU seconds of ours go in each round, as a table: the medians."""
    rounds = [name for program, name in runs[0] if program == OURS]
    stages = dict.fromkeys(
        stage for one in runs for name in rounds for stage in one[OURS, name].stages
    )
    rows = [(stage, *(stage_of(runs, name, stage) for name in rounds)) for stage in stages]
    blocks = [[one[OURS, name] for one in runs] for name in rounds]
    worst = [max(each, key=lambda outcome: outcome.block) for each in blocks]
    rows.append(("longest block of the loop, ms", *(1_000 * one.block for one in worst)))
    words = "; ".join(f"{n}: {one.blocker}" for n, one in zip(rounds, worst, strict=True))
    return f"{table(('stage', *rounds), rows)}\n\nWhat blocked the loop longest: {words}."


def stage_of(runs: Sequence[Outcomes], name: str, *stages: str) -> float:
    """CPU seconds of stages of ours in a round, the median of the runs."""
    return median(sum(one[OURS, name].stages.get(s, 0.0) for s in stages) for one in runs)


def ratio(
    runs: Sequence[Outcomes],
    one: tuple[str, str],
    other: tuple[str, str],
    of: Callable[[Outcome], float] = lambda outcome: outcome.cost.cpu,
) -> float | None:
    """The median of the ratios of each run; None where one of them did not run."""
    if one not in runs[0] or other not in runs[0]:
        return None
    return median(of(each[one]) / of(each[other]) for each in runs)


if __name__ == "__main__":
    main()
