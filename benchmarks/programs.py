"""The programs that take part in the rounds: ours, others, and the floors. Each has a database of its own."""

from __future__ import annotations

import json
import shutil
import sqlite3
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.measure import Cost, must, run
from benchmarks.peers import peers_python

HERE = Path(__file__).parent
OURS = "wirewatch"
READER = "reader, 20 workers"
SOCKETS = "floor: raw sockets"
NEWSBOAT_THREADS = 20

SETTINGS = """
database = "ours.db"
watchlists = [{watchlist}]
feeds = ["feeds.toml"]

[fetch]
allow_private_addresses = true
host_gap = 0
"""

ITEMS = "SELECT count(*) FROM items"

Round = Callable[[], "Outcome"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One program's round."""

    cost: Cost
    feeds: int  # that could be read
    items: int  # kept so far; bytes that came, for the floors
    stages: Mapping[str, float] = field(default_factory=dict)  # CPU seconds of each; of ours only
    block: float = 0.0  # seconds: the longest that the event loop was held up
    blocker: str = ""  # by what


def programs(
    folder: Path, urls: Sequence[str], *, watchlist: str, wanted: Sequence[str] | None = None
) -> dict[str, Round]:
    """Every program that is installed, in the order in which they take their turns.

    `wanted` are their names; ours is always among them.
    """
    list_file = folder / "urls.txt"
    list_file.write_text("\n".join(urls), encoding="utf-8")
    found = {
        OURS: ours(folder, urls, watchlist),
        SOCKETS: _script([sys.executable], "floor_sockets.py", list_file, folder / "etags.json"),
    }
    if python := peers_python():
        for name, script in (
            (READER, "peer_reader.py"),
            ("feed-to-sqlite", "peer_feed_to_sqlite.py"),
        ):
            found[name] = _script([str(python)], script, folder / f"{script}.db", list_file)
    if shutil.which("newsboat"):
        found["newsboat"] = _newsboat(folder, list_file)
    if shutil.which("sfeed_update"):
        found["sfeed"] = _sfeed(folder, urls)
    if wanted is None:
        return found
    return {name: turn for name, turn in found.items() if name == OURS or name in wanted}


def missing() -> list[str]:
    """The other programs that this machine lacks."""
    have = {
        "reader": bool(peers_python()),
        "feed-to-sqlite": bool(peers_python()),
        "newsboat": bool(shutil.which("newsboat")),
        "sfeed": bool(shutil.which("sfeed_update")),
    }
    return [name for name, there in have.items() if not there]


def ours(folder: Path, urls: Sequence[str], watchlist: str, database: str = "ours.db") -> Round:
    """A round of ours, its stages timed. See benchmarks.staged."""
    name = Path(watchlist)
    chosen = str(name.absolute()) if name.suffix else watchlist
    settings, stages = folder / "wirewatch.toml", folder / "stages.json"
    written = SETTINGS.format(watchlist=json.dumps(chosen)).replace("ours.db", database)
    settings.write_text(written, encoding="utf-8")
    feeds = "".join(f'[[feed]]\nurl = "{url}"\nname = "Feed {n}"\n' for n, url in enumerate(urls))
    (folder / "feeds.toml").write_text(feeds, encoding="utf-8")
    command = [sys.executable, "-m", "benchmarks.staged", str(stages)]
    command += ["poll", "--all", "--no-alerts", "--config", str(settings)]

    def one_round() -> Outcome:
        cost = must(run(command), 1)  # 1: some feed could not be read
        found = json.loads(stages.read_text(encoding="utf-8"))
        found["stages"]["parser processes"] = max(0.0, cost.cpu - found["process"])
        return Outcome(
            cost=cost,
            feeds=count(folder / database, "SELECT count(*) FROM feeds WHERE health = 'ok'"),
            items=count(folder / database, ITEMS),
            stages=found["stages"],
            block=found["block"],
            blocker=found["blocker"],
        )

    return one_round


def _script(python: Sequence[str], script: str, *arguments: Path) -> Round:
    command = [*python, str(HERE / script), *map(str, arguments)]

    def one_round() -> Outcome:
        cost = must(run(command))
        feeds, items = cost.output.split()[-2:]
        return Outcome(cost=cost, feeds=int(feeds), items=int(items))

    return one_round


def _newsboat(folder: Path, list_file: Path) -> Round:
    config, cache = folder / "newsboat.config", folder / "newsboat.db"
    config.write_text(f"reload-threads {NEWSBOAT_THREADS}\n", encoding="ascii")
    command = ["newsboat", "-C", str(config), "-u", str(list_file), "-c", str(cache)]

    def one_round() -> Outcome:
        cost = must(run([*command, "-x", "reload"]))
        return Outcome(
            cost=cost,
            feeds=count(cache, "SELECT count(DISTINCT feedurl) FROM rss_item"),
            items=count(cache, "SELECT count(*) FROM rss_item"),
        )

    return one_round


def _sfeed(folder: Path, urls: Sequence[str]) -> Round:
    kept, settings = folder / "sfeed", folder / "sfeedrc"
    kept.mkdir()
    lines = "\n".join(f'\tfeed "{number:05}" "{url}"' for number, url in enumerate(urls))
    settings.write_text(
        f'sfeedpath="{kept}"\nmaxjobs=20\nfeeds() {{\n{lines}\n}}\n', encoding="utf-8"
    )

    def one_round() -> Outcome:
        cost = must(run(["sfeed_update", str(settings)]), 1)
        sizes = [path.read_bytes().count(b"\n") for path in kept.iterdir()]
        return Outcome(cost=cost, feeds=sum(map(bool, sizes)), items=sum(sizes))

    return one_round


def count(database: Path, query: str) -> int:
    """What a query that counts comes to."""
    with closing(sqlite3.connect(database)) as connection:
        return int(connection.execute(query).fetchone()[0])
