"""When and where a feed is asked next: what one poll means for those to come. Pure.

The rules themselves stand in feeds/manners.py, freshness.py, pace.py and moves.py; here they are
put together, and what they decided is put into words for the ledger.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from feeds.errors import one_line
from feeds.manners import host_rests_until, next_poll_at, rest_asked
from feeds.moves import is_recheck, settled
from feeds.pace import Bounds, next_pace, window_lasts
from feeds.types import FeedError, FetchState, Hints, Move, ParsedFeed
from monitor.clock import iso
from monitor.health import moved, span
from monitor.plan import Plan
from monitor.records import Observation, Past, PollRow


def rechecked_in_vain(seen: Observation) -> bool:
    """Whether the listed address of a feed that moved was tried again, and failed.

    That says nothing of the feed, which answers where it is.
    """
    feed = seen.feed
    return isinstance(seen.result, FeedError) and is_recheck(feed.feed.url, feed.move, seen.asked)


def plan(
    seen: Observation, row: PollRow, past: Past, *, muted: bool, bounds: Bounds, now: datetime
) -> Plan:
    """What is remembered for the polls to come. `muted`: it failed, and not by its own fault."""
    return _Planning(seen, row, past, muted, bounds, now).plan()


@dataclass(frozen=True, slots=True)
class _Planning:
    seen: Observation
    row: PollRow
    past: Past
    muted: bool
    bounds: Bounds
    now: datetime

    def plan(self) -> Plan:
        """Everything decided, each thing by its own rule."""
        failed = isinstance(self.seen.result, FeedError)
        hints, pace, move = self._hints(), self._pace(), moved(self.seen)
        next_at = self._next(hints, pace, move)
        rest, host = self._rests()
        remarks = (*self._asked(), *self._waits(hints, pace, next_at, rest, host))
        return Plan(
            next_poll_at=max(next_at, host) if host else next_at,
            failures=self._failures() if failed else 0,
            pace=pace,
            hints=hints,
            move=move,
            state=self._state(move),
            full_at=self._full_at(),
            rest_until=rest,
            host_rests_until=host,
            remark="; ".join(remarks),
        )

    def _failures(self) -> int:
        feed = self.seen.feed
        return feed.failures if rechecked_in_vain(self.seen) else feed.failures + 1

    def _hints(self) -> Hints:
        """Of the last document: a 304 says that it still holds."""
        result = self.seen.result
        return result.hints if isinstance(result, ParsedFeed) else self.seen.feed.hints

    def _pace(self) -> float:
        """A failure says nothing of how often a feed changes."""
        feed = self.seen.feed
        if feed.fixed:
            return float(feed.interval)
        if self.row.status == "error":
            return feed.pace
        good = (poll.brought for poll in self.past.polls if poll.status != "error")
        return next_pace(
            feed.pace,
            start=feed.interval,
            bounds=self.bounds,
            brought=(self.row.brought, *good),
            window=self._window(),
        )

    def _window(self) -> float | None:
        last, row = self.seen.feed.last_success_at, self.row
        if row.status != "ok" or row.overlap is None or last is None or not row.taken:
            return None
        elapsed = (self.seen.started_at - last).total_seconds()
        return window_lasts(elapsed, entries=row.taken, overlap=row.overlap)

    def _given_up(self, move: Move) -> bool:
        """Whether the target of a move is asked no more."""
        return settled(self.seen.feed.move) and not settled(move)

    def _state(self, move: Move) -> FetchState:
        """Validators belong to an address (RFC 9110 §8.8): another one is asked without."""
        state = self.seen.state
        return replace(state, etag="", last_modified="") if self._given_up(move) else state

    def _full_at(self) -> datetime | None:
        whole = self.row.status != "error" and self.seen.answer.http_status == 200
        return self.seen.started_at if whole else self.seen.feed.full_at

    def _next(self, hints: Hints, pace: float, move: Move) -> datetime:
        seen, feed = self.seen, self.seen.feed
        failed = isinstance(seen.result, FeedError)
        return next_poll_at(
            seen.result if isinstance(seen.result, FeedError) else seen.answer,
            interval=pace,
            # Where all failed it was not its fault: it need not wait longer.
            failures=1 if self.muted else feed.failures + 1,
            now=self.now,
            jitter=self._jitter(),
            hints=hints,
            heed=not feed.fixed and pace >= feed.interval,
            gone=feed.health.state == "gone",
            elsewhere=rechecked_in_vain(seen) or (failed and self._given_up(move)),
        )

    def _jitter(self) -> float:
        """0 to 1, the same for the same feed and poll: no randomness in here."""
        return (self.seen.feed.id * 7919 + int(self.seen.started_at.timestamp())) % 1000 / 1000

    def _rests(self) -> tuple[datetime | None, datetime | None]:
        """Until when the server asked that the feed, and that all of its host, be left alone."""
        asked = rest_asked(self.seen.answer)
        if asked is None:
            return None, None
        own = self.now + timedelta(seconds=asked)
        return own, host_rests_until(own, self.past.host_rests)

    # ── in words ─────────────────────────────────────────────────────────────────────────────────

    def _asked(self) -> Iterator[str]:
        seen = self.seen
        if seen.answer.retried:
            yield "the connection was reset at first, and opened again"
        if seen.asked != seen.feed.feed.url:
            yield f"asked where it moved to, {one_line(seen.asked)}"
        elif settled(seen.feed.move):
            yield "the listed address was tried again, which it moved away from"
        if seen.full:
            yield "asked for the whole document, whatever its validators say"
        if seen.full and self._lied():
            yield "they are those of another document: its 304 is not to be believed"

    def _lied(self) -> bool:
        """Whether a document that brought something came with the validators of the one before."""
        before, since = self.seen.feed.state, self.seen.state
        kept = (before.etag, before.last_modified) == (since.etag, since.last_modified)
        return kept and self.row.brought

    def _waits(
        self,
        hints: Hints,
        pace: float,
        next_at: datetime,
        rest: datetime | None,
        host: datetime | None,
    ) -> Iterator[str]:
        if rest:
            yield f"the server asks to be left alone until {iso(rest)}"
        if host:
            yield f"other feeds of its host were told the same: all rest until {iso(host)}"
        if self.row.overlap == 0 and pace < self.seen.feed.pace:
            yield f"polled every {span(timedelta(seconds=pace))} from now on"
        if not (hints.skip_hours or hints.skip_days):
            return
        skips = replace(hints, skip_hours=(), skip_days=())
        if next_at > self._next(skips, pace, moved(self.seen)):
            yield "the publisher has these hours skipped"
