"""How soon the program answers: `wirewatch --help` beside importing what it is built on.

    python -m benchmarks.startup [--runs 11] [--json]

Ends with status 1 when the first takes more than LIMIT of the second.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from statistics import median

from benchmarks.measure import must, run, table

LIMIT = 0.4
COMMANDS = {
    "wirewatch --help": "from monitor.cli import main; main()",
    "import sqlite_utils, datasette": "import sqlite_utils, datasette",
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and fail over the limit."""
    parser = argparse.ArgumentParser(prog="benchmarks.startup", description="Time to an answer.")
    parser.add_argument("--runs", type=int, default=11, help="the median of so many is shown [11]")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    ours, theirs = _medians(options.runs)
    ratio = ours / theirs
    if options.json:
        print(json.dumps({"help": ours, "import": theirs, "ratio": ratio, "limit": LIMIT}))
    else:
        rows = [(name, wall) for name, wall in zip(COMMANDS, (ours, theirs), strict=True)]
        print(table(("command", "wall s"), [*rows, (f"ratio (limit {LIMIT})", ratio)]))
    sys.exit(0 if ratio < LIMIT else 1)


def _medians(runs: int) -> tuple[float, float]:
    """Seconds of each command, run in turns so that a busy moment hits both; once to warm up."""
    walls: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(runs + 1):
        for name, code in COMMANDS.items():
            walls[name].append(must(run([sys.executable, "-c", code, "--help"])).wall)
    ours, theirs = (median(each[1:]) for each in walls.values())
    return ours, theirs


if __name__ == "__main__":
    main()
