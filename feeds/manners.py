"""When to come back: a pure function of what a feed answered. No feed is ever given up."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from feeds.types import FeedError, Fetched, NotModified

if TYPE_CHECKING:
    from collections.abc import Mapping

LEAST = 60.0  # seconds between two polls of one feed, whatever anybody says
BACKOFF_MOST = 86_400.0  # a feed that comes back from the dead is noticed within a day
RETRY_AFTER_MOST = 21_600.0  # six hours: a server may ask for rest, not for silence
HINT_MOST = 3_600.0  # a ttl of a week must not hide a day's news
JITTER = 0.1  # of the wait: feeds added together drift apart

_SECONDS = re.compile(r"-?\d{1,20}")
_MAX_AGE = re.compile(r"(?:^|[,\s])max-age\s*=\s*\"?(\d{1,20})", re.IGNORECASE)


def retry_after(value: str, sent: str = "") -> float | None:
    """Read a Retry-After header (RFC 9110 §10.2.3): seconds from now, as asked, not clamped.

    A date is measured against `sent`, the answer's own Date header, so that neither clock need be
    right. None for a missing header, for what is neither, and for a date without Date.
    """
    value = value.strip()
    if _SECONDS.fullmatch(value):
        return float(value)
    until, since = _http_date(value), _http_date(sent)
    return None if until is None or since is None else (until - since).total_seconds()


def _http_date(value: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def next_poll_at(
    answer: Fetched | NotModified | FeedError,
    *,
    interval: float,
    failures: int,
    now: datetime,
    jitter: float,
    ttl: int | None = None,
) -> datetime:
    """When to poll again.

    After a good answer: in `interval` seconds, or later where the feed's <ttl> (`ttl`, seconds) or
    max-age asks for up to an hour. After a failure: twice as long for each of the `failures` in a
    row (this one counts), up to a day; what Retry-After asks for, between a minute and six hours.
    `jitter`, from 0 to 1, is how much of a tenth comes on top.
    """
    match answer:
        case Fetched() | NotModified():
            wait, most = _after_answer(interval, _hint(answer.headers, ttl))
        case FeedError():
            wait, most = _after_failure(answer, interval, failures)
    wait = min(wait * (1 + JITTER * jitter), most)
    return now + timedelta(seconds=max(wait, LEAST))


def _after_answer(interval: float, hint: float) -> tuple[float, float]:
    """The wait after a good answer and the most that jitter may make of it."""
    wait = max(interval, min(hint, HINT_MOST), LEAST)
    return wait, wait * (1 + JITTER)


def _after_failure(error: FeedError, interval: float, failures: int) -> tuple[float, float]:
    """The wait after a failure and the most that jitter may make of it."""
    doublings = min(max(failures - 1, 0), 20)  # 60 s doubled 11 times is past a day already
    wait, most = interval * 2**doublings, max(BACKOFF_MOST, interval)
    if error.http_status == 410:  # Gone (RFC 9110 §15.5.11): said to be for good
        wait = most
    if error.retry_after is not None:
        asked = min(max(error.retry_after, LEAST), RETRY_AFTER_MOST)
        wait, most = max(wait, asked), max(RETRY_AFTER_MOST, interval)
    return min(wait, most), most


def _hint(headers: Mapping[str, str], ttl: int | None) -> float:
    """How long the publisher says that nothing will change: the longer of <ttl> and max-age."""
    found = _MAX_AGE.search(headers.get("cache-control", ""))
    return max(float(ttl or 0), float(found[1]) if found else 0.0)
