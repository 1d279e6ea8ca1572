"""Log lines: one an event, bound to its feed and poll, at a level that says what matters."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from feeds.types import FeedError
from monitor.logs import JsonLines, TextLines, bound
from monitor.pipeline import Stages, poll
from monitor.poll_lines import log_poll
from tests.support.learning import LearningDesk, entry

FAULT = FeedError(url="https://one.example/feed", reason="timeout", message="no answer")


class Kept(logging.Handler):
    """Formats each line when it comes, as the handler of the program does."""

    def __init__(self, formatter: logging.Formatter) -> None:
        super().__init__()
        self.setFormatter(formatter)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture
def kept() -> Iterator[Kept]:
    log, handler = logging.getLogger("wirewatch"), Kept(JsonLines())
    log.addHandler(handler)
    before = log.level
    log.setLevel(logging.DEBUG)
    yield handler
    log.setLevel(before)
    log.removeHandler(handler)


def test_lines_carry_what_is_bound(kept: Kept) -> None:
    log = logging.getLogger("wirewatch.test")

    async def work(name: str) -> None:
        with bound(feed=name, poll="now"):
            await asyncio.sleep(0)
            log.warning("in")
        log.warning("out", extra={"feed": f"{name} by itself"})

    async def both() -> None:
        await asyncio.gather(work("a"), work("b"))

    asyncio.run(both())
    said = [json.loads(line) for line in kept.lines]
    assert sorted((e["event"], e["feed"], e.get("poll")) for e in said) == [
        ("in", "a", "now"),
        ("in", "b", "now"),
        ("out", "a by itself", None),
        ("out", "b by itself", None),
    ]


def test_text_shows_it_too() -> None:
    record = logging.makeLogRecord({"msg": "late", "levelname": "INFO", "name": "wirewatch"})
    with bound(feed="https://a.example/\x1b[31m"):
        assert TextLines().format(record).endswith(r"late feed=https://a.example/\x1b[31m")


def test_a_line_a_poll(tmp_path: Path, kept: Kept) -> None:
    desk = LearningDesk(tmp_path)
    records = [desk.poll(entry(1), entry(2)), desk.poll(entry(1), entry(2, "Other words entirely"))]
    records += [desk.poll(entry(1), entry(2, "Other words entirely")), desk.observe(FAULT)]
    for record in records:
        log_poll(record)
    said = [json.loads(line) for line in kept.lines]
    assert [(e["level"], e["event"].partition(":")[0]) for e in said] == [
        ("info", "polled, ok"),
        ("info", "polled, ok"),
        ("debug", f"polled, {records[2].row.status}"),
        ("info", "poll failed"),
    ]
    assert said[0]["event"] == "polled, ok: 2 new"
    assert said[1]["event"] == "polled, ok: 1 changed"
    times = [row["started_at"] for row in desk.store.db.query("SELECT started_at FROM polls")]
    assert [event["poll"] for event in said] == times
    assert {event["feed"] for event in said} == {records[0].observation.feed.feed.url}
    desk.close()


def test_a_fault_of_ours_says_in_which_poll(tmp_path: Path, kept: Kept) -> None:
    desk = LearningDesk(tmp_path)
    feed = desk.poll(entry(1)).observation.feed

    async def broken(*_: object) -> object:
        raise ZeroDivisionError

    async def learn(seen: object) -> object:
        return seen

    stages = Stages(fetch=broken, parse=broken, learn=learn, now=lambda: desk.now)
    asyncio.run(poll(feed, stages))
    (event,) = map(json.loads, kept.lines)
    assert (event["event"], event["feed"]) == ("fault while polling", feed.feed.url)
    assert event["poll"].startswith(f"{desk.now:%Y-%m-%dT%H:%M}")
    assert "ZeroDivisionError" in event["traceback"]
    desk.close()
