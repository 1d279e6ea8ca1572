"""Views and saved queries: what analysts ask, ready to read.

The views are in the file itself, so that any program that opens it shows readable names; the
queries stand in Datasette's pages. Each goes by an index, which a test holds.
"""

from __future__ import annotations

from dataclasses import dataclass

from monitor.store.describe import TABLES
from monitor.store.describe_views import VIEWS


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A saved query. Its :names become fields of a form; an empty one asks for everything."""

    title: str
    what: str
    sql: str


_NAMED_STORIES = """
CREATE VIEW named_stories AS
SELECT f.seen_at AS first_seen_at, e.name AS entity, e.sector, e.province, s.title,
  d.name AS source, d.kind AS source_kind, s.language, s.items, s.copies, s.origins,
  f.confirmed, s.id AS story, e.id AS entity_id
FROM story_facets AS f
JOIN entities AS e ON e.id = f.value
JOIN stories AS s ON s.id = f.story
JOIN feeds AS d ON d.id = f.feed
WHERE f.facet = 'entity'"""

_NAMED_ITEMS = """
CREATE VIEW named_items AS
SELECT i.first_seen_at, e.name AS entity, m.surface AS words, m.state, m.snippet, i.title,
  d.name AS source, d.kind AS source_kind, i.language, i.published_at, i.url, m.rule, i.story,
  m.item, e.id AS entity_id
