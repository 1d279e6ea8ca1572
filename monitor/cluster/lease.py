"""Whether this worker is still known to be alive: only then may it ask anybody anything.

A worker that was frozen, or cut off from the database, does not know it. The others take its work
over when nothing was heard of it for `STALLED`. It must have asked its last by then, and had the
answer: so it begins no request later than `LEASE` after it was last heard of.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from monitor.errors import LostError


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """How often a worker is heard of, in seconds. All workers of a database have the same."""

    beat: float = 5.0  # between two signs of life
    lease: float = 14.0  # after the last one: two may be lost
    stalled: float = 45.0  # the lease, and the longest fetch (30 s, feeds/limits.py)


def boot_clock() -> float:
    """Seconds of a clock that goes on while the machine sleeps, unlike time.monotonic."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class Lease:
    """Until when requests may be begun."""

    def __init__(self, seconds: float, clock: Callable[[], float] = boot_clock) -> None:
        self._seconds = seconds
        self._clock = clock
        self._until = float("-inf")

    def now(self) -> float:
        """The clock, to be read before a sign of life is given."""
        return self._clock()

    def renew(self, asked_at: float) -> None:
        """The database has had a sign of life, which was sent at `asked_at`."""
        self._until = asked_at + self._seconds

    def end(self) -> None:
        """The others have been told that this worker is gone."""
        self._until = float("-inf")

    @property
    def holds(self) -> bool:
        """Whether a request may be begun."""
        return self._clock() < self._until

    def check(self) -> None:
        """Let a request be begun.

        Raises:
            LostError: it may not: by the time it came others could be asking the same host.
        """
        if not self.holds:
            raise LostError("this worker was not heard of in time; others take over its work")
