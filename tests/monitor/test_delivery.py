"""Outbox to channels: claim → send → settle."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from alerts.types import Alert, Receipt
from monitor import delivery
from monitor.delivery import Delivery
from monitor.errors import StoreError
from tests.support.learning import LearningDesk, entry


class Scripted:
    """A channel that answers as it is told, then always `sent`."""

    name = "desk"
    gap = 0.0

    def __init__(self, *outcomes: str, retry_after: float | None = None) -> None:
        self.outcomes = list(outcomes)
        self.sent: list[Alert] = []
        self.retry_after = retry_after

    async def send(self, alert: Alert) -> Receipt:
        self.sent.append(alert)
        outcome = self.outcomes.pop(0) if self.outcomes else "sent"
        return Receipt(alert=alert.id, outcome=outcome, message="because")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[LearningDesk]:
    desk = LearningDesk(tmp_path)
    desk.poll(entry(1))
    desk.poll(*(entry(n, f"The mine opens gallery {n} today") for n in (4, 3, 2)), entry(1))
    yield desk
    desk.close()


def deliver(desk: LearningDesk, channel: Scripted) -> Delivery:
    async def run() -> Delivery:
        with ThreadPoolExecutor(1) as writer:
            out = Delivery([channel], desk.store, writer, lambda: desk.now)
            await out.round()
            return out

    return asyncio.run(run())


def states(desk: LearningDesk) -> list[str]:
    return [row["state"] for row in desk.rows("SELECT state FROM alerts ORDER BY id")]


def test_everything_due_is_sent_once(desk: LearningDesk) -> None:
    channel = Scripted()
    deliver(desk, channel)
    deliver(desk, channel)
    assert states(desk) == ["sent"] * 3
    assert len(channel.sent) == 3
    first = channel.sent[0]
    assert first.named[0].name == "The mine"
    start, end = first.snippet_marks[0]
    assert first.snippet[start:end] == "mine"


def test_one_refused_does_not_stop_the_others(desk: LearningDesk) -> None:
    deliver(desk, Scripted("refused"))
    assert sorted(states(desk)) == ["dead", "sent", "sent"]
    assert desk.rows("SELECT last_error FROM alerts WHERE state = 'dead'") == [
        {"last_error": "because"}
    ]


def test_later_is_tried_again_when_due(desk: LearningDesk) -> None:
    channel = Scripted("later", "later", "later")
    deliver(desk, channel)
    assert states(desk) == ["pending"] * 3
    deliver(desk, channel)
    assert len(channel.sent) == 3
    desk.now += timedelta(minutes=1)
    deliver(desk, channel)
    assert states(desk) == ["sent"] * 3


def test_a_receipt_that_cannot_be_stored_is_tried_until_it_can(
    desk: LearningDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "SETTLE_AGAIN", 0.0)
    settle, failures = desk.store.settle, iter([True, True])

    def full_twice(*arguments: object) -> None:
        if next(failures, False):
            raise StoreError("database or disk is full")
        settle(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(desk.store, "settle", full_twice)
    channel = Scripted()
    deliver(desk, channel)
    assert states(desk) == ["sent"] * 3
    assert len(channel.sent) == 3
