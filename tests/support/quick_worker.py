"""`wirewatch worker` whose loss is noticed in seconds: the answers of tests come at once.

    python -m tests.support.quick_worker wirewatch.toml [BUILD] [STEP]

BUILD lacks a guard, for twins that have to do harm:

    unswept    jobs of lost workers are left to them
    unfenced   a worker that was taken for dead goes on asking and storing
    turnless   redirects are followed to hosts that others may be asking
    once       the first word that the database is away ends it
    trusting   one's own clock is taken for right, whatever the database's says

STEP, a number, is what `clock` beside the settings moves its wall clock by once that file is there.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from monitor.cluster.jobs import Crew
from monitor.cluster.lease import Lease, Rhythm
from monitor.cluster.turns import Turns
from monitor.cluster.worker import Shift, work
from monitor.config import load
from monitor.logs import set_up
from monitor.store.postgres import claims
from monitor.wall import wall_clock

RHYTHM = Rhythm(beat=0.5, lease=2.0, stalled=4.0)


def _unswept() -> None:
    async def sweep(_crew: Crew, timestamp: int) -> None:
        pass

    Crew._sweep = sweep  # type: ignore[method-assign]


def _unfenced() -> None:
    claims.hold = lambda *_: None  # type: ignore[assignment]
    Lease.holds = property(lambda _: True)  # type: ignore[assignment,method-assign]
    Lease.check = lambda _: None  # type: ignore[method-assign]


def _once() -> None:
    async def run(shift: Shift) -> None:
        await shift._serve()

    Shift.run = run  # type: ignore[method-assign]


def _turnless() -> None:
    Turns._is_ours = lambda *_: True  # type: ignore[method-assign]


def _trusting() -> None:
    async def together(*_: object) -> float:
        return 0.0

    claims.behind = together


BUILDS = {
    "trusting": _trusting,
    "unswept": _unswept,
    "unfenced": _unfenced,
    "turnless": _turnless,
    "once": _once,
}


def main() -> None:
    config, *builds = sys.argv[1:]
    step = float(builds.pop()) if builds and builds[-1].lstrip("-").isdigit() else 0.0
    for build in builds:
        BUILDS[build]()
    settings = load(Path(config))
    set_up(settings.log.level, settings.log.format)
    now = _moved_by(timedelta(seconds=step), Path(config).with_name("clock"))
    sys.exit(not asyncio.run(work(settings, now=now, rhythm=RHYTHM)))


def _moved_by(step: timedelta, when: Path) -> Callable[[], datetime]:
    return lambda: wall_clock() + (step if step and when.exists() else timedelta(0))


if __name__ == "__main__":
    main()
