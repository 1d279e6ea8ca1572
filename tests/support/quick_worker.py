"""`wirewatch worker` whose loss is noticed in seconds: the answers of tests come at once.

    python -m tests.support.quick_worker wirewatch.toml [BUILD]

BUILD lacks a guard, for twins that have to do harm:

    unswept    jobs of lost workers are left to them
    unfenced   a worker that was taken for dead goes on asking and storing
    turnless   redirects are followed to hosts that others may be asking
    once       the first word that the database is away ends it
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from monitor.cluster.jobs import Crew
from monitor.cluster.lease import Lease, Rhythm
from monitor.cluster.turns import Turns
from monitor.cluster.worker import Shift, work
from monitor.config import load
from monitor.logs import set_up
from monitor.store.postgres import claims

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


BUILDS = {
    "unswept": _unswept,
    "unfenced": _unfenced,
    "turnless": _turnless,
    "once": _once,
}


def main() -> None:
    config, *builds = sys.argv[1:]
    for build in builds:
        BUILDS[build]()
    settings = load(Path(config))
    set_up(settings.log.level, settings.log.format)
    sys.exit(not asyncio.run(work(settings, rhythm=RHYTHM)))


if __name__ == "__main__":
    main()
