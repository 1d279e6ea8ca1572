"""Host names to addresses: in threads of its own, within a deadline, remembering what failed.

asyncio resolves in a pool of CPUs + 4 threads that everything else shares: behind twelve dead
names a healthy one waited 19.8 s there (measured on two cores).
"""

from __future__ import annotations

import asyncio
import queue
import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from feeds.errors import TransferError

THREADS = 32  # more dead names at once than a list of a few thousand feeds has new ones
DOUBTED_THREADS = 8  # names that failed last time queue here, and hold up only each other
DEADLINE = 5.0  # seconds; a name server that is slower is as good as silent
DEAD_FOR = 300.0  # seconds; a look-up that hangs holds its thread for up to half a minute
HICCUP_FOR = 30.0  # seconds, for "try again": mostly our own line, which comes back
REMEMBERED = 10_000  # names; redirects to made-up ones must not fill the memory

Lookup = Callable[[str], Sequence[str]]


def system_lookup(host: str) -> Sequence[str]:
    """The system's addresses for `host`, in its order of preference (RFC 6724).

    Blocks. Raises OSError when there are none, ValueError for what cannot be a name.
    """
    found = socket.getaddrinfo(host.encode("ascii"), None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Resolver:
    """Resolves names for one event loop. Close it when the loop ends."""

    def __init__(
        self,
        *,
        lookup: Lookup = system_lookup,
        deadline: float = DEADLINE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`deadline` in seconds of work, waiting for a thread not counted; `clock` in seconds."""
        self._lookup = lookup
        self._deadline = deadline
        self._clock = clock
        self._trusted = _Threads(THREADS)
        self._doubted = _Threads(DOUBTED_THREADS)
        self._failures: dict[str, _Failure] = {}

    async def resolve(self, host: str) -> Sequence[str]:
        """Give every address of `host`, at least one. Raises TransferError("dns").

        One that is written as addresses are needs no look-up; other spellings of one do.
        """
        if host[-1:].isdecimal() and (address := _address(host)):
            return [address]
        known = self._failures.get(host)
        if known is not None and self._clock() < known.until:
            raise TransferError("dns", f"{known.message} (asked a short while ago)")
        threads = self._trusted if known is None else self._doubted
        try:
            addresses = await threads.run(partial(self._lookup, host), self._deadline)
        except TimeoutError:
            message = f"{host}: no name server answered within {self._deadline:g} s"
            raise self._failed(host, message, DEAD_FOR) from None
        except (OSError, ValueError) as error:
            raise self._failed(host, *_explained(host, error)) from None
        if not addresses:
            raise self._failed(host, f"{host} has no address", DEAD_FOR)
        self._failures.pop(host, None)
        return addresses

    def _failed(self, host: str, message: str, seconds: float) -> TransferError:
        self._failures.pop(host, None)  # to the end of the line, the oldest goes first
        self._failures[host] = _Failure(until=self._clock() + seconds, message=message)
        if len(self._failures) > REMEMBERED:
            del self._failures[next(iter(self._failures))]
        return TransferError("dns", message)

    def close(self) -> None:
        """Let the threads end. One that hangs in a look-up never keeps the program from ending."""
        self._trusted.close()
        self._doubted.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Failure:
    until: float  # on the resolver's clock; afterwards the name is asked for again, but doubted
    message: str


def _explained(host: str, error: OSError | ValueError) -> tuple[str, float]:
    """What to tell people about a failed look-up, and how many seconds to believe it."""
    if isinstance(error, ValueError):
        return f"{host} cannot be a host name", DEAD_FOR
    if error.errno in {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", None)}:
        return f"there is no host {host}", DEAD_FOR
    return f"{host} could not be resolved: {error.strerror or error}", HICCUP_FOR


def _address(host: str) -> str:
    """An IPv4 address in its one ordinary spelling; "" for anything else."""
    try:
        return socket.inet_ntop(socket.AF_INET, socket.inet_pton(socket.AF_INET, host))
    except (OSError, ValueError):
        return ""


class _Threads:
    """A fixed number of daemon threads, started as needed, for calls that may hang.

    concurrent.futures waits for its threads when the program ends; these are left behind.
    """

    def __init__(self, most: int) -> None:
        self._free = asyncio.Semaphore(most)
        self._most = most
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._started = 0

    async def run(self, work: Callable[[], Sequence[str]], deadline: float) -> Sequence[str]:
        """Wait for a free thread, then for `work`, at most `deadline` seconds: TimeoutError."""
        await self._free.acquire()
        if self._started < self._most:
            self._started += 1
            threading.Thread(target=_serve, args=(self._jobs,), daemon=True).start()
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Sequence[str]] = loop.create_future()
        self._jobs.put(partial(self._do, work, loop, answer))
        async with asyncio.timeout(deadline):
            return await answer

    def _do(
        self,
        work: Callable[[], Sequence[str]],
        loop: asyncio.AbstractEventLoop,
        answer: asyncio.Future[Sequence[str]],
    ) -> None:
        """In a thread: do the work and hand the outcome to the loop."""
        settle: Callable[[Any], None]
        try:
            outcome: Sequence[str] | Exception = work()
            settle = answer.set_result
        except Exception as error:  # noqa: BLE001 - raised again where the answer is awaited
            outcome, settle = error, answer.set_exception
        with suppress(RuntimeError):  # the loop has ended, and nobody waits any more
            loop.call_soon_threadsafe(self._settle, answer, settle, outcome)

    def _settle(
        self, answer: asyncio.Future[Sequence[str]], settle: Callable[[Any], None], outcome: object
    ) -> None:
        self._free.release()
        if not answer.done():  # past its deadline, or the fetch was cancelled
            settle(outcome)

    def close(self) -> None:
        for _ in range(self._started):
            self._jobs.put(None)


def _serve(jobs: queue.SimpleQueue[Callable[[], None] | None]) -> None:
    while (job := jobs.get()) is not None:
        job()
