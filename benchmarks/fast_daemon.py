"""The daemon on clocks that go fast, for benchmarks/soak.py."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import monitor.drift
from alerts.rules import Rule
from alerts.secrets import Secret
from alerts.settings import SlackSettings
from feeds.heap import give_back
from feeds.types import Feed
from monitor.compose import assemble
from monitor.config import Config, FetchConfig
from monitor.daemon import Daemon, Orders
from monitor.drift import Drift, boot_clock
from monitor.logs import set_up
from monitor.records import PollRecord, StoredFeed

PLANTS = Path(__file__).parent.parent / "tests" / "system" / "data" / "plants.toml"

Polled = Callable[[PollRecord], bool]
"""Told of each poll; answers whether it was the last."""


def config(folder: Path, port: int, feeds: int, interval: int) -> Config:
    return Config(
        path=Path("(soak)"),
        database=folder / "wirewatch.db",
        watchlists=(PLANTS,),
        feed_lists=(),
        feeds=tuple(
            Feed(url=f"http://127.1.{n // 200}.{n % 200 + 1}:{port}/{n}") for n in range(feeds)
        ),
        fetch=FetchConfig(
            allow_private_addresses=True, host_gap=0.0, interval=interval, fastest=interval
        ),
        channels={
            "desk": SlackSettings(name="desk", webhook_url=Secret(f"http://127.0.0.1:{port}/hook"))
        },
        rules=(Rule(name="everything", to=("desk",)),),
    )


async def run(folder: Path, *, port: int, feeds: int, speed: float, polled: Polled) -> None:
    """Watch `feeds` feeds at `speed` times the speed of time, until `polled` has had enough.

    Each is polled about once a second.
    """
    set_up("warning", "text")
    give_back()  # as `watch` does: this is a part of it
    # Between the two looks that are compared the machine may do other things: for so much longer.
    monitor.drift.TOLERANCE *= speed
    began, began_steady = datetime.now(UTC), boot_clock()
    orders = Orders()

    def now() -> datetime:
        return began + timedelta(seconds=speed * (boot_clock() - began_steady))

    def report(_: StoredFeed, record: PollRecord) -> None:
        if polled(record):
            orders.end = True
            orders.asked.set()

    async with assemble(
        config(folder, port, feeds, max(60, round(speed))), now=now, report=report
    ) as program:
        daemon = Daemon(program, orders, now=now)
        daemon._drift = Drift(now, lambda: speed * boot_clock())  # noqa: SLF001 - both go fast
        await daemon.run()
