"""Parsing where a hostile document does no harm: in processes with a deadline and little memory.

A feed of 32 KB can keep any parser busy for hours (quadratic patterns), and a few crash it. So
every document is parsed in a worker that may be killed: by the pool once the deadline is over, by
its own alarm should the pool not get to it (the pool reads a wall clock, which can be set back;
and a worker whose parent died must not run on), and by its memory limit.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import resource
import signal
import threading
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypeAlias, TypeVar

from pebble import ProcessExpired, ProcessPool

from feeds.pages import joined
from feeds.parse import parse
from feeds.text import one_line
from feeds.types import FeedError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

    from feeds.types import Feed, Fetched, ParsedFeed

    Reader: TypeAlias = "Callable[[bytes, Mapping[str, str], Feed, str], T | FeedError]"

T = TypeVar("T")

WORKERS = 2  # parsing is CPU-bound: as many as the smallest server has cores
DEADLINE = 5.0  # seconds: 250 times an ordinary feed, 5 times the largest one seen
TASKS = 1_000  # documents after which a worker is replaced, so that no leak grows
# Bytes of data for documents, besides what a worker holds when it starts: 20 MB, and code another
# 12. Enough for a feed of 6 MB (the largest one seen had 1.6), and with two workers under attack
# the whole program stays below 250 MB.
MEMORY = 44 * 2**20

# Seconds past the deadline: first the alarm goes off, then the pool itself is given up.
_ALARM_GRACE = 1.0
_POOL_GRACE = 15.0  # a worker may have to start first, on a busy machine
_AT_START = 20 * 2**20  # bytes
_NO_MEMORY = 77  # exit status
_MESSAGE_LIMIT = 300  # characters
_HEADERS = ("content-type", "content-language")  # the ones that parsing looks at


class ParserPool:
    """So many parser processes. Use it as `async with`, or close it after the last parse.

    Each stands in a pool of its own: workers of one pool share a pipe and its locks, and what one
    document breaks there would break another's parse. They are spawned, never forked: the parent
    runs threads and an event loop.
    """

    def __init__(
        self,
        *,
        workers: int = WORKERS,
        deadline: float = DEADLINE,
        memory: int = MEMORY,
        tasks: int = TASKS,
    ) -> None:
        self._deadline, self._memory, self._tasks = deadline, memory, tasks
        self._pools = {self._new_pool() for _ in range(workers)}
        self.restarts = 0  # workers that a document broke; not those replaced after `tasks`
        # Last in, first out: a second process is only started if there is work for it.
        self._idle: asyncio.LifoQueue[ProcessPool] = asyncio.LifoQueue()
        for pool in self._pools:
            self._idle.put_nowait(pool)

    async def parse(self, fetched: Fetched, feed: Feed) -> ParsedFeed | FeedError:
        """What feeds.parse makes of `fetched`, or that it took too long, or too much memory.

        Several pages are read one after the other, and make one document.
        """
        found = [await self.read(parse, page, feed) for page in (fetched, *fetched.more)]
        return joined(fetched, found) if feed.page else found[0]

    async def read(self, reader: Reader[T], fetched: Fetched, feed: Feed) -> T | FeedError:
        """What `reader`, a function of a module, makes of `fetched`, guarded in the same way."""
        found = await self._attempt(reader, fetched, feed)
        if found is None:  # its worker died before it had the document: maybe not its fault
            found = await self._attempt(reader, fetched, feed)
        if found is None:
            return _failure(fetched, "parse-crash", "it breaks the parser process")
        return found

    async def close(self) -> None:
        """End the workers, whatever they are doing."""
        await asyncio.gather(*(asyncio.to_thread(_stop, pool) for pool in self._pools))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    async def _attempt(
        self, reader: Reader[T], fetched: Fetched, feed: Feed
    ) -> T | FeedError | None:
        pool = self._whole(await self._idle.get())
        try:
            return await self._done(pool, reader, fetched, feed)
        except TimeoutError:
            return _failure(fetched, "parse-timeout", f"not parsed within {self._deadline:g} s")
        except ProcessExpired as expired:
            return _failure(fetched, *_cause(expired.exitcode, self._deadline))
        except RuntimeError:  # pebble's word for a pool that cannot go on
            return None
        finally:
            self._idle.put_nowait(self._whole(pool))

    async def _done(
        self, pool: ProcessPool, reader: Reader[T], fetched: Fetched, feed: Feed
    ) -> T | FeedError:
        headers = {name: fetched.headers[name] for name in _HEADERS if name in fetched.headers}
        work = (fetched.body, headers, feed, fetched.url, self._deadline + _ALARM_GRACE, reader)
        future: asyncio.Future[T | FeedError] = asyncio.wrap_future(
            pool.schedule(_work, work, timeout=self._deadline)
        )
        try:
            await asyncio.wait({future}, timeout=self._deadline + _POOL_GRACE)
            if not future.done():
                pool.stop()  # type: ignore[no-untyped-call] # pebble says that it is typed
                raise RuntimeError("the pool does not answer")
            return future.result()
        finally:
            future.cancel()

    def _whole(self, pool: ProcessPool) -> ProcessPool:
        """`pool`, or a new one in its place if it cannot go on: its worker was killed, say."""
        if pool.active:
            return pool
        self._pools.remove(pool)
        self.restarts += 1
        threading.Thread(target=_stop, args=(pool,), daemon=True).start()
        self._pools.add(fresh := self._new_pool())
        return fresh

    def _new_pool(self) -> ProcessPool:
        return ProcessPool(
            max_workers=1,
            max_tasks=self._tasks,
            initializer=_start,
            initargs=(self._memory,),
            context=multiprocessing.get_context("spawn"),
        )


def _stop(pool: ProcessPool) -> None:
    pool.stop()  # type: ignore[no-untyped-call] # pebble says that it is typed
    pool.join()


def _failure(fetched: Fetched, reason: str, message: str) -> FeedError:
    return FeedError(
        url=fetched.url,
        reason=reason,
        message=message,
        http_status=fetched.http_status,
        wire_bytes=fetched.wire_bytes,
    )


def _cause(exit_code: int, deadline: float) -> tuple[str, str]:
    """Reason and message for a worker that died with `exit_code`."""
    if exit_code == -signal.SIGALRM:
        return "parse-timeout", f"not parsed within {deadline:g} s"
    if exit_code == _NO_MEMORY:
        return "parse-crash", "parsing it takes more memory than a feed may have"
    return "parse-crash", f"the parser process died (exit status {exit_code})"


def _start(memory: int) -> None:
    """Set a new worker up: its memory, and that it dies at once when told to.

    pebble's own handler would wait until Python has its turn, which C code in a loop never gives.
    """
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    limit = _data() + memory
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))


def _data() -> int:
    """Bytes of data that the process holds, as RLIMIT_DATA counts them (proc_pid_statm(5)).

    A spawned process imports its parent's main module, whatever that may hold.
    """
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[5])
        return pages * resource.getpagesize()
    except OSError:  # no Linux: what it was measured to be there
        return _AT_START


def _work(
    body: bytes,
    headers: Mapping[str, str],
    feed: Feed,
    url: str,
    alarm: float,
    reader: Reader[T],
) -> T | FeedError:
    """One document in a worker. Whatever happens here ends as a value, or with the process."""
    signal.setitimer(signal.ITIMER_REAL, alarm)
    try:
        return reader(body, headers, feed, url)
    except MemoryError:
        # The process would keep what it has taken, and more of it with every such document.
        os._exit(_NO_MEMORY)
    except BaseException as error:  # noqa: BLE001 - the one guard: a bug costs a document, no worker
        where = traceback.extract_tb(error.__traceback__)[-1]
        message = f"{type(error).__name__} in {Path(where.filename).name}:{where.lineno}: {error}"
        return FeedError(url=url, reason="parse-crash", message=one_line(message, _MESSAGE_LIMIT))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
