"""The daemon, made to hang when told to: what the watchdog row starts.

    python -m benchmarks.proof.hung_daemon loop run            its event loop stands still
    python -m benchmarks.proof.hung_daemon writer run          its writing thread waits for itself
    python -m benchmarks.proof.hung_daemon loop by-timer run   the same, its watchdog fed by a timer

It hangs as soon as there is a file `hang` in its folder, which it removes: the next one works.
"""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path
from typing import Any

SIGNAL = Path("hang")


def _told() -> bool:
    try:
        SIGNAL.unlink()
    except FileNotFoundError:
        return False
    return True


def _hang_in_loop() -> None:
    from monitor.poller import Poller  # noqa: PLC0415

    tick = Poller.tick

    async def tick_or_hang(self: Poller) -> None:
        if _told():
            time.sleep(3600)  # noqa: ASYNC251 - that is what must be noticed
        await tick(self)

    Poller.tick = tick_or_hang  # type: ignore[method-assign]


def _hang_in_writer() -> None:
    from monitor.store import Store  # noqa: PLC0415

    due = Store.due

    def due_or_hang(self: Store, *values: Any, **named: Any) -> Any:
        if _told():
            lock = threading.Lock()
            lock.acquire()
            lock.acquire()  # of itself: for ever
        return due(self, *values, **named)

    Store.due = due_or_hang  # type: ignore[method-assign]


def _feed_by_timer() -> None:
    from monitor.notify import ServiceManager  # noqa: PLC0415

    ready, worked = ServiceManager.ready, ServiceManager.worked

    def ready_and_ticking(self: ServiceManager, status: str) -> None:
        def feed() -> None:
            while True:
                worked(self)
                time.sleep(0.5)

        threading.Thread(target=feed, daemon=True).start()
        ready(self, status)

    ServiceManager.ready = ready_and_ticking  # type: ignore[method-assign]


def main() -> None:
    """Make it able to hang, and start it."""
    from monitor.cli import main as wirewatch  # noqa: PLC0415

    how = sys.argv.pop(1)
    if sys.argv[1] == "by-timer":
        del sys.argv[1]
        _feed_by_timer()
    {"loop": _hang_in_loop, "writer": _hang_in_writer}[how]()
    wirewatch()


if __name__ == "__main__":
    main()
