"""How soon news is in Slack: from the poll that found it to the message's arrival.

    python -m benchmarks.latency [--runs 40] [--feeds 10000] [--json]

The real daemon in a process of its own, a feed server that publishes an item naming a power station,
and a Slack-like server that notes arrivals, all on loopback. A run begins when the feed server has
sent the document with the new item. With `--feeds` the daemon polls so many others besides, each
every INTERVAL seconds; the first poll of each is waited for. Ends with status 1 when 95 in 100 take
more than LIMIT.
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
from benchmarks.samples import Sample
from benchmarks.serving import serving
from monitor.control import ask
from tests.support.press import Press, article, mention, rss
from tests.support.program import DESK, Daemon, Program
from tests.support.slack import Fault, SlackServer, shown

LIMIT = 2.0  # seconds
OTHERS = 20  # entries of the document that are there already
INTERVAL = 900  # seconds between two polls of each of the others
PATIENCE = 1_800.0  # seconds for the first polls of all
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
    asked.add_argument("--feeds", type=int, default=0, help="others that are polled besides [0]")
    asked.add_argument("--json", action="store_true")
    options = asked.parse_args(arguments)
    took = times(options.runs, options.feeds)
    middle, slow = median(took), p95(took)
    if options.json:
        print(json.dumps({"median": middle, "p95": slow, "seconds": took, "limit": LIMIT}))
    else:
        rows = [(len(took), middle, slow, took[-1])]
        print(table(("alerts", "median s", "p95 s", "slowest s"), rows))
    sys.exit(0 if slow <= LIMIT else 1)


def times(runs: int, feeds: int = 0) -> list[float]:
    """Seconds of each alert, the quickest first, while `feeds` others are polled."""
    logging.getLogger().setLevel(logging.WARNING)
    with (
        tempfile.TemporaryDirectory() as folder,
        Paper() as paper,
        Slack() as slack,
        serving([_others(feeds)], Path(folder) / "served") as others,
    ):
        program = Program(Path(folder), {"WIREWATCH_SLACK_URL": slack.url})
        program.write([*paper.feeds, *others.urls], DESK)
        slower = program.config.read_text().replace("interval = 60", f"interval = {INTERVAL}")
        program.config.write_text(slower)
        with program.daemon() as daemon:
            _first_polls(program, daemon, 1 + len(others.urls))
            took = sorted(measured(program, daemon, paper, slack, n) for n in range(runs))
            daemon.stop()
    return took


def p95(took: Sequence[float]) -> float:
    """The slowest of 95 in 100."""
    return took[max(0, round(0.95 * len(took)) - 1)]


def _others(feeds: int) -> list[Sample]:
    """Small ones, since it is not their storing that is measured. One at least: a server needs it."""
    papers = ([article(n, paper=paper) for n in range(3)] for paper in range(1, max(1, feeds) + 1))
    return [Sample(body=rss(articles), suffix=".rss") for articles in papers]


def _first_polls(program: Program, daemon: Daemon, feeds: int) -> None:
    end = time.monotonic() + PATIENCE
    while (program.count_or_none("polls") or 0) < feeds:
        if daemon.process.poll() is not None or time.monotonic() > end:
            raise SystemExit(
                f"the daemon did not poll all feeds: {daemon.log.read_text()[-2_000:]}"
            )
        time.sleep(0.5)


def measured(program: Program, daemon: Daemon, paper: Paper, slack: Slack, number: int) -> float:
    """Seconds from the answer that held a new item to its message."""
    time.sleep(PAUSE + random.random())  # at any moment of the daemon's own second
    new = mention(1_000 + number)
    paper.articles[0] = (*paper.articles[0][-OTHERS:], new)
    before = paper.asked[0]
    ask(program.database, "poll", feeds=list(paper.feeds))
    daemon.until(lambda: paper.asked[0] > before)
    answered = paper.answered
    daemon.until(lambda: slack.came(new.title))
    came = slack.came(new.title)
    assert came is not None
    return came - answered


if __name__ == "__main__":
    main()
