"""Scorecards: what reviewers' decisions say of names and of feeds.

A story judged relevant speaks for every name that stands confirmed in it. A wrong tag speaks
against the name that it gives or, where it gives none, against every name of its entity in that
story (or item). Decisions that were undone do not count, nor the same one by two reviewers twice.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping

from monitor.store.desk import judged

Name = tuple[str, str]
"""Entity and alias."""

# A merged story's judgement goes with its items.
_RELEVANT = """
SELECT j.story FROM reviews.judged AS j WHERE j.state = 'relevant'
UNION SELECT s.merged_into FROM stories AS s INDEXED BY stories_merged
CROSS JOIN reviews.judged AS j ON j.story = s.id
WHERE s.merged_into IS NOT NULL AND j.state = 'relevant'"""

_FOR_NAMES = f"""
SELECT DISTINCT m.entity, m.alias, i.story FROM ({_RELEVANT}) AS r
CROSS JOIN items AS i ON i.story = r.story
CROSS JOIN mentions AS m ON m.item = i.id AND m.state = 'confirmed'"""  # noqa: S608 - SQL of ours

# The same of one entity: most relevant stories do not name it, and a facet says so at once.
_FOR_ENTITY = f"""
SELECT DISTINCT m.entity, m.alias, i.story FROM ({_RELEVANT}) AS r
CROSS JOIN story_facets AS f ON f.story = r.story AND f.facet = 'entity' AND f.value = :entity
CROSS JOIN items AS i ON i.story = r.story
CROSS JOIN mentions AS m ON m.item = i.id AND +m.entity = :entity AND m.state = 'confirmed'"""  # noqa: S608 - SQL of ours

_FOR_FEEDS = f"""
SELECT f.value, count(*) FROM ({_RELEVANT}) AS r
CROSS JOIN story_facets AS f ON f.story = r.story AND f.facet = 'feed' GROUP BY 1"""  # noqa: S608 - SQL of ours

_WRONG = """
SELECT d.id, d.story, d.item, d.entity, d.alias FROM reviews.decisions AS d
WHERE d.entity <> '' AND d.entity = coalesce(:entity, d.entity) AND d.verdict = 'wrong tag'"""

_UNDONE = "SELECT id, undoes FROM reviews.decisions WHERE undoes IS NOT NULL"

_ALIASES = """
SELECT DISTINCT key.value ->> 0, m.alias FROM json_each(:wrong) AS key
CROSS JOIN stories AS s ON s.id = key.value ->> 1
CROSS JOIN items AS i ON i.story = coalesce(s.merged_into, s.id)
CROSS JOIN mentions AS m ON m.item = i.id AND +m.entity = key.value ->> 3
WHERE key.value ->> 2 IS NULL OR i.id = key.value ->> 2"""

_FEEDS = """
SELECT DISTINCT key.value ->> 1, i.feed FROM json_each(:wrong) AS key
CROSS JOIN stories AS s ON s.id = key.value ->> 1
CROSS JOIN items AS i ON i.story = coalesce(s.merged_into, s.id)
WHERE key.value ->> 2 IS NULL OR i.id = key.value ->> 2"""

Wrong = tuple[int, int, int | None, str, str]
"""Decision, story, item, entity, alias."""


def precision(relevant: int, rejected: int) -> float | None:
    """The share of the judged that was right; None if nothing was judged."""
    return relevant / (relevant + rejected) if relevant + rejected else None


def relevant(conn: sqlite3.Connection, entity: str = "") -> Mapping[Name, int]:
    """By name: stories judged relevant in which it stands confirmed."""
    if not judged.attached(conn):
        return {}
    sql = _FOR_ENTITY if entity else _FOR_NAMES
    return Counter((e, alias) for e, alias, _ in conn.execute(sql, {"entity": entity}))


def rejected(conn: sqlite3.Connection, entity: str = "") -> Mapping[Name, frozenset[int]]:
    """By name: the stories in which it was judged a wrong tag."""
    found: dict[Name, set[int]] = defaultdict(set)
    for name, story in _against(conn, _wrong(conn, entity)):
        found[name].add(story)
    return {name: frozenset(stories) for name, stories in found.items()}


def by_feed(conn: sqlite3.Connection) -> dict[int, tuple[int, int]]:
    """By feed: its stories judged relevant, and those with a wrong tag."""
    if not judged.attached(conn):
        return {}
    good = {int(feed): count for feed, count in conn.execute(_FOR_FEEDS)}
    rows = conn.execute(_FEEDS, {"wrong": json.dumps(_wrong(conn, ""))})
    bad = Counter(feed for _, feed in rows)
    return {feed: (good.get(feed, 0), bad[feed]) for feed in {*good, *bad}}


def _wrong(conn: sqlite3.Connection, entity: str) -> list[Wrong]:
    """Wrong tags that were not undone."""
    if not judged.attached(conn):
        return []
    undone = judged.undone_by(conn.execute(_UNDONE).fetchall())
    rows = conn.execute(_WRONG, {"entity": entity or None})
    return [row for row in rows if row[0] not in undone]


def _against(conn: sqlite3.Connection, wrong: Iterable[Wrong]) -> Iterator[tuple[Name, int]]:
    vague: dict[int, Wrong] = {}
    for one in wrong:
        number, story, _, entity, alias = one
        if alias:
            yield (entity, alias), story
        else:
            vague[number] = one
    asked = json.dumps([tuple(one) for one in vague.values()])  # Datasette has rows of its own
    for number, alias in conn.execute(_ALIASES, {"wrong": asked}):
        yield (vague[number][3], alias), vague[number][1]
