"""For every test: no network but loopback, a clean environment, nothing left behind."""

from __future__ import annotations

import ipaddress
import logging
import socket
from collections.abc import Iterator

import pytest

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
