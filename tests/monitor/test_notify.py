"""What the service manager is told: over its socket, by work done, and never at the cost of a fault."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from monitor.config import service_manager
from monitor.daemon import Daemon, Orders
from monitor.notify import ServiceManager
from tests.support.clock import Clock


class Listener:
    """A service manager's end of the socket."""

    def __init__(self, address: str) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self.socket.bind(address)

    def heard(self) -> list[str]:
        found = []
        while True:
            try:
                found.append(self.socket.recv(4_096).decode())
            except BlockingIOError:
                return found


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[Listener]:
    listener = Listener(str(tmp_path / "notify"))
    yield listener
    listener.socket.close()


def address_of(listener: Listener) -> str:
    return str(listener.socket.getsockname())


def test_what_is_said(listener: Listener) -> None:
    manager = ServiceManager(address_of(listener))
    manager.ready("watching 3 feeds")
    manager.reloading()
    manager.stopping()
    ready, reloading, stopping = listener.heard()
    assert ready == "READY=1\nSTATUS=watching 3 feeds"
    assert reloading.startswith("RELOADING=1\nMONOTONIC_USEC=")
    assert stopping == "STOPPING=1"


def test_an_abstract_address() -> None:
    listener = Listener("\0wirewatch-test-notify")
    try:
        ServiceManager("@wirewatch-test-notify").stopping()
        assert listener.heard() == ["STOPPING=1"]
    finally:
        listener.socket.close()


def test_signs_of_life_are_spaced(listener: Listener) -> None:
    seconds = [0.0]
    manager = ServiceManager(address_of(listener), watchdog=30, clock=lambda: seconds[0])
    for seconds[0] in (0, 1, 9.9, 10, 11, 20, 31):
        manager.worked()
    assert listener.heard() == ["WATCHDOG=1"] * 4


def test_nobody_listens(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    ServiceManager().ready("watching 1 feeds")
    ServiceManager().worked()
    assert not caplog.records
    ServiceManager(str(tmp_path / "nobody")).stopping()
    assert "cannot be told" in caplog.text


@pytest.mark.parametrize(
    ("environ", "found"),
    [
        ({}, ("", 0.0)),
        ({"NOTIFY_SOCKET": "/run/systemd/notify"}, ("/run/systemd/notify", 0.0)),
        ({"NOTIFY_SOCKET": "@x", "WATCHDOG_USEC": "120000000"}, ("@x", 120.0)),
        ({"WATCHDOG_USEC": "soon"}, ("", 0.0)),
    ],
)
def test_the_environment(environ: dict[str, str], found: tuple[str, float]) -> None:
    assert service_manager(environ) == found


@pytest.mark.parametrize("hangs", ["nothing", "poller", "articles"])
def test_what_hangs_feeds_no_watchdog(listener: Listener, hangs: str) -> None:
    def stage(name: str) -> SimpleNamespace:
        async def tick() -> None:
            await asyncio.sleep(30 if name == hangs else 0)

        return SimpleNamespace(tick=tick, stored=None, failed=None, tell=None)

    async def one_tick() -> None:
        parts = {name: stage(name) for name in ("poller", "articles", "delivery")}
        program = SimpleNamespace(**parts, desk=SimpleNamespace(watch=SimpleNamespace(to=())))
        manager = ServiceManager(address_of(listener), watchdog=30)
        daemon = Daemon(program, Orders(), now=Clock().now, manager=manager)
        job = asyncio.create_task(daemon._poll())
        await asyncio.wait([job], timeout=0.05)
        job.cancel()
        await asyncio.gather(job, return_exceptions=True)

    asyncio.run(one_tick())
    assert listener.heard() == (["WATCHDOG=1"] if hangs == "nothing" else [])
