"""Parsing where a hostile document does no harm: in processes with a deadline and little memory.

A feed of 32 KB can keep any parser busy for hours (quadratic patterns), and a few crash it. So
every document is parsed in a worker that may be killed: by an alarm of its own once it has had its
time of the processor, whatever else the machine has to do meanwhile; by the pool, and by another
alarm, after much more time on the clock (it may hang; the pool's clock can be set back; and a
worker whose parent died must not run on); and by its memory limit.

Nor do such documents hold up the others. One gets a second at first. What takes longer, what is
large, and what came from a feed whose last document was one of these, waits for a turn of which
there is one at a time, so that the other workers stay free for the others, and the memory that a
document may have is had by one only.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import resource
import signal
import sys
import threading
import time
import traceback
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, Self, TypeAlias, TypeVar

from pebble import ProcessExpired, ProcessPool

from feeds.heap import give_back
from feeds.packed import packed
from feeds.pages import joined
from feeds.room import ORDINARY
from feeds.text import one_line
from feeds.types import Entry, FeedError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from multiprocessing.context import ForkServerContext
    from types import TracebackType

    from feeds.types import Feed, Fetched, ParsedFeed

    Reader: TypeAlias = "Callable[[bytes, Mapping[str, str], Feed, str], T | FeedError]"

T = TypeVar("T")

packed(Entry)  # of which a document has many

WORKERS = 2  # parsing is CPU-bound: as many as the smallest server has cores
DEADLINE = 5.0  # seconds of CPU: 250 times an ordinary feed, 5 times the largest one seen
TRIAL = 1.0  # seconds of them beside the others, before it waits for a turn
WALL = 4.0  # times as much on the clock: one of four that want a processor gets a quarter of it
TRIAL_WALL = 2.0  # the same in the trial, after which it is only put off
TRIAL_MEMORY = 20 * 2**20  # bytes of MEMORY, in that time
WAITING = 4  # documents of doubtful feeds that may wait for a turn: the next are refused
REMEMBERED = 10_000  # feeds whose last document took too long, or broke its worker
TASKS = 1_000  # documents after which a worker is replaced, so that no leak grows
# Bytes of data for documents, besides what a worker holds when it starts: 20 MB, and code another
# 12. Enough for a feed of 6 MB (the largest one seen had 1.6), and with two workers under attack
# the whole program stays below 250 MB.
MEMORY = 44 * 2**20

# Seconds past the time on the clock: first the alarm goes off, then the pool itself is given up.
_ALARM_GRACE = 1.0
_POOL_GRACE = 15.0  # a worker may have to start first, on a busy machine
_FREE = 32 * 2**20  # bytes of its memory: a worker that has less after a document is replaced
_start_data = 0  # bytes, in a worker
_heavy = sys.maxsize
_NICE = 5  # a third of the time that an ordinary process gets, where both want all of it
_LEAST = 8 * 2**20  # bytes that a worker may keep
_AT_START = 20 * 2**20  # bytes
_NO_MEMORY = 77  # exit status
_MESSAGE_LIMIT = 300  # characters
_LOADED = {
    __name__: None,
    "feeds.parse": None,
}  # modules of the process that workers are forked from: one for all pools
_HEADERS = ("content-type", "content-language")  # the ones that parsing looks at


@dataclass(frozen=True, slots=True)
class _Allowed:
    """What a document may take."""

    seconds: float  # of CPU
    wall: float  # times as many by the clock
    memory: int | None = None  # bytes; None: all that a worker may
    behind: bool = False  # only what time of the processors the others leave


class FeedReader(Protocol):
    """What a worker makes of a feed: a function of a module, like `feeds.parse.parse`."""

    def __call__(
        self,
        body: bytes,
        headers: Mapping[str, str],
        feed: Feed,
        url: str,
        known: Collection[str] | None = (),
    ) -> ParsedFeed | FeedError: ...


def parse(
    body: bytes,
    headers: Mapping[str, str],
    feed: Feed,
    url: str,
    known: Collection[str] | None = (),
) -> ParsedFeed | FeedError:
    """feeds.parse.parse, in a worker: the parent never parses, and does without the parsers."""
    from feeds.parse import parse as parsed  # noqa: PLC0415 - loaded before the worker was forked

    return parsed(body, headers, feed, url, known)


class ParserPool:
    """So many parser processes. Use it as `async with`, or close it after the last parse.

    Each stands in a pool of its own: workers of one pool share a pipe and its locks, and what one
    document breaks there would break another's parse. They are forked from a process that has the
    parsers loaded and nothing else, never from the parent, which runs threads and an event loop:
    the next one is there in some milliseconds, and shares the memory of what is loaded.
    """

    def __init__(
        self,
        *,
        workers: int = WORKERS,
        deadline: float = DEADLINE,
        memory: int = MEMORY,
        tasks: int = TASKS,
        turn: asyncio.Semaphore | None = None,
        always: bool = False,
        reader: FeedReader = parse,
    ) -> None:
        """`turn` is what pools share; with `always` each document waits for it.

        `reader` is what `parse` has done in a worker.
        """
        self._deadline, self._memory, self._tasks = deadline, memory, tasks
        self._always, self._reader = always, reader
        self._turn = turn or asyncio.Semaphore(1)
        self._waiting = 0
        self._doubted: dict[str, None] = {}  # feeds, the oldest doubt first
        self._pools = {self._new_pool() for _ in range(workers)}
        self._up: set[ProcessPool] = set()  # those whose process was started
        self.restarts = 0  # workers that a document broke; not those replaced after `tasks`
        # Last in, first out: a second process is only started if there is work for it.
        self._idle: asyncio.LifoQueue[ProcessPool] = asyncio.LifoQueue()
        for pool in self._pools:
            self._idle.put_nowait(pool)

    async def parse(
        self, fetched: Fetched, feed: Feed, known: Collection[str] | None = ()
    ) -> ParsedFeed | FeedError:
        """What the pool's reader makes of `fetched`, or that it took too long, or too much memory.

        Several pages are read one after the other, and make one document.
        """
        reader = partial(self._reader, known=known)
        found = [await self.read(reader, page, feed) for page in (fetched, *fetched.more)]
        return joined(fetched, found) if feed.page else found[0]

    async def read(self, reader: Reader[T], fetched: Fetched, feed: Feed) -> T | FeedError:
        """What `reader`, a function of a module, makes of `fetched`, guarded in the same way."""
        doubted = feed.url in self._doubted
        if not (doubted or self._always or len(fetched.body) > ORDINARY or len(self._pools) == 1):
            trial = _Allowed(min(TRIAL, self._deadline), TRIAL_WALL, TRIAL_MEMORY)
            found, _ = await self._twice(reader, fetched, feed, trial)
            if not _stopped(found):
                return found
            self._doubt(feed.url)
        elif doubted and self._waiting >= WAITING:
            return _failure(fetched, "parse-timeout", "others that take long are parsed first")
        return await self._in_turn(reader, fetched, feed)

    async def _in_turn(self, reader: Reader[T], fetched: Fetched, feed: Feed) -> T | FeedError:
        self._waiting += 1
        try:
            await self._turn.acquire()
        finally:
            self._waiting -= 1
        try:
            behind = self._always or feed.url in self._doubted
            allowed = _Allowed(self._deadline, WALL, behind=behind)
            found, long = await self._twice(reader, fetched, feed, allowed)
        finally:
            self._turn.release()
        if _stopped(found) or long:
            self._doubt(feed.url)
        else:
            self._doubted.pop(feed.url, None)
        return found

    def _doubt(self, feed: str) -> None:
        self._doubted[feed] = None
        if len(self._doubted) > REMEMBERED:
            del self._doubted[next(iter(self._doubted))]

    async def _twice(
        self, reader: Reader[T], fetched: Fetched, feed: Feed, allowed: _Allowed
    ) -> tuple[T | FeedError, bool]:
        """What was found, and whether it took more of the processor than TRIAL."""
        done = await self._attempt(reader, fetched, feed, allowed)
        if done is None:  # its worker died before it had the document: maybe not its fault
            done = await self._attempt(reader, fetched, feed, allowed)
        if done is None:
            return _failure(fetched, "parse-crash", "it breaks the parser process"), True
        return done

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
        self, reader: Reader[T], fetched: Fetched, feed: Feed, allowed: _Allowed
    ) -> tuple[T | FeedError, bool] | None:
        pool = await self._idle.get()
        try:
            await self._begin(pool)
            pool = self._whole(pool)
            found, heavy, seconds = await self._done(pool, reader, fetched, feed, allowed)
        except TimeoutError:
            return _failure(fetched, *_cause(-signal.SIGALRM, allowed.seconds)), True
        except ProcessExpired as expired:
            return _failure(fetched, *_cause(expired.exitcode, allowed.seconds)), True
        except RuntimeError:  # pebble's word for a pool that cannot go on
            return None
        else:
            # One that was told to stay behind the others has to do so for good.
            worn = heavy or (allowed.behind and not self._always)
            pool = self._replaced(pool) if worn else pool
            return found, seconds > TRIAL
        finally:
            self._idle.put_nowait(self._whole(pool) if pool in self._up else pool)

    async def _begin(self, pool: ProcessPool) -> None:
        """Give it its process: the first takes a third of a second, and the loop must go on."""
        if pool not in self._up:
            await asyncio.to_thread(_is_active, pool)
            self._up.add(pool)

    async def _done(
        self,
        pool: ProcessPool,
        reader: Reader[T],
        fetched: Fetched,
        feed: Feed,
        allowed: _Allowed,
    ) -> tuple[T | FeedError, bool, float]:
        headers = {name: fetched.headers[name] for name in _HEADERS if name in fetched.headers}
        clock = allowed.wall * allowed.seconds
        alarm = clock + _ALARM_GRACE
        work = (fetched.body, headers, feed, fetched.url, alarm, reader, allowed)
        future: asyncio.Future[tuple[T | FeedError, bool, float]] = asyncio.wrap_future(
            pool.schedule(_work, work, timeout=clock)
        )
        try:
            await asyncio.wait({future}, timeout=clock + _POOL_GRACE)
            if not future.done():
                pool.stop()  # type: ignore[no-untyped-call] # pebble says that it is typed
                raise RuntimeError("the pool does not answer")
            return future.result()
        finally:
            future.cancel()

    def _replaced(self, pool: ProcessPool) -> ProcessPool:
        """A new one in the place of `pool`."""
        self._pools.remove(pool)
        self._up.discard(pool)
        threading.Thread(target=_stop, args=(pool,), daemon=True).start()
        self._pools.add(fresh := self._new_pool())
        return fresh

    def _whole(self, pool: ProcessPool) -> ProcessPool:
        """`pool`, or a new one in its place if it cannot go on: its worker was killed, say."""
        if pool.active:
            return pool
        self.restarts += 1
        return self._replaced(pool)

    def _new_pool(self) -> ProcessPool:
        return ProcessPool(
            max_workers=1,
            max_tasks=self._tasks,
            initializer=_start,
            initargs=(self._memory,),
            context=_context(self._reader.__module__),
        )


def _context(readers: str) -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    _LOADED[readers] = None
    context.set_forkserver_preload(list(_LOADED))
    return context


def _stopped(found: object) -> bool:
    """Whether a document came to no result, so that its feed is to be doubted."""
    return isinstance(found, FeedError) and found.reason in ("parse-timeout", "parse-crash")


def _is_active(pool: ProcessPool) -> bool:
    """Whether it can go on; starts its process if it has none yet."""
    return bool(pool.active)


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
    if exit_code in (-signal.SIGPROF, -signal.SIGALRM):
        return "parse-timeout", f"not parsed within {deadline:g} s"
    if exit_code == _NO_MEMORY:
        return "parse-crash", "parsing it takes more memory than a feed may have"
    return "parse-crash", f"the parser process died (exit status {exit_code})"


def _start(memory: int) -> None:
    """Set a new worker up: its memory, and that it dies at once when told to.

    pebble's own handler would wait until Python has its turn, which C code in a loop never gives.
    """
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    sys.excepthook = _ended_by
    sys.unraisablehook = _ended_without
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    give_back()
    global _start_data, _heavy  # noqa: PLW0603 - a worker is a process of its own, and has one
    _start_data = _data()
    _heavy = _start_data + max(memory - _FREE, _LEAST)
    limit = _start_data + memory
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))


def _ended_by(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Say what went wrong, but die of a lack of memory.

    lxml meets that where it cannot raise, prints it, and goes on: one page of 400 kB wrote a
    traceback 46,000 times.
    """
    if issubclass(kind, MemoryError):
        os._exit(_NO_MEMORY)
    sys.__excepthook__(kind, error, trace)


