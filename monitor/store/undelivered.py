"""Notices of alerts that were given up: rows of the outbox, on the channels that still work."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Sequence
from datetime import datetime

from monitor.clock import iso, moment
from monitor.undelivered import RELATION, GivenUp, due, payload, told_of

_LAST = """
SELECT id, state, created_at, payload FROM alerts
WHERE channel = ? AND relation = ? ORDER BY id DESC LIMIT 1"""

_GIVEN_UP = """
SELECT id, channel, json_extract(payload, '$.title'), last_error FROM alerts
WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id"""

# It is about no story, item or feed.
_PUT = """
INSERT INTO alerts (rule, channel, story, item, feed, relation, occasion, state, min_origins, batch,
  attempts, in_doubt, created_at, next_try_at, last_error, message_key, thread, payload)
VALUES ('', :channel, NULL, NULL, NULL, :relation, :occasion, 'pending', 1, '',
  0, 0, :now, :due, '', :key, '', :payload)"""


def tell(
    db: sqlite3.Connection, alerts: Sequence[int], channels: Sequence[str], now: datetime
) -> None:
    """Have each channel tell that these alerts were given up, in a notice an hour at most."""
    for channel in channels:
        last = db.execute(_LAST, (channel, RELATION)).fetchone()
        if last and last[1] == "pending":
            told = [*told_of(last[3]), *alerts]
            said = payload(_given_up(db, told), now)
            db.execute("UPDATE alerts SET payload = ? WHERE id = ?", (said, last[0]))
        else:
            _put(db, alerts, channel, moment(last[2]) if last else None, now)


def _put(
    db: sqlite3.Connection,
    alerts: Sequence[int],
    channel: str,
    last: datetime | None,
    now: datetime,
) -> None:
    occasion = f"{RELATION} from alert {alerts[0]}, {iso(now)}"
    db.execute(
        _PUT,
        {
            "channel": channel,
            "relation": RELATION,
            "occasion": occasion,
            "now": iso(now),
            "due": iso(due(last, now)),
            "key": hashlib.sha256(f"{channel}\0{occasion}".encode()).hexdigest()[:32],
            "payload": payload(_given_up(db, alerts), now),
        },
    )


def _given_up(db: sqlite3.Connection, alerts: Sequence[int]) -> list[GivenUp]:
    rows = db.execute(_GIVEN_UP, (json.dumps(list(alerts)),))
    return [
        GivenUp(id=alert, channel=channel, title=title, why=why)
        for alert, channel, title, why in rows
    ]
