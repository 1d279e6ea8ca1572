"""Programs whose wall clock somebody moves: what the rows of clock.py start.

    python -m benchmarks.proof.moved_clock daemon run        the daemon, as it is
    python -m benchmarks.proof.moved_clock alone run         APScheduler 3, a job a feed, as it comes
    python -m benchmarks.proof.moved_clock catching-up run   the same, told to drop nothing
    python -m benchmarks.proof.moved_clock naive run         the daemon, without zones

Every line on standard input moves it: `step -3600`, or `slept 3600`, as after a suspend, in which the
clock that counts from boot went on too. All that Python reads is moved (time-machine); what sleeps
goes by the steady clock, as it does when an administrator sets the time. (libfaketime moves the
steady clocks with it, and has time.sleep fail when told not to: 0.9.10.)
"""

from __future__ import annotations

import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

# Nothing of the program's is imported here: its parser processes import this module again.
if TYPE_CHECKING:
    from time_machine import Coordinates

INTERVAL = 60  # seconds between two polls: as often as anybody is polled


def _follow(clock: Coordinates, slept: list[float]) -> None:
    for line in sys.stdin:
        how, seconds = line.split()
        if how == "slept":
            slept[0] += float(seconds)
        clock.shift(float(seconds))


def _with_sleep(slept: list[float]) -> None:
    """Have the clock that counts from boot go on in suspend."""
    real = time.clock_gettime

    def clock_gettime(clock: int) -> float:
        return real(clock) + (slept[0] if clock == time.CLOCK_BOOTTIME else 0.0)

    time.clock_gettime = clock_gettime


def _daemon() -> None:
    from monitor.cli import main  # noqa: PLC0415

    main()


def _naive() -> None:
    import monitor.announce  # noqa: PLC0415
    from benchmarks.proof.clock_naive import naive_next_due, naive_quiet_until  # noqa: PLC0415

    monitor.announce.next_due = naive_next_due
    monitor.announce.quiet_until = naive_quiet_until


def _alone(**defaults: object) -> None:
    """What many a feed reader is: a scheduler with a job for each feed."""
    import asyncio  # noqa: PLC0415
    import tomllib  # noqa: PLC0415

    import httpx  # noqa: PLC0415
    from apscheduler.schedulers.asyncio import AsyncIOScheduler  # noqa: PLC0415

    listed = tomllib.loads(Path("feeds.toml").read_text(encoding="utf-8"))["feed"]

    async def watch() -> None:
        async with httpx.AsyncClient(trust_env=False) as client:
            scheduler = AsyncIOScheduler(timezone=UTC, job_defaults=defaults)
            for feed in listed:
                scheduler.add_job(
                    client.get,
                    "interval",
                    args=(feed["url"],),
                    seconds=INTERVAL,
                    next_run_time=datetime.now(UTC),
                )
            scheduler.start()
            await asyncio.Event().wait()

    asyncio.run(watch())


def main() -> None:
    """Start the program on a clock that follows standard input."""
    import time_machine  # noqa: PLC0415

    program, slept = sys.argv.pop(1), [0.0]
    _with_sleep(slept)
    with time_machine.travel(datetime.now(UTC), tick=True) as clock:
        threading.Thread(target=_follow, args=(clock, slept), daemon=True).start()
        match program:
            case "daemon":
                _daemon()
            case "naive":
                _naive()
                _daemon()
            case "alone":
                _alone()
            case "catching-up":
                _alone(coalesce=False, misfire_grace_time=None, max_instances=1_000_000)


if __name__ == "__main__":
    main()
