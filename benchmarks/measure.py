"""What a command costs: time, CPU and memory of all its processes; and tables to show it."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

ROOT = Path(__file__).parent.parent
_LOOK_EVERY = 0.1  # seconds between two looks at the memory; a look takes about a millisecond
_FAILURE_LINES = 20
_SUBREAPER = 36  # prctl(2): PR_SET_CHILD_SUBREAPER


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one run of a command took."""

    wall: float  # seconds
    cpu: float  # seconds, user and system, of all its processes
    memory: float  # MiB at the peak, all its processes together (PSS: what they share counts once)
    status: int
    output: str


def run(
    command: Sequence[str], *, environ: Mapping[str, str] | None = None, folder: Path = ROOT
) -> Cost:
    """Run a command to its end, in the repository's folder or another, and say what it took."""
    _adopt_orphans()
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
        started = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environ,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        with _Watch(process.pid) as watch:
            _, status, usage = os.wait4(process.pid, 0)
            wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        orphans = _cpu_of_orphans(process.pid)
        output.seek(0)
        return Cost(
            wall=wall,
            cpu=usage.ru_utime + usage.ru_stime + orphans,
            memory=watch.peak / 1024,
            status=process.returncode,
            output=output.read(),
        )


def _adopt_orphans() -> None:
    """Become the parent of what a command leaves behind.

    It does not wait for the process that its parsers are forked from, so that none of their time
    would count.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)


def _cpu_of_orphans(session: int) -> float:
    """CPU seconds of what a command left behind in its session, once that has ended too."""
    cpu = 0.0
    with suppress(ChildProcessError):
        while True:
            _, _, usage = os.wait4(-session, 0)
            cpu += usage.ru_utime + usage.ru_stime
    return cpu


def must(cost: Cost, *allowed: int) -> Cost:
    """The cost of a command that went well; ends the benchmark with its output if it did not."""
    if cost.status not in (0, *allowed):
        print(*cost.output.splitlines()[-_FAILURE_LINES:], sep="\n", file=sys.stderr)
        raise SystemExit(f"a measured command ended with status {cost.status}")
    return cost


class _Watch:
    """Looks at the memory of a process and all its descendants, from a thread of its own."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self.peak = 0  # KiB

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(_LOOK_EVERY):
            self.peak = max(self.peak, sum(_memory(pid) for pid in _family(self._pid)))


def _family(pid: int) -> Iterator[int]:
    """A process and its descendants, as far as they live."""
    yield pid
    with suppress(OSError):  # it may end while it is looked at
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                yield from _family(int(child))


def _memory(pid: int) -> int:
    """KiB. See proc(5): each page counts as its share among those that have it."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0


def table(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table: numbers to the right, three digits that count."""
    cells = [[_shown(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(headings, *cells, strict=True)]
    number = [isinstance(cell, int | float) for cell in rows[0]]
    rule = [("-" * (w - 1) + ":") if n else "-" * w for w, n in zip(widths, number, strict=True)]
    return "\n".join(_line(row, widths, number) for row in (headings, rule, *cells))


def _line(cells: Sequence[str], widths: Sequence[int], number: Sequence[bool]) -> str:
    aligned = (
        cell.rjust(width) if right else cell.ljust(width)
        for cell, width, right in zip(cells, widths, number, strict=True)
    )
    return f"| {' | '.join(aligned)} |"


def _shown(cell: object) -> str:
    if not isinstance(cell, float):
        return str(cell)
    return f"{cell:.0f}" if cell >= 100 else f"{cell:.3g}"
