"""Many feeds, some workers, one PostgreSQL: what is scheduled, claimed and stored in a second.

    python -m benchmarks.cluster claims|polls [--feeds 30000] [--hosts 9000] [--seconds 60]
      [--workers 4] [--rate 1111] [--gap 5]
    python -m benchmarks.cluster fetch [--feeds 5000] [--workers 1]

The server is its own, on loopback, with its data on the disk and every commit durable. Feeds are
registered as already polled, due evenly over one interval, which is FEEDS / RATE seconds long: so
RATE of them come due in every second, however many there are (1,000,000 at 1,111 a second are polled
every 15 minutes).

claims  due feeds are dispatched, claimed and read; then only their next time is written
polls   each answers at once that nothing is new (no request is made), and is judged and stored
fetch   all are due at the start and really asked for over loopback, documents of entries that nobody
        has seen; the rate is what the workers bring about

What it prints: feeds a second over the second half of the time, how late the feed was that waited
longest, the CPU of workers and server, the size of the database, and its log.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.cluster_worker import settings
from benchmarks.measure import table
from monitor.clock import iso
from monitor.cluster.assembly import lists_digest, open_station
from monitor.cluster.lease import Rhythm
from monitor.metrics import Metrics
from monitor.wall import wall_clock
from tests.support.postgres import Postgres, server
from tests.support.press import article, rss
from tests.support.servers import HttpServer, Request, reply

RATE = 1_111.0  # feeds a second that come due: 1,000,000 every 15 minutes
ENTRIES = 10  # of a document that is really fetched
PORT_HOSTS = 200  # addresses of 127.0.0.0/8 a number

SETTINGS = """
watchlists = ["dprk-civilian"]
[fetch]
allow_private_addresses = true
host_gap = {gap}
[evidence]
keep = false
"""

SERVER = {"autovacuum": "on", "shared_buffers": "1GB", "max_wal_size": "4GB"}

# As if each had been polled before, so that nothing is a first poll. Written as the store writes it.
_REGISTER = """
INSERT INTO feeds (url, name, language, kind, interval, timezone, encoding, full_text, page, host,
  subscribed, health, health_note, health_rounds, alerted, failures, added_at, next_poll_at, etag,
  last_modified, body_hash, fixed, pace, hints, moved_to, moved_polls, last_success_at)
SELECT {url}, 'feed ' || n, 'en', '', {interval}, '', '', 0, '', {host}, 1, 'ok', '', 0, '', 0,
  '{now}', to_char(timestamptz '{now}' + n * interval '{step:.9f} seconds', {form}), '"e"', '', '',
  1, {interval}, '', '', 0, {known}
FROM generate_series(0, {feeds} - 1) AS n"""
# One line of the ledger for each, so that the planner knows of what it plans.
_POLLED = """
INSERT INTO polls (feed, started_at, seconds, status, bytes, seen, new, changed, unchanged, skipped,
  skipped_why, overlap, baseline, error, note)
SELECT id, '2026-01-01T00:00:00.000Z', 0.1, 'not_modified', 0, 0, 0, 0, 0, 0, '', NULL, 0, '', ''
FROM feeds"""
_FORM = '\'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"\''


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How things stand at one moment."""

    at: float
    polls: int
    workers: float  # CPU seconds
    server: float
    late: float  # seconds, of the feed that waits longest


