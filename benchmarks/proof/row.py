"""A row of the proof: a promise, the run that puts it to the test, and the same run without the guard.

A row's run and its twin each get a process and a folder of their own, so that a twin may spoil what
it likes in its process. Both say what they counted and whether the promise held. A proof that cannot
fail proves nothing: a row is only good if the promise holds and its twin's does not.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from benchmarks.measure import ROOT
from tests.support.postgres import programs

DATASETTE_NEXT = ROOT / ".venv-datasette-next" / "bin" / "python"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How much is to be done, and with what."""

    short: bool  # the form for every change: seconds instead of minutes
    seed: int
    folder: Path  # empty, on a disk, and thrown away afterwards

    def of(self, whole: int, short: int) -> int:
        """A number of runs, by the form."""
        return short if self.short else whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a run came to."""

    figure: str  # for people, on one line: "1,000 kills: 0 items lost, 0 alerts lost"
    held: bool


Run = Callable[[Scale], Outcome]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table."""

    name: str  # one word, unique in its area
    promise: str  # what must hold, with its limits
    run: Run
    without: str  # what the twin lacks, as it follows on "without": "the outbox"
    twin: Run
    needs: tuple[str, ...] = ()  # of NEEDS: what a machine may lack
    alone: bool = False  # it measures time: nothing else may run beside it
    minutes: float = 10.0  # until the run or the twin is given up
    short: bool = True  # has a short form that is worth a run at every change


def _namespaces() -> bool:
    """Whether networks and mounts of our own can be made, as root or in a user namespace."""
    if not shutil.which("unshare") or not shutil.which("ip"):
        return False
    asked = ["unshare", "--map-root-user", "--net", "--mount", "true"]
    return subprocess.run(asked, capture_output=True, check=False).returncode == 0


def _strace() -> bool:
    """Whether faults can be put into system calls; a container may forbid it."""
    if not shutil.which("strace"):
        return False
    asked = ["strace", "-qq", "-o", os.devnull, "-e", "trace=none", "true"]
    return subprocess.run(asked, capture_output=True, check=False).returncode == 0


def _module(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


NEEDS: dict[str, tuple[Callable[[], bool], str]] = {
    "postgresql": (
        lambda: programs() is not None and importlib.util.find_spec("procrastinate") is not None,
        "PostgreSQL (Debian: postgresql) and wirewatch[cluster]",
    ),
    "strace": (_strace, "strace (Debian: strace), with the right to trace"),
    "namespaces": (
        _namespaces,
        "namespaces of its own: unshare (Debian: util-linux), ip (iproute2)",
    ),
    "atheris": (partial(_module, "atheris"), "atheris (on PyPI; wheels for Linux on x86-64)"),
    "datasette-next": (
        DATASETTE_NEXT.exists,
        "an environment with the next line of Datasette (.ci/datasette-next makes it)",
    ),
    "chromium": (lambda: bool(shutil.which("chromium")), "chromium (Debian: chromium)"),
}


@cache
def missing(need: str) -> str:
    """What a machine lacks for a need of a row; empty if nothing."""
    present, words = NEEDS[need]
    return "" if present() else words
