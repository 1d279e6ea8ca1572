"""The sources: how each does, what it brings, what may have been missed, what to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from monitor.health import ADVICE, STATES, TROUBLE
from monitor.review import page
from monitor.review.charts import ALL, Bar, spark
from monitor.review.look import facts, look, missing, number
from monitor.review.times import count
from monitor.store.desk import sources as store
from monitor.store.desk.types import Poll, SourceRow, SourceWeek


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A source with what is drawn and said of it."""

    row: SourceRow
    volume: str  # SVG
    advice: str
    bad: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listed:
    """The twin of the list."""

    sources: tuple[SourceRow, ...]


async def sources(datasette: Any, request: Any) -> Any:
    """`/-/desk/sources`, or its facts."""
    if request.url_vars.get("twin"):
        found = await look(datasette, lambda conn, now: store.sources(conn, now=now))
        return facts(_Listed(sources=found))
    # Drawn where they are read, in a thread: forty charts take half a second.
    lines = await look(
        datasette, lambda conn, now: [line(row) for row in store.sources(conn, now=now)]
    )
    there = [one for one in lines if one.row.subscribed]
    context = {
        "lines": there,
        "former": [one for one in lines if not one.row.subscribed],
        "states": tally(one.row for one in there),
        "weeks": len(lines[0].row.weeks) if lines else 0,
    }
    return await page.render(datasette, request, "desk/sources.html", context, tab="sources")


def line(row: SourceRow) -> Line:
    """A source's line of the list."""
    return Line(
        row=row,
        volume=spark(bars(row.weeks), title=told(row.weeks), name=f"source-{row.feed}"),
        advice=ADVICE.get(row.health, ""),
        bad=row.health in TROUBLE,
    )


def tally(rows: Iterable[SourceRow]) -> list[tuple[str, int]]:
    """How many sources are in which state, the worst first."""
    counted = Counter(row.health for row in rows)
    known = [*STATES, *sorted(set(counted) - set(STATES))]
    return [(state, counted[state]) for state in known if counted[state]]


def bars(weeks: Sequence[SourceWeek]) -> tuple[Bar, ...]:
    """The weeks of a source as a chart wants them."""
    return tuple(Bar(start=w.start, counts={ALL: w.items}, gap=w.gap) for w in weeks)


def told(weeks: Sequence[SourceWeek]) -> str:
    """A sparkline in words, for those who do not see it."""
    numbers = ", ".join(f"{week.items}{' (gap)' if week.gap > 0 else ''}" for week in weeks)
    return f"Items a week, oldest first: {numbers}" if numbers else "Nothing yet"


async def source(datasette: Any, request: Any) -> Any:
    """`/-/desk/source/ID`: one source with its ledger."""
    feed = int(request.url_vars["id"])
    before = number(request, "before", 0, most=10**9) or None

    def ask(conn: Any, now: datetime) -> Any:
        return store.source(conn, feed, now=now, before=before)

    found = await look(datasette, ask)
    if found is None:
        return await missing(datasette, request, f"There is no source {feed}.")
    if request.url_vars.get("twin"):
        return facts(found)
    context = {
        "found": found,
        "row": found.row,
        "advice": ADVICE.get(found.row.health, ""),
        "bad": found.row.health in TROUBLE,
        "alt": volume(found.row.weeks),
        "odd": oddities(found.polls),
        "before": before,
    }
    return await page.render(datasette, request, "desk/source.html", context, tab="sources")


def volume(weeks: Sequence[SourceWeek]) -> str:
    """The chart of a source in a sentence."""
    items = sum(week.items for week in weeks)
    gaps = sum(week.gap > 0 for week in weeks)
    words = f"{count(items, 'item')} in {count(len(weeks), 'week')}"
    return f"{words}, {count(gaps, 'week')} with gaps. The numbers are in the table below."


def oddities(polls: Iterable[Poll]) -> list[tuple[str, int, Poll]]:
    """What was odd in these polls: words, how often, and the newest poll that said so."""
    counted: Counter[str] = Counter()
    newest: dict[str, Poll] = {}
    for poll in polls:
        notes = [note.strip() for note in poll.note.split(";") if note.strip()]
        for words in [*notes, *(f"left out: {why}" for why in poll.skipped_why)]:
            counted[words] += 1
            newest.setdefault(words, poll)
    return [(words, often, newest[words]) for words, often in counted.most_common()]
