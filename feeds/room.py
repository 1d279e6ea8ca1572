"""Room for large bodies: so many of them in memory, however many feeds send one at once.

64 polls under way with 8 MiB each would be half a gigabyte. So whoever receives more than an
ordinary feed waits for a place, and keeps it until its task has ended, that is, until the body was
parsed, judged and stored.
"""

from __future__ import annotations

import asyncio
from typing import Any

from feeds.errors import TransferError

PLACES = 2
ORDINARY = 256 * 2**10  # bytes of a body, decoded: most feeds have less
# Tasks that may wait for a place: half of the polls under way, so that they hold up no others. In
# first rounds of newspapers' feeds, 16 put off a dozen of 1,000, and 32 ten of 3,000
# (benchmarks.rounds: feeds read).
WAITING = 32
PATIENCE = 60.0  # seconds of waiting; a server takes a pause of so long, mostly


class Room:
    """Places for large bodies, of one program."""

    def __init__(self, places: int = PLACES) -> None:
        self._free = asyncio.Semaphore(places)
        self._inside: set[asyncio.Task[Any]] = set()
        self._waiting = 0
        # For a single round, which is to read every feed and may take its time: none is put off.
        self.patient = False

    async def enter(self, limit: asyncio.Timeout) -> None:
        """Take a place for the present task, once; the time of waiting does not count by `limit`.

        Raises TransferError("timeout") if none becomes free in time, unless it is patient.
        """
        task = asyncio.current_task()
        assert task is not None
        if task in self._inside:
            return
        if not self.patient and self._free.locked() and self._waiting >= WAITING:
            raise _crowded()
        await self._taken(limit)
        self._inside.add(task)
        task.add_done_callback(self._leave)

    async def _taken(self, limit: asyncio.Timeout) -> None:
        clock = asyncio.get_running_loop().time
        end, began = limit.when(), clock()
        limit.reschedule(None)
        self._waiting += 1
        try:
            async with asyncio.timeout(None if self.patient else PATIENCE):
                await self._free.acquire()
        except TimeoutError:
            raise _crowded() from None
        finally:
            self._waiting -= 1
            limit.reschedule(None if end is None else end + clock() - began)

    def _leave(self, task: asyncio.Task[Any]) -> None:
        self._inside.discard(task)
        self._free.release()


def _crowded() -> TransferError:
    return TransferError("timeout", "it is large, and too many others that are were there first")
