"""The entities, names and watchlist_versions tables."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Sequence
from datetime import datetime

from monitor.clock import iso
from monitor.types import Entity, Watchlist

_ENTITY = """
INSERT INTO entities (id, name, kind, sector, province, county, latitude, longitude, precision,
  part_of, watched, watchlist)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?)
ON CONFLICT (id) DO UPDATE SET name = excluded.name, kind = excluded.kind,
  sector = excluded.sector, province = excluded.province, county = excluded.county,
  latitude = excluded.latitude, longitude = excluded.longitude, precision = excluded.precision,
  part_of = excluded.part_of, watched = 1, watchlist = excluded.watchlist
"""

_NAME = """
INSERT INTO names (entity, language, text, confidence, origin, needs_context, watched)
VALUES (?, ?, ?, ?, ?, ?, 1)
ON CONFLICT (entity, language, text) DO UPDATE SET confidence = excluded.confidence,
  origin = excluded.origin, needs_context = excluded.needs_context, watched = 1
"""


def replace(db: sqlite3.Connection, watchlists: Sequence[Watchlist], *, now: datetime) -> int:
    """Watch exactly these; entities that left the lists keep their rows. Returns the version's id.

    The lists together are one version: their hash is over the versions of all of them.
    """
    digest = hashlib.sha256(" ".join(w.version for w in watchlists).encode()).hexdigest()
    found = db.execute("SELECT id FROM watchlist_versions WHERE hash = ?", (digest,)).fetchone()
    if found and _is_current(db, found[0]):
        return int(found[0])
    db.execute("UPDATE entities SET watched = 0")
    db.execute("UPDATE names SET watched = 0")
    for watchlist in watchlists:
        _write(db, watchlist)
    if found:
        return int(found[0])
    return _version(db, watchlists, digest, now)


def _is_current(db: sqlite3.Connection, version: int) -> bool:
    newest = db.execute("SELECT max(id) FROM watchlist_versions").fetchone()[0]
    return bool(newest == version)


def _write(db: sqlite3.Connection, watchlist: Watchlist) -> None:
    db.executemany(_ENTITY, [_entity(e, watchlist.name) for e in watchlist.entities.values()])
    db.executemany(
        _NAME,
        [
            (e.id, n.language, n.text, n.confidence, n.origin, int(n.needs_context))
            for e in watchlist.entities.values()
            for n in e.names
        ],
    )


def _entity(entity: Entity, watchlist: str) -> tuple[object, ...]:
    return (
        entity.id,
        entity.name,
        entity.kind,
        entity.sector,
        entity.province,
        entity.county,
        entity.lat,
        entity.lon,
        entity.precision,
        entity.part_of or None,
        watchlist,
    )


def _version(
    db: sqlite3.Connection, watchlists: Sequence[Watchlist], digest: str, now: datetime
) -> int:
    row = db.execute(
        "INSERT INTO watchlist_versions (name, hash, loaded_at, entities, names) "
        "VALUES (?, ?, ?, ?, ?) RETURNING id",
        (
            ", ".join(w.name for w in watchlists),
            digest,
            iso(now),
            sum(len(w.entities) for w in watchlists),
            sum(len(e.names) for w in watchlists for e in w.entities.values()),
        ),
    ).fetchone()
    return int(row[0])
