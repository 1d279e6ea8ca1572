"""How things stand, in numbers: what metrics show besides what the daemon counts itself."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime

from monitor.clock import moment_or_none
from monitor.errors import StoreError
from monitor.places import Place
from monitor.store.engine import open_reader

_OUTBOX = """
SELECT iif(instr(channel, ':') > 0, substr(channel, 1, instr(channel, ':') - 1), channel), state,
  count(*), min(created_at) FROM alerts
WHERE state IN ('held', 'pending', 'sending', 'dead') GROUP BY 1, 2"""

_FEEDS = "SELECT health, count(*) FROM feeds WHERE subscribed = 1 GROUP BY 1"

_FIRST_DUE = "SELECT min(next_poll_at) FROM feeds WHERE subscribed = 1"

_ARTICLES = "SELECT state, count(*) FROM articles GROUP BY 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauges:
    """Numbers of one moment."""

    outbox: Mapping[tuple[str, str], int]  # by channel (no mailboxes) and state, but sent
    oldest: Mapping[tuple[str, str], datetime]  # of them
    feeds: Mapping[str, int]  # that are on a list, by health
    first_due: datetime | None  # when the next poll is due, or should have been
    articles: Mapping[str, int]  # by state


def standing(place: Place) -> Gauges | None:
    """How things stand in a database; None if it cannot be read."""
    try:
        with closing(open_reader(place).conn) as db:
            return _gauges(db)
    except (StoreError, sqlite3.Error):
        return None


def _gauges(db: sqlite3.Connection) -> Gauges:
    outbox = db.execute(_OUTBOX).fetchall()
    oldest = {(channel, state): moment_or_none(at) for channel, state, _, at in outbox}
    return Gauges(
        outbox={(channel, state): count for channel, state, count, _ in outbox},
        oldest={key: at for key, at in oldest.items() if at},
        feeds=dict(db.execute(_FEEDS)),
        first_due=moment_or_none(db.execute(_FIRST_DUE).fetchone()[0]),
        articles=dict(db.execute(_ARTICLES)),
    )
