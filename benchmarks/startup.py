"""How soon the program answers: its commands beside importing what it is built on.

    python -m benchmarks.startup [--runs 11] [--json]

CPU seconds, since most of a start is computing; the least of the runs, since only other work on the
machine makes one longer. `poll` and `stats` are of a database without an item. Ends with status 1
when `wirewatch --help` takes more than LIMIT of the import.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.measure import must, run, table

LIMIT = 0.4
IMPORT = "import sqlite_utils, datasette"
HELP = "wirewatch --help"
COMMANDS = {
    HELP: ["--help"],
    "wirewatch tag": ["tag", "--watchlist", "dprk-civilian", "text.txt"],
    "wirewatch watchlist check": ["watchlist", "check", "dprk-civilian"],
    "wirewatch poll": ["poll", "--config", "wirewatch.toml"],
    "wirewatch stats": ["stats", "--config", "wirewatch.toml"],
}
_PROGRAM = "from monitor.start import main; main()"
_SETTINGS = """
database = "wirewatch.db"
watchlists = ["dprk-civilian"]
feeds = ["feeds.toml"]

[fetch]
allow_private_addresses = true
"""
# Nothing listens there (RFC 863's port, which nobody has any more): the poll is over at once.
_FEEDS = '[[feed]]\nurl = "http://127.0.0.1:9/"\nname = "Nobody"\n'


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and fail over the limit."""
    parser = argparse.ArgumentParser(prog="benchmarks.startup", description="Time to an answer.")
    parser.add_argument("--runs", type=int, default=11, help="the least of so many is shown [11]")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    least = starts(options.runs)
    ratios = {name: cpu / least[IMPORT] for name, cpu in least.items()}
    if options.json:
        print(json.dumps({"cpu": least, "ratio": ratios, "limit": LIMIT}))
    else:
        rows = [(name, cpu, ratios[name]) for name, cpu in least.items()]
        print(table(("command", "CPU s", f"of the import (limit of --help {LIMIT})"), rows))
    sys.exit(0 if ratios[HELP] < LIMIT else 1)


def starts(runs: int) -> Mapping[str, float]:
    """CPU seconds of each command, run in turns so that a busy moment hits all; once to warm up."""
    python = [sys.executable, "-c"]
    commands = {
        IMPORT: [*python, IMPORT],
        "import monitor.compose": [*python, "import monitor.compose"],
        **{name: [*python, _PROGRAM, *words] for name, words in COMMANDS.items()},
    }
    took: dict[str, list[float]] = {name: [] for name in commands}
    with tempfile.TemporaryDirectory(prefix="startup-") as name:
        folder = Path(name)
        (folder / "wirewatch.toml").write_text(_SETTINGS, encoding="utf-8")
        (folder / "feeds.toml").write_text(_FEEDS, encoding="utf-8")
        (folder / "text.txt").write_text("평양화력발전소 · Хичхонская ГЭС", encoding="utf-8")
        for _ in range(runs + 1):
            for what, command in commands.items():
                took[what].append(must(run(command, folder=folder), 1).cpu)
    return {what: min(cpus[1:]) for what, cpus in took.items()}


if __name__ == "__main__":
    main()
