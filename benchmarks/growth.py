"""What a new item costs in a large database against a small one.

    python -m benchmarks.growth [--small 10000] [--large 1000000] [--feeds FOLDER_OR_TAR] [--runs 3]

Both are made by benchmarks.desk_data, with as much a week, so that what is compared with what is recent
is the same. A round of feeds that neither has seen stores its items; the start of the program does not
count.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections.abc import Sequence
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from statistics import median

from benchmarks.desk_data import WEEKS, make
from benchmarks.measure import table
from benchmarks.programs import ITEMS, Outcome, count, ours
from benchmarks.samples import Sample, samples
from benchmarks.serving import serving

SMALL, LARGE = 10_000, 1_000_000
FEEDS = 200


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(prog="benchmarks.growth", description="CPU an item.")
    asked.add_argument("--small", type=int, default=SMALL)
    asked.add_argument("--large", type=int, default=LARGE)
    asked.add_argument("--feeds", type=Path, help="feed files: a folder or tar [invented ones]")
    asked.add_argument("--runs", type=int, default=3)
    options = asked.parse_args(arguments)
    documents = samples(options.feeds)[:FEEDS]
    few, many = an_item(documents, (options.small, options.large), options.runs)
    rows = [(options.small, 1_000 * few), (options.large, 1_000 * many), ("ratio", many / few)]
    print(table(("items stored", "CPU ms a new item"), rows))


def an_item(
    documents: Sequence[Sample], sizes: Sequence[int], runs: int, weeks: int = WEEKS
) -> list[float]:
    """CPU seconds of a new item with so many stored, the median of the runs, for each size."""
    with tempfile.TemporaryDirectory(prefix="growth-") as name:
        folder = Path(name)
        for size in sizes:
            # As many a week as the largest has, but for what is too small for that.
            with redirect_stdout(StringIO()):
                make(folder / f"{size}.db", items=size, weeks=max(1, weeks * size // max(sizes)))
        with serving([documents], folder / "served") as served:
            before = {size: count(folder / f"{size}.db", ITEMS) for size in sizes}  # about `size`
            took: dict[int, list[float]] = {size: [] for size in sizes}
            for run in range(runs):
                for size in sizes:
                    came = _round(folder, folder / f"{run}-{size}", size, served.urls)
                    took[size].append(_used(came) / (came.items - before[size]))
    return [median(each) for each in took.values()]


def _round(folder: Path, own: Path, size: int, urls: Sequence[str]) -> Outcome:
    own.mkdir()
    database = own / f"{size}.db"
    shutil.copy(folder / f"{size}.db", database)
    outcome = ours(own, urls, "dprk-civilian", database.name)()
    shutil.rmtree(own)
    return outcome


def _used(outcome: Outcome) -> float:
    return outcome.cost.cpu - outcome.stages["start"]


if __name__ == "__main__":
    main()
