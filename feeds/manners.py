"""When to come back: a pure function of what a feed answered.

No feed is given up for errors, however many; only one that twice says "Gone for good" is.
"""

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
PASSING_MOST = 21_600.0  # six hours, after what passes by itself: an outage is seldom longer
STOPPED = datetime(9000, 1, 1, tzinfo=UTC)  # never by itself, and still a date like any other
RETRY_AFTER_MOST = 21_600.0  # six hours: a server may ask for rest, not for silence
HINT_MOST = 3_600.0  # a ttl of a week must not hide a day's news
JITTER = 0.1  # of the wait: feeds added together drift apart

_PASSING = {"dns", "connect", "timeout", "protocol", "internal"}
_PASSING_STATUS = {408, 425, 429}  # RFC 9110 §15.5.9, RFC 8470 §5.2, RFC 6585 §4: "later"

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


def next_poll_at(
    answer: Fetched | NotModified | FeedError,
    *,
    interval: float,
    failures: int,
    now: datetime,
    jitter: float,
    ttl: int | None = None,
    gone: bool = False,
) -> datetime:
    """When to poll again.

    After a good answer: in `interval` seconds, or later where the feed's <ttl> (`ttl`, seconds) or
    max-age asks for up to an hour. After a failure: twice as long for each of the `failures` in a
    row (this one counts), up to six hours if it is `passing`, else up to a day; what Retry-After
    asks for, between a minute and six hours. A 410 is asked about once more a day later; where the
    poll before (`gone`) said so too, STOPPED. `jitter`, from 0 to 1, is how much of a tenth comes
    on top.
    """
    if gone and is_gone(answer):
        return STOPPED
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
    most = max(PASSING_MOST if passing(error) else BACKOFF_MOST, interval)
    wait = interval * 2**doublings
    if is_gone(error):
        return most, most
    if error.retry_after is not None:
        asked = min(max(error.retry_after, LEAST), RETRY_AFTER_MOST)
        wait, most = max(wait, asked), max(RETRY_AFTER_MOST, interval)
    return min(wait, most), most


def _hint(headers: Mapping[str, str], ttl: int | None) -> float:
    """How long the publisher says that nothing will change: the longer of <ttl> and max-age."""
    found = _MAX_AGE.search(headers.get("cache-control", ""))
    return max(float(ttl or 0), float(found[1]) if found else 0.0)
