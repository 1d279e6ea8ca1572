"""While nothing can be stored, polling rests, and people are told of it from memory.

A disk that is full or fails, a file system that became read-only, too few file descriptors: feeds
would be fetched for nothing, and be thought broken. So the first failure halts the polls. A look
every few seconds, which writes as a poll would, says when they go on.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryFile

from alerts.message import utc
from alerts.types import Alert, Receipt
from monitor.alarm import RULE
from monitor.descriptors import Spare
from monitor.errors import StoreError
from monitor.health import span
from monitor.store import Store

log = logging.getLogger("wirewatch.halt")

LOOK_AGAIN = 5.0  # seconds between looks; polls go on as soon as one finds room
ROOM = 1024 * 1024  # bytes that must be free beside the database: a large poll takes some
REST = 3600.0  # seconds from one notice to the next: a disk at its limit comes and goes
TRIES = 720  # of a notice, LOOK_AGAIN apart: an hour

_TO_DO = (
    "Make room or mend the disk; nothing has to be started again. “docs/operations.md” says more."
)

Look = Callable[[], Awaitable[None]]
"""Writes as a poll would. Raises StoreError if it cannot."""

Tell = Callable[[Alert], Awaitable[Receipt]]
"""Sends an alert at once, past the outbox, which is in the database."""


def look(store: Store, folders: Iterable[Path]) -> None:
    """Try whether there is room for a poll. In the writer's thread.

    Raises:
        StoreError: there is none.
    """
    for folder in folders:
        try:
            with TemporaryFile(dir=folder) as file:
                os.posix_fallocate(file.fileno(), 0, ROOM)
        except OSError as error:
            words = f"{folder}: nothing can be written: {error.strerror or error}"
            raise StoreError(words) from error
    store.try_to_write()


class Halt:
    """Whether polls may go on."""

    def __init__(
        self,
        *,
        look: Look,
        tell: Tell,
        to: Sequence[str],
        now: Callable[[], datetime],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`to`: the channels that are told."""
        self._look = look
        self._tell = tell
        self._to = tuple(to)
        self._now = now
        self._clock = clock
        self._since: datetime | None = None
        self._why = ""
        self._confirmed = False
        self._next_look = 0.0
        self._rests_until = 0.0  # no notice before
        self._told: set[str] = set()  # channels that heard of this halt
        self._telling: set[asyncio.Task[None]] = set()
        self._spare = Spare()

    @property
    def halted(self) -> bool:
        """Whether polls rest."""
        return self._since is not None

    def failed(self, error: StoreError) -> None:
        """Something could not be stored: rest until a look says otherwise."""
        if self._since is None:
            self._since, self._why, self._confirmed = self._now(), str(error), False
            self._next_look = self._clock()  # at the next tick: it may be one feed's trouble
            log.error("polling halted: %s", error)

    @property
    def confirmed(self) -> bool:
        """Whether a look has found the trouble too, so that it is not one feed's."""
        return self._confirmed

    async def over(self) -> bool:
        """Whether polls may go on; looks, when it is time. Asked at every tick."""
        if self._since is None:
            if why := self._spare.keep():
                self.failed(StoreError(why))
            return not why
        if self._clock() < self._next_look:
            return False
        self._next_look = self._clock() + LOOK_AGAIN
        if why := self._spare.keep() or await self._looked():
            self._why = why
            self._confirm()
            return False
        self._end()
        return True

    async def _looked(self) -> str:
        """Why nothing can be stored; "" if it can."""
        try:
            await self._look()
        except StoreError as error:
            return str(error)
        return ""

    def _confirm(self) -> None:
        """A look found it too: it is no moment's trouble."""
        if not self._confirmed:
            self._confirmed = True
            log.error("polling stays halted: %s", self._why)
        if not self._told and not self._telling and self._clock() >= self._rests_until:
            self._say("trouble", "Nothing can be stored: polling is halted", self._trouble())

    def _end(self) -> None:
        assert self._since is not None
        gone = (self._now() - self._since).total_seconds()
        lasted = span(timedelta(seconds=gone)) if gone > 2 * 60 else f"{gone:.0f} s"
        log.warning("polling goes on after %s", lasted)
        for task in self._telling:
            task.cancel()  # what was not told by now is over
        if self._told:
            self._rests_until = self._clock() + REST
            self._say("recovery", "It can be stored again: polling goes on", self._recovery(lasted))
        self._since = None
        self._told.clear()

    def _trouble(self) -> tuple[tuple[str, str], ...]:
        assert self._since is not None
        return (
            ("News", f"{self._why}. Nothing that was stored is lost."),
            ("Since", utc(self._since)),
            ("To do", _TO_DO),
        )

    def _recovery(self, lasted: str) -> tuple[tuple[str, str], ...]:
        return (("News", f"Polling was halted for {lasted}; what is due is polled now."),)

    def _say(self, relation: str, title: str, facts: tuple[tuple[str, str], ...]) -> None:
        channels = self._to if relation == "trouble" else tuple(self._told)
        for channel in channels:
            alert = _alert(channel, relation, title, facts, self._now())
            task = asyncio.create_task(self._until_told(alert))
            self._telling.add(task)
            task.add_done_callback(self._telling.discard)

    async def _until_told(self, alert: Alert) -> None:
        for _ in range(TRIES):
            receipt = await self._tell(alert)
            if receipt.outcome != "later":
                break
            await asyncio.sleep(max(LOOK_AGAIN, receipt.retry_after or 0.0))
        if receipt.outcome in ("sent", "in-doubt"):
            if alert.relation == "trouble":
                self._told.add(alert.channel)
        else:
            log.error("not told on %s: %s", alert.channel, receipt.message)

    async def close(self) -> None:
        """Tell nothing more, and give the descriptors back."""
        self._spare.release()
        for task in self._telling:
            task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*self._telling, return_exceptions=True)


def _alert(
    channel: str, relation: str, title: str, facts: tuple[tuple[str, str], ...], now: datetime
) -> Alert:
    """As the health of feeds is told, but of no row."""
    return Alert(
        id=0,
        rule=RULE,
        channel=channel,
        story=0,
        title=title,
        url="",
        source="",
        source_kind="",
        language="en",
        first_seen_at=now,
        published_at=None,
        published_raw="",
        snippet="",
        snippet_marks=(),
        named=(),
        key=f"{relation}-{now:%Y%m%dT%H%M%S}",
        relation=relation,
        news=facts[0][1],
        facts=facts,
    )
