"""Serves feed documents, each from a loopback host of its own, as fast as it can.

    python -m benchmarks.serving FOLDER

FOLDER holds a folder for each edition of the documents: 0, 1, … A process of its own, so that none of
its work is counted as anybody's. Prints its port once it serves, takes the number of the edition to
serve from then on as a line of its standard input, and ends when that does.
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

from benchmarks.measure import ROOT
from benchmarks.samples import TYPES, Sample

_FILES = 24_000  # open files: a listening socket for each host, and its connections
_AT_ONCE = 1_000  # hosts of one asyncio server, which looks at all of them for each


@dataclass(frozen=True, slots=True, kw_only=True)
class _Document:
    etag: bytes
    full: bytes  # the whole answer, head and body
    not_modified: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """Documents that are being served."""

    urls: Sequence[str]
    _server: subprocess.Popen[str]

    def show(self, edition: int) -> None:
        """Serve this edition of the documents from now on."""
        assert self._server.stdin
        assert self._server.stdout
        print(edition, file=self._server.stdin, flush=True)
        self._server.stdout.readline()


@contextmanager
def serving(editions: Sequence[Sequence[Sample]], folder: Path) -> Iterator[Served]:
    """Serve documents, put into `folder`, while the `with` block runs: the first edition at first."""
    folder.mkdir()
    names = [f"{number:05}{sample.suffix}" for number, sample in enumerate(editions[0])]
    for number, documents in enumerate(editions):
        (folder / str(number)).mkdir()
        for name, sample in zip(names, documents, strict=True):
            (folder / str(number) / name).write_bytes(sample.body)
    server = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.serving", str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    with server:
        assert server.stdout
        port = int(server.stdout.readline())
        urls = [f"http://{_host(number)}:{port}/{name}" for number, name in enumerate(names)]
        yield Served(urls=urls, _server=server)


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


def _edition(folder: Path) -> dict[str, _Document]:
    return {_host(at): _document(path) for at, path in enumerate(sorted(folder.iterdir()))}


async def _serve(folder: Path) -> None:
    documents = _edition(folder / "0")
    loop = asyncio.get_running_loop()
    first = await loop.create_server(lambda: _Connection(documents), _host(0), 0)
    port = first.sockets[0].getsockname()[1]
    rest = list(documents)[1:]
    for start in range(0, len(rest), _AT_ONCE):
        hosts = rest[start : start + _AT_ONCE]
        await loop.create_server(lambda: _Connection(documents), hosts, port, backlog=32)
    print(port, flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        documents.update(await asyncio.to_thread(_edition, folder / line.strip()))
        print("shown", flush=True)


if __name__ == "__main__":
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    enough = _FILES if most == resource.RLIM_INFINITY else min(_FILES, most)
    resource.setrlimit(resource.RLIMIT_NOFILE, (enough, most))
    asyncio.run(_serve(Path(sys.argv[1])))
