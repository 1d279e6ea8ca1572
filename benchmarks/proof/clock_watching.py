"""A program at work on a clock that is moved: for the rows of clock.py."""

from __future__ import annotations

import subprocess
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks.proof.moved_clock import INTERVAL
from tests.support.press import Press, article, mention
from tests.support.program import DESK, Program, kill_group
from tests.support.slack import SlackServer

PAPERS = 5
PATIENCE = 30.0  # seconds for what has come to be stored and sent


class TimedPress(Press):
    """Papers that note when they were asked, by a clock that nobody moves."""

    def __init__(self, papers: int) -> None:
        super().__init__(papers)
        self.times: dict[int, list[float]] = defaultdict(list)

    def _answer(self, request: Any) -> Any:
        paper = int(request.target.removeprefix("/paper/").removesuffix(".xml"))
        self.times[paper].append(time.monotonic())
        return super()._answer(request)

    def rounds(self) -> int:
        """How often every paper was asked at least."""
        return min((len(self.times[paper]) for paper in range(len(self.articles))), default=0)


@dataclass(slots=True, kw_only=True)
class Watching:
    """A program at work on a clock that is moved."""

    program: Program
    press: TimedPress
    slack: SlackServer
    process: subprocess.Popen[bytes]
    began: float = field(default_factory=time.monotonic)

    def move(self, how: str, seconds: float) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{how} {seconds}\n".encode())
        self.process.stdin.flush()

    def asked(self, rounds: int, within: float) -> bool:
        """Wait until all papers were asked so often."""
        return until(lambda: self.press.rounds() >= rounds, within)

    def settle(self, rounds: int) -> None:
        """Wait until so many rounds are stored, and their alerts sent, if it stores any."""
        stored = lambda: self.program.count_or_none("polls") or 0  # noqa: E731
        waiting = lambda: self.program.count("alerts", "state <> 'sent'")  # noqa: E731
        if self.program.database.exists():
            until(lambda: stored() >= rounds * PAPERS and not waiting(), PATIENCE)

    def publish(self) -> None:
        """Something that is watched, in every paper."""
        for paper in range(PAPERS):
            number = len(self.press.articles[paper]) + 1
            self.press.articles[paper] += (mention(number, paper=paper),)

    def too_soon(self) -> int:
        """Polls that came before their interval was over."""
        return sum(
            later - sooner < 0.9 * INTERVAL
            for times in self.press.times.values()
            for sooner, later in pairwise(times)
        )

    def gaps(self) -> list[float]:
        """Intervals between two polls of a paper, and from the last one until now."""
        now = time.monotonic()
        return [
            (later - sooner) / INTERVAL
            for times in (self.press.times[paper] for paper in range(PAPERS))
            for sooner, later in zip([*times] or [self.began], [*times[1:], now], strict=True)
        ]

    def told(self) -> int:
        return len(self.slack.accepted)

    def log(self) -> str:
        return (self.program.folder / "log").read_text(encoding="utf-8")


def until(condition: Callable[[], object], within: float) -> bool:
    """Wait for a condition; whether it came about in time."""
    end = time.monotonic() + within
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


@contextmanager
def watching(
    folder: Path, build: str, desk: str = DESK, *, zone: str = "UTC", at: datetime | None = None
) -> Iterator[Watching]:
    """A build of benchmarks/proof/moved_clock.py over papers, its clock set to `at`."""
    folder.mkdir(parents=True)
    with TimedPress(PAPERS) as press, SlackServer() as slack:
        environment = {"WIREWATCH_SLACK_URL": slack.url, "TZ": zone}
        launcher = ("-m", "benchmarks.proof.moved_clock", build)
        program = Program(folder, environment, command=launcher)
        program.write(press.feeds, desk)
        for paper in range(PAPERS):
            press.articles[paper] = (article(1, paper=paper),)
        with (folder / "log").open("wb") as log:
            process = program.start("run", stdin=subprocess.PIPE, stderr=log)
            watched = Watching(program=program, press=press, slack=slack, process=process)
            try:
                if at:
                    watched.move("step", (at - datetime.now(UTC)).total_seconds())
                yield watched
            finally:
                kill_group(process)
                assert process.stdin is not None
                process.stdin.close()
