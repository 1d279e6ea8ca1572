"""The alerts table: pending → sending → sent, or pending again, or dead."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta

from alerts.deliver import Settlement
from monitor.clock import iso, iso_or_none, moment
from monitor.records import Waiting

_CLAIM = """
UPDATE alerts SET state = 'sending'
WHERE id IN (
  SELECT id FROM alerts WHERE channel = ? AND state = 'pending' AND next_try_at <= ?
  ORDER BY next_try_at, id LIMIT 1)
RETURNING id, rule, channel, story, payload, attempts, in_doubt, message_key,
  (SELECT origins FROM stories WHERE stories.id = story),
  (SELECT copies FROM stories WHERE stories.id = story)
"""


def doubt_unfinished(db: sqlite3.Connection) -> int:
    """Sends that were under way when the program died: to be repeated, and marked as repeats."""
    cursor = db.execute(
        "UPDATE alerts SET state = 'pending', in_doubt = 1, attempts = attempts + 1 "
        "WHERE state = 'sending'"
    )
    return cursor.rowcount


def claim(db: sqlite3.Connection, channel: str, now: datetime) -> Waiting | None:
    """Mark the longest due alert as being sent: a crash of the sender is seen by that mark."""
    row = db.execute(_CLAIM, (channel, iso(now))).fetchone()
    return _waiting(row) if row else None


def _waiting(row: tuple[object, ...]) -> Waiting:
    alert, rule, channel, story, payload, attempts, in_doubt, key, origins, copies = row
    return Waiting(
        id=int(str(alert)),
        rule=str(rule),
        channel=str(channel),
        story=int(str(story)),
        payload=str(payload),
        attempts=int(str(attempts)),
        in_doubt=bool(in_doubt),
        key=str(key),
        origins=int(str(origins)),
        copies=int(str(copies)),
    )


def settle(db: sqlite3.Connection, done: Settlement, now: datetime) -> None:
    """Write what became of one send."""
    db.execute(
        "UPDATE alerts SET state = ?, attempts = attempts + 1, last_error = ?, in_doubt = ?, "
        "sent_at = CASE WHEN ? = 'sent' THEN ? ELSE sent_at END, "
        "next_try_at = coalesce(?, next_try_at) WHERE id = ?",
        (
            done.state,
            done.message,
            int(done.in_doubt),
            done.state,
            iso(now),
            iso_or_none(done.next_try_at),
            done.alert,
        ),
    )


def shift(db: sqlite3.Connection, by: timedelta) -> None:
    """Follow a clock that was moved back: what waits would wait as much longer.

    After a step forward it is tried at once, which does no harm.
    """
    if by >= timedelta(0):
        return
    rows = db.execute("SELECT id, next_try_at FROM alerts WHERE state = 'pending'").fetchall()
    db.executemany(
        "UPDATE alerts SET next_try_at = ? WHERE id = ?",
        [(iso(moment(at) + by), alert) for alert, at in rows],
    )