def _ended_without(unraisable: sys.UnraisableHookArgs) -> None:
    """The same for what nobody can catch."""
    if issubclass(unraisable.exc_type, MemoryError):
        os._exit(_NO_MEMORY)
    sys.__unraisablehook__(unraisable)


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
    allowed: _Allowed | None = None,
) -> tuple[T | FeedError, bool, float]:
    """One document in a worker, whether the worker has to be replaced, and its CPU seconds.

    It has if it was left with much memory. Whatever happens here ends as a value, or with the
    process.
    """
    signal.setitimer(signal.ITIMER_REAL, alarm)
    if allowed:
        signal.setitimer(signal.ITIMER_PROF, allowed.seconds)
    began = time.process_time()
    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    memory = allowed.memory if allowed else None
    limit = most if memory is None else min(most, _start_data + memory)
    if allowed and allowed.behind and not os.nice(0):
        os.nice(_NICE)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, most))
    found = _read(reader, body, headers, feed, url)
    signal.setitimer(signal.ITIMER_PROF, 0)
    signal.setitimer(signal.ITIMER_REAL, 0)
    # The next document may be a large one, and has to be received before it is looked at.
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    return found, _data() > _heavy, time.process_time() - began


def _read(
    reader: Reader[T], body: bytes, headers: Mapping[str, str], feed: Feed, url: str
) -> T | FeedError:
    try:
        return reader(body, headers, feed, url)
    except MemoryError:
        # The process would keep what it has taken, and more of it with every such document.
        os._exit(_NO_MEMORY)
    except BaseException as error:  # noqa: BLE001 - the one guard: a bug costs a document, no worker
        where = traceback.extract_tb(error.__traceback__)[-1]
        message = f"{type(error).__name__} in {Path(where.filename).name}:{where.lineno}: {error}"
        return FeedError(url=url, reason="parse-crash", message=one_line(message, _MESSAGE_LIMIT))
