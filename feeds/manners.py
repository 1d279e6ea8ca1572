"""When to come back: a pure function of what a feed answered.

No feed is given up for errors, however many; only one that twice says "Gone for good" is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from feeds.freshness import after_skipped, hinted, http_date
from feeds.types import FeedError, Fetched, FetchState, Hints, NotModified

LEAST = 60.0  # seconds between two polls of one feed, whatever anybody says
BACKOFF_MOST = 86_400.0  # a feed that comes back from the dead is noticed within a day
PASSING_MOST = 21_600.0  # six hours, after what passes by itself: an outage is seldom longer
STOPPED = datetime(9000, 1, 1, tzinfo=UTC)  # never by itself, and still a date like any other
RETRY_AFTER_MOST = 21_600.0  # six hours: a server may ask for rest, not for silence
REST_TOGETHER = timedelta(minutes=15)  # in which each feed of a host has had its turn, mostly
FULL_EVERY = timedelta(hours=12)  # tt-rss, MAX_CONDITIONAL_INTERVAL: some servers say 304 for ever
JITTER = 0.1  # of the wait: feeds added together drift apart

_PASSING = {"dns", "connect", "timeout", "protocol", "internal"}
_PASSING_STATUS = {408, 425, 429}  # RFC 9110 §15.5.9, RFC 8470 §5.2, RFC 6585 §4: "later"
_REST_STATUS = {
    429,
    503,
}  # RFC 6585 §4, RFC 9110 §15.6.4: "too much", with Retry-After "until then"

_SECONDS = re.compile(r"-?\d{1,20}")


def retry_after(value: str, sent: str = "") -> float | None:
    """Read a Retry-After header (RFC 9110 §10.2.3): seconds from now, as asked, not clamped.

    A date is measured against `sent`, the answer's own Date header, so that neither clock need be
    right. None for a missing header, for what is neither, and for a date without Date.
    """
    value = value.strip()
    if _SECONDS.fullmatch(value):
        return float(value)
    until, since = http_date(value), http_date(sent)
    return None if until is None or since is None else (until - since).total_seconds()


def passing(error: FeedError) -> bool:
    """Whether the failure may well pass by itself: no connection, too slow, the server's fault.

    The others stand until somebody does something: no such page, not a feed, a wrong certificate.
    """
    if error.http_status is not None and error.reason == "http":
        return error.http_status >= 500 or error.http_status in _PASSING_STATUS
    return error.reason in _PASSING


def is_gone(answer: object) -> bool:
    """Whether the server says that the feed is gone for good (RFC 9110 §15.5.11)."""
    return isinstance(answer, FeedError) and answer.http_status == 410


def conditional(state: FetchState, *, full_at: datetime | None, now: datetime) -> FetchState:
    """What a request is made conditional on (RFC 9110 §13): nothing, every twelve hours.

    `full_at` is when a whole document last came. Some servers answer 304 whatever the feed holds.
    The hash of the body stays: what is the same after all is not parsed again.
    """
    if full_at is not None and timedelta(0) <= now - full_at < FULL_EVERY:
        return state
    return replace(state, etag="", last_modified="")


def rest_asked(answer: object) -> float | None:
    """Seconds of rest that a server asks for (429 or 503 with Retry-After), made sane."""
    if not isinstance(answer, FeedError) or answer.http_status not in _REST_STATUS:
        return None
    return None if answer.retry_after is None else _clamped(answer.retry_after)


def host_rests_until(own: datetime, others: Sequence[datetime]) -> datetime | None:
    """Until when all feeds of a host are left alone; None while one alone was asked to rest.

    `own` is until when the feed just polled shall rest, `others` the same of the host's other
    feeds, asked within REST_TOGETHER. One 503 for one feed says nothing of the others (FreshRSS
    #7870: it froze all of a host's); two in a quarter of an hour mean the host.
    """
    return max([own, *others]) if others else None


def _clamped(asked: float) -> float:
    return min(max(asked, LEAST), RETRY_AFTER_MOST)


def next_poll_at(
    answer: Fetched | NotModified | FeedError,
    *,
    interval: float,
    failures: int,
    now: datetime,
    jitter: float,
    hints: Hints | None = None,
    heed: bool = True,
    gone: bool = False,
    elsewhere: bool = False,
) -> datetime:
    """When to poll again.

    After a good answer: in `interval` seconds, or later where headers or the document's `hints` ask
    for up to an hour (`feeds.freshness`); what falls into hours or days to be skipped waits for up
    to six. Neither counts without `heed`: for an interval that the user chose, or one that the
    feed's own history has made shorter. After a failure: twice as long for each of the `failures`
    in a row (this one counts), up to six hours if it is `passing`, else up to a day; what
    Retry-After asks for, between a minute and six hours. A 410 is asked about once more a day
    later; where the poll before (`gone`) said so too, STOPPED. With `elsewhere` the next poll asks
    another address, which has not failed. `jitter`, from 0 to 1, is how much of a tenth comes on
    top.
    """
    if gone and is_gone(answer):
        return STOPPED
    hints = hints if hints and heed else Hints()
    match answer:
        case Fetched() | NotModified():
            wait = max(interval, hinted(answer.headers, hints) if heed else 0.0, LEAST)
            most = wait * (1 + JITTER)
        case FeedError():
            wait, most = _after_failure(answer, interval, failures, elsewhere=elsewhere)
            hints = Hints()
    wait = min(wait * (1 + JITTER * jitter), most)
    at = now + timedelta(seconds=max(wait, LEAST))
    return after_skipped(at, hints, now=now, spread=jitter)


def _after_failure(
    error: FeedError, interval: float, failures: int, *, elsewhere: bool
) -> tuple[float, float]:
    """The wait after a failure and the most that jitter may make of it."""
    doublings = min(max(failures - 1, 0), 20)  # 60 s doubled 11 times is past a day already
    most = max(PASSING_MOST if passing(error) else BACKOFF_MOST, interval)
    wait = interval if elsewhere else interval * 2**doublings
    if is_gone(error) and not elsewhere:
        return most, most
    if error.retry_after is not None:
        wait = max(wait, _clamped(error.retry_after))
        most = max(RETRY_AFTER_MOST, interval)
    return min(wait, most), most
