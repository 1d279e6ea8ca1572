"""Everything stored, item by item, for the commands that go through all of it.

Read in batches by id, each a short query of its own: memory stays flat however much is stored, and
no long-lived snapshot keeps the daemon's WAL from being folded in.
"""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from monitor.store import mentions
from monitor.store.desk import decisions, judged, watch
from monitor.store.desk.types import NameCard
from monitor.stored import SilentName, StoredItem
from monitor.types import Entity, Mention

BATCH = 400  # items; some MB of text at the longest that feeds have, a few ms of overhead each

# CROSS JOIN keeps SQLite from starting at feeds and sorting every item.
_COLUMNS = """
SELECT items.id, items.story, items.relation, items.title, items.text, items.language, items.url,
  items.first_seen_at, items.feed, feeds.name, feeds.url, feeds.kind,
  coalesce((SELECT articles.text FROM articles WHERE articles.item = items.id), '')
FROM items CROSS JOIN feeds ON feeds.id = items.feed"""

_NEXT = f"""{_COLUMNS}
WHERE items.id > ? AND items.first_seen_at >= ? ORDER BY items.id LIMIT ?"""

_SOME = f"""{_COLUMNS}
WHERE items.id IN (SELECT value FROM json_each(?)) ORDER BY items.id"""  # noqa: S608 - column names only

_MENTIONS = f"""
SELECT item, {mentions.COLUMNS} FROM mentions WHERE item IN (SELECT value FROM json_each(?))
ORDER BY item, field <> 'title', field <> 'text', start, "end", entity"""  # noqa: S608 - column names only

# A feed's first good poll is its baseline; what was seen before the next one began alerted nobody.
_NEWS_SINCE = """
WITH first AS (
  SELECT id AS feed, (SELECT started_at FROM polls WHERE polls.feed = feeds.id AND baseline = 1
    ORDER BY started_at LIMIT 1) AS at FROM feeds)
SELECT feed, CASE WHEN at IS NULL THEN '' ELSE coalesce(
  (SELECT min(started_at) FROM polls WHERE polls.feed = first.feed AND started_at > at), '9') END
FROM first"""

_ANNOUNCED = """
SELECT DISTINCT rule, story FROM alerts WHERE story IN (SELECT value FROM json_each(?))"""

# Items of the same stories that name what these items do not.
_INSTEAD = """
SELECT mentions.entity, count(DISTINCT items.story)
FROM items CROSS JOIN mentions ON mentions.item = items.id AND mentions.state = 'confirmed'
WHERE items.story IN (SELECT value FROM json_each(:stories))
  AND items.id NOT IN (SELECT value FROM json_each(:items))
  AND mentions.entity NOT IN (SELECT entity FROM mentions
    WHERE item IN (SELECT value FROM json_each(:items)))
GROUP BY mentions.entity"""

# Since when the names of today have been looked for in everything stored from then on.
_LOOKING_SINCE = """
SELECT max((SELECT min(first_seen_at) FROM items),
  CASE WHEN coalesce(retagged_at, '') < loaded_at THEN loaded_at ELSE '' END)
FROM watchlist_versions ORDER BY loaded_at DESC, id DESC LIMIT 1"""

_SILENT = """
WITH seen AS (
  SELECT mentions.entity, alias, max(items.first_seen_at) AS last_seen_at
  FROM mentions JOIN items ON items.id = mentions.item GROUP BY mentions.entity, alias)
SELECT names.entity, entities.name, names.language, names.text, seen.last_seen_at
FROM names JOIN entities ON entities.id = names.entity
LEFT JOIN seen ON seen.entity = names.entity AND seen.alias = names.text
WHERE names.watched = 1 AND names.origin = 'listed' AND coalesce(seen.last_seen_at, '') < ?
ORDER BY names.entity, names.language, names.text"""

_NOT_RELEVANT = "SELECT story FROM reviews.judged WHERE state = 'not relevant'"

_ENTITIES = "SELECT id, name, kind, sector, province FROM entities"


