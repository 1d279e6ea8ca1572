"""The table of what is archived: which bytes stand where in which WARC file."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from monitor.clock import iso, moment
from monitor.records import Evidence, Original

_PUT = """
INSERT INTO evidence (feed, url, fetched_at, http_status, sha256, bytes, same_as, file, "offset",
  length, record, address, tls_certificate, tls_subject)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""

_ENDS = 'SELECT file, max("offset" + length) FROM evidence GROUP BY file'

# The newest one: it outlives the others.
_SAME = """
SELECT id, url, fetched_at, record FROM evidence
WHERE sha256 = ? AND same_as IS NULL AND removed_at IS NULL ORDER BY id DESC LIMIT 1"""

_FILES = """
SELECT file, max(fetched_at), sum(length), count(*) FROM evidence
WHERE removed_at IS NULL GROUP BY file ORDER BY file"""

_IN_FILE = """
SELECT id, file, "offset", length, same_as FROM evidence
WHERE file = ? AND removed_at IS NULL ORDER BY "offset", id"""

# What stories rest on: the bytes of every version of their items, and what those are the same as.
_OF_STORIES = """
WITH RECURSIVE chosen(id) AS (
  SELECT CAST(value AS INTEGER) FROM json_each(?) UNION
  SELECT s.merged_into FROM stories AS s JOIN chosen ON chosen.id = s.id
  WHERE s.merged_into IS NOT NULL),
told AS (SELECT id, evidence FROM items WHERE story IN (SELECT id FROM chosen)),
used AS (
  SELECT evidence FROM told WHERE evidence IS NOT NULL UNION
  SELECT r.evidence FROM told JOIN revisions AS r ON r.item = told.id
  WHERE r.evidence IS NOT NULL UNION
  SELECT a.evidence FROM told CROSS JOIN articles AS a ON a.item = told.id
  WHERE a.evidence IS NOT NULL)
SELECT evidence FROM used UNION
SELECT e.same_as FROM used JOIN evidence AS e ON e.id = used.evidence WHERE e.same_as IS NOT NULL"""

# Revisits that stay have no body of their own.
_LEANED_ON = """
SELECT DISTINCT same_as FROM evidence WHERE same_as IS NOT NULL AND removed_at IS NULL
AND file NOT IN (SELECT value FROM json_each(?))"""

_REMOVED = """
UPDATE evidence SET removed_at = ? WHERE removed_at IS NULL
AND file = ?"""

_MOVED = 'UPDATE evidence SET file = ?, "offset" = ? WHERE id = ?'


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An archived response with the same body."""

    id: int
    original: Original


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A WARC file that rows refer to."""

    name: str
    newest_at: str  # when the youngest of its exchanges was fetched
    bytes: int  # of the groups in it
    groups: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The records of one exchange, in their place."""

    id: int
    file: str
    offset: int
    length: int
    same_as: int | None


def put(db: sqlite3.Connection, feed: int, evidence: Evidence) -> int:
    """Store the row; its number."""
    e = evidence
    row = db.execute(
        _PUT,
        (feed, e.url, iso(e.fetched_at), e.http_status, e.sha256, e.bytes, e.same_as, e.file,
         e.offset, e.length, e.record, e.address, e.tls_certificate, e.tls_subject),
    ).lastrowid  # fmt: skip
    assert row is not None
    return row


def ends(db: sqlite3.Connection) -> dict[str, int]:
    """By file, where its last record ends that a row refers to."""
    return dict(db.execute(_ENDS).fetchall())


def archived(db: sqlite3.Connection, sha256: str) -> Found | None:
    """The response whose body has this digest, if its bytes are still there."""
    row = db.execute(_SAME, (sha256,)).fetchone()
    if row is None:
        return None
    return Found(id=row[0], original=Original(url=row[1], at=moment(row[2]), record=row[3]))


def files(db: sqlite3.Connection) -> list[File]:
    """The files whose bytes are still there, oldest first."""
    return [
        File(name=name, newest_at=newest, bytes=size, groups=groups)
        for name, newest, size, groups in db.execute(_FILES)
    ]


def groups_in(db: sqlite3.Connection, file: str) -> list[Group]:
    """What stands in a file, in order."""
    return [
        Group(id=number, file=name, offset=offset, length=length, same_as=same_as)
        for number, name, offset, length, same_as in db.execute(_IN_FILE, (file,))
    ]


def of_stories(db: sqlite3.Connection, stories: Iterable[int]) -> set[int]:
    """The evidence that these stories rest on."""
    wanted = json.dumps(sorted(set(stories)))
    return {row for (row,) in db.execute(_OF_STORIES, (wanted,))}


def leaned_on(db: sqlite3.Connection, files: Sequence[str]) -> set[int]:
    """Evidence that holds the body of other evidence which stands outside these files."""
    return {row for (row,) in db.execute(_LEANED_ON, (json.dumps(list(files)),))}


def moved(db: sqlite3.Connection, places: Sequence[tuple[str, int, int]]) -> None:
    """Groups that stand elsewhere now: (file, offset, number)."""
    db.executemany(_MOVED, places)


def removed(db: sqlite3.Connection, file: str, now: str) -> int:
    """The rows of a file that is going to be deleted say so; how many there were."""
    return db.execute(_REMOVED, (now, file)).rowcount
