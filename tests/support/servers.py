"""HTTP/1.1 over raw sockets on loopback: well behaved, or as hostile as a test needs it.

A route is a function from the request to either the bytes of an answer (see `reply`) or a script,
an async function that is given the writer and does what it likes. One request a connection.

    with HttpServer(lambda request: reply(body=b"<rss/>")) as server:
        fetch(server.url("/feed.xml"))
        assert server.requests[0].headers["user-agent"].startswith("wirewatch/")

All of 127.0.0.0/8 is loopback on Linux: bind `0.0.0.0` to answer for any of it.
"""

from __future__ import annotations

import asyncio
import gzip
import ssl
import zlib
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import trustme

from tests.support.serving import LoopbackServer

if TYPE_CHECKING:
    from pathlib import Path

MEBIBYTE = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    method: str
    target: str  # path and query, as sent
    headers: Mapping[str, str]  # names in lower case
    body: bytes = b""


Script = Callable[[asyncio.StreamWriter], Awaitable[None]]
Route = Callable[[Request], bytes | Script]


class _Server(LoopbackServer):
    """Counts connections, and ends without leaving one, be it in the midst of its handshake."""

    def __init__(
        self, *, host: str = "127.0.0.1", port: int = 0, tls: ssl.SSLContext | None = None
    ) -> None:
        super().__init__()
        self.connections = 0
        self._host, self._port, self._tls = host, port, tls

    async def listen(self) -> asyncio.Server:
        self._listening = await asyncio.start_server(
            self._connected, self._host, self._port, ssl=self._tls, backlog=1_000
        )
        return self._listening

    def stop(self) -> None:
        if self._thread.is_alive():
            asyncio.run_coroutine_threadsafe(self._hush(), self._loop).result(10)
        super().stop()

    async def _hush(self) -> None:
        """Accept no more. asyncio drops a socket that it accepted just before `Server.close`."""
        for listener in self._listening.sockets:
            self._loop.remove_reader(listener.fileno())
        await _turns()

    async def _serve(self) -> None:
        await super()._serve()
        for transport in list(self._loop._transports.values()):  # asyncio's own list, by socket
            transport.abort()
        await _turns()


async def _turns() -> None:
    """As many turns of the loop as asyncio takes from an accepted socket to its handler."""
    for _ in range(5):
        await asyncio.sleep(0)


class HttpServer(_Server):
    """Keeps requests, answers by `route`."""

    def __init__(self, route: Route, **listen: Any) -> None:
        """`listen`: host (127.0.0.1), port (any), tls (none)."""
        super().__init__(**listen)
        self.route = route
        self.requests: list[Request] = []

    def url(self, path: str = "/feed.xml", *, host: str = "") -> str:
        scheme = "https" if self._tls else "http"
        return f"{scheme}://{host or self._host}:{self.port}{path}"

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        request = await _read(reader)
        self.requests.append(request)
        answer = self.route(request)
        if isinstance(answer, bytes):
            writer.write(answer)
            await writer.drain()
        else:
            await answer(writer)


class MuteServer(_Server):
    """Accepts connections and then dribbles `says` a byte at a time, or nothing."""

    def __init__(self, says: bytes = b"", *, gap: float = 0.05) -> None:
        super().__init__()
        self._script = drip(says, gap=gap) if says else None

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        if self._script:
            await self._script(writer)
        await self.until_closed()


async def _read(reader: asyncio.StreamReader) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.rstrip("\r\n").split("\r\n")
    method, target, _ = first.split(" ")
    headers = {
        name.lower(): value.strip() for name, value in (line.split(":", 1) for line in lines)
    }
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Request(method=method, target=target, headers=headers, body=body)


def reply(
    body: bytes = b"",
    *,
    status: int = 200,
    headers: Iterable[tuple[str, str]] = (),
    length: int | None = None,
) -> bytes:
    """A whole answer. `length` overrides the Content-Length; -1 leaves it out."""
    fields = [("Connection", "close"), *headers]
    if length != -1:
        fields.append(("Content-Length", str(len(body) if length is None else length)))
    return head(status, fields) + body


def head(status: int = 200, headers: Iterable[tuple[str, str]] = ()) -> bytes:
    """A status line and fields, to the blank line."""
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "Odd"
    lines = [f"HTTP/1.1 {status} {phrase}", *(f"{name}: {value}" for name, value in headers)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def redirect(to: str, status: int = 302, body: bytes = b"") -> bytes:
    return reply(body, status=status, headers=[("Location", to)])


def drip(data: bytes, *, gap: float = 0.05) -> Script:
    """Send `data` a byte every `gap` seconds, and then its last byte for ever."""

    async def script(writer: asyncio.StreamWriter) -> None:
        sent = 0
        while True:
            writer.write(data[sent : sent + 1] or data[-1:])
            await writer.drain()
            sent += 1
            await asyncio.sleep(gap)

    return script


def drip_after(start: bytes, data: bytes = b"x", *, gap: float = 0.05) -> Script:
    """Send `start` at once and then drip."""

    async def script(writer: asyncio.StreamWriter) -> None:
        writer.write(start)
        await drip(data, gap=gap)(writer)

    return script


def endless(start: bytes, again: bytes) -> Script:
    """Send `start`, and then `again` for as long as somebody reads."""

    async def script(writer: asyncio.StreamWriter) -> None:
        writer.write(start)
        while True:
            writer.write(again)
            await writer.drain()

    return script


def broken_off(start: bytes) -> Script:
    """Send `start` and reset the connection."""

    async def script(writer: asyncio.StreamWriter) -> None:
        writer.write(start)
        await writer.drain()
        writer.transport.abort()

    return script


def gzip_zeros(mebibytes: int) -> bytes:
    """A gzip member of that many MiB of zeros, a thousandth of the size, made without them.

    One block that refers to nothing before it, over and over; it has no checksum at its end, where
    nobody gets.
    """
    block = zlib.compressobj(9, zlib.DEFLATED, -15)
    zeros = block.compress(bytes(MEBIBYTE)) + block.flush(zlib.Z_FULL_FLUSH)
    return gzip.compress(b"")[:10] + zeros * mebibytes


def nested_gzip(mebibytes: int, times: int) -> bytes:
    """`gzip_zeros` in gzip in gzip: each time smaller by far."""
    data = gzip_zeros(mebibytes)
    for _ in range(times - 1):
        data = gzip.compress(data, 9)
    return data


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """A certificate authority of a test's own."""

    ca: trustme.CA
    ca_file: str

    @classmethod
    def make(cls, folder: Path) -> Authority:
        ca = trustme.CA()
        ca_file = folder / "ca.pem"
        ca.cert_pem.write_to_path(str(ca_file))
        return cls(ca=ca, ca_file=str(ca_file))

    def server(self, *names: str) -> ssl.SSLContext:
        """For a server that goes by these names or addresses."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.ca.issue_cert(*names).configure_cert(context)
        return context
