"""What a hostile or broken server answers now and then, for benchmarks/soak.py --hostile."""

from __future__ import annotations

import asyncio
import gzip
import random
from collections.abc import Awaitable, Callable
from functools import cache

from tests.support import hostile
from tests.support.servers import MEBIBYTE, gzip_zeros, nested_gzip

DRIP_GAP = 0.5  # seconds between two bytes

Answer = Callable[[asyncio.StreamWriter, str, random.Random], Awaitable[None]]
"""Writes to a connection, given the document that would have been answered."""


def _head(*fields: str, status: str = "200 OK") -> bytes:
    lines = (f"HTTP/1.1 {status}", "Connection: close", *fields)
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


async def _whole(writer: asyncio.StreamWriter, body: bytes, *fields: str) -> None:
    writer.write(_head(f"Content-Length: {len(body)}", *fields) + body)
    await writer.drain()


async def bomb(writer: asyncio.StreamWriter, _: str, dice: random.Random) -> None:
    """A document that keeps a parser busy until it is killed, or fills its memory."""
    await _whole(writer, _packed(dice.randrange(len(hostile.DOCUMENTS))), "Content-Encoding: gzip")


@cache
def _packed(number: int) -> bytes:
    return gzip.compress(hostile.DOCUMENTS[number](), 1)


async def poison(writer: asyncio.StreamWriter, document: str, dice: random.Random) -> None:
    """The document with an entry in its midst on which parsers trip: the others must be stored."""
    texts = [f"<title>{bad}</title>" for bad, _ in hostile.POISON.values()]
    stumble = dice.choice([*texts, *hostile.STUMBLES.values()])
    before, item, after = document.partition("</item>")
    body = f"{before}{item}<item><guid>poison-{dice.random()}</guid>{stumble}</item>{after}"
    await _whole(writer, body.encode("utf-8", "surrogatepass"))


async def broken(writer: asyncio.StreamWriter, document: str, dice: random.Random) -> None:
    """A page, noise, or a document that ends in its midst; as a whole answer."""
    noise = dice.randbytes(20_000)
    page = b"<!DOCTYPE html><html><body>We will be back soon.</body></html>"
    await _whole(writer, dice.choice([noise, page, b"", document.encode()[:150]]))


async def failing(writer: asyncio.StreamWriter, _: str, dice: random.Random) -> None:
    status = dice.choice(["500 No", "503 Later", "404 Gone away", "301 Round\r\nLocation: /round"])
    writer.write(_head("Content-Length: 0", status=status))
    await writer.drain()


async def reset(writer: asyncio.StreamWriter, document: str, dice: random.Random) -> None:
    """In the midst of the body, or before any byte of an answer."""
    if dice.random() < 0.5:
        writer.write(_head("Content-Length: 100000") + document.encode()[:5_000])
        await writer.drain()
    writer.transport.abort()


async def drip(writer: asyncio.StreamWriter, document: str, _: random.Random) -> None:
    """A byte now and then, so that no silence gives it away."""
    writer.write(_head())
    for byte in document.encode():
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(DRIP_GAP)


async def unpacked(writer: asyncio.StreamWriter, _: str, dice: random.Random) -> None:
    """Little on the wire, and a gigabyte when unpacked; in one coding or in three."""
    times = dice.choice((1, 3))
    await _whole(writer, _zeros(times), f"Content-Encoding: {', '.join(['gzip'] * times)}")


@cache
def _zeros(times: int) -> bytes:
    return gzip_zeros(1_024) if times == 1 else nested_gzip(1_024, times)


async def endless(writer: asyncio.StreamWriter, document: str, _: random.Random) -> None:
    """Of the size of a giant feed and more, until nobody reads on."""
    writer.write(_head())
    for _again in range(64):
        writer.write(document.encode().ljust(MEBIBYTE))
        await writer.drain()


async def huge_head(writer: asyncio.StreamWriter, _: str, __: random.Random) -> None:
    writer.write(_head(f"X-Field: {'x' * 2 * MEBIBYTE}", "Content-Length: 0"))
    await writer.drain()


# Of a hundred hostile answers so many are of each kind. Bombs take the parsers' time, and drips a
# place among the fetches; no newspaper's server sends more of either.
KINDS: dict[str, tuple[Answer, int]] = {
    "bomb": (bomb, 3),
    "poison": (poison, 25),
    "broken": (broken, 20),
    "failing": (failing, 15),
    "reset": (reset, 12),
    "drip": (drip, 10),
    "unpacked": (unpacked, 6),
    "endless": (endless, 5),
    "huge head": (huge_head, 4),
}
HONEST = frozenset({"poison"})  # kinds that carry all entries of the document


def chosen(dice: random.Random) -> str:
    """A kind, as often as it should come."""
    return dice.choices(list(KINDS), [share for _, share in KINDS.values()])[0]
