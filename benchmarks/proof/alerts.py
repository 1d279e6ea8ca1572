"""Alerts on their way to servers that limit, refuse, stall and hang up: none is lost, none is hidden."""

from __future__ import annotations

import itertools
import logging
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from alerts import letter, posting
from alerts.deliver import Settlement
from alerts.rules import MOST_AN_HOUR, Rule
from alerts.secrets import Secret
from alerts.settings import ChannelSettings, SlackSettings
from alerts.types import Alert, Receipt
from benchmarks import delivery
from benchmarks.delivery import SCENARIOS
from benchmarks.delivery_servers import GOOD, Mail, Scenario, Slack, limited
from benchmarks.fast_loop import FastClock, run
from benchmarks.proof.row import Outcome, Row, Scale
from feeds.text import title_text
from monitor import delivery as sender
from tests.support.learning import LearningDesk, entry
from tests.support.press import words
from tests.support.slack import Fault

SPEED = 20.0  # seconds of the clock in one: a minute's patience is three seconds for a busy machine

# ── Slack ────────────────────────────────────────────────────────────────────────────────────────

LIMITED = 60.0  # seconds of nothing but 429
MIXED = (
    Fault(status=503, body="rollup_error"),
    Fault(accept=True, silent=True),
    Fault(drop=True),
    Fault(accept=True, drop=True),
    Fault(status=500),
    limited(20),
)


def slack(scale: Scale) -> Outcome:
    """A minute of 429; from then on one message in ten meets each kind of fault in turn."""
    faults = itertools.cycle(MIXED)
    scenario = Scenario(
        channel="Slack",
        fault="429, then mixed",
        slack=lambda: next(faults),
        every=10,
        limited=LIMITED,
    )
    done = _played(scenario, scale, scale.of(500, 70))
    return Outcome(
        figure=(
            f"{done.alerts} alerts, {LIMITED:g} s of 429, then one in 10 met a fault: {done.lost} "
            f"lost, {done.given_up} given up, {done.early} too fast or before a Retry-After, "
            f"{done.again} repeats for {done.answers_lost} lost answers, {done.unmarked} unmarked"
        ),
        held=done.kept and done.arrived == done.alerts and done.answers_lost > 0,
    )


def _played(scenario: Scenario, scale: Scale, alerts: int, name: str = "") -> delivery.Outcome:
    logging.getLogger("wirewatch").setLevel(logging.CRITICAL)
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)
    folder = scale.folder / (name or "played")
    folder.mkdir()
    return delivery.played(scenario, folder, alerts, SPEED)


def _settled_by(change: Callable[[Settlement, Receipt], Settlement]) -> None:
    settlement = sender.settlement

    def changed(alert: Alert, receipt: Receipt, *more: Any) -> Settlement:
        return change(settlement(alert, receipt, *more), receipt)

    sender.settlement = changed


def slack_once(scale: Scale) -> Outcome:
    """Each is tried once, and the next one at once."""
    _settled_by(lambda done, _: replace(done, state="sent", next_try_at=None))
    posting.seconds_asked = lambda *_: None
    return slack(scale)


# ── mail ─────────────────────────────────────────────────────────────────────────────────────────

MIX = "451 4.3.0 later | late 451 4.3.0 later | drop | stall"
MODES = (
    *(one for one in SCENARIOS if one.channel == "email" and one.mail),
    Scenario(channel="email", fault="all of these in turn", mail=MIX),
)


def smtp(scale: Scale) -> Outcome:
    """Each kind of fault with a server of its own; one message in five meets it."""
    alerts = scale.of(50, 5)
    done = [_played(replace(mode, every=5), scale, alerts, str(n)) for n, mode in enumerate(MODES)]
    total = {name: sum(getattr(one, name) for one in done) for name in
             ("alerts", "lost", "again", "answers_lost", "unmarked", "strange", "given_up", "twice")}  # fmt: skip
    refused = total["given_up"] - total["twice"]
    where = sum(one.again > 0 for one in done)
    return Outcome(
        figure=(
            f"{len(MODES)} modes, {total['alerts']} messages: {total['lost']} lost, "
            f"{refused} refused for good and shown, {total['again']} repeats, all for "
            f"{total['answers_lost']} lost answers in {where} modes, {total['unmarked']} unmarked, "
            f"{total['strange']} under another Message-ID; {total['twice']} that had arrived given "
            "up at the second lost answer"
        ),
        held=all(one.kept for one in done) and total["again"] > 0 and refused == alerts,
    )


def smtp_unmarked(scale: Scale) -> Outcome:
    """A repeat is a message like any other."""
    _settled_by(lambda done, _: replace(done, in_doubt=False))
    numbers = itertools.count()
    letter.message_id = lambda _, domain: f"<{next(numbers)}@{domain}>"
    return smtp(scale)


# ── one that nobody takes ────────────────────────────────────────────────────────────────────────

ALERTS, BAD = 10, 3


class Choosy(Slack):
    """Refuses one message, however it is put."""

    def _judge(self, path: str, headers: dict[str, str], body: bytes) -> Fault:
        verdict = super()._judge(path, headers, body)
        if f"No {BAD:05}" in body.decode():
            self.arrived = [one for one in self.arrived if f"No {BAD:05}" not in one.text]
            return Fault(status=400, body="invalid_blocks")
        return verdict


