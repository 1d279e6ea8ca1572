"""An alert that is given up is told on another channel: once, with the count, and never in circles."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from alerts.message import message_of
from alerts.rules import Rule
from alerts.types import Alert, Receipt
from monitor.clock import moment
from monitor.delivery import Delivery
from monitor.undelivered import GivenUp, payload
from tests.support.learning import START, LearningDesk, entry
from tests.support.press import words
from tests.support.stores import ON_BOTH

pytestmark = ON_BOTH


class Box:
    """A channel that takes everything, or refuses everything."""

    gap = 0.0

    def __init__(self, name: str, *, refuses: bool = False) -> None:
        self.name = name
        self.refuses = refuses
        self.came: list[Alert] = []

    async def send(self, alert: Alert) -> Receipt:
        if self.refuses:
            return Receipt(alert=alert.id, outcome="refused", message="410 gone")
        self.came.append(alert)
        return Receipt(alert=alert.id, outcome="sent", thread=f"{self.name}-{alert.id}")

    @property
    def notices(self) -> list[Alert]:
        return [alert for alert in self.came if alert.relation == "undelivered"]


class Desk(LearningDesk):
    """One rule; news by number."""

    number = 1

    def begin(self, *channels: str) -> None:
        rule = Rule(name="all", to=channels, most_an_hour=0)
        routes = {channel: (channel,) for channel in channels}
        self.desk = replace(self.desk, rules=(rule,), routes=routes)
        self.poll(entry(1))

    def news(self, count: int) -> None:
        """Poll so many new items that the rule announces."""
        numbers = range(self.number + 1, self.number + count + 1)
        self.number += count
        new = [
            entry(n, f"The mine: {words(8, str(n))}", words(40, f"text {n}"), published_at=None)
            for n in numbers
        ]
        self.poll(*reversed(new))

    def deliver(self, *channels: Box) -> None:
        async def run() -> None:
            with ThreadPoolExecutor(1) as writer:
                await Delivery(channels, self.store, writer, lambda: self.now).round()

        asyncio.run(asyncio.wait_for(run(), 20))

    def notices(self, state: str = "") -> list:
        where = "relation = 'undelivered' AND ? IN ('', state)"
        return self.rows(f"SELECT * FROM alerts WHERE {where} ORDER BY id", state)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.close()


def test_one_that_is_refused_is_told_on_the_other_channel(desk: Desk) -> None:
    slack, mail = Box("slack", refuses=True), Box("mail:a@example.org")
    desk.begin("slack")
    desk.news(1)
    desk.deliver(slack, mail)
    assert mail.came == []  # others may follow: they go in the same notice
    desk.now += timedelta(minutes=2)
    desk.deliver(slack, mail)
    (notice,) = mail.came
    message = message_of(notice)
    assert message.title == "1 alert not delivered to slack"
    facts = dict(message.facts)
    assert facts["Reason"] == "410 gone"
    assert "wirewatch alerts retry" in facts["To do"]
    assert "Published" not in facts
    (dead,) = desk.rows("SELECT id FROM alerts WHERE state = 'dead'")
    shown = "".join(piece.text for piece in message.snippet)
    assert shown.startswith(f"{dead['id']}: The mine: ")


def test_several_are_one_notice_with_the_count(desk: Desk) -> None:
    slack, mail = Box("slack", refuses=True), Box("mail")
    desk.begin("slack")
    desk.news(12)
    desk.deliver(slack, mail)
    desk.now += timedelta(minutes=2)
    desk.deliver(slack, mail)
    (notice,) = mail.came
    assert notice.title == "12 alerts not delivered to slack"
    assert notice.snippet.endswith(" · and 4 more")


def test_there_is_one_notice_an_hour(desk: Desk) -> None:
    slack, mail = Box("slack", refuses=True), Box("mail")
    desk.begin("slack")
    for minutes in (1, 20, 20, 10, 3):  # a poll lets a quarter of an hour pass
        desk.news(2)
        desk.deliver(slack, mail)
        desk.now += timedelta(minutes=minutes) - timedelta(minutes=15)
        desk.deliver(slack, mail)
    desk.now += timedelta(hours=2)
    desk.deliver(slack, mail)
    assert [n.title.split()[0] for n in mail.came] == ["2", "8"]
    first, second = desk.notices()
    apart = moment(second["next_try_at"]) - moment(first["created_at"])
    assert apart == timedelta(hours=1)


def test_it_is_never_told_on_the_channel_that_failed(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    """Not on another mailbox of it either: they share the server that refused."""
    boxes = [Box("mail:a@example.org", refuses=True), Box("mail:b@example.org")]
    desk.begin("mail:a@example.org")
    desk.news(1)
    desk.deliver(*boxes)
    assert desk.notices() == []
    (said,) = [record for record in caplog.records if "given up" in record.message]
    assert said.levelname == "ERROR"
    assert "there is no other channel" in said.message


def test_every_mailbox_of_the_other_channel_is_told(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    slack = Box("slack", refuses=True)
    mail = [Box("mail:a@example.org"), Box("mail:b@example.org")]
    phone = Box("phone")
    desk.begin("slack")
    desk.news(1)
    desk.deliver(slack, *mail, phone)
    desk.now += timedelta(minutes=2)
    desk.deliver(slack, *mail, phone)
    assert [len(box.notices) for box in (*mail, phone)] == [1, 1, 0]
    assert "told on mail:a@example.org, mail:b@example.org" in caplog.text
    assert {record.levelname for record in caplog.records} == {"WARNING"}


def test_a_notice_that_is_given_up_makes_no_notice(desk: Desk) -> None:
    boxes = [Box("slack", refuses=True), Box("mail", refuses=True)]
    desk.begin("slack")
    desk.news(1)
    for _ in range(4):
        desk.deliver(*boxes)
        desk.now += timedelta(hours=2)
    assert len(desk.notices("dead")) == len(desk.notices()) == 1


def test_two_channels_tell_of_each_other(desk: Desk) -> None:
    slack, mail = Box("slack", refuses=True), Box("mail", refuses=True)
    desk.begin("slack", "mail")
    desk.news(1)
    desk.deliver(slack, mail)
    slack.refuses = mail.refuses = False
    desk.now += timedelta(minutes=2)
    desk.deliver(slack, mail)
    assert [n.title for n in slack.came] == ["1 alert not delivered to mail"]
    assert [n.title for n in mail.came] == ["1 alert not delivered to slack"]


def test_a_digest_that_is_given_up_counts_its_alerts(desk: Desk) -> None:
    slack, mail = Box("slack", refuses=True), Box("mail")
    desk.begin("slack")
    desk.news(3)
    desk.store.db.execute("UPDATE alerts SET batch = 'digest'")
    desk.store.db.conn.commit()
    desk.deliver(slack, mail)
    desk.now += timedelta(minutes=2)
    desk.deliver(slack, mail)
    assert [n.title for n in mail.came] == ["3 alerts not delivered to slack"]


def test_a_notice_begins_no_thread_and_joins_none(desk: Desk) -> None:
    slack, mail = Box("slack", refuses=True), Box("mail")
    desk.begin("slack", "mail")
    desk.news(1)
    desk.deliver(slack, mail)
    desk.now += timedelta(minutes=2)
    desk.deliver(slack, mail)
    news, notice = mail.came
    assert (news.relation, notice.relation, notice.thread) == ("first", "undelivered", "")
    assert (notice.story, desk.notices()[0]["story"]) == (0, None)


def test_it_is_listed_and_can_be_retried(desk: Desk) -> None:
    slack, mail = Box("slack", refuses=True), Box("mail", refuses=True)
    desk.begin("slack")
    desk.news(1)
    desk.deliver(slack, mail)
    desk.now += timedelta(minutes=2)
    desk.deliver(slack, mail)
    assert desk.store.retry(None, desk.now) == 2


def test_a_long_story_is_short() -> None:
    many = [
        GivenUp(id=n, channel=f"c{n % 2}", title="é" * 5_000, why=f"{n} " + "x" * 9_000)
        for n in range(1_000)
    ]
    said = json.loads(payload(many, START))
    assert said["title"] == "1000 alerts not delivered to c0 (500) and c1 (500)"
    assert len(said["snippet"]) < 800
    reason = dict(said["facts"])["Reason"]
    assert len(reason) < 300
    assert reason.endswith("; and 997 more")
