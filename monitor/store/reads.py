"""What the commands read. Nothing in here writes."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Self

from monitor.clock import iso, iso_or_none
from monitor.errors import StoreError
from monitor.places import Place, Server
from monitor.rehearsal import Happening
from monitor.store import changes, engine
from monitor.store.corpus import Corpus
from monitor.store.desk import gaps
from monitor.store.desk.types import Gap
from monitor.store.history import happenings
from monitor.store.search import query

Row = dict[str, Any]


class Reader:
    """A read-only look at a database; may be used while the daemon writes.

    Raises:
        StoreError: there is no such database, or it cannot be read.
    """

    def __init__(self, place: Place) -> None:
        self.place = place
        self.db = engine.open_reader(place)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.db.close()
        if isinstance(error, sqlite3.DatabaseError):
            raise StoreError(f"{self.place}: cannot read the database: {error}") from error

    def _rows(self, sql: str, arguments: Sequence[object] = ()) -> list[Row]:
        return list(self.db.query(sql, tuple(arguments)))

    def feed_states(self) -> dict[str, Row]:
        """By URL: how each feed does."""
        rows = self._rows(
            "SELECT url, health, last_success_at, next_poll_at, pace, health_note AS note, "
            "(SELECT count(*) FROM appearances WHERE appearances.feed = feeds.id) AS items "
            "FROM feeds"
        )
        return {row.pop("url"): row for row in rows}

    def feed_health(self) -> dict[str, Row]:
        """By URL: the state of each feed, and what it was judged by."""
        return {row.pop("url"): row for row in self._rows(_FEED_HEALTH)}

    def full_texts(self) -> dict[str, list[Row]]:
        """By URL of the feed: what became of its full texts, how often and why."""
        found: dict[str, list[Row]] = {}
        for row in self._rows(_FULL_TEXTS):
            found.setdefault(row.pop("url"), []).append(row)
        return found

    def _full_texts(self) -> dict[str, int]:
        rows = self._rows("SELECT state, count(*) AS n FROM articles GROUP BY state ORDER BY state")
        return {row["state"]: row["n"] for row in rows}

    def down(self) -> Row | None:
        """Since when no feed answers at all, if that is so."""
        return next(iter(self._rows(_DOWN)), None)

    def alerts(self, *, state: str, limit: int) -> list[Row]:
        """The newest alerts; `state` "" for all."""
        return self._rows(
            "SELECT alerts.id, rule, channel, relation, state, attempts, alerts.created_at, "
            "sent_at, next_try_at, last_error, story, "
            "CASE WHEN relation IN ('undelivered', 'trouble', 'recovery') "
            "THEN json_extract(payload, '$.title') ELSE stories.title END AS title "
            "FROM alerts LEFT JOIN stories ON stories.id = alerts.story "
            "WHERE ? IN ('', state) ORDER BY alerts.id DESC LIMIT ?",
            (state, limit),
        )

    def alert(self, number: int) -> Row | None:
        """One alert with its story and the item that was news; None if there is none."""
        return next(iter(self._rows(_ALERT, (number,))), None)

    def alert_states(self, alerts: Sequence[int]) -> dict[int, str]:
        """The states of those of these alerts that are there."""
        rows = self._rows(
            "SELECT id, state FROM alerts WHERE id IN (SELECT value FROM json_each(?))",
            (json.dumps(list(alerts)),),
        )
        return {row["id"]: row["state"] for row in rows}

    def happenings(self, since: datetime) -> Iterator[Happening]:
        """What happened to items that name something, in order."""
        return happenings(self.db.conn, iso(since))

    def stats(self, now: datetime) -> Row:
        """The state of things in numbers."""
        day = iso(now - timedelta(days=1))
        (row,) = self._rows(_STATS, (day, day, day))
        row["alerts"] = {r["state"]: r["n"] for r in self._rows(_ALERT_STATES)}
        row["in_trouble"] = self._rows(_IN_TROUBLE)
        row["sectors"] = self._rows(_SECTORS, (day, day))
        row["full_texts"] = self._full_texts()
        row["retag"] = next(iter(self._rows(_RETAG)), None)
        return row

    def gaps(self, *, since: datetime, now: datetime) -> tuple[Gap, ...]:
        """When which feed was not seen whole, oldest first."""
        return gaps.lost(self.db.conn, since=since, until=now, now=now)

    def named(self) -> list[Row]:
        """Confirmed mentions by sector and entity, most named first."""
        return self._rows(_NAMED)

    def languages(self) -> list[str]:
        """The languages that items are in."""
        rows = self._rows("SELECT DISTINCT language FROM items ORDER BY language")
        return [row["language"] for row in rows if row["language"]]

    def urls_naming_something(self) -> set[str]:
        """The links of items with a confirmed mention."""
        rows = self._rows(
            "SELECT DISTINCT items.url FROM mentions JOIN items ON items.id = mentions.item "
            "WHERE mentions.state = 'confirmed'"
        )
        return {row["url"] for row in rows}

    def changes(self, since: datetime) -> dict[str, list[Row]]:
        """What became of the items since: new, copy, edited, vanished."""
        return changes.since(self.db, since)

    def search(self, words: str, *, limit: int, since: datetime | None = None) -> list[Row]:
        """Items first seen since that hold all the words, with their text, newest first."""
        asked, at = query(words), iso_or_none(since) or ""
        if asked and isinstance(self.place, Server):
            return engine.find(self.db, words, limit=limit, since=at)
        return self._rows(_SEARCH, (asked, at, limit)) if asked else []

    def corpus(self) -> Corpus:
        """The stored items, to go through."""
        return Corpus(self.db.conn)


_ALERT = """
SELECT alerts.*, stories.title AS story_title, stories.origins, stories.copies, feeds.name AS source
FROM alerts LEFT JOIN stories ON stories.id = alerts.story
LEFT JOIN feeds ON feeds.id = alerts.feed
WHERE alerts.id = ?"""

_STATS = """
SELECT (SELECT count(*) FROM feeds WHERE subscribed = 1) AS feeds,
  (SELECT count(*) FROM feeds WHERE subscribed = 1 AND health IN ('ok', 'slow', 'moved'))
    AS feeds_ok,
  (SELECT count(*) FROM feeds
    WHERE subscribed = 1 AND health NOT IN ('ok', 'slow', 'moved', 'new')) AS feeds_in_trouble,
  (SELECT count(*) FROM feeds WHERE subscribed = 1 AND health = 'new') AS feeds_not_polled,
  (SELECT max(last_poll_at) FROM feeds) AS last_poll_at,
  (SELECT count(*) FROM items) AS items,
  (SELECT count(*) FROM stories) AS stories,
  (SELECT count(*) FROM revisions WHERE number > 1) AS edits,
  (SELECT count(*) FROM mentions WHERE state = 'confirmed') AS mentions,
  (SELECT count(*) FROM mentions WHERE state = 'candidate') AS candidates,
  (SELECT count(DISTINCT entity) FROM mentions WHERE state = 'confirmed') AS entities_named,
  (SELECT count(*) FROM entities WHERE watched = 1) AS entities_watched,
  (SELECT count(*) FROM polls WHERE started_at >= ?) AS polls_today,
  (SELECT count(*) FROM polls WHERE started_at >= ? AND status = 'error') AS polls_failed_today,
  (SELECT count(*) FROM items WHERE first_seen_at >= ?) AS items_today"""

_ALERT_STATES = "SELECT state, count(*) AS n FROM alerts GROUP BY state ORDER BY state"

_IN_TROUBLE = """
SELECT name, url, health, health_since_at AS since, health_note AS note FROM feeds
WHERE subscribed = 1 AND health NOT IN ('ok', 'slow', 'moved', 'new')
ORDER BY health_since_at DESC, name"""

_FEED_HEALTH = """
SELECT url, health AS state, health_since_at AS since, last_new_at, last_success_at, next_poll_at,
  pace, rest_until_at, moved_to, failures, alerted, health_note AS note
