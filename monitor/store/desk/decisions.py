"""What people decided: `reviews.db`, written by the desk's server and read by everything else.

`decisions` is only ever added to; an undo is a decision too. `judged` holds the present state of
each story, kept in the same transaction, so that a queue is one range of its index. The file itself
is made and opened in reviews.py.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from monitor.clock import iso, moment
from monitor.errors import StoreError
from monitor.store.desk.reviews import (
    STATES,
    VERDICTS,
    attach,
    beside,
    create,
    open_reader,
    prepare,
)

__all__ = [
    "STATES",
    "VERDICTS",
    "Decision",
    "Recorded",
    "RefusedError",
    "UnwritableError",
    "attach",
    "beside",
    "checked",
    "create",
    "history",
    "open_reader",
    "prepare",
    "record",
]

MAX_NOTE = 4000  # characters: about a page; more is a document and belongs elsewhere
MAX_NAME = 200  # characters of a reviewer, an entity, an alias, a key

# C0 but for tab and line feed, DEL, C1, what turns text round or hides it, lone surrogates.
_ACTIVE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)


class RefusedError(StoreError):
    """A decision that cannot be: `str()` says why, to the person who made it."""


class UnwritableError(StoreError):
    """The file is locked, full or out of reach: nothing was recorded, and trying again may help."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One judgement by one person."""

    story: int  # 0 for an undo: that of the decision undone
    verdict: str  # one of VERDICTS
    reviewer: str
    decided_at: datetime
    note: str = ""
    item: int | None = None  # "wrong tag": where the tag is
    entity: str = ""  # "wrong tag": what is not meant
    alias: str = ""  # "wrong tag": the name that misled
    other_story: int | None = None  # "duplicate of"
    undoes: int | None = None  # "undo": the decision
    key: str = ""  # the same for every try of one judgement; "" = none
    story_title: str = ""  # as it was judged, kept should the story change


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A decision as it stands in the file."""

    id: int
    decision: Decision
    state: str  # of the story now: one of STATES, or "new"
    repeated: bool = False  # its key was known: it stood there already


def checked(conn: sqlite3.Connection, decisions: Sequence[Decision]) -> tuple[Decision, ...]:
    """The decisions, of stories that there are, with titles. `conn` is one to the evidence.

    A story that was merged since the page was loaded stands for what it was merged into.

    Raises:
        RefusedError: a story, or an item of it, is not there.
    """
    return tuple(_checked(conn, decision) for decision in decisions)


def _checked(conn: sqlite3.Connection, decision: Decision) -> Decision:
    if decision.verdict == "undo":
        return decision
    story, title = _story(conn, decision.story)
    other = decision.other_story
    if other is not None:
        other = _story(conn, other)[0]
        if other == story:
            raise RefusedError("a story cannot be a duplicate of itself")
    if decision.item is not None:
        of = conn.execute("SELECT story FROM items WHERE id = ?", (decision.item,)).fetchone()
        if not of or of[0] != story:
            raise RefusedError(f"item {decision.item} is not in story {story}")
    return replace(decision, story=story, other_story=other, story_title=title)


def _story(conn: sqlite3.Connection, story: int) -> tuple[int, str]:
    row = conn.execute(
        "SELECT coalesce(s.id, first.id), coalesce(s.title, first.title) FROM stories AS first "
        "LEFT JOIN stories AS s ON s.id = first.merged_into WHERE first.id = ?",
        (story,),
    ).fetchone()
    if not row:
        raise RefusedError(f"there is no story {story}")
    return int(row[0]), str(row[1])


def record(conn: sqlite3.Connection, decisions: Sequence[Decision]) -> tuple[Recorded, ...]:
    """Write the decisions, all of them or none, in one transaction.

    Raises:
        RefusedError: one of them cannot be.
        UnwritableError: the file is locked, full or out of reach.
    """
    tidy = [_tidy(decision) for decision in decisions]
    with _transaction(conn):
        return tuple(_record(conn, decision) for decision in tidy)


def history(conn: sqlite3.Connection, story: int, schema: str = "main") -> tuple[Recorded, ...]:
    """All decisions about a story, oldest first, each with the state that it left.

    `schema` is "reviews" on a connection to the evidence that has them attached.
    """
    rows = conn.execute(
        f"SELECT {_COLUMNS} FROM {schema}.decisions WHERE story = ? ORDER BY id",  # noqa: S608 - a name of ours
        (story,),
    ).fetchall()
    found = [(int(row[0]), _decision(row)) for row in rows]
    return tuple(
        Recorded(id=number, decision=decision, state=_present(found[: index + 1])[0])
        for index, (number, decision) in enumerate(found)
    )


@contextmanager
def _transaction(conn: sqlite3.Connection) -> Iterator[None]:
    try:
        conn.execute("BEGIN IMMEDIATE")
        yield
        conn.execute("COMMIT")
    except sqlite3.OperationalError as error:
        _roll_back(conn)
        raise UnwritableError(f"not recorded: {error}") from error
    except BaseException:
        _roll_back(conn)
        raise


def _roll_back(conn: sqlite3.Connection) -> None:
    if conn.in_transaction:
        conn.execute("ROLLBACK")


_COLUMNS = (
    "id, story, verdict, note, reviewer, decided_at, item, entity, alias, other_story, undoes, "
    "key, story_title"
)


def _record(conn: sqlite3.Connection, decision: Decision) -> Recorded:
    known = _known(conn, decision)
    if known:
        return replace(known, state=_state(conn, known.decision.story), repeated=True)
    if decision.verdict == "undo":
        decision = _undoing(conn, decision)
    number = conn.execute(
        f"INSERT INTO decisions ({_COLUMNS}) VALUES (NULL{', ?' * 12})",  # noqa: S608 - names of ours
        (
            *(decision.story, decision.verdict, decision.note, decision.reviewer),
            *(iso(decision.decided_at), decision.item, decision.entity, decision.alias),
            *(decision.other_story, decision.undoes, decision.key or None, decision.story_title),
        ),
    ).lastrowid
    assert number is not None
    return Recorded(id=number, decision=decision, state=_judge(conn, decision.story))


def _known(conn: sqlite3.Connection, decision: Decision) -> Recorded | None:
    """What a repeated key stands for; a key of something else is a mistake, not a repetition."""
    if not decision.key:
        return None
    row = conn.execute(
        f"SELECT {_COLUMNS} FROM decisions WHERE key = ?",  # noqa: S608 - names of ours
        (decision.key,),
    ).fetchone()
    if not row:
        return None
    known = _decision(row)
    if (known.verdict, known.reviewer) != (decision.verdict, decision.reviewer):
        raise RefusedError("this key was used for another decision")
    return Recorded(id=int(row[0]), decision=known, state="")


def _undoing(conn: sqlite3.Connection, decision: Decision) -> Decision:
    row = conn.execute(
        "SELECT story, story_title FROM decisions WHERE id = ?", (decision.undoes,)
    ).fetchone()
    if not row:
        raise RefusedError(f"there is no decision {decision.undoes} to undo")
    twice = conn.execute("SELECT 1 FROM decisions WHERE undoes = ?", (decision.undoes,)).fetchone()
    if twice:
        raise RefusedError(f"decision {decision.undoes} was undone already")
    return replace(decision, story=int(row[0]), story_title=str(row[1]))


def _judge(conn: sqlite3.Connection, story: int) -> str:
    """Work out the present state of a story from all decisions about it, and keep it."""
    rows = conn.execute(
        f"SELECT {_COLUMNS} FROM decisions WHERE story = ? ORDER BY id",  # noqa: S608 - names of ours
        (story,),
    ).fetchall()
    state, number, decision = _present([(int(row[0]), _decision(row)) for row in rows])
    if decision is None:
        conn.execute("DELETE FROM judged WHERE story = ?", (story,))
    else:
        conn.execute(
            "INSERT INTO judged (story, state, decision, reviewer, decided_at) "
            "VALUES (?, ?, ?, ?, ?) ON CONFLICT (story) DO UPDATE SET state = excluded.state, "
            "decision = excluded.decision, reviewer = excluded.reviewer, "
            "decided_at = excluded.decided_at",
            (story, state, number, decision.reviewer, iso(decision.decided_at)),
        )
    return state


def _present(decisions: Iterable[tuple[int, Decision]]) -> tuple[str, int, Decision | None]:
    """The newest verdict that was not undone. An undo that was itself undone counts no more."""
    undone: set[int | None] = set()
    for number, decision in sorted(decisions, key=lambda pair: -pair[0]):
        if number in undone:
            continue
        if decision.verdict == "undo":
            undone.add(decision.undoes)
        elif decision.verdict in STATES:
            return decision.verdict, number, decision
    return "new", 0, None


def _state(conn: sqlite3.Connection, story: int) -> str:
    row = conn.execute("SELECT state FROM judged WHERE story = ?", (story,)).fetchone()
    return str(row[0]) if row else "new"


def _decision(row: Sequence[object]) -> Decision:
    (
        _,
        story,
        verdict,
        note,
        reviewer,
        decided_at,
        item,
        entity,
        alias,
        other,
        undoes,
        key,
        title,
    ) = row
    return Decision(
        story=_number(story) or 0,
        verdict=str(verdict),
        note=str(note),
        reviewer=str(reviewer),
        decided_at=moment(str(decided_at)),
        item=_number(item),
        entity=str(entity),
        alias=str(alias),
        other_story=_number(other),
        undoes=_number(undoes),
        key=str(key or ""),
        story_title=str(title),
    )


def _number(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _tidy(decision: Decision) -> Decision:
    """Within bounds and without characters that act; what says nothing is refused."""
    if decision.verdict not in VERDICTS:
        raise RefusedError(f"the verdict must be one of {', '.join(VERDICTS)}")
    if not decision.reviewer:
        raise RefusedError("a decision needs a reviewer")
    note = _ACTIVE.sub("", decision.note.replace("\r\n", "\n")).strip()
    if len(note) > MAX_NOTE:
        raise RefusedError(f"a note has at most {MAX_NOTE} characters; this one has {len(note)}")
    if decision.verdict == "note" and not note:
        raise RefusedError("an empty note says nothing")
    if decision.verdict == "duplicate of" and decision.other_story is None:
        raise RefusedError("of which story is it a duplicate? Its number is missing")
    if decision.verdict == "wrong tag" and not decision.entity:
        raise RefusedError("which entity is not meant? It is missing")
    if decision.verdict == "undo" and decision.undoes is None:
        raise RefusedError("which decision is undone? Its number is missing")
    return replace(
        decision,
        note=note,
        reviewer=_line(decision.reviewer),
        entity=_line(decision.entity),
        alias=_line(decision.alias),
        key=_key(decision.key),
        undoes=decision.undoes if decision.verdict == "undo" else None,
        other_story=decision.other_story if decision.verdict == "duplicate of" else None,
    )


def _line(text: str) -> str:
    return " ".join(_ACTIVE.sub("", text).split())[:MAX_NAME]


def _key(key: str) -> str:
    """Never shortened: two keys must not become one."""
    if len(key) > MAX_NAME or not key.isprintable():
        raise RefusedError(f"a key is one line of at most {MAX_NAME} characters")
    return key
