"""Names to addresses: dead names cost little, and healthy ones never wait for them."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import threading

import pytest

from feeds.errors import TransferError
from feeds.resolver import (
    DEAD_FOR,
    DOUBTED_THREADS,
    HICCUP_FOR,
    REMEMBERED,
    THREADS,
    Resolver,
    system_lookup,
)

ADDRESS = ["192.0.2.7"]


class Directory:
    """A look-up: `dead` names hang until `revive`, `wrong` ones raise, all others resolve."""

    def __init__(self, *, dead=(), wrong=None) -> None:
        self.dead = set(dead)
        self.wrong = dict(wrong or {})
        self.asked: list[str] = []
        self.hanging = 0
        self._alive = threading.Event()

    def __call__(self, host: str) -> list[str]:
        self.asked.append(host)
        if host in self.dead:
            self.hanging += 1
            self._alive.wait(20)
        if host in self.wrong:
            raise self.wrong[host]
        return ADDRESS

    def revive(self) -> None:
        self.dead.clear()
        self._alive.set()


class Time:
    now = 0.0

    def __call__(self) -> float:
        return self.now


async def outcome(resolver: Resolver, host: str) -> object:
    try:
        return await resolver.resolve(host)
    except TransferError as error:
        return f"{error.reason}: {error}"


def test_a_name_resolves():
    directory = Directory()

    async def main():
        resolver = Resolver(lookup=directory)
        assert await resolver.resolve("a.example") == ADDRESS
        assert await resolver.resolve("a.example") == ADDRESS
        resolver.close()

    asyncio.run(main())
    assert directory.asked == ["a.example"] * 2  # good answers are the system's to remember


def test_a_hundred_healthy_names_do_not_wait_for_twelve_dead_ones():
    dead = [f"dead{n}.example" for n in range(12)]
    directory = Directory(dead=dead)

    async def main():
        resolver = Resolver(lookup=directory, deadline=10.0)
        hanging = [asyncio.create_task(outcome(resolver, host)) for host in dead]
        await asyncio.sleep(0)
        async with asyncio.timeout(5):  # far under the deadline that the dead ones wait for
            healthy = (outcome(resolver, f"ok{n}.example") for n in range(100))
            assert await asyncio.gather(*healthy) == [ADDRESS] * 100
        assert not any(task.done() for task in hanging)
        directory.revive()
        await asyncio.gather(*hanging)
        resolver.close()

    asyncio.run(main())


def test_in_asyncio_s_own_pool_they_would():
    """The broken twin: as many threads as a two-core machine's default pool has."""
    directory = Directory(dead=[f"dead{n}.example" for n in range(12)])

    async def main():
        from concurrent.futures import ThreadPoolExecutor

        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(6) as pool:
            for host in list(directory.dead):
                loop.run_in_executor(pool, directory, host)
            healthy = loop.run_in_executor(pool, directory, "ok.example")
            done, _ = await asyncio.wait([healthy], timeout=0.3)
            assert not done
            directory.revive()
            await healthy

    asyncio.run(main())


def test_a_name_that_hangs_fails_at_the_deadline_and_is_left_alone():
    directory, time = Directory(dead=["dead.example"]), Time()

    async def main():
        resolver = Resolver(lookup=directory, deadline=0.05, clock=time)
        assert "no name server answered" in await outcome(resolver, "dead.example")
        for time.now in (1.0, DEAD_FOR - 1):
            assert "asked a short while ago" in await outcome(resolver, "dead.example")
        assert directory.asked == ["dead.example"]
        directory.revive()
        time.now = DEAD_FOR
        assert await outcome(resolver, "dead.example") == ADDRESS
        resolver.close()

    asyncio.run(main())


@pytest.mark.parametrize(
    ("error", "said", "seconds"),
    [
        (socket.gaierror(socket.EAI_NONAME, "x"), "there is no host bad.example", DEAD_FOR),
        (socket.gaierror(socket.EAI_AGAIN, "Try again"), "Try again", HICCUP_FOR),
        (UnicodeError("label too long"), "cannot be a host name", DEAD_FOR),
    ],
)
def test_failures_are_told_apart_and_remembered_as_long_as_they_last(error, said, seconds):
    directory, time = Directory(wrong={"bad.example": error}), Time()

    async def main():
        resolver = Resolver(lookup=directory, clock=time)
        assert said in await outcome(resolver, "bad.example")
        time.now = seconds - 1
        assert said in await outcome(resolver, "bad.example")
        assert len(directory.asked) == 1
        directory.wrong.clear()
        time.now = seconds
        assert await outcome(resolver, "bad.example") == ADDRESS
        assert await outcome(resolver, "bad.example") == ADDRESS  # trusted again
        resolver.close()

    asyncio.run(main())


