"""Who is told of feeds in trouble, and how often: judge → record on a real database."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from alerts.mail_parts import html_part, subject, text_part
from alerts.message import message_of
from alerts.slack import payloads
from alerts.webhook import document
from feeds.types import FeedError, FetchState, NotModified
from monitor import alarm
from monitor.alarm import RULE, Watch
from monitor.announce import alert_of
from monitor.clock import moment
from monitor.store import Store
from monitor.store import health as health_store
from tests.support.learning import START, LearningDesk, entry

HOUR = timedelta(hours=1)


def error(reason: str = "dns", status: int | None = None) -> FeedError:
    return FeedError(url="u", reason=reason, message="m", http_status=status)


PAGE = error("not-a-feed", 200)
GONE = error("http", 410)


class Newsroom(LearningDesk):
    """Feeds on hosts of their own, and a channel that is told of them."""

    @property
    def told(self) -> list[tuple[str, str]]:
        """What stands in the outbox about feeds: relation and title, in order."""
        rows = self.rows("SELECT relation, payload FROM alerts WHERE rule = ? ORDER BY id", RULE)
        return [(row["relation"], json.loads(row["payload"])["title"]) for row in rows]

    def watch(self, **settings: Any) -> None:
        self.desk = replace(self.desk, watch=Watch(**{"to": ("desk",), **settings}))

    def fine(self, *names: str, times: int = 1) -> None:
        """The same two items again."""
        for _ in range(times):
            for name in names or ("one",):
                number = 10 * list(self.urls).index(name)
                self.poll(
                    *(entry(number + n, guid=f"{name}{n}", url=f"https://{name}.example/{n}")
                      for n in (2, 1)),
                    name=name,
                )  # fmt: skip

    def fails(self, *names: str, times: int = 1, why: FeedError | None = None) -> None:
        for _ in range(times):
            for name in names or ("one",):
                self.observe(why or error(), name)

    def changes(self, feed: str | None = "one") -> list[tuple[str, str]]:
        which = "(SELECT id FROM feeds WHERE name = ?)" if feed else "?"
        rows = self.rows(
            f"SELECT before, state FROM health_changes WHERE feed IS {which} ORDER BY id", feed
        )
        return [(row["before"], row["state"]) for row in rows]

    def reopen(self) -> None:
        """The program ends and starts again."""
        self.store.close()
        self.store = Store(self.store.path)
        self.store.doubt_unfinished()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Newsroom]:
    desk = Newsroom(tmp_path, feeds=("one", "two", "three"))
    desk.watch()
    desk.fine("one", "two", "three")
    yield desk
    desk.close()


def others(desk: Newsroom, act: Callable[[], object], times: int) -> None:
    """Something happens again and again while the other feeds answer."""
    for _ in range(times):
        act()
        desk.fine("two", "three")


DOWN = ("trouble", "one cannot be reached")
UP = ("recovery", "one is well again")


class TestOnce:
    @pytest.mark.parametrize("why", [error(), error("http", 404), PAGE], ids=lambda e: e.reason)
    def test_one_alert_after_three_rounds_and_one_recovery(
        self, desk: Newsroom, why: FeedError
    ) -> None:
        others(desk, lambda: desk.fails(why=why), 2)
        assert desk.told == []
        others(desk, lambda: desk.fails(why=why), 8)
        ((relation, title),) = desk.told
        assert (relation, title.startswith("one ")) == ("trouble", True)
        others(desk, desk.fine, 2)
        assert len(desk.told) == 1
        others(desk, desk.fine, 9)
        assert [told for told, _ in desk.told] == ["trouble", "recovery"]

    @pytest.mark.parametrize("rounds", [1, 2, 5])
    def test_as_many_rounds_as_are_set(self, desk: Newsroom, rounds: int) -> None:
        desk.watch(after_rounds=rounds)
        lost = error("http", 404)
        others(desk, lambda: desk.fails(why=lost), rounds - 1)
        assert desk.told == []
        others(desk, lambda: desk.fails(why=lost), 1)
        assert desk.told == [DOWN]

    def test_one_failure_that_may_pass_is_never_told(self, desk: Newsroom) -> None:
        desk.watch(after_rounds=1)
        others(desk, desk.fails, 1)
        assert desk.told == []
        others(desk, desk.fails, 1)
        assert desk.told == [DOWN]

    def test_trouble_of_another_kind_is_the_same_trouble(self, desk: Newsroom) -> None:
        others(desk, lambda: desk.fails(why=error("http", 404)), 4)
        others(desk, lambda: desk.fails(why=PAGE), 4)
        others(desk, lambda: desk.poll(name="one"), 4)
        assert desk.told == [DOWN]
        assert desk.changes() == [("new", "ok"), ("ok", "unreachable"),
                                  ("unreachable", "not a feed"), ("not a feed", "empty")]  # fmt: skip

    def test_empty(self, desk: Newsroom) -> None:
        others(desk, lambda: desk.poll(name="one"), 5)
        assert desk.told == [("trouble", "one has become empty")]

    def test_dropping_items(self, desk: Newsroom) -> None:
        for n in range(6):
            desk.poll(entry(100 + n), name="one")
        trouble = ("trouble", "one drops items before they are seen")
        assert desk.told == [trouble]
        for n in range(106, 119):  # as long as the rule looks back, and three polls
            desk.poll(entry(n), entry(n - 1), name="one")
        assert desk.told == [trouble, UP]
        (row,) = desk.rows("SELECT since_at FROM health_changes WHERE state = 'dropping items'")
        assert moment(row["since_at"]) > START

    def test_stale(self, desk: Newsroom) -> None:
        for n in range(20):
            desk.poll(entry(100 + n), entry(99 + n), name="one")
            desk.now += timedelta(days=1)
        same = NotModified(url="u", http_status=304, state=FetchState(etag="e"))
        desk.now += timedelta(days=1)
        desk.observe(same)
        assert desk.feed().health.state == "ok"
        desk.now += timedelta(days=2)
        for _ in range(5):
            desk.observe(same)
        assert desk.feed().health.state == "stale"
        assert desk.told == [("trouble", "one has gone quiet")]
        for n in (120, 121, 122):
            desk.poll(entry(n), entry(n - 1), name="one")
        assert desk.told[1:] == [UP]

    def test_gone_is_told_before_it_is_polled_no_more(self, desk: Newsroom) -> None:
        desk.watch(after_rounds=10)
        others(desk, lambda: desk.fails(why=GONE), 1)
        assert desk.feed().next_poll_at < desk.now + timedelta(days=2)
        others(desk, lambda: desk.fails(why=GONE), 1)
        assert desk.told == [("trouble", "one is gone for good")]
        assert not desk.store.due(desk.now + timedelta(days=3650), limit=9, per_host=9)[2:]

    def test_a_restart_repeats_nothing(self, desk: Newsroom) -> None:
        for _ in range(6):
            others(desk, desk.fails, 1)
            desk.reopen()
        assert desk.told == [DOWN]
        for _ in range(6):
            others(desk, desk.fine, 1)
            desk.reopen()
        assert desk.told == [DOWN, UP]

    def test_nobody_is_told_where_it_is_off(self, desk: Newsroom) -> None:
        desk.watch(to=())
        others(desk, desk.fails, 5)
        assert desk.told == []
        assert desk.changes() == [("new", "ok"), ("ok", "unreachable")]
        desk.watch()  # on again: what still is in trouble is told
        others(desk, desk.fails, 2)
        assert desk.told == [DOWN]

    def test_each_channel_is_told(self, desk: Newsroom) -> None:
        desk.watch(to=("desk", "mail:a@example.org"))
        others(desk, desk.fails, 4)
        rows = desk.rows("SELECT channel, story, item FROM alerts")
        assert [row["channel"] for row in rows] == ["desk", "mail:a@example.org"]
        assert all(row["story"] is row["item"] is None for row in rows)


def flap(desk: Newsroom, rounds: int, times: int) -> None:
    for _ in range(times):
        others(desk, desk.fails, rounds)
        others(desk, desk.fine, rounds)


class TestFlapping:
    def test_once_a_day_at_most(self, desk: Newsroom) -> None:
        began = desk.now
        flap(desk, 3, 8)
        days = (desk.now - began) / timedelta(days=1)
        troubles = [told for told in desk.told if told == DOWN]
        assert 1 <= len(troubles) <= days + 1
        assert 0 <= len(troubles) - desk.told.count(UP) <= 1

    def test_without_the_rest_it_floods(
        self, desk: Newsroom, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(alarm, "REST", timedelta(0))
        flap(desk, 3, 8)
        assert len(desk.told) == 16

    def test_what_still_fails_a_day_later_is_told_then(self, desk: Newsroom) -> None:
        flap(desk, 3, 1)
        others(desk, desk.fails, 3)
        assert desk.told == [DOWN, UP]
        desk.now += timedelta(days=1)
        others(desk, desk.fails, 1)
        assert desk.told == [DOWN, UP, DOWN]

    def test_short_of_the_rounds_nothing_is_told(self, desk: Newsroom) -> None:
        flap(desk, 2, 5)
        assert desk.told == []


ALL = ("one", "two", "three")
NONE = ("trouble", "No feed answers: the fault seems to be here")
AGAIN = ("recovery", "Feeds answer again")


class TestEverythingFails:
    def test_one_line_and_one_recovery(self, desk: Newsroom) -> None:
        desk.fails(*ALL, times=12)
        assert desk.told == [NONE]
        desk.fine(*ALL, times=6)
        assert desk.told == [NONE, AGAIN]
        assert desk.changes(None) == [("ok", "down"), ("down", "ok")]
        assert [f.health.state for f in desk.store.subscribed()] == ["ok"] * 3

    def test_without_looking_at_the_others_each_is_told(
        self, desk: Newsroom, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(alarm, "_nothing_answers", lambda *_: False)
        desk.fails(*ALL, times=12)
        assert len(desk.told) == 3

    def test_a_login_page_before_everything(self, desk: Newsroom) -> None:
        desk.fails(*ALL, times=5, why=PAGE)
        assert desk.told == [NONE]

    def test_what_still_fails_when_the_others_answer_is_counted_anew(self, desk: Newsroom) -> None:
        desk.fails(*ALL, times=9)
        desk.fine("two", "three")
        others(desk, desk.fails, 2)
        assert desk.told == [NONE, AGAIN]
        others(desk, desk.fails, 1)
        assert desk.told == [NONE, AGAIN, DOWN]

    def test_a_feed_that_was_told_before_is_not_told_again(self, desk: Newsroom) -> None:
        others(desk, desk.fails, 3)
        desk.fails(*ALL, times=6)
        others(desk, desk.fails, 9)
        assert desk.told == [DOWN, NONE, AGAIN]
        others(desk, desk.fine, 3)
        assert desk.told[3:] == [UP]

    def test_feeds_are_tried_at_their_interval_meanwhile_and_at_once_after_it(
        self, desk: Newsroom
    ) -> None:
        desk.fails(*ALL, times=12)
        feed = desk.feed()
        assert feed.failures == 12
        assert feed.next_poll_at - desk.now <= timedelta(minutes=17)
        desk.fine("three")
        assert all(f.next_poll_at <= desk.now for f in desk.store.subscribed()[:2])

    def test_half_of_the_hosts_are_not_everything(self, tmp_path: Path) -> None:
        names = tuple("abcde")
        desk = Newsroom(tmp_path, feeds=names)
        desk.watch()
        desk.fine(*names)
        desk.fails("a", "b", times=3)  # the others are polled once a day
        assert [title for _, title in desk.told] == ["a cannot be reached", "b cannot be reached"]
        desk.close()

    def test_a_single_feed_is_not_everything(self, tmp_path: Path) -> None:
        desk = Newsroom(tmp_path, feeds=("one",))
        desk.watch()
        desk.fine()
        desk.fails(times=5)
        assert desk.told == [DOWN]
        desk.close()

    def test_a_restart_in_the_midst_of_it(self, desk: Newsroom) -> None:
        for _ in range(6):
            desk.fails(*ALL)
            desk.reopen()
        for _ in range(4):
            desk.fine(*ALL)
            desk.reopen()
        assert desk.told == [NONE, AGAIN]

    def test_a_network_that_comes_and_goes_is_told_once_a_day(self, desk: Newsroom) -> None:
        for _ in range(3):
            desk.fails(*ALL, times=3)
            desk.fine(*ALL)
        assert desk.told == [NONE, AGAIN]
        assert len(desk.changes(None)) == 6


class TestRows:
    def test_the_alert_is_written_with_the_poll_or_not_at_all(
        self, desk: Newsroom, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        others(desk, desk.fails, 2)
        tables = ("polls", "alerts", "health_changes")
        before = [desk.count(table) for table in tables]

        def broken(*_: object) -> None:
            raise ZeroDivisionError

        monkeypatch.setattr(health_store, "_put", broken)
        with pytest.raises(ZeroDivisionError):
            desk.fails()
        assert [desk.count(table) for table in tables] == before
        monkeypatch.undo()
        desk.fails()
        assert desk.told == [DOWN]

    def test_a_change_says_whether_it_was_alerted(self, desk: Newsroom) -> None:
        others(desk, desk.fails, 2)
        sql = "SELECT * FROM health_changes WHERE state = 'unreachable'"
        (row,) = desk.rows(sql)
        assert (row["note"], row["alerted_at"]) == ("the host name could not be resolved: m", None)
        assert row["advice"].startswith("It is tried again by itself.")
        others(desk, desk.fails, 1)
        (row,) = desk.rows(sql)
        assert row["since_at"] < row["changed_at"] < row["alerted_at"]

    def test_the_outbox_gives_it_as_an_alert_of_facts(self, desk: Newsroom) -> None:
        others(desk, desk.fails, 3)
        waiting = desk.store.claim("desk", desk.now)
        assert waiting
        alert = alert_of(waiting)
        assert (alert.rule, alert.story, alert.relation) == (RULE, 0, "trouble")
        assert [label for label, _ in alert.facts] == [
            "News", "Since", "Last good poll", "Newest item", "To do"]  # fmt: skip

    def test_every_channel_shows_the_facts_and_nothing_of_a_story(self, desk: Newsroom) -> None:
        others(desk, desk.fails, 3)
        waiting = desk.store.claim("desk", desk.now)
        assert waiting
        alert = alert_of(waiting)
        posted = document(alert)
        assert (posted["story"], posted["relation"]) == (None, "trouble")
        assert posted["facts"]["To do"].startswith("It is tried again by itself.")
        said = {
            "email": text_part(message_of(alert)),
            "email, HTML": html_part(message_of(alert)),
            "slack": json.dumps(payloads(alert), ensure_ascii=False),
            "webhook": posted["text"],
        }
        for channel, text in said.items():
            for words in (DOWN[1], "the host name could not be resolved", "Last good poll"):
                assert words in text, channel
            for words in ("Carried by", "Published", "First seen:", "no date given"):
                assert words not in text, channel
        assert subject(message_of(alert)) == f"[{RULE}] {DOWN[1]}"

    def test_a_hundred_feeds_of_one_host_are_gathered(self, tmp_path: Path) -> None:
        names = tuple(f"feed{n}" for n in range(30))
        desk = Newsroom(tmp_path, feeds=(*names, "other"))
        desk.watch(after_rounds=1)
        desk.fine(*names, "other")
        desk.now += HOUR
        for name in names:
            desk.observe(error("http", 404), name)
            desk.fine("other")
            desk.now -= timedelta(minutes=29)
        alone = desk.rows("SELECT id FROM alerts WHERE batch = ''")
        assert (len(alone), len(desk.told)) == (alarm.MOST_AN_HOUR, 30)
        desk.close()


def days_before(*days: float) -> Sequence[Any]:
    return [
        entry(n, f"The mine opens gallery {word}", published_at=START - timedelta(days=day))
        for n, (day, word) in enumerate(zip(days, ("two", "nine", "six", "four"), strict=False))
    ]


class TestBaseline:
    """`baseline_days`: what of a feed's first poll is alerted."""

    @pytest.mark.parametrize(("days", "alerts"), [(0, 0), (1, 1), (3, 2), (30, 2)], ids=str)
    def test_what_was_published_in_the_last_days(
        self, tmp_path: Path, days: int, alerts: int
    ) -> None:
        desk = LearningDesk(tmp_path)
        desk.desk = replace(desk.desk, baseline=timedelta(days=days))
        undated = entry(9, "A dam without a date", published_at=None)
        ahead = entry(8, "The dam of tomorrow", published_at=START + HOUR)
        # the last is older than what a rule takes at all: max_age is seven days
        desk.poll(undated, ahead, *days_before(0.5, 2, 8))
        assert desk.count("alerts") == alerts
        desk.poll(entry(50, "The dam breaks the ice"), name="one")
        assert desk.count("alerts") == alerts + 1
        desk.close()
