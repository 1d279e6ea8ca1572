"""Tells the service manager how the daemon does: sd_notify(3), a datagram a message.

The watchdog is fed by work that was done, not by a timer of its own: what hangs is restarted.
"""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Callable

log = logging.getLogger("wirewatch")


class ServiceManager:
    """Where to say it; without an address nothing is said. Saying it never fails."""

    def __init__(
        self,
        address: str = "",
        watchdog: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`address` is NOTIFY_SOCKET: a path, or "@" and an abstract name.

        `watchdog`: seconds without a sign of life after which the manager restarts the service; 0
        if it does not look. A sign goes out at a third of that, as sd_watchdog_enabled(3) advises
        half at most.
        """
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        self._gap = watchdog / 3
        self._watched = watchdog > 0
        self._clock = clock
        self._last = -self._gap

    def ready(self, status: str) -> None:
        """It works, as `status` (a line for people) says."""
        self._say("READY=1", f"STATUS={status}")

    def reloading(self) -> None:
        """It reads its settings anew; `ready` follows."""
        self._say("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1_000}")

    def stopping(self) -> None:
        """It ends."""
        self._say("STOPPING=1")

    def worked(self) -> None:
        """A piece of work was done: the queue was read, and polls were begun."""
        if self._watched and self._clock() - self._last >= self._gap:
            self._last = self._clock()
            self._say("WATCHDOG=1")

    def _say(self, *lines: str) -> None:
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as sender:
                sender.sendto("\n".join(lines).encode(), self._address)
        except OSError as error:
            log.warning("the service manager cannot be told: %s", error)
