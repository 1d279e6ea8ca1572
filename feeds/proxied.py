"""How httpcore reaches proxies: by connections that are resolved and dialled like all others."""

# ruff: noqa: ASYNC109 - httpcore hands its timeouts, in seconds, to every read and write
from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpcore

from feeds.connection import Connection

if TYPE_CHECKING:
    import ssl

    from feeds.dial import Dialler


class Guard(httpcore.AsyncNetworkBackend):
    """What httpcore opens every connection through: to a proxy for the `target`."""

    def __init__(self, dialler: Dialler, target: str = "") -> None:
        self._dialler = dialler
        self._target = target
        self.opened: list[Connection] = []

    async def connect_tcp(
        self, host: str, port: int, *_: Any, **__: Any
    ) -> httpcore.AsyncNetworkStream:
        found = await self._dialler.connect_for(host, port, self._target)
        self.opened.append(Connection(found))
        return _Stream(self.opened[-1])


class _Stream(httpcore.AsyncNetworkStream):
    """A connection as httpcore wants it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.AsyncNetworkStream:
        await self._connection.open_tls(ssl_context, server_hostname or "", timeout)
        return self

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        await self._connection.open()
        return await self._connection.read(timeout, max_bytes)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        await self._connection.open()
        await self._connection.write(buffer, timeout)

    async def aclose(self) -> None:
        self._connection.close()

    def get_extra_info(self, info: str) -> Any:
        """What httpcore asks for: the TLS object, to see which protocol was agreed on."""
        return self._connection.tls if info == "ssl_object" else None
