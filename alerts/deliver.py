"""One sender a channel, and what a receipt does to a row of the outbox.

    pending ──claim──▶ sending ──sent──────────────▶ sent
       ▲                  ├─────refused────────────▶ dead
       ├──later───────────┤        (24 h of tries) ▶ dead
       └──in doubt, once──┴─────in doubt again─────▶ dead

A row found `sending` when the program starts was being sent when it died: `recovered`.
The promise: each alert arrives at least once, or is shown as dead. It arrives more than once only
if an answer was lost on the way, and then says so.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from alerts.types import Alert, Channel, Receipt

FIRST_WAIT = 1.0  # seconds, doubled after every try
LONGEST_WAIT = 3600.0
TRIES = 36  # 1 + 2 + … + 2,048 s, then 23 waits of an hour: 24 h of waiting before the last one
JITTER = 0.1  # of the wait, added: rows that failed together do not come back together
LONGEST_HOLD = 6 * 3600.0  # of a Retry-After; a longer one is a mistake or malice
DOUBT_WAIT = 600.0  # before a repeat: time for what swallowed the answer to pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What the outbox writes after a try."""

    alert: int
    state: str  # "sent" | "pending" | "dead"
    in_doubt: bool  # a try may have arrived without our knowing
    next_try_at: datetime | None  # None unless pending
    message: str  # for people: why it is not sent
    thread: str = ""  # where the channel put it


def next_try_at(
    attempts: int, retry_after: float | None, now: datetime, jitter: float
) -> datetime | None:
    """When to try again after `attempts` tries, the last one at `now`; None = never.

    1 s, doubled up to 1 h, for 24 h; never earlier than the other side asked (`retry_after`
    seconds). `jitter` is a random number from 0 to 1; it only adds. Tries are counted, not hours
    since the first: an alert must not die because the program was off for a day.
    """
    if attempts >= TRIES:
        return None
    wait = min(FIRST_WAIT * 2 ** (attempts - 1), LONGEST_WAIT) * (1 + JITTER * jitter)
    return now + timedelta(seconds=max(wait, min(retry_after or 0.0, LONGEST_HOLD)))


def settlement(alert: Alert, receipt: Receipt, now: datetime, jitter: float) -> Settlement:
    """What a receipt makes of the alert it is for.

    Doubt is granted once: the second lost answer in a row of tries means that the way back is
    broken, and each further try would be one more copy on somebody's screen.

    Raises:
        ValueError: the receipt has an outcome that no channel may give.
    """
    again = next_try_at(alert.attempts + 1, receipt.retry_after, now, jitter)
    match receipt.outcome:
        case "sent":
            return replace(_settled(alert, "sent"), thread=receipt.thread)
        case "refused":
            return _settled(alert, "dead", receipt.message)
        case "later":
            return _again(alert, again, receipt.message, doubt=alert.in_doubt)
        case "in-doubt" if alert.in_doubt:
            return _settled(alert, "dead", f"{receipt.message}; twice: it may have arrived")
        case "in-doubt":
            again = again and max(again, now + timedelta(seconds=DOUBT_WAIT))
            return _again(alert, again, receipt.message, doubt=True)
        case outcome:
            raise ValueError(f"no such outcome: {outcome!r}")


def recovered(alert: Alert, now: datetime) -> Settlement:
    """An alert that was being sent when the program died: sent again at once, and marked."""
    return _again(alert, now, "the program ended while sending", doubt=True)


def _settled(alert: Alert, state: str, message: str = "") -> Settlement:
    return Settlement(
        alert=alert.id, state=state, in_doubt=alert.in_doubt, next_try_at=None, message=message
    )


def _again(alert: Alert, when: datetime | None, message: str, *, doubt: bool) -> Settlement:
    return Settlement(
        alert=alert.id,
        state="pending" if when else "dead",
        in_doubt=doubt,
        next_try_at=when,
        message=message,
    )


async def send_all(
    channel: Channel,
    alerts: AsyncIterator[Alert],
    settle: Callable[[Receipt], Awaitable[None]],
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> None:
    """Send one alert after the other and settle each before the next.

    `alerts` is drawn from one by one: an iterator that claims as it yields leaves nothing claimed
    that is not being sent. After every message the channel rests for its gap, and for as long as
    the other side asked (429 holds the channel, not only the alert); after the last one too, so
    that the next round may start at once.

    Raises:
        ExceptionGroup: bugs met on the way, after all alerts had their turn: one that cannot be
            sent must not stop the others, and must not go unseen.
    """
    bugs: list[Exception] = []
    async for alert in alerts:
        receipt = await _receipt(channel, alert, bugs)
        await settle(receipt)
        await sleep(max(channel.gap, min(receipt.retry_after or 0.0, LONGEST_HOLD)))
    if bugs:
        raise ExceptionGroup(f"channel {channel.name!r}", bugs)


async def _receipt(channel: Channel, alert: Alert, bugs: list[Exception]) -> Receipt:
    try:
        return await channel.send(alert)
    except Exception as bug:  # noqa: BLE001  # raised by send_all when all had their turn
        bugs.append(bug)
        words = f"a fault in the program: {type(bug).__name__}"
        return Receipt(alert=alert.id, outcome="in-doubt", message=words)
