"""What happened over a time one chooses: sectors by weeks, the map, and what stands out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from math import sqrt
from typing import Any

from monitor.review import page, served
from monitor.review.charts import ALL, NOTABLE, Bar, Panel, multiples
from monitor.review.entity_page import in_words, place
from monitor.review.look import address, facts, look, number
from monitor.review.map import Map, drawing, drawn, said
from monitor.store.desk import overview as store
from monitor.store.desk.types import Overview

WEEKS = (4, 12, 26, 52)  # to choose from
USUAL = 12
MOST = 104  # weeks: more columns than anyone compares
FEW = 8  # lines of a list before it is folded
TINTS = 5  # steps of the heat table above nothing; the number is always there


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The time that is looked at."""

    since: datetime
    until: datetime
    weeks: int  # 0: by dates


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A sector in a week."""

    stories: int
    tint: int  # 0 to TINTS
    gap: bool  # a notable one


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A sector's line of the heat table."""

    sector: str
    cells: tuple[Cell, ...]
    total: int


async def overview(datasette: Any, request: Any) -> Any:
    """`/-/desk/overview`, or its facts."""

    def ask(conn: Any, now: datetime) -> tuple[Overview, Span, datetime]:
        asked = span(request, now)
        return store.overview(conn, since=asked.since, until=asked.until, now=now), asked, now

    found, asked, now = await look(datasette, ask)
    if request.url_vars.get("twin"):
        return facts(found)
    shown = drawn([place(line, address(datasette)) for line in found.entities])
    context = {
        "found": found,
        "asked": asked,
        "last_day": min(asked.until, now) - timedelta(seconds=1),
        "query": _query(asked),
        "choices": WEEKS,
        "lines": heat(found),
        "weeks": list(zip(found.weeks, found.gaps, strict=True)),
        "notable": NOTABLE,
        "map": drawing(shown, title="Stories by place", links=True),
        "tiles": served.desk(datasette).config.tiles,
        "tiles_credit": served.desk(datasette).config.tiles_credit,
        "places": places(shown),
        "few": FEW,
        "left_out": shown.left_out,
        "silences": [(trend, in_words(trend)) for trend in found.silences],
        "bursts": [(trend, in_words(trend)) for trend in found.bursts],
    }
    return await page.render(datasette, request, "desk/overview.html", context, tab="overview")


def span(request: Any, now: datetime) -> Span:
    """The time that the address asks for: `weeks`, or `since` and `until` (a day included)."""
    since, until = _day(request.args.get("since")), _day(request.args.get("until"))
    if since is None:
        weeks = number(request, "weeks", USUAL, most=MOST)
        monday = now.date() - timedelta(days=now.weekday(), weeks=weeks - 1)
        return Span(since=_midnight(monday), until=now, weeks=weeks)
    last = min(until or now.date(), now.date())
    first = min(since, last)
    first = max(first, last - timedelta(weeks=MOST))
    return Span(since=_midnight(first), until=_midnight(last + timedelta(days=1)), weeks=0)


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _query(asked: Span) -> str:
    """The same time for other pages, as their filters write it."""
    return f"since={asked.since:%Y-%m-%d}&until={asked.until + timedelta(days=1):%Y-%m-%d}"


def heat(found: Overview) -> tuple[Line, ...]:
    """The table with a tint a cell: by the square root, so that small numbers differ too."""
    most = max((count for line in found.sectors for count in line.weeks), default=0)
    return tuple(
        Line(
            sector=line.sector,
            total=line.total,
            cells=tuple(
                Cell(stories=count, tint=tint(count, most), gap=gap >= NOTABLE)
                for count, gap in zip(line.weeks, found.gaps, strict=True)
            ),
        )
        for line in found.sectors
    )


def tint(count: int, most: int) -> int:
    """0 for nothing, then 1 to TINTS."""
    return 1 + min(TINTS - 1, int(TINTS * sqrt(count / most) * 0.999)) if count else 0


def places(chart: Map) -> list[tuple[int, str, Any, str]]:
    """The map as a table: number, label, mark, and the mark in words; most stories first."""
    numbered = [(at, mark.label, mark, said(mark)) for at, mark in enumerate(chart.marks, start=1)]
    return sorted(numbered, key=lambda row: (-row[2].stories, row[1]))


def small_charts(found: Overview, *, columns: int) -> str:
    """The heat table as small charts on one scale."""
    panels = [
        Panel(title=line.sector.replace("-", " "), bars=_bars(found.weeks, found.gaps, line.weeks))
        for line in found.sectors
    ]
    return multiples(panels, title="Stories a week by sector, on one scale", columns=columns)


def _bars(weeks: Sequence[date], gaps: Sequence[float], counts: Sequence[int]) -> tuple[Bar, ...]:
    found = zip(weeks, gaps, counts, strict=True)
    return tuple(Bar(start=week, counts={ALL: count}, gap=gap) for week, gap, count in found)
