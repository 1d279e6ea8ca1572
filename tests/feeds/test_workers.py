"""Whatever a document does to its parser, the next one is parsed."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from pebble import ProcessPool

from feeds.parse import parse
from feeds.types import Feed, FeedError, Fetched, FetchState, ParsedFeed
from feeds.workers import MEMORY, ParserPool, _work
from tests.support import hostile
from tests.support.loaded import loaded
from tests.support.nap import nap

URL = "https://feeds.example/rss.xml"
ROOT = Path(__file__).resolve().parents[2]
MIB = 2**20
LONG = 60.0  # seconds: not what is tested, and more than a busy machine needs
GOOD = hostile.rss("".join(map(hostile.item, range(30))))

Parse = Callable[[bytes], Awaitable[ParsedFeed | FeedError]]


def fetched(body: bytes) -> Fetched:
    return Fetched(url=URL, headers={}, body=body, wire_bytes=len(body), state=FetchState())


def with_pool(
    use: Callable[[Parse], Awaitable[object]],
    *,
    workers: int = 1,
    deadline: float = LONG,
    memory: int = MEMORY,
    tasks: int = 1_000,
) -> None:
    async def run() -> None:
        async with ParserPool(
            workers=workers, deadline=deadline, memory=memory, tasks=tasks
        ) as pool:
            await use(lambda body: pool.parse(fetched(body), Feed(url=URL)))

    asyncio.run(run())


def outcome(found: ParsedFeed | FeedError) -> str:
    return found.reason if isinstance(found, FeedError) else "parsed"


def workers() -> list[int]:
    return [child.pid for child in multiprocessing.active_children() if child.pid]


def alive(pid: int) -> bool:
    """Whether the process still runs; a dead one that nobody has waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


# document → how it may end; those that may take too long get a short deadline
TOO_LONG = {"quadratic_author", "many_attributes", "many_categories"}
ENDS = {
    "quadratic_author": {"parse-timeout"},
    "many_attributes": {"parse-timeout"},
    "many_categories": {"parse-timeout"},
    "long_title": {"parse-crash", "parsed"},
    "nested_elements": {"parse-crash"},
    "wide_json": {"parse-crash"},
    "many_references": {"parse-crash", "parsed"},
    "billion_laughs": {"not-a-feed"},
    "hidden_laughs": {"not-a-feed"},
    "quadratic_blowup": {"not-a-feed"},
    "deep_json": {"not-a-feed"},
}


@pytest.mark.parametrize("build", hostile.DOCUMENTS, ids=lambda build: build.__name__)
def test_hostile_document(build: Callable[[], bytes]) -> None:
    name = build.__name__

    async def use(parse: Parse) -> None:
        assert outcome(await parse(build())) in ENDS.get(name, {"parsed"})
        after = await parse(GOOD)
        assert isinstance(after, ParsedFeed)
        assert len(after.entries) == 30

    with_pool(use, deadline=0.5 if name in TOO_LONG else LONG)


@pytest.mark.parametrize(("memory", "end"), [(MEMORY, "parse-crash"), (2_048 * MIB, "parsed")])
def test_memory_is_what_stops_it(memory: int, end: str) -> None:
    """The same document with and without the limit that a worker has."""

    async def use(parse: Parse) -> None:
        assert outcome(await parse(hostile.wide_json())) == end

    with_pool(use, memory=memory)


