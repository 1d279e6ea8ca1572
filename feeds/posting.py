"""What a POST comes back with."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from feeds.errors import TransferError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping

SEND_ANSWER_CHARS = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a POST came back with; alerts read the same three attributes."""

    status: int
    headers: Mapping[str, str]  # names in lower case
    body: str  # at most SEND_ANSWER_CHARS


async def excerpt(
    headers: Mapping[str, str], body: AsyncGenerator[bytes, None], seconds: float
) -> str:
    """The start of an answer as text; what can be had of it in time, and never an error."""
    most = 4 * SEND_ANSWER_CHARS  # bytes of UTF-8
    start = b""
    async with aclosing(body) as chunks:
        if headers.get("content-encoding", "identity") != "identity":
            return ""  # nothing but plain text was asked for
        with suppress(TransferError, TimeoutError):
            async with asyncio.timeout(seconds):
                async for chunk in chunks:
                    start += chunk
                    if len(start) >= most:
                        break
    return start.decode("utf-8", "replace")[:SEND_ANSWER_CHARS]
