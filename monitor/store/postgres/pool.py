"""Sessions for what workers agree on, beside the one in which polls are stored."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from monitor.places import Server

MOST = 6  # of a worker: what is asked takes milliseconds

Pool = AsyncConnectionPool[Any]

LOST = (psycopg.Error, PoolTimeout)
"""What a database that went away is known by, and any other that does not answer as it should."""


async def _prepare(connection: AsyncConnection[Any]) -> None:
    await connection.execute("SET search_path TO wirewatch, public")
    await connection.execute("SET jit TO off")
    await connection.commit()


@asynccontextmanager
async def open_pool(place: Server) -> AsyncIterator[Pool]:
    """Sessions that are tried before they are given out, and opened anew."""
    pool: Pool = AsyncConnectionPool(
        place.url.reveal(),
        kwargs={"application_name": "wirewatch worker"},
        configure=_prepare,
        check=AsyncConnectionPool.check_connection,
        min_size=2,
        max_size=MOST,
        timeout=10.0,
        open=False,
    )
    async with pool:
        yield pool
