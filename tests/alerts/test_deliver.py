"""alerts.deliver: what a receipt does to a row, and one sender a channel."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts import deliver
from alerts.deliver import next_try_at, recovered, send_all, settlement
from alerts.secrets import Secret
from alerts.settings import SlackSettings
from alerts.slack import SlackChannel
from alerts.types import Alert, Receipt
from tests.support.clock import START, Clock
from tests.support.posting import poster
from tests.support.sample import alert
from tests.support.slack import Fault, SlackServer


def wait(attempts: int, retry_after: float | None = None, jitter: float = 0.0) -> float | None:
    when = next_try_at(attempts, retry_after, START, jitter)
    return None if when is None else (when - START).total_seconds()


# ── when ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("attempts", "retry_after", "seconds"),
    [
        (1, None, 1),
        (2, None, 2),
        (3, None, 4),
        (12, None, 2048),
        (13, None, 3600),
        (35, None, 3600),
        (36, None, None),
        (1000, None, None),
        (1, 30.0, 30),
        (10, 30.0, 512),
        (1, 0.0, 1),
        (1, -5.0, 1),
        (1, 1e9, 6 * 3600),
        (36, 30.0, None),
    ],
)
def test_backoff(attempts, retry_after, seconds):
    assert wait(attempts, retry_after) == seconds


def test_an_alert_is_tried_for_a_day_and_then_dead():
    waits = [wait(attempts) for attempts in range(1, deliver.TRIES)]
    assert 24 * 3600 <= sum(waits) <= 25 * 3600


@given(st.integers(1, 60), st.none() | st.floats(0, 1e12), st.floats(0, 1))
def test_never_earlier_than_asked(attempts, retry_after, jitter):
    seconds = wait(attempts, retry_after, jitter)
    if seconds is not None:
        assert seconds >= min(retry_after or 0, deliver.LONGEST_HOLD) - 1e-6
        assert wait(attempts, retry_after) <= seconds <= wait(attempts, retry_after) * 1.1 + 1e-6


# ── what a receipt does ──────────────────────────────────────────────────────────────────────────


def settled(outcome: str, retry_after: float | None = None, **changes) -> tuple:
    receipt = Receipt(alert=7, outcome=outcome, message="why", retry_after=retry_after)
    result = settlement(alert(**changes), receipt, START, 0.0)
    seconds = result.next_try_at and (result.next_try_at - START).total_seconds()
    return result.state, result.in_doubt, seconds, result.message


@pytest.mark.parametrize(
    ("outcome", "changes", "expected"),
    [
        ("sent", {}, ("sent", False, None, "")),
        ("sent", {"in_doubt": True}, ("sent", True, None, "")),
        ("refused", {}, ("dead", False, None, "why")),
        ("refused", {"in_doubt": True}, ("dead", True, None, "why")),
        ("later", {}, ("pending", False, 1, "why")),
        ("later", {"attempts": 4}, ("pending", False, 16, "why")),
        ("later", {"in_doubt": True}, ("pending", True, 1, "why")),
        ("later", {"attempts": 35}, ("dead", False, None, "why")),
        ("in-doubt", {}, ("pending", True, 600, "why")),
        ("in-doubt", {"attempts": 12}, ("pending", True, 3600, "why")),
        ("in-doubt", {"attempts": 35}, ("dead", True, None, "why")),
        ("in-doubt", {"in_doubt": True}, ("dead", True, None, "why; twice: it may have arrived")),
    ],
)
def test_settlements(outcome, changes, expected):
    assert settled(outcome, **changes) == expected


def test_retry_after_is_kept():
    assert settled("later", retry_after=90.0)[2] == 90


def test_an_outcome_of_no_channel_is_a_bug():
    with pytest.raises(ValueError, match="no such outcome: 'maybe'"):
        settled("maybe")


def test_what_was_being_sent_when_the_program_died():
    result = recovered(alert(attempts=3), START)
    assert (result.state, result.in_doubt, result.next_try_at) == ("pending", True, START)


@given(st.lists(st.sampled_from(["later", "in-doubt"]), min_size=40, max_size=40))
def test_every_alert_ends_and_doubt_makes_one_copy_more_at_most(outcomes):
    row, copies = alert(), 0
    for attempts, outcome in enumerate(outcomes):
        copies += outcome == "in-doubt"
        result = settlement(row, Receipt(alert=7, outcome=outcome), START, 0.0)
        if result.state == "dead":
            break
        row = alert(attempts=attempts + 1, in_doubt=result.in_doubt)
    assert result.state == "dead"
    assert copies <= 2


# ── sending ──────────────────────────────────────────────────────────────────────────────────────


class Scripted:
    """A channel with prepared receipts."""

    name = "desk"
    gap = 1.0

    def __init__(self, *outcomes: Receipt | Exception | str) -> None:
        self._outcomes = list(outcomes)
        self.sent: list[int] = []

    async def send(self, one: Alert) -> Receipt:
        self.sent.append(one.id)
        outcome = self._outcomes.pop(0) if self._outcomes else "sent"
        if isinstance(outcome, Exception):
            raise outcome
        if isinstance(outcome, Receipt):
            return outcome
        return Receipt(alert=one.id, outcome=outcome)


class Outbox:
    """Rows that are claimed as they are drawn."""

    def __init__(self, channel: Scripted, count: int) -> None:
        self.channel = channel
        self.count = count
        self.log: list[str] = []
        self.receipts: list[Receipt] = []

    async def claims(self) -> AsyncIterator[Alert]:
        for number in range(self.count):
            self.log.append(f"claim {number}")
            yield alert(id=number)

    async def settle(self, receipt: Receipt) -> None:
        assert self.channel.sent[-1] == receipt.alert
        self.log.append(f"{receipt.outcome} {receipt.alert}")
        self.receipts.append(receipt)


def delivered(channel: Scripted, count: int) -> tuple[Outbox, Clock]:
    outbox, clock = Outbox(channel, count), Clock()
    asyncio.run(send_all(channel, outbox.claims(), outbox.settle, clock.sleep))
    return outbox, clock


def test_claim_send_settle_one_by_one_with_the_gap_between():
    outbox, clock = delivered(Scripted("sent", "later", "refused"), 3)
    assert outbox.log == ["claim 0", "sent 0", "claim 1", "later 1", "claim 2", "refused 2"]
    assert clock.slept == [1.0, 1.0, 1.0]


def test_a_rate_limit_holds_the_channel():
    limited = Receipt(alert=0, outcome="later", retry_after=45.0)
    absurd = Receipt(alert=1, outcome="later", retry_after=1e9)
    _, clock = delivered(Scripted(limited, absurd), 3)
    assert clock.slept == [45.0, deliver.LONGEST_HOLD, 1.0]


def test_nothing_to_send_is_nothing_done():
    outbox, clock = delivered(Scripted(), 0)
    assert (outbox.log, clock.slept) == ([], [])


def test_one_alert_that_cannot_be_sent_does_not_stop_the_others():
    channel = Scripted("sent", ZeroDivisionError("secret"), "refused", "sent")
    outbox, clock = Outbox(channel, 10), Clock()
    with pytest.raises(ExceptionGroup, match="channel 'desk'") as caught:
        asyncio.run(send_all(channel, outbox.claims(), outbox.settle, clock.sleep))
    assert isinstance(caught.value.exceptions[0], ZeroDivisionError)
    outcomes = [receipt.outcome for receipt in outbox.receipts]
    assert outcomes == ["sent", "in-doubt", "refused", *["sent"] * 7]
    assert outbox.receipts[1].message == "a fault in the program: ZeroDivisionError"


def test_a_store_that_fails_stops_the_sender():
    async def broken(receipt: Receipt) -> None:
        raise OSError("disk full")

    async def two() -> AsyncIterator[Alert]:
        yield alert()
        yield alert()

    channel = Scripted()
    with pytest.raises(OSError, match="disk full"):
        asyncio.run(send_all(channel, two(), broken, Clock().sleep))
    assert channel.sent == [7]


def test_a_cancelled_sender_settles_nothing():
    class Hanging(Scripted):
        async def send(self, one: Alert) -> Receipt:
            started.set()
            await asyncio.Event().wait()
            raise AssertionError

    async def cancelled() -> None:
        task = asyncio.create_task(send_all(channel, outbox.claims(), outbox.settle))
        await started.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    started, channel = asyncio.Event(), Hanging()
    outbox = Outbox(channel, 3)
    asyncio.run(cancelled())
    assert outbox.log == ["claim 0"]  # the row stays `sending`: in doubt at the next start


# ── a whole outbox against a server that limits ──────────────────────────────────────────────────


class Rows:
    """An outbox in memory, driven as the store is: due rows, claim, settle."""

    def __init__(self, count: int, clock: Clock) -> None:
        self.clock = clock
        self.rows = {n: alert(id=n, key=f"key-{n:04}-key") for n in range(count)}
        self.due = dict.fromkeys(self.rows, START)
        self.state = dict.fromkeys(self.rows, "pending")

    async def claims(self) -> AsyncIterator[Alert]:
        while waiting := [n for n in self.rows if self._is_due(n)]:
            number = min(waiting, key=lambda n: (self.due[n], n))
            self.state[number] = "sending"
            yield self.rows[number]

    def _is_due(self, number: int) -> bool:
        return self.state[number] == "pending" and self.due[number] <= self.clock.now()

    async def settle(self, receipt: Receipt) -> None:
        number = receipt.alert
        result = settlement(self.rows[number], receipt, self.clock.now(), 0.5)
        self.state[number] = result.state
        self.due[number] = result.next_try_at or START
        attempts = self.rows[number].attempts + 1
        self.rows[number] = alert(
            id=number, key=self.rows[number].key, attempts=attempts, in_doubt=result.in_doubt
        )


def test_five_hundred_alerts_through_a_rate_limit():
    """Slack's clock runs with ours: 60 s of 429 at first, 5xx and lost answers between."""
    clock = Clock()
    with SlackServer(clock.monotonic) as server:
        limit = Fault(status=429, headers={"Retry-After": "60"})
        server.faults += [
            limit,
            Fault(status=503),
            Fault(accept=True, drop=True),
            Fault(status=500),
        ]
        settings = SlackSettings(name="desk", webhook_url=Secret(server.url))
        channel = SlackChannel(settings, poster(), clock.now, sleep=clock.sleep)
        rows = Rows(500, clock)
        while "pending" in rows.state.values():
            asyncio.run(send_all(channel, rows.claims(), rows.settle, clock.sleep))
            clock.seconds += 1
    assert set(rows.state.values()) == {"sent"}
    times = [moment for moment, _ in server.posts]
    assert times[1] - times[0] >= 60
    assert all(later - earlier >= 1 for earlier, later in pairwise(times))
    assert [status for _, status in server.posts].count(429) == 1
    assert len(server.accepted) == 501  # one answer was lost: one copy more
    marked = [m for m in server.accepted if "(possible repeat)" in m["text"]]
    assert len(marked) == 1


def test_without_the_gap_the_server_would_limit():
    clock = Clock()
    with SlackServer(clock.monotonic) as server:
        settings = SlackSettings(name="desk", webhook_url=Secret(server.url))
        channel = SlackChannel(settings, poster(), clock.now, sleep=clock.sleep)
        channel.gap = 0.0  # the broken twin
        rows = Rows(3, clock)
        asyncio.run(send_all(channel, rows.claims(), rows.settle, clock.sleep))
    assert [status for _, status in server.posts][1] == 429
