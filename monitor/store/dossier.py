"""What an evidence pack is made of: all that is stored about some stories. Only reads."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

Row = dict[str, Any]

BATCH = 200  # stories read at a time

# A story is chosen by an item of it that fits all that is asked; it is exported as a whole.
_CHOSEN = """
SELECT DISTINCT i.story FROM items AS i JOIN stories AS s ON s.id = i.story
WHERE (i.story = :story OR :story IS NULL)
  AND (:since = '' OR i.first_seen_at >= :since) AND (:until = '' OR i.first_seen_at < :until)
  AND ((:entity = '' AND :sector = '') OR EXISTS (
    SELECT 1 FROM mentions AS m JOIN entities AS e ON e.id = m.entity WHERE m.item = i.id
    AND (:entity = '' OR m.entity = :entity) AND (:sector = '' OR e.sector = :sector)))
ORDER BY i.story"""

_STORY = "SELECT merged_into FROM stories WHERE id = ?"

_TABLES = {
    "stories": "SELECT * FROM stories WHERE id IN keys ORDER BY id",
    "items": """
SELECT i.*, f.name AS source, f.url AS source_url, f.kind AS source_kind
FROM items AS i JOIN feeds AS f ON f.id = i.feed WHERE i.story IN keys ORDER BY i.story, i.id""",
    "mentions": """
SELECT m.*, e.name AS entity_name, e.sector, w.hash AS watchlist_hash FROM mentions AS m
JOIN items AS i ON i.id = m.item JOIN entities AS e ON e.id = m.entity
JOIN watchlist_versions AS w ON w.id = m.watchlist_version
WHERE i.story IN keys
ORDER BY m.item, m.field <> 'title', m.field <> 'text', m.start, m.id""",
    "articles": """
SELECT a.* FROM articles AS a JOIN items AS i ON i.id = a.item
WHERE i.story IN keys ORDER BY a.item""",
    "revisions": """
SELECT r.* FROM revisions AS r JOIN items AS i ON i.id = r.item
WHERE i.story IN keys ORDER BY r.item, r.number""",
    "appearances": """
SELECT a.*, f.name AS source, f.url AS source_url FROM appearances AS a
JOIN items AS i ON i.id = a.item JOIN feeds AS f ON f.id = a.feed
WHERE i.story IN keys ORDER BY a.item, a.id""",
    "mends": "SELECT * FROM mends WHERE story IN keys OR other IN keys ORDER BY id",
    "evidence": """
WITH used AS (
  SELECT evidence FROM items WHERE story IN keys AND evidence IS NOT NULL UNION
  SELECT r.evidence FROM revisions AS r JOIN items AS i ON i.id = r.item
  WHERE i.story IN keys AND r.evidence IS NOT NULL UNION
  SELECT a.evidence FROM articles AS a JOIN items AS i ON i.id = a.item
  WHERE i.story IN keys AND a.evidence IS NOT NULL)
SELECT * FROM evidence WHERE id IN (
  SELECT evidence FROM used UNION
  SELECT e.same_as FROM used JOIN evidence AS e ON e.id = used.evidence
  WHERE e.same_as IS NOT NULL) ORDER BY id""",
}
_KEYS = "WITH keys AS (SELECT value FROM json_each(:keys)) "

_ENTITIES = """
SELECT * FROM entities WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id"""

_NAMES = """
SELECT entity, language, text, confidence, origin, needs_context, watched FROM names
WHERE entity IN (SELECT value FROM json_each(?)) ORDER BY entity, language, text"""

_VERSIONS = "SELECT * FROM watchlist_versions ORDER BY id"

_UP_TO = "SELECT coalesce(max(started_at), '') FROM polls"

_SCHEMA = "SELECT name FROM _sqlite_migrations ORDER BY name"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is asked for; all of it must fit. Times as stored, "" for open."""

    entity: str = ""
    sector: str = ""
    story: int | None = None
    since: str = ""
    until: str = ""


class Dossier:
    """One look at the database: everything is read from the same state of it."""

    def __init__(self, db: sqlite3.Connection) -> None:
        """Begin a read transaction; `close` ends it."""
        self._db = db
        self._db.row_factory = sqlite3.Row
        self._db.execute("BEGIN")

    def close(self) -> None:
        """Let the daemon fold its WAL in again."""
        self._db.rollback()

    def stories(self, wanted: Wanted) -> list[int]:
        """The stories that fit. One that was merged stands for what it was merged into."""
        story = wanted.story
        while story is not None and (row := self._db.execute(_STORY, (story,)).fetchone()):
            if row[0] is None:
                break
            story = row[0]
        values = {"entity": wanted.entity, "sector": wanted.sector, "story": story,
                  "since": wanted.since, "until": wanted.until}  # fmt: skip
        return [row[0] for row in self._db.execute(_CHOSEN, values)]

    def rows(self, table: str, stories: Sequence[int]) -> Iterator[Row]:
        """The rows of one table that belong to these stories, in a fixed order."""
        sql = _TABLES[table]
        # A WITH of its own goes on with ours.
        sql = _KEYS.strip() + ", " + sql.strip()[5:] if sql.strip()[:4] == "WITH" else _KEYS + sql
        sql = sql.replace("IN keys", "IN (SELECT value FROM keys)")
        for at in range(0, len(stories), BATCH):
            keys = {"keys": json.dumps(list(stories[at : at + BATCH]))}
            for row in self._db.execute(sql, keys):
                yield dict(row)

    def evidence(self, stories: Sequence[int]) -> list[Row]:
        """What these stories rest on, each row once, by number."""
        return [
            row for _, row in sorted({r["id"]: r for r in self.rows("evidence", stories)}.items())
        ]

    def watchlist(self, entities: Sequence[str]) -> Row:
        """The entities with their names, and every version of the watchlists."""
        keys = (json.dumps(sorted(entities)),)
        return {
            "versions": self._all(_VERSIONS),
            "entities": self._all(_ENTITIES, keys),
            "names": self._all(_NAMES, keys),
        }

    def up_to(self) -> str:
        """When the last poll began: the state of things that this is."""
        return str(self._db.execute(_UP_TO).fetchone()[0])

    def schema(self) -> list[str]:
        """The migrations that made the tables."""
        return [row[0] for row in self._db.execute(_SCHEMA)]

    def knows(self, kind: str, name: str) -> bool:
        """Whether there is such an entity, or such a sector."""
        sql = {"entity": "SELECT 1 FROM entities WHERE id = ? LIMIT 1",
               "sector": "SELECT 1 FROM entities WHERE sector = ? LIMIT 1"}[kind]  # fmt: skip
        return self._db.execute(sql, (name,)).fetchone() is not None

    def _all(self, sql: str, values: Sequence[object] = ()) -> list[Row]:
        return [dict(row) for row in self._db.execute(sql, values)]
