"""Rows about time: the clock is moved, the night has an hour more or less, the machine slept."""

from __future__ import annotations

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from benchmarks.proof.clock_nights import nights, on_the_wall
from benchmarks.proof.clock_watching import PAPERS, Watching, watching
from benchmarks.proof.moved_clock import INTERVAL
from benchmarks.proof.row import Outcome, Row, Scale

MOST_GAP = 1.2  # intervals between two polls of a feed
LATE = 10.0  # seconds after waking in which all is polled: a look a second, on a busy machine
PATIENCE = 1.5  # intervals until a feed is taken for one that is polled no more
HOUR, DAY = 3600.0, 86400.0

# ── jumps ────────────────────────────────────────────────────────────────────────────────────────

JUMPS = (-HOUR, HOUR, 60 * DAY)


def _jumped(folder: Path, build: str, jump: float) -> tuple[list[float], int, int, int]:
    """Gaps, repeated polls, feeds that were polled no more, and alerts; the clock jumps, and back."""
    with watching(folder, build) as watched:
        assert watched.asked(1, 60), watched.log()
        watched.settle(1)
        watched.publish()
        watched.move("step", jump)
        if watched.asked(2, PATIENCE * INTERVAL):
            watched.settle(2)
            watched.move("step", -jump)
            watched.asked(3, PATIENCE * INTERVAL)
        watched.settle(3)
        stopped = sum(len(times) < 3 for times in watched.press.times.values())
        return watched.gaps(), watched.too_soon(), stopped, watched.told()


def jumps(scale: Scale, build: str = "daemon") -> Outcome:
    with ThreadPoolExecutor(len(JUMPS)) as together:
        runs = [
            together.submit(_jumped, scale.folder / f"{number}", build, jump)
            for number, jump in enumerate(JUMPS)
        ]
        came = [run.result() for run in runs]
    longest = max(gap for gaps, *_ in came for gap in gaps)
    repeated, stopped, told = (sum(run[at] for run in came) for at in (1, 2, 3))
    wanted = PAPERS * len(JUMPS)
    figure = (
        f"{len(JUMPS)} jumps and back, {wanted} feeds: {stopped} of them polled no more for at least "
        f"{PATIENCE} intervals, longest gap {longest:.2f} intervals, {repeated} polls repeated, "
        f"{told} of {wanted} alerts"
    )
    held = longest <= MOST_GAP and not (stopped or repeated) and told == wanted
    return Outcome(figure=figure, held=held)


# ── suspend ──────────────────────────────────────────────────────────────────────────────────────


def _woken(watched: Watching, scale: Scale) -> Outcome:
    """A machine that slept for an hour, with news waiting."""
    assert watched.asked(1, 60), watched.log()
    watched.settle(1)
    group = watched.process.pid
    os.killpg(group, signal.SIGSTOP)
    watched.publish()
    watched.move("slept", HOUR)
    time.sleep(2.0)
    os.killpg(group, signal.SIGCONT)
    woken = time.monotonic()
    watched.asked(2, scale.of(INTERVAL + 15, 20))  # what counts steadily has a minute still to wait
    took = time.monotonic() - woken
    time.sleep(scale.of(20, 4))  # for what would be asked a second time
    watched.settle(2)
    most = max(watched.press.asked.values()) - 1
    figure = (
        f"an hour asleep, {PAPERS} feeds: all polled {took:.1f} s after waking, each at most {most} "
        f"times, {watched.told()} of {PAPERS} alerts"
    )
    held = took <= LATE and most == 1 and watched.told() == PAPERS
    return Outcome(figure=figure, held=held)


def suspend(scale: Scale, build: str = "daemon") -> Outcome:
    with watching(scale.folder / "desk", build) as watched:
        return _woken(watched, scale)


ROWS = (
    Row(
        name="jumps",
        promise=(
            "the clock is set an hour back, an hour forward, 60 days forward, and back again: no gap "
            f"between two polls of a feed over {MOST_GAP} intervals, no poll or alert repeated"
        ),
        run=jumps,
        without="the watch on the clock: APScheduler 3 alone, with a job a feed",
        twin=partial(jumps, build="alone"),
        minutes=8,
        short=False,
    ),
    Row(
        name="suspend",
        promise=(
            f"the machine slept for an hour: what is due is polled within {LATE:g} s of waking, once, and its "
            "alerts go out"
        ),
        run=suspend,
        without="the queue of what is due: APScheduler 3 told to drop no run",
        twin=partial(suspend, build="catching-up"),
        minutes=5,
    ),
    Row(
        name="nights",
        promise=(
            "with the clocks of five zones, in every night of the year: a digest once a day, at its hour; "
            "quiet hours by the clock on the wall"
        ),
        run=partial(nights, naive=False),
        without="zones: local times counted with as if all days had 24 hours",
        twin=partial(nights, naive=True),
    ),
    Row(
        name="changing",
        promise=(
            "the daemon in the night when Berlin's clocks go back, and New York's forward: feeds polled "
            "every interval, one digest in the night, none twice or left out"
        ),
        run=on_the_wall,
        without="zones: local times counted with as if all days had 24 hours",
        twin=partial(on_the_wall, build="naive"),
        minutes=5,
        short=False,
    ),
)
