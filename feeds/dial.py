"""Connections to judged addresses: resolve once, judge all of it, dial what was judged.

Looking at a host's name first and connecting to the name afterwards resolves it twice, and the
second answer can be another one (DNS rebinding). No spelling of a host is judged either: what
2130706433 or 0x7f.1 stands for is known when it is resolved.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from feeds.addresses import refusal
from feeds.errors import TransferError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from feeds.resolver import Resolver

DIALS = 4  # addresses tried for one host: a hostile name can have hundreds

Dial = Callable[[str, int], Awaitable[socket.socket]]
"""Connect to (address, port); raises OSError."""


class Dialler:
    """Connects to hosts by name; to public addresses only, unless it is told otherwise."""

    def __init__(
        self, *, resolver: Resolver, allow_private: bool, limit: float, dial: Dial | None = None
    ) -> None:
        """`limit`: seconds for all addresses of a host together, after it was resolved."""
        self._resolver = resolver
        self._allow_private = allow_private
        self._limit = limit
        self._dial = dial or dial_tcp

    async def connect(self, host: str, port: int) -> socket.socket:
        """Give a connected socket. Raises TransferError: dns, refused-address, connect, timeout."""
        addresses = await self._resolver.resolve(host)
        if not self._allow_private:
            _judge(host, addresses)
        return await self._first(host, addresses[:DIALS], port)

    async def connect_for(self, host: str, port: int, target: str) -> socket.socket:
        """Connect to a proxy, which may have any address, to have it connect to `target`.

        What the proxy makes of a name is its own affair; one that has a private address here is
        refused all the same. Raises TransferError.
        """
        if not self._allow_private:
            with _known_elsewhere(target):
                _judge(target, await self._resolver.resolve(target))
        addresses = await self._resolver.resolve(host)
        return await self._first(host, addresses[:DIALS], port)

    async def _first(self, host: str, addresses: Sequence[str], port: int) -> socket.socket:
        """The first connection that comes about; each address has an even share of the time."""
        clock = asyncio.get_running_loop().time
        end = clock() + self._limit
        failure = OSError()
        for tried, address in enumerate(addresses):
            try:
                async with asyncio.timeout((end - clock()) / (len(addresses) - tried)):
                    return await self._dial(address, port)
            except OSError as error:
                failure = error
        if isinstance(failure, TimeoutError):
            raise TransferError("timeout", f"{host} does not answer on port {port}")
        why = os.strerror(failure.errno) if failure.errno else str(failure)
        raise TransferError("connect", f"{host}, port {port}: {why}")


@contextmanager
def _known_elsewhere(host: str) -> Iterator[None]:
    """A name that only the proxy knows is no failure; what no name server knows is the proxy's own.

    That is localhost (RFC 6761 §6.3), and what ends in a number (WHATWG URL, "ends in a number"),
    an address that is spelt in a way which this system does not read.
    """
    try:
        yield
    except TransferError as error:
        if error.reason != "dns":
            raise
        last = host.rstrip(".").rpartition(".")[2].lower()
        if last == "localhost" or last[:1].isdigit():
            message = f"{host} would be an address of the proxy's own"
            raise TransferError("refused-address", message) from None


def _judge(host: str, addresses: Sequence[str]) -> None:
    """Refuse a host that has even one address which is not public. Raises TransferError."""
    for address in addresses:
        if kind := refusal(address):
            message = f"{host} is at {address} ({kind}); fetch.allow_private_addresses permits it"
            raise TransferError("refused-address", message)


async def dial_tcp(address: str, port: int) -> socket.socket:
    """Connect to an IP address; no name is ever resolved here. Raises OSError."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    connection = socket.socket(family, socket.SOCK_STREAM)
    connection.setblocking(False)
    try:
        await asyncio.get_running_loop().sock_connect(connection, (address, port))
    except BaseException:
        connection.close()
        raise
    return connection