class Corpus:
    """A connection's view of the stored items. `since` is a time as stored, "" for all."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def newest(self) -> int:
        """The highest id of an item; 0 if there is none."""
        return int(self._db.execute("SELECT coalesce(max(id), 0) FROM items").fetchone()[0])

    def read_decisions(self, database: Path) -> None:
        """Let this connection read the decisions that are kept beside its file, if any are."""
        if judged.can_attach(self._db) and not judged.attached(self._db):
            decisions.attach(self._db, decisions.beside(database))

    def not_relevant(self) -> frozenset[int]:
        """The stories that reviewers judged not relevant."""
        if not judged.attached(self._db):
            return frozenset()
        return frozenset(row[0] for row in self._db.execute(_NOT_RELEVANT))

    def flagged(self) -> tuple[NameCard, ...]:
        """The names that reviewers find wrong too often, the worst first."""
        return watch.flagged(self._db) if judged.attached(self._db) else ()

    def count(self, *, since: str = "", after: int = 0) -> int:
        """How many items, with ids above `after`, were first seen since."""
        sql = "SELECT count(*) FROM items WHERE first_seen_at >= ? AND id > ?"
        return int(self._db.execute(sql, (since, after)).fetchone()[0])

    def items(self, *, since: str = "", after: int = 0) -> Iterator[list[StoredItem]]:
        """The items first seen since, with ids above `after`, in batches by id."""
        after = max(after, self._before(since))
        while rows := self._db.execute(_NEXT, (after, since, BATCH)).fetchall():
            yield self._with_mentions(rows)
            after = rows[-1][0]

    def some(self, ids: Sequence[int]) -> list[StoredItem]:
        """These items, by id; those that are not there are left out."""
        rows = self._db.execute(_SOME, (json.dumps(list(ids)),)).fetchall()
        return self._with_mentions(rows)

    def seen_at(self, item: int) -> str:
        """When an item was first seen; "" for one that is not there."""
        row = self._db.execute("SELECT first_seen_at FROM items WHERE id = ?", (item,)).fetchone()
        return str(row[0]) if row else ""

    def newest_revision(self) -> int:
        """The number of the last row of revisions: every edit adds at least one."""
        return int(self._db.execute("SELECT coalesce(max(id), 0) FROM revisions").fetchone()[0])

    def edited(self, after_revision: int) -> list[int]:
        """The items edited since that row of revisions."""
        sql = "SELECT DISTINCT item FROM revisions WHERE id > ? ORDER BY item"
        return [row[0] for row in self._db.execute(sql, (after_revision,))]

    def newest_article(self) -> str:
        """When the last full text came; "" before the first."""
        sql = "SELECT coalesce(max(fetched_at), '') FROM articles WHERE state = 'fetched'"
        return str(self._db.execute(sql).fetchone()[0])

    def with_articles_since(self, at: str) -> list[int]:
        """The items whose full text came then or later."""
        sql = "SELECT item FROM articles WHERE state = 'fetched' AND fetched_at >= ? ORDER BY item"
        return [row[0] for row in self._db.execute(sql, (at,))]

    def entities(self) -> dict[str, Entity]:
        """Every entity that is or was watched, without its names."""
        return {
            row[0]: Entity(
                id=row[0], name=row[1], kind=row[2], sector=row[3], province=row[4], names=()
            )
            for row in self._db.execute(_ENTITIES)
        }

    def news_since(self) -> dict[int, str]:
        """By feed: when its items began to be news, its baseline over."""
        return dict(self._db.execute(_NEWS_SINCE).fetchall())

    def announced(self, stories: Iterable[int]) -> set[tuple[str, int]]:
        """Rule and story of every alert about these stories."""
        return set(self._db.execute(_ANNOUNCED, (json.dumps(sorted(set(stories))),)).fetchall())

    def named_instead(self, stories: Sequence[int], items: Sequence[int]) -> dict[str, int]:
        """Entities named in other items of these stories but not in these items → stories."""
        given = {"stories": json.dumps(list(stories)), "items": json.dumps(list(items))}
        return dict(self._db.execute(_INSTEAD, given).fetchall())

    def looking_since(self) -> str:
        """Since when the present names have been looked for; "" before anything is stored."""
        row = self._db.execute(_LOOKING_SINCE).fetchone()
        return str(row[0]) if row and row[0] else ""

    def silent_names(self, since: str) -> list[SilentName]:
        """Listed names that no item first seen since is written with."""
        return [SilentName(*row) for row in self._db.execute(_SILENT, (since,))]

    def _before(self, since: str) -> int:
        """An id that every item first seen since is above."""
        if not since:
            return 0
        sql = "SELECT min(id) FROM items WHERE first_seen_at >= ?"
        first = self._db.execute(sql, (since,)).fetchone()[0]
        return int(first) - 1 if first is not None else 0

    def _with_mentions(self, rows: Sequence[tuple[object, ...]]) -> list[StoredItem]:
        found: dict[int, list[Mention]] = defaultdict(list)
        for item, *mention in self._db.execute(_MENTIONS, (json.dumps([row[0] for row in rows]),)):
            found[item].append(mentions.read(mention))
        return [_item(row, tuple(found.get(int(str(row[0])), ()))) for row in rows]


def _item(row: tuple[object, ...], mentions: tuple[Mention, ...]) -> StoredItem:
    (item, story, relation, title, text, language, url, first_seen_at, feed, source, source_url,
     source_kind, article) = row  # fmt: skip
    return StoredItem(
        id=int(str(item)),
        story=int(str(story)),
        relation=str(relation),
        title=str(title),
        text=str(text),
        article=str(article),
        language=str(language),
        url=str(url),
        first_seen_at=str(first_seen_at),
        feed=int(str(feed)),
        source=str(source),
        source_url=str(source_url),
        source_kind=str(source_kind),
        mentions=mentions,
    )
