"""The daemon on a disk that gets full, fails or runs out of descriptors, and gets well again.

    python -m benchmarks.proof.storage_disk full FOLDER CYCLES SEED [BUILD]

For a full disk it wants a mount namespace of its own (`unshare --mount`), where it makes a small
tmpfs. Prints figure and verdict as one line of JSON.
"""

from __future__ import annotations

import json
import os
import random
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from monitor.control import ask
from monitor.errors import ControlError
from monitor.evidence import warc
from tests.support.press import Press, article, mention
from tests.support.program import DESK, Daemon, Program, until
from tests.support.slack import SlackServer

PAPERS = 6
SIZE = 24 * 2**20  # bytes of the tmpfs
RESUMED = 60.0  # seconds from a disk that is well to all stored
PAUSE = 4.0  # seconds in which a halted daemon must ask for nothing
TOLD, OVER = "Nothing can be stored", "It can be stored again"
WRITING = "pwrite64,write,ftruncate,fallocate,fdatasync,fsync,openat"


class OnDisk(Program):
    """Its database and its evidence on a disk of their own, settings and log elsewhere."""

    @property
    def database(self) -> Path:
        return self.folder / "disk" / "wirewatch.db"

    def on_disk(self) -> None:
        """Say so in the settings."""
        settings = self.config.read_text(encoding="utf-8")
        self.config.write_text(f'database = "disk/wirewatch.db"\n{settings}', encoding="utf-8")


@dataclass(slots=True, kw_only=True)
class Trial:
    """A daemon, what it was given, and what it was seen to have stored."""

    program: OnDisk
    press: Press
    slack: SlackServer
    daemon: Daemon
    dice: random.Random
    deaf: bool = False  # it cannot take a connection; the database can be written by others
    published: int = 0
    given: set[tuple[int, str]] = field(default_factory=set)
    announced: set[str] = field(default_factory=set)
    acknowledged: set[tuple[int, str]] = field(default_factory=set)  # seen committed
    halts: int = 0
    asked: int = 0  # requests while halted
    longest: float = 0.0  # seconds until all was stored

    def publish(self) -> None:
        """An article of some length in every paper, one of which names a plant."""
        number = self.published = self.published + 1
        for paper in range(PAPERS):
            made = mention if paper == number % PAPERS else article
            new = made(number, paper=paper)
            self.press.articles[paper] = (*self.press.articles[paper], new)[-30:]
            self.given.add((paper + 1, new.guid))
        self.announced.add(self.press.articles[number % PAPERS][-1].title)

    def poll(self) -> None:
        """Have the daemon poll all; it may be unable to note that."""
        if self.deaf:
            self.program.make_due()
            return
        with suppress(ControlError):
            ask(self.program.database, "poll", feeds=None)

    def stored(self) -> set[tuple[int, str]]:
        """What is committed."""
        rows = self.program.rows("SELECT feed, guid FROM items")
        return {(row["feed"], row["guid"]) for row in rows}

    def well(self) -> None:
        """A round with nothing in the way."""
        self.publish()
        self.poll()
        self.daemon.until(lambda: self.stored() == self.given)
        self.acknowledged |= self.stored()

    def trouble(self, began: Callable[[], Any], ended: Callable[[], Any], *, twin: bool) -> None:
        """One time of trouble: what the daemon does in it, and after."""
        halted, before_it = self.events("polling stays halted"), self.events("polling halted")
        self.publish()
        self.poll()  # due from now on: what is published is asked for, or would be
        began()
        patience = time.monotonic() + (12.0 if twin else 45.0)
        # It is told once an hour at most.
        while time.monotonic() < patience and not (
            self.events("polling stays halted") > halted and self.messages(TOLD) > 0
        ):
            self.acknowledged |= self.stored()
            if not self.events("polling halted") > before_it:
                self.publish()
                self.poll()
            time.sleep(0.5)
        self.halts += self.events("polling stays halted") > halted
        before = self.press.asked.total()
        time.sleep(PAUSE)
        self.asked += self.press.asked.total() - before
        self.acknowledged |= self.stored()
        ended()
        patience = 15.0 if twin else 1.5 * RESUMED
        since = time.monotonic()
        while self.stored() != self.given and time.monotonic() < since + patience:
            time.sleep(0.1)
        self.longest = max(self.longest, time.monotonic() - since)

    def events(self, words_: str) -> int:
        """How often the log says so."""
        return sum(words_ in event["event"] for event in self.daemon.events())

    def messages(self, title: str) -> int:
        """How many messages have this in their title."""
        return sum(title in json.dumps(one) for one in list(self.slack.accepted))

    def outcome(self, cycles: int, what: str) -> dict[str, Any]:
        """The count."""
        stored = self.stored()
        with suppress(AssertionError):
            # What was not even stored is not waited for.
            until(
                lambda: stored != self.given or not self.program.count("alerts", "sent_at IS NULL")
            )
        lost, missing = len(self.acknowledged - stored), len(self.given - stored)
        titles = [one["blocks"][0]["text"]["text"] for one in self.slack.accepted]
        unsent = len(self.announced - set(titles))
        torn = damaged(self.program)
        told, over = self.messages(TOLD), self.messages(OVER)
        log = self.daemon.log.read_text(encoding="utf-8")
        faults = log.count("Traceback")
        figure = (
            f"{cycles} times {what}: {lost} of {len(self.acknowledged)} acknowledged items lost, "
            f"{missing} of {len(self.given)} never stored, {unsent} of {len(self.announced)} alerts "
            f"lost, {torn} rows torn or damaged; halted {self.halts} times, {self.asked} requests "
            f"meanwhile, all stored {self.longest:.0f} s after it was over, told by message "
            f"{told} times and {over} times that it is over, {faults} tracebacks"
        )
        kept = not (lost or missing or unsent or torn or faults or self.asked)
        said = self.halts == cycles and told == over == 1
        return {"figure": figure, "held": kept and said and self.longest <= RESUMED}


