"""What the daemon does for commands, since only one process may write."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from alerts.errors import AlertsError
from feeds.errors import FeedsError
from monitor.compose import Program
from monitor.config import Config
from monitor.control import Answer
from monitor.errors import ControlError


class Errands:
    """The verbs of the control socket, for one running program."""

    def __init__(
        self,
        program: Program,
        now: Callable[[], datetime],
        *,
        check: Callable[[], Config],
        reload: Callable[[], object],
    ) -> None:
        """`check` reads the settings anew and raises if they are wrong; `reload` uses them."""
        self._program = program
        self._now = now
        self._check = check
        self._reload = reload

    async def run(self, verb: str, said: Mapping[str, Any]) -> Answer:
        """Do what a command asks for.

        Raises:
            MonitorError: it cannot be done; nothing was changed.
        """
        match verb:
            case "ping":
                done: Answer = {"feeds": len(self._program.config.feeds)}
            case "reload":
                done = await self._reloaded()
            case "retry":
                done = await self._retried(_numbers(said["alerts"]))
            case "poll":
                done = await self._made_due(_texts(said["feeds"]))
            case _:
                words = f"{verb[:40]!r} is unknown to it: is it of another version? Restart it"
                raise ControlError(words)
        return {"pid": os.getpid(), **done}

    async def _reloaded(self) -> Answer:
        try:
            config = await asyncio.to_thread(self._check)
        except (AlertsError, FeedsError) as error:
            raise ControlError(str(error)) from error
        self._reload()
        return {"feeds": len(config.feeds)}

    async def _retried(self, alerts: list[int] | None) -> Answer:
        program = self._program
        count = await program.in_writer(partial(program.store.retry, alerts, self._now()))
        program.delivery.tick()
        return {"retried": count}

    async def _made_due(self, urls: list[str] | None) -> Answer:
        program = self._program
        count = await program.in_writer(partial(program.store.make_due, urls, self._now()))
        await program.poller.tick()
        return {"feeds": count}


def _numbers(value: object) -> list[int] | None:
    return None if value is None else [int(one) for one in _list(value)]


def _texts(value: object) -> list[str] | None:
    return None if value is None else [str(one) for one in _list(value)]


def _list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError("not a list")
    return value
