"""Workers that are killed, frozen and cut off from the database: others do what they had begun, once."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from functools import partial

from benchmarks.proof.row import Outcome, Row, Scale
from tests.support.fleet import GAP, SLACK, Fleet, fleet
from tests.support.postgres import server

WORKERS = 3
RESUMED = 120.0  # seconds from the last blow until all is stored
EVERY = 3  # blows: then something is published, so that what waits stays within a paper's window

Blow = Callable[[Fleet, random.Random], None]


def _kill(one: Fleet, dice: random.Random) -> None:
    """One worker alone, at any moment: its parsers are left to end by themselves."""
    alive = [worker for worker in one.workers if worker.poll() is None]
    dice.choice(alive).kill()
    one.start()


def _power(one: Fleet, dice: random.Random) -> None:
    """The server, with all that was not on the disk of what it had acknowledged."""
    one.server.stop()
    time.sleep(dice.uniform(0.0, 2.0))
    one.server.start()


def _freeze(one: Fleet, dice: random.Random) -> None:
    """One worker with its parsers, until the others have taken its work over and begun it."""
    group = dice.choice([worker for worker in one.workers if worker.poll() is None]).pid
    os.killpg(group, signal.SIGSTOP)
    one.publish()
    one.make_due()
    time.sleep(dice.uniform(12.0, 20.0))  # 4 s of silence, a sweep every 10 s, a look every 3 s
    one.make_due()
    time.sleep(dice.uniform(0.0, 4.0))
    os.killpg(group, signal.SIGCONT)


def _nothing(_one: Fleet, dice: random.Random) -> None:
    time.sleep(dice.uniform(2.0, 4.0))


def _under_fire(scale: Scale, blow: Blow, *, whole: int, short: int, build: str = "") -> Outcome:
    blows, dice = scale.of(whole, short), random.Random(scale.seed)
    began = time.monotonic()
    with server(durable=True) as running, fleet(running, scale.folder, build) as one:
        for _ in range(WORKERS):
            one.start()
        one.first_round()
        for number in range(blows):
            if number % EVERY == 0 and one.has_room():
                one.publish()
            one.make_due()
            time.sleep(dice.uniform(0.0, 2.0))
            blow(one, dice)
        resumed = one.settle(RESUMED if not build else RESUMED / 2)
        ended = one.end()
        return _counted(one, blows, resumed, ended, time.monotonic() - began)


def _counted(one: Fleet, blows: int, resumed: float, ended: list[int], seconds: float) -> Outcome:
    lost, twice, told = one.lost(), one.twice(), one.miscounted()
    torn, unsent, unmarked = one.torn_stories(), one.unsent(), one.unmarked()
    shortest = one.papers.shortest()
    figure = (
        f"{blows} times in {seconds:.0f} s: {lost} of {len(one.given):,} items lost, {twice} stored "
        f"twice, {torn} of {one.copied} copies in a story of their own, {unsent} of "
        f"{len(one.announced)} alerts lost, {unmarked} came again unmarked, the ledger is off by "
        f"{told}; all stored {resumed:.0f} s after the last; shortest pause of a host "
        f"{shortest:.2f} s of {GAP:g}"
    )
    orderly = set(ended) <= {0, -signal.SIGKILL}
    whole = not (lost or twice or told or torn or unsent or unmarked)
    held = whole and orderly and resumed < RESUMED and shortest >= GAP - SLACK
    return Outcome(figure=figure, held=held)


ROWS = (
    Row(
        name="workers",
        promise="kill -9 of workers at any moment: every item is stored once, copies are one story, "
        "every alert arrives, no host is asked before its pause is over; the others go on within "
        "two minutes",
        run=partial(_under_fire, blow=_kill, whole=200, short=6),
        without="taking away what lost workers had begun",
        twin=partial(_under_fire, blow=_kill, whole=20, short=6, build="unswept"),
        needs=("postgresql",),
        minutes=40,
        short=False,  # tests/system/test_workers.py is its short form
    ),
    Row(
        name="database",
        promise="PostgreSQL killed and started again at any moment: the same",
        run=partial(_under_fire, blow=_power, whole=20, short=2),
        without="coming back to a database that was away",
        twin=partial(_under_fire, blow=_power, whole=2, short=2, build="once"),
        needs=("postgresql",),
        minutes=20,
        short=False,
    ),
    Row(
        name="frozen",
        promise="a worker that was frozen while others took over, and wakes up: the same",
        run=partial(_under_fire, blow=_freeze, whole=10, short=1),
        without="claim and lease",
        twin=partial(_under_fire, blow=_freeze, whole=10, short=4, build="unfenced"),
        needs=("postgresql",),
        minutes=20,
        short=False,
    ),
    Row(
        name="redirects",
        promise="a host to which redirects of another worker's feeds lead is asked by nobody before its "
        "pause is over",
        run=partial(_under_fire, blow=_nothing, whole=40, short=6),
        without="turns of hosts",
        twin=partial(_under_fire, blow=_nothing, whole=40, short=12, build="turnless"),
        needs=("postgresql",),
        minutes=15,
        short=False,
    ),
)
