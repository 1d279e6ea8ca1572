"""A daemon that hangs, and a service manager that watches it as systemd does (systemd.service(5))."""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from benchmarks.proof.clock_watching import PAPERS, TimedPress, until
from benchmarks.proof.row import Outcome, Scale
from tests.support.press import article, mention
from tests.support.program import DESK, Program, kill_group
from tests.support.slack import SlackServer

WATCHDOG = 60  # seconds, as deploy/ has it
AGAIN = 1.0  # seconds from the end of the service to its start
BACK = 10  # seconds more in which it polls again
WAYS = ("loop", "writer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hung:
    """What became of a daemon that hung."""

    killed: float | None  # seconds after it hung; None = nobody noticed
    back: float | None  # seconds after it hung until all was polled again
    alerts: int  # of PAPERS
    twice: int


class Manager:
    """Where the service says how it does."""

    def __init__(self, path: Path, limit: float) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._limit = limit
        self.fed = 0

    def close(self) -> None:
        self._socket.close()

    def heard(self, word: str, within: float) -> bool:
        """Wait for a message with this word in it; whether it came."""
        end = time.monotonic() + within
        while (left := end - time.monotonic()) > 0:
            if select.select([self._socket], [], [], left)[0]:
                said = self._socket.recv(4_096).decode().split("\n")
                self.fed += "WATCHDOG=1" in said
                if any(line.startswith(word) for line in said):
                    return True
        return False

    def silent(self, most: float) -> bool:
        """Wait until no sign of life came for the limit; False if they go on coming for `most`."""
        end = time.monotonic() + most
        while time.monotonic() < end:
            if not self.heard("WATCHDOG=1", self._limit):
                return True
        return False


def watchdog(scale: Scale, *, by_timer: bool = False) -> Outcome:
    limit = scale.of(WATCHDOG, 6)
    how = ["by-timer"] * by_timer
    with ThreadPoolExecutor(len(WAYS)) as together:
        runs = [together.submit(_hung, scale.folder / way, [way, *how], limit) for way in WAYS]
        came = [run.result() for run in runs]
    killed = [one.killed for one in came if one.killed is not None]
    back = [one.back for one in came if one.back is not None]
    alerts, wanted = sum(one.alerts for one in came), PAPERS * len(WAYS)
    figure = (
        f"hung {len(WAYS)} ways with {limit} s to show work: {len(killed)} noticed"
        + (f" after {max(killed):.0f} s at most" if killed else "")
        + (f", polling again after {max(back):.0f} s" if back else "")
        + f"; {wanted - alerts} of {wanted} alerts lost, {sum(one.twice for one in came)} twice"
    )
    held = len(killed) == len(back) == len(WAYS) and max(killed) <= limit + 1
    held = held and max(back) <= limit + BACK and alerts == wanted
    return Outcome(figure=figure, held=held and not sum(one.twice for one in came))


def _hung(folder: Path, how: Sequence[str], limit: int) -> Hung:
    folder.mkdir(parents=True)
    address = folder / "notify"
    with (
        TimedPress(PAPERS) as press,
        SlackServer() as slack,
        closing(Manager(address, limit)) as manager,
    ):
        program = Program(
            folder,
            {
                "WIREWATCH_SLACK_URL": slack.url,
                "NOTIFY_SOCKET": str(address),
                "WATCHDOG_USEC": str(limit * 1_000_000),
            },
            command=("-m", "benchmarks.proof.hung_daemon", *how),
        )
        program.write(press.feeds, DESK)
        for paper in range(PAPERS):
            press.articles[paper] = (article(1, paper=paper),)
        return _watched(program, press, slack, manager, limit)


def _watched(
    program: Program, press: TimedPress, slack: SlackServer, manager: Manager, limit: int
) -> Hung:
    with (program.folder / "log").open("wb") as log:
        process = program.start("run", stderr=log)
        try:
            assert manager.heard("READY=1", 60), (program.folder / "log").read_text()
            assert manager.heard("WATCHDOG=1", limit), "it never shows any work"
            assert until(lambda: (program.count_or_none("polls") or 0) >= PAPERS, 60)
            for paper in range(PAPERS):
                press.articles[paper] += (mention(2, paper=paper),)
            (program.folder / "hang").touch()
            assert until(lambda: not (program.folder / "hang").exists(), 30)
            hung = time.monotonic()
            if not manager.silent(1.5 * limit + 1):
                return Hung(killed=None, back=None, alerts=len(slack.accepted), twice=0)
            kill_group(process)
            killed = time.monotonic() - hung
            program.make_due()  # as after all the time that the machine would have been idle
            time.sleep(AGAIN)
            process = program.start("run", stderr=log)
            polled = until(lambda: press.rounds() >= 2, 60)
            back = time.monotonic() - hung
            until(lambda: len(slack.accepted) >= PAPERS, 30)
            time.sleep(1.0)  # for what would come twice
        finally:
            kill_group(process)
    alerts = len(slack.accepted)
    return Hung(
        killed=killed,
        back=back if polled else None,
        alerts=min(alerts, PAPERS),
        twice=max(0, alerts - PAPERS),
    )
