"""Fetches for tests: with httpx, with its maintained fork, and with a network that is made up."""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import socket
import sys
from typing import TYPE_CHECKING, Any

import pytest

import feeds.http
from feeds.dial import dial_tcp
from feeds.fetch import fetch
from feeds.resolver import Resolver
from feeds.types import Feed, FeedError, Fetched, FetchState, NotModified

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import ModuleType

PUBLIC = "93.184.216.34"  # stands for any public address; nothing is ever sent there
QUICK = feeds.http.Limits(total=0.4, connect=0.2, read_gap=0.3)  # seconds, against drips


def _on_httpx2() -> ModuleType:
    """feeds/http.py as a second module that imports httpx2 and httpcore2 instead."""
    name = "feeds._http_on_httpx2"
    spec = importlib.util.spec_from_file_location(name, feeds.http.__file__)
    assert spec is not None
    assert spec.loader is not None
    twin = importlib.util.module_from_spec(spec)
    real = {"httpx": sys.modules["httpx"], "httpcore": sys.modules["httpcore"]}
    sys.modules[name] = twin
    sys.modules |= {alias: importlib.import_module(f"{alias}2") for alias in real}
    try:
        spec.loader.exec_module(twin)
    finally:
        sys.modules |= real
    return twin


HTTP2 = _on_httpx2()
both = pytest.mark.parametrize("http", [feeds.http, HTTP2], ids=["httpx", "httpx2"])
"""Run a test with each of the libraries: it gets the module as `http`."""


def fetched(
    url: str, *, http: ModuleType = feeds.http, state: FetchState | None = None, **client: Any
) -> Fetched | NotModified | FeedError:
    """What one fetch gives; private addresses are allowed unless `client` says otherwise."""

    async def once() -> Fetched | NotModified | FeedError:
        async with http.Client(**{"allow_private_addresses": True, **client}) as it:
            return await fetch(it, Feed(url=url), state or FetchState())

    return asyncio.run(once())


class Names:
    """A resolver that knows these names: each look-up takes the next of its answers, or the last.

    What is not in the table resolves if it is a number in some spelling, or localhost.
    """

    def __init__(self, table: Mapping[str, Sequence[Sequence[str]]]) -> None:
        self._left = {host: list(answers) for host, answers in table.items()}
        self.asked: list[str] = []

    def lookup(self, host: str) -> Sequence[str]:
        self.asked.append(host)
        if host not in self._left:
            number = 0 if "localhost" in host.lower() else socket.AI_NUMERICHOST
            found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=number)
            return [str(entry[4][0]) for entry in found]
        answers = self._left[host]
        return answers.pop(0) if len(answers) > 1 else answers[0]

    def resolver(self) -> Resolver:
        return Resolver(lookup=self.lookup)


class Wires:
    """A dialler that notes where it is sent and connects everything public to 127.0.0.1."""

    def __init__(self) -> None:
        self.dialled: list[str] = []

    async def dial(self, address: str, port: int) -> socket.socket:
        self.dialled.append(address)
        return await dial_tcp("127.0.0.1" if address == PUBLIC else address, port)
