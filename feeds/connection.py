"""A connection to a server: bytes as they are asked for, over TLS or not, and no more than allowed.

One of asyncio's protocols and not its streams, which cost as much again. Closing it awaits nothing,
so that no cancellation can come between.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

from feeds.errors import TransferError
from feeds.limits import HEAD_BYTES
from feeds.peer import address_of, peer_of, tls_message

if TYPE_CHECKING:
    import socket
    import ssl

    from feeds.types import Peer

READ = 64 * 2**10  # bytes given out at once, at most
AHEAD = 2 * READ  # bytes that may lie here unread before the server is made to wait
LOST = "the connection was lost"


class Connection(asyncio.Protocol):
    """What one exchange takes place on. `open` it first; whoever made it must `close` it."""

    def __init__(self, connection: socket.socket) -> None:
        """Take over a connected socket."""
        self._socket = connection
        self._transport: asyncio.Transport | None = None
        self._tls: ssl.SSLObject | None = None
        self._unread = bytearray()
        self._over = False  # nothing more comes
        self._error: Exception | None = None  # why
        self._held_back = False  # the server, until what lies here is read
        self._blocked = False  # we, until what was written has left
        self._waiter: asyncio.Future[None] | None = None
        self.received = 0  # bytes given out so far, after TLS
        self.most = HEAD_BYTES  # of them; more for a body, once its head is there

    @property
    def address(self) -> str:
        """The IP address at the other end, while it is open; "" for none."""
        return address_of(self._socket)

    @property
    def peer(self) -> Peer | None:
        """Who answers, by the certificate that was checked; None without TLS."""
        return peer_of(self._tls)

    @property
    def tls(self) -> ssl.SSLObject | None:
        """What TLS agreed on; None without it."""
        return self._tls

    async def open(self) -> None:
        """Begin to read, without TLS; does nothing if that has been done."""
        if self._transport is not None:
            return
        loop = asyncio.get_running_loop()
        await loop.create_connection(lambda: self, sock=self._socket)

    async def open_tls(self, context: ssl.SSLContext, name: str, seconds: float | None) -> None:
        """Begin to read over TLS with `name`, be it after a proxy was talked to in the clear.

        Raises TransferError: tls, timeout.
        """
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(seconds):
                if self._transport is None:
                    await loop.create_connection(
                        lambda: self, sock=self._socket, ssl=context, server_hostname=name
                    )
                else:
                    self._transport = await loop.start_tls(
                        self._transport, self, context, server_hostname=name
                    )
        except TimeoutError:
            raise TransferError("timeout", "no connection in time") from None
        except OSError as error:  # ssl.SSLError is one
            raise TransferError("tls", tls_message(error)) from None
        assert self._transport is not None
        self._tls = self._transport.get_extra_info("ssl_object")

    async def read(self, seconds: float | None, most: int = READ) -> bytes:
        """The next bytes, at most `most`; b"" at the end. Waits for so many `seconds` of silence.

        Raises TransferError: timeout, connect (lost), protocol (nothing ever came), too-large.
        """
        if not self._unread and not self._over:
            await self._wait(seconds, "nothing came for too long")
        data = bytes(self._unread[:most])
        del self._unread[:most]
        if self._held_back and len(self._unread) <= AHEAD and self._transport:
            self._held_back = False
            self._transport.resume_reading()
        if not data:
            self._ended()
        self.received += len(data)
        if self.received > self.most:
            raise TransferError("too-large", "more bytes than any feed needs, framing included")
        return data

    def _ended(self) -> None:
        """Raise TransferError unless it was closed properly, after an answer."""
        before = not self.received
        if self._error is not None:
            reset = before and isinstance(self._error, ConnectionError)
            raise TransferError("connect", LOST, reset=reset) from self._error
        if before:
            raise TransferError("protocol", "the connection was closed unanswered", reset=True)

    async def write(self, data: bytes, seconds: float | None) -> None:
        """Send it. Raises TransferError: timeout, connect (lost)."""
        if self._error is not None:
            self._ended()
        assert self._transport is not None
        self._transport.write(data)
        if self._blocked:
            await self._wait(seconds, "the request could not be sent in time")
        if self._error is not None:
            self._ended()

    async def _wait(self, seconds: float | None, late: str) -> None:
        """Until something happens, or TransferError("timeout")."""
        loop = asyncio.get_running_loop()
        self._waiter = loop.create_future()
        alarm = None if seconds is None else loop.call_later(seconds, _ring, self._waiter, late)
        try:
            await self._waiter
        finally:
            self._waiter = None
            if alarm:
                alarm.cancel()

    def close(self) -> None:
        """At once, whatever is under way."""
        if self._transport is None:
            self._socket.close()
        else:
            self._transport.abort()

    # ── what asyncio calls ───────────────────────────────────────────────────────────────────────

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # not by name, in other loops

    def data_received(self, data: bytes) -> None:
        self._unread += data
        if len(self._unread) > AHEAD and not self._held_back and self._transport:
            self._held_back = True
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> bool:
        self._over = True
        self._wake()
        return self._tls is None  # it is closed by us; TLS cannot be half closed

    def connection_lost(self, error: Exception | None) -> None:
        self._over = True
        self._error = error
        self._blocked = False
        self._wake()

    def pause_writing(self) -> None:
        self._blocked = True

    def resume_writing(self) -> None:
        self._blocked = False
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


def _ring(waiter: asyncio.Future[None], late: str) -> None:
    if not waiter.done():
        waiter.set_exception(TransferError("timeout", late))
