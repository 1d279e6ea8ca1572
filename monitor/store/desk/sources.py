"""The sources: how they do, what they brought, and what may have been missed."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from monitor.clock import moment, moment_or_none
from monitor.health import ADVICE, TROUBLE
from monitor.store.desk import cards, gaps, weeks
from monitor.store.desk.types import Gap, GapsNow, Poll, SourcePage, SourceRow, SourceWeek

WEEKS = 12  # of a row's sparkline
PAGE_WEEKS = 52
LEDGER = 100  # polls on a page
LATELY = timedelta(days=1)  # "since yesterday"
MOST_GAPS = 100  # of one source

_FEEDS = """
SELECT id, name, url, kind, language, subscribed, health, health_note, failures, health_since_at,
  interval, pace, added_at, last_poll_at, last_success_at, last_new_at, next_poll_at, moved_to
FROM feeds"""

# A range of the index for each feed and week: no date is made of each item.
_VOLUME = """
SELECT feed.value, week.key, (SELECT count(*) FROM items AS i WHERE i.feed = feed.value
  AND i.first_seen_at >= week.value ->> 0 AND i.first_seen_at < week.value ->> 1)
FROM json_each(:feeds) AS feed CROSS JOIN json_each(:weeks) AS week"""

_POLLS = """
SELECT id, started_at, seconds, status, http_status, bytes, seen, new, changed, skipped,
  skipped_why, overlap, baseline, error, note
FROM polls WHERE feed = ? AND started_at < coalesce(
  (SELECT b.started_at FROM polls AS b WHERE b.id = ?), '9999')
ORDER BY started_at DESC LIMIT ?"""


def sources(conn: sqlite3.Connection, *, now: datetime) -> tuple[SourceRow, ...]:
    """Every feed: subscribed ones first, those in trouble before others, then by name."""
    page = _Page.of(conn, weeks.last(WEEKS, now), gaps.watched(conn), now)
    rows = [page.row(line) for line in conn.execute(_FEEDS)]
    return tuple(
        sorted(rows, key=lambda r: (not r.subscribed, r.health not in TROUBLE, r.name, r.feed))
    )


def source(
    conn: sqlite3.Connection, feed: int, *, now: datetime, before: int | None = None
) -> SourcePage | None:
    """One feed with its gaps and a page of its ledger: polls before the one with id `before`."""
    line = conn.execute(f"{_FEEDS} WHERE id = ?", (feed,)).fetchone()
    if line is None:
        return None
    one = {feed: gaps.watched(conn)[feed]}
    span = weeks.last(PAGE_WEEKS, now)
    found = gaps.told(conn, list(one.values()), since=weeks.start_of(span[0]), now=now)
    polls = conn.execute(_POLLS, (feed, before, LEDGER + 1)).fetchall()
    return SourcePage(
        row=_Page.of(conn, span, one, now).row(line),
        gaps=tuple(reversed(found.get(feed, ())))[:MOST_GAPS],
        polls=tuple(_poll(row) for row in polls[:LEDGER]),
        next_poll=polls[LEDGER - 1][0] if len(polls) > LEDGER else None,
    )


def gaps_now(conn: sqlite3.Connection, *, now: datetime) -> GapsNow:
    """What the line at the top of every page says: gaps of the last day, and those that last."""
    feeds = [feed for feed in gaps.watched(conn).values() if feed.subscribed]
    found = list(gaps.newest(gaps.told(conn, feeds, since=now - LATELY, now=now)))
    found.sort(key=lambda gap: (gap.end is not None, gap.source))
    health = conn.execute("SELECT health FROM feeds WHERE subscribed = 1").fetchall()
    return GapsNow(
        sources=len(feeds),
        failing=sum(state in TROUBLE for (state,) in health),
        with_gaps=len(found),
        last_poll_at=max((f.last_poll_at for f in feeds if f.last_poll_at), default=None),
        gaps=tuple(found),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    """What the rows are made of beside the feeds table."""

    weeks: Sequence[date]
    volume: Mapping[tuple[int, int], int]  # feed, place of the week
    shares: Mapping[int, Sequence[float]]
    lately: Mapping[int, Gap]
    judged: Mapping[int, tuple[int, int]]  # relevant, rejected

    @classmethod
    def of(
        cls,
        conn: sqlite3.Connection,
        span: Sequence[date],
        feeds: Mapping[int, gaps.Watched],
        now: datetime,
    ) -> _Page:
        values = {"feeds": json.dumps(list(feeds)), "weeks": weeks.bounds(span)}
        volume = {(f, place): count for f, place, count in conn.execute(_VOLUME, values)}
        lately = gaps.told(conn, list(feeds.values()), since=now - LATELY, now=now)
        return cls(
            weeks=span,
            volume=volume,
            shares=gaps.shares_of_each(conn, list(feeds.values()), span, now=now),
            lately={gap.feed: gap for gap in gaps.newest(lately)},
            judged=cards.by_feed(conn),
        )

    def row(self, line: tuple[object, ...]) -> SourceRow:
        (feed, name, url, kind, language, subscribed, health, note, failures, since, interval,
         pace, added, polled, success, new, following, moved_to) = map(_given, line)  # fmt: skip
        number = int(feed)
        relevant, rejected = self.judged.get(number, (0, 0))
        return SourceRow(
            feed=number,
            name=name,
            url=url,
            kind=kind,
            language=language,
            subscribed=subscribed == "1",
            health=health,
            health_note=note,
            advice=ADVICE.get(health, ""),
            failures=int(failures),
            since=moment_or_none(since),
            interval=int(interval),
            pace=int(pace),
            added_at=moment(added),
            last_poll_at=moment_or_none(polled),
            last_success_at=moment_or_none(success),
            last_new_at=moment_or_none(new),
            next_poll_at=moment(following),
            moved_to=moved_to,
            weeks=tuple(self._week(number, place) for place in range(len(self.weeks))),
            gap=self.lately.get(number),
            relevant=relevant,
            rejected=rejected,
            precision=cards.precision(relevant, rejected),
        )

    def _week(self, feed: int, place: int) -> SourceWeek:
        return SourceWeek(
            start=self.weeks[place],
            items=self.volume.get((feed, place), 0),
            gap=self.shares[feed][place],
        )


def _given(value: object) -> str:
    return "" if value is None else str(value)


def _poll(row: tuple[object, ...]) -> Poll:
    (number, started_at, seconds, status, http_status, size, seen, new, changed, skipped, why,
     overlap, baseline, error, note) = row  # fmt: skip
    return Poll(
        id=_int(number),
        started_at=moment(str(started_at)),
        seconds=float(str(seconds)),
        status=str(status),
        http_status=None if http_status is None else _int(http_status),
        bytes=_int(size),
        seen=_int(seen),
        new=_int(new),
        changed=_int(changed),
        skipped=_int(skipped),
        skipped_why=json.loads(str(why)),
        overlap=None if overlap is None else _int(overlap),
        baseline=bool(baseline),
        error=str(error),
        note=str(note),
    )


def _int(value: object) -> int:
    assert isinstance(value, int)
    return value
