"""What it takes to remove a month of items from PostgreSQL: as tables, and the same row by row.

    python -m benchmarks.months [--items 200000]

Half a year ago that many items were stored in a month, each a story of its own with a mention, an
appearance and what it is found by, 400 characters long; nine of ten are to go, one of ten was decided
upon and stays. Removed are they twice: with a month that has begun since, so that the month goes as
tables, and without one, in steps of 5,000 stories. Printed are seconds until the items are gone, and
until the stories are too; the CPU of the server; and what its log of changes (WAL) grew by.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.cluster import SERVER, cpu_of
from benchmarks.measure import table
from monitor.store import Store
from monitor.store.postgres import ranges
from tests.support.postgres import Postgres, server

NOW = datetime(2998, 8, 1, tzinfo=UTC)
BEFORE = "2998-03-01T00:00:00.000Z"
SEEN = "2998-02-10T00:00:00.000Z"
STEP = 5_000  # stories: in a step of retention

_FEED = """
INSERT INTO feeds (id, url, name, language, kind, interval, timezone, encoding, full_text, page, host,
  subscribed, health, health_note, health_rounds, alerted, failures, added_at, next_poll_at, etag,
  last_modified, body_hash, fixed, pace, hints, moved_to, moved_polls)
VALUES (1, 'https://a.example/f', 'a', 'en', '', 900, '', '', 0, '', 'a.example', 1, 'ok', '', 0, '',
  0, '{seen}', '{seen}', '', '', '', 0, 900, '', '', 0)"""
_LIST = """
INSERT INTO watchlist_versions (id, name, hash, loaded_at, entities, names)
VALUES (1, 'a', 'a', '{seen}', 1, 1)"""
_ENTITY = """
INSERT INTO entities (id, name, kind, sector, province, county, precision, watched, watchlist)
VALUES ('mill', 'Mill', 'facility', '', '', '', '', 1, 'a')"""
_STORIES = """
INSERT INTO stories (id, title, language, first_seen_at, last_seen_at, items, copies, origins)
SELECT n, 'Title ' || n, 'en', '{seen}', '{seen}', 1, 0, 1 FROM generate_series(1, {count}) AS n"""
_ITEMS = """
INSERT INTO items (id, feed, url, guid, title, text, language, author, published_raw, first_seen_at,
  story, relation, revisions, url_key, title_key, text_key, content_hash)
SELECT n, 1, 'https://a.example/' || n, 'g' || n, 'Title ' || n, repeat(md5(n::text), 12),
  'en', '', '', '{seen}', n, 'original', 0, 'a.example/' || n, md5('t' || n), md5('x' || n), md5('c' || n)
FROM generate_series(1, {count}) AS n"""
_HANGING = (
    """
INSERT INTO appearances (item, feed, guid, url, content_hash, first_seen_at, last_seen_at, gone_at,
  vanished) SELECT id, feed, guid, url, content_hash, '{seen}', '{seen}', '{seen}', 0 FROM items""",
    """
INSERT INTO mentions (item, entity, state, alias, surface, language, field, start, "end", snippet,
  rule, watchlist_version, found_at)
SELECT id, 'mill', 'confirmed', 'Mill', 'Mill', 'en', 'title', 0, 4, '', '', 1, '{seen}' FROM items""",
    """
INSERT INTO signatures (item, rows, words, engine)
SELECT id, decode(repeat(md5(id::text), 4), 'hex'), md5(id::text), 'e' FROM items""",
    """
INSERT INTO items_search (item, words)
SELECT id, array_to_tsvector(ARRAY[md5(id::text), 'w' || id % 5000, 'v' || id % 300]) FROM items""",
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Fill, remove, print, twice."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.months")
    parser.add_argument("--items", type=int, default=200_000)
    count = parser.parse_args(arguments).items
    rows = [_row(count, as_tables=True), _row(count, as_tables=False)]
    heads = ("removed", "items s", "stories s", "server's CPU s", "WAL MB", "items left")
    print(f"{count:,} items, of which a tenth stays\n\n{table(heads, rows)}")


def _row(count: int, *, as_tables: bool) -> tuple[str, float, float, float, float, int]:
    with TemporaryDirectory() as name, server(durable=True, **SERVER) as pg:
        database = pg.made()
        with closing(Store(pg.place(database, Path(name) / "none.db"))) as store:
            _fill(pg, store, database, count, as_tables=as_tables)
            stays = range(10, count + 1, 10)
            wal, cpu, began = _wal(pg), cpu_of(pg.process.pid), time.monotonic()
            items_after, found = 0.0, STEP
            while found:
                found, items = store.forget_stories(BEFORE, stays, now=NOW, most=STEP)
                items_after = time.monotonic() - began if items else items_after
            ended = time.monotonic() - began
            left = pg.sql("SELECT count(*) FROM wirewatch.items", database)[0][0]
            return (
                "as tables" if as_tables else "row by row",
                round(items_after, 1),
                round(ended, 1),
                round(cpu_of(pg.process.pid) - cpu, 1),
                round((_wal(pg) - wal) / 1e6),
                left,
            )


def _fill(pg: Postgres, store: Store, database: str, count: int, *, as_tables: bool) -> None:
    raw = store.db.conn.raw
    given = {"seen": SEEN, "count": count}
    for statement in (_FEED, _LIST, _ENTITY, _STORIES, _ITEMS, *_HANGING):
        raw.execute(statement.format(**given).encode())
    if as_tables:
        ranges.begin(raw, "2998_03")
    pg.sql("VACUUM ANALYZE", database)


def _wal(pg: Postgres) -> int:
    return int(pg.sql("SELECT pg_current_wal_lsn() - '0/0'::pg_lsn")[0][0])


if __name__ == "__main__":
    main()
