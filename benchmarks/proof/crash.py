"""kill -9 at any moment, and two programs at once: nothing is lost, torn or told twice unmarked."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial

from benchmarks.proof.crash_world import PAPERS, World
from benchmarks.proof.row import Outcome, Row, Scale
from monitor.control import ask
from tests.support.press import Press, article, mention
from tests.support.program import DESK, Program, kill_group
from tests.support.slack import SlackServer

LANES = 4  # programs at once: most of a kill is waiting
HARM = 3  # how much of it a twin has to show

# ── at any moment ────────────────────────────────────────────────────────────────────────────────


def _under_fire(
    scale: Scale, kills: int, build: str = "", harm: Callable[[World], int] = lambda _: 0
) -> list[World]:
    """Kill programs until it is enough in all, or until harm enough is seen; then let them finish."""
    lanes = min(LANES, max(1, kills // 8))
    left = [kills]
    lock = threading.Lock()
    enough = threading.Event()
    worlds: list[World] = []

    def one_lane(number: int, stack: ExitStack) -> None:
        folder = scale.folder / f"lane-{number}"
        world = World.made(stack, folder, f"{scale.seed}/{number}", build)
        worlds.append(world)
        world.undisturbed()
        world.publish()
        while not enough.is_set():
            with lock:
                if left[0] <= 0:
                    break
                left[0] -= 1
            before = world.kills.total()
            world.kill()
            with lock:
                left[0] += world.kills.total() == before  # it had ended by itself
            if harm(world) >= HARM:
                enough.set()
        world.settle()

    with ExitStack() as stack, ThreadPoolExecutor(lanes) as runners:
        for done in [runners.submit(one_lane, number, stack) for number in range(lanes)]:
            done.result()
    return worlds


def _counted(worlds: Sequence[World], *, kills: int) -> Outcome:
    """What became of everything that was published."""
    done = sum((world.kills for world in worlds), start=worlds[0].kills - worlds[0].kills)
    given = sum(len(world.given) for world in worlds)
    lost = sum(world.lost() for world in worlds)
    twice = sum(world.twice() for world in worlds)
    announced = sum(len(world.announced) for world in worlds)
    unsent = sum(len(world.announced - world.arrived()) for world in worlds)
    rows = sum(world.program.count("alerts") for world in worlds)
    again = [marked for world in worlds for marked in world.again()]
    torn = sum(world.torn for world in worlds)
    left = sum(world.left() for world in worlds)
    faults = sum(len(world.faults) for world in worlds)
    figure = (
        f"{done.total():,} kills ({done['poll']:,} of polls, {done['run']:,} of the daemon): "
        f"{lost} of {given:,} items lost, {twice} stored twice, {unsent} of {announced:,} alerts "
        f"lost, {len(again)} came again, {again.count(False)} of these unmarked, {torn} databases "
        f"not whole, {left} processes left, {faults} tracebacks"
    )
    harmless = not (lost or twice or unsent or torn or left or faults or again.count(False))
    real = done.total() >= kills and given > kills and announced > 0 and rows == announced
    return Outcome(figure=figure, held=harmless and real and len(again) <= done.total())


def _kills(scale: Scale, *, build: str = "", whole: int, short: int) -> Outcome:
    kills = scale.of(whole, short)
    if build == "after-commit":
        worlds = _under_fire(scale, kills, build, World.written_off)
    else:
        worlds = _under_fire(scale, kills, build, lambda world: world.again().count(False))
    return _counted(worlds, kills=kills)


# ── while the database is made ───────────────────────────────────────────────────────────────────


def _first_start(scale: Scale, *, build: str = "") -> Outcome:
    """Whatever a killed first start leaves, the next one goes on from it."""
    kills = scale.of(100, 10)
    early = torn = refused = 0
    with ExitStack() as stack:
        world = World.made(stack, scale.folder / "one", str(scale.seed), build)
        world.press.articles[0] = (article(1),)
        database = world.program.database
        for _ in range(kills):
            for file in world.program.folder.glob(f"{database.name}*"):
                file.unlink()
            life = world.starter.start("poll", "--all")
            while not (database.exists() or life.ended(0.0005)):
                pass
            life.ended(world.dice.uniform(0, 0.04))
            early += life.kill() and not world.stored()
            if database.exists():
                world.look()
                torn, world.torn = torn + world.torn, 0
            world.undisturbed()
            refused += world.program.count_or_none("items") != 1
        faults = len(world.faults)
    figure = (
        f"{kills} kills of first starts, {early} of them before an item was stored: {torn} files "
        f"not whole, {refused} later starts that could not go on, {faults} tracebacks"
    )
    return Outcome(figure=figure, held=early > kills / 2 and not (torn or refused or faults))


# ── two at once ──────────────────────────────────────────────────────────────────────────────────


def _two(scale: Scale, *, build: str = "") -> Outcome:
    """A second daemon, while the first is sending."""
    starts = scale.of(10, 2)
    refused = 0
    words = ("-m", "tests.support.careless", build)
    with Press(PAPERS) as press, SlackServer() as slack:
        slack.delay = 4.0  # a message is on its way for so long
        program = Program(scale.folder, {"WIREWATCH_SLACK_URL": slack.url})
        program.write(press.feeds, DESK)
        program.run("poll", "--all")
        program.command = words if build else program.command
        announced = set()
        with program.daemon() as first:
            first.wait_for("watching")
            for number in range(1, starts + 1):
                press.articles[0] += (mention(number),)
                announced.add(press.articles[0][-1].title)
                ask(program.database, "poll", feeds=None)
                first.until(lambda: program.count("alerts", "state = 'sending'"))
                refused += _is_refused(program, first.process.pid)
                first.until(lambda number=number: program.count("alerts", "state='sent'") >= number)
        titles = [one["blocks"][0]["text"]["text"] for one in slack.accepted]
    double = len(titles) - len(set(titles))
    lost = len(announced - set(titles))
    figure = (
        f"{starts} second daemons: {refused} refused with the number of the first and status 2; "
        f"{double} of {len(announced)} alerts came twice, {lost} lost"
    )
    return Outcome(figure=figure, held=refused == starts and not double and not lost)


def _is_refused(program: Program, first: int) -> bool:
    """Whether a second daemon ends with the words that say who has the database."""
    with program.start("run", stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as second:
        end = time.monotonic() + 8.0
        try:
            _, said = second.communicate(timeout=end - time.monotonic())
        except subprocess.TimeoutExpired:
            kill_group(second)
            return False
    return second.returncode == 2 and f"in use by process {first}" in said.decode()


ROWS = (
    Row(
        name="kills",
        promise="kill -9 of rounds and of the daemon at any moment of storing and sending: every "
        "item is stored once, every alert arrives, at most one repeat a kill, each marked; the "
        "database is whole after each",
        run=partial(_kills, whole=1_000, short=12),
        without="an outbox: what is new is marked as sent when stored, kept in memory and then sent",
        twin=partial(_kills, build="after-commit", whole=1_000, short=200),
        minutes=25,
    ),
    Row(
        name="marked",
        promise="what comes again after a kill says that it may be a repeat",
        run=partial(_kills, whole=100, short=4),
        without="a claim that is written down before sending",
        twin=partial(_kills, build="unclaimed", whole=1_000, short=200),
        minutes=12,
    ),
    Row(
        name="firststart",
        promise="kill -9 while the database is made: the next start goes on from whatever is there",
        run=_first_start,
        without="one transaction for all tables",
        twin=partial(_first_start, build="piecemeal"),
    ),
    Row(
        name="two",
        promise="a second daemon on the same database ends with status 2 and says who has it; no "
        "alert is sent twice",
        run=_two,
        without="the writer's lock",
        twin=partial(_two, build="unlocked"),
    ),
)