def test_what_the_main_module_holds_is_not_the_documents(tmp_path: Path) -> None:
    """A worker imports it anew; here it holds more than all that a document may have."""
    main = tmp_path / "heavy.py"
    main.write_text(
        f"""
held = bytearray({2 * MEMORY})
from tests.feeds.test_workers import GOOD, hostile, outcome, with_pool

async def use(parse):
    print(outcome(await parse(GOOD)), outcome(await parse(hostile.wide_json())))

if __name__ == "__main__":
    with_pool(use)
""",
        encoding="utf-8",
    )
    ran = subprocess.run(
        [sys.executable, str(main)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=LONG,
        check=False,
    )
    assert ran.stdout.split() == ["parsed", "parse-crash"], ran.stderr


def test_a_worker_has_the_parsers_when_it_starts() -> None:
    async def run() -> list[str] | FeedError:
        async with ParserPool(workers=1) as pool:
            return await pool.read(loaded, fetched(b""), Feed(url=URL))

    found = asyncio.run(run())
    assert not isinstance(found, FeedError)
    assert "feedparser" in found


def test_a_large_honest_feed_fits() -> None:
    """Five times the largest feed that was found, as Korean text with its markup."""
    text = "<p>" + "평양화력발전소는 정상 가동하고 있다. " * 60 + "</p>"
    items = "".join(f"<item><title>보도 {n}</title><description><![CDATA[{text}]]></description></item>" for n in range(700))  # fmt: skip

    async def use(parse: Parse) -> None:
        body = hostile.rss(items)
        assert len(body) > 2 * MIB
        found = await parse(body)
        assert isinstance(found, ParsedFeed)
        assert len(found.entries) == 700

    with_pool(use)


def test_a_hostile_document_holds_nobody_up() -> None:
    async def use(parse: Parse) -> None:
        bad = asyncio.ensure_future(parse(hostile.quadratic_author()))
        good = [asyncio.ensure_future(parse(GOOD)) for _ in range(5)]
        done, _ = await asyncio.wait([bad, *good], return_when=asyncio.FIRST_COMPLETED)
        assert bad not in done
        assert [outcome(found) for found in await asyncio.gather(*good)] == ["parsed"] * 5
        bad.cancel()

    with_pool(use, workers=2)


def test_a_cancelled_parse_frees_its_worker() -> None:
    async def use(parse: Parse) -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(parse(hostile.quadratic_author()), 0.5)
        assert outcome(await parse(GOOD)) == "parsed"

    with_pool(use)


def test_workers_are_replaced_in_time() -> None:
    async def use(parse: Parse) -> None:
        seen = set()
        for _ in range(6):
            assert outcome(await parse(GOOD)) == "parsed"
            seen.update(workers())
        assert len(seen) >= 3

    with_pool(use, tasks=2)


def test_a_worker_that_was_killed_is_replaced() -> None:
    async def use(parse: Parse) -> None:
        await parse(GOOD)
        for pid in workers():
            os.kill(pid, signal.SIGKILL)
        assert outcome(await parse(GOOD)) == "parsed"

    with_pool(use)


def test_a_document_that_no_worker_can_take_is_an_error() -> None:
    """It does not fit beside what a worker has already, so that the worker dies taking it."""

    async def use(parse: Parse) -> None:
        assert outcome(await parse(b" " * 64 * MIB)) == "parse-crash"
        assert outcome(await parse(GOOD)) == "parsed"

    with_pool(use)


def test_a_bug_costs_one_document() -> None:
    async def use(parse: Parse) -> None:
        found = await parse("text")  # type: ignore[arg-type]
        assert isinstance(found, FeedError)
        assert found.reason == "parse-crash"
        assert re.fullmatch(r"\w+Error in charset\.py:\d+: .+", found.message)
        assert outcome(await parse(GOOD)) == "parsed"

    with_pool(use)


def test_an_error_knows_its_fetch() -> None:
    async def run() -> None:
        async with ParserPool(workers=1, deadline=0.2) as pool:
            found = await pool.parse(fetched(hostile.quadratic_author()), Feed(url=URL))
            assert isinstance(found, FeedError)
            assert (found.url, found.http_status) == (URL, 200)
            assert found.wire_bytes > 32_000

    asyncio.run(run())


def test_no_worker_outlives_its_pool() -> None:
    pids: list[int] = []

    async def use(parse: Parse) -> None:
        await parse(GOOD)
        pids.extend(workers())

    with_pool(use)
    assert pids
    assert not any(map(alive, pids))


def test_the_alarm_goes_off_without_the_pool() -> None:
    """The pool reads the wall clock: set back by an hour, it would wait that hour."""
    body, feed = hostile.quadratic_author(), Feed(url=URL)
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=_work, args=(body, {}, feed, URL, 0.2, parse))
    process.start()
    process.join(LONG)
    assert process.exitcode == -signal.SIGALRM


