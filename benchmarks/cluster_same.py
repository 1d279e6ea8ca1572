"""Whether several workers on PostgreSQL keep what one process keeps in a file.

    python -m benchmarks.cluster_same [--feeds FOLDER_OR_TAR] [--count 500] [--workers 1 2 4]

The same documents are polled in two rounds, the second with one new entry in each: into a SQLite file,
into another one (which shows what the order of arrival does by itself), and by workers into PostgreSQL.
Compared are items, versions, mentions and which items make a story, by what they say and not by their
numbers. Ends with status 1 if workers differ from the file by more than the second file does.
"""

from __future__ import annotations

import argparse
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
from benchmarks.editing import with_new
from benchmarks.measure import must, run, table
from benchmarks.programs import SETTINGS
from benchmarks.samples import copies, samples
from benchmarks.serving import Served, serving
from monitor.places import Place, Server
from monitor.store.engine import open_reader
from tests.support.postgres import Postgres, server

KINDS = ("items", "versions", "mentions", "stories")
PATIENCE = 1_800.0  # seconds for a round
Kept = Mapping[str, frozenset[Any]]
"""By kind: what was kept."""

_ITEMS = "SELECT id, url, guid, title, text, language, published_at, story FROM items"
_VERSIONS = "SELECT item, number, title, text, change FROM revisions"
_MENTIONS = 'SELECT item, entity, state, surface, field, start, "end" FROM mentions'


def main(arguments: Sequence[str] | None = None) -> None:
    """Poll, compare, print."""
    parser = argparse.ArgumentParser(prog="benchmarks.cluster_same")
    parser.add_argument("--feeds", type=Path, help="feed files: a folder or tar [invented ones]")
    parser.add_argument("--count", type=int, default=500, help="feeds [500]")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    asked = parser.parse_args(arguments)
    originals = samples(asked.feeds)
    documents = copies(originals, -(-asked.count // len(originals)))[: asked.count]
    with tempfile.TemporaryDirectory(prefix="same-") as name, server() as postgres:
        folder = Path(name)
        editions = [documents, [with_new(one) for one in documents]]
        with serving(editions, folder / "served") as served:
            one = _in_a_file(folder / "one", served)
            found = {"another file": _in_a_file(folder / "another", served)}
            for workers in asked.workers:
                words = f"{workers} worker{'s' * (workers > 1)}"
                found[words] = _by_workers(folder / words, served, postgres, workers)
    rows = [(who, *(_differing(one[kind], kept[kind]) for kind in KINDS))
            for who, kept in found.items()]  # fmt: skip
    print(f"{len(documents)} feeds, {len(one['items'])} items, {len(one['mentions'])} mentions\n")
    print(table(("kept otherwise than in a file", *KINDS), rows))
    most = dict(zip(KINDS, rows[0][1:], strict=True))
    if any(row[1 + at] > most[kind] for row in rows[1:] for at, kind in enumerate(KINDS)):
        sys.exit(1)


def _differing(one: frozenset[Any], other: frozenset[Any]) -> int:
    return len(one ^ other)


def _settings(folder: Path, served: Served, database: str) -> Path:
    folder.mkdir()
    feeds = (f'[[feed]]\nurl = "{u}"\nname = "{n}"\n' for n, u in enumerate(served.urls))
    (folder / "feeds.toml").write_text("".join(feeds), encoding="utf-8")
    path = folder / "wirewatch.toml"
    text = SETTINGS.format(watchlist='"dprk-civilian"').replace("ours.db", database)
    path.write_text(f"{text}\n[evidence]\nkeep = false\n", encoding="utf-8")
    return path


def _program(command: str, settings: Path) -> list[str]:
    start = "from monitor.start import main; main()"
    return [sys.executable, "-c", start, command, "--config", str(settings)]


def _in_a_file(folder: Path, served: Served) -> Kept:
    settings = _settings(folder, served, "ours.db")
    for edition in (0, 1):
        served.show(edition)
        must(run([*_program("poll", settings), "--all", "--no-alerts"]), 1)
    return _kept(folder / "ours.db")


def _by_workers(folder: Path, served: Served, postgres: Postgres, workers: int) -> Kept:
    name = postgres.made()
    settings = _settings(folder, served, "env:THE_DATABASE")
    served.show(0)
    with _running(settings, postgres.url(name), workers):
        _until_polled(postgres, name, len(served.urls))
        served.show(1)
        postgres.sql("UPDATE wirewatch.feeds SET next_poll_at = '2026-01-01T00:00:00.000Z'", name)
        _until_polled(postgres, name, 2 * len(served.urls))
    return _kept(Server(url=Secret(postgres.url(name)), beside=folder / "none.db"))


@contextmanager
def _running(settings: Path, url: str, workers: int) -> Iterator[None]:
    command = ["env", f"THE_DATABASE={url}", *_program("worker", settings)]
    with (settings.parent / "log").open("wb") as log:
        going = [subprocess.Popen(command, stderr=log) for _ in range(workers)]
        try:
            yield
        finally:
            for one in going:
                one.send_signal(signal.SIGTERM)
            for one in going:
                one.wait()


def _until_polled(postgres: Postgres, name: str, polls: int) -> None:
    end = time.monotonic() + PATIENCE
    while (done := postgres.sql("SELECT count(*) FROM wirewatch.polls", name)[0][0]) < polls:
        if time.monotonic() > end:
            raise SystemExit(f"{done} of {polls} polls after {PATIENCE:g} s")
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
