"""What is stored already that bears on a document: a handful of indexed queries, no scan."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from monitor.clock import iso_or_none, moment, moment_or_none
from monitor.entries import Held
from monitor.identity import find, tombstone_keys
from monitor.records import Appearance, Fresh, Known, KnownItem, Probe, StoredFeed
from monitor.store.grouping import Recent, candidates_of

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

_SAME_TEXT = """
SELECT i.content_hash, i.id FROM json_each(:keys) AS key
JOIN items AS i ON i.content_hash = key.value
JOIN appearances AS a ON a.item = i.id AND a.feed = :feed
ORDER BY i.id DESC"""

_SAME_TITLE = """
SELECT i.text_key || coalesce(i.published_at, ''), i.id FROM json_each(:keys) AS key
JOIN items AS i ON i.text_key = key.value AND i.text_key <> ''
JOIN appearances AS a ON a.item = i.id AND a.feed = :feed
ORDER BY i.id DESC"""

_HAS_ANY = "SELECT EXISTS (SELECT 1 FROM appearances WHERE feed = ?)"

_BURIED = """
SELECT key.value FROM json_each(:keys) AS key
JOIN tombstones AS t ON t.key = key.value AND (t.feed IS NULL OR t.feed = :feed)"""

_ITEMS = """
SELECT i.id, i.story, i.title, i.text, i.language, i.url, i.first_seen_at, i.published_at, i.feed,
  f.kind, i.content_hash, i.revisions,
  (SELECT group_concat(DISTINCT m.entity) FROM mentions AS m
   WHERE m.item = i.id AND m.state = 'confirmed' AND m.field <> 'article')
FROM json_each(:keys) AS key JOIN items AS i ON i.id = key.value JOIN feeds AS f ON f.id = i.feed"""

_WINDOW = """
SELECT a.item, a.guid, a.content_hash, coalesce(i.published_at, a.first_seen_at),
  a.gone_at IS NULL, a.url, a.source
FROM appearances AS a JOIN items AS i ON i.id = a.item
WHERE a.feed = :feed AND a.gone_at IS NULL
UNION ALL
SELECT a.item, a.guid, a.content_hash, coalesce(i.published_at, a.first_seen_at),
  a.gone_at IS NULL, a.url, a.source
FROM json_each(:keys) AS key
JOIN appearances AS a ON a.feed = :feed AND a.item = key.value AND a.gone_at IS NOT NULL
JOIN items AS i ON i.id = a.item"""


_HELD = """
SELECT a.source, a.item, a.guid, a.url, a.title_key, a.content_hash,
  CASE WHEN i.url = a.url THEN i.url_key ELSE '' END
