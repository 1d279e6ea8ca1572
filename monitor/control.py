"""How a command hands work to the daemon that holds the database: a UNIX socket beside it.

One JSON object on a line in, one out, and the connection is closed. `{"do": "ping"}` is answered
`{"ok": true, "pid": 123}`; what cannot be done, `{"ok": false, "error": "…"}`. The socket is for
the daemon's own user (mode 0600). Whoever holds the writer's lock owns it, so that one which is
there when the daemon starts was left by a process that was killed.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import os
import socket
import stat
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from monitor.errors import ControlError, MonitorError

log = logging.getLogger("wirewatch.control")

LONGEST_PATH = 107  # bytes of a UNIX socket's address, sockaddr_un in unix(7)
LONGEST_LINE = 1024 * 1024  # bytes; the numbers of 100,000 alerts take less
# Clients that may wait. When no file can be opened, asyncio logs so many failures at once.
BACKLOG = 5
QUESTION_SECONDS = 5.0  # for a client to say what it wants
ANSWER_SECONDS = 60.0  # for the daemon, which may be storing a large document

Answer = Mapping[str, Any]
"""What was done, as JSON."""

Handler = Callable[[str, Mapping[str, Any]], Awaitable[Answer]]
"""(verb, what else was said) → what was done. Raises MonitorError for what cannot be done."""


# ── where ────────────────────────────────────────────────────────────────────────────────────────


def socket_path(database: Path) -> Path:
    """The socket of a database: `wirewatch.db.sock` beside `wirewatch.db`."""
    name = f"{database.name}.sock"
    if len(os.fsencode(name)) > LONGEST_PATH - len("/proc/self/fd/0000000/"):
        name = f"{hashlib.sha256(os.fsencode(database.name)).hexdigest()[:16]}.sock"
    return database.absolute().with_name(name)


@contextmanager
def _address(path: Path) -> Iterator[str]:
    """An address that fits: of a path that is too long, by way of its opened folder (Linux)."""
    if len(os.fsencode(path)) <= LONGEST_PATH:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


# ── the daemon's side ────────────────────────────────────────────────────────────────────────────


@asynccontextmanager
async def listening(database: Path, handler: Handler) -> AsyncIterator[None]:
    """Answer commands meanwhile. Without a socket (a file system that has none) it is only logged.

    The caller holds the writer's lock of the database.
    """
    path = socket_path(database)
    try:
        listener = _listener(path)
    except OSError as error:
        log.warning("commands cannot hand anything over: %s: %s", path, error)
        yield
        return
    conversations: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        conversations.add(task)
        task.add_done_callback(conversations.discard)
        with closing(writer), suppress(OSError, asyncio.CancelledError):
            await _converse(reader, writer, handler)

    server = await asyncio.start_unix_server(
        connected, sock=listener, limit=LONGEST_LINE, backlog=BACKLOG
    )
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        server.close()
        for task in conversations:
            task.cancel()
        await asyncio.gather(*conversations, return_exceptions=True)


def _listener(path: Path) -> socket.socket:
    _remove_stale(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        os.fchmod(listener.fileno(), 0o600)  # before it has a name: never open to others, unix(7)
        with _address(path) as address:
            listener.bind(address)
        path.chmod(0o600)  # where the line above has no effect
    except BaseException:
        listener.close()
        raise
    return listener


def _remove_stale(path: Path) -> None:
    with suppress(FileNotFoundError):
        if stat.S_ISSOCK(
            path.lstat().st_mode
        ):  # a file of that name is somebody else's: bind fails
            path.unlink()


async def _converse(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, handler: Handler
) -> None:
    answer = await _answer(reader, handler)
    writer.write(json.dumps(answer).encode() + b"\n")
    await writer.drain()


async def _answer(reader: asyncio.StreamReader, handler: Handler) -> Answer:
    try:
        async with asyncio.timeout(QUESTION_SECONDS):
            asked = json.loads(await reader.readuntil(b"\n"))
        return {"ok": True, **await handler(str(asked.pop("do")), asked)}
    except MonitorError as error:
        return {"ok": False, "error": str(error)}
    except (ValueError, LookupError, TypeError, AttributeError, EOFError, TimeoutError,
            asyncio.LimitOverrunError):  # fmt: skip
        return {"ok": False, "error": "not a request that this daemon knows"}


# ── the commands' side ───────────────────────────────────────────────────────────────────────────


def ask(database: Path, verb: str, **said: object) -> Answer | None:
    """What the daemon of this database answers; None when no daemon runs.

    Raises:
        ControlError: there is one, but it cannot or may not be asked, or could not do it.
    """
    path = socket_path(database)
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) as connection:
        connection.settimeout(ANSWER_SECONDS)
        try:
            with _address(path) as address:
                connection.connect(address)
            connection.sendall(json.dumps({"do": verb, **said}).encode() + b"\n")
            raw = _line(connection)
        except (FileNotFoundError, ConnectionRefusedError):  # none, or left by one that was killed
            return None
        except OSError as error:
            words = f"{path}: the running daemon cannot be asked: {error.strerror or error}"
            raise ControlError(words) from error
    return _understood(path, raw)


def _line(connection: socket.socket) -> bytes:
    raw = b""
    while not raw.endswith(b"\n") and (piece := connection.recv(65_536)):
        raw += piece
    return raw


def _understood(path: Path, raw: bytes) -> Answer:
    if not raw:
        raise ControlError(f"{path}: the daemon ended before it answered; try again")
    answer: dict[str, Any] = json.loads(raw)
    if not answer.pop("ok"):
        raise ControlError(f"the running daemon answers: {answer['error']}")
    return answer
