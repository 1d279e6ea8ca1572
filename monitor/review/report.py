"""The report: what was named over some days, as one page that stands alone, and as a mail.

One file with its style and its drawings inside: it asks for nothing from anywhere, prints, and can
be sent on. The mail is the same in tables, since mail programs show no SVG; the page goes with it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from html import escape
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

from alerts.mail_parts import CELL, FOOT, H1, LINK, SMALL, TABLE, html_page
from alerts.types import Mailing
from monitor.review import page
from monitor.review.entity_page import in_words, place
from monitor.review.map import drawing, drawn
from monitor.review.overview_page import heat, small_charts
from monitor.review.svg import style
from monitor.review.times import count
from monitor.review.times import date as written
from monitor.store.desk import gaps, overview, queue
from monitor.store.desk.types import Filters, Gap, Overview, StoryRow

STORIES = 30  # in full; the numbers stand for the rest
CHART_WEEKS = 12  # up to the report's end: what the days are read against
MOST_GAPS = 40
_H2 = "margin:24px 0 8px;font-size:17px;line-height:1.3;font-weight:700;color:#1c1b19"
_BAR = "display:inline-block;height:10px;background:#b8860b;vertical-align:middle"
_PIXELS = 160  # of the longest bar: fits beside a name on a telephone
_SHEET = files("monitor.review") / "static" / "report.css"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything that a report says."""

    since: datetime
    until: datetime  # before it
    made_at: datetime
    found: Overview  # of the days
    weeks: Overview  # of CHART_WEEKS weeks up to their end
    stories: tuple[StoryRow, ...]  # the most important
    states: Counter[str]  # of these
    sources: int
    gaps: tuple[Gap, ...]  # of the days, oldest first, at most MOST_GAPS
    gaps_left_out: int

    @property
    def title(self) -> str:
        """`Wirewatch, 9 Nov to 15 Nov 2026`."""
        first, last = self.since.date(), last_day(self.until)
        return f"Wirewatch, {_span(first, last)}"

    @property
    def lead(self) -> str:
        """The report in a sentence."""
        named, seen = count(len(self.found.entities), "entity", "entities"), self.found.stories
        missed = count(len({gap.feed for gap in self.gaps}), "source")
        gaps_said = f"{missed} of {self.sources} had gaps" if self.gaps else "no source had a gap"
        return f"{count(seen, 'story', 'stories')} named {named}; {gaps_said}."


def last_day(until: datetime) -> date:
    """The last day before a moment."""
    return (until - timedelta(microseconds=1)).date()


def _span(first: date, last: date) -> str:
    if first == last:
        return written(first)
    return f"{written(first, year=first.year != last.year)} to {written(last)}"


def days(first: date, last: date) -> tuple[datetime, datetime]:
    """From the first day to the end of the last, in UTC."""
    start = datetime(first.year, first.month, first.day, tzinfo=UTC)
    return start, datetime(last.year, last.month, last.day, tzinfo=UTC) + timedelta(days=1)


def gather(conn: Any, *, since: datetime, until: datetime, now: datetime) -> Report:
    """Read what a report says. Times are UTC; `until` is not itself included."""
    monday = last_day(until) - timedelta(days=last_day(until).weekday(), weeks=CHART_WEEKS - 1)
    found = overview.overview(conn, since=since, until=until, now=now)
    asked = Filters(state="all", since=_iso(since), until=_iso(until), sort="important")
    rows = queue.page(conn, asked, limit=STORIES, now=now).rows
    missed = gaps.lost(conn, since=since, until=until, now=now)
    return Report(
        since=since,
        until=until,
        made_at=now,
        found=found,
        weeks=overview.overview(conn, since=days(monday, monday)[0], until=until, now=now),
        stories=rows,
        states=Counter(row.state for row in rows),
        sources=sum(feed.subscribed for feed in gaps.watched(conn).values()),
        gaps=missed[:MOST_GAPS],
        gaps_left_out=max(len(missed) - MOST_GAPS, 0),
    )


