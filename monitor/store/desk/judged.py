"""What is known of judgements on this connection: `reviews.db` may be attached, or not."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable

from monitor.store.desk import decisions
from monitor.store.desk.types import Judgement

_STATES = """
SELECT j.story, j.state, j.reviewer, j.decided_at, j.decision FROM json_each(?) AS key
CROSS JOIN reviews.judged AS j ON j.story = key.value"""


def can_attach(conn: object) -> bool:
    """Whether a file of SQLite's can be: to another of them, not to a server's session."""
    return isinstance(conn, sqlite3.Connection)


def attached(conn: sqlite3.Connection) -> bool:
    """Whether there are judgements to read."""
    if not can_attach(conn):
        return False
    names = {row[1] for row in conn.execute("PRAGMA database_list")}
    if "reviews" not in names:
        return False
    sql = "SELECT count(*) FROM reviews.sqlite_master WHERE name IN ('decisions', 'judged')"
    return bool(conn.execute(sql).fetchone()[0] == 2)


def states(
    conn: sqlite3.Connection, stories: Iterable[int]
) -> dict[int, tuple[str, str, str, int]]:
    """State, reviewer, time (as stored) and decision of those of these stories that were judged."""
    if not attached(conn):
        return {}
    rows = conn.execute(_STATES, (json.dumps(list(stories)),))
    return {story: (state, reviewer, at, decision) for story, state, reviewer, at, decision in rows}


def by_state(conn: sqlite3.Connection) -> dict[str, int]:
    """How many stories were judged, by state."""
    if not attached(conn):
        return {}
    return dict(conn.execute("SELECT state, count(*) FROM reviews.judged GROUP BY state"))


def judgements(conn: sqlite3.Connection, stories: Iterable[int]) -> tuple[Judgement, ...]:
    """Everything that was ever decided of these stories, oldest first."""
    if not attached(conn):
        return ()
    lines = [one for story in stories for one in decisions.history(conn, story, "reviews")]
    lines.sort(key=lambda line: line.id)
    undone = undone_by((line.id, line.decision.undoes) for line in lines)
    return tuple(_judgement(line, undone=line.id in undone) for line in lines)


def undone_by(undoings: Iterable[tuple[int, int | None]]) -> set[int]:
    """The decisions that do not count, of (id, what it undoes). An undo may itself be undone."""
    undone: set[int] = set()
    for number, undoes in sorted(undoings, reverse=True):
        if number not in undone and undoes is not None:
            undone.add(undoes)
    return undone


def _judgement(line: decisions.Recorded, *, undone: bool) -> Judgement:
    made = line.decision
    return Judgement(
        id=line.id,
        story=made.story,
        verdict=made.verdict,
        note=made.note,
        reviewer=made.reviewer,
        decided_at=made.decided_at,
        item=made.item,
        entity=made.entity,
        alias=made.alias,
        other_story=made.other_story,
        undoes=made.undoes,
        undone=undone,
    )
