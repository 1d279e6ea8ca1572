"""Builds of the program that deliver carelessly: what the crash tests must be able to see.

    python -m tests.support.careless after-commit poll --all
    python -m tests.support.careless unclaimed run

`after-commit` has no outbox worth the name: what is new is written off when it is stored, kept in
memory and sent then. `unclaimed` sends before it writes anything down, so that nobody knows of a
message whose answer was still awaited.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator

from alerts.deliver import Settlement
from alerts.types import Alert, Receipt
from monitor.announce import alert_of
from monitor.cli import main
from monitor.delivery import Delivery
from monitor.store import Store


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


def spoil(how: str) -> None:
    """Take the care out."""
    match how:
        case "after-commit":
            Delivery._claims = all_written_off
            Delivery._settle = not_asked
        case "unclaimed":
            Store.doubt_unfinished = nothing_in_doubt
        case _:
            raise SystemExit(f"no such build: {how}")


if __name__ == "__main__":
    spoil(sys.argv.pop(1))
    main()
