"""What may have been missed: the times between two good polls of a source that do not join up.

The ledger says of a good poll since when the feed was not seen (`polls.gap_since_at`): polls failed
before it, or none of its entries was there at the last good one. Both count in the shares that
hatch a timeline. As a gap in words only that is told in which something may really be lost: a
failure after which the feed still had what it had before lost nothing.
"""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from monitor.clock import iso, moment
from monitor.store.desk.types import Gap
from monitor.store.desk.weeks import WEEK, start_of

# Polls are late now and then; so many intervals after it was due, but no less than an hour, a feed
# counts as not polled: the daemon does not run, or is in trouble.
LATE = 3
LEAST_LATE = timedelta(hours=1)
USUAL = timedelta(days=28)  # by what a feed brought in them it is told what a gap may have cost
LEAST_USUAL = timedelta(days=7)

_PIECES = """
SELECT p.feed, p.gap_since_at, p.started_at, p.overlap = 0 AND p.seen > 0, p.missed
FROM json_each(:feeds) AS key CROSS JOIN polls AS p INDEXED BY polls_gaps
  ON p.feed = key.value AND p.started_at >= :since AND p.started_at <= :until
WHERE p.gap_since_at IS NOT NULL ORDER BY p.feed, p.started_at"""

_FEEDS = """
SELECT id, name, interval, subscribed, added_at, last_poll_at, last_success_at, next_poll_at,
  failures, health_note
FROM feeds"""

