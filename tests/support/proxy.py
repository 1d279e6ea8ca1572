"""A proxy on loopback: HTTP (CONNECT and absolute requests, RFC 9110 §9.3.6) and SOCKS5 (RFC 1928)."""

from __future__ import annotations

import asyncio
import base64
import struct
from contextlib import suppress

from tests.support.serving import LoopbackServer

USER, PASSWORD = "desk", "proxy-password-nobody-may-see"
BASIC = b"Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode())


class Proxy(LoopbackServer):
    """Connects for those that know the password; remembers for whom. `names` are its own hosts."""

    def __init__(self, names: dict[str, str] | None = None) -> None:
        super().__init__()
        self.names = names or {}
        self.asked: list[str] = []

    def url(self, scheme: str = "http", password: str = PASSWORD) -> str:
        return f"{scheme}://{USER}:{password}@127.0.0.1:{self.port}"

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first = await reader.readexactly(1)
        await (self._socks if first == b"\5" else self._http)(first, reader, writer)

    async def _http(
        self, first: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        head = first + await reader.readuntil(b"\r\n\r\n")
        method, target, _ = head.split(b"\r\n")[0].decode().split(" ")
        if b"\r\nproxy-authorization: " + BASIC not in head.replace(b"Proxy-A", b"proxy-a"):
            writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            return await writer.drain()
        self.asked.append(f"{method} {target}")
        place = target if method == "CONNECT" else target.split("/")[2]
        host, _, port = place.partition(":")
        there = await self._opened(host, int(port or 80))
        if method == "CONNECT":
            writer.write(b"HTTP/1.1 200 Connected\r\n\r\n")
        else:
            there[1].write(head)
        return await _relay((reader, writer), there)

    async def _socks(
        self, _: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        await reader.readexactly((await reader.readexactly(1))[0])
        writer.write(b"\5\2")  # RFC 1929
        _, length = await reader.readexactly(2)
        user = await reader.readexactly(length)
        password = await reader.readexactly((await reader.readexactly(1))[0])
        good = (user, password) == (USER.encode(), PASSWORD.encode())
        writer.write(b"\1\0" if good else b"\1\1")
        if not good:
            return await writer.drain()
        kind = (await reader.readexactly(4))[3]
        if kind == 1:
            host = ".".join(str(byte) for byte in await reader.readexactly(4))
        else:
            host = (await reader.readexactly((await reader.readexactly(1))[0])).decode()
        (port,) = struct.unpack("!H", await reader.readexactly(2))
        self.asked.append(f"SOCKS {host}:{port}")
        there = await self._opened(host, port)
        writer.write(b"\5\0\0\1" + bytes(6))
        return await _relay((reader, writer), there)

    async def _opened(
        self, host: str, port: int
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(self.names.get(host, host), port)


_Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def _relay(one: _Ends, other: _Ends) -> None:
    """Until either hangs up."""
    ways = [
        asyncio.ensure_future(_copy(one[0], other[1])),
        asyncio.ensure_future(_copy(other[0], one[1])),
    ]
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for way in ways:
            way.cancel()
        other[1].close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
