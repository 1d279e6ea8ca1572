"""What workers agree on in the database: whose a shard is, and when a host may be asked again.

A shard's claim rises with every batch that is handed out, and when one is taken away. Who stores a
poll must still hold the claim of its batch: one that was frozen and wakes up stores nothing.

Times that workers wait for are the database's own: clocks of machines differ.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from monitor.clock import iso
from monitor.cluster.shards import SHARDS, lock_of, shard_of
from monitor.errors import LostError
from monitor.records import StoredFeed
from monitor.store import subscriptions
from monitor.store.postgres.locks import DISPATCHING, STARTING

if TYPE_CHECKING:
    import sqlite3
    from datetime import datetime

    from psycopg import AsyncConnection

    Connection = AsyncConnection[Any]

# `cluster.shards.shard_of`, for a column that follows the host by itself. A backslash begins an
# escape where text becomes bytes.
_DIGEST = r"sha256(replace(host, '\', '\\')::bytea)"
_SHARD = f"(get_byte({_DIGEST}, 0) * 256 + get_byte({_DIGEST}, 1)) % {SHARDS}"

TABLES = (
    """
CREATE TABLE IF NOT EXISTS shards (
  id integer PRIMARY KEY,
  claim bigint NOT NULL DEFAULT 0,
  free_at timestamptz NOT NULL DEFAULT '-infinity'
) WITH (fillfactor = 50)""",
    f"INSERT INTO shards (id) SELECT generate_series(0, {SHARDS - 1}) ON CONFLICT DO NOTHING",
    """
CREATE TABLE IF NOT EXISTS turns (
  name text PRIMARY KEY,
  shard integer,
  free_at timestamptz NOT NULL
)""",
    f"""
ALTER TABLE feeds ADD COLUMN IF NOT EXISTS shard integer GENERATED ALWAYS AS ({_SHARD}) STORED""",
    "CREATE TABLE IF NOT EXISTS lists (digest text NOT NULL)",
    "CREATE INDEX IF NOT EXISTS feeds_shard ON feeds (shard, next_poll_at) WHERE subscribed = 1",
)
"""Made by the first worker. `turns`: until when a name is left alone, a host's or a channel's.

A host stands there that was asked by a batch of another shard: a redirect led to it."""

_OPEN = """
SELECT s.id FROM shards AS s WHERE s.free_at <= clock_timestamp()
  AND NOT EXISTS (SELECT FROM procrastinate_jobs AS j
    WHERE j.status = 'doing' AND j.lock = 'shard ' || s.id)
  AND NOT EXISTS (SELECT FROM procrastinate_jobs AS j
    WHERE j.status = 'todo' AND j.queueing_lock = 'shard ' || s.id)"""

# By how long the first feed of a shard has waited: with more shards due than may be begun at once
# each has its turn, and batches grow while they wait for it.
_MARK = f"""
WITH open AS MATERIALIZED ({_OPEN}),
first AS (
  SELECT open.id, feed.next_poll_at FROM open CROSS JOIN LATERAL (
    SELECT f.next_poll_at FROM feeds AS f WHERE f.shard = open.id AND f.subscribed = 1
    ORDER BY f.next_poll_at LIMIT 1) AS feed
  WHERE feed.next_poll_at <= %s ORDER BY feed.next_poll_at LIMIT %s)
