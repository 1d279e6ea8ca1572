"""Stories by their words: the search index, newest item first, and no more of it than a page needs.

The index knows items; a story stands where the newest of its items stands that has all the words.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from monitor.store.desk import select
from monitor.store.desk.types import Cursor, Filters
from monitor.store.search import query

BATCH = 250  # items taken from the index at a time
# Items looked at for one page: with the index in memory some 50 ms. A list of stories that are
# rarer than that among the items goes on from where it stopped.
MOST = 5_000

_LAST = 1 << 62  # above every rowid

_FOUND = """
SELECT rowid FROM items_search WHERE items_search MATCH ? AND rowid < ? ORDER BY rowid DESC"""

# One look for all: to begin a query for a frequent word's head takes tens of milliseconds.
_BETWEEN = """
SELECT rowid FROM items_search WHERE items_search MATCH ? AND rowid BETWEEN ? AND ?"""

_NEWER = """
SELECT i.id, i.story FROM json_each(?) AS key
CROSS JOIN items AS i ON i.story = key.value AND i.id >= ?"""

_STORIES = """
SELECT i.id, i.story FROM json_each(?) AS key CROSS JOIN items AS i ON i.id = key.value
ORDER BY i.id DESC"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A page of stories, and the head of the list for its counts."""

    page: list[int]
    next: Cursor | None
    all: list[int]
    more: bool


def find(
    conn: sqlite3.Connection, filters: Filters, *, after: Cursor | None, limit: int, most: int
) -> Found:
    """The stories after a place in the list, and the first `most` of the whole list."""
    asked = query(filters.words)
    plan = select.plan(conn, filters)
    if not asked:
        return Found(page=[], next=None, all=[], more=False)
    head = _walk(conn, plan, asked, _LAST, most + 1)
    if after:
        part = _walk(conn, plan, asked, after.number, limit + 1, seen_before=after.number)
    else:
        part = head
    shown = part.stories[:limit]
    following = Cursor(key="item", number=shown[-1][0]) if len(part.stories) > limit else None
    if following is None and part.stopped:
        following = Cursor(key="item", number=part.stopped)
    return Found(
        page=[story for _, story in shown],
        next=following,
        all=[story for _, story in head.stories[:most]],
        more=bool(head.stopped) or len(head.stories) > most,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Walk:
    stories: list[tuple[int, int]]  # the item by which it was found, story
    stopped: int  # the last item that was looked at, if there are more; else 0


def _walk(
    conn: sqlite3.Connection,
    plan: select.Plan,
    asked: str,
    start: int,
    limit: int,
    *,
    seen_before: int = 0,
) -> _Walk:
    found: dict[int, int] = {}
    rest = conn.execute(_FOUND, (asked, start))
    for _ in range(MOST // BATCH):
        items = [item for (item,) in rest.fetchmany(BATCH)]
        matching = _matching(conn, plan, items)
        above = _above(conn, asked, {s for _, s in matching}, seen_before) if seen_before else ()
        for item, story in matching:
            if story in above:
                continue
            found.setdefault(story, item)
            if len(found) == limit:
                return _Walk(stories=[(i, s) for s, i in found.items()], stopped=item)
        if len(items) < BATCH:
            return _Walk(stories=[(i, s) for s, i in found.items()], stopped=0)
    return _Walk(stories=[(i, s) for s, i in found.items()], stopped=items[-1])


def _matching(
    conn: sqlite3.Connection, plan: select.Plan, items: Sequence[int]
) -> list[tuple[int, int]]:
    """Those of these items whose story answers to the filters, with their stories, in order."""
    pairs = conn.execute(_STORIES, (json.dumps(list(items)),)).fetchall()
    wanted = plan.among(conn, {story for _, story in pairs})
    return [(item, story) for item, story in pairs if story in wanted]


def _above(conn: sqlite3.Connection, asked: str, stories: set[int], item: int) -> set[int]:
    """Those that stand on an earlier page: by an item as new as the last one there."""
    newer = dict(conn.execute(_NEWER, (json.dumps(list(stories)), item)).fetchall())
    if not newer:
        return set()
    found = conn.execute(_BETWEEN, (asked, min(newer), max(newer)))
    return {newer[number] for (number,) in found if number in newer}
