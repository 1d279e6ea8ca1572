"""What workers do for each other, by Procrastinate's jobs on a real database."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from procrastinate import App
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import DeleteJobCondition, Status
from psycopg_pool import AsyncConnectionPool

from monitor.clock import iso
from monitor.cluster.batch import Tools
from monitor.cluster.jobs import Crew
from monitor.cluster.names import DELIVERY, POLLS
from monitor.cluster.shards import lock_of, shard_of
from monitor.delivery import Delivery
from monitor.store.postgres import claims
from tests.support.cluster import Meeting, later

URLS = ("https://one.example/a", "https://two.example/b")
ONE = shard_of("one.example")


@dataclass(slots=True)
class Senders:
    """In place of Delivery: which channels were emptied."""

    emptied: list[str] = field(default_factory=list)
    rest: float = 0.0

    def __contains__(self, channel: str) -> bool:
        return channel == "desk"

    async def empty(self, channel: str) -> float:
        self.emptied.append(channel)
        return self.rest


@dataclass(slots=True)
class Hand:
    """One worker's jobs, run by hand."""

    desk: Meeting
    batches: list[tuple[int, list[str]]] = field(default_factory=list)
    senders: Senders = field(default_factory=Senders)
    planned: dict[str, str] = field(default_factory=dict)

    async def house(self) -> None:
        self.desk.store.keep_house()

    async def _batch(self, shard: int, feeds: Any, _rests: object, _tools: object) -> float:
        self.batches.append((shard, [feed.feed.url for feed in feeds]))
        return 0.0

    def crew(self, app: App, pool: AsyncConnectionPool[Any]) -> Crew:
        async def in_writer(job: Callable[[], Any]) -> Any:
            return job()

        async def nothing() -> None:
            pass

        tools = cast("Tools", type("Gap", (), {"gap": 5.0}))
        crew = Crew(
            app=app, pool=pool, store=self.desk.store, tools=tools, run=self._batch,
            delivery=cast("Delivery", self.senders), in_writer=in_writer, now=lambda: later(1),
            stalled=45.0, texts=nothing, trends=nothing, retention=nothing, housekeeping=self.house,
        )  # fmt: skip
        crew.register()
        planned = app.periodic_registry.periodic_tasks
        self.planned = {one.task.name: one.cron for one in planned.values()}
        planned.clear()  # a test says when
        return crew

    def do(self, job: Callable[[App, AsyncConnectionPool[Any]], Awaitable[Any]]) -> Any:
        async def done() -> Any:
            async with self.desk.app() as (app, pool):
                self.crew(app, pool)
                return await job(app, pool)

        return asyncio.run(done())

    def task(self, name: str, **arguments: Any) -> None:
        """Run a task's function, as a worker would."""
        self.do(lambda app, _: app.tasks[name].func(**arguments))

    def work(self, queue: str) -> None:
        """Do all that waits."""
        self.do(
            lambda app, _: app.run_worker_async(
                queues=[queue], wait=False, install_signal_handlers=False, listen_notify=False,
                delete_jobs=DeleteJobCondition.ALWAYS,
            )
        )  # fmt: skip

    def jobs(self) -> list[tuple[Any, ...]]:
        return self.desk.rows(
            "SELECT task_name, lock, status::text FROM procrastinate_jobs ORDER BY id"
        )


def test_due_feeds_become_a_job_for_each_shard_and_are_polled_once(desk: Meeting) -> None:
    hand = Hand(desk)
    hand.task("dispatch", timestamp=0)
    hand.task("dispatch", timestamp=3)  # nobody has come to them yet
    assert len(hand.jobs()) == 2
    hand.work(POLLS)
    assert sorted(hand.batches) == sorted((shard_of(url.split("/")[2]), [url]) for url in URLS)
    assert hand.jobs() == []


def test_the_planner_is_told_every_minute_what_came(desk: Meeting) -> None:
    hand = Hand(desk)
    find = "SELECT relname FROM pg_class WHERE relname ~ '^items_[0-9]{4}_[0-9]{2}$'"
    raw = desk.store.db.conn.raw
    raw.execute("INSERT INTO stories (title, language, first_seen_at, last_seen_at, items, copies, "
                "origins) VALUES ('', '', '', '', 0, 0, 0)")  # fmt: skip
    raw.execute("INSERT INTO items (feed, url, guid, title, text, language, author, published_raw, "
                "first_seen_at, story, relation, revisions, url_key, title_key, text_key, content_hash) "
                "SELECT f.id, '', '', '', '', '', '', '', '', s.id, '', 0, '', '', '', '' "
                "FROM feeds AS f, stories AS s")  # fmt: skip
    raw.execute(f"ANALYZE {desk.rows(find)[0][0]}")  # as autovacuum does
    hand.task("housekeeping", timestamp=0)
    assert hand.planned["housekeeping"] == "* * * * *"
    assert desk.rows("SELECT reltuples FROM pg_class WHERE relname = 'items'") == [(len(URLS),)]


def test_nothing_is_handed_out_if_the_jobs_cannot_be_deferred(desk: Meeting) -> None:
    hand = Hand(desk)
    desk.rows("ALTER TABLE procrastinate_jobs ADD CONSTRAINT broken CHECK (task_name <> 'poll')")
    try:
        with pytest.raises(ConnectorException):
            hand.task("dispatch", timestamp=0)
    finally:
        desk.rows("ALTER TABLE procrastinate_jobs DROP CONSTRAINT broken")
    assert desk.rows("SELECT max(claim) FROM shards") == [(0,)]


