"""A program under fire: papers, a webhook, and kill -9 at any moment of storing and alerting."""

from __future__ import annotations

import json
import os
import random
import select
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.press import Press, article, mention
from tests.support.program import DESK, PATIENCE, Program, kill_group, members, until
from tests.support.slack import SlackServer, shown

PAPERS = 8
WINDOW = 40  # articles that a paper carries
UNSEEN_MOST = 15 * PAPERS  # articles that may wait to be stored: none leaves the window before
UNSENT_MOST = 4  # alerts that may wait: they go out at one a second, and every life should send
REPEAT = "(possible repeat)"


class Starter:
    """The program, started in the time of a fork; see crash_starter.py."""

    def __init__(self, program: Program, build: str = "") -> None:
        words = [sys.executable, "-W", "error", "-m", "benchmarks.proof.crash_starter"]
        self._process = subprocess.Popen(
            [*words, *[build] * bool(build)],
            cwd=program.folder,
            env=program.clean_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        self.log = program.folder / "starter.log"
        self._read()

    def start(self, *words: str, traced: bool = False) -> Life:
        """Start the command; `traced`: it does nothing before somebody traces it."""
        assert self._process.stdin is not None
        asked = json.dumps({"argv": words, "log": str(self.log), "traced": traced})
        self._process.stdin.write(asked.encode() + b"\n")
        self._process.stdin.flush()
        return Life(self._read()["pid"])

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())

    def close(self) -> None:
        """End the process that forks."""
        kill_group(self._process)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()


class Life:
    """One process of the program."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        try:
            self._handle: int | None = os.pidfd_open(pid)
        except ProcessLookupError:
            self._handle = None

    def ended(self, within: float = 0.0) -> bool:
        """Whether it has ended by itself, waiting so long."""
        if self._handle is None:
            return True
        return bool(select.select([self._handle], [], [], within)[0])

    def kill(self) -> bool:
        """SIGKILL for it alone: its parsers are left to end by themselves. Whether it lived."""
        if self._handle is None:
            return False
        lived = not self.ended()
        if lived:
            signal.pidfd_send_signal(self._handle, signal.SIGKILL)
            self.ended(PATIENCE)
        os.close(self._handle)
        self._handle = None
        return lived


class Changes:
    """Counts how often a file is written, as far as looking at it shows."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._seen = 0
        self._last = self._now()

    def _now(self) -> int:
        return self._file.stat().st_mtime_ns if self._file.exists() else 0

    def count(self) -> int:
        """Since the first look."""
        now = self._now()
        self._seen += now != self._last
        self._last = now
        return self._seen


