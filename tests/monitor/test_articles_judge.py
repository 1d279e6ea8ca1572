"""What an attempt on an article means, by rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from alerts.rules import Rule
from feeds.article import Article
from feeds.errors import REASONS
from feeds.types import Feed, FeedError, FetchState
from feeds.visit import HOPS, Moved
from monitor.articles.judge import MOST_ATTEMPTS, WAITS, judge
from monitor.articles.records import ArticleItem, ArticleRecord, Attempt, DueArticle, Refused
from monitor.desk import Desk
from monitor.records import Health, StoredFeed
from tests.support.learning import START, WATCHLIST, tag

URL = "https://news.example/1"
DESK = Desk(
    tag=tag,
    entities=WATCHLIST.entities,
    rules=(Rule(name="all", to=("desk",)), Rule(name="mining", sectors=("mining",), to=("desk",))),
    routes={"desk": ("desk",)},
)
FEED = StoredFeed(
    id=1,
    feed=Feed(url="https://news.example/feed", name="one", full_text=True),
    state=FetchState(),
    host="news.example",
    interval=900,
    health=Health(),
    failures=0,
    next_poll_at=START,
    last_success_at=START,
)
DUE = DueArticle(
    id=7, item=3, feed=FEED, url=URL, host="news.example", attempts=0, hops=0, baseline=False
)
ITEM = ArticleItem(
    story=2,
    title="A title",
    text="A summary.",
    language="en",
    url=URL,
    author="",
    first_seen_at=START - timedelta(minutes=5),
    published_at=START - timedelta(hours=1),
    published_raw="",
    told=frozenset(),
)


def judged(result: Any, *, item: ArticleItem = ITEM, now: datetime = START, **due: Any) -> Any:
    answer = result if isinstance(result, (Moved, FeedError)) else None
    attempt = Attempt(due=replace(DUE, **due), started_at=now, answer=answer, result=result)
    return judge(attempt, item, DESK, now=now)


def error(reason: str, status: int | None = None, asked: float | None = None) -> FeedError:
    return FeedError(url=URL, reason=reason, message="why", http_status=status, retry_after=asked)


def is_again(record: ArticleRecord, minutes: float) -> bool:
    later = START + timedelta(minutes=minutes)
    return (record.state, record.attempts, record.next_try_at) == ("waiting", 1, later)


PASSING = ("dns", "connect", "tls", "timeout", "protocol", "parse-timeout", "parse-crash")


@pytest.mark.parametrize("reason", [r for r in REASONS if r != "http"])
def test_every_reason_ends_or_comes_again(reason: str) -> None:
    record = judged(error(reason))
    if reason in PASSING:
        assert is_again(record, 10)
    else:
        wanted = "refused" if reason in ("refused-address", "bad-url") else "failed"
        assert (record.state, record.attempts, record.next_try_at) == (wanted, 1, None)
    assert record.why == "why"


@pytest.mark.parametrize(
    ("status", "passes"),
    [(400, False), (401, False), (402, False), (403, False), (404, False), (408, True),
     (410, False), (425, True), (429, True), (451, False), (500, True), (502, True), (503, True),
     (504, True), (304, False), (206, False)],
)  # fmt: skip
def test_statuses(status: int, passes: bool) -> None:
    record = judged(error("http", status))
    assert (record.state == "waiting", record.http_status) == (passes, status)


@pytest.mark.parametrize(
    ("asked", "minutes"),
    [(None, 10), (0, 10), (-5, 10), (1_200, 20), (1e12, 360), (7_200, 120)],
)
def test_a_pause_that_a_server_asks_for_is_kept_and_clamped(asked: Any, minutes: float) -> None:
    assert is_again(judged(error("http", 503, asked)), minutes)


@pytest.mark.parametrize(("asked", "seconds"), [(0, 60), (90, 90), (1e9, 21_600)])
def test_then_its_whole_host_rests(asked: float, seconds: float) -> None:
    record = judged(error("http", 429, asked))
    assert record.host_rests_until == START + timedelta(seconds=seconds)


def test_it_is_tried_five_times_in_a_day() -> None:
    total = timedelta()
    for attempts in range(MOST_ATTEMPTS - 1):
        record = judged(error("timeout"), attempts=attempts)
        assert (record.state, record.attempts) == ("waiting", attempts + 1)
        total += record.next_try_at - START
    record = judged(error("timeout"), attempts=MOST_ATTEMPTS - 1)
    assert (record.state, record.why) == ("failed", "why (tried 5 times)")
    assert timedelta(hours=12) < total == sum(WAITS, timedelta()) < timedelta(days=1)


def test_robots_txt_that_says_no_is_final_and_one_that_cannot_be_read_is_not() -> None:
    assert judged(Refused(why="no", for_now=False)).state == "refused"
    assert is_again(judged(Refused(why="down", for_now=True)), 10)


def test_a_redirect_is_a_step_of_its_own() -> None:
    moved = Moved(url=URL, to="https://www.other.example/1#top", http_status=301)
    record = judged(moved)
    assert (record.state, record.url, record.host, record.hops) == (
        "waiting", "https://www.other.example/1", "other.example", 1,
    )  # fmt: skip
    assert (record.next_try_at, record.attempts) == (START, 0)
    assert judged(moved, hops=HOPS).state == "failed"


TEXT = "Long words before the mine and after it, then a dam."


def test_what_the_text_names_has_offsets_into_it() -> None:
    record = judged(Article(text=TEXT))
    assert record.state == "fetched"
    assert [(m.entity, m.field) for m in record.mentions] == [
        ("mine", "article"), ("dam", "article"),
    ]  # fmt: skip
    assert all(TEXT[m.start : m.end] == m.surface for m in record.mentions)


def test_names_in_the_title_are_the_items_own() -> None:
    record = judged(Article(text="No name."), item=replace(ITEM, title="The mine"))
    assert record.mentions == ()


def test_what_nobody_has_told_yet_is_alerted() -> None:
    alerts = judged(Article(text=TEXT)).alerts
    assert [(a.rule, a.relation, a.item, a.new_item) for a in alerts] == [
        ("all", "first", 3, None), ("mining", "first", 3, None),
    ]  # fmt: skip
    assert '"snippet": "Long words before the mine' in alerts[0].payload
    assert "full text" in alerts[0].payload


def test_only_for_what_the_story_had_not_named() -> None:
    alerts = judged(Article(text=TEXT), item=replace(ITEM, told=frozenset({"mine"}))).alerts
    assert [a.rule for a in alerts] == ["all"]  # the dam is no mining
    assert '"entity": "dam"' in alerts[0].payload
    assert '"entity": "mine"' not in alerts[0].payload
    both = frozenset({"mine", "dam"})
    assert judged(Article(text=TEXT), item=replace(ITEM, told=both)).alerts == ()


def test_items_of_a_first_poll_alert_nobody() -> None:
    record = judged(Article(text=TEXT), baseline=True)
    assert (record.state, len(record.mentions), record.alerts) == ("fetched", 2, ())


def test_a_text_that_was_cut_says_so() -> None:
    assert judged(Article(text=TEXT, cut=True)).why == f"cut after {len(TEXT)} characters"
