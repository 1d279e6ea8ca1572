"""A worker of benchmarks.cluster: as `wirewatch worker`, but for who answers and what is watched.

python -m benchmarks.cluster_worker FOLDER URL claims|polls|fetch

claims: batches only say when their feeds are due again; polls: each is stored, nothing being new.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import psycopg

from alerts.secrets import Secret
from feeds.fetch import fetch
from feeds.types import Feed, FetchState, NotModified
from monitor.cluster.worker import work
from monitor.config import Config, load
from monitor.logs import set_up
from monitor.places import Server
from monitor.records import StoredFeed


def settings(folder: Path, url: str) -> Config:
    """Those of the folder, on that database."""
    place = Server(url=Secret(url), beside=folder / "wirewatch.db")
    return replace(load(folder / "wirewatch.toml", complete=False), server=place)


async def nothing_new(_client: object, feed: Feed, state: FetchState, **_: object) -> NotModified:
    """What a server says at most polls, without a server."""
    return NotModified(url=feed.url, http_status=304, state=state)


_AGAIN = """
UPDATE wirewatch.feeds SET next_poll_at = to_char(
  (now() AT TIME ZONE 'UTC') + interval * interval '1 second', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
WHERE id = ANY(%s)"""
_COUNT = "UPDATE wirewatch.counted SET feeds = feeds + %s WHERE worker = %s"


class Claims:
    """In place of polling: one statement a batch."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: psycopg.AsyncConnection[tuple[int, ...]] | None = None
        self._turn = asyncio.Lock()

    async def run(
        self, _shard: int, feeds: Sequence[StoredFeed], _rests: object, _tools: object
    ) -> float:
        async with self._turn:
            connection = self._connection or await psycopg.AsyncConnection.connect(self._url)
            self._connection = connection
            async with connection.transaction():
                await connection.execute(_AGAIN.encode(), ([feed.id for feed in feeds],))
                await connection.execute(_COUNT.encode(), (len(feeds), os.getpid()))
        return 5.0


async def _work(config: Config, url: str, mode: str) -> bool:
    if mode == "claims":
        async with await psycopg.AsyncConnection.connect(url) as connection:
            insert = "INSERT INTO wirewatch.counted VALUES (%s, 0)"
            await connection.execute(insert, (os.getpid(),))
        return await work(config, run=Claims(url).run)
    return await work(config, asks=nothing_new if mode == "polls" else fetch)


def main() -> None:
    folder, url, mode = sys.argv[1:]
    set_up("warning", "text")
    sys.exit(not asyncio.run(_work(settings(Path(folder), url), url, mode)))


if __name__ == "__main__":
    main()
