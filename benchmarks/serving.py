"""Serves a folder of feed documents, each from a loopback host of its own, as fast as it can.

    python -m benchmarks.serving FOLDER

A process of its own, so that none of its work is counted as anybody's. Prints its port once it
serves, and ends when its standard input does.
"""

from __future__ import annotations

import asyncio
import hashlib
import resource
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.samples import TYPES, Sample

_FILES = 4_000  # open files: a listening socket for each host, and its connections


@dataclass(frozen=True, slots=True, kw_only=True)
class _Document:
    etag: bytes
    full: bytes  # the whole answer, head and body
    not_modified: bytes


@contextmanager
def serving(documents: Sequence[Sample], folder: Path) -> Iterator[list[str]]:
    """Serve the documents, put into `folder`, while the `with` block runs. Gives their URLs."""
    folder.mkdir()
    names = [f"{number:05}{sample.suffix}" for number, sample in enumerate(documents)]
    for name, sample in zip(names, documents, strict=True):
        (folder / name).write_bytes(sample.body)
    server = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.serving", str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with server:
        assert server.stdout
        port = int(server.stdout.readline())
        yield [f"http://{_host(number)}:{port}/{name}" for number, name in enumerate(names)]


def _host(number: int) -> str:
    """A loopback address of its own for every document (Linux answers on all of 127/8)."""
    return f"127.1.{number // 250}.{number % 250 + 1}"


class _Connection(asyncio.Protocol):
    """HTTP/1.1 as far as feed readers need it: GET, conditional by ETag, kept alive or closed."""

    def __init__(self, documents: dict[str, _Document]) -> None:
        self._documents = documents
        self._unread = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._document = self._documents[transport.get_extra_info("sockname")[0]]

    def data_received(self, data: bytes) -> None:
        *heads, self._unread = (self._unread + data).split(b"\r\n\r\n")
        for head in heads:
            known = self._document.etag in head
            self._transport.write(self._document.not_modified if known else self._document.full)
            if b"\nconnection: close" in head.lower():
                self._transport.close()


def _document(path: Path) -> _Document:
    body = path.read_bytes()
    etag = b'"%s"' % hashlib.sha256(body).hexdigest()[:32].encode()
    head = (
        f"HTTP/1.1 200 OK\r\nContent-Type: {TYPES[path.suffix]}\r\n"
        f"Content-Length: {len(body)}\r\nETag: {etag.decode()}\r\n\r\n"
    )
    return _Document(
        etag=etag,
        full=head.encode() + body,
        not_modified=b"HTTP/1.1 304 Not Modified\r\nETag: %s\r\n\r\n" % etag,
    )


async def _serve(folder: Path) -> None:
    paths = sorted(folder.iterdir())  # noqa: ASYNC240 - before anything is served
    documents = {_host(number): _document(path) for number, path in enumerate(paths)}
    loop = asyncio.get_running_loop()
    first = await loop.create_server(lambda: _Connection(documents), _host(0), 0)
    port = first.sockets[0].getsockname()[1]
    rest = list(documents)[1:]
    if rest:
        await loop.create_server(lambda: _Connection(documents), rest, port, backlog=32)
    print(port, flush=True)
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    enough = _FILES if most == resource.RLIM_INFINITY else min(_FILES, most)
    resource.setrlimit(resource.RLIMIT_NOFILE, (enough, most))
    asyncio.run(_serve(Path(sys.argv[1])))
