"""Notices that the wall clock was moved, so that the schedule can be moved with it.

Polls are due at wall-clock times in the database, and APScheduler waits for wall-clock times too:
when the clock goes back an hour both stop for that hour, and when it goes forward all is due at
once. (Measured with APScheduler 3.11.3: clock back 1 h, no run until it has caught up.)
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta

TOLERANCE = timedelta(seconds=5)  # NTP slews by milliseconds; anything beyond is a step


def boot_clock() -> float:
    """Seconds that pass in suspend too, so that waking up is no step of the clock."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class Drift:
    """Compares the wall clock with one that nobody can set."""

    def __init__(
        self, now: Callable[[], datetime], steady: Callable[[], float] = boot_clock
    ) -> None:
        self._now = now
        self._steady = steady
        self._start()

    def _start(self) -> None:
        self._wall_then, self._steady_then = self._now(), self._steady()

    def step(self) -> timedelta:
        """How far the wall clock was moved since the last call; zero when it was not."""
        passed = timedelta(seconds=self._steady() - self._steady_then)
        moved = (self._now() - self._wall_then) - passed
        self._start()
        return moved if abs(moved) > TOLERANCE else timedelta(0)
