"""Whether memory stays flat over months: the daemon at sixty times the speed of time.

    python -m benchmarks.soak                    10,000 polls, about three minutes
    python -m benchmarks.soak --polls 600 --json
    python -m benchmarks.soak --invented         words that never come again

The daemon itself runs in this process, on clocks that go sixty times as fast, so that a feed with an
interval of a minute is polled every second. Its feeds and its webhook are served by another process.
One document in ten (`--new`) has a new entry, one is the same as before, and the others have other
bytes and known entries. Memory is that of this process without and with its parsers.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

SPEED = 60.0
WINDOW = 20  # entries of a document
WARM_UP = 0.3  # of the polls: caches fill, parsers start, pages of the database are read

_DICE = random.Random(1)
_VOCABULARY = ["".join(_DICE.choices("abdefgiklmnoprstu", k=7)) for _ in range(5_000)]

# ── the other process: feeds and a webhook ───────────────────────────────────────────────────────


class Papers:
    """Answers requests; a document depends only on which paper it is and how often it was asked."""

    def __init__(self, new: int, *, invented: bool) -> None:
        self.asked: Counter[str] = Counter()
        self.new = new  # a new entry every so many requests; 0 = never
        self.invented = invented  # words, anew for each entry

    def document(self, paper: str) -> bytes:
        asked = self.asked[paper]
        self.asked[paper] += 1
        newest = WINDOW + (asked // self.new if self.new else 0)
        items = "".join(
            self.item(paper, n, self.invented) for n in range(newest, newest - WINDOW, -1)
        )
        edition = asked if asked % 10 else asked - 1  # one in ten as the one before
        return (
            f'<rss version="2.0"><channel><title>Paper {paper}, {edition}</title>'
            f"<language>en</language>{items}</channel></rss>"
        ).encode()

    @staticmethod
    @lru_cache(maxsize=200 * WINDOW)
    def item(paper: str, number: int, invented: bool) -> str:
        dice = random.Random(f"{paper}/{number}")
        words = " ".join(_invent(dice) if invented else dice.choices(_VOCABULARY, k=120))
        named = "Huichon Power Station: " if number % 50 == 0 else ""
        return (
            f"<item><title>{named}{words[:60]}</title><guid>{paper}-{number}</guid>"
            f"<link>https://paper{paper}.example/{number}</link>"
            f"<description>{words}</description></item>"
        )

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            target = head.split(" ", 2)[1]
            body = b"ok" if target.startswith("/hook") else self.document(target.strip("/"))
            length = f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
            writer.write(f"HTTP/1.1 200 OK\r\n{length}".encode() + body)
            await writer.drain()
        writer.close()


def _invent(dice: random.Random) -> list[str]:
    return ["".join(dice.choices("abdefgiklmnoprstu", k=7)) for _ in range(120)]


async def serve(new: int, *, invented: bool) -> None:
    """Serve until standard input ends, that is, until the other process does."""
    server = await asyncio.start_server(
        Papers(new, invented=invented).answer, "0.0.0.0", 0, backlog=1_000
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    server.close()


# ── this process: the daemon ─────────────────────────────────────────────────────────────────────


@dataclass(slots=True, kw_only=True)
class Soak:
    """Counts polls and reads the memory now and then."""

    polls: int
    every: int
    keep: bool
    say: Callable[[str], object]
    done: int = 0
    kept: list[object] = field(default_factory=list)
    readings: list[tuple[int, float, float]] = field(default_factory=list)

    def polled(self, record: object) -> bool:
        """After each poll; whether it was the last."""
        self.done += 1
        if self.keep:
            self.kept.append(record)
        if self.done % self.every == 0:
            alone, together = memory()
            self.readings.append((self.done, alone, together))
            self.say(f"{self.done:>7} polls  {alone:7.1f} MB  {together:7.1f} MB with parsers")
        return self.done >= self.polls


def memory() -> tuple[float, float]:
    """Resident MB (10^6 bytes) of this process, and of it with its children's."""
    alone = resident("self")
    tasks = Path("/proc/self/task")
    children = {c for task in tasks.iterdir() for c in (task / "children").read_text().split()}
    return alone, alone + sum(map(resident, children))


def resident(process: str) -> float:
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:  # it has ended meanwhile
        return 0.0
    lines = (line.split() for line in status.splitlines() if line.startswith("VmRSS:"))
    return sum(int(line[1]) for line in lines) * 1024 / 1e6


def slope(points: Sequence[tuple[int, float]]) -> float:
    """Growth in MB per 10,000 polls, by least squares, without the warm-up."""
    points = [p for p in points if p[0] > WARM_UP * points[-1][0]]
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    above = sum((x - mean_x) * (y - mean_y) for x, y in points)
    return 10_000 * above / sum((x - mean_x) ** 2 for x, _ in points)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--polls", type=int, default=10_000)
    asked.add_argument("--feeds", type=int, default=100)
    asked.add_argument("--every", type=int, default=1_000, help="polls between two readings")
    asked.add_argument("--new", type=int, default=10, help="polls from one new entry to the next")
    asked.add_argument(
        "--keep", action="store_true", help="keep all records: what a leak looks like"
    )
    asked.add_argument("--invented", action="store_true", help="words that never come again")
    asked.add_argument("--json", action="store_true")
    asked.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = asked.parse_args()
    if options.serve:
        asyncio.run(serve(options.new, invented=options.invented))
        return
    # Not above: a parser process imports the main module again, and has little memory.
    from benchmarks.fast_daemon import run  # noqa: PLC0415

    told = Soak(
        polls=options.polls,
        every=options.every,
        keep=options.keep,
        say=(lambda _: None) if options.json else print,
    )
    server = subprocess.Popen(
        [
            *(sys.executable, "-m", "benchmarks.soak", "--serve", f"--new={options.new}"),
            *(["--invented"] if options.invented else []),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with server, tempfile.TemporaryDirectory() as folder:
        assert server.stdout is not None
        port = int(server.stdout.readline())
        watching = run(
            Path(folder), port=port, feeds=options.feeds, speed=SPEED, polled=told.polled
        )
        asyncio.run(watching)
        conclude(told, Path(folder), as_json=options.json)


def conclude(told: Soak, folder: Path, *, as_json: bool) -> None:
    alone = slope([(polls, mb) for polls, mb, _ in told.readings])
    together = slope([(polls, mb) for polls, _, mb in told.readings])
    size = (folder / "wirewatch.db").stat().st_size / 1e6
    if as_json:
        found = {"polls": told.done, "readings": told.readings, "slope": alone}
        print(json.dumps({**found, "slope_with_parsers": together}))
        return
    print(
        f"growth after the first {WARM_UP:.0%}: {alone:+.2f} MB per 10,000 polls, "
        f"{together:+.2f} MB with parsers; database {size:.1f} MB"
    )


if __name__ == "__main__":
    main()