FROM appearances AS a JOIN items AS i ON i.id = a.item
WHERE a.feed = ? AND a.gone_at IS NULL AND a.source IS NOT NULL"""

_OF_STORIES = """
SELECT i.id FROM json_each(:keys) AS key JOIN items AS i ON i.id = key.value
WHERE i.story IN (SELECT value FROM json_each(:stories))"""

# What an item's disappearance may have to be told of.
_LEAVING = """
SELECT a.item FROM appearances AS a WHERE a.feed = :feed AND a.gone_at IS NULL
AND a.item NOT IN (SELECT value FROM json_each(:keys))
AND EXISTS (SELECT 1 FROM mentions AS m WHERE m.item = a.item AND m.state = 'confirmed')"""


def held(db: sqlite3.Connection, feed: int) -> dict[str, Held]:
    """By what its entry was read from (Entry.source): each item in the window of a feed."""
    return {
        source: Held(
            item=item,
            guid=guid,
            url=url,
            title_key=title_key,
            content_hash=content_hash,
            url_key=url_key,
        )
        for source, item, guid, url, title_key, content_hash, url_key in db.execute(_HELD, (feed,))
    }


def look_up(
    db: sqlite3.Connection,
    feed: StoredFeed,
    probes: Sequence[Probe],
    recent: Recent,
    *,
    now: datetime,
) -> Known:
    """All that the judge may want to know, and no more."""
    # Of a feed that never had an item, none can be met under a key that is its own.
    had = bool(db.execute(_HAS_ANY, (feed.id,)).fetchone()[0])
    keys = _keys(db, feed, probes, had=had)
    places = [find(probe, keys) for probe in probes]
    unknown = {at: p for at, (p, item) in enumerate(zip(probes, places, strict=True)) if not item}
    fresh = recent.look_up(db, unknown, feed.id, now)
    reissued = _reissued(db, feed, unknown) if had else {}
    found = zip(probes, places, strict=True)
    read = {item for probe, item in found if item and probe.held is None} | {*reissued.values()}
    here = {*filter(None, places)} | read
    items = _items(
        db, read | candidates_of(fresh) | (_leaving(db, feed, here) if probes and had else set())
    )
    return replace(
        keys,
        probes=tuple(probes),
        items=items | _items(db, _of_their_stories(db, here - items.keys(), items, fresh)),
        appearances=_appearances(db, feed, here) if had else {},
        fresh=fresh,
        reissued=reissued,
        buried=_buried(db, feed, unknown),
    )


def _keys(db: sqlite3.Connection, feed: StoredFeed, probes: Sequence[Probe], *, had: bool) -> Known:
    """Which items are stored under the keys. A title is asked for where nothing else may tell."""
    by_guid = dict(_pairs(db, _BY_GUID, feed, (p.guid for p in probes)) if had else ())
    by_url = dict(_pairs(db, _BY_URL, feed, (p.url_key for p in probes)))
    untold = (p.title_key for p in probes if not p.url_key and p.guid not in by_guid)
    by_title = dict(_pairs(db, _BY_TITLE, feed, untold) if had else ())
    return Known(by_guid=by_guid, by_url=by_url, by_title=by_title)


def _of_their_stories(
    db: sqlite3.Connection,
    unread: set[int],
    items: Mapping[int, KnownItem],
    fresh: Mapping[int, Fresh],
) -> set[int]:
    """Those of the unread items that new ones may share a story with: it is told what it names."""
    stories = {items[item].story for item in candidates_of(fresh) if item in items}
    if not (unread and stories):
        return set()
    given = {"keys": json.dumps(sorted(unread)), "stories": json.dumps(sorted(stories))}
    return {item for (item,) in db.execute(_OF_STORIES, given)}


def _leaving(db: sqlite3.Connection, feed: StoredFeed, here: set[int]) -> set[int]:
    """Items in the feed's window that name something and that the document has no more."""
    rows = db.execute(_LEAVING, {"feed": feed.id, "keys": json.dumps(sorted(here))})
    return {item for (item,) in rows}


def _pairs(
    db: sqlite3.Connection, sql: str, feed: StoredFeed, keys: Iterable[str]
) -> list[tuple[str, int]]:
    wanted = sorted({key for key in keys if key})
    if not wanted:
        return []
    return db.execute(sql, {"keys": json.dumps(wanted), "feed": feed.id}).fetchall()


def _reissued(
    db: sqlite3.Connection, feed: StoredFeed, unknown: Mapping[int, Probe]
) -> dict[int, int]:
    """Items of this feed with the same text, or the same title and date, as unknown entries."""
    if not unknown:
        return {}
    texts = dict(_pairs(db, _SAME_TEXT, feed, (p.content_hash for p in unknown.values())))
    titles = dict(_pairs(db, _SAME_TITLE, feed, (p.text_key for p in unknown.values())))
    found = {}
    for place, probe in unknown.items():
        dated = probe.text_key + (iso_or_none(probe.entry.published_at) or "")
        item = texts.get(probe.content_hash) or titles.get(dated)
        if item is not None and probe.text_key:
            found[place] = item
    return found


def _buried(
    db: sqlite3.Connection, feed: StoredFeed, unknown: Mapping[int, Probe]
) -> frozenset[int]:
    """Entries that a reviewer threw out: they do not come back under any of their keys."""
    if not unknown:
        return frozenset()
    keys = {place: set(tombstone_keys(probe)) for place, probe in unknown.items()}
    wanted = json.dumps(sorted(set().union(*keys.values())))
    rows = db.execute(_BURIED, {"keys": wanted, "feed": feed.id})
    buried = {key for (key,) in rows}
    return frozenset(place for place, own in keys.items() if own & buried)


def _items(db: sqlite3.Connection, wanted: set[int]) -> dict[int, KnownItem]:
    if not wanted:
        return {}
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
            url=url,
            source=source,
        )
        for item, guid, content_hash, age, in_window, url, source in rows
    }
