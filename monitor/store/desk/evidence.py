"""Which poll brought something: found by feed and time, since the ledger keeps one line a poll.

A row that a poll brought has the time at which the poll was stored, which is after it started and
before the feed's next poll did. So its poll is the feed's last one that had started by then, and
ended no longer than SLACK before: old polls may have been removed.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable

from monitor.clock import moment
from monitor.store.desk.types import Evidence

SLACK = 600  # seconds that a finished poll may wait to be stored, in the worst of rounds

_POLLS = f"""
SELECT json_extract(key.value, '$[0]'), json_extract(key.value, '$[1]'), p.id, f.name, p.started_at,
  p.seconds, p.http_status, p.bytes
FROM json_each(?) AS key
CROSS JOIN polls AS p ON p.id = (SELECT q.id FROM polls AS q
  WHERE q.feed = json_extract(key.value, '$[0]')
    AND q.started_at <= json_extract(key.value, '$[1]')
  ORDER BY q.started_at DESC LIMIT 1)
  AND 86400 * (julianday(json_extract(key.value, '$[1]')) - julianday(p.started_at))
    <= p.seconds + {SLACK}
CROSS JOIN feeds AS f ON f.id = p.feed"""  # noqa: S608 - a number of ours


def polls(
    conn: sqlite3.Connection, brought: Iterable[tuple[int, str]]
) -> dict[tuple[int, str], Evidence]:
    """By feed and time (as stored): the poll that brought what was first seen there then."""
    rows = conn.execute(_POLLS, (json.dumps(sorted(set(brought))),))
    return {
        (feed, at): Evidence(
            poll=poll,
            feed=feed,
            source=source,
            started_at=moment(started_at),
            seconds=seconds,
            http_status=http_status,
            bytes=size,
        )
        for feed, at, poll, source, started_at, seconds, http_status, size in rows
    }
