"""What became of the items since a moment: new ones, copies, edits, and what was taken out."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlite_utils import Database

from monitor.clock import iso

_NAMES_OF_ITEM = """
(SELECT group_concat(entities.name, ', ') FROM entities WHERE entities.id IN
  (SELECT entity FROM mentions WHERE mentions.item = items.id AND state = 'confirmed'))"""

_NEW = f"""
SELECT feeds.name AS source, items.title,
  coalesce('names ' || {_NAMES_OF_ITEM}, 'names nothing watched') AS note
FROM items JOIN feeds ON feeds.id = items.feed
WHERE items.first_seen_at > :since AND relation = 'original' ORDER BY items.id"""  # noqa: S608

_COPIES = """
SELECT feeds.name AS source, items.title,
  'copy of the story of ' || (SELECT feeds.name FROM items AS first
    JOIN feeds ON feeds.id = first.feed WHERE first.story = items.story
    ORDER BY first.id LIMIT 1) AS note
FROM items JOIN feeds ON feeds.id = items.feed
WHERE items.first_seen_at > :since AND relation = 'copy' ORDER BY items.id"""

_EDITED = """
SELECT feeds.name AS source, revisions.title,
  trim(CASE WHEN entities_added <> '[]' THEN 'name added: ' || (SELECT group_concat(name, ', ')
      FROM entities WHERE id IN (SELECT value FROM json_each(entities_added))) || ' ' ELSE '' END
    || CASE WHEN entities_removed <> '[]' THEN 'name removed: ' || (SELECT group_concat(name, ', ')
      FROM entities WHERE id IN (SELECT value FROM json_each(entities_removed)))
      ELSE '' END) AS note
FROM revisions JOIN feeds ON feeds.id = revisions.feed
WHERE seen_at > :since AND number > 1 ORDER BY revisions.id"""

_VANISHED = f"""
SELECT feeds.name AS source, items.title, 'taken out while older items stayed; named '
  || coalesce({_NAMES_OF_ITEM}, 'nothing watched') AS note
FROM appearances JOIN items ON items.id = appearances.item JOIN feeds ON feeds.id = appearances.feed
WHERE vanished = 1 AND gone_at > :since ORDER BY appearances.id"""  # noqa: S608


def since(db: Database, moment: datetime) -> dict[str, list[dict[str, Any]]]:
    """Rows with source, title and note, by what happened: new, copy, edited, vanished."""
    queries = {"new": _NEW, "copy": _COPIES, "edited": _EDITED, "vanished": _VANISHED}
    return {what: list(db.query(sql, {"since": iso(moment)})) for what, sql in queries.items()}
