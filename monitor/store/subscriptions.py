"""The feeds table: what is subscribed, and what is due."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

from feeds.hosts import host_key
from feeds.page_keys import rules_from_json, rules_to_json
from feeds.types import Feed, FetchState, Hints, Move
from monitor.clock import iso, moment, moment_or_none
from monitor.records import Health, StoredFeed
from monitor.store.desk import facets

_UPSERT = """
INSERT INTO feeds (url, name, language, kind, interval, timezone, encoding, full_text, page, host,
  subscribed, health, health_note, health_rounds, alerted, failures, added_at, next_poll_at, etag,
  last_modified, body_hash, fixed, pace, hints, moved_to, moved_polls)
VALUES (:url, :name, :language, :kind, :interval, :timezone, :encoding, :full_text, :page, :host,
  1, 'new', '', 0, '', 0, :now, :now, '', '', '', :fixed, :interval, '', '', 0)
ON CONFLICT (url) DO UPDATE SET name = excluded.name, language = excluded.language,
  kind = excluded.kind, interval = excluded.interval, timezone = excluded.timezone,
  encoding = excluded.encoding, full_text = excluded.full_text, subscribed = 1,
  pace = iif(feeds.fixed = excluded.fixed
    AND feeds.interval = excluded.interval, feeds.pace, excluded.pace),
  fixed = excluded.fixed, host = iif(feeds.moved_to = '', excluded.host, feeds.host),
  -- Other rules read another thing out of the same page: it is asked for in full.
  etag = iif(feeds.page = excluded.page, feeds.etag, ''),
  body_hash = iif(feeds.page = excluded.page, feeds.body_hash, ''),
  last_modified = iif(feeds.page = excluded.page, feeds.last_modified, ''), page = excluded.page
"""

COLUMNS = """id, url, name, language, kind, interval, timezone, encoding, full_text, page, host,
  health, health_note, health_since_at, health_rounds, alerted, alerted_at, failures, next_poll_at,
  last_success_at, last_new_at, etag, last_modified, body_hash, full_at, fixed, pace, hints,
  moved_to, moved_polls, moved_seen_at"""

# A host with hundreds of feeds must not fill the list and keep the others out of it.
_DUE = f"""
SELECT {COLUMNS} FROM (
  SELECT *, row_number() OVER (PARTITION BY host ORDER BY next_poll_at) AS place
  FROM feeds WHERE subscribed = 1 AND next_poll_at <= ?
) AS waiting WHERE place <= ? ORDER BY next_poll_at LIMIT ?
"""  # noqa: S608 - column names only


# What a list says of a feed. A feed that moved is asked elsewhere than its address says.
_SAID = ("url", "name", "language", "kind", "interval", "timezone", "encoding", "full_text", "page",
         "fixed")  # fmt: skip
_THERE = f"""
SELECT CASE WHEN moved_to = '' THEN host ELSE '' END, {", ".join(_SAID)} FROM feeds
WHERE subscribed = 1"""  # noqa: S608 - column names only


def replace(db: sqlite3.Connection, feeds: Sequence[Feed], *, interval: int, now: datetime) -> None:
    """Subscribe to exactly these; feeds that left the lists keep their rows and history.

    Only what differs is written: programs start often, and thousands of feeds stay as they were.
    """
    wanted = {feed.url: _row(feed, interval, now) for feed in feeds}
    there = {row[1]: row for row in db.execute(_THERE)}
    changed = [row for url, row in wanted.items() if not _says(there.get(url), row)]
    gone = [(url,) for url in there if url not in wanted]
    if not changed and not gone:
        return
    before = dict(db.execute("SELECT id, kind FROM feeds"))
    db.executemany("UPDATE feeds SET subscribed = 0 WHERE url = ?", gone)
    db.executemany(_UPSERT, changed)
    after = dict(db.execute("SELECT id, kind FROM feeds"))
    facets.refresh_feeds(db, [feed for feed, kind in before.items() if after[feed] != kind])


def _says(there: Sequence[object] | None, wanted: dict[str, object]) -> bool:
    """Whether a feed's row says what is wanted already."""
    if there is None:
        return False
    host, *said = there
    return host in ("", wanted["host"]) and said == [wanted[name] for name in _SAID]