ORPHAN = """
import asyncio, multiprocessing, os, signal
from feeds.types import Feed, Fetched, FetchState
from feeds.workers import ParserPool
from tests.support import hostile

async def main():
    pool = ParserPool(workers=1, deadline=0.5)
    body = hostile.{document}()
    answer = Fetched(url="u", headers={{}}, body=body, wire_bytes=0, state=FetchState())
    parse = asyncio.ensure_future(pool.parse(answer, Feed(url="u")))
    while not multiprocessing.active_children():
        await asyncio.sleep(0.01)
    await asyncio.sleep({wait})
    print(*(child.pid for child in multiprocessing.active_children()), flush=True)
    os.kill(os.getpid(), signal.SIGKILL)

if __name__ == "__main__":
    asyncio.run(main())
"""


@pytest.mark.parametrize("document", ["quadratic_author", "deep_json"])
def test_no_worker_outlives_the_program(document: str, tmp_path: Path) -> None:
    """Killed outright, it cannot say goodbye, be the worker busy or idle."""
    program = tmp_path / "orphan.py"
    program.write_text(ORPHAN.format(document=document, wait=0.9))
    run = subprocess.run(
        [sys.executable, program],
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert run.returncode == -signal.SIGKILL
    pids = [int(pid) for pid in run.stdout.split()]
    assert pids
    until = time.monotonic() + LONG
    while any(map(alive, pids)) and time.monotonic() < until:
        time.sleep(0.05)
    assert not any(map(alive, pids))


def test_the_loop_goes_on_while_the_first_worker_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[str] = []
    active = ProcessPool.active.fget

    def watched(pool: ProcessPool) -> bool:
        threads.append(threading.current_thread().name)
        return active(pool)

    monkeypatch.setattr(ProcessPool, "active", property(watched))

    async def parse_twice() -> None:
        async with ParserPool(workers=1) as pool:
            for _ in range(2):
                assert isinstance(await pool.parse(fetched(GOOD), Feed(url=URL)), ParsedFeed)

    asyncio.run(parse_twice())
    assert threads[0] != "MainThread"  # what starts it
    assert set(threads[1:]) == {"MainThread"}


def first_done(turns: int) -> str:
    """The first of two hostile feeds, known to be, and of four good ones behind them, to be read."""
    done: list[str] = []

    async def one(pool: ParserPool, url: str, body: bytes) -> None:
        answer = Fetched(url=url, headers={}, body=body, wire_bytes=0, state=FetchState())
        await pool.parse(answer, Feed(url=url))
        done.append(url)

    async def run() -> None:
        turn = asyncio.Semaphore(turns)
        async with ParserPool(workers=2, deadline=2.0, turn=turn) as pool:
            for number in range(2):
                pool._doubt(f"bad{number}")
            hostile_ones = [one(pool, f"bad{number}", BAD) for number in range(2)]
            await asyncio.gather(*hostile_ones, *(one(pool, f"good{n}", GOOD) for n in range(4)))

    asyncio.run(run())
    return done[0]


BAD = hostile.quadratic_author()


@pytest.mark.parametrize(("turns", "first"), [(1, "good"), (9, "bad")], ids=["as it is", "twin"])
def test_hostile_feeds_take_turns_and_leave_a_worker_to_the_others(
    turns: int, first: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("feeds.workers.TRIAL", LONG)  # the machine may be busy
    assert first_done(turns).startswith(first)


def test_who_takes_long_is_doubted_from_then_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feeds.workers.TRIAL", 0.1)

    async def run() -> None:
        async with ParserPool(workers=2, deadline=0.3) as pool:
            found = await pool.parse(fetched(BAD), Feed(url=URL))
            assert outcome(found) == "parse-timeout"
            assert URL in pool._doubted

    asyncio.run(run())


def test_a_line_of_doubtful_feeds_is_not_endless(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each that waits holds the place of a poll."""
    monkeypatch.setattr("feeds.workers.TRIAL", 0.1)
    monkeypatch.setattr("feeds.workers.WAITING", 1)

    async def run() -> None:
        async with ParserPool(workers=2, deadline=0.3) as pool:
            answer = fetched(BAD)
            first = await pool.parse(answer, Feed(url=URL))
            assert isinstance(first, FeedError)
            found = await asyncio.gather(*(pool.parse(answer, Feed(url=URL)) for _ in range(4)))
            refused = [one for one in found if "others" in getattr(one, "message", "")]
            assert len(refused) == 2  # one is parsed, one waits

    asyncio.run(run())


def test_a_feed_is_trusted_again_once_its_document_is_quick() -> None:
    async def run() -> None:
        async with ParserPool(workers=2) as pool:
            pool._doubt(URL)
            assert isinstance(await pool.parse(fetched(GOOD), Feed(url=URL)), ParsedFeed)
            assert not pool._doubted

    asyncio.run(run())


@pytest.mark.parametrize(
    ("wall", "came"), [(100.0, "read"), (1.0, "parse-timeout")], ids=["as it is", "twin"]
)
def test_who_gets_little_of_the_processor_is_not_late(
    wall: float, came: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A deadline by the clock fails whatever is parsed on a machine that has other things to do."""
    monkeypatch.setattr("feeds.workers.WALL", wall)

    async def run() -> str:
        async with ParserPool(workers=1, deadline=0.2) as pool:
            found = await pool.read(nap, fetched(b"0.8"), Feed(url=URL))
            return found.reason if isinstance(found, FeedError) else found

    assert asyncio.run(run()) == came


def test_who_hangs_is_stopped_by_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feeds.workers.WALL", 2.0)

    async def run() -> None:
        async with ParserPool(workers=1, deadline=0.2) as pool:
            found = await pool.read(nap, fetched(b"60"), Feed(url=URL))
            assert isinstance(found, FeedError)
            assert found.reason == "parse-timeout"
            assert isinstance(await pool.parse(fetched(GOOD), Feed(url=URL)), ParsedFeed)

    asyncio.run(run())


def test_the_processor_is_counted_while_it_computes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feeds.workers.WALL", 1_000.0)

    async def run() -> None:
        async with ParserPool(workers=1, deadline=0.2) as pool:
            found = await pool.parse(fetched(BAD), Feed(url=URL))
            assert outcome(found) == "parse-timeout"

    asyncio.run(run())


class Ends:
    """Lacks memory where nobody can catch it, as lxml does in the midst of a page."""

    def __del__(self) -> None:
        raise MemoryError


def read_without_memory(body: bytes, headers: object, feed: Feed, url: str) -> int:
    for _ in range(1_000):
        Ends()
    return 1


def test_a_lack_of_memory_that_nobody_can_catch_ends_the_worker(
    capfd: pytest.CaptureFixture[str],
) -> None:
    async def run() -> None:
        async with ParserPool(workers=1) as pool:
            found = await pool.read(read_without_memory, fetched(GOOD), Feed(url=URL))
            assert isinstance(found, FeedError)
            assert (found.reason, "memory" in found.message) == ("parse-crash", True)

    asyncio.run(run())
    assert capfd.readouterr().err == ""


def test_what_a_small_document_may_have_does_not_bind_the_next(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """A large one has to be received before anything of it is looked at."""
    monkeypatch.setattr("feeds.workers.TRIAL_MEMORY", 6 * 2**20)
    large = replace(fetched(GOOD), body=GOOD + b" " * (8 * 2**20 - len(GOOD)))

    async def run() -> tuple[list[object], int]:
        async with ParserPool(workers=2) as pool:
            found = [await pool.parse(each, Feed(url=URL)) for each in (fetched(GOOD), large)]
            return found, pool.restarts

    found, restarts = asyncio.run(run())
    assert all(isinstance(one, ParsedFeed) for one in found)
    assert restarts == 0
    assert "MemoryError" not in capfd.readouterr().err
