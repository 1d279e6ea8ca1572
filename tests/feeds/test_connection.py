"""A connection brings what is asked for, in order, and holds no more than that in memory."""

from __future__ import annotations

import asyncio
import socket
import struct

import pytest

from feeds.connection import AHEAD, READ, Connection
from feeds.errors import TransferError
from feeds.limits import HEAD_BYTES

MOST_AT_ONCE = 256 * 2**10  # of asyncio's reads from a socket


def between(script):
    """Run `script` with a connection and the other end of it."""

    async def main():
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        theirs.setblocking(False)
        connection = Connection(ours)
        try:
            await connection.open()
            await script(connection, theirs)
        finally:
            connection.close()
            theirs.close()
            await asyncio.sleep(0)

    asyncio.run(main())


async def filled(other: socket.socket) -> int:
    """Send until nothing more is taken, however long we wait; how many bytes were."""
    sent = idle = 0
    while idle < 20:
        try:
            sent += other.send(b"x" * READ)
            idle = 0
        except BlockingIOError:
            idle += 1
        await asyncio.sleep(0)
    return sent


async def all_of(connection: Connection) -> int:
    while await connection.read(5):
        pass
    return connection.received


def test_who_sends_more_than_is_read_must_wait():
    async def script(connection, other):
        connection.most = 2**30
        sent = await filled(other)
        assert AHEAD < len(connection._unread) <= AHEAD + MOST_AT_ONCE
        other.close()
        got = 0
        while data := await connection.read(5):
            assert len(data) <= READ
            got += len(data)
        assert got == connection.received == sent

    between(script)


def test_what_came_before_a_reset_is_read_first(monkeypatch):
    async def script(connection, other):
        connection.data_received(b"abc")
        connection.connection_lost(ConnectionResetError())
        assert await connection.read(5) == b"abc"
        with pytest.raises(TransferError) as caught:
            await connection.read(5)
        assert (caught.value.reason, caught.value.reset) == ("connect", False)

    between(script)


@pytest.mark.parametrize(("linger", "reason"), [(True, "connect"), (False, "protocol")])
def test_an_end_before_any_byte_is_told_apart(linger, reason):
    async def script(connection, other):
        got = asyncio.ensure_future(connection.read(5))
        await asyncio.sleep(0)
        other.close()
        with pytest.raises(TransferError) as caught:
            await got
        assert (caught.value.reason, caught.value.reset) == (reason, True)

    async def over_tcp():
        with socket.create_server(("127.0.0.1", 0)) as listening:
            ours = socket.create_connection(listening.getsockname())
            theirs, _ = listening.accept()
        ours.setblocking(False)
        if linger:  # closing resets it
            theirs.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection = Connection(ours)
        await connection.open()
        await script(connection, theirs)
        connection.close()
        await asyncio.sleep(0)

    asyncio.run(over_tcp())


def test_what_cannot_leave_ends_in_time():
    async def script(connection, other):
        with pytest.raises(TransferError) as caught:
            await connection.write(b"x" * 2**22, 0.05)
        assert caught.value.reason == "timeout"
        assert caught.value.message == "the request could not be sent in time"

    between(script)


def test_no_more_than_a_head_is_taken_before_there_is_one():
    async def script(connection, other):
        sending = asyncio.ensure_future(filled(other))
        with pytest.raises(TransferError) as caught:
            await all_of(connection)
        assert caught.value.reason == "too-large"
        assert connection.received <= HEAD_BYTES + READ
        await sending

    between(script)
