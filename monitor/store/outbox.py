"""The alerts table: (held →) pending → sending → sent, or pending again, or dead."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from alerts.deliver import Settlement
from monitor.clock import iso, iso_or_none, moment
from monitor.records import Waiting
from monitor.store import undelivered

# Alerts in one message: as many as one document may bring (feeds.document.ENTRY_LIMIT), so that a
# storm is one. Measured with 5,000 headlines: 20 MB while it is sent to Slack, 32 MB by mail. No
# channel shows as many, and each says the number.
LARGEST = 5_000

_NEXT = """
SELECT id, batch, sent_with FROM alerts
WHERE channel = ? AND state = 'pending' AND next_try_at <= ? ORDER BY next_try_at, id LIMIT 1"""

# What was sent together once is sent together again: the same message under the same key.
_TOGETHER_AGAIN = """
SELECT id FROM alerts WHERE sent_with = ? AND state = 'pending' ORDER BY id"""

_TOGETHER = """
SELECT id FROM alerts WHERE channel = ? AND batch = ? AND state = 'pending' AND sent_with IS NULL
ORDER BY id LIMIT ?"""

_SENDING = """
UPDATE alerts SET state = 'sending', sent_with = ?
WHERE id IN (SELECT value FROM json_each(?))"""

_CLAIMED = """
SELECT id, rule, channel, coalesce(story, 0), payload, attempts, in_doubt, message_key,
  coalesce((SELECT origins FROM stories WHERE stories.id = story), 0),
  coalesce((SELECT copies FROM stories WHERE stories.id = story), 0), relation, batch,
  coalesce((SELECT thread FROM alerts AS a WHERE a.story = alerts.story
    AND a.channel = alerts.channel AND a.state = 'sent' AND a.thread <> ''
    ORDER BY a.id LIMIT 1), '')
FROM alerts WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id"""


def doubt_unfinished(db: sqlite3.Connection, channel: str = "") -> int:
    """Sends that were under way when the program died: to be repeated, and marked as repeats.

    `channel`: only its own, where several programs send.
    """
    cursor = db.execute(
        "UPDATE alerts SET state = 'pending', in_doubt = 1, attempts = attempts + 1 "
        "WHERE state = 'sending' AND ? IN ('', channel)",
        (channel,),
    )
    return cursor.rowcount


def claim(db: sqlite3.Connection, channel: str, now: datetime) -> Waiting | None:
    """Mark the longest due alert as being sent, and what goes with it: a crash is seen by that."""
    row = db.execute(_NEXT, (channel, iso(now))).fetchone()
    if row is None:
        return None
    ids = _with(db, channel, *row)
    together = (row[2] or ids[0]) if len(ids) > 1 else row[2]
    db.execute(_SENDING, (together, json.dumps(ids)))
    first, *others = (_waiting(r) for r in db.execute(_CLAIMED, (json.dumps(ids),)))
    return replace(first, others=tuple(others), in_doubt=any(r.in_doubt for r in (first, *others)))


def _with(
    db: sqlite3.Connection, channel: str, alert: int, batch: str, sent_with: int | None
) -> list[int]:
    if sent_with is not None:
        return [row[0] for row in db.execute(_TOGETHER_AGAIN, (sent_with,))]
    if batch:
        return [row[0] for row in db.execute(_TOGETHER, (channel, batch, LARGEST))]
    return [alert]


def _waiting(row: tuple[object, ...]) -> Waiting:
    (alert, rule, channel, story, payload, attempts, in_doubt, key, origins, copies, relation,
     batch, thread) = row  # fmt: skip
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
        relation=str(relation),
        batch=str(batch),
        thread=str(thread),
    )


_SETTLE = """
UPDATE alerts SET state = :state, attempts = attempts + 1, last_error = :message,
  in_doubt = :in_doubt, sent_at = CASE WHEN :state = 'sent' THEN :now ELSE sent_at END,
  next_try_at = coalesce(:next, next_try_at),
  thread = CASE WHEN sent_with IS NULL THEN :thread ELSE thread END
WHERE id IN (SELECT value FROM json_each(:ids))"""

_IN_MESSAGE = """
SELECT id FROM alerts WHERE id = :id OR (state = 'sending'
  AND sent_with = (SELECT sent_with FROM alerts WHERE id = :id)) ORDER BY id"""


def settle(
    db: sqlite3.Connection, done: Settlement, now: datetime, tell: Sequence[str] = ()
) -> None:
    """Write what became of one message, for every alert in it.

    If it was given up, the channels of `tell` are to say so.
    """
    ids = [row[0] for row in db.execute(_IN_MESSAGE, {"id": done.alert})]
    db.execute(
        _SETTLE,
        {
            "ids": json.dumps(ids),
            "state": done.state,
            "message": done.message,
            "in_doubt": int(done.in_doubt),
            "now": iso(now),
            "next": iso_or_none(done.next_try_at),
            "thread": done.thread,
        },
    )
    if done.state == "dead":
        undelivered.tell(db, ids, tell, now)


_RETRY = """
UPDATE alerts SET state = 'pending', attempts = 0, next_try_at = ?, batch = '', sent_with = NULL
WHERE state = 'dead' AND (? OR id IN (SELECT value FROM json_each(?)))"""


def retry(db: sqlite3.Connection, alerts: Sequence[int] | None, now: datetime) -> int:
    """Put dead alerts (None = all) back, each alone, with all their tries. Returns how many."""
    cursor = db.execute(_RETRY, (iso(now), alerts is None, json.dumps(list(alerts or ()))))
    return cursor.rowcount


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
