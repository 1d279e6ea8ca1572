"""What workers agree on in the database, asked of a real one."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest

from feeds.types import FetchState, NotModified
from monitor.clock import iso
from monitor.cluster.shards import SHARDS, lock_of, shard_of
from monitor.desk import Desk
from monitor.errors import LostError
from monitor.judge import judge
from monitor.records import Known, Observation
from monitor.store.postgres import claims
from tests.support.cluster import Meeting, later
from tests.support.learning import START, tag

URLS = (
    "https://one.example/a",
    "https://one.example/b",
    "https://two.example/",
    "http://127.0.0.9/",
)
ONE = shard_of("one.example")


def marked(desk: Meeting, seconds: float = 1, most: int = 100) -> dict[int, int]:
    return dict(desk.do(lambda c: claims.mark(c, later(seconds), most)))


def queued(desk: Meeting, shard: int, status: str) -> None:
    lock = lock_of(shard)
    desk.rows(
        "INSERT INTO procrastinate_jobs (queue_name, task_name, lock, queueing_lock, status) "
        f"VALUES ('polls', 'poll', '{lock}', '{lock}', '{status}')"
    )


def observed(desk: Meeting) -> Observation:
    feed = desk.store.due(later(1), limit=1, per_host=1)[0]
    answer = NotModified(url=feed.feed.url, http_status=304, state=FetchState())
    return Observation(
        feed=feed, started_at=START, seconds=0.1, answer=answer, result=answer, state=answer.state
    )


def store_poll(desk: Meeting) -> None:
    seen = observed(desk)
    past = desk.store.past(seen, now=later(1))
    desk.store.record(judge(seen, Known(), Desk(tag=tag, entities={}), past, now=later(1)))


@pytest.mark.parametrize(
    "host", ["one.example", "127.0.0.1", "xn--9d0bm53a.kr", "", "a\\b", "\\x41", "ö.example", "%s"]
)
def test_a_host_is_in_the_same_shard_for_sql_and_python(desk: Meeting, host: str) -> None:
    literal = host.replace("'", "''")
    desk.rows(f"UPDATE feeds SET host = '{literal}' WHERE id = 1")
    assert desk.rows("SELECT shard FROM feeds WHERE id = 1") == [(shard_of(host),)]


def test_hosts_are_spread_evenly() -> None:
    counts = [0] * SHARDS
    for number in range(100 * SHARDS):
        counts[shard_of(f"h{number}.example")] += 1
    assert min(counts) > 50
    assert max(counts) < 160


def test_each_shard_with_due_feeds_is_handed_out_with_a_new_claim(desk: Meeting) -> None:
    shards = {shard_of(host) for host in ("one.example", "two.example", "127.0.0.9")}
    assert marked(desk, seconds=-1) == {}
    assert marked(desk) == dict.fromkeys(shards, 1)
    assert marked(desk) == dict.fromkeys(shards, 2)  # nobody has deferred a job for them


@pytest.mark.parametrize("status", ["todo", "doing"])
def test_a_shard_with_a_batch_is_not_handed_out(desk: Meeting, status: str) -> None:
    queued(desk, ONE, status)
    assert ONE not in marked(desk)


def test_the_longest_waiting_comes_first_when_there_are_too_many(desk: Meeting) -> None:
    desk.rows("UPDATE feeds SET next_poll_at = '2020-01-01T00:00:00.000Z' WHERE host = '127.0.0.9'")
    assert list(marked(desk, most=1)) == [shard_of("127.0.0.9")]


def test_two_who_dispatch_at_once_hand_out_nothing_twice(desk: Meeting) -> None:
    async def both() -> tuple[int, int]:
        async with desk.connection() as one, desk.connection() as two:
            first = await claims.mark(one, later(1), 100)
            return len(first), len(await claims.mark(two, later(1), 100))

    assert asyncio.run(both()) == (3, 0)


def test_a_batch_begins_only_with_the_last_claim(desk: Meeting) -> None:
    marked(desk)
    assert desk.do(lambda c: claims.begin(c, ONE, 1)) == {}
    marked(desk)
    assert desk.do(lambda c: claims.begin(c, ONE, 1)) is None


def test_a_batch_takes_its_shards_feeds_and_not_too_many_of_a_host(desk: Meeting) -> None:
    def urls(per_host: int, limit: int = 200) -> list[str]:
        found = desk.do(
            partial(claims.due, shard=ONE, now=later(1), limit=limit, per_host=per_host)
        )
        return sorted(feed.feed.url for feed in found)

    assert urls(200) == list(URLS[:2])
    assert len(urls(1)) == 1
    assert len(urls(200, limit=1)) == 1
    assert desk.do(partial(claims.due, shard=ONE, now=later(-1), limit=9, per_host=9)) == []


def test_after_a_batch_its_hosts_have_rested_before_the_next_begins(desk: Meeting) -> None:
    marked(desk)
    desk.do(lambda c: claims.end(c, ONE, 1, 60.0))
    assert ONE not in marked(desk)
    desk.rows("UPDATE shards SET free_at = free_at - interval '61 seconds'")
    assert marked(desk)[ONE] == 2


def test_a_poll_is_stored_under_the_claim_of_its_batch(desk: Meeting) -> None:
    seen = observed(desk)
    shard = shard_of(seen.feed.host)
    claim = marked(desk)[shard]
    with desk.store.claimed(shard, claim, [seen.feed.id]):
        store_poll(desk)
    assert desk.rows("SELECT count(*) FROM polls") == [(1,)]


def test_a_poll_is_not_stored_once_its_batch_was_taken_away(desk: Meeting) -> None:
    seen = observed(desk)
    shard = shard_of(seen.feed.host)
    claim = marked(desk)[shard]
    desk.do(lambda c: claims.withdraw(c, shard, claim, 5.0))
    with desk.store.claimed(shard, claim, [seen.feed.id]), pytest.raises(LostError):
        store_poll(desk)
    assert desk.rows("SELECT count(*) FROM polls") == [(0,)]
    assert desk.rows("SELECT DISTINCT next_poll_at FROM feeds") == [(iso(START),)]  # still due


def test_a_poll_of_no_batch_is_not_stored(desk: Meeting) -> None:
    with pytest.raises(LostError):
        store_poll(desk)
    assert desk.rows("SELECT count(*) FROM polls") == [(0,)]


def test_a_batch_is_taken_away_only_behind_a_poll_that_is_being_stored(desk: Meeting) -> None:
    marked(desk)

    async def withdrawn(limit: float) -> bool:
        async with desk.connection() as connection:
            await connection.execute(f"SET LOCAL lock_timeout = '{limit}s'".encode())
            await claims.withdraw(connection, ONE, 1, 5.0)
        return True

    with desk.store.transaction() as db:
        claims.hold(db, ONE, 1)
        with pytest.raises(Exception, match="lock timeout"):
            asyncio.run(withdrawn(0.2))
    assert asyncio.run(withdrawn(0.2))


def test_only_the_claim_that_was_lost_is_taken_away(desk: Meeting) -> None:
    marked(desk)
    marked(desk)
    desk.do(lambda c: claims.withdraw(c, ONE, 1, 5.0))
    assert desk.rows(f"SELECT claim FROM shards WHERE id = {ONE}") == [(2,)]


def test_a_host_of_another_shard_is_asked_by_turns(desk: Meeting) -> None:
    def take(seconds: float = 30.0) -> bool:
        return bool(desk.do(lambda c: claims.take_turn(c, "one.example", seconds)))

    assert take()
    assert not take()  # another has its turn
    desk.do(lambda c: claims.rest(c, "one.example", 0.0))
    assert take()


def test_a_host_is_not_asked_by_others_while_its_shard_is_polled_or_rests(desk: Meeting) -> None:
    def take() -> bool:
        return bool(desk.do(lambda c: claims.take_turn(c, "one.example", 30.0)))

    queued(desk, ONE, "doing")
    assert not take()
    desk.rows("DELETE FROM procrastinate_jobs")
    marked(desk)
    desk.do(lambda c: claims.end(c, ONE, 1, 60.0))
    assert not take()


def test_a_batch_knows_which_of_its_hosts_others_have_asked(desk: Meeting) -> None:
    marked(desk)
    desk.do(lambda c: claims.take_turn(c, "one.example", 30.0))
    rests = desk.do(lambda c: claims.begin(c, ONE, 1))
    assert list(rests) == ["one.example"]
    assert 29 < rests["one.example"] <= 30


def test_a_batch_that_begins_waits_for_a_turn_that_is_being_taken(desk: Meeting) -> None:
    """Else neither would see the other."""
    marked(desk)

    async def both() -> bool:
        async with desk.connection() as other, desk.connection() as ours:
            assert await claims.take_turn(other, "one.example", 30.0)
            beginning = asyncio.create_task(claims.begin(ours, ONE, 1))
            await asyncio.sleep(0.1)
            assert not beginning.done()
            await other.commit()
            return "one.example" in (await beginning or {})

    assert asyncio.run(both())


def test_a_worker_whose_row_is_gone_is_taken_for_dead(desk: Meeting) -> None:
    ours = desk.rows("SELECT worker_id FROM procrastinate_register_worker_v1()")[0][0]
    assert desk.do(lambda c: claims.beat(c, [ours]))
    desk.rows(f"DELETE FROM procrastinate_workers WHERE id = {ours}")
    assert not desk.do(lambda c: claims.beat(c, [ours]))


def test_workers_that_start_find_what_the_first_has_made(desk: Meeting) -> None:
    marked(desk)
    desk.do(claims.prepare)
    assert desk.rows("SELECT max(claim), count(*) FROM shards") == [(1, SHARDS)]


def test_the_lists_are_remembered(desk: Meeting) -> None:
    assert desk.do(claims.read_lists) == ""
    desk.do(lambda c: claims.note_lists(c, "a"))
    desk.do(lambda c: claims.note_lists(c, "b"))
    assert desk.do(claims.read_lists) == "b"