_USUAL = "SELECT count(*) FROM items WHERE feed = ? AND first_seen_at >= ? AND first_seen_at < ?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A feed and the span in which it is or was polled."""

    id: int
    name: str
    interval: timedelta
    subscribed: bool
    since: datetime
    last_poll_at: datetime | None
    last_success_at: datetime | None
    next_poll_at: datetime
    failures: int
    note: str

    def until(self, now: datetime) -> datetime:
        """When it was given up; `now` while it is on a list."""
        return now if self.subscribed else self.last_poll_at or self.since

    def unseen_since(self, now: datetime) -> datetime | None:
        """The last good poll of a feed that is on a list, if it fails now or is not polled."""
        seen = self.last_success_at or self.since
        if not self.subscribed or not (self.failures or self._is_late(now)):
            return None
        return seen

    def _is_late(self, now: datetime) -> bool:
        return now - self.next_poll_at > max(LATE * self.interval, LEAST_LATE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A time between two good polls of which something is not known."""

    start: datetime
    end: datetime | None  # None: it lasts
    lost: bool  # nothing was met again. Where it lasts that is not known, and may be
    missed: int | None = None  # entries, as the poll that ended it estimated


def watched(conn: sqlite3.Connection) -> dict[int, Watched]:
    """Every feed that is or was on a list."""
    found = {}
    for row in conn.execute(_FEEDS):
        number, name, interval, subscribed, added_at, polled, success, due, failures, note = row
        found[number] = Watched(
            id=number,
            name=name,
            interval=timedelta(seconds=interval),
            subscribed=bool(subscribed),
            since=moment(added_at),
            last_poll_at=moment(polled) if polled else None,
            last_success_at=moment(success) if success else None,
            next_poll_at=moment(due),
            failures=failures,
            note=note,
        )
    return found


def pieces(
    conn: sqlite3.Connection, feeds: Iterable[Watched], *, since: datetime, now: datetime
) -> dict[int, list[Piece]]:
    """By feed and in order: what is not known."""
    given = {feed.id: feed for feed in feeds}
    values = {"feeds": json.dumps(sorted(given)), "since": iso(since), "until": iso(now)}
    found: dict[int, list[Piece]] = defaultdict(list)
    for number, start, end, lost, missed in conn.execute(_PIECES, values):
        piece = Piece(start=moment(start), end=moment(end), lost=bool(lost), missed=missed)
        found[number].append(piece)
    for feed in given.values():
        since_when = feed.unseen_since(now)
        if since_when:
            found[feed.id].append(Piece(start=since_when, end=None, lost=True))
    return found


def shares(
    conn: sqlite3.Connection, feeds: Sequence[Watched], weeks: Sequence[date], *, now: datetime
) -> tuple[float, ...]:
    """For each week the share of these feeds' time of which something is not known.

    1 where none of them was watched: nothing is known of that week.
    """
    each = _times(conn, feeds, weeks, now)
    return tuple(
        _share(sum(known[place] for known, _ in each), sum(lost[place] for _, lost in each))
        for place in range(len(weeks))
    )


def shares_of_each(
    conn: sqlite3.Connection, feeds: Sequence[Watched], weeks: Sequence[date], *, now: datetime
) -> dict[int, tuple[float, ...]]:
    """The same for each feed alone."""
    each = _times(conn, feeds, weeks, now)
    return {
        feed.id: tuple(map(_share, known, lost))
        for feed, (known, lost) in zip(feeds, each, strict=True)
    }


def _share(known: float, lost: float) -> float:
    return min(lost / known, 1.0) if known else 1.0


def _times(
    conn: sqlite3.Connection, feeds: Sequence[Watched], weeks: Sequence[date], now: datetime
) -> list[tuple[list[float], list[float]]]:
    """Of each feed the seconds of each week in which it was watched, and those not known."""
    found = pieces(conn, feeds, since=start_of(weeks[0]) - WEEK, now=now)
    first = start_of(weeks[0]).timestamp()
    times = []
    for feed in feeds:
        known, lost = [0.0] * len(weeks), [0.0] * len(weeks)
        began, ended = feed.since.timestamp(), feed.until(now).timestamp()
        _spread(known, began, ended, first)
        for piece in found.get(feed.id, ()):
            end = min((piece.end or now).timestamp(), ended)
            _spread(lost, max(piece.start.timestamp(), began), end, first)
        times.append((known, lost))
    return times


def _spread(into: list[float], start: float, end: float, first: float) -> None:
    """Add a span's seconds to the weeks that it lies in, of which the first begins at `first`."""
    length = WEEK.total_seconds()
    place = max(int((start - first) // length), 0)
    if start >= first and end <= first + (place + 1) * length and place < len(into):
        into[place] += max(end - start, 0.0)  # nearly all: within one week
        return
    while place < len(into) and first + place * length < end:
        low, high = first + place * length, first + (place + 1) * length
        into[place] += max(min(end, high) - max(start, low), 0.0)
        place += 1


def told(
    conn: sqlite3.Connection, feeds: Sequence[Watched], *, since: datetime, now: datetime
) -> dict[int, list[Gap]]:
    """By feed the gaps in words, oldest first; those that lost nothing with `about` 0."""
    found = pieces(conn, feeds, since=since, now=now)
    return {
        feed.id: [_gap(conn, feed, piece, now) for piece in found[feed.id]]
        for feed in feeds
        if feed.id in found
    }


def lost(
    conn: sqlite3.Connection, *, since: datetime, until: datetime, now: datetime
) -> tuple[Gap, ...]:
    """The gaps of all feeds on a list, between two moments, in which something may be lost."""
    feeds = [feed for feed in watched(conn).values() if feed.subscribed]
    those = (gap for gaps in told(conn, feeds, since=since, now=now).values() for gap in gaps)
    found = (g for g in those if g.about != 0 and g.start < until and (g.end or now) > since)
    return tuple(sorted(found, key=lambda gap: (gap.start, gap.source)))


def _gap(conn: sqlite3.Connection, feed: Watched, piece: Piece, now: datetime) -> Gap:
    why = "no overlap" if piece.lost else "failing"
    if piece.end is None:
        why = "failing" if feed.failures else "not polled"
    return Gap(
        feed=feed.id,
        source=feed.name,
        start=piece.start,
        end=piece.end,
        why=why,
        about=_about(conn, feed, piece, now),
        note="" if piece.end else feed.note,
    )


def _about(conn: sqlite3.Connection, feed: Watched, piece: Piece, now: datetime) -> int | None:
    """What it may have cost: of one that has ended, the poll that ended it knew most."""
    if not piece.lost:
        return 0
    return piece.missed if piece.end else _usual(conn, feed, piece, now)


def _usual(conn: sqlite3.Connection, feed: Watched, piece: Piece, now: datetime) -> int | None:
    """The items that the feed brings in such a span, by the weeks before it."""
    since = max(piece.start - USUAL, feed.since)
    span = piece.start - since
    if span < LEAST_USUAL:
        return None
    count = conn.execute(_USUAL, (feed.id, iso(since), iso(piece.start))).fetchone()[0]
    return round(int(count) * ((piece.end or now) - piece.start) / span)


def newest(gaps: Mapping[int, Sequence[Gap]]) -> Iterator[Gap]:
    """Each feed's last gap in which something may have been lost."""
    for those in gaps.values():
        real = [gap for gap in those if gap.about != 0]
        if real:
            yield real[-1]
