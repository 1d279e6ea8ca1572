"""Whether memory stays flat over months: the daemon at sixty times the speed of time.

    python -m benchmarks.soak                    10,000 polls, about three minutes
    python -m benchmarks.soak --polls 600 --json
    python -m benchmarks.soak --invented         words that never come again
    python -m benchmarks.soak --hostile 5        five answers in a hundred are what soak_hostile.py has

The daemon itself runs in this process, on clocks that go sixty times as fast (`--speed`), so that a
feed with an interval of a minute is polled every second. Its feeds and its webhook are served by
another process. One document in ten (`--new`) has a new entry, one is the same as before, and the
others have other bytes and known entries. Memory is that of this process without and with its
parsers, at the least of some looks: what is under way, such as a body of 8 MiB, is not what stays.
At the end all entries that were served whole are looked for in the database.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

SPEED = 60.0
WINDOW = 20  # entries of a document
LOOK = 50  # polls between two looks at processes and the WAL
WARM_UP = 0.3  # of the polls: caches fill, parsers start, pages of the database are read

_DICE = random.Random(1)
_VOCABULARY = ["".join(_DICE.choices("abdefgiklmnoprstu", k=7)) for _ in range(5_000)]

# ── the other process: feeds and a webhook ───────────────────────────────────────────────────────


class Papers:
    """Answers requests; a document depends only on which paper it is and how often it was asked."""

    def __init__(self, new: int, *, invented: bool, hostile: float = 0.0) -> None:
        self.asked: Counter[str] = Counter()
        self.served: dict[str, int] = {}  # paper → number of the newest entry that was served whole
        self.turn = round(1 / hostile) if hostile else 0  # of so many answers one is hostile
        self.answered = 0
        self.kinds: Counter[str] = Counter()  # of hostile answers
        self.hooked = 0
        self.new = new  # a new entry every so many requests; 0 = never
        self.invented = invented  # words, anew for each entry

    def document(self, paper: str) -> tuple[str, int]:
        """A document, and the number of its newest entry."""
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
        ), newest

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
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            target = head.split(" ", 2)[1]
            if target.startswith("/hook"):
                self.hooked += 1
                await _answer(writer, b"ok")
            elif target == "/told":
                told = {"served": self.served, "kinds": self.kinds, "hooked": self.hooked}
                await _answer(writer, json.dumps(told).encode())
            elif target.strip("/").isdecimal():
                await self.publish(writer, target.strip("/"))
            else:
                await _answer(writer, b"")
        writer.close()

    async def publish(self, writer: asyncio.StreamWriter, paper: str) -> None:
        """A paper's document, or what a hostile server makes of it."""
        document, newest = self.document(paper)
        if not self.is_hostile():
            self.served[paper] = newest
            await _answer(writer, document.encode())
            return
        from benchmarks.soak_hostile import HONEST, KINDS, chosen  # noqa: PLC0415

        dice = random.Random(f"{paper}:{self.asked[paper]}")
        kind = chosen(dice)
        self.kinds[kind] += 1
        if kind in HONEST:
            self.served[paper] = newest
        await KINDS[kind][0](writer, document, dice)

    def is_hostile(self) -> bool:
        """One of each turn, at a place that nobody can tell: however few there are, enough are."""
        if not self.turn:
            return False
        turn, place = divmod(self.answered, self.turn)
        self.answered += 1
        return random.Random(turn).randrange(self.turn) == place


async def _answer(writer: asyncio.StreamWriter, body: bytes) -> None:
    length = f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    writer.write(f"HTTP/1.1 200 OK\r\n{length}".encode() + body)
    await writer.drain()


def _invent(dice: random.Random) -> list[str]:
    return ["".join(dice.choices("abdefgiklmnoprstu", k=7)) for _ in range(120)]


async def serve(papers: Papers) -> None:
    """Serve until standard input ends, that is, until the other process does."""
    server = await asyncio.start_server(papers.answer, "0.0.0.0", 0, backlog=1_000)
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
    folder: Path
    done: int = 0
    kept: list[object] = field(default_factory=list)
    looks: list[tuple[float, float]] = field(default_factory=list)  # since the last reading
    readings: list[tuple[int, float, float]] = field(default_factory=list)
    files: list[tuple[int, int]] = field(default_factory=list)  # polls, open descriptors
    largest_wal: int = 0  # bytes
    parsers: set[int] = field(default_factory=set)  # process ids that were ever seen
    began: float = field(default_factory=time.monotonic)

    def polled(self, record: object) -> bool:
        """After each poll; whether it was the last."""
        self.done += 1
        if self.keep:
            self.kept.append(record)
        if self.done % min(self.every, LOOK) == 0:
            self.look()
        if self.done % self.every == 0:
            self.read()
        return self.done >= self.polls

    def look(self) -> None:
        self.looks.append(memory())
        self.parsers |= set(descendants(os.getpid()))
        wal = self.folder / "wirewatch.db-wal"
        self.largest_wal = max(self.largest_wal, wal.stat().st_size if wal.exists() else 0)

    def read(self) -> None:
        alone, together = map(min, zip(*self.looks, strict=True))
        self.looks.clear()
        self.readings.append((self.done, alone, together))
        self.files.append((self.done, len(list(Path("/proc/self/fd").iterdir()))))
        self.say(f"{self.done:>7} polls  {alone:7.1f} MB  {together:7.1f} MB with parsers")


