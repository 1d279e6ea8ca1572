"""Faults of the disk at any system call: what was acknowledged stays, and nothing is stored by halves.

The storing itself (observations → learner → archive and database, then claim and settle, as the
daemon does it) runs in a process that strace makes fail: the k-th write, sync, truncation or opening
of a file says ENOSPC, EIO, EMFILE or the like. Each process is a fork of one that has its modules
loaded. It says on a pipe what it knows to be stored; then the files are looked at.
"""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

from alerts.deliver import Settlement
from feeds.types import FetchState, ParsedFeed
from monitor.errors import StoreError
from monitor.evidence import warc
from monitor.evidence.archive import Archive
from monitor.learning import Learner
from monitor.records import Observation
from monitor.store import Store
from tests.support.archiving import exchange
from tests.support.learning import START, LearningDesk, entry, fetched

POLLS = 6  # of a process
ENTRIES = 3  # new ones of a poll
ROTATE = 4_000  # bytes of a WARC file: a new one every few polls
TRIES = 3  # to open the database: the program is started again
LATEST = 60  # the last call that fails
FAULTS = (
    ("pwrite64", "ENOSPC"),
    ("pwrite64", "EIO"),
    ("write", "ENOSPC"),
    ("write", "EIO"),
    ("fdatasync", "EIO"),
    ("fsync", "EIO"),
    ("ftruncate", "EIO"),
    ("fallocate", "ENOSPC"),
    ("openat", "EMFILE"),
    ("openat", "ENFILE"),
    ("openat", "EIO"),
)

Spoil = Callable[[Store], None]


# ── the process that stores ──────────────────────────────────────────────────────────────────────


def _store(folder: Path, say: Callable[[str], object], spoil: Spoil) -> None:
    """Open, learn, deliver; after a failure go on, as the daemon does."""
    number = 0
    for _ in range(TRIES):
        try:
            desk = LearningDesk(folder)
        except StoreError:
            continue
        try:
            spoil(desk.store)
            number = _work(desk, folder, number, say)
        except StoreError:
            continue
        finally:
            with suppress(StoreError):
                desk.close()
        if number >= POLLS:
            return


def _work(desk: LearningDesk, folder: Path, number: int, say: Callable[[str], object]) -> int:
    archive = Archive(desk.store, folder / "evidence", rotate=ROTATE, now=lambda: START)
    with closing(archive), ThreadPoolExecutor(1) as writer:
        learner = Learner(
            store=desk.store, desk=desk.desk, now=lambda: desk.now, writer=writer, archive=archive
        )
        while number < POLLS:
            number += 1
            new = [number * ENTRIES + one for one in range(ENTRIES)]
            with suppress(StoreError):
                asyncio.run(_learn(learner, _seen(desk, new)))
                for one in new:
                    say(f"item guid-{one}")
            with suppress(StoreError):
                _deliver(desk, say)
    return number


async def _learn(learner: Learner, seen: Observation) -> None:
    await learner.learn(seen)


def _seen(desk: LearningDesk, new: list[int]) -> Observation:
    """A document in which each entry names something, and so is to be alerted."""
    (feed,) = desk.store.subscribed()
    body = b"document %d " % new[0] * 40
    answer = fetched(feed.feed.url)
    answer = type(answer)(
        url=answer.url,
        headers={},
        body=body,
        wire_bytes=len(body),
        state=FetchState(etag="e"),
        http_status=200,
        exchange=exchange(body),
    )
    entries = [
        entry(one, f"Number {one}: the mine of {one * 7919}", f"{one} " * 300) for one in new
    ]
    return Observation(
        feed=feed,
        started_at=desk.now,
        seconds=0.1,
        answer=answer,
        result=ParsedFeed(entries=tuple(entries)),
        state=FetchState(etag="e"),
    )


def _deliver(desk: LearningDesk, say: Callable[[str], object]) -> None:
    """One alert: claimed, said to be sent, settled and said so."""
    if row := desk.store.claim("desk", desk.now):
        say(f"sent {row.id}")
        done = Settlement(alert=row.id, state="sent", in_doubt=False, next_try_at=None, message="")
        desk.store.settle(done, desk.now)
        say(f"settled {row.id}")


# ── the process that looks on ────────────────────────────────────────────────────────────────────


@dataclass(slots=True, kw_only=True)
class Count:
    """What came of all runs."""

    runs: int = 0
    fired: int = 0
    acknowledged: int = 0
    lost: int = 0
    torn: int = 0
    corrupt: int = 0
    escaped: int = 0
    stuck: int = 0
    examples: list[str] = field(default_factory=list)

    @property
    def harm(self) -> int:
        """Everything that must not be."""
        return self.lost + self.torn + self.corrupt + self.escaped + self.stuck


