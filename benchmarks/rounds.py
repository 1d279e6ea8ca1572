"""Whole rounds: every feed polled once with an empty database (cold), and again when nothing is new
(warm: every server answers 304). Our program beside others, in the same run.

    python -m benchmarks.rounds [--feeds FOLDER_OR_TAR] [--copies 4] [--runs 3] [--alone] [--json]

Ours tags, finds copies, keeps evidence and indexes for search; the others do none of that. Numbers
of two machines, or of two days, cannot be compared; the ratios of one run can.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from benchmarks.measure import Cost, must, run, table
from benchmarks.peers import peers_python
from benchmarks.samples import copies, samples
from benchmarks.serving import serving

HERE = Path(__file__).parent
OURS = "wirewatch"
ROUNDS = ("cold", "warm")

SETTINGS = """
database = "ours.db"
watchlists = [{watchlist}]
feeds = ["feeds.toml"]

[fetch]
allow_private_addresses = true
host_gap = 0
"""

Round = Callable[[], "Outcome"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One program's round."""

    cost: Cost
    feeds: int  # that could be read
    items: int  # kept so far


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
    with tempfile.TemporaryDirectory(prefix="rounds-") as name:
        folder = Path(name)
        with serving(documents, folder / "served") as urls:
            runs = [_run(folder / f"run{n}", urls, options) for n in range(options.runs)]
    rows = _rows(runs, len(documents))
    if options.json:
        print(json.dumps([asdict(row) for row in rows], indent=2))
    else:
        print(f"{len(documents)} feeds, {sum(len(d.body) for d in documents) / 1e6:.0f} MB\n")
        print(_drawn(rows))
        if not (options.alone or peers_python()):
            print(
                "\nOurs alone: `python -m benchmarks.peers` installs the programs to compare with."
            )


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.rounds", description="Whole polling rounds.")
    parser.add_argument("--feeds", type=Path, help="feed files: a folder or tar [invented ones]")
    parser.add_argument("--copies", type=int, default=4, help="how often each is served [4]")
    parser.add_argument("--runs", type=int, default=3, help="the median of so many is shown [3]")
    parser.add_argument("--watchlist", default="dprk-civilian", help="bundled name or path")
    parser.add_argument("--alone", action="store_true", help="measure no other program")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args(arguments)


def _run(
    folder: Path, urls: Sequence[str], options: argparse.Namespace
) -> dict[tuple[str, str], Outcome]:
    """Every program's rounds, each with a database of its own, one after the other."""
    folder.mkdir()
    done: dict[tuple[str, str], Outcome] = {}
    for program, one_round in _programs(folder, urls, options).items():
        for name in ROUNDS:
            done[program, name] = one_round()
            print(f"{program}, {name}: {done[program, name].cost.wall:.1f} s", file=sys.stderr)
    return done


def _programs(folder: Path, urls: Sequence[str], options: argparse.Namespace) -> dict[str, Round]:
    programs = {OURS: _ours(folder, urls, options.watchlist)}
    if not options.alone and (python := peers_python()):
        list_file = folder / "urls.txt"
        list_file.write_text("\n".join(urls), encoding="utf-8")
        programs["reader, 20 workers"] = _peer(python, "peer_reader.py", folder, list_file)
        programs["feed-to-sqlite"] = _peer(python, "peer_feed_to_sqlite.py", folder, list_file)
    return programs


def _ours(folder: Path, urls: Sequence[str], watchlist: str) -> Round:
    name = Path(watchlist)
    chosen = str(name.absolute()) if name.suffix else watchlist
    settings, database = folder / "wirewatch.toml", folder / "ours.db"
    settings.write_text(SETTINGS.format(watchlist=json.dumps(chosen)), encoding="utf-8")
    feeds = "".join(f'[[feed]]\nurl = "{url}"\nname = "Feed {n}"\n' for n, url in enumerate(urls))
    (folder / "feeds.toml").write_text(feeds, encoding="utf-8")
    start = [sys.executable, "-c", "from monitor.cli import main; main()"]
    command = [*start, "poll", "--all", "--no-alerts", "--config", str(settings)]

    def one_round() -> Outcome:
        cost = must(run(command), 1)  # 1: some feed could not be read
        return Outcome(
            cost=cost,
            feeds=_count(database, "SELECT count(*) FROM feeds WHERE health = 'ok'"),
            items=_count(database, "SELECT count(*) FROM items"),
        )

    return one_round


def _peer(python: Path, script: str, folder: Path, list_file: Path) -> Round:
    database = folder / f"{script}.db"
    command = [str(python), str(HERE / script), str(database), str(list_file)]

    def one_round() -> Outcome:
        cost = must(run(command))
        feeds, items = cost.output.split()[-2:]
        return Outcome(cost=cost, feeds=int(feeds), items=int(items))

    return one_round


def _count(database: Path, query: str) -> int:
    with closing(sqlite3.connect(database)) as connection:
        return int(connection.execute(query).fetchone()[0])


def _rows(runs: Sequence[dict[tuple[str, str], Outcome]], feeds: int) -> list[Row]:
    return [_row(program, name, runs, feeds) for program, name in runs[0]]


def _row(
    program: str, name: str, runs: Sequence[dict[tuple[str, str], Outcome]], feeds: int
) -> Row:
    ours = [run[OURS, name].cost for run in runs]
    done = [run[program, name] for run in runs]
    costs = [one.cost for one in done]
    peer = program != OURS
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
        cpu_ratio=median(o.cpu / c.cpu for o, c in zip(ours, costs, strict=True)) if peer else None,
        wall_ratio=median(o.wall / c.wall for o, c in zip(ours, costs, strict=True))
        if peer
        else None,
    )


def _drawn(rows: Sequence[Row]) -> str:
    headings = (
        *("round", "program", "feeds read", "items kept", "CPU s", "wall s", "feeds/s"),
        *("peak MiB", "CPU, ours/theirs", "wall, ours/theirs"),
    )
    return table(
        headings,
        [
            (r.round, r.program, r.feeds, r.items, r.cpu, r.wall, r.feeds_per_second, r.memory,
             r.cpu_ratio or "", r.wall_ratio or "")
            for r in sorted(rows, key=lambda row: ROUNDS.index(row.round))
        ],
    )  # fmt: skip


if __name__ == "__main__":
    main()