def test_no_job_waits_for_its_time(desk: Meeting) -> None:
    """One that did would hold up all others of its lock, due or not, for as long."""
    hand = Hand(desk)
    hand.task("dispatch", timestamp=0)
    assert desk.rows("SELECT count(*) FROM procrastinate_jobs WHERE scheduled_at IS NOT NULL") == [
        (0,)
    ]


def test_a_job_with_an_old_claim_polls_nothing(desk: Meeting) -> None:
    hand = Hand(desk)
    hand.task("poll", shard=ONE, claim=7)
    assert hand.batches == []


def lost(desk: Meeting, hand: Hand, silent: float) -> Any:
    """A batch that a worker has begun which was last heard of so many seconds ago."""
    hand.task("dispatch", timestamp=0)

    async def taken(app: App, _pool: object) -> Any:
        worker = await app.job_manager.register_worker()
        job = await app.job_manager.fetch_job([POLLS], worker)
        while job and job.lock != lock_of(ONE):
            job = await app.job_manager.fetch_job([POLLS], worker)
        return job

    job = hand.do(taken)
    desk.rows(
        f"UPDATE procrastinate_workers SET last_heartbeat = now() - interval '{silent} seconds'"
    )
    return job


def test_the_batch_of_a_worker_that_is_not_heard_of_is_handed_out_anew(desk: Meeting) -> None:
    hand = Hand(desk)
    job = lost(desk, hand, silent=46)
    worker = desk.rows("SELECT max(id) FROM procrastinate_workers")[0][0]
    hand.task("sweep", timestamp=0)
    assert ("poll", lock_of(ONE), "doing") not in hand.jobs()
    assert not desk.do(lambda c: claims.beat(c, [worker]))  # waking up, it hears that it is dead
    hand.task("dispatch", timestamp=3)
    assert ("poll", lock_of(ONE), "todo") not in hand.jobs()  # its hosts rest first
    desk.rows("UPDATE shards SET free_at = free_at - interval '6 seconds'")
    hand.task("dispatch", timestamp=6)
    assert ("poll", lock_of(ONE), "todo") in hand.jobs()
    assert desk.rows(f"SELECT claim FROM shards WHERE id = {ONE}") == [(3,)]

    async def woken(app: App, _pool: object) -> None:
        """The one that was frozen ends its job: it must not be that of another now."""
        await app.job_manager.finish_job(job, Status.SUCCEEDED, delete_job=True)

    with pytest.raises(ConnectorException):
        hand.do(woken)
    assert ("poll", lock_of(ONE), "todo") in hand.jobs()


def test_a_worker_that_is_heard_of_keeps_its_batch(desk: Meeting) -> None:
    hand = Hand(desk)
    lost(desk, hand, silent=40)
    worker = desk.rows("SELECT max(id) FROM procrastinate_workers")[0][0]
    hand.task("sweep", timestamp=0)
    assert desk.do(lambda c: claims.beat(c, [worker]))
    assert ("poll", lock_of(ONE), "doing") in hand.jobs()
    assert desk.rows(f"SELECT claim FROM shards WHERE id = {ONE}") == [(1,)]


def waiting(desk: Meeting, channel: str, seconds: float = 0.0) -> None:
    at = iso(later(seconds))
    desk.rows(
        "INSERT INTO alerts (rule, channel, occasion, payload, state, attempts, created_at, "
        "next_try_at, last_error, relation, min_origins, batch, message_key, thread, in_doubt) "
        f"VALUES ('r', '{channel}', '', '{{}}', 'pending', 0, '{at}', '{at}', '', 'first', 1, '', "
        f"'{channel}', '', 0)"
    )


def test_a_channel_with_a_due_alert_has_one_sender(desk: Meeting) -> None:
    hand = Hand(desk)
    waiting(desk, "desk")
    hand.task("outbox", timestamp=0)
    hand.task("outbox", timestamp=5)
    assert hand.jobs() == [("deliver", "channel desk", "todo")]
    hand.work(DELIVERY)
    assert hand.senders.emptied == ["desk"]


def test_nobody_sends_before_the_time_nor_on_a_channel_that_nobody_has(desk: Meeting) -> None:
    hand = Hand(desk)
    waiting(desk, "desk", seconds=60)
    waiting(desk, "unknown")
    hand.task("outbox", timestamp=0)
    hand.task("deliver", channel="unknown")
    assert (hand.jobs(), hand.senders.emptied) == ([], [])


def test_a_channel_that_asked_for_a_rest_has_it_from_all_workers(desk: Meeting) -> None:
    hand = Hand(desk, senders=Senders(rest=60.0))
    waiting(desk, "desk")
    hand.task("deliver", channel="desk")
    assert hand.senders.emptied == ["desk"]
    hand.task("deliver", channel="desk")  # by another job, be it
    hand.task("outbox", timestamp=0)
    assert (hand.jobs(), hand.senders.emptied) == ([], ["desk"])


def test_a_send_that_a_worker_died_of_is_in_doubt_and_sent_again(desk: Meeting) -> None:
    hand = Hand(desk)
    waiting(desk, "desk")
    waiting(desk, "other")
    desk.rows("UPDATE alerts SET state = 'sending'")
    hand.task("deliver", channel="desk")
    assert desk.rows("SELECT channel, state, in_doubt FROM alerts ORDER BY channel") == [
        ("desk", "pending", 1),
        ("other", "sending", 0),  # perhaps by another worker, at this moment
    ]
