"""What is stored already that bears on a document: a handful of indexed queries, no scan."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from monitor.clock import iso, moment, moment_or_none
from monitor.records import Appearance, Known, KnownItem, Probe, StoredFeed

COPY_WINDOW = timedelta(days=3)  # a copy comes within days; an anniversary reprint is a new story
ALIKE_LIMIT = 20  # candidates looked at for one key; template news repeats a title for years

_BY_GUID = """
SELECT a.guid, a.item FROM json_each(:keys) AS key
JOIN appearances AS a ON a.feed = :feed AND a.guid = key.value AND a.guid <> ''
ORDER BY a.id"""

_BY_URL = """
SELECT i.url_key, i.id FROM json_each(:keys) AS key
JOIN items AS i ON i.url_key = key.value AND i.url_key <> ''"""

_BY_TITLE = """
SELECT i.title_key, i.id FROM json_each(:keys) AS key
JOIN items AS i ON i.title_key = key.value
JOIN appearances AS a ON a.item = i.id AND a.feed = :feed
ORDER BY i.id"""

_ALIKE = """
SELECT key.value, i.id FROM json_each(:keys) AS key
JOIN items AS i ON i.text_key = key.value AND i.text_key <> ''
WHERE i.first_seen_at >= :since
ORDER BY i.id"""

_ITEMS = """
SELECT i.id, i.story, i.title, i.text, i.language, i.url, i.first_seen_at, i.published_at, i.feed,
  f.kind, i.content_hash, i.revisions,
  (SELECT group_concat(DISTINCT m.entity) FROM mentions AS m
   WHERE m.item = i.id AND m.state = 'confirmed')
FROM json_each(:keys) AS key JOIN items AS i ON i.id = key.value JOIN feeds AS f ON f.id = i.feed"""

_WINDOW = """
SELECT a.item, a.guid, a.content_hash, coalesce(i.published_at, a.first_seen_at), a.gone_at IS NULL
FROM appearances AS a JOIN items AS i ON i.id = a.item
WHERE a.feed = :feed AND a.gone_at IS NULL
UNION ALL
SELECT a.item, a.guid, a.content_hash, coalesce(i.published_at, a.first_seen_at), 0
FROM json_each(:keys) AS key
JOIN appearances AS a ON a.feed = :feed AND a.item = key.value AND a.gone_at IS NOT NULL
JOIN items AS i ON i.id = a.item"""


def look_up(
    db: sqlite3.Connection, feed: StoredFeed, probes: Sequence[Probe], *, now: datetime
) -> Known:
    """All that the judge may want to know, and no more."""
    by_guid = dict(_pairs(db, _BY_GUID, feed, (p.guid for p in probes)))
    by_url = dict(_pairs(db, _BY_URL, feed, (p.url_key for p in probes)))
    by_title = dict(_pairs(db, _BY_TITLE, feed, (p.title_key for p in probes)))
    hits = {*by_guid.values(), *by_url.values(), *by_title.values()}
    alike = _alike(db, probes, since=now - COPY_WINDOW)
    others = {item for items in alike.values() for item in items}
    return Known(
        by_guid=by_guid,
        by_url=by_url,
        by_title=by_title,
        items=_items(db, hits | others),
        appearances=_appearances(db, feed, hits),
        alike=alike,
    )


def _pairs(
    db: sqlite3.Connection, sql: str, feed: StoredFeed, keys: Iterable[str]
) -> list[tuple[str, int]]:
    wanted = json.dumps(sorted({key for key in keys if key}))
    return db.execute(sql, {"keys": wanted, "feed": feed.id}).fetchall()


def _alike(
    db: sqlite3.Connection, probes: Sequence[Probe], *, since: datetime
) -> dict[str, tuple[int, ...]]:
    wanted = json.dumps(sorted({p.text_key for p in probes if p.text_key}))
    found: dict[str, list[int]] = defaultdict(list)
    for key, item in db.execute(_ALIKE, {"keys": wanted, "since": iso(since)}):
        if len(found[key]) < ALIKE_LIMIT:
            found[key].append(item)
    return {key: tuple(items) for key, items in found.items()}


def _items(db: sqlite3.Connection, wanted: set[int]) -> dict[int, KnownItem]:
    rows = db.execute(_ITEMS, {"keys": json.dumps(sorted(wanted))})
    return {row[0]: _item(row) for row in rows}


def _item(row: tuple[object, ...]) -> KnownItem:
    (item, story, title, text, language, url, first_seen_at, published_at, feed, kind,
     content_hash, revisions, entities) = row  # fmt: skip
    return KnownItem(
        id=int(str(item)),
        story=int(str(story)),
        title=str(title),
        text=str(text),
        language=str(language),
        url=str(url),
        first_seen_at=moment(str(first_seen_at)),
        published_at=moment_or_none(str(published_at) if published_at else None),
        text_feed=int(str(feed)),
        feed_kind=str(kind),
        content_hash=str(content_hash),
        revisions=int(str(revisions)),
        entities=frozenset(str(entities).split(",")) if entities else frozenset(),
    )


def _appearances(db: sqlite3.Connection, feed: StoredFeed, hits: set[int]) -> dict[int, Appearance]:
    rows = db.execute(_WINDOW, {"feed": feed.id, "keys": json.dumps(sorted(hits))})
    return {
        item: Appearance(
            item=item,
            guid=guid,
            content_hash=content_hash,
            age=moment(age),
            in_window=bool(in_window),
        )
        for item, guid, content_hash, age, in_window in rows
    }
