"""One side of one row, in a process of its own: `python -m benchmarks.proof.one crash.kills --seed 7`.

Prints what the run said, then the outcome as one line of JSON. Little is imported before it is needed,
as the program's parser processes import this module again and have little memory.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import traceback
from importlib import import_module
from pathlib import Path

AREAS = (
    "crash",
    "storage",
    "network",
    "content",
    "output",
    "alerts",
    "clock",
    "endurance",
    "cluster",
)
SEED = 20261122


def main() -> None:
    """Run it, and say what it came to."""
    asked = argparse.ArgumentParser(prog="benchmarks.proof.one", description="One side of a row.")
    asked.add_argument("row", help="AREA.NAME")
    asked.add_argument("--twin", action="store_true", help="the same without the guard")
    asked.add_argument("--short", action="store_true")
    asked.add_argument("--seed", type=int, default=SEED)
    asked.add_argument("--folder", type=Path, help="keep what it leaves there")
    options = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="proof-") as folder:
        print(json.dumps(_outcome(options, options.folder or Path(folder))), flush=True)


def _outcome(options: argparse.Namespace, folder: Path) -> dict[str, object]:
    from benchmarks.proof.row import Scale  # noqa: PLC0415

    area, _, name = options.row.partition(".")
    rows = {row.name: row for row in import_module(f"benchmarks.proof.{area}").ROWS}
    row = rows[name]
    scale = Scale(short=options.short, seed=options.seed, folder=folder)
    try:
        came = (row.twin if options.twin else row.run)(scale)
    except Exception as error:  # noqa: BLE001 -- whatever it is, it is the row's, and is shown
        traceback.print_exc(file=sys.stderr)
        return {"figure": f"broke off: {type(error).__name__}: {error}"[:300], "held": None}
    return {"figure": came.figure, "held": came.held}


if __name__ == "__main__":
    main()
