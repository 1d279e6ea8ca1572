"""A step of the wall clock is told from time passing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from monitor.drift import Drift


class Clocks:
    def __init__(self) -> None:
        self.wall = datetime(2026, 11, 21, tzinfo=UTC)
        self.steady = 1000.0

    def pass_(self, seconds: float, *, step: timedelta = timedelta(0)) -> None:
        self.steady += seconds
        self.wall += timedelta(seconds=seconds) + step


@pytest.mark.parametrize(
    "step", [timedelta(hours=-1), timedelta(hours=1), timedelta(days=60), timedelta(seconds=-6)]
)
def test_steps_are_seen_once(step: timedelta) -> None:
    clocks = Clocks()
    drift = Drift(lambda: clocks.wall, lambda: clocks.steady)
    clocks.pass_(1, step=step)
    assert drift.step() == step
    clocks.pass_(1)
    assert drift.step() == timedelta(0)


@pytest.mark.parametrize("seconds", [0.5, 1, 3600, 86_400])
def test_time_passing_is_no_step(seconds: float) -> None:
    clocks = Clocks()
    drift = Drift(lambda: clocks.wall, lambda: clocks.steady)
    clocks.pass_(seconds, step=timedelta(milliseconds=400))  # as NTP slews
    assert drift.step() == timedelta(0)
