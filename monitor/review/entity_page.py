"""An entity over time, and the list of entities."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from monitor.review import page, twins
from monitor.review.charts import Bar
from monitor.review.filters import View
from monitor.review.look import address, facts, look, missing, number
from monitor.review.map import Place, drawing, drawn
from monitor.review.times import count
from monitor.review.times import date as written
from monitor.store.desk import entity as store
from monitor.store.desk import queue
from monitor.store.desk.types import (
    EntityLine,
    EntityPage,
    Filters,
    NameCard,
    QueuePage,
    StoryRow,
    Trend,
    Week,
)

SPANS = (26, 52, 104)  # weeks of a timeline
NEWEST = 10  # stories; the queue has them all
LANGUAGES = {"en": "English", "ko": "Korean", "zh": "Chinese", "ja": "Japanese", "ru": "Russian"}
DAYS = (30, 90, 365)  # of the list
_POINTS = {
    "site": "The place itself",
    "town": "Its town",
    "province": "Somewhere in its county or province",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    entity: EntityPage
    newest: QueuePage
    judged: tuple[StoryRow, ...]


async def entity(datasette: Any, request: Any) -> Any:
    """`/-/desk/entity/SLUG`, or its facts."""
    slug, twin = request.url_vars["slug"], request.url_vars.get("twin")
    weeks = number(request, "weeks", SPANS[1], most=SPANS[-1])
    if twin and twin != ".json":
        view = View(filters=Filters(entity=slug, state="all"))
        return await twins.queue(datasette, request, view, twin)
    found = await look(datasette, lambda conn, now: _ask(conn, slug, weeks, now))
    if found is None:
        return await missing(datasette, request, f"No entity is called {slug}.")
    if twin:
        return facts(found.entity)
    context = _context(datasette, found, weeks)
    return await page.render(datasette, request, "desk/entity.html", context, tab="entities")


def _ask(conn: Any, slug: str, weeks: int, now: datetime) -> _Found | None:
    found = store.entity(conn, slug, now=now, weeks=weeks)
    if found is None:
        return None
    everything = Filters(entity=slug, state="all", named="any")
    judged = Filters(entity=slug, state="judged", named="any")
    return _Found(
        entity=found,
        newest=queue.page(conn, everything, limit=NEWEST, now=now),
        judged=queue.page(conn, judged, limit=NEWEST, now=now).rows,
    )


def _context(datasette: Any, found: _Found, weeks: int) -> dict[str, Any]:
    one = found.entity
    shown = bars(one.weeks, one.trends)
    return {
        "one": one,
        "line": one.line,
        "names": dict(called(one.names)),
        "cards": [card for card in one.names if not _unmet(card)],
        "unmet": [card for card in one.names if _unmet(card)],
        "languages": LANGUAGES,
        "newest": found.newest,
        "judged": found.judged,
        "numbers": [(bar, week) for bar, week in zip(shown, one.weeks, strict=True)][::-1],
        "alt": told(one),
        "weeks": weeks,
        "spans": SPANS,
        "map": small_map(one.line, address(datasette)),
        "trends": [in_words(trend) for trend in one.trends],
    }


def bars(weeks: Sequence[Week], trends: Iterable[Trend]) -> tuple[Bar, ...]:
    """The weeks of a timeline as a chart wants them, with bursts and silences marked."""
    known = tuple(trends)
    return tuple(
        Bar(
            start=week.start,
            counts=week.by_kind,
            gap=week.gap,
            burst="; ".join(in_words(one) for one in known if _bursts(one, week.start)),
            silent=any(_silent(one, week) for one in known),
        )
        for week in weeks
    )


def _bursts(trend: Trend, start: date) -> bool:
    return trend.relation == "burst" and start <= trend.since < start + timedelta(days=7)


def _silent(trend: Trend, week: Week) -> bool:
    return trend.relation == "silence" and week.start > trend.since and not week.stories


def in_words(trend: Trend) -> str:
    """A burst or a silence with what was expected."""
    since = written(trend.since)
    if trend.relation == "burst":
        return (
            f"Burst on {since}: {count(trend.stories, 'story', 'stories')}, "
            f"{_rate(trend.expected)} a day expected"
        )
    return (
        f"Silent since {since}: {count(trend.days, 'day')} with its sources answering; usually "
        f"named every {_rate(trend.expected)} days, {count(trend.longest, 'day')} the longest wait"
    )


def _rate(value: float) -> str:
    return f"{value:.1f}" if value >= 0.1 else f"{value:.2f}"


def told(one: EntityPage) -> str:
    """The timeline in a sentence, for those who do not see it."""
    stories = sum(week.stories for week in one.weeks)
    gaps = sum(week.gap > 0 for week in one.weeks)
    busiest = max(one.weeks, key=lambda week: week.stories, default=None)
    words = f"{count(stories, 'story', 'stories')} in {count(len(one.weeks), 'week')}"
    if busiest and busiest.stories:
        words += f", most in the week of {written(busiest.start)} ({busiest.stories})"
    if gaps:
        words += f"; in {count(gaps, 'week')} sources were not read all the time"
    return words + ". The numbers are in the table below."


def called(names: Iterable[NameCard]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """By language, the listed names, the most met first; made forms are only in the table."""
    listed = [n for n in names if n.origin == "listed" and n.watched and n.language]
    for language in LANGUAGES:
        own = [n for n in listed if language in n.language.split(", ")]  # "ja, zh": one name of two
        if own:
            own.sort(key=lambda name: -name.confirmed)
            yield language, tuple(name.text for name in own[:3])


def _unmet(card: NameCard) -> bool:
    """A form made by rule that nobody has written yet: there are many."""
    return card.origin != "listed" and not (card.confirmed or card.candidates or card.rejected)


def place(line: EntityLine, address: Any) -> Place:
    """An entity as the map wants it."""
    return Place(
        id=line.entity.id,
        name=line.entity.name,
        href=address(f"/entity/{line.entity.id}"),
        stories=line.stories,
        latitude=line.latitude,
        longitude=line.longitude,
        precision=line.precision,
        town=line.county,
        province=line.entity.province,
    )


def small_map(line: EntityLine, address: Any) -> tuple[str, str] | None:
    """Where an entity is, as SVG, and in words what its point stands for; None if nobody knows."""
    found = drawn([place(line, address)], width=360)
    if not found.marks:
        return None
    words = {
        "site": "The place itself",
        "town": "Its town",
        "province": "Only its province is known",
    }
    mark = found.marks[0]
    return drawing(found, title=f"Where {line.entity.name} is", links=False, labels=False), words[
        mark.precision
    ]


async def entities(datasette: Any, request: Any) -> Any:
    """`/-/desk/entities`: by sector."""
    sector, town = request.args.get("sector") or "", request.args.get("place") or ""
    days = number(request, "days", 0, most=36_500)

    def ask(conn: Any, now: datetime) -> tuple[EntityLine, ...]:
        since = now - timedelta(days=days) if days else None
        return store.entities(conn, since=since, until=None)

    everything = await look(datasette, ask)
    shown = [
        line
        for line in everything
        if sector in ("", line.entity.sector) and town in ("", line.entity.province)
    ]
    context = {
        "sectors": [(name, list(of)) for name, of in groupby(shown, _sector)],
        "all_sectors": sorted({line.entity.sector for line in everything}),
        "all_places": sorted({line.entity.province for line in everything} - {""}),
        "sector": sector,
        "place": town,
        "days": days,
        "spans": DAYS,
        "named": sum(line.stories > 0 for line in shown),
        "total": len(shown),
    }
    return await page.render(datasette, request, "desk/entities.html", context, tab="entities")


def _sector(line: EntityLine) -> str:
    return line.entity.sector