UPDATE shards AS s SET claim = s.claim + 1 FROM first WHERE s.id = first.id
RETURNING s.id, s.claim"""  # noqa: S608 - our own text

_DUE = f"""
SELECT {subscriptions.COLUMNS} FROM (
  SELECT *, row_number() OVER (PARTITION BY host ORDER BY next_poll_at) AS place
  FROM feeds WHERE shard = %s AND subscribed = 1 AND next_poll_at <= %s
) AS waiting WHERE place <= %s ORDER BY next_poll_at LIMIT %s"""  # noqa: S608 - column names only


async def one_starts(connection: Connection) -> None:
    """Workers that start together wait for each other, until the transaction ends."""
    await connection.execute("SELECT pg_advisory_xact_lock(%s)", (STARTING,))


async def prepare(connection: Connection) -> None:
    """Make what is not there yet."""
    await one_starts(connection)
    found = await connection.execute("SELECT to_regclass('shards') IS NOT NULL")
    if (await found.fetchone() or (False,))[0]:
        return  # to look at each would lock the feeds
    for statement in TABLES:
        await connection.execute(statement.encode())


async def read_lists(connection: Connection) -> str:
    """What the lists were, by their digest, when they were last made the subscriptions."""
    found = await connection.execute("SELECT digest FROM lists")
    return str((await found.fetchone() or ("",))[0])


async def note_lists(connection: Connection, digest: str) -> None:
    """They are these now."""
    await connection.execute("DELETE FROM lists")
    await connection.execute("INSERT INTO lists (digest) VALUES (%s)", (digest,))


async def mark(connection: Connection, now: datetime, most: int) -> Sequence[tuple[int, int]]:
    """Shards with due feeds and no batch, each with a claim that holds from now on.

    Nothing while another worker does the same: they would hand out the same twice. The caller
    defers the jobs in this transaction.
    """
    taken = await connection.execute("SELECT pg_try_advisory_xact_lock(%s)", (DISPATCHING,))
    if not (await taken.fetchone() or (False,))[0]:
        return ()
    found = await connection.execute(_MARK.encode(), (iso(now), most))
    return [(int(shard), int(claim)) for shard, claim in await found.fetchall()]


async def begin(connection: Connection, shard: int, claim: int) -> Mapping[str, float] | None:
    """Before a batch: seconds for which hosts of the shard are to be left alone, by host.

    None if the claim is not the last one: the job is a leftover.
    """
    # Waits for those who take a turn of a host of this shard: they see this batch, or it them.
    row = await connection.execute(
        "SELECT claim = %s FROM shards WHERE id = %s FOR UPDATE", (claim, shard)
    )
    if not (await row.fetchone() or (False,))[0]:
        return None
    turns = await connection.execute(
        "SELECT name, extract(epoch FROM free_at - clock_timestamp())::float FROM turns "
        "WHERE shard = %s AND free_at > clock_timestamp()",
        (shard,),
    )
    return dict(await turns.fetchall())


async def due(
    connection: Connection, shard: int, now: datetime, *, limit: int, per_host: int
) -> list[StoredFeed]:
    """The feeds of a shard whose time has come, at most `per_host` of each host."""
    rows = await connection.execute(_DUE.encode(), (shard, iso(now), per_host, limit))
    return [subscriptions.stored(row) for row in await rows.fetchall()]


async def end(connection: Connection, shard: int, claim: int, rest: float) -> None:
    """After a batch: the next one may begin in `rest` seconds, when all its hosts have rested."""
    await connection.execute(
        "UPDATE shards SET free_at = clock_timestamp() + make_interval(secs => %s) "
        "WHERE id = %s AND claim = %s",
        (rest, shard, claim),
    )


async def withdraw(connection: Connection, shard: int, claim: int, rest: float) -> None:
    """Take a batch away from a worker that is not heard of. What it still brings is not stored."""
    await connection.execute(
        "UPDATE shards SET claim = claim + 1, "
        "free_at = clock_timestamp() + make_interval(secs => %s) WHERE id = %s AND claim = %s",
        (rest, shard, claim),
    )


def hold(db: sqlite3.Connection, shard: int, claim: int) -> None:
    """Within the transaction of a poll: the claim stands, and can be withdrawn only behind it.

    Raises:
        LostError: it was withdrawn.
    """
    sql = "SELECT 1 FROM shards WHERE id = ? AND claim = ? FOR SHARE"
    if db.execute(sql, (shard, claim)).fetchone() is None:
        raise LostError("its batch was given to another worker; nothing of it is stored here")


# As Procrastinate defers; its own call needs its own connection, and this is the store's.
_DEFER = """
SELECT procrastinate_defer_jobs_v1(ARRAY[ROW(?, ?, 0, ?, NULL, CAST(? AS jsonb), NULL)
  ::procrastinate_job_to_defer_v1])"""


def defer(db: sqlite3.Connection, queue: str, task: str, lock: str, arguments: str) -> None:
    """Have a job done as soon as the transaction is kept, or not at all.

    Without a queueing lock: a waiting job of the same kind may be begun, and find nothing, before
    this transaction is seen.
    """
    db.execute(_DEFER, (queue, task, lock, arguments)).fetchall()


async def take_turn(connection: Connection, host: str, seconds: float) -> bool:
    """For a request from a batch of another shard: have the host left alone for so long.

    False, and nothing done, while a batch of its own shard runs or another has its turn.
    """
    shard = shard_of(host)
    if await _is_polled(connection, shard):
        return False
    free = await connection.execute(
        "SELECT free_at <= clock_timestamp() FROM shards WHERE id = %s FOR UPDATE", (shard,)
    )
    if not (await free.fetchone() or (False,))[0] or await _is_polled(connection, shard):
        return False
    taken = await connection.execute(
        "INSERT INTO turns (name, shard, free_at) "
        "VALUES (%s, %s, clock_timestamp() + make_interval(secs => %s)) "
        "ON CONFLICT (name) DO UPDATE SET free_at = excluded.free_at "
        "WHERE turns.free_at <= clock_timestamp() RETURNING 1",
        (host, shard, seconds),
    )
    return await taken.fetchone() is not None


async def _is_polled(connection: Connection, shard: int) -> bool:
    found = await connection.execute(
        "SELECT EXISTS (SELECT FROM procrastinate_jobs WHERE status = 'doing' AND lock = %s)",
        (lock_of(shard),),
    )
    return bool((await found.fetchone() or (False,))[0])


async def rest(connection: Connection, name: str, seconds: float) -> None:
    """Leave a channel alone for so long, or a host whose turn was taken."""
    await connection.execute(
        "INSERT INTO turns (name, free_at) "
        "VALUES (%s, clock_timestamp() + make_interval(secs => %s)) "
        "ON CONFLICT (name) DO UPDATE SET free_at = excluded.free_at",
        (name, seconds),
    )


async def rests(connection: Connection, name: str) -> bool:
    """Whether it is to be left alone."""
    found = await connection.execute(
        "SELECT EXISTS (SELECT FROM turns WHERE name = %s AND free_at > clock_timestamp())", (name,)
    )
    return bool((await found.fetchone() or (False,))[0])


async def forget_turns(connection: Connection) -> None:
    """Remove what nobody waits for any more."""
    await connection.execute("DELETE FROM turns WHERE free_at < clock_timestamp()")


async def beat(connection: Connection, workers: Sequence[int]) -> bool:
    """A sign of life; whether all of these are still taken for alive."""
    found = await connection.execute(
        "UPDATE procrastinate_workers SET last_heartbeat = now() WHERE id = ANY(%s) RETURNING 1",
        (list(workers),),
    )
    return len(await found.fetchall()) == len(workers)


async def watchlist(connection: Connection) -> int:
    """The version that is current."""
    found = await connection.execute(
        "SELECT id FROM watchlist_versions ORDER BY loaded_at DESC, id DESC LIMIT 1"
    )
    return int((await found.fetchone() or (0,))[0])


async def waiting_channels(connection: Connection, now: datetime) -> Sequence[str]:
    """Channels with alerts whose time has come, that neither rest nor have a sender."""
    found = await connection.execute(
        "SELECT DISTINCT a.channel FROM alerts AS a "
        "WHERE a.state = 'pending' AND a.next_try_at <= %s "
        "AND NOT EXISTS (SELECT FROM turns AS t "
        "  WHERE t.name = 'channel ' || a.channel AND t.free_at > clock_timestamp()) "
        "AND NOT EXISTS (SELECT FROM procrastinate_jobs AS j "
        "  WHERE j.lock = 'channel ' || a.channel AND j.status IN ('todo', 'doing'))",
        (iso(now),),
    )
    return [str(channel) for (channel,) in await found.fetchall()]


async def behind(connection: Connection, now: datetime) -> float:
    """By how many seconds the database's clock is ahead of this one."""
    found = await connection.execute(
        "SELECT extract(epoch FROM clock_timestamp() - %s::timestamptz)::float", (iso(now),)
    )
    return float((await found.fetchone() or (0.0,))[0])
