"""What people decided, as far as retention and export must know it: read only, file or no file."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

from monitor.errors import StoreError
from monitor.store.desk.decisions import beside, open_reader

# An undone decision counts too: somebody looked, and may look again.
_DECIDED = """
SELECT story FROM decisions UNION
SELECT other_story FROM decisions WHERE other_story IS NOT NULL"""

_OF = """
SELECT * FROM decisions WHERE story IN (SELECT value FROM json_each(:stories))
  OR other_story IN (SELECT value FROM json_each(:stories)) ORDER BY id"""

_STATES = """
SELECT story, state, reviewer, decided_at FROM judged
WHERE story IN (SELECT value FROM json_each(?)) ORDER BY story"""


def decided(database: Path) -> set[int]:
    """The stories that somebody decided upon, as they were numbered then.

    Raises:
        StoreError: there are decisions, but they cannot be read.
    """
    return {row["story"] for row in _rows(database, _DECIDED, ())}


def decisions_on(database: Path, stories: Iterable[int]) -> list[dict[str, Any]]:
    """Every decision on these stories, oldest first. Raises StoreError."""
    return _rows(database, _OF, {"stories": json.dumps(sorted(stories))})


def decisions_after(database: Path, number: int) -> list[dict[str, Any]]:
    """Every decision with a higher number, oldest first. Raises StoreError."""
    return _rows(database, "SELECT * FROM decisions WHERE id > ? ORDER BY id", (number,))


def states_of(database: Path, stories: Iterable[int]) -> dict[int, dict[str, Any]]:
    """By story, what the decisions come to. Raises StoreError."""
    rows = _rows(database, _STATES, (json.dumps(sorted(stories)),))
    return {row["story"]: row for row in rows}


def _rows(database: Path, sql: str, values: Any) -> list[dict[str, Any]]:
    path = beside(database)
    if not path.exists():
        return []
    with closing(open_reader(path)) as db:
        db.row_factory = sqlite3.Row
        try:
            return [dict(row) for row in db.execute(sql, values)]
        except sqlite3.Error as error:
            raise StoreError(f"{path}: cannot read the decisions: {error}") from error