FROM feeds WHERE subscribed = 1"""

_FULL_TEXTS = """
SELECT feeds.url, articles.state, CASE articles.state WHEN 'fetched' THEN '' ELSE articles.why END
  AS reason, count(*) AS count
FROM feeds CROSS JOIN articles ON articles.feed = feeds.id WHERE feeds.subscribed = 1
GROUP BY feeds.id, articles.state, reason ORDER BY feeds.id, articles.state, count DESC,
  reason"""

_DOWN = """
SELECT since_at AS since, note, advice FROM (
  SELECT * FROM health_changes WHERE feed IS NULL ORDER BY id DESC LIMIT 1) AS newest
WHERE state = 'down'"""

_SECTORS = """
SELECT entities.sector, count(DISTINCT mentions.entity) AS entities,
  count(DISTINCT items.story) AS stories, count(DISTINCT mentions.item) AS items
FROM mentions JOIN entities ON entities.id = mentions.entity JOIN items ON items.id = mentions.item
WHERE mentions.state = 'confirmed' AND mentions.found_at >= ?
  AND coalesce(items.changed_at, items.first_seen_at) >= ?
GROUP BY entities.sector ORDER BY stories DESC, entities.sector"""

# Items from before the list was put to use are tagged under another one, until a retag.
_RETAG = """
SELECT name AS watchlist, loaded_at FROM (
  SELECT * FROM watchlist_versions ORDER BY loaded_at DESC, id DESC LIMIT 1) AS newest
WHERE coalesce(retagged_at, '') < loaded_at
  AND EXISTS (SELECT 1 FROM items WHERE first_seen_at < loaded_at)"""

_NAMED = """
SELECT entities.sector, entities.id AS entity, entities.name, entities.county, entities.province,
  count(DISTINCT items.story) AS stories, count(DISTINCT mentions.item) AS items,
  group_concat(DISTINCT mentions.language) AS languages,
  min(mentions.found_at) AS first_found_at
FROM mentions JOIN entities ON entities.id = mentions.entity JOIN items ON items.id = mentions.item
WHERE mentions.state = 'confirmed'
GROUP BY entities.id ORDER BY entities.sector, stories DESC, items DESC, entities.name"""

_SEARCH = """
SELECT items.id, items.title, items.url, items.language, items.first_seen_at, items.published_at,
  feeds.name AS source, items.story, items.text, coalesce(articles.text, '') AS article
FROM items_search JOIN items ON items.id = items_search.rowid JOIN feeds ON feeds.id = items.feed
LEFT JOIN articles ON articles.item = items.id
WHERE items_search MATCH ? AND items.first_seen_at >= ? ORDER BY items.id DESC LIMIT ?"""
