"""The page of speed, as docs/speed.md has it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from benchmarks.measure import ROOT
from benchmarks.peers import PACKAGES
from benchmarks.proof.page import machine, plain
from benchmarks.rounds import drawn, profile, rows_of
from benchmarks.speed_rows import ROWS, Figures, Row

PAGE = ROOT / "docs" / "speed.md"

_HEAD = """# Speed

What is asked of speed, measured by one command, beside other programs and beside floors: what the least
is that each part could cost at all.

    make bench                                this page, on invented feeds
    make bench ARGS="--feeds FOLDER --runs 5" on feeds of your own

Read the ratios: each is taken within one run, of programs that took turns with the same feeds, served
from this machine. CPU is that of all processes of a program; memory is the peak of all together, what
they share counted once. Ours tags, finds copies, keeps evidence and indexes for search; the others do
none of that.
"""

_ROUNDS = """
| round | what the servers have |
|---|---|
| cold | everything, for an empty database |
| 304 | nothing new, and they say so |
| same | nothing new, but every document is sent again in full |
| new | one new entry in every feed: the real life of a monitor |
| edit | one entry edited in every feed |
"""


def page(figures: Figures, lacking: Sequence[str], runs: int) -> str:
    """The whole page, Markdown."""
    small, large = f"{figures.small_feeds:,}", f"{figures.large_feeds:,}"
    without = f" Not installed here: {', '.join(lacking)}." if lacking else ""
    conditions = (
        f"{datetime.now(UTC):%d %B %Y}; runs: {runs}, with the large set {len(figures.large)}, of what "
        "no line is about 1; of several the median. The small set has "
        f"{small} feeds ({figures.megabytes:.0f} MB), the large one {large}.{without}"
        f"\n\n{machine()} {_peers()}"
    )
    asked = "\n".join(
        (
            "| what | | asked | came | where the time goes |",
            "|---|---|---|---|---|",
            *(_line(row, figures) for row in ROWS),
        )
    )
    return "\n".join(
        (
            _HEAD,
            conditions,
            f"\n## What must be true\n\n{asked}",
            f"\n## Rounds of {small} feeds\n{_ROUNDS}\n{drawn(rows_of(figures.small, figures.small_feeds))}",
            f"\nWhere the CPU seconds of ours go:\n\n{profile(figures.small)}",
            f"\n## Rounds of {large} feeds\n\n{drawn(rows_of(figures.large, figures.large_feeds))}",
            f"\nWhere the CPU seconds of ours go:\n\n{profile(figures.large)}\n",
        )
    )


def _peers() -> str:
    pinned = dict(line.split("==") for line in PACKAGES.read_text(encoding="ascii").split())
    return ", ".join(f"{name} {pinned[name]}" for name in ("reader", "feed-to-sqlite")) + "."


def _line(row: Row, figures: Figures) -> str:
    came = row.came(figures)
    if any(value is None for value in came.values):
        said, good = "not measured here", True
    else:
        values = [value for value in came.values if value is not None]
        good = all(map(row.holds, values))
        said = f"{'✓' if good else '✗'} {came.words.format(*values)}"
    cells = (f"`{row.name}`", row.what, row.asked, said, "" if good else came.where)
    return f"| {' | '.join(map(plain, cells))} |"
