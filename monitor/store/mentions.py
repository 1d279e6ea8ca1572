"""The mentions table: the one way in and out of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence

from monitor.snippets import snippet
from monitor.types import Mention

Row = tuple[int | str, ...]

_INSERT = """
INSERT INTO mentions (item, entity, state, alias, surface, language, field, start, "end", snippet,
  rule, watchlist_version, found_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""

COLUMNS = 'entity, alias, surface, field, start, "end", state, rule'  # as `read` takes them

_DELETE = """
DELETE FROM mentions WHERE item = ? AND entity = ? AND state = ? AND alias = ? AND surface = ?
  AND field = ? AND start = ? AND "end" = ? AND rule = ?"""


def insert(
    db: sqlite3.Connection,
    item: int,
    mentions: Sequence[Mention],
    *,
    fields: Mapping[str, str],
    language: str,
    watchlist_version: int,
    now: str,
) -> None:
    """Store mentions of an item; `fields` are the texts that they lie in, by name."""
    found = rows(
        item,
        mentions,
        fields=fields,
        language=language,
        watchlist_version=watchlist_version,
        now=now,
    )
    put(db, found)


def put(db: sqlite3.Connection, found: Iterable[Row]) -> None:
    """Store what `rows` made of the mentions of any number of items."""
    db.executemany(_INSERT, found)


def rows(
    item: int,
    mentions: Sequence[Mention],
    *,
    fields: Mapping[str, str],
    language: str,
    watchlist_version: int,
    now: str,
) -> Iterator[Row]:
    """The rows of an item's mentions, for `put`; the rest as for `insert`."""
    for m in mentions:
        yield (
            item,
            m.entity,
            m.state,
            m.name,
            m.surface,
            language,
            m.field,
            m.start,
            m.end,
            snippet(fields[m.field], m.start, m.end).text,
            m.rule,
            watchlist_version,
            now,
        )


def delete(db: sqlite3.Connection, item: int, mentions: Sequence[Mention]) -> None:
    """Take out exactly these mentions of an item."""
    db.executemany(
        _DELETE,
        [
            (item, m.entity, m.state, m.name, m.surface, m.field, m.start, m.end, m.rule)
            for m in mentions
        ],
    )


def row(mention: Mention) -> tuple[str | int, ...]:
    """The mention as a row of `COLUMNS`."""
    m = mention
    return m.entity, m.name, m.surface, m.field, m.start, m.end, m.state, m.rule


def read(row: Sequence[object]) -> Mention:
    """The mention that a row of `COLUMNS` holds."""
    entity, name, surface, field, start, end, state, rule = row
    return Mention(
        entity=str(entity),
        name=str(name),
        surface=str(surface),
        field=str(field),
        start=int(str(start)),
        end=int(str(end)),
        state=str(state),
        rule=str(rule),
    )
