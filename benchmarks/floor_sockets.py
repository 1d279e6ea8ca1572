"""The least that fetching can cost: `python floor_sockets.py URLS_FILE ETAGS_FILE`.

Raw asyncio sockets, 100 at a time: no guard, no limit, no manners, nothing decoded. The first call asks
for everything and notes the ETags, the next one asks conditionally. Prints how many answered, and the
bytes that came.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

AT_ONCE = 100


class _Get(asyncio.Protocol):
    """One request on a connection of its own, as ours are."""

    def __init__(self, request: bytes, done: asyncio.Future[bytes]) -> None:
        self._request, self._done = request, done
        self._came = bytearray()
        self._whole = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._came += data
        if not self._whole and (end := self._came.find(b"\r\n\r\n")) > 0:
            length = self._came.find(b"Content-Length: ", 0, end)
            line = self._came.find(b"\r\n", length)
            self._whole = end + 4 + (int(self._came[length + 16 : line]) if length > 0 else 0)
        if self._whole and len(self._came) >= self._whole:
            self._done.set_result(bytes(self._came))
            self._transport.close()

    def connection_lost(self, _: Exception | None) -> None:
        if not self._done.done():
            self._done.set_exception(ConnectionError())


async def _worker(urls: Iterator[str], etags: dict[str, str], got: list[int]) -> None:
    loop = asyncio.get_running_loop()
    for url in urls:
        parts = urlsplit(url)
        known = f"If-None-Match: {etags[url]}\r\n" if url in etags else ""
        request = (
            f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n{known}Connection: close\r\n\r\n"
        )
        done: asyncio.Future[bytes] = loop.create_future()
        get = _Get(request.encode(), done)
        await loop.create_connection(lambda get=get: get, str(parts.hostname), parts.port or 80)  # type: ignore[misc]
        answer = await done
        got.append(len(answer))
        if (at := answer.find(b"ETag: ")) > 0:
            etags[url] = answer[at + 6 : answer.find(b"\r\n", at)].decode()


async def _main(urls: list[str], etags: dict[str, str]) -> list[int]:
    waiting, got = iter(urls), list[int]()
    await asyncio.gather(*(_worker(waiting, etags, got) for _ in range(AT_ONCE)))
    return got


if __name__ == "__main__":
    noted = Path(sys.argv[2])
    tags = json.loads(noted.read_text()) if noted.exists() else {}
    came = asyncio.run(_main(Path(sys.argv[1]).read_text().split(), tags))
    noted.write_text(json.dumps(tags))
    print(len(came), sum(came))