def damaged(program: Program) -> int:
    """Rows and files that are not whole."""
    wrong = len(program.rows("PRAGMA foreign_key_check"))
    wrong += program.rows("PRAGMA integrity_check") != [{"integrity_check": "ok"}]
    wrong += program.count("items", "evidence IS NULL")
    folder = program.database.parent / "evidence"
    for row in program.rows("SELECT file, offset, length, sha256 FROM evidence"):
        try:
            found = warc.read_group(folder / row["file"], row["offset"], row["length"])
            wrong += not warc.holds(found, row["sha256"])
        except (OSError, ValueError, EOFError):
            wrong += 1
    return wrong


@contextmanager
def trial(folder: Path, seed: int, build: str) -> Iterator[Trial]:
    """A daemon that has stored something."""
    (folder / "disk").mkdir(exist_ok=True)
    with Press(PAPERS) as press, SlackServer() as slack:
        program = OnDisk(folder, {"WIREWATCH_SLACK_URL": slack.url})
        program.write(press.feeds, DESK)
        program.on_disk()
        if build:
            program.command = ("-m", "tests.support.careless", build)
        program.run("poll", "--all")
        with program.daemon() as daemon:
            daemon.wait_for("watching")
            dice = random.Random(seed)
            made = Trial(program=program, press=press, slack=slack, daemon=daemon, dice=dice)
            made.well()
            yield made


# ── kinds of trouble ─────────────────────────────────────────────────────────────────────────────


def _take_all(file: int) -> None:
    """Grow a file until there is no room left."""
    for at in range(0, SIZE, 4096):
        try:
            os.posix_fallocate(file, at, 4096)
        except OSError:
            return


def full(folder: Path, cycles: int, seed: int, build: str) -> dict[str, Any]:
    """A disk on which somebody else takes the room, and gives it back."""
    disk = folder / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", disk], check=True)
    try:
        with trial(folder, seed, build) as one:
            ballast = disk / "ballast"

            def fill() -> None:
                free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
                left = one.dice.choice((0, 4096, 20_480, 65_536, 262_144))
                with ballast.open("wb") as file:
                    # The program, which works on, may have taken some of it by now.
                    with suppress(OSError):
                        os.posix_fallocate(file.fileno(), 0, max(free - left, 4096))
                        return
                    _take_all(file.fileno())

            for _ in range(cycles):
                one.well()
                one.trouble(fill, ballast.unlink, twin=bool(build))
            return one.outcome(cycles, "a full disk")
    finally:
        subprocess.run(["umount", "-l", disk], check=False)


def readonly(folder: Path, cycles: int, seed: int, build: str) -> dict[str, Any]:
    """A file system that the kernel has made read-only after an error: every write says EROFS."""
    with trial(folder, seed, build) as one:
        tracer: list[subprocess.Popen[bytes]] = []
        disk = folder / "disk"

        def fail() -> None:
            paths = [disk, *disk.glob("wirewatch.db*"), disk / "evidence", *disk.glob("evidence/*")]
            only = [word for path in paths for word in ("-P", str(path))]
            words_ = ["strace", "-f", "-qq", "-o", os.devnull, "-p", str(one.daemon.process.pid)]
            tracer.append(subprocess.Popen([*words_, *only, "-e", f"inject={WRITING}:error=EROFS"]))

        def mend() -> None:
            tracer[-1].terminate()
            tracer.pop().wait()

        try:
            for _ in range(cycles):
                one.well()
                one.trouble(fail, mend, twin=bool(build))
        finally:
            for left in tracer:
                left.kill()
        return one.outcome(cycles, "a file system gone read-only")


def descriptors(folder: Path, cycles: int, seed: int, build: str) -> dict[str, Any]:
    """A daemon that may open no more files than it has open."""
    with trial(folder, seed, build) as one:
        pid = one.daemon.process.pid
        before = resource.prlimit(pid, resource.RLIMIT_NOFILE)

        def limit() -> None:
            # Less than it has open when it does nothing: no number is free.
            few = min(_open_files(pid) for _ in range(40)) - one.dice.randint(1, 6)
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (few, before[1]))

        def raise_() -> None:
            resource.prlimit(pid, resource.RLIMIT_NOFILE, before)

        one.deaf = True
        for _ in range(cycles):
            one.well()
            one.trouble(limit, raise_, twin=bool(build))
        return one.outcome(cycles, "too few descriptors")


def _open_files(pid: int) -> int:
    time.sleep(0.05)
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def main() -> None:
    """Run one kind."""
    kind, folder, cycles, seed, *build = sys.argv[1:]
    trials = {"full": full, "readonly": readonly, "descriptors": descriptors}
    came = trials[kind](Path(folder), int(cycles), int(seed), *(build or [""]))
    print(json.dumps(came), flush=True)


if __name__ == "__main__":
    main()
