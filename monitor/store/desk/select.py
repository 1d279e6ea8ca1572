"""Which stories answer to some filters, newest first: the SQL behind every list.

One facet is gone through in the order of its index, the rest is looked up for each of its stories.
The one gone through is that with the fewest stories; a few stories known by number (judged so, the
first on an entity) are taken first of all.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from monitor.store.desk import judged
from monitor.store.desk.types import STATES, Cursor, Filters

# Stories gone through for one page at most: 20,000 lookups are some 40 ms. Beyond that a list goes
# on from where it stopped, so that no rare mixture of filters keeps a page waiting.
SCAN = 20_000
FEW = 5_000  # stories that are sorted for a page when no facet has them in order

_AFTER_ALL = Cursor(key="9999", number=0)

Facet = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Stories in order, and how far was looked."""

    stories: list[tuple[str, int]]  # first seen, number
    stopped: Cursor | None  # where looking ended before the end of the list; None: at the end


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How to go through the stories of some filters."""

    arms: tuple[Facet, ...]  # gone through; two of them are merged
    numbers: frozenset[int] | None  # or these stories are
    rest: str  # conditions on every story `d` but for that of the arms
    every: str  # and with it
    values: dict[str, object]

    def find(self, conn: sqlite3.Connection, *, after: Cursor | None, limit: int) -> Found:
        """The first stories after a place in the list."""
        start = after or _AFTER_ALL
        if self.numbers is not None:
            rows = self._select(conn, self._some(), start, limit, numbers=self.numbers)
            return Found(stories=rows, stopped=None)
        floor = self._floor(conn, start)
        bound = floor or Cursor(key="", number=0)
        within = "AND (d.seen_at, d.story) >= (:floor_at, :floor_story)"
        source = self._arms(f"{within} {self.rest}")
        rows = self._select(
            conn, source, start, limit, floor_at=bound.key, floor_story=bound.number
        )
        return Found(stories=rows, stopped=floor if len(rows) < limit else None)

    def among(self, conn: sqlite3.Connection, stories: Iterable[int]) -> set[int]:
        """Those of these stories that answer to the filters."""
        numbers = frozenset(stories)
        if self.numbers is not None:
            numbers &= self.numbers
        rows = self._select(conn, self._some(), _AFTER_ALL, len(numbers), numbers=numbers)
        return {story for _, story in rows}

    def _select(
        self,
        conn: sqlite3.Connection,
        source: str,
        start: Cursor,
        limit: int,
        *,
        numbers: Iterable[int] = (),
        **more: object,
    ) -> list[tuple[str, int]]:
        values = {
            **self.values,
            **more,
            "at": start.key,
            "story": start.number,
            "limit": limit,
            "numbers": json.dumps(list(numbers)),
        }
        sql = f"{source} ORDER BY seen_at DESC, story DESC LIMIT :limit"
        return conn.execute(sql, values).fetchall()

    def _floor(self, conn: sqlite3.Connection, start: Cursor) -> Cursor | None:
        """The last story that this page may come to; None if the list ends before."""
        values = {**self.values, "at": start.key, "story": start.number, "skip": SCAN - 1}
        row = conn.execute(
            f"{self._arms('')} ORDER BY seen_at DESC, story DESC LIMIT 1 OFFSET :skip", values
        ).fetchone()
        return Cursor(key=row[0], number=row[1]) if row else None

    def _arms(self, more: str) -> str:
        return " UNION ALL ".join(
            f"SELECT d.seen_at AS seen_at, d.story AS story FROM story_facets AS d "  # noqa: S608 - names of ours
            f"WHERE d.facet = :arm{n}_facet AND d.value = :arm{n}_value {_SPAN} {more}"
            for n in range(len(self.arms))
        )

    def _some(self) -> str:
        return (
            "SELECT d.seen_at AS seen_at, d.story AS story FROM json_each(:numbers) AS key "  # noqa: S608 - names of ours
            "CROSS JOIN story_facets AS d INDEXED BY story_facets_story "
            "ON d.story = key.value AND d.facet = 'named' "
            f"WHERE 1 {_SPAN} {self.every}"
        )


_SPAN = "AND (d.seen_at, d.story) < (:at, :story) AND d.seen_at >= :since AND d.seen_at < :until"


def plan(conn: sqlite3.Connection, filters: Filters) -> Plan:
    """How to go through the stories that answer to these filters (words and sort aside)."""
    numbers, state = _state(conn, filters)
    if filters.mark == "first-mention":
        numbers = firsts(conn) if numbers is None else firsts(conn) & numbers
    values: dict[str, object] = {
        "since": filters.since,
        "until": filters.until or _AFTER_ALL.key,
        "state": filters.state,
    }
    conditions = list(_conditions(filters))
    arms: tuple[Facet, ...] = ()
    if numbers is None:
        arms = _rarest(conn, conditions or [_NAMED[filters.named]], values)
    values |= _values("arm", arms)
    for number, condition in enumerate(conditions):
        values |= _values(f"facet{number}_", condition)
    fixed = f"{state} {_CONFIRMED[filters.named]}"
    lookups = {c: _lookup(f"facet{n}_", c) for n, c in enumerate(conditions)}
    return Plan(
        arms=arms,
        numbers=None if numbers is None else frozenset(numbers),
        rest=" ".join([fixed, *(test for c, test in lookups.items() if c != arms)]),
        every=" ".join([fixed, *lookups.values()]),
        values=values,
    )


_NAMED: dict[str, tuple[Facet, ...]] = {
    "confirmed": (("named", "confirmed"),),
    "candidate": (("named", "candidate"),),
    "any": (("named", "confirmed"), ("named", "candidate")),
}

_CONFIRMED = {
    "confirmed": "AND d.confirmed = 1",
    "candidate": "AND d.confirmed = 0",
    "any": "",
}


def _conditions(filters: Filters) -> Iterator[tuple[Facet, ...]]:
    """What a story must have: one facet of each of these."""
    if filters.entity:
        facets = {"confirmed": ("entity",), "candidate": ("candidate",)}
        wanted = facets.get(filters.named, ("entity", "candidate"))
        yield tuple((facet, filters.entity) for facet in wanted)
    for facet in ("sector", "place", "kind", "language"):
        value = getattr(filters, facet)
        if value:
            yield ((facet, value),)
    if filters.mark and filters.mark != "first-mention":
        yield (("mark", filters.mark),)
    if filters.feed:
        yield (("feed", str(filters.feed)),)


def _state(conn: sqlite3.Connection, filters: Filters) -> tuple[set[int] | None, str]:
    """The stories of this state if they are few; and the condition."""
    state = filters.state
    if state == "all":
        return None, ""
    if not judged.attached(conn):
        return (None, "") if state == "new" else (set(), "")
    if state == "new":
        return None, "AND NOT EXISTS (SELECT 1 FROM reviews.judged AS j WHERE j.story = d.story)"
    wanted = STATES[1:] if state == "judged" else (state,)
    rows = conn.execute(
        "SELECT story FROM reviews.judged WHERE state IN (SELECT value FROM json_each(?)) LIMIT ?",
        (json.dumps(wanted), FEW + 1),
    ).fetchall()
    if len(rows) <= FEW:
        return {story for (story,) in rows}, ""
    one = "" if state == "judged" else "AND j.state = :state"
    return None, f"AND EXISTS (SELECT 1 FROM reviews.judged AS j WHERE j.story = d.story {one})"  # noqa: S608


def firsts(conn: sqlite3.Connection) -> set[int]:
    """The first stories of all entities: those with the mark `first-mention`."""
    rows = conn.execute(
        "SELECT (SELECT f.story FROM story_facets AS f WHERE f.facet = 'entity' "
        "AND f.value = e.id ORDER BY f.seen_at, f.story LIMIT 1) FROM entities AS e"
    )
    return {story for (story,) in rows if story is not None}


def _rarest(
    conn: sqlite3.Connection,
    conditions: Sequence[tuple[Facet, ...]],
    values: dict[str, object],
) -> tuple[Facet, ...]:
    """The one with the fewest stories in the span, counted no further than a page may go."""
    if len(conditions) == 1:
        return conditions[0]
    return min(conditions, key=lambda facets: sum(_size(conn, f, values) for f in facets))


def _size(conn: sqlite3.Connection, facet: Facet, values: dict[str, object]) -> int:
    sql = (
        "SELECT count(*) FROM (SELECT 1 FROM story_facets WHERE facet = :facet AND value = :value "
        "AND seen_at >= :since AND seen_at < :until LIMIT :scan)"
    )
    asked = {**values, "facet": facet[0], "value": facet[1], "scan": SCAN}
    return int(conn.execute(sql, asked).fetchone()[0])


def _lookup(prefix: str, facets: tuple[Facet, ...]) -> str:
    tests = (
        f"EXISTS (SELECT 1 FROM story_facets AS x WHERE x.facet = :{prefix}{n}_facet "  # noqa: S608 - names of ours
        f"AND x.value = :{prefix}{n}_value AND x.seen_at = d.seen_at AND x.story = d.story)"
        for n in range(len(facets))
    )
    return f"AND ({' OR '.join(tests)})"


def _values(prefix: str, facets: tuple[Facet, ...]) -> dict[str, object]:
    """Named parameters for facets, counted from 0."""
    values: dict[str, object] = {}
    for n, (facet, value) in enumerate(facets):
        values[f"{prefix}{n}_facet"] = facet
        values[f"{prefix}{n}_value"] = value
    return values
