"""What must be true of speed, measured in one run and written down: `make bench`.

    python -m benchmarks.speed [--feeds FOLDER_OR_TAR] [--texts FILE.jsonl] [--runs 5] [--write]

Every round at SMALL feeds beside the other programs and the floors (what no row is about, once);
cold and 304 at LARGE feeds; then the pieces. `--write` puts the page into docs/speed.md. Takes hours with `--runs 5`, since the other
programs take what they take; `--tiny` is for the tests, which look whether it works.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks import growth, latency, tagging
from benchmarks.parsing import against_feedparser
from benchmarks.programs import READER, SOCKETS, missing
from benchmarks.rounds import ROUNDS, measured
from benchmarks.samples import Sample, copies, samples
from benchmarks.speed_page import PAGE, page
from benchmarks.speed_rows import Figures


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How much is measured."""

    small: int  # feeds of every round
    large: int  # feeds of the cold and the 304 round
    runs: int  # of all that is small; the median counts
    large_runs: int
    stored: tuple[int, int]  # items in the two databases that are compared
    alerts: int
    texts: int  # invented ones, that are tagged
    alone: bool = False  # without the other programs
    few: bool = False  # of them only what a row is about


WHOLE = Scale(
    small=1_000,
    large=10_000,
    runs=3,
    large_runs=1,
    stored=(growth.SMALL, growth.LARGE),
    alerts=40,
    texts=tagging.SYNTHETIC,
)
TINY = Scale(
    small=6, large=12, runs=1, large_runs=1, stored=(40, 80), alerts=1, texts=100, alone=True
)


PARSED = 400  # documents, by themselves
_ASKED = ("cold", "304", "new")  # rounds of the other program that a row is about


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and write the page if asked."""
    asked = argparse.ArgumentParser(prog="benchmarks.speed", description="What must be true.")
    asked.add_argument("--feeds", type=Path, help="feed files: a folder or tar [invented ones]")
    asked.add_argument("--texts", type=Path, help="JSON lines to be tagged [invented ones]")
    asked.add_argument("--runs", type=int, help=f"the median counts [{WHOLE.runs}]")
    asked.add_argument("--large-runs", type=int, help=f"of the large rounds [{WHOLE.large_runs}]")
    asked.add_argument("--small", type=int, help=f"feeds [{WHOLE.small:,}]")
    asked.add_argument("--large", type=int, help=f"feeds [{WHOLE.large:,}]")
    asked.add_argument("--stored", type=int, nargs=2, help="items of two databases")
    asked.add_argument("--alerts", type=int, help=f"that are timed [{WHOLE.alerts}]")
    asked.add_argument("--alone", action="store_true", help="measure no other program")
    asked.add_argument("--few", action="store_true", help="of them only what a row is about")
    asked.add_argument("--tiny", action="store_true", help="whether it works, in seconds")
    asked.add_argument("--write", action="store_true", help="put the page into docs/speed.md")
    options = asked.parse_args(arguments)
    scale = TINY if options.tiny else WHOLE
    given: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in vars(options).items()
        if name in Scale.__dataclass_fields__ and value is not None
    }
    scale = replace(scale, **{**given, "alone": options.alone or scale.alone, "few": options.few})
    text = page(figures(scale, samples(options.feeds), options.texts), missing(), scale.runs)
    print(text)
    if options.write:
        PAGE.write_text(text, encoding="utf-8")


def figures(scale: Scale, originals: Sequence[Sample], texts: Path | None = None) -> Figures:
    """Measure everything."""
    small, large = (_so_many(originals, count) for count in (scale.small, scale.large))
    beside = () if scale.alone else (READER, SOCKETS)
    wanted = beside if scale.few or scale.alone else None
    again = dict(zip(beside, (_ASKED, ROUNDS), strict=False))
    return Figures(
        small_feeds=len(small),
        large_feeds=len(large),
        megabytes=sum(len(each.body) for each in small) / 1e6,
        stored=scale.stored,
        small=measured(small, runs=scale.runs, wanted=wanted, again=again),
        large=measured(large, runs=scale.large_runs, wanted=beside, rounds=ROUNDS[:2]),
        parsing=against_feedparser(
            {str(n): one.body for n, one in enumerate(small[:PARSED])}, scale.runs
        ),
        tagging=_aside("tagging", tagging.against_the_floor(texts, scale.texts)),
        an_item=growth.an_item(small[: growth.FEEDS], scale.stored, scale.runs),
        alerts=latency.times(scale.alerts, len(large)),
    )


def _aside(what: str, came: float) -> float:
    print(f"{what}: {came:.2f}", file=sys.stderr, flush=True)
    return came


def _so_many(originals: Sequence[Sample], count: int) -> list[Sample]:
    return copies(list(originals), -(-count // len(originals)))[:count]


if __name__ == "__main__":
    main()
