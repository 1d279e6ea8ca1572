"""What archiving costs a cold round, in which every document brings something: CPU and disk.

    python -m benchmarks.evidence [--feeds FOLDER_OR_TAR] [--copies 1] [--runs 3] [--json]

The same round with and without `evidence.keep`, in turn. A cold round is the worst there is: later
on only documents with something new are archived.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import sys
import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from statistics import median

from benchmarks.measure import Cost, must, run, table
from benchmarks.samples import copies, samples
from benchmarks.serving import serving

SETTINGS = """
database = "ours.db"
feeds = ["feeds.toml"]

[fetch]
allow_private_addresses = true
host_gap = 0

[evidence]
keep = {keep}
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="benchmarks.evidence", description="Cost of archiving.")
    parser.add_argument("--feeds", type=Path, help="feed files: a folder or tar [invented ones]")
    parser.add_argument("--copies", type=int, default=1, help="how often each is served [1]")
    parser.add_argument("--runs", type=int, default=3, help="the median of so many is shown [3]")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    documents = copies(samples(options.feeds), options.copies)
    with (
        tempfile.TemporaryDirectory(prefix="evidence-") as name,
        serving([documents], Path(name) / "served") as served,
    ):
        runs = [_both(Path(name) / f"run{n}", served.urls) for n in range(options.runs)]
    row = _row(runs, len(documents))
    if options.json:
        print(json.dumps(row, indent=2))
    else:
        print(table(tuple(row), [tuple(row.values())]))


def _both(folder: Path, urls: Sequence[str]) -> tuple[Cost, Cost, int, int]:
    """A round without the archive and one with it; then the bytes it took, and the items."""
    folder.mkdir()
    without, _ = _round(folder / "without", urls, keep="false")
    with_it, database = _round(folder / "with", urls, keep="true")
    size = sum(path.stat().st_size for path in (folder / "with" / "evidence").iterdir())
    with closing(sqlite3.connect(database)) as connection:
        items = connection.execute("SELECT count(*) FROM items").fetchone()[0]
    return without, with_it, size, int(items)


def _round(folder: Path, urls: Sequence[str], *, keep: str) -> tuple[Cost, Path]:
    folder.mkdir()
    settings = folder / "wirewatch.toml"
    settings.write_text(SETTINGS.format(keep=keep), encoding="utf-8")
    feeds = "".join(f'[[feed]]\nurl = "{url}"\nname = "Feed {n}"\n' for n, url in enumerate(urls))
    (folder / "feeds.toml").write_text(feeds, encoding="utf-8")
    start = [sys.executable, "-c", "from monitor.cli import main; main()"]
    cost = run([*start, "poll", "--all", "--no-alerts", "--config", str(settings)])
    return must(cost, 1), folder / "ours.db"


def _row(runs: Sequence[tuple[Cost, Cost, int, int]], feeds: int) -> dict[str, float]:
    without = median(one[0].cpu for one in runs)
    with_it = median(one[1].cpu for one in runs)
    _, _, size, items = runs[0]
    return {
        "feeds": feeds,
        "items": items,
        "CPU s without": without,
        "CPU s with": with_it,
        "CPU more, %": median(100 * (b.cpu / a.cpu - 1) for a, b, _, _ in runs),
        "wall more, %": median(100 * (b.wall / a.wall - 1) for a, b, _, _ in runs),
        "archive, bytes": size,
        "bytes an item": size / max(items, 1),
        "bytes a document": size / feeds,
    }


if __name__ == "__main__":
    main()
