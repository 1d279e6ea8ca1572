"""Whether several workers on PostgreSQL keep what one process keeps in a file.

    python -m benchmarks.cluster_same [--feeds FOLDER_OR_TAR] [--count 500] [--workers 1 2 4]
                                      [--shuffled]

Documents are polled in two rounds, the second with one entry edited and a new one in each, by workers into PostgreSQL.
Then one process polls the same documents into a SQLite file, in the order in which the workers came to
learn from them. Compared are items, versions, mentions and which items make a story, by what they say
and not by their numbers. Ends with status 1 if anything differs.

A feed that could not be read in a round is asked again until it is. What is grouped depends on the
order of arrival: with `--shuffled` the last line is a file that got them in another one.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from alerts.secrets import Secret
from benchmarks.cluster import SERVER
from benchmarks.editing import with_edit, with_new
from benchmarks.measure import table
from benchmarks.programs import SETTINGS
from benchmarks.samples import copies, samples
from benchmarks.serving import Served, serving
from monitor.compose import assemble
from monitor.config import load
from monitor.places import Place, Server
from monitor.records import PollRecord, StoredFeed
from monitor.store.engine import open_reader
from tests.support.postgres import Postgres, server

KINDS = ("items", "versions", "mentions", "stories")
PATIENCE = 3_600.0  # seconds for a round
TRIES = 3  # to read a feed into a file: the machine may be busy
INTERVAL = 86_400  # seconds: nothing is asked twice in a round, however long it takes
IDLE = 5.0  # seconds without a poll, before those that failed are tried again
Kept = Mapping[str, frozenset[Any]]
"""By kind: what was kept."""

_ITEMS = "SELECT id, url, guid, title, text, language, published_at, story FROM items"
_VERSIONS = "SELECT item, number, title, text, change FROM revisions"
_DUE = "UPDATE wirewatch.feeds SET next_poll_at = '2026-01-01T00:00:00.000Z'"
_READ = "SELECT count(DISTINCT feed) FROM wirewatch.polls WHERE id > {} AND status <> 'error'"
_NEWEST = "SELECT coalesce(max(id), 0) FROM wirewatch.polls"
_IN_ORDER = (
    "SELECT f.url FROM wirewatch.polls AS p JOIN wirewatch.feeds AS f ON f.id = p.feed "
    "WHERE p.status <> 'error' AND p.id > {} ORDER BY p.id"
)
# Rows that a worker is at are left to it.
_FAILED_LAST = (
    f"{_DUE} WHERE id IN (SELECT id FROM wirewatch.feeds AS f WHERE 'error' = (SELECT status "
    "FROM wirewatch.polls WHERE feed = f.id ORDER BY id DESC LIMIT 1) FOR UPDATE SKIP LOCKED)"
)
_MENTIONS = 'SELECT item, entity, state, surface, field, start, "end" FROM mentions'


def main(arguments: Sequence[str] | None = None) -> None:
    """Poll, compare, print."""
    parser = argparse.ArgumentParser(prog="benchmarks.cluster_same")
    parser.add_argument(
        "--feeds", type=Path, help="feed files, besides the invented ones: a folder or tar"
    )
    parser.add_argument("--count", type=int, default=500, help="feeds [500]")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--shuffled", action="store_true", help="compare two orders in files, too")
    asked = parser.parse_args(arguments)
    # Mentions are in the invented ones.
    originals = (samples(asked.feeds) if asked.feeds else []) + samples(None)
    documents = copies(originals, -(-asked.count // len(originals)))[: asked.count]
    with tempfile.TemporaryDirectory(prefix="same-") as name, server(**SERVER) as postgres:
        folder = Path(name)
        editions = [documents, [with_new(with_edit(one)) for one in documents]]
        with serving(editions, folder / "served") as served:
            rows = [_row(folder, served, postgres, workers) for workers in asked.workers]
            last = [_shuffled(folder, served)] if asked.shuffled else []
    print(f"\n{len(documents)} feeds\n")
    print(table(("kept otherwise than in a file", *KINDS), [*rows, *last]))
    if any(any(row[1:]) for row in rows):
        sys.exit(1)


def _row(
    folder: Path, served: Served, postgres: Postgres, workers: int
) -> tuple[str, *tuple[int, ...]]:
    words = f"{workers} worker{'s' * (workers > 1)}"
    name = postgres.made()
    orders = _by_workers(folder / words, served, postgres, name, workers)
    theirs = _kept(Server(url=Secret(postgres.url(name)), beside=folder / "none.db"))
    counted = ", ".join(f"{len(theirs[kind]):,} {kind}" for kind in KINDS)
    print(f"{words}: {counted}", file=sys.stderr, flush=True)
    differing = _differing(_in_a_file(folder / f"{words}, again", served, orders), theirs)
    print(f"{words}: kept otherwise in a file: {differing}", file=sys.stderr, flush=True)
    return words, *differing


def _shuffled(folder: Path, served: Served) -> tuple[str, *tuple[int, ...]]:
    other = [random.sample(served.urls, len(served.urls)) for _ in range(2)]
    one = _in_a_file(folder / "one", served, [served.urls, served.urls])
    return "a file, in another order", *_differing(one, _in_a_file(folder / "other", served, other))


def _differing(one: Kept, other: Kept) -> tuple[int, ...]:
    return tuple(len(one[kind] ^ other[kind]) for kind in KINDS)


def _settings(folder: Path, served: Served, database: str) -> Path:
    folder.mkdir()
    feeds = (f'[[feed]]\nurl = "{url}"\nname = "{url}"\n' for url in served.urls)
    (folder / "feeds.toml").write_text("".join(feeds), encoding="utf-8")
    path = folder / "wirewatch.toml"
    text = SETTINGS.format(watchlist='"dprk-civilian"').replace("ours.db", database)
    path.write_text(f"{text}{_paced()}\n\n[evidence]\nkeep = false\n", encoding="utf-8")
    return path


def _paced() -> str:
    return "\n".join(f"{key} = {INTERVAL}" for key in ("interval", "fastest", "slowest"))


def _in_a_file(folder: Path, served: Served, orders: Sequence[Sequence[str]]) -> Kept:
    """Poll each edition in an order, one feed after the other."""
    settings = load(_settings(folder, served, "ours.db"))
    said: dict[str, str] = {}  # why a feed could not be read, by its address

    def report(feed: StoredFeed, record: PollRecord) -> None:
        said[feed.feed.url] = record.row.error

    async def polled() -> None:
        async with assemble(settings, report=report) as program:
            for edition, urls in enumerate(orders):
                served.show(edition)
                feeds = await program.in_writer(program.store.subscribed)
                named = {feed.feed.url: feed for feed in feeds}
                for url in urls:
                    for _ in range(TRIES):
                        await program.poller.round([named[url]])
                        if not (why := said.pop(url, "it was not stored")):
                            break
                    else:
                        raise SystemExit(f"{url}: {why}")

    asyncio.run(polled())
    return _kept(folder / "ours.db")


def _by_workers(
    folder: Path, served: Served, postgres: Postgres, name: str, workers: int
) -> list[list[str]]:
    """The feeds of each round, in the order in which workers learnt from them."""
    settings = _settings(folder, served, "env:THE_DATABASE")
    orders = []
    served.show(0)
    with _running(settings, postgres.url(name), workers):
        _until_read(postgres, name, len(served.urls), 0)
        orders.append(_in_order(postgres, name, 0))
        before = postgres.sql(_NEWEST, name)[0][0]
        served.show(1)
        postgres.sql(_DUE, name)
        _until_read(postgres, name, len(served.urls), before)
        orders.append(_in_order(postgres, name, before))
    return orders


def _in_order(postgres: Postgres, name: str, after: int) -> list[str]:
    return [url for (url,) in postgres.sql(_IN_ORDER.format(after), name)]


@contextmanager
def _running(settings: Path, url: str, workers: int) -> Iterator[None]:
    start = "from monitor.start import main; main()"
    command = ["env", f"THE_DATABASE={url}", sys.executable, "-c", start, "worker"]
    command += ["--config", str(settings)]
    with (settings.parent / "log").open("wb") as log:
        going = [subprocess.Popen(command, stderr=log) for _ in range(workers)]
        try:
            yield
        finally:
            for one in going:
                one.send_signal(signal.SIGTERM)
            for one in going:
                one.wait()


def _until_read(postgres: Postgres, name: str, feeds: int, after: int) -> None:
    """Wait until every feed was read after a poll; one that failed is due again at once."""
    end, before, since = time.monotonic() + PATIENCE, -1, 0.0
    while (read := postgres.sql(_READ.format(after), name)[0][0]) < feeds:
        now = time.monotonic()
        if now > end:
            raise SystemExit(f"{read} of {feeds} feeds were read within {PATIENCE:g} s")
        if read != before:
            before, since = read, now
        elif now > since + IDLE:
            postgres.sql(_FAILED_LAST, name)
            since = now
        time.sleep(1)


def _kept(place: Place) -> Kept:
    """What is in a database, by what it says."""
    with closing(open_reader(place)) as reader:
        items = {row[0]: tuple(row[1:-1]) for row in reader.execute(_ITEMS)}
        stories = defaultdict(set)
        for row in reader.execute(_ITEMS):
            stories[row[-1]].add(items[row[0]])
        return {
            "items": frozenset(items.values()),
            "versions": frozenset((items[n], *rest) for n, *rest in reader.execute(_VERSIONS)),
            "mentions": frozenset((items[n], *rest) for n, *rest in reader.execute(_MENTIONS)),
            "stories": frozenset(map(frozenset, stories.values())),
        }


if __name__ == "__main__":
    main()
