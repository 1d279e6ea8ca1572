"""What a retag has worked out so far, in a file beside the database.

The file makes an interrupted retag go on where it stopped. It holds the new mentions of every item
whose mentions change, and how far it got. It counts only for the watchlist that it was made with
and for the database that it was made from; anything else that stands there is thrown away.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from monitor.errors import StoreError
from monitor.store import mentions
from monitor.store.corpus import BATCH, Corpus
from monitor.types import Mention

_TABLES = """
CREATE TABLE IF NOT EXISTS progress (
  key TEXT, done INTEGER, seen_at TEXT, revision INTEGER, article TEXT);
CREATE TABLE IF NOT EXISTS changed (item INTEGER PRIMARY KEY, mentions TEXT NOT NULL);
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far the work has come."""

    done: int = 0  # every item up to this id is worked out
    seen_at: str = ""  # when that one was first seen: another database has another there
    revision: int = 0  # edits up to this row of revisions are taken in
    article: str = ""  # full texts that came before this time are


class Staging:
    """The side file, open.

    Raises:
        StoreError: it cannot be written.
    """

    def __init__(self, database: Path, key: str, corpus: Corpus) -> None:
        self.path = database.with_name(database.name + ".retag")
        try:
            self._db = self._resumed(key, corpus) or self._new(key, corpus)
        except (sqlite3.Error, OSError) as error:
            raise StoreError(f"{self.path}: cannot be written: {error}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def progress(self) -> Progress:
        """How far the work has come."""
        sql = "SELECT done, seen_at, revision, article FROM progress"
        done, seen_at, revision, article = self._db.execute(sql).fetchone()
        return Progress(done=done, seen_at=seen_at, revision=revision, article=article)

    def put(
        self,
        worked_out: Sequence[int],
        changed: Sequence[tuple[int, Sequence[Mention]]],
        progress: Progress,
    ) -> None:
        """Keep the new mentions of those items that change, and how far that takes the work."""
        rows = [(item, json.dumps([mentions.row(m) for m in found])) for item, found in changed]
        try:
            with self._db:
                self._db.executemany(
                    "DELETE FROM changed WHERE item = ?", [(i,) for i in worked_out]
                )
                self._db.executemany("INSERT INTO changed VALUES (?, ?)", rows)
                self._db.execute(
                    "UPDATE progress SET done = ?, seen_at = ?, revision = ?, article = ?",
                    (progress.done, progress.seen_at, progress.revision, progress.article),
                )
        except sqlite3.OperationalError as error:
            raise StoreError(f"{self.path}: {error}") from error

    def __len__(self) -> int:
        """How many items change."""
        return int(self._db.execute("SELECT count(*) FROM changed").fetchone()[0])

    def batches(self) -> Iterator[dict[int, tuple[Mention, ...]]]:
        """The items that change with their new mentions, in batches by id."""
        after = 0
        sql = "SELECT item, mentions FROM changed WHERE item > ? ORDER BY item LIMIT ?"
        while rows := self._db.execute(sql, (after, BATCH)).fetchall():
            yield {item: tuple(mentions.read(m) for m in json.loads(found)) for item, found in rows}
            after = rows[-1][0]

    def close(self) -> None:
        """Leave the file for the next time."""
        self._db.close()

    def remove(self) -> None:
        """The work is done, or not wanted."""
        self.close()
        self._unlink()

    def _resumed(self, key: str, corpus: Corpus) -> sqlite3.Connection | None:
        """The work so far, if it is of this watchlist and this database."""
        if not self.path.exists():
            return None
        db = sqlite3.connect(self.path)
        if _is_ours(db, key, corpus):
            return _set_up(db)
        db.close()
        self._unlink()
        return None

    def _new(self, key: str, corpus: Corpus) -> sqlite3.Connection:
        db = _set_up(sqlite3.connect(self.path))
        db.executescript(_TABLES)
        with db:
            row = (key, 0, "", corpus.newest_revision(), corpus.newest_article())
            db.execute("INSERT INTO progress VALUES (?, ?, ?, ?, ?)", row)
        return db

    def _unlink(self) -> None:
        for ending in ("-wal", "-shm", "-journal", ""):
            self.path.with_name(self.path.name + ending).unlink(missing_ok=True)


def _set_up(db: sqlite3.Connection) -> sqlite3.Connection:
    """WAL with NORMAL: no fsync a commit, and what a power cut leaves is older, not broken."""
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = NORMAL")
    return db


def _is_ours(db: sqlite3.Connection, key: str, corpus: Corpus) -> bool:
    """Whether the work is of this watchlist and of this database."""
    try:
        sql = "SELECT key, done, seen_at, revision, article FROM progress"
        row = db.execute(sql).fetchone()
    except sqlite3.DatabaseError:
        return False  # cut off at its first write, or damaged
    if row is None or row[0] != key:
        return False
    _, done, seen_at, revision, _ = row
    return bool(corpus.seen_at(done) == seen_at and corpus.newest_revision() >= revision)
