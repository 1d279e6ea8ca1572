"""While nothing can be stored: polls rest, people are told once, and it goes on by itself.

The daemon with disks in trouble: `make proof`, area storage.
"""

from __future__ import annotations

import asyncio
import os
import resource
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from alerts.types import Alert, Receipt
from monitor import halt
from monitor.descriptors import SPARE, Spare, none_left
from monitor.errors import StoreError
from monitor.evidence.keeper import Keeper
from monitor.halt import LOOK_AGAIN, REST, Halt
from monitor.store import Store, connect
from tests.support.clock import START, Clock

FULL = StoreError("database or disk is full")


class Disk:
    """A disk that a test fills, and people who are told."""

    def __init__(self, *outcomes: str) -> None:
        self.full = True
        self.looks = 0
        self.told: list[Alert] = []
        self.outcomes = list(outcomes)
        self.clock = Clock()
        self.halt = Halt(
            look=self.look,
            tell=self.tell,
            to=("desk",),
            now=self.clock.now,
            clock=self.clock.monotonic,
        )

    async def look(self) -> None:
        self.looks += 1
        if self.full:
            raise FULL

    async def tell(self, alert: Alert) -> Receipt:
        self.told.append(alert)
        outcome = self.outcomes.pop(0) if self.outcomes else "sent"
        return Receipt(alert=0, outcome=outcome, message="no way")

    async def tick(self, seconds: float = 0.0) -> bool:
        """After so many seconds; what is to be told is told at once."""
        self.clock.seconds += seconds
        over = await self.halt.over()
        for _ in range(5):
            await asyncio.sleep(0)
        return over


def played(script: Callable[[Disk], Any], *outcomes: str) -> Disk:
    disk = Disk(*outcomes)

    async def play() -> None:
        await script(disk)
        await disk.halt.close()

    asyncio.run(play())
    return disk


def test_halted_until_a_look_finds_room(caplog: pytest.LogCaptureFixture) -> None:
    async def script(disk: Disk) -> None:
        assert await disk.tick()
        disk.halt.failed(FULL)
        assert not await disk.tick()
        assert not await disk.tick(LOOK_AGAIN / 2)
        assert disk.looks == 1  # not at every tick
        assert not await disk.tick(LOOK_AGAIN)
        disk.full = False
        assert await disk.tick(LOOK_AGAIN)
        assert await disk.tick()

    disk = played(script)
    assert [alert.relation for alert in disk.told] == ["trouble", "recovery"]
    trouble, recovery = disk.told
    assert "disk is full" in trouble.facts[0][1]
    assert "halted for 12 s" in recovery.facts[0][1]
    assert "polling halted" in caplog.text


def test_a_moments_trouble_is_told_to_nobody() -> None:
    """One feed that cannot be stored, say: the look at the next tick finds room."""

    async def script(disk: Disk) -> None:
        disk.full = False
        disk.halt.failed(FULL)
        assert await disk.tick()
        assert not disk.halt.confirmed

    assert played(script).told == []


def test_told_once_an_hour_at_most() -> None:
    async def script(disk: Disk) -> None:
        for _ in range(2):
            disk.full = True
            disk.halt.failed(FULL)
            await disk.tick(LOOK_AGAIN)
            disk.full = False
            await disk.tick(LOOK_AGAIN)
        disk.full = True
        disk.halt.failed(FULL)
        await disk.tick(LOOK_AGAIN)
        assert [alert.relation for alert in disk.told] == ["trouble", "recovery"]
        await disk.tick(REST)

    assert [alert.relation for alert in played(script).told] == ["trouble", "recovery", "trouble"]


def test_a_channel_that_is_down_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(halt, "LOOK_AGAIN", 0.0)

    async def script(disk: Disk) -> None:
        disk.halt.failed(FULL)
        await disk.tick(1.0)
        await asyncio.sleep(0.01)

    assert [a.relation for a in played(script, "later", "later", "sent").told] == ["trouble"] * 3


def test_a_recovery_is_told_only_of_what_was_told(caplog: pytest.LogCaptureFixture) -> None:
    async def script(disk: Disk) -> None:
        disk.halt.failed(FULL)
        await disk.tick()
        disk.full = False
        await disk.tick(LOOK_AGAIN)

    assert [alert.relation for alert in played(script, "refused").told] == ["trouble"]
    assert "not told on desk: no way" in caplog.text


def test_a_look_writes_where_a_poll_would(tmp_path: Path) -> None:
    with Store(tmp_path / "a.db") as store:
        before = store.db.conn.total_changes
        halt.look(store, [tmp_path])
        assert store.db.conn.total_changes == before + 2
        assert store.db["tombstones"].count == 0
        with pytest.raises(StoreError, match="nothing can be written"):
            halt.look(store, [tmp_path / "away"])


def test_a_look_wants_room_for_a_poll(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Store(tmp_path / "a.db") as store:
        limit = resource.getrlimit(resource.RLIMIT_FSIZE)
        halt.look(store, [tmp_path])
        monkeypatch.setattr(halt, "ROOM", 2**62)
        with pytest.raises(StoreError, match="nothing can be written"):
            halt.look(store, [tmp_path])
        assert resource.getrlimit(resource.RLIMIT_FSIZE) == limit
    assert {path.name for path in tmp_path.iterdir()} == {"a.db", "a.db.lock"}


def test_too_few_descriptors_show_before_they_are_gone() -> None:
    spare = Spare()
    assert spare.keep() == ""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = max(int(file.name) for file in Path("/proc/self/fd").iterdir())
    filler = [os.open(os.devnull, os.O_RDONLY) for _ in range(highest)]  # no number below is free
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(filler) + 1, hard))
        assert "Too many open files" in none_left()
        assert "Too many open files" in spare.keep()
        free = [os.open(os.devnull, os.O_RDONLY) for _ in range(SPARE)]  # to tell of it
        for number in free:
            os.close(number)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        for number in filler:
            os.close(number)
    assert spare.keep() == ""
    spare.release()


def test_a_write_that_the_disk_takes_in_part_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """write(2) takes what there is room for and says so; the next one fails."""
    keeper = Keeper(tmp_path, rotate=10**6, now=lambda: START, ends={}, about={})
    kept = keeper.keep(b"whole" * 100)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (kept.offset + kept.length + 100, hard))
    try:
        with pytest.raises(StoreError, match="File too large"):
            keeper.keep(b"torn!" * 100)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    file = tmp_path / kept.file
    assert file.stat().st_size == kept.offset + kept.length
    assert keeper.keep(b"after").offset == kept.offset + kept.length
    keeper.close()


def test_a_wal_that_has_grown_is_folded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wal = tmp_path / "a.db-wal"
    with Store(tmp_path / "a.db") as store:
        store.try_to_write()
        grown = wal.stat().st_size
        assert grown
        store.keep_house()
        assert wal.stat().st_size == grown
        monkeypatch.setattr(connect, "WAL_FOLDED", grown - 1)
        store.keep_house()
        assert wal.stat().st_size == 0
