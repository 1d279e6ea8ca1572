"""The locks of ours in a database: advisory ones, and those that changing divided tables needs."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

import psycopg

# Advisory: "WIRE" and a number.
MIGRATING = 0x57495245_0001  # in a transaction: the tables are made or changed
WRITING = 0x57495245_0002  # in a transaction: documents are learnt from
RUNNING = 0x57495245_0003  # of a session: alone by a daemon, shared by workers
MAKING = 0x57495245_0004  # in a transaction: months are made, or go
DISPATCHING = 0x57495245_0011  # in a transaction: due feeds are handed out
STARTING = 0x57495245_0012  # in a transaction: a worker begins

PATIENCE = 10.0  # seconds for those who read or learn; whoever waits longer tries again later
_PAUSE = 0.02  # seconds


def take(raw: psycopg.Connection[Any], *numbers: int) -> None:
    """Hold advisory locks until the transaction ends.

    Raises:
        psycopg.errors.LockNotAvailable: somebody holds one for too long.
    """
    raw.execute(f"SET LOCAL lock_timeout TO {PATIENCE * 1000:.0f}".encode())
    for number in numbers:
        raw.execute("SELECT pg_advisory_xact_lock(%s)", (number,))


def alone(raw: psycopg.Connection[Any], tables: Iterable[str]) -> None:
    """Have tables to ourselves until the transaction ends, their parts with them.

    All or none of them: others lock them in the order of their statements, and who waits for one
    while holding another waits for ever.

    Raises:
        psycopg.errors.LockNotAvailable: somebody uses one for too long.
    """
    end = time.monotonic() + PATIENCE
    while True:
        try:
            with raw.transaction():
                names = ", ".join(tables)
                raw.execute(f"LOCK TABLE {names} IN ACCESS EXCLUSIVE MODE NOWAIT".encode())
        except psycopg.errors.LockNotAvailable:
            if time.monotonic() > end:
                raise
            time.sleep(_PAUSE)
        else:
            return
