"""Two reviewers judge while the daemon writes and readers read: is a decision lost, or slow?

    python -m benchmarks.reviewers --minutes 10

A desk is served over HTTP on loopback in a process of its own. Two threads decide as fast as they
are answered, a third reads tables, and a process of its own polls into the evidence as the daemon does. A
decision counts as lost when it was acknowledged and is not in reviews.db at the end.
"""

from __future__ import annotations

import argparse
import http.client
import json
import multiprocessing
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from feeds.types import Entry
from tests.support.collection import Collection

VERDICTS = ("relevant", "not relevant", "follow up")
STORIES = 40


@dataclass(slots=True, kw_only=True)
class Found:
    """What came of it."""

    acknowledged: int = 0
    lost: int = 0
    refused: int = 0  # any answer but 200
    locked: int = 0  # of them, with "locked" in it
    reads: int = 0
    polls: int = 0
    seconds: list[float] = field(default_factory=list)
    wal: int = 0  # bytes, of both files at the end

    def quantile(self, part: float) -> float:
        """Milliseconds."""
        ordered = sorted(self.seconds) or [0.0]
        return 1000 * ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def trial(*, seconds: float) -> Found:
    """Run it for so long."""
    with tempfile.TemporaryDirectory(prefix="wirewatch-reviewers-") as name:
        collection = Collection(Path(name))
        collection.poll()
        collection.poll(*(_entry(number) for number in range(STORIES)))
        with _served(collection.folder) as port:
            return _run(collection, port, seconds)


def _run(collection: Collection, port: int, seconds: float) -> Found:
    found, until, kept = Found(), time.monotonic() + seconds, list[int]()
    threads = [
        threading.Thread(target=_decide, args=(found, port, until, kept, number))
        for number in (1, 2)
    ]
    threads.append(threading.Thread(target=_read, args=(found, port, until)))
    for thread in threads:
        thread.start()
    polls = multiprocessing.get_context("spawn").Value("i", 0)
    daemon = multiprocessing.get_context("spawn").Process(
        target=_poll, args=(collection, seconds, polls)
    )
    daemon.start()
    for thread in threads:
        thread.join()
    daemon.join()
    found.polls = polls.value
    with closing(sqlite3.connect(collection.folder / "reviews.db")) as db:
        there = {row[0] for row in db.execute("SELECT id FROM decisions")}
    found.lost = len(set(kept) - there)
    found.acknowledged = len(set(kept))
    found.wal = sum(p.stat().st_size for p in collection.folder.glob("*.db-wal"))
    return found


def _poll(collection: Collection, seconds: float, polls: Any) -> None:
    """What the daemon does, in a process of its own as the daemon is."""
    number, until = STORIES, time.monotonic() + seconds
    while time.monotonic() < until:
        collection.poll(*(_entry(n) for n in range(number, number + 5)))
        number += 5
        polls.value += 1
        time.sleep(0.2)


def _decide(found: Found, port: int, until: float, kept: list[int], number: int) -> None:
    choose = random.Random(number)
    origin = {"Origin": f"http://127.0.0.1:{port}", "Sec-Fetch-Site": "same-origin"}
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as server:
        count = 0
        while time.monotonic() < until:
            count += 1
            body = {
                "story": choose.sample(range(1, STORIES + 1), choose.choice((1, 1, 1, 10))),
                "verdict": choose.choice(VERDICTS),
                "key": f"{number}-{count}",
            }
            began = time.perf_counter()
            server.request(
                "POST", "/-/desk/decide", json.dumps(body),
                {**origin, "Content-Type": "application/json", "Accept": "application/json"},
            )  # fmt: skip
            answer = server.getresponse()
            text = answer.read()
            found.seconds.append(time.perf_counter() - began)
            if answer.status == 200:
                kept.extend(d["decision"] for d in json.loads(text)["decisions"])
            else:
                found.refused += 1
                found.locked += b"locked" in text


def _read(found: Found, port: int, until: float) -> None:
    paths = ("/wirewatch/named_stories", "/-/desk", "/wirewatch/quietest", "/reviews/decisions.csv")
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as server:
        while time.monotonic() < until:
            server.request("GET", paths[found.reads % len(paths)])
            answer = server.getresponse()
            found.locked += b"database is locked" in answer.read()
            found.reads += 1


def _entry(number: int) -> Entry:
    names = ("Arin Dam", "Bolu Mine", "Cedo Mill")
    return Entry(
        guid=str(number),
        url=f"https://one.example/{number}",
        title=f"{names[number % 3]} in Northland, report {number}: {number * 7919 % 1009} done",
        text=f"News of day {number} from Northland about {names[number % 3]}. " * 4,
    )


@contextmanager
def _served(folder: Path) -> Iterator[int]:
    command = [sys.executable, "-c", "from monitor.cli import main; main()", "serve"]
    command += ["--port", "0", "--config", str(folder / "wirewatch.toml")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            yield int(line.split("127.0.0.1:")[1].split("/")[0])
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(30)


def main() -> None:
    """Print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0)
    found = trial(seconds=60 * parser.parse_args().minutes)
    print(
        f"{found.acknowledged:,} decisions in {len(found.seconds):,} requests: {found.lost} lost, "
        f"{found.refused} refused, {found.locked} times a locked file shown; "
        f"{found.polls:,} polls and {found.reads:,} pages read beside them"
    )
    print(
        f"a request took {found.quantile(0.5):.0f} ms (median), {found.quantile(0.99):.0f} ms (p99), "
        f"{found.quantile(1):.0f} ms at most; logs of both files {found.wal / 2**20:.1f} MiB"
    )


if __name__ == "__main__":
    main()
