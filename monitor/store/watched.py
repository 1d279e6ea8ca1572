"""The entities, names and watchlist_versions tables."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Sequence
from datetime import datetime

from monitor.clock import iso
from monitor.store.desk import facets
from monitor.types import Entity, Watchlist

_SHOWN = """id, name, kind, sector, province, county, latitude, longitude, precision, part_of,
  watchlist"""

_ENTITY = f"""
INSERT INTO entities ({_SHOWN}, watched)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)
ON CONFLICT (id) DO UPDATE SET name = excluded.name, kind = excluded.kind,
  sector = excluded.sector, province = excluded.province, county = excluded.county,
  latitude = excluded.latitude, longitude = excluded.longitude, precision = excluded.precision,
  part_of = excluded.part_of, watched = 1, watchlist = excluded.watchlist
"""  # noqa: S608 - column names only

_NAME = """
INSERT INTO names (entity, language, text, confidence, origin, needs_context, watched)
VALUES (?, ?, ?, ?, ?, ?, 1)
ON CONFLICT (entity, language, text) DO UPDATE SET confidence = excluded.confidence,
  origin = excluded.origin, needs_context = excluded.needs_context, watched = 1
"""


def digest(watchlists: Sequence[Watchlist]) -> str:
    """What the lists together are known by: a hash over the versions of all of them."""
    return hashlib.sha256(" ".join(w.version for w in watchlists).encode()).hexdigest()


def replace(db: sqlite3.Connection, watchlists: Sequence[Watchlist], *, now: datetime) -> int:
    """Watch exactly these; entities that left the lists keep their rows. Returns the version's id.

    The lists together are one version. One that comes back after another is the newest again.
    """
    found = db.execute(
        "SELECT id FROM watchlist_versions WHERE hash = ?", (digest(watchlists),)
    ).fetchone()
    if found and _is_current(db, found[0]) and _is_shown(db, watchlists):
        return int(found[0])
    before = _places(db)
    db.execute("UPDATE entities SET watched = 0")
    db.execute("UPDATE names SET watched = 0")
    for watchlist in watchlists:
        _write(db, watchlist)
    after = _places(db)
    facets.refresh_entities(db, [e for e, place in before.items() if after[e] != place])
    if not found:
        return _version(db, watchlists, now)
    if not _is_current(db, found[0]):
        row = (iso(now), found[0])
        db.execute("UPDATE watchlist_versions SET loaded_at = ? WHERE id = ?", row)
    return int(found[0])


def mark_retagged(db: sqlite3.Connection, version: int, *, now: datetime) -> None:
    """Every stored item has been tagged under this version."""
    row = (iso(now), version)
    db.execute("UPDATE watchlist_versions SET retagged_at = ? WHERE id = ?", row)


def _is_current(db: sqlite3.Connection, version: int) -> bool:
    newest = db.execute(
        "SELECT id FROM watchlist_versions ORDER BY loaded_at DESC, id DESC LIMIT 1"
    ).fetchone()
    return bool(newest[0] == version)


def _is_shown(db: sqlite3.Connection, watchlists: Sequence[Watchlist]) -> bool:
    """Whether the rows say what the lists say: names for display and places are no version."""
    rows = db.execute(f"SELECT {_SHOWN} FROM entities WHERE watched = 1 ORDER BY id").fetchall()  # noqa: S608
    ours = (_entity(e, w.name) for w in watchlists for e in w.entities.values())
    return rows == sorted(ours, key=lambda row: str(row[0]))


def _places(db: sqlite3.Connection) -> dict[str, tuple[str, str]]:
    """What stories are found by beside the entity itself."""
    return {e: (s, p) for e, s, p in db.execute("SELECT id, sector, province FROM entities")}


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


def _version(db: sqlite3.Connection, watchlists: Sequence[Watchlist], now: datetime) -> int:
    row = db.execute(
        "INSERT INTO watchlist_versions (name, hash, loaded_at, entities, names) "
        "VALUES (?, ?, ?, ?, ?) RETURNING id",
        (
            ", ".join(w.name for w in watchlists),
            digest(watchlists),
            iso(now),
            sum(len(w.entities) for w in watchlists),
            sum(len(e.names) for w in watchlists for e in w.entities.values()),
        ),
    ).fetchone()
    return int(row[0])