def _row(feed: Feed, interval: int, now: datetime) -> dict[str, object]:
    return {
        "url": feed.url,
        "name": feed.name or feed.url,
        "language": feed.language,
        "kind": feed.kind,
        "interval": feed.interval or interval,
        "timezone": feed.timezone,
        "encoding": feed.encoding,
        "full_text": int(feed.full_text),
        "fixed": int(feed.interval is not None),
        "page": rules_to_json(feed.page),
        "host": host_key(feed.url),
        "now": iso(now),
    }


def due(db: sqlite3.Connection, now: datetime, *, limit: int, per_host: int) -> list[StoredFeed]:
    """Feeds whose time has come, at most `per_host` of each host."""
    return [stored(row) for row in db.execute(_DUE, (iso(now), per_host, limit))]


def subscribed(db: sqlite3.Connection) -> list[StoredFeed]:
    """Every feed of the lists, in the order of their rows."""
    sql = f"SELECT {COLUMNS} FROM feeds WHERE subscribed = 1 ORDER BY id"  # noqa: S608
    return [stored(row) for row in db.execute(sql)]


def make_due(db: sqlite3.Connection, urls: Sequence[str] | None, *, now: datetime) -> int:
    """Have these of the subscribed feeds (None = all) polled next. Returns how many they are."""
    cursor = db.execute(
        "UPDATE feeds SET next_poll_at = min(next_poll_at, ?) "
        "WHERE subscribed = 1 AND (? OR url IN (SELECT value FROM json_each(?)))",
        (iso(now), urls is None, json.dumps(list(urls or ()))),
    )
    return cursor.rowcount


def shift(db: sqlite3.Connection, by: timedelta, *, now: datetime) -> None:
    """Move the next polls by the same span, but for feeds polled since the clock was moved.

    Those are due by the new clock already: 60 days more would silence them. After a step forward
    they are told by their last poll, which the old clock cannot have seen; after a step back they
    cannot be told, and are polled once too often.
    """
    old_clock = iso(now - by / 2) if by > timedelta(0) else "9999"
    rows = db.execute(
        "SELECT id, next_poll_at FROM feeds "
        "WHERE subscribed = 1 AND coalesce(last_poll_at, '') < ?",
        (old_clock,),
    ).fetchall()
    db.executemany(
        "UPDATE feeds SET next_poll_at = ? WHERE id = ?",
        [(iso(moment(at) + by), feed) for feed, at in rows],
    )


def stored(row: tuple[object, ...]) -> StoredFeed:
    """A row of `COLUMNS`."""
    (feed_id, url, name, language, kind, interval, zone, encoding, full_text, page, host, health,
     note, since, rounds, told, told_at, failures, next_poll_at, last_success_at, last_new_at,
     etag, last_modified, body_hash, full_at, fixed, pace, hints, moved_to, moved_polls,
     moved_seen_at) = row  # fmt: skip
    return StoredFeed(
        id=int(str(feed_id)),
        feed=Feed(
            url=str(url),
            name=str(name),
            language=str(language),
            kind=str(kind),
            interval=int(str(interval)),
            timezone=str(zone),
            encoding=str(encoding),
            full_text=bool(full_text),
            page=rules_from_json(str(page)),
        ),
        state=FetchState(
            etag=str(etag), last_modified=str(last_modified), body_hash=str(body_hash)
        ),
        host=str(host),
        interval=int(str(interval)),
        health=Health(
            state=str(health),
            since=_moment(since),
            note=str(note),
            rounds=int(str(rounds)),
            told=str(told),
            told_at=_moment(told_at),
        ),
        failures=int(str(failures)),
        next_poll_at=moment(str(next_poll_at)),
        last_success_at=_moment(last_success_at),
        last_new_at=_moment(last_new_at),
        fixed=bool(fixed),
        pace=float(str(pace)),
        hints=_hints(str(hints)),
        move=Move(to=str(moved_to), polls=int(str(moved_polls)), at=_moment(moved_seen_at)),
        full_at=_moment(full_at),
    )


def written(hints: Hints) -> str:
    """A document's hints for their column; "" for none."""
    return "" if hints == Hints() else json.dumps(asdict(hints))


def _hints(cell: str) -> Hints:
    said = json.loads(cell or "{}")
    return Hints(
        ttl=said.get("ttl"),
        period=said.get("period"),
        skip_hours=tuple(said.get("skip_hours", ())),
        skip_days=tuple(said.get("skip_days", ())),
    )


def _moment(cell: object) -> datetime | None:
    return moment_or_none(str(cell) if cell else None)
