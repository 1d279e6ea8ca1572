"""Runs the demo: two polls of the bundled feeds through the real pipeline, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from alerts.rules import Rule
from alerts.secrets import Secret
from alerts.settings import SlackSettings
from monitor.compose import Program, assemble
from monitor.config import DEFAULT_WATCHLISTS, Config, FetchConfig
from monitor.config_keeping import EvidenceConfig
from monitor.demo.items import load
from monitor.demo.server import DemoServer
from monitor.records import PollRecord, StoredFeed
from monitor.store.reads import Reader
from monitor.wall import wall_clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One poll of all feeds, in numbers."""

    feeds: int
    seen: int
    new: int
    changed: int
    gone: int
    failed: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """An entity and how often it was named."""

    sector: str
    name: str
    where: str
    stories: int
    items: int
    languages: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """An item worth a line."""

    source: str
    title: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """Everything that the demo shows."""

    rounds: tuple[Round, ...]
    named: tuple[Named, ...]
    items: int
    stories: int
    languages: tuple[str, ...]
    new: tuple[Line, ...]
    copies: tuple[Line, ...]
    edited: tuple[Line, ...]
    vanished: tuple[Line, ...]
    traps: tuple[Line, ...]
    fallen: tuple[Line, ...]
    alerts: int

    @property
    def avoided(self) -> tuple[Line, ...]:
        """The look-alikes that gave nothing."""
        return tuple(trap for trap in self.traps if trap not in self.fallen)

    def as_json(self) -> dict[str, object]:
        """The same for programs."""
        return {**asdict(self), "avoided": [asdict(trap) for trap in self.avoided]}


async def run(database: Path, *, on_poll: Callable[[], object]) -> Findings:
    """Serve the bundled feeds, poll them twice, and read the database that came of it."""
    records: list[PollRecord] = []

    def report(_: StoredFeed, record: PollRecord) -> None:
        records.append(record)
        on_poll()

    with DemoServer(now=wall_clock()) as server:
        async with assemble(_config(database, server), report=report) as program:
            await _round(program)
            first = _count(records)
            records.clear()
            between = wall_clock()
            server.advance()
            await _round(program)
    with Reader(database) as reader:
        return _findings(reader, (first, _count(records)), between)


def _config(database: Path, server: DemoServer) -> Config:
    """The settings that a user would write; the channel is never reached."""
    return Config(
        path=Path("(demo)"),
        database=database,
        watchlists=DEFAULT_WATCHLISTS,
        feed_lists=(),
        feeds=tuple(server.feeds),
        fetch=FetchConfig(allow_private_addresses=True, host_gap=0.0),
        evidence=EvidenceConfig(keep=False),
        channels={"desk": SlackSettings(name="desk", webhook_url=Secret("http://127.0.0.1/"))},
        rules=(Rule(name="everything", to=("desk",)),),
    )


async def _round(program: Program) -> None:
    await program.poller.round(await program.in_writer(program.store.subscribed))


def _count(records: Sequence[PollRecord]) -> Round:
    return Round(
        feeds=len(records),
        seen=sum(record.row.seen for record in records),
        new=sum(record.row.new for record in records),
        changed=sum(record.row.changed for record in records),
        gone=sum(len(record.gone) for record in records),
        failed=tuple(r.row.error for r in records if r.row.status == "error"),
    )


def _findings(reader: Reader, rounds: tuple[Round, ...], between: datetime) -> Findings:
    stats, changes = reader.stats(between), reader.changes(between)
    traps = tuple(_traps())
    fell_for = reader.urls_naming_something()
    return Findings(
        rounds=rounds,
        named=tuple(_named(row) for row in reader.named()),
        items=stats["items"],
        stories=stats["stories"],
        languages=tuple(reader.languages()),
        new=_lines(changes["new"]),
        copies=_lines(changes["copy"]),
        edited=_lines(changes["edited"]),
        vanished=_lines(changes["vanished"]),
        traps=tuple(line for _, line in traps),
        fallen=tuple(line for url, line in traps if url in fell_for),
        alerts=sum(stats["alerts"].values()),
    )


def _traps() -> Iterator[tuple[str, Line]]:
    """The look-alikes among the bundled items, with their addresses."""
    for feed in load():
        for item in feed.items:
            if item.trap and not item.names:
                yield feed.link(item), Line(source=feed.name, title=item.title, note=item.trap)


def _named(row: dict[str, Any]) -> Named:
    return Named(
        sector=row["sector"],
        name=row["name"],
        where=row["county"] or row["province"],
        stories=row["stories"],
        items=row["items"],
        languages=", ".join(sorted(row["languages"].split(","))),
    )


def _lines(rows: Sequence[dict[str, Any]]) -> tuple[Line, ...]:
    return tuple(Line(**row) for row in rows)
