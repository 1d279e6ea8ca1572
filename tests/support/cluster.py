"""A database that workers share, with what they agree on in it, for tests without workers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from procrastinate import App, PsycopgConnector
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from feeds.types import Feed
from monitor.clock import iso
from monitor.cluster.fenced import FencedStore
from monitor.store.postgres import claims
from tests.support.learning import START
from tests.support.postgres import Postgres

Connection = AsyncConnection[Any]


async def _settings(connection: Connection) -> None:
    await connection.execute("SET search_path TO wirewatch, public")
    await connection.commit()


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """A database of several: a store with feeds, and the jobs beside it."""

    store: FencedStore
    url: str

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """One more session, its transaction kept at the end."""
        async with await psycopg.AsyncConnection.connect(self.url) as connection:
            await _settings(connection)
            yield connection

    @asynccontextmanager
    async def app(self) -> AsyncIterator[tuple[App, AsyncConnectionPool[Any]]]:
        """Procrastinate's, open."""
        pool = AsyncConnectionPool(self.url, configure=_settings, min_size=1, open=False)
        async with pool:
            app = App(connector=PsycopgConnector())
            await app.open_async(pool)
            yield app, pool

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What a statement finds."""
        with psycopg.connect(self.url, options="-c search_path=wirewatch,public") as connection:
            cursor = connection.execute(sql.encode())
            return cursor.fetchall() if cursor.description else []

    def anew(self) -> None:
        """As at the beginning."""
        self.rows(
            "DELETE FROM polls; DELETE FROM alerts; DELETE FROM turns; DELETE FROM lists; "
            "DELETE FROM procrastinate_jobs; DELETE FROM procrastinate_workers; "
            "UPDATE shards SET claim = 0, free_at = '-infinity'; "
            f"UPDATE feeds SET next_poll_at = '{iso(START)}', "
            "host = CASE id WHEN 1 THEN 'one.example' ELSE host END"
        )

    def do(self, job: Callable[[Connection], Awaitable[Any]]) -> Any:
        """Run something in a session of its own."""

        async def done() -> Any:
            async with self.connection() as connection:
                return await job(connection)

        return asyncio.run(done())


@contextmanager
def meeting(server: Postgres, folder: Path, urls: Sequence[str]) -> Iterator[Meeting]:
    """Feeds that are due at `START`, and nothing polled."""
    name = server.made()
    store = FencedStore(server.place(name, folder / "wirewatch.db"))
    try:
        store.subscribe([Feed(url=url) for url in urls], interval=900, now=START)
        found = Meeting(store=store, url=server.url(name))

        async def prepare() -> None:
            async with found.app() as (app, pool):
                await app.schema_manager.apply_schema_async()
                async with pool.connection() as connection:
                    await claims.prepare(connection)

        asyncio.run(prepare())
        yield found
    finally:
        store.close()
        server.drop(name)


def later(seconds: float) -> datetime:
    """So long after the feeds were due."""
    return START + timedelta(seconds=seconds)
