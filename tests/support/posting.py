"""A small HTTP POST for tests: what the channels are given instead of the real transport."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from urllib.parse import urlsplit

from alerts.errors import PostError
from alerts.types import Post, PostAnswer


def poster(seconds: float = 5.0) -> Post:
    """A Post that gives up after `seconds`, and names the URL in every error, as clients do."""

    async def post(url: str, body: bytes, headers: Mapping[str, str]) -> PostAnswer:
        parts = urlsplit(url)
        try:
            reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        except OSError as error:
            raise PostError("connect", f"{error} for url {url}", maybe_sent=False) from error
        try:
            async with asyncio.timeout(seconds):
                writer.write(_request(parts.hostname, parts.path, body, headers))
                return _answer(await reader.read())
        except TimeoutError as error:
            raise PostError("timeout", f"no answer from {url}", maybe_sent=True) from error
        except (ValueError, ConnectionError) as error:
            raise PostError("protocol", f"{error} from {url}", maybe_sent=True) from error
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    return post


def _request(host: str | None, path: str, body: bytes, headers: Mapping[str, str]) -> bytes:
    lines = [f"POST {path} HTTP/1.1", f"host: {host}", f"content-length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def _answer(raw: bytes) -> PostAnswer:
    head, blank, body = raw.partition(b"\r\n\r\n")
    if not blank:
        raise ValueError("the answer broke off")
    status, *lines = head.decode().split("\r\n")
    pairs = (line.split(":", 1) for line in lines)
    headers = {name.lower(): value.strip() for name, value in pairs}
    return PostAnswer(status=int(status.split()[1]), headers=headers, body=body.decode()[:2000])
