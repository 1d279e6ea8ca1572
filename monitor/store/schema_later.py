"""What later releases add to the tables. The rules of schema.py hold here too."""

from __future__ import annotations

from sqlite_utils import Database

_SOURCES = (
    "ALTER TABLE appearances ADD COLUMN source TEXT",
    "ALTER TABLE appearances ADD COLUMN title_key TEXT",
)


def m002_sources(db: Database) -> None:
    """What entries are known by before they are read."""
    for statement in _SOURCES:
        db.execute(statement)