FROM mentions AS m
JOIN items AS i ON i.id = m.item
JOIN entities AS e ON e.id = m.entity
JOIN feeds AS d ON d.id = i.feed"""


def view_statements() -> tuple[str, ...]:
    """The statements that make the views."""
    return (_NAMED_STORIES, _NAMED_ITEMS, _about())


def _about() -> str:
    """What is in the file, for who opens it with nothing else at hand."""
    rows = (
        f"({number}, {_quoted(name)}, {_quoted(table.what)})"
        for number, (name, table) in enumerate({**VIEWS, **TABLES}.items(), 1)
        if name != "about"
    )
    values = ", ".join(rows)
    return (
        f'CREATE VIEW about AS SELECT column2 AS "table", column3 AS one_row_is '  # noqa: S608
        f"FROM (VALUES {values}) AS lines ORDER BY column1"
    )


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


QUESTIONS: dict[str, Question] = {
    "new_on_entity": Question(
        title="New stories on an entity",
        what="Newest first. `entity` is an id from the table entities, such as "
        "tanchon-power-station; `since` a day such as 2026-11-01.",
        sql="SELECT f.seen_at AS first_seen_at, s.title, d.name AS source, s.origins, s.copies, "
        "f.confirmed, s.id AS story FROM story_facets AS f JOIN stories AS s ON s.id = f.story "
        "JOIN feeds AS d ON d.id = f.feed WHERE f.facet = 'entity' AND f.value = :entity "
        "AND f.seen_at >= :since ORDER BY f.seen_at DESC",
    ),
    "sectors_by_week": Question(
        title="Stories by sector and week",
        what="Confirmed stories first seen in each week, which begins on Monday (UTC).",
        sql="SELECT date(f.seen_at, '-6 days', 'weekday 1') AS week, f.value AS sector, "
        "count(*) AS stories FROM story_facets AS f WHERE f.facet = 'sector' AND f.confirmed "
        "AND f.seen_at >= :since GROUP BY week, sector ORDER BY week DESC, stories DESC",
    ),
    "first_mentions": Question(
        title="First mentions",
        what="Stories that were the first ever to name an entity for sure.",
        sql="SELECT f.seen_at AS first_seen_at, s.title, d.name AS source, s.id AS story "
        "FROM story_facets AS f JOIN stories AS s ON s.id = f.story "
        "JOIN feeds AS d ON d.id = f.feed WHERE f.facet = 'mark' AND f.value = 'first-mention' "
        "AND f.seen_at >= :since ORDER BY f.seen_at DESC",
    ),
    "names_removed": Question(
        title="Edits that removed a name",
        what="Versions that no longer name what the version before named.",
        sql="SELECT r.seen_at, r.entities_removed, r.title, d.name AS source, i.url, i.story, "
        "r.item, r.number AS version FROM revisions AS r JOIN items AS i ON i.id = r.item "
        "JOIN feeds AS d ON d.id = r.feed WHERE r.entities_removed <> '[]' "
        "AND r.seen_at >= :since ORDER BY r.seen_at DESC",
    ),
    "quietest": Question(
        title="Quietest facilities",
        what="Watched facilities by when a story last named them for sure; never at the top.",
        sql="SELECT e.name, e.sector, e.province, (SELECT max(f.seen_at) FROM story_facets AS f "
        "WHERE f.facet = 'entity' AND f.value = e.id AND f.confirmed) AS last_seen_at, "
        "e.id AS entity FROM entities AS e WHERE e.watched = 1 AND e.kind = 'facility' "
        "ORDER BY last_seen_at",
    ),
    "taken_out": Question(
        title="Taken out of a feed",
        what="Stories of which a source took an item out while older ones stayed.",
        sql="SELECT f.seen_at AS first_seen_at, s.title, d.name AS source, a.gone_at, i.url, "
        "s.id AS story FROM story_facets AS f JOIN stories AS s ON s.id = f.story "
        "JOIN items AS i ON i.story = s.id JOIN appearances AS a ON a.item = i.id "
        "JOIN feeds AS d ON d.id = a.feed WHERE f.facet = 'mark' AND f.value = 'vanished' "
        "AND a.vanished = 1 AND f.seen_at >= :since ORDER BY f.seen_at DESC",
    ),
    "dropping_feeds": Question(
        title="Feeds that drop items",
        what="Polls with nothing in common with the poll before: something may have been missed.",
        sql="SELECT d.name, count(*) AS polls, min(p.started_at) AS first, "
        "max(p.started_at) AS last, d.interval, d.id AS feed FROM polls AS p "
        "JOIN feeds AS d ON d.id = p.feed WHERE p.started_at >= :since AND p.overlap = 0 "
        "AND p.seen > 0 GROUP BY d.id ORDER BY polls DESC",
    ),
    "press_lag": Question(
        title="From state media to the foreign press",
        what="Hours from the first item of state media to the first other source, by story.",
        sql="SELECT s.first_seen_at, round(s.press_lag / 3600.0, 1) AS hours, s.title, s.origins, "
        "s.copies, s.id AS story FROM stories AS s WHERE s.first_seen_at >= :since "
        "AND s.press_lag IS NOT NULL ORDER BY s.first_seen_at DESC",
    ),
}

REVIEW_QUESTIONS: dict[str, Question] = {
    "decisions_by_reviewer": Question(
        title="Decisions by reviewer",
        what="How many of each verdict, by reviewer and day (UTC).",
        sql="SELECT date(decided_at) AS day, reviewer, verdict, count(*) AS decisions "
        "FROM decisions WHERE decided_at >= :since GROUP BY day, reviewer, verdict "
        "ORDER BY day DESC, reviewer, decisions DESC",
    ),
    "rejected_names": Question(
        title="Names that mislead",
        what="Names by how often a reviewer said that they did not mean the entity.",
        sql="SELECT entity, alias, count(DISTINCT story) AS stories, max(decided_at) AS last "
        "FROM decisions WHERE entity <> '' AND verdict = 'wrong tag' AND id NOT IN "
        "(SELECT undoes FROM decisions WHERE undoes IS NOT NULL) "
        "GROUP BY entity, alias ORDER BY stories DESC",
    ),
    "history_of_story": Question(
        title="Everything decided about a story",
        what="Oldest first. `story` is its number.",
        sql="SELECT id, decided_at, reviewer, verdict, note, undoes, story_title FROM decisions "
        "WHERE story = :story ORDER BY id",
    ),
}