def main(arguments: Sequence[str] | None = None) -> None:
    asked = _arguments(arguments)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="wirewatch-cluster-")))
        gap = 0 if asked.mode == "fetch" else asked.gap
        (folder / "wirewatch.toml").write_text(SETTINGS.format(gap=gap))
        (folder / "feeds.toml").write_text("")
        pg = stack.enter_context(server(durable=True, **SERVER))
        name = pg.made()
        web = (
            stack.enter_context(HttpServer(_document, host="0.0.0.0"))
            if asked.mode == "fetch"
            else None
        )
        began = time.monotonic()
        _prepare(pg, name, folder)
        _register(pg, name, asked, web.port if web else 0)
        registered = time.monotonic() - began
        before = _size(pg, name)
        looks = _watched(pg, name, folder, asked)
        print(table(("what", "figure"), _figures(pg, name, asked, looks, registered, before)))


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cluster")
    parser.add_argument("mode", choices=("claims", "polls", "fetch"))
    parser.add_argument("--feeds", type=int, default=30_000)
    parser.add_argument("--hosts", type=int, default=0, help="[default: 3 of 10 feeds]")
    parser.add_argument("--gap", type=float, default=5.0)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--rate", type=float, default=RATE)
    asked = parser.parse_args(arguments)
    asked.hosts = asked.hosts or max(1, asked.feeds * 3 // 10)
    return asked


def _prepare(pg: Postgres, name: str, folder: Path) -> None:
    """The tables of workers are made by the first of them, which finds no list to subscribe to."""
    config = settings(folder, pg.url(name))

    async def begin() -> None:
        async with open_station(
            config,
            now=wall_clock,
            metrics=Metrics(),
            stopping=asyncio.Event(),
            rhythm=Rhythm(),
        ):
            pass

    asyncio.run(begin())
    assert pg.sql("SELECT digest FROM wirewatch.lists", name)[0][0] == lists_digest(config)


def _register(pg: Postgres, name: str, asked: argparse.Namespace, port: int) -> None:
    """So many feeds on so many hosts, evenly due over their interval; or all at once."""
    if asked.mode == "fetch":
        host = f"'127.' || n / 40000 % 200 || '.' || n / 200 % 200 || '.' || n % {PORT_HOSTS} + 1"
        url = f"'http://' || {host} || ':{port}/' || n"
        step, known = 0.0, "NULL"
    else:
        host = f"'h' || n % {asked.hosts} || '.example'"
        url = f"'http://' || {host} || '/' || n"
        step, known = 1 / asked.rate, "'2026-01-01T00:00:00.000Z'"
    interval = max(1, round(asked.feeds / asked.rate)) if asked.mode != "fetch" else 86_400
    now = datetime.now(UTC) + timedelta(seconds=0 if asked.mode == "fetch" else 10)
    pg.sql(
        "SET search_path TO wirewatch; SET TimeZone TO 'UTC'; "
        + _REGISTER.format(
            url=url, host=host, interval=interval, now=iso(now), step=step, known=known,
            feeds=asked.feeds, form=_FORM,
        ),
        name,
    )  # fmt: skip
    if asked.mode != "fetch":
        pg.sql(f"SET search_path TO wirewatch; {_POLLED}", name)
    pg.sql("CREATE TABLE wirewatch.counted (worker int, feeds bigint) WITH (fillfactor = 20)", name)
    pg.sql("CREATE TABLE wirewatch.seeded AS SELECT count(*) AS polls FROM wirewatch.polls", name)
    pg.sql("VACUUM ANALYZE wirewatch.feeds, wirewatch.polls", name)


def _watched(pg: Postgres, name: str, folder: Path, asked: argparse.Namespace) -> list[Look]:
    command = [
        sys.executable,
        "-m",
        "benchmarks.cluster_worker",
        str(folder),
        pg.url(name),
        asked.mode,
    ]
    workers = [subprocess.Popen(command) for _ in range(asked.workers)]
    try:
        return list(_looks(pg, name, [worker.pid for worker in workers], asked))
    finally:
        for worker in workers:
            worker.send_signal(signal.SIGTERM)
        for worker in workers:
            worker.wait(15)


def _looks(
    pg: Postgres, name: str, workers: Sequence[int], asked: argparse.Namespace
) -> Iterator[Look]:
    end = time.monotonic() + asked.seconds + 10
    while time.monotonic() < end:
        time.sleep(5)
        look = _look(pg, name, workers)
        print(json.dumps({"polls": look.polls, "late": round(look.late, 1)}), file=sys.stderr)
        yield look
        if asked.mode == "fetch" and look.polls >= asked.feeds:
            return


def _look(pg: Postgres, name: str, workers: Sequence[int]) -> Look:
    late, polls = pg.sql(
        "SELECT extract(epoch FROM now() - min(next_poll_at)::timestamptz)::float, "
        "(SELECT count(*) - (SELECT polls FROM wirewatch.seeded) FROM wirewatch.polls) "
        "+ (SELECT coalesce(sum(feeds), 0) FROM wirewatch.counted) FROM wirewatch.feeds",
        name,
    )[0]
    return Look(
        at=time.monotonic(),
        polls=int(polls),
        workers=sum(cpu_of(pid) for pid in workers),
        server=cpu_of(pg.process.pid),
        late=max(0.0, late),
    )


def cpu_of(pid: int) -> float:
    """CPU seconds of a process, its children and those it has waited for."""
    total, family = 0.0, [pid]
    while family:
        one = family.pop()
        try:
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
            family += map(int, Path(f"/proc/{one}/task/{one}/children").read_text().split())
        except OSError:
            continue
        total += sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    return total


def _size(pg: Postgres, name: str) -> int:
    return int(pg.sql(f"SELECT pg_database_size('{name}')")[0][0])


def _figures(
    pg: Postgres,
    name: str,
    asked: argparse.Namespace,
    looks: Sequence[Look],
    registered: float,
    before: int,
) -> list[tuple[str, object]]:
    first, last = looks[len(looks) // 2 if asked.mode != "fetch" else 0], looks[-1]
    seconds, polls = last.at - first.at, max(1, last.polls - first.polls)
    items = pg.sql("SELECT count(*) FROM wirewatch.items", name)[0][0]
    grown = _size(pg, name) - before
    return [
        ("feeds", asked.feeds),
        ("workers", asked.workers),
        ("seconds to register them", round(registered, 1)),
        ("MB of the database with them", round(before / 1e6, 1)),
        ("feeds a second, stored", round(polls / seconds, 1)),
        ("seconds that they were measured", round(seconds, 1)),
        ("seconds late at the end, at most", round(last.late, 1)),
        ("seconds late at any look, at most", round(max(look.late for look in looks), 1)),
        ("CPU ms a feed, workers", round(1e3 * (last.workers - first.workers) / polls, 3)),
        ("CPU ms a feed, PostgreSQL", round(1e3 * (last.server - first.server) / polls, 3)),
        ("cores used by workers", round((last.workers - first.workers) / seconds, 2)),
        ("cores used by PostgreSQL", round((last.server - first.server) / seconds, 2)),
        ("items stored", items),
        ("bytes a poll, grown", round(grown / max(1, last.polls))),
        ("bytes an item, grown", round(grown / items) if items else "-"),
        ("jobs left", pg.sql("SELECT count(*) FROM wirewatch.procrastinate_jobs", name)[0][0]),
        ("batches", pg.sql("SELECT sum(claim) FROM wirewatch.shards", name)[0][0]),
    ]


def _document(request: Request) -> bytes:
    """Entries that no other feed has."""
    number = int(request.target.rpartition("/")[2])
    return reply(rss([article(number * ENTRIES + at, paper=number) for at in range(ENTRIES)]))


if __name__ == "__main__":
    main()
