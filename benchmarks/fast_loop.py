"""An event loop whose clock goes fast: a wait of a minute is over in a second.

Sockets and threads are as quick as ever, so a deadline of 60 s is still some time for a server on
loopback to answer in.
"""

from __future__ import annotations

import asyncio
import selectors
import time
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any

START = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)


class FastClock:
    """`now` and seconds of the loop's time. `skip` lets time pass in which nothing would happen."""

    def __init__(self, speed: float) -> None:
        self.speed = speed
        self._began = time.monotonic()
        self._skipped = 0.0

    def seconds(self) -> float:
        """Since the clock was made."""
        return (time.monotonic() - self._began) * self.speed + self._skipped

    def now(self) -> datetime:
        return START + timedelta(seconds=self.seconds())

    def skip(self, seconds: float) -> None:
        self._skipped += seconds


class _Selector(selectors.DefaultSelector):  # type: ignore[misc, valid-type]
    speed = 1.0

    def select(self, timeout: float | None = None) -> Any:
        return super().select(timeout / self.speed if timeout else timeout)


class FastLoop(asyncio.SelectorEventLoop):
    def __init__(self, speed: float) -> None:
        selector = _Selector()
        selector.speed = speed
        self._speed = speed
        super().__init__(selector)

    def time(self) -> float:
        return super().time() * self._speed


def run(work: Coroutine[Any, Any, Any], speed: float) -> Any:
    """`asyncio.run` on a fast loop."""
    with asyncio.Runner(loop_factory=lambda: FastLoop(speed)) as runner:
        return runner.run(work)
