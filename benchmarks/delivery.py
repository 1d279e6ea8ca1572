"""Whether every alert arrives, once, and in time, whatever the servers do.

    python -m benchmarks.delivery [--alerts 500] [--speed 40] [--only WORD] [--json]

The real outbox, delivery, channels and transport, against two servers on loopback: one that enforces
Slack's documented limits, rate limit and escaping, and a whole SMTP server (aiosmtpd). Each scenario
has servers and a database of its own, with so many alerts of hostile and of plain headlines, half of
them due at once and half over the next ten minutes. Clocks go `--speed` times as fast, and a wait in
which nothing would happen is skipped. Ends with status 1 unless each scenario keeps the promise:

lost     neither arrived nor shown as given up: must be 0
early    sent before they were due, within a second of the message before, or before a Retry-After
         was over: must be 0
again    came a second time, which only one may whose answer was lost (`answers lost`)
unmarked came a second time and does not say so: must be 0
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from alerts.rules import Rule
from alerts.secrets import Secret
from alerts.settings import ChannelSettings, EmailSettings, SlackSettings
from alerts.types import Alert, Channel, Receipt
from benchmarks.delivery_servers import BAD, GOOD, Mail, Scenario, Slack, limited
from benchmarks.fast_loop import START, FastClock, run
from benchmarks.measure import table
from monitor.clock import iso, moment
from monitor.compose import build_channels, build_client
from monitor.config import Config, FetchConfig
from monitor.delivery import Delivery
from monitor.store import Store
from tests.support.learning import LearningDesk, entry
from tests.support.press import words
from tests.support.slack import Fault

SPREAD = 600  # seconds over which the second half of the alerts becomes due
PATIENCE = 60.0  # seconds that a channel waits for an answer that never comes
REPEAT = "(possible repeat)"
HOSTILE = (
    "<!channel> look",
    "<@U1> & <#C1|general>",
    "a\u2028b\r\nBcc: x@example.org",
    "\u202egnp.exe | <http://evil.example|bank>",
    "*bold* _it_ `code` &lt;!here&gt;",
    "=?utf-8?q?=0ABcc:_x@example.org?=",
    "<script>alert(1)</script>",
    "단천발전소 " * 200,
)


# ── the scenarios ────────────────────────────────────────────────────────────────────────────────


SCENARIOS = (
    Scenario(channel="Slack", fault="none: a message a second"),
    Scenario(
        channel="Slack",
        fault="429, Retry-After 60",
        slack=lambda: limited(60),
    ),
    Scenario(channel="Slack", fault="503", slack=lambda: Fault(status=503, body="rollup_error")),
    Scenario(
        channel="Slack",
        fault="400 for the blocks",
        slack=lambda: Fault(status=400, body="invalid_blocks"),
    ),
    Scenario(
        channel="Slack",
        fault="takes it and hangs up",
        slack=lambda: Fault(accept=True, drop=True),
    ),
    Scenario(
        channel="Slack",
        fault="takes it and never answers",
        slack=lambda: Fault(accept=True, silent=True),
    ),
    Scenario(channel="Slack", fault="hangs up", slack=lambda: Fault(drop=True)),
    Scenario(channel="email", fault="none"),
    Scenario(channel="email", fault="451 for the recipient", mail="451 4.3.0 try again"),
    Scenario(channel="email", fault="451 for the message", mail="late 451 4.3.0 try again"),
    Scenario(
        channel="email",
        fault="550 for one of two recipients",
        mail="550 5.1.1 no such mailbox",
        to=(GOOD, BAD),
    ),
    Scenario(channel="email", fault="stall after the final dot", mail="stall"),
    Scenario(channel="email", fault="drop after the final dot", mail="drop"),
    Scenario(channel="email", fault="drip-fed banner", mail="drip"),
)


@dataclass(slots=True)
class Outcome:
    """What came of a scenario."""

    scenario: Scenario
    alerts: int
    arrived: int = 0
    given_up: int = 0
    lost: int = 0
    early: int = 0
    again: int = 0
    answers_lost: int = 0
    unmarked: int = 0
    unexplained: int = 0  # came again, though no answer was lost
    twice: int = 0  # of those given up: their answers were lost a second time, and they did arrive
    strange: int = 0  # came again under another Message-ID
    minutes: float = 0.0

    @property
    def kept(self) -> bool:
        bad = self.lost or self.early or self.unmarked or self.unexplained or self.strange
        expected = self.alerts // 2 if self.scenario.mail.startswith("550") else 0
        return not bad and self.given_up - self.twice == expected


@dataclass(slots=True)
class Recorder:
    """A channel that notes for which alerts an answer was lost."""

    channel: Channel
    doubted: set[int]
    name: str = ""
    gap: float = 0.0

    def __post_init__(self) -> None:
        self.name, self.gap = self.channel.name, self.channel.gap

    async def send(self, alert: Alert) -> Receipt:
        receipt = await self.channel.send(alert)
        if receipt.outcome == "in-doubt":
            self.doubted.add(alert.id)
        return receipt


def prepared(folder: Path, alerts: int, names: Sequence[str]) -> Path:
    """A database whose outbox is full. Made once for the channels of these names."""
    made = folder / "test.db"
    if made.exists():
        return made
    folder.mkdir(parents=True)
    desk = LearningDesk(folder)
    rule = Rule(name="all", to=("desk",), most_an_hour=0)
    desk.desk = replace(desk.desk, rules=(rule,), routes={"desk": tuple(names)})
    desk.poll(entry(1))
    desk.poll(*(_news(n) for n in range(2, alerts + 2)))
    with desk.store.transaction() as db:
        rows = db.execute("SELECT id FROM alerts ORDER BY story, id").fetchall()
        assert len(rows) == alerts * len(names)
        for place, (alert,) in enumerate(rows):
            wait = max(0, place * 2 - len(rows)) * SPREAD / len(rows)
            due = iso(START + timedelta(seconds=wait))
            db.execute("UPDATE alerts SET next_try_at = ? WHERE id = ?", (due, alert))
    desk.close()
    return made


def _news(number: int):  # type: ignore[no-untyped-def]  # noqa: ANN202
    """Its headline begins with a number of its own, by which it is known when it arrives."""
    more = HOSTILE[number % len(HOSTILE)] if number % 2 else words(5, f"headline {number}")
    title = f"No {number:05} of the mine: {words(6, str(number))} {more}"
    return entry(number, title, words(40, f"text {number}"), published_at=None)


@contextmanager
def serving(scenario: Scenario, clock: FastClock) -> Iterator[tuple[Slack | Mail, ChannelSettings]]:
    """The server, and the channel that leads to it."""
    if scenario.channel == "Slack":
        with Slack(clock, scenario) as slack:
            yield slack, SlackSettings(name="desk", webhook_url=Secret(slack.url))
        return
    with Mail(clock, scenario) as mail:
        yield mail, mailbox("desk", mail.port, scenario.to)


def mailbox(name: str, port: int, to: tuple[str, ...]) -> EmailSettings:
    """The channel that leads to a mail server on this port."""
    return EmailSettings(
        name=name, host="127.0.0.1", port=port, security="none", sender="wirewatch@example.org",
        to=to, timeout=PATIENCE, data_timeout=PATIENCE,
    )  # fmt: skip


def played(scenario: Scenario, folder: Path, alerts: int, speed: float) -> Outcome:
    """Deliver everything, and count."""
    names = ("desk",) if scenario.channel == "Slack" else tuple(f"desk:{to}" for to in scenario.to)
    full = prepared(folder / str(len(names)) / scenario.channel, alerts, names)
    database = Path(shutil.copy(full, folder / "played.db"))
    clock = FastClock(speed)
    doubted: set[int] = set()
    with serving(scenario, clock) as (server, settings), Store(database) as store:
        due = _due(store)
        run(deliver(store, {"desk": settings}, clock, doubted), speed)
        outcome = _counted(scenario, store, server, due, doubted)
    outcome.minutes = clock.seconds() / 60
    return outcome


async def deliver(
    store: Store,
    channels: Mapping[str, ChannelSettings],
    clock: FastClock,
    doubted: set[int],
) -> None:
    """Rounds until nothing waits. Time in which nothing would happen is skipped."""
    config = Config(
        path=Path("(benchmark)"), database=store.path, watchlists=(), feed_lists=(), feeds=(),
        fetch=FetchConfig(allow_private_addresses=True), channels=channels, rules=(),
    )  # fmt: skip
    loop = asyncio.get_running_loop()
    async with build_client(config) as client:
        with ThreadPoolExecutor(1) as writer:
            ways = [Recorder(c, doubted) for c in build_channels(config, client, clock.now)]
            out = Delivery(ways, store, writer, clock.now)
            while waiting := await loop.run_in_executor(writer, _waiting, store):
                # Nothing is under way: what is not due yet is all that is left, or a rest.
                clock.skip(max(0.0, (min(waiting) - clock.now()).total_seconds()))
                await out.round()
                await asyncio.sleep(0.2)


def _waiting(store: Store) -> list[datetime]:
    rows = store.db.query("SELECT next_try_at FROM alerts WHERE state IN ('pending', 'sending')")
    return [moment(row["next_try_at"]) for row in rows]


def _due(store: Store) -> dict[str, float]:
    """When each may come at the earliest, in seconds; of one recipient, as only he gets any."""
    sql = "SELECT payload, next_try_at FROM alerts WHERE channel NOT LIKE ?"
    rows = store.db.query(sql, (f"%{BAD}",))
    return {
        _number(row["payload"]): (moment(row["next_try_at"]) - START).total_seconds()
        for row in rows
    }


def _number(text: str) -> str:
    return text[text.index("No ") + 3 :][:5]


def _counted(
    scenario: Scenario,
    store: Store,
    server: Slack | Mail,
    due: dict[str, float],
    doubted: set[int],
) -> Outcome:
    rows = list(
        store.db.query(
            "SELECT id, channel, payload, state, in_doubt FROM alerts WHERE rule = 'all'"
        )
    )
    arrivals = [(one.when, _number(one.text), REPEAT in one.text) for one in server.arrived]
    came = Counter(number for _, number, _ in arrivals)
    keys = {(_number(one.text), one.key) for one in server.arrived}
    in_doubt = {_number(row["payload"]) for row in rows if row["id"] in doubted}
    waited_for = [row for row in rows if row["state"] != "dead"]
    again = _again(arrivals)
    return Outcome(
        scenario=scenario,
        alerts=len(rows),
        arrived=len(came),
        given_up=len(rows) - len(waited_for),
        lost=sum(_number(row["payload"]) not in came for row in waited_for),
        early=server.limits_broken + sum(when < due[number] for when, number, _ in arrivals),
        again=len(again),
        answers_lost=len(doubted),
        unmarked=sum(not marked for _, marked in again),
        unexplained=sum(number not in in_doubt for number, _ in again),
        twice=sum(
            row["state"] == "dead" and row["in_doubt"] and _number(row["payload"]) in came
            for row in rows
        ),
        strange=len(keys) - len(came),
    )


def _again(arrivals: Sequence[tuple[float, str, bool]]) -> list[tuple[str, bool]]:
    """What came a second time, and whether it says so."""
    seen: set[str] = set()
    again = []
    for _, number, marked in arrivals:
        if number in seen:
            again.append((number, marked))
        seen.add(number)
    return again


# ── the table ────────────────────────────────────────────────────────────────────────────────────

HEADINGS = ("channel", "one in 25 meets", "alerts", "arrived", "given up", "lost", "early",
            "answers lost", "again", "unmarked", "minutes")  # fmt: skip


def row(done: Outcome) -> tuple[object, ...]:
    return (
        done.scenario.channel, done.scenario.fault, done.alerts, done.arrived, done.given_up,
        done.lost, done.early, done.answers_lost, done.again, done.unmarked, round(done.minutes),
    )  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> None:
    """Play every scenario, print the table, and fail where the promise is not kept."""
    asked = argparse.ArgumentParser(prog="benchmarks.delivery", description="Does all arrive?")
    asked.add_argument("--alerts", type=int, default=500)
    asked.add_argument("--speed", type=float, default=40.0, help="seconds of the clock in one [40]")
    asked.add_argument("--only", default="", help="scenarios with this word")
    asked.add_argument("--json", action="store_true")
    options = asked.parse_args(arguments)
    logging.getLogger("wirewatch").setLevel(logging.CRITICAL)
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)
    done = []
    with tempfile.TemporaryDirectory() as folder:
        for scenario in SCENARIOS:
            if options.only in f"{scenario.channel} {scenario.fault}":
                done.append(played(scenario, Path(folder), options.alerts, options.speed))
                if not options.json:
                    print(f"{len(done)}: {scenario.channel}, {scenario.fault}", file=sys.stderr)
    if options.json:
        print(json.dumps([dict(zip(HEADINGS, row(one), strict=True)) for one in done]))
    else:
        print(table(HEADINGS, [row(one) for one in done]))
    sys.exit(0 if all(one.kept for one in done) else 1)


if __name__ == "__main__":
    main()
