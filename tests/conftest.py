"""For every test: no network but loopback, a clean environment, nothing left behind."""

from __future__ import annotations

import ipaddress
import logging
import socket
from collections.abc import Iterator

import pytest

from tests.support import stores
from tests.support.postgres import Postgres, server

_CONNECT = socket.socket.connect


def _loopback_only(self: socket.socket, address: object) -> object:
    if self.family in (socket.AF_INET, socket.AF_INET6) and isinstance(address, tuple):
        host = str(address[0])
        if not ipaddress.ip_address(host.partition("%")[0]).is_loopback:
            raise AssertionError(f"a test reached out to {host}")
    return _CONNECT(self, address)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(socket.socket, "connect", _loopback_only)
    for name in (
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "http_proxy",
        "https_proxy",
        "all_proxy",
    ):
        monkeypatch.delenv(name, raising=False)
    handlers = logging.getLogger().handlers[:]
    levels = {name: logging.getLogger(name).level for name in ("", "wirewatch")}
    yield
    logging.getLogger().handlers[:] = handlers
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One PostgreSQL server for all tests of a process."""
    with server() as running:
        yield running


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "engine" in metafunc.fixturenames:
        alone = metafunc.definition.get_closest_marker("sqlite_alone")
        engines = ["sqlite"] if alone else ["sqlite", "postgres"]
        metafunc.parametrize("engine", engines, indirect=True)


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> Iterator[str]:
    """Each of the stores in turn: what `stores.place` gives meanwhile."""
    if request.param == "sqlite":
        yield "sqlite"
        return
    with stores.on(request.getfixturevalue("postgres")):
        yield "postgres"


@pytest.fixture
def pg(postgres: Postgres) -> Iterator[Postgres]:
    """The server; databases that tests name are on it."""
    with stores.on(postgres):
        yield postgres
