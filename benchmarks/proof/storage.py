"""Disks that fail, databases that are shared, copied and upgraded: nothing acknowledged is lost."""

from __future__ import annotations

import json
import os
import random
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack, suppress
from functools import partial

from benchmarks.measure import ROOT
from benchmarks.proof import storage_faults as faults
from benchmarks.proof import storage_load as loads
from benchmarks.proof import storage_upgrade as upgrades
from benchmarks.proof.crash_world import World
from benchmarks.proof.row import Outcome, Row, Scale
from monitor.store import Store, backup, connect
from monitor.store import store as store_module
from tests.support.careless import spoil

MEBIBYTE = 2**20
WAL_MOST = 96 * MEBIBYTE


def _as_it_is(*_: object) -> None:
    """Nothing is taken out."""


# ── faults at system calls ───────────────────────────────────────────────────────────────────────


def _no_journal(store: Store) -> None:
    """Without one a statement that fails half-way cannot be taken back."""
    for pragma in ("journal_mode = OFF", "synchronous = OFF"):
        with suppress(Exception):
            store.db.conn.execute(f"PRAGMA {pragma}").fetchall()


def _faults(scale: Scale, *, spoil: Callable[[Store], None] = _as_it_is, whole: int) -> Outcome:
    dice, count = random.Random(scale.seed), faults.Count()
    runs = scale.of(whole, 25)
    for _ in range(runs):
        faults.one_run(scale.folder / "run", dice, count, spoil)
    figure = (
        f"{count.runs:,} runs, a fault came in {count.fired:,}: {count.lost} of "
        f"{count.acknowledged:,} acknowledged rows lost, {count.torn} stored by halves, "
        f"{count.corrupt} databases damaged, {count.stuck} not writable afterwards, "
        f"{count.escaped} exceptions escaped"
    )
    if count.examples:
        figure += f" (first: {count.examples[0]})"
    real = count.fired > runs / 5 and count.acknowledged > runs
    return Outcome(figure=figure, held=real and not count.harm)


def _poll_faults(scale: Scale, *, build: str = "") -> Outcome:
    """The same under `wirewatch poll` itself."""
    runs, dice = scale.of(80, 4), random.Random(scale.seed)
    fired = escaped = acknowledged = lost = damaged = 0
    with ExitStack() as stack:
        world = World.made(stack, scale.folder / "one", str(scale.seed), build)
        world.undisturbed()
        try:
            for _ in range(runs):
                world.publish()
                before = _stored(world)
                fired += _traced_poll(world, dice)
                escaped += "Traceback" in world.starter.log.read_text(errors="replace")
                world.look()
                acknowledged += len(before)
                lost += len(before - _stored(world))
            world.settle()
            world.look()
            torn = world.torn + world.twice()
        except sqlite3.DatabaseError:  # nothing more can be read of it
            torn, damaged = world.torn + 1, 1
        missing, unsent = (
            (0, 0) if damaged else (world.lost(), len(world.announced - world.arrived()))
        )
        given, announced = len(world.given), len(world.announced)
    figure = (
        f"{runs} polls, a fault came in {fired}: {lost} stored items lost, {missing} of {given} "
        f"items not stored by later polls, {unsent} of {announced} alerts lost, {torn} databases "
        f"or items not whole, {escaped} tracebacks"
    )
    harm = lost or missing or unsent or torn or escaped
    return Outcome(figure=figure, held=fired > runs / 5 and acknowledged > 0 and not harm)


def _traced_poll(world: World, dice: random.Random) -> bool:
    """A round in which one system call fails; whether it came to that."""
    folder = world.program.folder
    call, error = dice.choice(faults.FAULTS)
    trace = folder / "trace"
    paths = [folder, *folder.glob("wirewatch.db*"), *folder.glob("evidence*/**")]
    only = [word for path in paths for word in ("-P", str(path))]
    life = world.starter.start("poll", "--all", traced=True)
    latest = 12 if call in {"pwrite64", "write"} else 4
    inject = f"inject={call}:error={error}:when={dice.randint(1, latest)}"
    command = ["strace", "-f", "-qq", "-o", str(trace), "-p", str(life.pid), *only]
    with subprocess.Popen([*command, "-e", inject], stderr=subprocess.DEVNULL):
        life.ended(within=120)
        life.kill()
    return "(INJECTED)" in trace.read_text(errors="replace")


def _stored(world: World) -> set[tuple[int, str]]:
    return {(r["feed"], r["guid"]) for r in world.program.rows("SELECT feed, guid FROM items")}


# ── disks in trouble, under the daemon ───────────────────────────────────────────────────────────


