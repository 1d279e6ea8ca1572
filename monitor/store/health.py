"""What a feed's health is judged by, and what of it is written: changes, and rows of the outbox."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from datetime import datetime

from feeds.manners import REST_TOGETHER, rest_asked
from feeds.types import FeedError, ParsedFeed
from monitor.alarm import MOST_AN_HOUR, RULE
from monitor.clock import iso, moment, moment_or_none
from monitor.health import HISTORY, QUIET, RECENT
from monitor.records import (
    Change,
    HealthAlert,
    Network,
    Observation,
    Past,
    PastPoll,
    StoredFeed,
    Timing,
    Verdict,
)
from monitor.store.announced import Outbox

MOST_ARRIVALS = 5_000  # of a feed; at 20 a day as long as HISTORY

_POLLS = """
SELECT started_at, seconds, status, seen, overlap, baseline, new + changed + unchanged FROM polls
WHERE feed = ? ORDER BY started_at DESC LIMIT ?"""

# Polls that found something which the poll before had not: not only items new to us, since a feed
# may carry what others brought first.
_ARRIVALS = """
SELECT started_at FROM polls WHERE feed = ? AND overlap < new + changed + unchanged
AND started_at >= ? ORDER BY started_at DESC LIMIT ?"""

_HAD_ITEMS = "SELECT EXISTS (SELECT 1 FROM appearances WHERE feed = ?)"

_DOWN = """
SELECT state, since_at, alerted_at FROM health_changes WHERE feed IS NULL ORDER BY id DESC LIMIT 1
"""

_TOLD = "SELECT max(alerted_at) FROM health_changes WHERE feed IS NULL AND state = 'down'"

_LAST_GOOD = "SELECT max(last_success_at), count(DISTINCT host) FROM feeds WHERE subscribed = 1"

_FAILING = """
SELECT count(DISTINCT host) FROM feeds
WHERE subscribed = 1 AND (id = ? OR (failures > 0 AND last_poll_at > ?))"""

_HOST_RESTS = """
SELECT rest_until_at FROM feeds WHERE host = (SELECT host FROM feeds WHERE id = ?) AND id <> ?
AND subscribed = 1 AND rest_until_at > ? AND last_poll_at >= ?"""

_CHANGE = """
INSERT INTO health_changes (feed, state, before, since_at, changed_at, note, advice)
VALUES (?, ?, ?, ?, ?, ?, ?)"""

_ALERTED = """
UPDATE health_changes SET alerted_at = :now
WHERE id = (SELECT max(id) FROM health_changes WHERE feed IS :feed)"""

# They failed while nothing answered: that says nothing of them, and they need not wait longer,
# unless a server asked for it.
_FORGIVE = """
UPDATE feeds SET health_rounds = 0, next_poll_at = min(next_poll_at, :now)
WHERE subscribed = 1 AND failures > 0 AND health <> 'gone' AND id <> :feed
  AND coalesce(rest_until_at, '') <= :now"""

_PUT = """
INSERT INTO alerts (rule, channel, feed, relation, occasion, state, min_origins, batch,
  attempts, in_doubt, created_at, next_try_at, last_error, message_key, thread, payload)
VALUES (?, ?, ?, ?, ?, 'pending', 1, ?, 0, 0, ?, ?, '', ?, '', ?)
ON CONFLICT DO NOTHING"""


def past(db: sqlite3.Connection, seen: Observation, now: datetime) -> Past:
    """What bears on the feed's health after this attempt."""
    feed = seen.feed
    polls = tuple([_poll(row) for row in db.execute(_POLLS, (feed.id, RECENT))])
    # Asked only of a feed that may be empty: that it once was not is what makes it remarkable.
    may_be_empty = isinstance(seen.result, ParsedFeed) or feed.health.state == "empty"
    may_be_empty = may_be_empty or any(poll.status == "ok" and not poll.seen for poll in polls)
    had_items = may_be_empty and bool(db.execute(_HAD_ITEMS, (feed.id,)).fetchone()[0])
    return Past(
        polls=polls,
        arrivals=_arrivals(db, feed, now),
        had_items=had_items,
        network=_network(db, feed, failed=isinstance(seen.result, FeedError)),
        host_rests=_host_rests(db, feed, now) if rest_asked(seen.answer) is not None else (),
    )


def _host_rests(db: sqlite3.Connection, feed: StoredFeed, now: datetime) -> tuple[datetime, ...]:
    """Until when other feeds of its host shall rest that were told so of late."""
    rows = db.execute(_HOST_RESTS, (feed.id, feed.id, iso(now), iso(now - REST_TOGETHER)))
    return tuple(moment(until) for (until,) in rows)


def _poll(row: tuple[str, float, str, int, int | None, int, int]) -> PastPoll:
    at, seconds, status, seen, overlap, baseline, taken = row
    return PastPoll(moment(at), seconds, status, seen, overlap, bool(baseline), taken)


def _arrivals(db: sqlite3.Connection, feed: StoredFeed, now: datetime) -> tuple[datetime, ...]:
    """When something new came; not looked up for a feed that brought something of late."""
    if feed.last_new_at and now - feed.last_new_at <= QUIET:
        return ()
    rows = db.execute(_ARRIVALS, (feed.id, iso(now - HISTORY), MOST_ARRIVALS))
    return tuple(moment(at) for (at,) in rows)


def _network(db: sqlite3.Connection, feed: StoredFeed, *, failed: bool) -> Network:
    state, since, alerted = db.execute(_DOWN).fetchone() or ("ok", "", None)
    if state == "down":
        return Network(down_since=moment(since), told=alerted is not None)
    if not failed:
        return Network()
    good, hosts = db.execute(_LAST_GOOD).fetchone()
    return Network(
        told_at=moment_or_none(db.execute(_TOLD).fetchone()[0]),
        last_good_at=moment_or_none(good),
        hosts=hosts,
        failing=db.execute(_FAILING, (feed.id, good or "")).fetchone()[0],
    )


def write(db: sqlite3.Connection, feed: int, verdict: Verdict, now: datetime) -> None:
    """Store changes and alerts, after the feed's own row."""
    for change in verdict.changes:
        _change(db, feed, change, now)
    for alert in verdict.alerts:
        _put(db, alert, now)
        db.execute(_ALERTED, {"now": iso(now), "feed": alert.feed})


def _change(db: sqlite3.Connection, feed: int, change: Change, now: datetime) -> None:
    db.execute(
        _CHANGE,
        (
            None if change.network else feed,
            change.state,
            change.before,
            iso(change.since),
            iso(now),
            change.note,
            change.advice,
        ),
    )
    if change.network and change.state == "ok":
        db.execute(_FORGIVE, {"now": iso(now), "feed": feed})


def _put(db: sqlite3.Connection, alert: HealthAlert, now: datetime) -> None:
    """Once, whatever happens; many in an hour are gathered, as those of a rule are."""
    named = json.dumps([RULE, alert.channel, alert.feed, alert.relation, alert.occasion])
    outbox = Outbox(db, alert.feed or 0, now, {RULE: Timing(due=now, most_an_hour=MOST_AN_HOUR)})
    timing = outbox.timing(RULE, alert.channel, alert.feed or 0)
    db.execute(
        _PUT,
        (
            RULE,
            alert.channel,
            alert.feed,
            alert.relation,
            alert.occasion,
            timing.batch,
            iso(now),
            iso(timing.due),
            hashlib.sha256(named.encode()).hexdigest()[:32],
            alert.payload,
        ),
    )