def memory() -> tuple[float, float]:
    """Resident MB (10^6 bytes) of this process, and of it with all that it started."""
    alone = resident("self")
    return alone, alone + sum(resident(str(child)) for child in descendants(os.getpid()))


def descendants(process: int) -> Iterator[int]:
    """The processes that a process started, and those that they did."""
    for task in Path(f"/proc/{process}/task").glob("*/children"):
        try:
            children = [int(child) for child in task.read_text().split()]
        except OSError:  # it has ended meanwhile
            continue
        for child in children:
            yield child
            yield from descendants(child)


def resident(process: str) -> float:
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:  # it has ended meanwhile
        return 0.0
    lines = (line.split() for line in status.splitlines() if line.startswith("VmRSS:"))
    return sum(int(line[1]) for line in lines) * 1024 / 1e6


def slope(points: Sequence[tuple[int, float]], warm_up: float = WARM_UP) -> float:
    """Growth in MB per 10,000 polls, by least squares, without the warm-up."""
    points = [p for p in points if p[0] > warm_up * points[-1][0]]
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
    asked.add_argument("--hostile", type=float, default=0.0, help="answers in a hundred")
    asked.add_argument("--speed", type=float, default=SPEED, help="of the clocks; a poll a second")
    asked.add_argument("--warm-up", type=float, default=WARM_UP, help="share of the polls")
    asked.add_argument(
        "--keep", action="store_true", help="keep all records: what a leak looks like"
    )
    asked.add_argument("--invented", action="store_true", help="words that never come again")
    asked.add_argument("--json", action="store_true")
    asked.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = asked.parse_args()
    if options.serve:
        share = options.hostile / 100
        asyncio.run(serve(Papers(options.new, invented=options.invented, hostile=share)))
        return
    with tempfile.TemporaryDirectory() as folder:
        found = soaked(options, Path(folder))
    if options.json:
        print(json.dumps(found))
        return
    print(
        f"growth after the first {options.warm_up:.0%}: {found['slope']:+.2f} MB per 10,000 polls, "
        f"{found['slope_with_parsers']:+.2f} MB with parsers; {found['served']:,} entries served, "
        f"{found['lost']:,} of them lost; database {found['database']:.1f} MB"
    )


def soaked(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Let it run, and count."""
    # Not above: a parser process imports the main module again, and has little memory.
    from benchmarks.fast_daemon import run  # noqa: PLC0415

    told = Soak(
        polls=options.polls,
        every=options.every,
        keep=options.keep,
        say=(lambda _: None) if options.json else print,
        folder=folder,
    )
    serving = [sys.executable, "-m", "benchmarks.soak", "--serve", f"--new={options.new}"]
    serving += [f"--hostile={options.hostile}", *["--invented"] * options.invented]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(serving, **pipes) as server:
        assert server.stdout is not None
        port = int(server.stdout.readline())
        watching = run(
            folder, port=port, feeds=options.feeds, speed=options.speed, polled=told.polled
        )
        asyncio.run(watching)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/told") as answer:
            says = json.load(answer)
    return {**counted(told, options.warm_up), **compared(says, folder)}


def counted(told: Soak, warm_up: float) -> dict[str, Any]:
    """What was seen of the process."""
    return {
        "polls": told.done,
        "seconds": time.monotonic() - told.began,
        "readings": told.readings,
        "slope": slope([(polls, mb) for polls, mb, _ in told.readings], warm_up),
        "slope_with_parsers": slope([(polls, mb) for polls, _, mb in told.readings], warm_up),
        "files": told.files,
        "largest_wal": told.largest_wal / 1e6,
        "parsers": len(told.parsers),
    }


def compared(says: dict[str, Any], folder: Path) -> dict[str, Any]:
    """What the other side says that it served, and what is stored."""
    served = {f"{paper}-{n}" for paper, last in says["served"].items() for n in range(1, last + 1)}
    with closing(sqlite3.connect(folder / "wirewatch.db")) as db:
        stored = {guid for (guid,) in db.execute("SELECT guid FROM appearances")}
        errors = dict(db.execute("SELECT status, count(*) FROM polls GROUP BY 1").fetchall())
        alerts = dict(db.execute("SELECT state, count(*) FROM alerts GROUP BY 1").fetchall())
        sound = db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    return {
        "hostile": says["kinds"],
        "served": len(served),
        "lost": len(served - stored),
        "stored": len(stored),
        "statuses": errors,
        "alerts": alerts,
        "sound": sound,
        "database": (folder / "wirewatch.db").stat().st_size / 1e6,
    }


if __name__ == "__main__":
    main()
