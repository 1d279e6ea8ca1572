"""Builds of the program that store and deliver carelessly: what the proof must be able to see.

    python -m tests.support.careless after-commit poll --all
    python -m tests.support.careless unclaimed run

`after-commit` has no outbox worth the name: what is new is written off when it is stored, kept in
memory and sent then. `unclaimed` sends before it writes anything down, so that nobody knows of a
message whose answer was still awaited. `piecemeal` commits each statement of a migration by itself.
`unhalted` polls on while nothing can be stored. `unjournaled` cannot take back what failed half-way.
`unlocked` opens a database that another process writes.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from alerts.deliver import Settlement
from alerts.types import Alert, Receipt
from monitor.announce import alert_of
from monitor.cli import main
from monitor.delivery import Delivery
from monitor.errors import StoreError
from monitor.halt import Halt
from monitor.store import Store, connect, engine


async def all_written_off(
    self: Delivery, channel: str, claimed: dict[int, Alert]
) -> AsyncIterator[Alert]:
    """Everything that is due, marked as sent before the first of it is."""
    waiting = []
    while row := await self._in_writer(self._store.claim, channel, self._now()):
        sent = Settlement(alert=row.id, state="sent", in_doubt=False, next_try_at=None, message="")
        await self._in_writer(self._store.settle, sent, self._now())
        waiting.append(row)
    for row in waiting:
        claimed[row.id] = alert_of(row)
        yield claimed[row.id]


def nothing_in_doubt(store: Store) -> int:
    """At start, what was being sent when the program died is taken for not sent."""
    with store.transaction() as db:
        return db.execute("UPDATE alerts SET state = 'pending' WHERE state = 'sending'").rowcount


async def not_asked(self: Delivery, alert: Alert, receipt: Receipt) -> None:
    """What became of a message that was written off."""


def piece_by_piece(db: Database, ours: Migrations, views: Iterable[str] = ()) -> None:
    """Each statement is a transaction of its own."""

    @contextmanager
    def no_transaction(_: Database) -> Iterator[None]:
        yield

    Database.atomic = no_transaction
    ours.apply(db)
    if not db.view_names():
        for sql in views:
            db.execute(sql)


def unheard(_: Halt, error: StoreError) -> None:
    """Polls go on as if it had been stored."""


async def never_halted(_: Halt) -> bool:
    """Whatever happens."""
    return True


def without_journal(open_writer: Callable[..., Database]) -> Callable[..., Database]:
    """A connection that cannot take back what failed half-way."""

    def opened(*arguments: object) -> Database:
        db = open_writer(*arguments)
        for pragma in ("journal_mode = OFF", "synchronous = OFF"):
            db.conn.execute(f"PRAGMA {pragma}").fetchall()
        return db

    return opened


def not_locked(path: Path) -> IO[str]:
    """A file that hinders nobody."""
    return path.with_name(path.name + ".lock").open("a+", encoding="utf-8")


def spoil(how: str) -> None:
    """Take the care out."""
    match how:
        case "after-commit":
            Delivery._claims = all_written_off
            Delivery._settle = not_asked
        case "unclaimed":
            Store.doubt_unfinished = nothing_in_doubt
        case "piecemeal":
            assert engine.migrate  # where it is called from
            engine.migrate = piece_by_piece
        case "unhalted":
            Halt.failed = unheard
            Halt.over = never_halted
            Store.try_to_write = lambda _: None
        case "unjournaled":
            connect.open_writer = without_journal(connect.open_writer)
        case "unlocked":
            connect.lock = not_locked
        case _:
            raise SystemExit(f"no such build: {how}")


if __name__ == "__main__":
    spoil(sys.argv.pop(1))
    main()
