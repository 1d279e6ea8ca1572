"""What must be true of speed: a row each, with what is asked, what came, and where the time goes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.latency import LIMIT, p95
from benchmarks.programs import OURS, READER, SOCKETS, Outcome
from benchmarks.rounds import EXPAT, FEEDPARSER, STORE, Outcomes, ratio, stage_of
from benchmarks.staged import STORING

PARSERS = "parser processes"
MOST_MEMORY = 300.0  # MB
MOST_BLOCK = 0.05  # seconds
_SHOWN = 3  # stages that are named where the time goes


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """All that was measured."""

    small_feeds: int
    large_feeds: int
    megabytes: float  # of the small set
    stored: tuple[int, int]  # items
    small: Sequence[Outcomes]  # of each run
    large: Sequence[Outcomes]
    parsing: tuple[float, float]  # feedparser / ours: unchanged, one new entry
    tagging: float  # times the floor
    an_item: Sequence[float]  # CPU seconds, for each of `stored`
    alerts: Sequence[float]  # seconds, the quickest first


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """What a row came to; several figures, of which each must hold."""

    values: Sequence[float | None]  # None: it was not measured
    words: str = ""  # with {} for each
    where: str = ""  # the time goes


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A line of the table."""

    name: str  # one word
    what: str
    asked: str
    came: Callable[[Figures], Came]
    holds: Callable[[float], bool]


def _against(
    runs: Sequence[Outcomes],
    name: str,
    other: str,
    of: Callable[[Outcome], float] = lambda outcome: outcome.cost.cpu,
) -> Came:
    """How many times less ours takes."""
    return Came(
        values=[ratio(runs, (other, name), (OURS, name), of)],
        words="{:.1f} times",
        where=where(runs, name),
    )


def where(runs: Sequence[Outcomes], name: str) -> str:
    """The stages that take most of a round of ours, and the floors of its parts."""
    stages = {stage: stage_of(runs, name, stage) for stage in runs[0][OURS, name].stages}
    whole = sum(stages.values())
    most = sorted(stages, key=lambda stage: -stages[stage])[:_SHOWN]
    shares = ", ".join(f"{stage} {stages[stage] / whole:.0%}" for stage in most)
    return f"{shares}; of {whole:.1f} s the floors of its parts take {_floors(runs, name):.1f}"


def _floors(runs: Sequence[Outcomes], name: str) -> float:
    """CPU seconds of what had to be done at least: the sockets, a scan of the XML, the rows."""
    parts = [part for part in (SOCKETS, EXPAT, STORE) if (part, name) in runs[0]]
    return sum(median(one[part, name].cost.cpu for one in runs) for part in parts)


def _parsing(figures: Figures) -> Came:
    runs = figures.small

    def whole_of(name: str) -> float:
        return median(one[FEEDPARSER, name].cost.cpu for one in runs)

    def times(name: str) -> float:
        return whole_of(name) / max(stage_of(runs, name, PARSERS), 1e-9)

    def scan(name: str) -> float:
        return whole_of(name) / max(median(one[EXPAT, name].cost.cpu for one in runs), 1e-9)

    whole = f"{times('same'):.1f} and {times('new'):.1f} in the rounds, all that the processes do"
    return Came(
        values=figures.parsing,
        words=f"unchanged {{:.1f}} times, one new entry {{:.1f}} times ({whole})",
        where=f"the floor, a bare scan of the XML: {scan('same'):.0f} and {scan('new'):.0f} times",
    )


def _sockets(figures: Figures) -> Came:
    values = [
        ratio(runs, (OURS, "304"), (SOCKETS, "304")) for runs in (figures.large, figures.small)
    ]
    return Came(
        values=values[:1],
        words=f"{{:.1f}} times ({_shown(values[1])} at {figures.small_feeds:,} feeds)",
        where=where(figures.large, "304"),
    )


def _storing(figures: Figures) -> Came:
    runs = figures.small
    floor = median(one[STORE, "cold"].cost.cpu for one in runs)
    record, commit = (stage_of(runs, "cold", stage) for stage in STORING)
    return Came(
        values=[(record + commit) / floor],
        words="{:.2f} times",
        where=f"cold round: record {record:.2f} s, commit {commit:.2f} s; the floor {floor:.2f} s",
    )


def _memory(figures: Figures) -> Came:
    mebibytes = max(
        o.cost.memory for one in figures.large for (who, _), o in one.items() if who == OURS
    )
    return Came(values=[mebibytes * 2**20 / 1e6], words="{:.0f} MB")


