"""When a server asks for rest: the feed first, its whole host when several feeds are told the same."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.alarm import Watch
from monitor.pipeline import poll
from monitor.poller import Hosts, Poller
from monitor.records import PollRecord, StoredFeed
from tests.support.manners import Play, Stage, ok, status, to

HOUR = 3_600.0
SIX = 6 * HOUR


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with Stage(tmp_path_factory.mktemp("stage")) as stage:
        yield stage


def host(play: Play) -> None:
    """Three feeds of one domain and one of another, each polled well."""
    urls = {
        "news": "http://news.one.example/feed",
        "sport": "http://sport.one.example/feed",
        "world": "http://one.example/world",
        "other": "http://other.example/feed",
    }
    play.subscribe(urls)
    for name in urls:
        play.poll(ok(), name)


def test_one_feed_that_shall_rest_rests_alone(stage: Stage, tmp_path: Path) -> None:
    with stage.play(tmp_path) as play:
        host(play)
        for _ in range(2):  # however often it says so
            record = play.poll(status(429, retry_after="7200"), "news")
        assert record.plan.rest_until == play.now + timedelta(hours=2)
        assert record.plan.host_rests_until is None
        assert [play.wait(name) < HOUR for name in ("sport", "world", "other")] == [True] * 3


@pytest.mark.parametrize(("pause", "all_rest"), [(0, True), (800, True), (1_000, False)])
def test_two_of_them_mean_the_host(
    pause: float, all_rest: bool, stage: Stage, tmp_path: Path
) -> None:
    with stage.play(tmp_path) as play:
        host(play)
        play.poll(status(429, retry_after="7200"), "news")
        play.later(pause)
        record = play.poll(status(503, retry_after="1200"), "sport")
        until = play.named("news").next_poll_at if all_rest else None
        assert record.plan.host_rests_until is not None or not all_rest
        waits = {name: play.wait(name) for name in ("news", "sport", "world", "other")}
        asked = 7_200 - pause
        assert (waits["world"] >= asked - 1) == (waits["sport"] >= asked - 1) == all_rest
        assert waits["other"] < HOUR
        assert ("all rest until" in play.row["note"]) == all_rest
        assert until is None or play.named("world").next_poll_at <= until


def test_an_error_without_retry_after_says_nothing_of_the_host(
    stage: Stage, tmp_path: Path
) -> None:
    with stage.play(tmp_path) as play:
        host(play)
        for name in ("news", "sport"):
            record = play.poll(status(503), name)
        assert record.plan.host_rests_until is None
        assert play.wait("world") < HOUR


def test_the_rest_of_a_host_is_bounded(stage: Stage, tmp_path: Path) -> None:
    with stage.play(tmp_path) as play:
        host(play)
        for name in ("news", "sport"):
            play.poll(status(429, retry_after="99999999"), name)
        assert play.wait("world") == SIX


def test_a_host_that_answers_again_has_rested(stage: Stage, tmp_path: Path) -> None:
    with stage.play(tmp_path) as play:
        host(play)
        play.poll(status(429, retry_after="600"), "news")
        play.poll(ok(21), "news")  # by hand
        record = play.poll(status(429, retry_after="7200"), "sport")
        assert record.plan.host_rests_until is None


def test_the_poller_asks_a_host_that_rests_no_more(stage: Stage, tmp_path: Path) -> None:
    """Neither feeds that it has read as due already, nor those that a late reading brings."""
    with stage.play(tmp_path) as play:
        urls = {f"n{n}": f"http://one.example/{n}" for n in range(6)}
        play.subscribe(urls | {"other": "http://other.example/feed"})
        asked: list[str] = []
        feeds = play.store.subscribed()

        async def due(*_: object) -> list[StoredFeed]:
            return feeds  # as they were before the first of them was polled

        async def polled(feed: StoredFeed) -> PollRecord:
            asked.append(feed.host)
            return await poll(feed, play.stages(stage.client))

        hosts = Hosts(0.0)
        poller = Poller(due=due, poll=polled, now=lambda: play.now, hosts=hosts, concurrency=1)
        play.step = status(429, retry_after="600")
        stage.runner.run(asyncio.wait_for(poller.round(feeds), 20))
        assert asked.count("one.example") == 2
        assert asked.count("other.example") == 1
        assert hosts.rests("one.example")
        stage.runner.run(poller.tick())
        assert asked.count("one.example") == 2


def test_the_rest_ends() -> None:
    now = 0.0
    hosts = Hosts(0.0, clock=lambda: now)
    hosts.rest("a", 60.0)
    assert not hosts.may("a")
    now = 60.0
    assert hosts.may("a")


def test_a_host_is_that_of_the_address_that_is_asked(stage: Stage, tmp_path: Path) -> None:
    """Two feeds of two domains moved to a third: it is theirs that rests."""
    with stage.play(tmp_path) as play:
        play.subscribe({name: f"http://{name}.example/{name}" for name in ("a", "b", "new")})
        moved = {f"/{name}": to(f"http://new.example/to-{name}") for name in ("a", "b")}
        moved |= {f"/to-{name}": ok() for name in ("a", "b")} | {"/new": ok()}
        for name in ("a", "b") * 3 + ("new",):
            play.poll(moved, name)
        assert play.named("a").host == play.named("b").host == "new.example"
        for name in ("a", "b"):
            play.poll(status(429, retry_after="7200"), name)
        assert play.wait("new") == 7_200


def test_our_own_fault_does_not_end_a_rest(stage: Stage, tmp_path: Path) -> None:
    """When feeds answer again, those that failed are tried at once, but for those that shall rest."""
    with stage.play(tmp_path) as play:
        play.desk = replace(play.desk, watch=Watch(to=("desk",)))
        play.subscribe({name: f"http://{name}.example/feed" for name in ("a", "b", "c")})
        for name in ("a", "b", "c"):
            play.poll(ok(), name)
        for _ in range(4):
            play.later(HOUR)
            play.poll(status(429, retry_after="7200"), "a")
            for name in ("b", "c"):
                play.poll(status(500), name)
        assert next(play.store.db.query("SELECT state FROM health_changes WHERE feed IS NULL"))
        play.poll(ok(), "c")
        assert play.wait("b") == 0
        assert play.wait("a") >= 7_200
