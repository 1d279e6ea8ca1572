"""The servers of benchmarks.delivery: strict ones, of which some messages meet a fault."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from itertools import cycle, pairwise

from benchmarks.fast_loop import FastClock
from tests.support.slack import GAP, Fault, SlackServer, shown
from tests.support.smtp import MailServer

EVERY = 25  # one message in so many meets the fault
REST = 30  # seconds of a Retry-After while all is limited
GOOD, BAD = "a@example.org", "b@example.org"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """What one server does to the messages that it is sent."""

    channel: str  # Slack | email
    fault: str  # for people
    slack: Callable[[], Fault] | None = None
    mail: str = ""  # see tests.support.smtp.MailServer; several in turn: "stall | drop"
    every: int = EVERY
    limited: float = 0.0  # seconds from the start in which everything is answered with 429
    to: tuple[str, ...] = (GOOD,)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message that a server took."""

    when: float
    text: str
    key: str = ""  # by which its reader's program knows a repeat; "" = there is none


class Slack(SlackServer):
    """Judges as Slack does; then some meet the fault. Notes what came when."""

    def __init__(self, clock: FastClock, scenario: Scenario) -> None:
        super().__init__(clock.seconds)
        self._scenario = scenario
        self.arrived: list[Arrival] = []
        self.asked: list[tuple[float, float]] = []  # when, not before
        self._not_before = 0.0

    def _judge(self, path: str, headers: dict[str, str], body: bytes) -> Fault:
        verdict = super()._judge(path, headers, body)
        now = self._now()
        self.asked.append((now, self._not_before))
        if now < self._scenario.limited:
            verdict = limited(REST)
        elif self._scenario.slack and len(self.asked) % self._scenario.every == 0:
            verdict = self._scenario.slack()
        if verdict.status == 429:
            self._not_before = now + float(verdict.headers["Retry-After"])
        if verdict.accept:
            self.arrived.append(Arrival(now, shown(json.loads(body))))
        return verdict

    @property
    def limits_broken(self) -> int:
        """Messages within a second of the one before, or before a Retry-After was over."""
        soon = sum(b - a < GAP for (a, _), (b, _) in pairwise(self.asked))
        return soon + sum(now < not_before for now, not_before in self.asked)


class Mail(MailServer):
    """aiosmtpd; then some messages meet the fault. Notes what came when."""

    def __init__(self, clock: FastClock, scenario: Scenario) -> None:
        super().__init__()
        self._clock = clock
        self._fault = scenario.mail
        self._in_turn = cycle(scenario.mail.split(" | "))
        self._every = scenario.every
        self._met = 0
        self.arrived: list[Arrival] = []

    limits_broken = 0

    def _protocol(self) -> asyncio.Protocol:
        self._met += self._fault == "drip"
        if self._fault == "drip" and self._met % self._every == 0:
            return Dripping()
        return super()._protocol()

    async def handle_RCPT(self, server, session, envelope, address, options) -> str:  # type: ignore[no-untyped-def]  # noqa: ANN001, N802
        if self._fault.startswith("550"):
            if address == BAD:
                return self._fault
        elif self._fault != "drip":
            self._met += 1
            if self._fault and self._met % self._every == 0:
                self.faults.append(next(self._in_turn))
        return await super().handle_RCPT(server, session, envelope, address, options)

    async def handle_DATA(self, server, session, envelope) -> str:  # type: ignore[no-untyped-def]  # noqa: ANN001, N802
        before, when = len(self.accepted), self._clock.seconds()
        try:
            return await super().handle_DATA(server, session, envelope)
        finally:
            for mail in self.accepted[before:][:1]:
                self.arrived.append(Arrival(when, mail["Subject"], mail["Message-ID"]))


class Dripping(asyncio.Protocol):
    """A banner that never ends, a byte now and then: every read makes progress."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._task = asyncio.create_task(self._drip(transport))

    def connection_lost(self, _: Exception | None) -> None:
        self._task.cancel()

    @staticmethod
    async def _drip(transport: asyncio.Transport) -> None:
        while True:
            transport.write(b"2")
            await asyncio.sleep(0.05)


def limited(seconds: int) -> Fault:
    """Slack's answer to too many messages."""
    return Fault(status=429, body="rate_limited", headers={"Retry-After": str(seconds)})
