"""The queue: stories that name something, by filters, a page at a time.

A page costs the same wherever it lies: it goes on from a cursor (keyset), never from an offset.
select.py says how the stories are found, words.py how by words, menus.py what is left to choose.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from datetime import datetime

from monitor.store.desk import judged, menus, rows, select, words
from monitor.store.desk.types import Counts, Cursor, Filters, QueuePage

CAP = 1_000  # stories are counted no further: nobody reads such a list to its end
PAGE = 25
RANKED = 2_000  # newest stories that are put in order of importance

# Points of the order by importance. Each origin after the first is a point, up to MOST_ORIGINS.
MOST_ORIGINS = 5
FIRST_MENTION = 3
NAME_REMOVED = 3
BOTH_SIDES = 2  # told by state media and by somebody else

_SCORES = f"""
SELECT s.id,
  min(max(s.origins - 1, 0), {MOST_ORIGINS})
  + {NAME_REMOVED} * EXISTS (SELECT 1 FROM story_facets AS f
      WHERE f.story = s.id AND f.facet = 'mark' AND f.value = 'name-removed')
  + {BOTH_SIDES} * (
      EXISTS (SELECT 1 FROM story_facets AS f
        WHERE f.story = s.id AND f.facet = 'kind' AND f.value = 'state-media')
      AND EXISTS (SELECT 1 FROM story_facets AS f
        WHERE f.story = s.id AND f.facet = 'kind' AND f.value <> 'state-media'))
FROM json_each(?) AS key CROSS JOIN stories AS s ON s.id = key.value"""  # noqa: S608 - numbers of ours

_ITEMS = """
SELECT total(s.items) FROM json_each(?) AS key CROSS JOIN stories AS s ON s.id = key.value"""

_NEW = Filters()


def page(
    conn: sqlite3.Connection,
    filters: Filters,
    *,
    after: Cursor | None = None,
    limit: int = PAGE,
    now: datetime,
) -> QueuePage:
    """A page of the stories that answer to all the filters, `limit` at most.

    Order. newest: by `first_seen_at`. important: the newest 2,000 of them by points, then by
    number, newer first: each origin after the first gives 1, up to 5; a first mention of an entity
    3; a name that an edit removed 3; state media and other sources together 2. words: by the newest
    item in which all of them stand.
    """
    del now  # a list says nothing that depends on the hour; pages of other kinds do
    if filters.words:
        found = words.find(conn, filters, after=after, limit=limit, most=CAP)
        return _page(conn, filters, found.page, found.next, found.all, more=found.more)
    plan = select.plan(conn, filters)
    whole = plan.find(conn, after=None, limit=RANKED if filters.sort == "important" else CAP + 1)
    numbers = [story for _, story in whole.stories]
    more = whole.stopped is not None or len(numbers) > CAP
    if filters.sort == "important":
        shown, following = _important(conn, numbers, after, limit)
    else:
        shown, following = _newest(conn, plan, whole, after, limit)
    return _page(conn, filters, shown, following, numbers[:CAP], more=more)


def counts(conn: sqlite3.Connection) -> Counts:
    """How many stories wait and how many were judged, for the head of every page."""
    found = select.plan(conn, _NEW).find(conn, after=None, limit=CAP + 1)
    return Counts(
        new=min(len(found.stories), CAP),
        more=found.stopped is not None or len(found.stories) > CAP,
        judged=judged.by_state(conn),
    )


def _newest(
    conn: sqlite3.Connection,
    plan: select.Plan,
    whole: select.Found,
    after: Cursor | None,
    limit: int,
) -> tuple[list[int], Cursor | None]:
    found = plan.find(conn, after=after, limit=limit + 1) if after else whole
    shown = found.stories[:limit]
    if len(found.stories) > limit:
        seen_at, story = shown[-1]
        return [number for _, number in shown], Cursor(key=seen_at, number=story)
    return [number for _, number in shown], found.stopped


def _important(
    conn: sqlite3.Connection, numbers: Sequence[int], after: Cursor | None, limit: int
) -> tuple[list[int], Cursor | None]:
    """The page after a place in the order of points; it holds while stories come and go."""
    ranked = sorted(_scores(conn, numbers), reverse=True)
    if after:
        score = after.key.removeprefix("score:")
        start = (int(score) if score.isdigit() else 0, after.number)
        ranked = [place for place in ranked if place < start]
    shown = ranked[:limit]
    following = None
    if len(ranked) > limit:
        following = Cursor(key=f"score:{shown[-1][0]}", number=shown[-1][1])
    return [story for _, story in shown], following


def _scores(conn: sqlite3.Connection, numbers: Sequence[int]) -> list[tuple[int, int]]:
    firsts = select.firsts(conn)
    scored = conn.execute(_SCORES, (json.dumps(list(numbers)),))
    return [(points + FIRST_MENTION * (story in firsts), story) for story, points in scored]


def _page(
    conn: sqlite3.Connection,
    filters: Filters,
    shown: Sequence[int],
    following: Cursor | None,
    counted: Sequence[int],
    *,
    more: bool,
) -> QueuePage:
    items = conn.execute(_ITEMS, (json.dumps(list(counted)),)).fetchone()[0]
    return QueuePage(
        rows=rows.story_rows(conn, shown),
        next=following,
        stories=len(counted),
        items=int(items),
        more=more,
        menus=menus.menus(conn, filters, None if more else counted),
    )
