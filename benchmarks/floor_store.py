"""The least that storing can cost: `python floor_store.py FROM_DATABASE NEW_DATABASE`.

The rows of a database written once more by executemany, 500 items a transaction, into the same tables
with the same indexes and the same search index; what is made of texts for it is made beforehand, and
no trigger runs. Prints items, rows, and CPU seconds of the writing alone.
"""

from __future__ import annotations

import sqlite3
import sys
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from monitor.segments import segment
from monitor.store import Store

ITEMS = 500  # a transaction
_TABLES = """
SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'items_search%'
AND name NOT LIKE 'sqlite_%'
AND name NOT IN ('entities', 'names', 'watchlist_versions', 'feeds')"""  # not written by polls


def _rows(source: sqlite3.Connection) -> dict[str, list[tuple[object, ...]]]:
    names = [row[0] for row in source.execute(_TABLES)]
    return {name: source.execute(f'SELECT * FROM "{name}"').fetchall() for name in names}


def _pieces(rows: list[tuple[object, ...]], count: int) -> Iterator[list[tuple[object, ...]]]:
    size = max(1, -(-len(rows) // count))
    for at in range(count):
        yield rows[at * size : (at + 1) * size]


def main() -> None:
    source = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)
    tables = _rows(source)
    words = [
        (number, segment(title), segment(text), "")
        for number, title, text in source.execute("SELECT id, title, text FROM items")
    ]
    with Store(Path(sys.argv[2])):
        pass  # the tables
    db = sqlite3.connect(sys.argv[2], isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = NORMAL")
    for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        db.execute(f'DROP TRIGGER "{name}"')
    for name in tables:
        db.execute(f'DELETE FROM "{name}"')
    count = max(1, -(-len(words) // ITEMS))
    cut = {name: list(_pieces(rows, count)) for name, rows in tables.items() if rows}
    cut_words = list(_pieces(list(words), count))
    began = time.process_time()
    for at in range(count):
        db.execute("BEGIN IMMEDIATE")
        for name, pieces in cut.items():
            if pieces[at]:
                marks = ", ".join("?" * len(pieces[at][0]))
                db.executemany(f'INSERT INTO "{name}" VALUES ({marks})', pieces[at])
        db.executemany(
            "INSERT INTO items_search (rowid, title, text, article) VALUES (?, ?, ?, ?)",
            cut_words[at],
        )
        db.execute("COMMIT")
    took = time.process_time() - began
    db.close()
    print(len(words), sum(map(len, tables.values())), took)


if __name__ == "__main__":
    main()
