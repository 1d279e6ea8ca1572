"""Empties the outbox: claim → send → settle, one sender a channel, one alert at a time.

One at a time, so that a crash leaves at most one alert a channel in doubt. The network is never
inside a transaction.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import ParamSpec, TypeVar

from alerts.deliver import Settlement, send_all, settlement
from alerts.types import Alert, Channel, Receipt
from monitor.announce import alert_of
from monitor.drain import finished
from monitor.errors import StoreError
from monitor.store import Store
from monitor.undelivered import RELATION as UNDELIVERED

log = logging.getLogger("wirewatch.deliver")

SETTLE_AGAIN = 5.0  # seconds between tries to store a receipt
SETTLE_TRIES = 12  # of a single round: a minute. The daemon has no end of them
# Seconds of a pause that a sender waits out. A longer one (429 with Retry-After) ends it, and the
# channel is left alone for so long: `wirewatch poll` must not sleep for hours.
LONGEST_PAUSE = 5.0

P = ParamSpec("P")
T = TypeVar("T")


class Delivery:
    """The senders of all channels over one outbox."""

    def __init__(
        self,
        channels: Sequence[Channel],
        store: Store,
        writer: ThreadPoolExecutor,
        now: Callable[[], datetime],
    ) -> None:
        self._channels: Mapping[str, Channel] = {channel.name: channel for channel in channels}
        self._store = store
        self._writer = writer
        self._now = now
        self._sending: dict[str, asyncio.Task[None]] = {}
        self._held: dict[str, float] = {}  # channel → end of its rest, by the loop's clock
        self._round: list[Settlement] | None = None  # what a single round has settled
        self._stop = asyncio.Event()
        self.settled: Callable[[Settlement], object] = lambda _: None  # told of what was stored
        self.allowed: Callable[[], bool] = lambda: True  # whether anything may be sent now

    def tick(self) -> None:
        """Wake every channel that has no sender at work and is not resting."""
        for name in self._channels:
            self._wake(name)

    async def empty(self, name: str) -> float:
        """Send what is due on one channel; returns the seconds for which it is to be left alone.

        For programs that share an outbox: whoever calls sees to it that only one of them sends on
        a channel.
        """
        self._wake(name)
        if name in self._sending:
            await asyncio.wait((self._sending[name],))
        return max(0.0, self._held.get(name, 0.0) - asyncio.get_running_loop().time())

    def _wake(self, name: str) -> None:
        if name not in self._sending and self._may(name):
            task = asyncio.create_task(self._send_due(self._channels[name]))
            self._sending[name] = task
            task.add_done_callback(partial(self._ended, name))

    def _may(self, channel: str) -> bool:
        held_until = self._held.get(channel, 0.0)
        rested = asyncio.get_running_loop().time() >= held_until
        return rested and not self._stop.is_set() and self.allowed()

    def __contains__(self, channel: str) -> bool:
        """Whether there is such a channel."""
        return channel in self._channels

    def _ended(self, name: str, task: asyncio.Task[None]) -> None:
        self._sending.pop(name, None)
        if not task.cancelled() and (error := task.exception()):
            log.error("sender stopped", extra={"channel": name}, exc_info=error)

    async def _send_due(self, channel: Channel) -> None:
        """Send what is due on a channel until nothing is."""
        claimed: dict[int, Alert] = {}

        async def settle(receipt: Receipt) -> None:
            await self._settle(claimed.pop(receipt.alert), receipt)

        await send_all(
            channel, self._claims(channel.name, claimed), settle, partial(self._rest, channel.name)
        )

    async def _claims(self, channel: str, claimed: dict[int, Alert]) -> AsyncIterator[Alert]:
        """Claim one alert after the other, each when the one before is settled."""
        while self._may(channel):
            try:
                row = await self._in_writer(self._store.claim, channel, self._now())
            except StoreError as error:
                # Nothing is claimed, so nothing is lost: the next tick tries again.
                log.error("outbox not readable: %s", error)  # noqa: TRY400 - a full disk, no fault
                return
            if row is None:
                return
            claimed[row.id] = alert_of(row)
            yield claimed[row.id]

    async def _rest(self, channel: str, seconds: float) -> None:
        """A channel's pause; the end of the program cuts it short."""
        if seconds > LONGEST_PAUSE:
            self._held[channel] = asyncio.get_running_loop().time() + seconds
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stop.wait()

    async def _settle(self, alert: Alert, receipt: Receipt) -> None:
        done = settlement(alert, receipt, self._now(), random.random())  # noqa: S311 - only jitter
        tell = self._to_tell(alert) if done.state == "dead" else ()
        if done.state != "sent":
            _say(alert, done, tell)
        stored = await self._stored(done, tell)
        self.settled(stored)
        if self._round is not None:
            self._round.append(stored)

    def _to_tell(self, alert: Alert) -> tuple[str, ...]:
        """Where it is told that the alert was given up: the first other channel, if there is one.

        A mail channel's mailboxes are one channel: they share the server that failed. Of a notice
        that was given up itself nobody is told, else two dead channels would write to each other.
        """
        if alert.relation == UNDELIVERED:
            return ()
        configured = {name: name.partition(":")[0] for name in self._channels}
        own = alert.channel.partition(":")[0]
        first = next((channel for channel in configured.values() if channel != own), None)
        return tuple(name for name, channel in configured.items() if channel == first)

    async def _stored(self, done: Settlement, tell: Sequence[str]) -> Settlement:
        """Store what became of an alert, however often it takes.

        It was sent, so it must not be sent again only because the disk is full: the channel waits.
        If the program ends first, the alert is in doubt, and says so.
        """
        tries = 0
        while True:
            try:
                await self._in_writer(self._store.settle, done, self._now(), tell)
            except StoreError as error:
                log.error("receipt not stored: %s", error)  # noqa: TRY400 - a full disk, no fault
            else:
                return done
            tries += 1
            if self._round is not None and tries == SETTLE_TRIES:
                return replace(done, state="pending", message="its receipt could not be stored")
            await asyncio.sleep(SETTLE_AGAIN)

    async def _in_writer(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._writer, partial(function, *args, **kwargs))

    async def tell(self, alert: Alert) -> Receipt:
        """Send what stands in no outbox, now: that there can be none, say."""
        return await self._channels[alert.channel].send(alert)

    async def round(self) -> list[Settlement]:
        """Send all that is due now, and return what became of it when all of it is settled."""
        done: list[Settlement] = []
        self._round = done
        self.tick()
        while self._sending:
            await asyncio.wait(self._sending.values())
        return done

    async def drain(self, seconds: float) -> None:
        """Let sends under way finish; one that takes longer stays `sending`: it is in doubt."""
        self._stop.set()
        await finished(self._sending.values(), seconds)


def _say(alert: Alert, done: Settlement, tell: Sequence[str]) -> None:
    """Log what was not delivered: an error if it was given up and no other channel tells of it."""
    where = {"channel": alert.channel}
    if done.state != "dead":
        log.warning("alert %d not delivered: %s", alert.id, done.message, extra=where)
    elif tell:
        words = "alert %d not delivered, given up: %s; told on %s"
        log.warning(words, alert.id, done.message, ", ".join(tell), extra=where)
    else:
        words = "alert %d not delivered, given up: %s; there is no other channel to tell it on"
        log.error(words, alert.id, done.message, extra=where)
