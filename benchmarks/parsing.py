"""What it costs to parse a document of which most is known, and whether the same comes out.

    python -m benchmarks.parsing PATH [--rounds 3] [--most 400]

PATH is a folder of feeds, or a .tar.gz of one. Each feed that is well-formed and has entries is read as a
whole, in pieces, and in pieces with a random half of its entries known: every field of every entry, of the
feed, and every digest is compared, and what differs is printed and fails the benchmark. Then CPU time (one
core) of the function that a parser process runs, of one feed after the other, for up to --most of them:

| row | what |
|---|---|
| feedparser | `feedparser.parse` of the whole, with its defaults |
| whole | ours of the whole: encodings, repairs, feedparser's parsers, texts, dates |
| first | ours of a document of which nothing is known yet, with the digests of its entries |
| one new | all entries known but the first |
| unchanged | all entries known |

A feed that has to be read as a whole is in all the rows. The last table is what a document costs on its way
into the parser process and back, besides.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import pickle
import random
import sys
import tarfile
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import feedparser

from benchmarks.measure import table
from feeds.parse import parse
from feeds.types import Entry, Feed, Fetched, FetchState, ParsedFeed
from feeds.workers import ParserPool

URL = "https://feeds.example/news.xml"
FEED = Feed(url=URL)
LARGEST = 8 * 2**20  # bytes, as of a body
PIPED = 200  # documents


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A feed with what is known of it."""

    name: str
    body: bytes
    sources: tuple[str, ...]


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables; fail if anything comes out otherwise."""
    asked = _asked(arguments)
    with _folder(asked.feeds) as folder:
        bodies = {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
    samples, wrong = _compared({path.name: body for path, body in bodies.items()})
    some = random.Random(0).sample(samples, min(asked.most, len(samples)))
    if some:
        _show(some, asked.rounds)
        asyncio.run(_piped(some[:PIPED]))
    if wrong:
        raise SystemExit(f"{len(wrong)} feeds come out otherwise: {', '.join(wrong)}")


def _asked(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("feeds", type=Path, help="folder of feeds, or a .tar.gz of one")
    parser.add_argument("--rounds", type=int, default=3, help="times that each is measured")
    parser.add_argument("--most", type=int, default=400, help="feeds that are measured")
    return parser.parse_args(arguments)


@contextmanager
def _folder(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield path
        return
    with tempfile.TemporaryDirectory() as folder, tarfile.open(path) as archive:
        archive.extractall(folder, filter="data")
        yield Path(folder)


def _read(body: bytes, known: Collection[str] | None = None) -> ParsedFeed | None:
    found = parse(body, {}, FEED, URL, known)
    return found if isinstance(found, ParsedFeed) else None


def _compared(bodies: dict[str, bytes]) -> tuple[list[Sample], list[str]]:
    """The well-formed feeds, and the names of those that come out otherwise."""
    dice, kinds = random.Random(0), Counter[str]()
    samples, wrong = [], []
    for name, body in bodies.items():
        whole = _read(body) if len(body) <= LARGEST else None
        if whole is None or whole.format.startswith("json") or not whole.entries:
            continue
        if whole.malformed:
            kinds["not well-formed"] += 1
        same, sources = _same(body, whole, dice)
        wrong += [] if same else [name]
        if whole.malformed:
            continue
        kinds["cut" if any(sources) else "read as a whole"] += 1
        kinds["entries"] += len(sources)
        samples.append(Sample(name=name, body=body, sources=sources))
    rows = [(what, f"{count:,}") for what, count in kinds.items()]
    print(table(("documents", "number"), [*rows, ("that come out otherwise", len(wrong))]))
    return samples, wrong


def _same(body: bytes, whole: ParsedFeed, dice: random.Random) -> tuple[bool, tuple[str, ...]]:
    """Whether all ways to read a feed come to the same; and what its entries are known by."""
    first = _read(body, ())
    if first != whole:
        return False, ()
    sources = tuple(entry.source for entry in first.entries)
    known = {source for source in sources if source and dice.random() < 0.5}
    half = _read(body, known)
    if half is None or tuple(entry.source for entry in half.entries) != sources:
        return False, sources
    pairs = zip(half.entries, whole.entries, strict=True)
    entries = tuple(_filled(some, full, known) for some, full in pairs)
    return replace(half, entries=entries) == whole, sources


def _filled(entry: Entry, full: Entry, known: Collection[str]) -> Entry:
    return full if entry.unread and entry.source in known else entry


def _ways(sample: Sample) -> dict[str, Callable[[], object]]:
    known = {source for source in sample.sources if source}
    new = known - {sample.sources[0]}
    return {
        "feedparser": lambda: feedparser.parse(io.BytesIO(sample.body)),
        "whole": partial(_read, sample.body),
        "first": partial(_read, sample.body, frozenset()),
        "one new": partial(_read, sample.body, frozenset(new)),
        "unchanged": partial(_read, sample.body, frozenset(known)),
    }


def against_feedparser(bodies: dict[str, bytes], rounds: int = 3) -> tuple[float, float]:
    """How many times less it takes to read documents again: unchanged, and with one new entry."""
    samples, wrong = _compared(bodies)
    if wrong:
        raise SystemExit(f"{len(wrong)} feeds come out otherwise: {', '.join(wrong)}")
    best = _best(samples, rounds)
    theirs, same, new = (
        sum(took[way] for took in best.values()) for way in ("feedparser", "unchanged", "one new")
    )
    return theirs / same, theirs / new


def _best(samples: Sequence[Sample], rounds: int) -> dict[str, dict[str, float]]:
    """Seconds by document and way: interleaved, so that what else the machine does disturbs all alike;
    the best of a few."""
    best: dict[str, dict[str, float]] = {}
    for sample in samples:
        took = best[sample.name] = {}
        for _ in range(rounds):
            for way, work in _ways(sample).items():
                started = time.process_time()
                work()
                seconds = time.process_time() - started
                took[way] = min(seconds, took.get(way, seconds))
    return best


def _show(samples: Sequence[Sample], rounds: int) -> None:
    cut = [sample for sample in samples if any(sample.sources)]
    best = _best(samples, rounds)
    for what, some in (("all", samples), ("those that are cut", cut)):
        size = sum(len(sample.body) for sample in some)
        print(f"\n{len(some):,} feeds ({what}), {size / 1e6:.1f} MB")
        print(table(("", "ms a feed", "MB/s", "feedparser / it", "whole / it"), _rows(best, some)))


def _rows(best: dict[str, dict[str, float]], some: Sequence[Sample]) -> list[tuple[str, ...]]:
    size = sum(len(sample.body) for sample in some)
    ways = next(iter(best.values()))
    total = {way: sum(best[sample.name][way] for sample in some) for way in ways}
    return [
        (
            way,
            f"{1000 * seconds / len(some):.2f}",
            f"{size / seconds / 1e6:.1f}",
            f"{total['feedparser'] / seconds:.1f}",
            f"{total['whole'] / seconds:.1f}",
        )
        for way, seconds in total.items()
    ]


async def _piped(samples: Sequence[Sample]) -> None:
    """What is sent to a parser process and comes back, and the CPU time of the sending side."""
    rows = []
    async with ParserPool(workers=2) as pool:
        for what, known in (("whole", None), ("unchanged", True)):
            await pool.parse(_answer(samples[0]), FEED)
            started, back = time.process_time(), 0
            for sample in samples:
                sources = frozenset(filter(None, sample.sources)) if known else None
                found = await pool.parse(_answer(sample), FEED, sources)
                back += len(pickle.dumps(found))
            seconds = time.process_time() - started
            each = len(samples)
            there = sum(len(sample.body) for sample in samples)
            rows.append((what, f"{there / each / 1e3:.1f}", f"{back / each / 1e3:.1f}",
                         f"{1000 * seconds / each:.2f}"))  # fmt: skip
    print(f"\n{len(samples)} feeds to a parser process and back")
    print(table(("", "kB there", "kB back", "ms of the sending side"), rows))


def _answer(sample: Sample) -> Fetched:
    return Fetched(url=URL, headers={}, body=sample.body, wire_bytes=0, state=FetchState())


if __name__ == "__main__":
    sys.exit(main())