def test_no_address_at_all_is_a_failure():
    async def main():
        resolver = Resolver(lookup=lambda host: [])
        assert await outcome(resolver, "empty.example") == "dns: empty.example has no address"
        resolver.close()

    asyncio.run(main())


def test_names_that_failed_before_hold_up_only_each_other():
    doubted = [f"dead{n}.example" for n in range(THREADS + 8)]
    directory, time = Directory(wrong=dict.fromkeys(doubted, OSError("down"))), Time()

    async def main():
        resolver = Resolver(lookup=directory, deadline=10.0, clock=time)
        await asyncio.gather(*(outcome(resolver, host) for host in doubted))
        directory.wrong.clear()
        directory.dead = set(doubted)
        time.now = DEAD_FOR
        hanging = [asyncio.create_task(outcome(resolver, host)) for host in doubted]
        async with asyncio.timeout(5):
            assert await outcome(resolver, "ok.example") == ADDRESS
        for _ in range(200):  # until the last thread has got there
            await asyncio.sleep(0.01 if directory.hanging < DOUBTED_THREADS else 0)
        assert directory.hanging == DOUBTED_THREADS
        directory.revive()
        await asyncio.gather(*hanging)
        resolver.close()

    asyncio.run(main())


def test_waiting_for_a_thread_does_not_count_as_silence():
    directory = Directory(dead=[f"dead{n}.example" for n in range(THREADS)])

    async def main():
        resolver = Resolver(lookup=directory, deadline=0.1)
        hanging = [asyncio.create_task(outcome(resolver, host)) for host in directory.dead]
        await asyncio.sleep(0)
        late = asyncio.create_task(outcome(resolver, "ok.example"))
        await asyncio.gather(*hanging)  # all past their deadline, their threads still held
        assert not late.done()
        directory.revive()
        assert await late == ADDRESS
        resolver.close()

    asyncio.run(main())


def test_a_cancelled_look_up_gives_its_thread_back():
    directory = Directory(dead=["dead.example"])

    async def main():
        resolver = Resolver(lookup=directory)
        task = asyncio.create_task(resolver.resolve("dead.example"))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        directory.revive()
        names = [f"ok{n}.example" for n in range(2 * THREADS)]
        assert await asyncio.gather(*(outcome(resolver, n) for n in names)) == [ADDRESS] * len(
            names
        )
        resolver.close()

    asyncio.run(main())


def test_the_memory_for_failures_is_bounded():
    async def main():
        resolver = Resolver(lookup=Directory())
        for n in range(REMEMBERED + 10):
            resolver._failed(f"n{n}.example", "no", DEAD_FOR)
        assert len(resolver._failures) == REMEMBERED
        assert "n0.example" not in resolver._failures
        resolver.close()

    asyncio.run(main())


def test_a_fault_in_a_look_up_is_not_taken_for_a_dead_name():
    async def main():
        resolver = Resolver(lookup=lambda host: {}[host])
        with pytest.raises(KeyError):
            await resolver.resolve("a.example")
        resolver.close()

    asyncio.run(main())


def test_the_system_resolves_numbers_and_refuses_nonsense():
    assert list(system_lookup("127.0.0.1")) == ["127.0.0.1"]
    assert list(system_lookup("::1")) == ["::1"]
    for nonsense in ("a..b", "x" * 70 + ".example", "with space", "nul\0byte"):
        with pytest.raises((OSError, ValueError)):
            system_lookup(nonsense)


def test_a_hanging_look_up_does_not_keep_the_program_from_ending():
    script = """
import asyncio, time
from feeds.errors import TransferError
from feeds.resolver import Resolver
async def main():
    resolver = Resolver(lookup=lambda host: time.sleep(60), deadline=0.05)
    try:
        await resolver.resolve("dead.example")
    except TransferError:
        print("left")
asyncio.run(main())
"""
    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=False
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "left\n", "")


@pytest.mark.parametrize(
    ("host", "asked"),
    [("192.0.2.9", False), ("127.1", True), ("192.0.2.09", True), ("::1", True), ("x9", True)],
)
def test_only_an_address_in_its_one_ordinary_spelling_is_not_looked_up(host, asked):
    directory = Directory()

    async def main():
        resolver = Resolver(lookup=directory)
        try:
            return await resolver.resolve(host)
        finally:
            resolver.close()

    assert asyncio.run(main()) == (ADDRESS if asked else [host])
    assert bool(directory.asked) == asked
