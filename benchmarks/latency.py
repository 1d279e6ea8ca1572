"""How soon news is in Slack: from the poll that found it to the message's arrival.

    python -m benchmarks.latency [--runs 40] [--json]

The real daemon in a process of its own, a feed server that publishes an item naming a power station,
and a Slack-like server that notes arrivals, all on loopback. A run begins when the feed server has
sent the document with the new item. Ends with status 1 when 95 in 100 take more than LIMIT.
"""

from __future__ import annotations

import argparse
import json
import logging
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from benchmarks.measure import table
from monitor.control import ask
from tests.support.press import Press, article, mention
from tests.support.program import DESK, Daemon, Program
from tests.support.slack import Fault, SlackServer, shown

LIMIT = 2.0  # seconds
OTHERS = 20  # entries of the document that are there already
PAUSE = 1.2  # seconds between two runs, and up to a second more: Slack takes a message a second


class Slack(SlackServer):
    """Notes when each message was taken, by what it says."""

    def __init__(self) -> None:
        super().__init__(time.monotonic)
        self.times: list[tuple[float, str]] = []

    def _judge(self, path: str, headers: dict[str, str], body: bytes) -> Fault:
        verdict = super()._judge(path, headers, body)
        if verdict.accept:
            self.times.append((time.monotonic(), shown(json.loads(body))))
        return verdict

    def came(self, title: str) -> float | None:
        return next((when for when, text in self.times if title in text), None)


class Paper(Press):
    """One paper, which notes when it was last asked."""

    def __init__(self) -> None:
        super().__init__(1)
        self.articles[0] = tuple(article(n) for n in range(OTHERS))
        self.answered = 0.0

    def _answer(self, request):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        reply = super()._answer(request)
        self.answered = time.monotonic()
        return reply


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and fail over the limit."""
    asked = argparse.ArgumentParser(prog="benchmarks.latency", description="Time to a message.")
    asked.add_argument("--runs", type=int, default=40)
    asked.add_argument("--json", action="store_true")
    options = asked.parse_args(arguments)
    logging.getLogger().setLevel(logging.WARNING)
    with tempfile.TemporaryDirectory() as folder, Paper() as paper, Slack() as slack:
        program = Program(Path(folder), {"WIREWATCH_SLACK_URL": slack.url})
        program.write(paper.feeds, DESK)
        with program.daemon() as daemon:
            daemon.until(lambda: program.count_or_none("polls"))
            took = sorted(measured(program, daemon, paper, slack, n) for n in range(options.runs))
            daemon.stop()
    middle, slow = median(took), took[max(0, round(0.95 * len(took)) - 1)]
    if options.json:
        print(json.dumps({"median": middle, "p95": slow, "seconds": took, "limit": LIMIT}))
    else:
        rows = [(len(took), middle, slow, took[-1])]
        print(table(("alerts", "median s", "p95 s", "slowest s"), rows))
    sys.exit(0 if slow <= LIMIT else 1)


def measured(program: Program, daemon: Daemon, paper: Paper, slack: Slack, number: int) -> float:
    """Seconds from the answer that held a new item to its message."""
    time.sleep(PAUSE + random.random())  # at any moment of the daemon's own second
    new = mention(1_000 + number)
    paper.articles[0] = (*paper.articles[0][-OTHERS:], new)
    before = paper.asked[0]
    ask(program.database, "poll", feeds=None)
    daemon.until(lambda: paper.asked[0] > before)
    answered = paper.answered
    daemon.until(lambda: slack.came(new.title))
    came = slack.came(new.title)
    assert came is not None
    return came - answered


if __name__ == "__main__":
    main()
