"""What the channels share that POST: deadlines, and what an answer means for the alert."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from alerts.errors import PostError
from alerts.secrets import Secret, redacted
from alerts.text import one_line
from alerts.types import Alert, PostAnswer, Receipt

POST_SECONDS = 60.0  # above any transport's own limit: a send that never ends stops the channel

JSON = {"content-type": "application/json; charset=utf-8"}


async def guarded(
    alert: Alert, work: Awaitable[Receipt], deadline: float, *secrets: Secret | None
) -> Receipt:
    """What `work` gives, or what its failure means: PostError, or TimeoutError after `deadline`."""
    try:
        return await work
    except PostError as error:
        outcome = "in-doubt" if error.maybe_sent else "later"
        return Receipt(alert=alert.id, outcome=outcome, message=words(str(error), *secrets))
    except TimeoutError:
        told = f"no answer within {deadline:g} s"
        return Receipt(alert=alert.id, outcome="in-doubt", message=told)


def answered(
    alert: Alert, answer: PostAnswer, who: str, now: datetime, *secrets: Secret | None
) -> Receipt:
    """What an answer means whose status says everything."""
    outcome = outcome_of(answer.status)
    if outcome == "sent":
        return Receipt(alert=alert.id, outcome=outcome)
    return Receipt(
        alert=alert.id,
        outcome=outcome,
        message=words(f"{who} answered {answer.status}: {answer.body}", *secrets),
        retry_after=seconds_asked(answer.headers.get("retry-after", ""), now),
    )


def words(text: str, *secrets: Secret | None) -> str:
    """A line for people, without secrets."""
    return one_line(redacted(text, *secrets), 200)


def outcome_of(status: int) -> str:
    """What a webhook's HTTP status means for the alert.

    400, 403, 404 and 410 are Slack's for a payload, a permission, a hook or a channel that will be
    no better the next time. 408, 425 and 429 are the only 4xx that ask for another try; a redirect
    or anything unheard of comes from something on the way that will be gone again.
    """
    if 200 <= status < 300:
        return "sent"
    if 400 <= status < 500 and status not in {408, 425, 429}:
        return "refused"
    return "later"


def seconds_asked(value: str, now: datetime) -> float | None:
    """A Retry-After header in seconds (RFC 9110, section 10.2.3), None if it says nothing."""
    value = value.strip()
    if value.isascii() and value.isdigit():
        return float(min(int(value[:12]), 10**9))
    try:
        until = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0.0, (until - now).total_seconds())
