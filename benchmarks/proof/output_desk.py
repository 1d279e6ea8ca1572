"""Who may change something at the desk: the matrix of requests, on both lines of Datasette.

    python -m benchmarks.proof.output_desk [--unguarded]

is one line of it, in whichever environment it is run.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.measure import ROOT
from benchmarks.proof.row import DATASETTE_NEXT, Outcome, Row, Scale

UNGUARDED = "--unguarded"


def matrix(folder: Path, *, guarded: bool) -> dict[str, Any]:
    """Each case once on one desk: how many were answered and recorded as they must be."""
    from datasette import __version__  # noqa: PLC0415 - of the environment that this is run in

    from monitor.review import guard  # noqa: PLC0415
    from tests.support.desk_cases import MATRIX, recorded, three_doors, tried  # noqa: PLC0415

    doors = three_doors(folder)
    if not guarded:
        guard.refusal = lambda *_: None
    right = wrote = let_in = 0
    for case in MATRIX:
        desk, may = doors[case.who], case.status == 303
        before = recorded(desk.folder)
        status = tried(desk, case).status
        written = recorded(desk.folder) - before
        right += status == case.status and written == may
        wrote += written if not may else 0
        let_in += written if may else 0
    for asking in doors.values():
        asking.close()
    return {"datasette": __version__, "cases": len(MATRIX), "right": right,
            "wrote": wrote, "let_in": let_in}  # fmt: skip


def desk(_: Scale, *more: str) -> Outcome:
    """Both lines, each in its environment."""
    lines = [_line(python, *more) for python in (Path(sys.executable), DATASETTE_NEXT)]
    told = "; ".join(
        f"Datasette {line['datasette']}: {line['right']} of {line['cases']} as they must be, "
        f"{line['wrote']} wrote that must not"
        for line in lines
    )
    held = all(line["right"] == line["cases"] and line["let_in"] for line in lines)
    both = len({line["datasette"].partition(".")[0] for line in lines}) == 2
    return Outcome(figure=told, held=held and both)


def _line(python: Path, *more: str) -> dict[str, Any]:
    command = [str(python), "-m", "benchmarks.proof.output_desk", *more]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=300, check=True)
    found: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    return found


ROWS = (
    Row(
        name="desk",
        promise="only a page of the desk itself, at a name of its own, used by a reviewer, changes "
        "anything: another site, a rebound name, a reader, nobody are refused",
        run=desk,
        without="the guard in front of Datasette",
        twin=lambda scale: desk(scale, UNGUARDED),
        needs=("datasette-next",),
        short=False,  # tests/monitor/desk/test_guard.py has the same cases, on both lines
    ),
)

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        print(json.dumps(matrix(Path(made), guarded=UNGUARDED not in sys.argv)))