def _feeds(figures: Figures) -> Came:
    def growth(name: str) -> float:
        few, many = (
            median(one[OURS, name].cost.cpu for one in runs) / feeds
            for runs, feeds in (
                (figures.small, figures.small_feeds),
                (figures.large, figures.large_feeds),
            )
        )
        return many / few

    return Came(
        values=[growth("cold"), growth("304")],
        words="cold {:.2f} times, 304 {:.2f} times",
        where=where(figures.large, "cold"),
    )


def _items(figures: Figures) -> Came:
    few, many = figures.an_item
    return Came(
        values=[many / few],
        words=f"{{:.2f}} times ({1_000 * many:.2f} ms with {figures.stored[1]:,} stored)",
    )


def _alerts(figures: Figures) -> Came:
    words = f"{{:.2f}} s (median {median(figures.alerts):.2f}, of {len(figures.alerts)})"
    return Came(values=[p95(figures.alerts)], words=words)


def _block(figures: Figures) -> Came:
    every = [
        (o.block, f"{o.blocker}, {name}")
        for one in (*figures.small, *figures.large)
        for (who, name), o in one.items()
        if who == OURS
    ]
    longest, words = max(every)
    return Came(values=[1_000 * longest], words="{:.0f} ms", where=words)


def _shown(value: float | None) -> str:
    return "not measured" if value is None else f"{value:.1f}"


def _wall(outcome: Outcome) -> float:
    return outcome.cost.wall


ROWS = (
    Row(
        name="cold",
        what="cold round, whole job, against reader with 20 workers",
        asked="at least 4 times faster (wall, both cores)",
        came=lambda figures: _against(figures.small, "cold", READER, _wall),
        holds=lambda value: value >= 4,
    ),
    Row(
        name="unmodified",
        what="all-304 round of the large set, against reader with 20 workers",
        asked="at least 5 times less CPU",
        came=lambda figures: _against(figures.large, "304", READER),
        holds=lambda value: value >= 5,
    ),
    Row(
        name="new",
        what="“one new entry a feed” round, against reader",
        asked="at least 10 times less CPU",
        came=lambda figures: _against(figures.small, "new", READER),
        holds=lambda value: value >= 10,
    ),
    Row(
        name="parsing",
        what="parsing a document that is sent again unchanged or nearly so, against feedparser whole",
        asked="at least 20 times less CPU",
        came=_parsing,
        holds=lambda value: value >= 20,
    ),
    Row(
        name="sockets",
        what="whole 304 round of the large set, against raw asyncio sockets",
        asked="at most 4 times the CPU",
        came=_sockets,
        holds=lambda value: 0 < value <= 4,
    ),
    Row(
        name="tagging",
        what="tagging with the whole judge, against the bare scan of its engine plus the normalising",
        asked="at most 3 times",
        came=lambda figures: Came(values=[figures.tagging], words="{:.2f} times"),
        holds=lambda value: 0 < value <= 3,
    ),
    Row(
        name="storing",
        what="storing, against raw executemany of the same rows and index",
        asked="at most 1.5 times",
        came=_storing,
        holds=lambda value: 0 < value <= 1.5,
    ),
    Row(
        name="memory",
        what="peak memory of all processes with the large set",
        asked=f"at most {MOST_MEMORY:.0f} MB",
        came=_memory,
        holds=lambda value: 0 < value <= MOST_MEMORY,
    ),
    Row(
        name="feeds",
        what="CPU a feed with the large set against the small one",
        asked="at most 1.2 times",
        came=_feeds,
        holds=lambda value: 0 < value <= 1.2,
    ),
    Row(
        name="items",
        what="CPU a new item with many items stored against few",
        asked="at most 1.2 times",
        came=_items,
        holds=lambda value: 0 < value <= 1.2,
    ),
    Row(
        name="alerts",
        what="newest item in a feed to alert sent, daemon with as many feeds as the large set: our share",
        asked=f"95 in 100 within {LIMIT:g} s",
        came=_alerts,
        holds=lambda value: 0 < value <= LIMIT,
    ),
    Row(
        name="loop",
        what="longest time that the event loop is held up while polling",
        asked=f"at most {1_000 * MOST_BLOCK:.0f} ms",
        came=_block,
        holds=lambda value: 0 < value <= 1_000 * MOST_BLOCK,
    ),
)