def _disk(scale: Scale, *, kind: str, build: str = "") -> Outcome:
    """In a process of its own, with mounts of its own where it makes some."""
    alone = ["unshare", "--map-root-user", "--mount"] if kind == "full" else []
    words = ["-m", "benchmarks.proof.storage_disk", kind, str(scale.folder)]
    cycles = 1 if build else scale.of(6, 1)
    done = subprocess.run(
        [*alone, sys.executable, *words, str(cycles), str(scale.seed), *[build] * bool(build)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr.decode(errors="replace")[-300:])
    came = json.loads(done.stdout.splitlines()[-1])
    return Outcome(figure=came["figure"], held=came["held"])


# ── several processes ────────────────────────────────────────────────────────────────────────────


def _deferred() -> None:
    store_module._WHOLE = ("BEGIN", "COMMIT", ("ROLLBACK",))  # noqa: SLF001 - a spoilt build


def _locks(scale: Scale, *, spoil: Callable[[], object] = _as_it_is) -> Outcome:
    came = loads.load(scale.folder, scale.of(2_500, 100), payload=100, spoil=spoil)
    figure = (
        f"{came.written:,} transactions of {loads.WRITERS} processes on both files, 2 readers: "
        f"{came.errors} errors, {came.lost} lost, p99 {came.p99 * 1000:.0f} ms"
    )
    real = came.written >= 4 * scale.of(2_500, 100)
    return Outcome(figure=figure, held=real and not (came.errors or came.lost) and came.p99 < 0.5)


def _unfolded() -> None:
    Store.keep_house = _as_it_is


def _wal(scale: Scale, *, spoil: Callable[[], object] = _as_it_is) -> Outcome:
    payload, turns = 30_000, 1_600
    came = loads.load(scale.folder, turns, payload=payload, spoil=spoil)
    amount = turns * loads.WRITERS * payload * 2 / MEBIBYTE
    figure = (
        f"{amount:,.0f} MiB written while 2 readers relieve each other: the WAL had "
        f"{came.wal / MEBIBYTE:.0f} MiB at most, {came.errors} errors"
    )
    return Outcome(figure=figure, held=came.wal <= WAL_MOST and not came.errors)


def _backups(scale: Scale, *, copy: Callable[..., bool] = loads.by_the_program) -> Outcome:
    came = loads.backups(scale.folder, scale.of(20, 3), copy)
    figure = (
        f"{came.made} backups under load: {came.whole} whole and usable, {came.missing} rows "
        f"missing that were acknowledged before ({came.acknowledged:,} before the last)"
    )
    return Outcome(figure=figure, held=came.whole == came.made and not came.missing)


# ── other versions ───────────────────────────────────────────────────────────────────────────────


def _upgrade(scale: Scale, *, spoil: Callable[[], object] = _as_it_is) -> Outcome:
    kills = scale.of(200, 10)
    mid, half, stuck, lost = upgrades.killed_upgrades(scale.folder, kills, scale.seed, spoil)
    figure = (
        f"{kills} upgrades of a database of 0.1.0 by {len(upgrades.statements())} statements, "
        f"{mid} killed on the way: {half} left between two versions, {stuck} not finished by the "
        f"next start, {lost} with rows lost or changed"
    )
    return Outcome(figure=figure, held=mid > kills / 2 and not (half or stuck or lost))


def _trusting() -> None:
    connect.refuse_newer = _as_it_is
    backup.refuse_newer = _as_it_is


def _newer(scale: Scale, *, spoil: Callable[[], object] = _as_it_is) -> Outcome:
    commands, through, same = upgrades.newer(scale.folder, spoil)
    figure = (
        f"{commands} commands on a database of a later version: {commands - len(through)} refused "
        f"with what to do and status 2, the file {'untouched' if same else 'CHANGED'}"
    )
    if through:
        figure += f"; not by {', '.join(through[:4])}"
    return Outcome(figure=figure, held=not through and same)


ROWS = (
    Row(
        name="faults",
        promise="ENOSPC, EIO, EMFILE or ENFILE at any call on database or evidence while a poll is "
        "stored: nothing acknowledged is lost, nothing is stored by halves, nothing escapes",
        run=partial(_faults, whole=1_500),
        without="a journal (journal_mode and synchronous OFF)",
        twin=partial(_faults, spoil=_no_journal, whole=200),
        needs=("strace",),
        minutes=20,
    ),
    Row(
        name="pollfaults",
        promise="the same under `wirewatch poll` itself: later polls store what one could not",
        run=_poll_faults,
        without="a journal",
        twin=partial(_poll_faults, build="unjournaled"),
        needs=("strace",),
        short=False,
        minutes=15,
    ),
    *(
        Row(
            name=kind,
            promise=f"{what} under the daemon: polling halts and goes on by itself within 60 s of "
            "its end, the operator is told by message and log, nothing acknowledged is lost",
            run=partial(_disk, kind=kind),
            without="the halt",
            twin=partial(_disk, kind=kind, build="unhalted"),
            needs=needs,
        )
        for kind, what, needs in (
            ("full", "a full disk", ("namespaces",)),
            ("readonly", "a file system gone read-only", ("strace",)),
            ("descriptors", "too few file descriptors", ()),
        )
    ),
    Row(
        name="locks",
        promise="two processes that write both files while others read: no error, nothing lost, "
        "99 of 100 transactions within 500 ms",
        run=_locks,
        without="BEGIN IMMEDIATE",
        twin=partial(_locks, spoil=_deferred),
        alone=True,
    ),
    Row(
        name="wal",
        promise="readers that relieve each other without a pause: the WAL stays under 96 MiB",
        run=_wal,
        without="folding it when it has grown",
        twin=partial(_wal, spoil=_unfolded),
        short=False,
    ),
    Row(
        name="backup",
        promise="backups while items are stored: each is whole, can be gone back to and has every "
        "row that was acknowledged before it began",
        run=_backups,
        without="SQLite's own backup: cp",
        twin=partial(_backups, copy=loads.by_cp),
    ),
    Row(
        name="upgrade",
        promise="kill -9 in the midst of an upgrade leaves the old version whole, the next start "
        "finishes it, every row stays",
        run=_upgrade,
        without="one transaction for all steps",
        twin=partial(_upgrade, spoil=partial(spoil, "piecemeal")),
    ),
    Row(
        name="newer",
        promise="a database of a newer version is refused by every command, reading or writing, "
        "with words that say what to do, and is not touched",
        run=_newer,
        without="the look at what was applied",
        twin=partial(_newer, spoil=_trusting),
    ),
)