def one_run(folder: Path, dice: random.Random, count: Count, spoil: Spoil) -> None:
    """One process with one fault."""
    call, error = dice.choice(FAULTS)
    when = dice.randint(1, LATEST if call in ("pwrite64", "write") else LATEST // 5)
    folder.mkdir()
    for file in pristine(folder.parent).iterdir():
        if file.is_file():
            shutil.copy(file, folder)
    (folder / "evidence").mkdir()
    said, fired, ending = _traced(folder, f"{call}:error={error}:when={when}", spoil)
    count.runs += 1
    count.fired += fired
    count.escaped += ending != 0
    before = count.harm
    judge(folder, said, count)
    if count.harm > before or ending:
        count.examples.append(f"{call} {error} {when}")
    shutil.rmtree(folder)


def pristine(folder: Path) -> Path:
    """A database after a first poll, of which nothing is told: making it is another row's."""
    made = folder / "pristine"
    if not made.exists():
        made.mkdir()
        desk = LearningDesk(made)
        desk.poll(entry(0))
        desk.close()
    return made


def _traced(folder: Path, inject: str, spoil: Spoil) -> tuple[list[str], bool, int]:
    """What a process said that was made to fail, whether it was, and its status."""
    reads, writes = os.pipe()
    go_reads, go_writes = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.read(go_reads, 1)  # until it is traced
        _child(folder, writes, spoil)
    os.close(writes)
    os.close(go_reads)
    trace = folder / "trace"
    database = folder / "test.db"
    files = [database, f"{database}-wal", f"{database}-shm", folder / "evidence"]
    files += [
        folder / "evidence" / f"wirewatch-{n:08}-20261121T060000Z.warc.gz" for n in range(1, 30)
    ]
    only = [word for file in files for word in ("-P", str(file))]
    command = [
        "strace",
        "-f",
        "-qq",
        "-o",
        str(trace),
        "-p",
        str(pid),
        *only,
        "-e",
        f"inject={inject}",
    ]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as tracer:
        _until_traced(pid, tracer)
        os.write(go_writes, b"!")
        os.close(go_writes)
        with os.fdopen(reads, "rb") as pipe:
            said = pipe.read().decode().splitlines()
        _, status = os.waitpid(pid, 0)
    fired = "(INJECTED)" in trace.read_text(errors="replace")
    trace.unlink()
    return said, fired, os.waitstatus_to_exitcode(status)


def _until_traced(pid: int, tracer: subprocess.Popen[bytes]) -> None:
    status = Path(f"/proc/{pid}/status")
    while "TracerPid:\t0\n" in status.read_text():
        if tracer.poll() is not None:
            os.kill(pid, signal.SIGKILL)
            raise OSError("strace cannot trace here")
        time.sleep(0.001)


def _child(folder: Path, writes: int, spoil: Spoil) -> None:
    status = 0
    try:
        _store(folder, lambda words: os.write(writes, f"{words}\n".encode()), spoil)
    except BaseException:  # noqa: BLE001 - counted, whatever it is
        status = 1
        with (folder.parent / "escaped").open("a") as out:
            traceback.print_exc(file=out)
    os._exit(status)


def judge(folder: Path, said: list[str], count: Count) -> None:
    """What of that is not in the files, and what in them is not whole."""
    try:
        with closing(sqlite3.connect(folder / "test.db")) as db:
            _judge(db, folder, said, count)
    except sqlite3.DatabaseError:
        count.corrupt += 1
        return
    try:
        desk = LearningDesk(folder)
    except StoreError:
        count.stuck += 1
        return
    try:
        before = desk.count("items")
        desk.poll(entry(10_000, "The dam at the very end"))
        count.stuck += desk.count("items") != before + 1
    finally:
        desk.close()


def _judge(db: sqlite3.Connection, folder: Path, said: list[str], count: Count) -> None:
    def number(sql: str) -> int:
        return int(db.execute(sql).fetchone()[0])

    count.corrupt += db.execute("PRAGMA integrity_check").fetchall() != [("ok",)]
    stored = {f"item {guid}" for (guid,) in db.execute("SELECT guid FROM items")}
    sent = {f"settled {one}" for (one,) in db.execute("SELECT id FROM alerts WHERE state = 'sent'")}
    told = {words for words in said if words.startswith(("item", "settled"))}
    count.acknowledged += len(told)
    count.lost += len(told - stored - sent)
    claimed = {
        f"sent {one}" for (one,) in db.execute("SELECT id FROM alerts WHERE state <> 'pending'")
    }
    count.torn += len({words for words in said if words.startswith("sent")} - claimed)
    new = "SELECT count(*) FROM items WHERE guid <> 'guid-0'"
    count.torn += (
        len(db.execute("PRAGMA foreign_key_check").fetchall())
        + number(f"{new} AND id NOT IN (SELECT item FROM mentions)")
        + number(f"{new} AND story NOT IN (SELECT story FROM alerts)")
        + number(f"{new} AND evidence IS NULL")
        + number("SELECT count(*) FROM items WHERE id NOT IN (SELECT item FROM appearances)")
        + abs(number("SELECT total(new) FROM polls") - len(stored))
        + abs(number("SELECT count(*) FROM items_search_docsize") - len(stored))
        + number("SELECT count(*) - count(DISTINCT guid) FROM items")
    )
    for name, offset, length, digest in db.execute(
        "SELECT file, offset, length, sha256 FROM evidence"
    ):
        try:
            group = warc.read_group(folder / "evidence" / name, offset, length)
            count.torn += not warc.holds(group, digest)
        except (OSError, ValueError, EOFError):
            count.torn += 1
