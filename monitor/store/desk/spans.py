"""Mentions as marks: on a whole text, and on the few words that a list shows of it."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from monitor.clock import moment
from monitor.snippets import AFTER, snippet
from monitor.store.desk.types import EntityRef, Excerpt, Span

MOST_EXCERPTS = 2  # of an item: more is read in its text

Marks = Mapping[tuple[int, str], Sequence[Span]]
"""By item and field, in the order of the text."""

_SPANS = """
SELECT m.item, m.field, m.start, m."end", m.entity, e.name, e.sector, e.kind, m.state, m.alias,
  m.rule, w.name, m.found_at
FROM json_each(?) AS key CROSS JOIN mentions AS m ON m.item = key.value
CROSS JOIN entities AS e ON e.id = m.entity
CROSS JOIN watchlist_versions AS w ON w.id = m.watchlist_version
ORDER BY m.item, m.field, m.start, m."end" DESC, m.id"""

_ENTITIES = """
SELECT e.id, e.name, e.sector, e.kind, e.province FROM json_each(?) AS key
CROSS JOIN entities AS e ON e.id = key.value"""


def of_items(conn: sqlite3.Connection, items: Iterable[int]) -> Marks:
    """The marks of these items."""
    found: dict[tuple[int, str], list[Span]] = defaultdict(list)
    for item, field, *rest in conn.execute(_SPANS, (json.dumps(list(items)),)):
        found[item, field].append(_span(rest))
    return found


def _span(row: Sequence[object]) -> Span:
    (start, end, entity, name, sector, kind, state, alias, rule, watchlist, found_at) = row
    return Span(
        start=int(str(start)),
        end=int(str(end)),
        entity=str(entity),
        entity_name=str(name),
        sector=str(sector),
        kind=str(kind),
        state=str(state),
        alias=str(alias),
        rule=str(rule),
        watchlist=str(watchlist),
        found_at=moment(str(found_at)),
    )


def excerpts(item: int, field: str, text: str, spans: Sequence[Span]) -> tuple[Excerpt, ...]:
    """The words round the first mentions; one excerpt holds all that stand near each other."""
    found: list[Excerpt] = []
    rest = list(spans)
    while rest and len(found) < MOST_EXCERPTS:
        excerpt = _excerpt(item, field, text, rest)
        found.append(excerpt)
        rest = [s for s in rest[len(excerpt.spans) :] if s.start >= rest[0].end + AFTER]
    return tuple(found)


def _excerpt(item: int, field: str, text: str, spans: Sequence[Span]) -> Excerpt:
    """Round the first of these spans, with those after it that are wholly in it."""
    first = spans[0]
    cut = snippet(text, first.start, first.end)
    shift = cut.start - first.start  # one character stays one character in a snippet
    end = len(cut.text.removesuffix("…"))
    shown = [
        replace(span, start=span.start + shift, end=span.end + shift)
        for span in spans
        if span.end + shift <= end
    ]
    return Excerpt(item=item, field=field, text=cut.text, spans=tuple(shown))


def entities(conn: sqlite3.Connection, slugs: Iterable[str]) -> dict[str, EntityRef]:
    """These entities, by slug; one that is not there any more stands under its slug."""
    wanted = set(slugs)
    rows = conn.execute(_ENTITIES, (json.dumps(sorted(wanted)),))
    found = {row[0]: reference(row) for row in rows}
    return {slug: found.get(slug) or reference((slug, slug, "", "", "")) for slug in wanted}


def reference(row: Sequence[object]) -> EntityRef:
    """An entity from id, name, sector, kind and province."""
    slug, name, sector, kind, province = (str(value) for value in row)
    return EntityRef(id=slug, name=name, sector=sector, kind=kind, province=province)