def _iso(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.000Z"


def html(report: Report) -> str:
    """The whole page, with its style and drawings inside."""
    shown = drawn([place(line, _nowhere) for line in report.found.entities])
    return (
        page.environment()
        .get_template("desk/report.html")
        .render(
            report=report,
            now=report.made_at,
            style=f"{_SHEET.read_text(encoding='utf-8')}\n{style()}",
            map=drawing(shown, title="Stories by place", links=False) if shown.marks else "",
            left_out=shown.left_out,
            lines=heat(report.found),
            most=max((line.total for line in report.found.sectors), default=0),
            charts=small_charts(report.weeks, columns=4) if report.weeks.sectors else "",
            bursts=[(trend, in_words(trend)) for trend in report.found.bursts],
            silences=[(trend, in_words(trend)) for trend in report.found.silences],
            safe_url=web_address,
        )
    )


def _nowhere(_path: str) -> str:
    """Addresses within the desk lead nowhere in a file that is sent on."""
    return ""


def web_address(url: str) -> str:
    """The address if it is one of the web, else "": a feed may have put anything there."""
    return url if urlsplit(url).scheme.lower() in {"http", "https"} else ""


def mailing(report: Report) -> Mailing:
    """The report as a mail: the numbers and lists in the mail, the whole page with it."""
    sections = tuple(_sections(report))
    return Mailing(
        subject=f"{report.title}: {count(report.found.stories, 'story', 'stories')}",
        text=_text(report, sections),
        html=_mail_page(report, sections),
        file=f"wirewatch-{last_day(report.until).isoformat()}.html",
        page=html(report),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """A line of a section: words, and for stories where they lead."""

    head: str
    rest: str = ""
    url: str = ""
    bar: float = -1.0  # 0 to 1: drawn; less: none


_Section = tuple[str, Sequence[_Line]]


def _sections(report: Report) -> Iterator[_Section]:
    """What the mail says, heading by heading; empty ones are left out."""
    for heading, make in _PARTS.items():
        lines = tuple(make(report))
        if lines:
            yield heading, lines


def _sector_lines(report: Report) -> Iterator[_Line]:
    most = max((line.total for line in report.found.sectors), default=0)
    for line in report.found.sectors:
        if line.total:
            name = line.sector.replace("-", " ")
            yield _Line(head=name, rest=str(line.total), bar=line.total / most)


def _entity_lines(report: Report) -> Iterator[_Line]:
    for line in report.found.entities[:STORIES]:
        yield _Line(head=line.entity.name, rest=count(line.stories, "story", "stories"))


def _first_lines(report: Report) -> Iterator[_Line]:
    for one in report.found.first_mentions:
        yield _Line(head=one.entity.name, rest=f"{one.title} ({one.source})")


def _removal_lines(report: Report) -> Iterator[_Line]:
    for one in report.found.removals:
        names = ", ".join(entity.name for entity in one.entities)
        yield _Line(head=names, rest=f"out of {one.title} ({one.source})")


def _trend_lines(report: Report) -> Iterator[_Line]:
    for trend in (*report.found.bursts, *report.found.silences):
        yield _Line(head=trend.entity.name, rest=in_words(trend))


def _story_lines(report: Report) -> Iterator[_Line]:
    for row in report.stories:
        known = f"{row.source}, {written(row.first_seen_at.date())}; {row.state}"
        yield _Line(head=row.title or "(no title)", rest=known, url=web_address(row.url))


def _gap_lines(report: Report) -> Iterator[_Line]:
    for gap in report.gaps:
        end = f"{gap.end:%d %b %H:%M}" if gap.end else "now"
        about = f", about {count(gap.about, 'item')}" if gap.about else ""
        yield _Line(head=gap.source, rest=f"{gap.start:%d %b %H:%M} to {end}: {gap.why}{about}")


_PARTS: dict[str, Callable[[Report], Iterator[_Line]]] = {
    "By sector": _sector_lines,
    "What was named": _entity_lines,
    "Named for the first time": _first_lines,
    "Names taken out by an edit": _removal_lines,
    "Bursts and silences": _trend_lines,
    "Stories": _story_lines,
    "What may have been missed": _gap_lines,
}


def _text(report: Report, sections: Sequence[_Section]) -> str:
    parts = [f"{report.title}\n{report.lead}"]
    for heading, lines in sections:
        parts.append("\n".join([heading.upper(), *(_plain(line) for line in lines)]))
    parts.append("-- \nTimes are UTC. The whole report is the file that came with this mail.")
    return "\n\n".join(parts) + "\n"


def _plain(line: _Line) -> str:
    words = f"{line.head}: {line.rest}" if line.rest else line.head
    return f"{words}\n  {line.url}" if line.url else words


def _mail_page(report: Report, sections: Sequence[_Section]) -> str:
    parts = [f'<h1 style="{H1}">{escape(report.title)}</h1>', f"<p>{escape(report.lead)}</p>"]
    for heading, lines in sections:
        rows = "".join(_row(line) for line in lines)
        parts += [f'<h2 style="{_H2}">{escape(heading)}</h2>']
        parts += [f'<table style="{TABLE}">{rows}</table>']
    foot = "Times are UTC. The whole report, with map and charts, came with this mail as a file."
    return html_page(report.title, *parts, f'<p style="{FOOT}">{foot}</p>')


def _row(line: _Line) -> str:
    head, rest = escape(line.head), escape(line.rest)
    if line.url:
        head = f'<a href="{escape(line.url)}" style="{LINK}">{head}</a>'
    if line.bar >= 0:
        width = max(round(line.bar * _PIXELS), 1)
        rest = f'<span style="{_BAR};width:{width}px"></span> {rest}'
    cell = f'{CELL};padding:3px 12px 3px 0"'
    return f'<tr><td style="{cell} dir="auto">{head}</td><td style="{SMALL}">{rest}</td></tr>'