@dataclass(slots=True, kw_only=True)
class World:
    """One program with all that it reads and writes to."""

    program: Program
    press: Press
    slack: SlackServer
    starter: Starter
    dice: random.Random
    kills: Counter[str] = field(default_factory=Counter)
    lives: list[int] = field(default_factory=list)
    seconds: float = 0.0  # that the first round took, when it was left alone
    published: int = 0
    given: set[tuple[int, str]] = field(default_factory=set)  # feed and guid of every article
    announced: set[str] = field(default_factory=set)  # titles that must have been alerted
    torn: int = 0  # databases that were not whole after a kill
    faults: list[str] = field(default_factory=list)  # tracebacks of ours

    @classmethod
    def made(cls, stack: ExitStack, folder: Path, seed: str, build: str = "") -> World:
        """Everything running, in a folder of its own."""
        folder.mkdir(parents=True)
        press, slack = stack.enter_context(Press(PAPERS)), stack.enter_context(SlackServer())
        slack.delay = 0.2  # so that some kills come between a message and its answer
        program = Program(folder, {"WIREWATCH_SLACK_URL": slack.url})
        program.write(press.feeds, DESK)
        starter = Starter(program, build)
        stack.callback(starter.close)
        return cls(
            program=program, press=press, slack=slack, starter=starter, dice=random.Random(seed)
        )

    def publish(self) -> None:
        """A new article in every paper; one of them names a plant, if few alerts wait."""
        number = self.published = self.published + 1
        chosen = number % PAPERS if len(self.announced) - len(self.arrived()) < UNSENT_MOST else -1
        for paper in range(PAPERS):
            new = (mention if paper == chosen else article)(number, paper=paper)
            self.press.articles[paper] = (*self.press.articles[paper], new)[-WINDOW:]
            self.given.add((paper + 1, new.guid))
        if chosen >= 0:
            self.announced.add(self.press.articles[chosen][-1].title)

    def undisturbed(self) -> None:
        """A round that is left alone. What waits in the outbox goes out at one a second."""
        began = time.monotonic()
        life = self.starter.start("poll", "--all")
        assert life.ended(within=PATIENCE + 3 * UNSENT_MOST), "a round that did not end"
        if not self.seconds:
            self.seconds = time.monotonic() - began

    def settle(self) -> None:
        """Let it finish."""
        self.undisturbed()
        end = time.monotonic() + PATIENCE + 4 * len(self.announced)
        while self.program.count("alerts", "state <> 'sent'") and time.monotonic() < end:
            self.undisturbed()

    def kill(self) -> None:
        """Start a round or the daemon, end it at any moment of its work, and look at the file."""
        if len(self.given) - self.stored() >= UNSEEN_MOST:
            before = self.stored()
            self.undisturbed()  # a machine that is so busy that no life comes to storing
            assert self.stored() > before, "the program stores nothing, even when left alone"
        elif self.dice.random() < 0.8:
            self.publish()
        words = self.dice.choice((("poll", "--all"), ("run",)))
        self.program.make_due()
        life = self.starter.start(*words)
        self._wait(life)
        if life.kill():
            self.kills[words[0]] += 1
        self.lives.append(life.pid)
        self.look()

    def look(self) -> None:
        """Whether the database is whole, and nothing of ours failed aloud."""
        # Not read-only: killed while it was made, a file may have to be recovered first.
        with closing(sqlite3.connect(self.program.database, timeout=10)) as db:
            checks = ("integrity_check", "foreign_key_check")
            found = [db.execute(f"PRAGMA {check}").fetchall() for check in checks]
        self.torn += found != [[("ok",)], []]
        # A parser that was being started may say that its parent is gone; we say nothing.
        if "/monitor/" in (said := self.starter.log.read_text(errors="replace")):
            self.faults.append(said)

    def _wait(self, life: Life) -> None:
        """Until any moment of its start, or shortly after a request, a message or a commit."""
        anew = Changes(self.program.database.with_name(self.program.database.name + "-wal"))
        # Sign, how many of it at most, and of the time that a round takes, how much after it at most.
        signs: tuple[tuple[Callable[[], int], int, float], ...] = (
            (lambda: 0, 1, 0.0),
            (self.press.asked.total, PAPERS, 0.5),
            (lambda: len(self.slack.accepted), 1, 0.3),
            (lambda: len(self.slack.accepted), 2, 0.3),
            (anew.count, 12, 0.0),
            (anew.count, 24, 0.2),
        )
        sign, most, after = self.dice.choice(signs)
        before, wanted = sign(), self.dice.randint(1, most)
        patience = (
            1.5 + 3 * self.seconds if after or most > 1 else self.dice.uniform(0, self.seconds)
        )
        end = time.monotonic() + patience
        while time.monotonic() < end and sign() - before < wanted:
            if life.ended(0.003):
                return
        life.ended(self.dice.uniform(0, 0.01 + after * self.seconds))

    def stored(self) -> int:
        """How many items the database has."""
        return self.program.count_or_none("items") or 0

    def twice(self) -> int:
        """Articles that were stored more than once."""
        again = "SELECT 1 FROM items GROUP BY feed, guid HAVING count(*) > 1"
        return len(self.program.rows(again))

    def lost(self) -> int:
        """Articles that were not stored, or of which the ledger tells something else."""
        rows = self.program.rows("SELECT feed, guid FROM items")
        told = self.program.rows("SELECT sum(new) AS n FROM polls")[0]["n"]
        there = {(row["feed"], row["guid"]) for row in rows}
        return len(self.given ^ there) + abs(told - len(self.given))

    def arrived(self) -> set[str]:
        """Titles that have come."""
        return {_title(message) for message in self.slack.accepted}

    def again(self) -> list[bool]:
        """Of each message that had come before, whether it is marked as a repeat."""
        seen: set[str] = set()
        found = []
        for message in self.slack.accepted:
            if (title := _title(message)) in seen:
                found.append(REPEAT in shown(message))
            seen.add(title)
        return found

    def written_off(self) -> int:
        """Alerts that stand as sent and never came."""
        rows = self.program.rows(
            "SELECT payload ->> '$.title' AS title FROM alerts WHERE state = 'sent'"
        )
        return len({row["title"] for row in rows} - self.arrived())

    def left(self) -> int:
        """Processes of killed programs that are still there, after their time to see it."""
        try:
            until(lambda: not any(map(members, self.lives[-5:])), what="the parsers' end")
        except AssertionError:
            return sum(len(members(pid)) for pid in self.lives)
        return 0


def _title(message: dict[str, Any]) -> str:
    return str(message["blocks"][0]["text"]["text"])
