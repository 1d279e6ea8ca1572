"""A database of another version: a newer one is refused, an older one brought to ours."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from monitor.errors import StoreError

LEDGER = "_sqlite_migrations"  # sqlite-utils' table of what was applied


def refuse_newer(
    path: Path, connection: sqlite3.Connection, ours: Migrations, schema: str = "main"
) -> None:
    """Of a database that was migrated by steps we do not know, we know not what its rows mean.

    `schema`: the name under which the connection has the file.

    Raises:
        StoreError: it is of a newer program.
    """
    if unknown := _applied(connection, ours, schema) - _names(ours):
        raise StoreError(
            f"{path}: written by a newer wirewatch (it has {', '.join(sorted(unknown))}); update "
            "this program (pip install --upgrade wirewatch), or go back to a backup that was made "
            "before the update. Nothing was changed"
        )


def refuse_older(path: Path, connection: sqlite3.Connection, ours: Migrations) -> None:
    """Who only reads cannot bring an older database to our version.

    Raises:
        StoreError: it is of an older program.
    """
    if _names(ours) - _applied(connection, ours):
        raise StoreError(
            f"{path}: written by an older wirewatch; start `wirewatch run`, or `wirewatch poll` "
            "once, which bring it to this version"
        )


def migrate(db: Database, ours: Migrations, views: Iterable[str] = ()) -> None:
    """Bring a database to our version, all steps in one transaction, and give it our views.

    Interrupted anywhere, it is left as it was. The library by itself commits its own table first,
    then each migration.
    """
    connection = db.conn
    # IMMEDIATE: the decision to write is taken before the first look.
    connection.execute("BEGIN IMMEDIATE")
    try:
        ours.apply(db)
        _renew(connection, views)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # a failing disk may have ended it
            connection.execute("ROLLBACK")
        raise


def _renew(connection: sqlite3.Connection, views: Iterable[str]) -> None:
    """Views hold no data: those of the present program, whatever migration was the last."""
    wanted = [sql.strip() for sql in views]
    found = dict(
        connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'view'").fetchall()
    )
    if set(found.values()) == set(wanted):
        return
    for name in found:
        connection.execute(f'DROP VIEW "{name}"')
    for sql in wanted:
        connection.execute(sql)


def _names(ours: Migrations) -> set[str]:
    return {one.name for one in ours._migrations}  # noqa: SLF001 - no public list


def _applied(connection: sqlite3.Connection, ours: Migrations, schema: str = "main") -> set[str]:
    """By plain SQL, as it is asked of attached files too."""
    if not connection.execute(
        f"SELECT 1 FROM {schema}.sqlite_master WHERE name = ?",  # noqa: S608 - a name of ours
        (LEDGER,),
    ).fetchone():
        return set()
    rows = connection.execute(
        f"SELECT name FROM {schema}.{LEDGER} WHERE migration_set = ?",  # noqa: S608 - the same
        (ours.name,),
    )
    return {row[0] for row in rows}
