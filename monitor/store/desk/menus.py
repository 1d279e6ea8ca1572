"""What a list can be narrowed to: all values that stories have, with numbers where exact."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from monitor.store.desk import select
from monitor.store.desk.types import MARKS, STATES, Choice, Filters

_FACETS = ("sector", "place", "kind", "language")

# From one value to the next by the index, so that it costs as much as there are values.
_VALUES = """
WITH RECURSIVE v(value) AS (
  SELECT (SELECT value FROM story_facets WHERE facet = :facet ORDER BY value LIMIT 1)
  UNION ALL
  SELECT (SELECT f.value FROM story_facets AS f WHERE f.facet = :facet AND f.value > v.value
    ORDER BY f.value LIMIT 1) FROM v WHERE v.value IS NOT NULL)
SELECT value FROM v WHERE value IS NOT NULL"""

_COUNTS = """
SELECT f.facet, f.value, count(*) FROM json_each(?) AS key
CROSS JOIN story_facets AS f ON f.story = key.value GROUP BY f.facet, f.value"""

_NAMES = """
SELECT e.id, e.name FROM json_each(?) AS key CROSS JOIN entities AS e ON e.id = key.value
ORDER BY e.name, e.id"""

_STATES = (*STATES, "judged", "all")


def menus(
    conn: sqlite3.Connection, filters: Filters, stories: Sequence[int] | None
) -> Mapping[str, tuple[Choice, ...]]:
    """The choices by filter. `stories` is the whole list; None if it is too long to be counted.

    A number says how many stories of the present list are left by that choice. There is none for
    the other values of a filter that is set already.
    """
    counts = _counts(conn, stories)
    found = {facet: _choices(conn, filters, facet, counts) for facet in _FACETS}
    found["state"] = tuple(
        Choice(value=s, label=s, count=len(stories or ()) if stories is not None else None)
        if s == filters.state
        else Choice(value=s, label=s, count=None)
        for s in _STATES
    )
    found["entity"] = _entities(conn, filters, counts)
    found["mark"] = _marks(conn, filters, stories, counts)
    return found


Counts = Mapping[tuple[str, str], int] | None


def _counts(conn: sqlite3.Connection, stories: Sequence[int] | None) -> Counts:
    if stories is None:
        return None
    rows = conn.execute(_COUNTS, (json.dumps(list(stories)),))
    return Counter({(facet, value): count for facet, value, count in rows})


def _count(counts: Counts, keys: Iterable[tuple[str, str]], *, chosen: str) -> int | None:
    """How many there are; None where that was not looked at."""
    wanted = list(keys)
    if counts is None or (chosen and all(value != chosen for _, value in wanted)):
        return None
    return sum(counts[key] for key in wanted if key in counts)


def _choices(
    conn: sqlite3.Connection, filters: Filters, facet: str, counts: Counts
) -> tuple[Choice, ...]:
    chosen = getattr(filters, facet)
    return tuple(
        Choice(
            value=value,
            label=value.replace("-", " "),
            count=_count(counts, [(facet, value)], chosen=chosen),
        )
        for value in values(conn, facet)
    )


def values(conn: sqlite3.Connection, facet: str) -> list[str]:
    return [value for (value,) in conn.execute(_VALUES, {"facet": facet})]


def _entities(conn: sqlite3.Connection, filters: Filters, counts: Counts) -> tuple[Choice, ...]:
    """Those named for sure, candidates too where the list shows them."""
    facets = {"confirmed": ["entity"], "candidate": ["candidate"]}
    wanted = facets.get(filters.named, ["entity", "candidate"])
    slugs = sorted({slug for facet in wanted for slug in values(conn, facet)})
    return tuple(
        Choice(
            value=slug,
            label=name,
            count=_count(counts, [(f, slug) for f in wanted], chosen=filters.entity),
        )
        for slug, name in conn.execute(_NAMES, (json.dumps(slugs),))
    )


def _marks(
    conn: sqlite3.Connection, filters: Filters, stories: Sequence[int] | None, counts: Counts
) -> tuple[Choice, ...]:
    if counts is not None and stories is not None:
        firsts = len(select.firsts(conn) & set(stories))
        counts = {**counts, ("mark", "first-mention"): firsts}
    return tuple(
        Choice(
            value=mark,
            label=mark.replace("-", " "),
            count=_count(counts, [("mark", mark)], chosen=filters.mark),
        )
        for mark in MARKS
    )