def dead(scale: Scale) -> Outcome:
    """The third of ten is always answered with 400; mail is the other channel."""
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)
    logging.getLogger("wirewatch").setLevel(logging.CRITICAL)
    clock = FastClock(SPEED)
    desk = _desk(scale.folder, most_an_hour=0)
    desk.poll(*(_news(n) for n in range(ALERTS, 0, -1)))
    nothing = Scenario(channel="email", fault="none")
    with desk.store, Choosy(clock, nothing) as chat, Mail(clock, nothing) as post:
        channels: dict[str, ChannelSettings] = {
            "desk": SlackSettings(name="desk", webhook_url=Secret(chat.url)),
            "mail": delivery.mailbox("mail", post.port, (GOOD,)),
        }
        run(delivery.deliver(desk.store, channels, clock, set()), SPEED)
        states = Counter(
            row["state"] for row in desk.rows("SELECT state FROM alerts WHERE channel = 'desk'")
        )
        told = [one.text for one in post.arrived if "not delivered" in one.text]
    return Outcome(
        figure=(
            f"{ALERTS} alerts, one always refused: {len(chat.arrived)} arrived, {states['dead']} "
            f"dead, {len(told)} notice by mail"
        ),
        held=len(chat.arrived) == ALERTS - 1 and states["dead"] == len(told) == 1,
    )


def dead_stops(scale: Scale) -> Outcome:
    """The sender leaves at the first error, and what was in its hands is over."""

    async def until_an_error(channel: Any, alerts: Any, settle: Any, sleep: Any) -> None:
        failed = False
        async for alert in alerts:
            receipt = await channel.send(alert) if not failed else None
            failed = failed or receipt.outcome != "sent"
            await settle(Receipt(alert=alert.id, outcome="sent"))
            await sleep(0.0 if failed else channel.gap)

    sender.send_all = until_an_error
    return dead(scale)


def _desk(folder: Path, *, most_an_hour: int) -> LearningDesk:
    desk = LearningDesk(folder)
    rule = Rule(name="all", to=("desk",), most_an_hour=most_an_hour)
    desk.desk = replace(desk.desk, rules=(rule,), routes={"desk": ("desk",)})
    desk.poll(entry(0, "The first of all"))
    return desk


def _news(number: int, title: str = "") -> Any:
    title = title or f"No {number:05} of the mine: {words(8, f'title {number}')}"
    return entry(number, title, words(40, f"text {number}"), published_at=None)


# ── storms ───────────────────────────────────────────────────────────────────────────────────────

MATCHES = 5_000
MOST_POSTS = MOST_AN_HOUR + 1


def storm(scale: Scale, most_an_hour: int = MOST_AN_HOUR, most: int = MATCHES) -> Outcome:
    """A document that names what is watched in every entry, once in a title of 10 MB."""
    logging.getLogger("wirewatch").setLevel(logging.CRITICAL)
    matches = scale.of(most, 120)
    clock = FastClock(SPEED)
    desk = _desk(scale.folder, most_an_hour=most_an_hour)
    title = f"No {matches:05} of the mine: " + "&lt;&amp;&gt;단천 " * 600_000
    huge = _news(matches, title_text(title, references=True))  # as the parser has it
    desk.poll(huge, *(_news(n) for n in range(matches - 1, 0, -1)))
    rows = desk.count("alerts")
    with desk.store, Slack(clock, Scenario(channel="Slack", fault="none")) as chat:
        channels = {"desk": SlackSettings(name="desk", webhook_url=Secret(chat.url))}
        run(delivery.deliver(desk.store, channels, clock, set()), SPEED)
        states = Counter(row["state"] for row in desk.rows("SELECT state FROM alerts"))
    refused = sum(status == 400 for _, status in chat.posts)
    told = sum(map(_alerts_in, chat.accepted))
    return Outcome(
        figure=(
            f"{matches:,} matches in one poll, one in a title of 10 MB: {rows:,} alerts written, "
            f"{len(chat.posts):,} posts that tell of {told:,}, {refused} refused, "
            f"{states['sent']:,} sent, {states['dead']} dead"
        ),
        held=rows == told == states["sent"] == matches and len(chat.posts) <= MOST_POSTS
        and not refused,
    )  # fmt: skip


def _alerts_in(message: dict[str, Any]) -> int:
    """Of how many alerts a message tells: one, or as many as the headline of a digest says."""
    headline = message["blocks"][0]["text"]["text"]
    found = re.match(r"(\d+) alerts: ", headline)
    return int(found[1]) if found else 1


ROWS = (
    Row(
        name="slack",
        promise="none is lost, none sent within a second of another or before a Retry-After is over",
        run=slack,
        without="tries after the first, and waiting for as long as was asked",
        twin=slack_once,
        alone=True,
    ),
    Row(
        name="smtp",
        promise="none is lost; a repeat only where an answer was lost, marked, under the same id",
        run=smtp,
        without="the mark of a repeat, and an id that lasts",
        twin=smtp_unmarked,
    ),
    Row(
        name="dead",
        promise="one that nobody takes stops no other, and is told of on another channel",
        run=dead,
        without="a fate for each alert: the sender stops at the first error",
        twin=dead_stops,
    ),
    Row(
        name="storm",
        promise=f"{MATCHES:,} matches in one poll are at most {MOST_POSTS} posts that count them all",
        run=storm,
        without="the limit of messages an hour",
        twin=lambda scale: storm(scale, 0, 600),
    ),
)
