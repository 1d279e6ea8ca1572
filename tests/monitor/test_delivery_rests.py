"""The pauses of a channel: its own gap, and the rest that the other side asks for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from alerts.types import Alert, Receipt
from monitor import delivery
from monitor.delivery import Delivery
from tests.support.learning import LearningDesk, entry
from tests.support.press import words


class Busy:
    """A channel that asks for a rest once, and then takes everything."""

    name = "desk"

    def __init__(self, *, rest: float | None = None, gap: float = 0.0) -> None:
        self.gap = gap
        self.rest = rest
        self.sent: list[Alert] = []
        self.asked = asyncio.Event()

    async def send(self, alert: Alert) -> Receipt:
        self.sent.append(alert)
        self.asked.set()
        rest, self.rest = self.rest, None
        outcome = "later" if rest else "sent"
        return Receipt(alert=alert.id, outcome=outcome, retry_after=rest)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[LearningDesk]:
    """With three alerts waiting."""
    desk = LearningDesk(tmp_path)
    desk.poll(entry(1))
    new = (entry(n, f"The mine: {words(8, str(n))}", words(40, f"text {n}")) for n in (4, 3, 2))
    desk.poll(*new, entry(1))
    assert desk.count("alerts") == 3
    yield desk
    desk.close()


def play(desk: LearningDesk, channel: Busy, story: Callable[[Delivery], Awaitable[None]]) -> None:
    async def run() -> None:
        with ThreadPoolExecutor(1) as writer:
            await story(Delivery([channel], desk.store, writer, lambda: desk.now))

    asyncio.run(asyncio.wait_for(run(), 20))


async def settled(out: Delivery) -> None:
    while out._sending:
        await asyncio.wait(out._sending.values())


def test_a_long_rest_ends_the_round_and_holds_the_channel(
    desk: LearningDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "LONGEST_PAUSE", 0.1)
    channel = Busy(rest=0.4)

    async def story(out: Delivery) -> None:
        done = await out.round()
        assert [one.state for one in done] == ["pending"]
        desk.now += timedelta(hours=1)
        out.tick()
        await settled(out)
        assert len(channel.sent) == 1, "the channel was to rest"
        await asyncio.sleep(0.5)
        out.tick()
        await settled(out)
        assert len(channel.sent) == 4

    play(desk, channel, story)
    assert {row["state"] for row in desk.rows("SELECT state FROM alerts")} == {"sent"}


def test_the_end_cuts_a_pause_short(desk: LearningDesk) -> None:
    channel = Busy(gap=3.0)

    async def story(out: Delivery) -> None:
        out.tick()
        await channel.asked.wait()
        loop = asyncio.get_running_loop()
        began = loop.time()
        await out.drain(3600)
        assert loop.time() - began < channel.gap
        out.tick()
        assert not out._sending

    play(desk, channel, story)
    states = [row["state"] for row in desk.rows("SELECT state FROM alerts ORDER BY state")]
    assert states == ["pending", "pending", "sent"]
