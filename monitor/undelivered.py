"""What is told, on another channel, of alerts that were given up. Pure."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.message import utc
from monitor.clock import iso

RELATION = "undelivered"  # of a notice, among those of alerts.rules

# What is given up together (a hook that was revoked, with ten alerts waiting) is one notice.
GATHERING = timedelta(minutes=1)
REST = timedelta(hours=1)  # from a notice to the next
MOST_TITLES = 8  # headlines in a notice; it has room for about as many
LONGEST_TITLE = 80  # characters
MOST_REASONS = 3
LONGEST_REASON = 90  # characters; a fact has room for three

TO_DO = "“wirewatch alerts dead” shows them, “wirewatch alerts retry” sends them again"


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenUp:
    """An alert that could not be delivered."""

    id: int
    channel: str
    title: str
    why: str


def due(last: datetime | None, now: datetime) -> datetime:
    """When a notice goes out that begins now; `last` is when the one before it began."""
    soon = now + GATHERING
    return max(soon, last + REST) if last else soon


def payload(given_up: Sequence[GivenUp], now: datetime) -> str:
    """The notice, as the outbox keeps messages; `alerts` are the numbers of what it tells of."""
    count = len(given_up)
    where = Counter(one.channel for one in given_up)
    reasons = list(dict.fromkeys(one.why[:LONGEST_REASON] for one in given_up))
    more = f"; and {len(reasons) - MOST_REASONS} more" if len(reasons) > MOST_REASONS else ""
    return json.dumps(
        {
            "title": f"{count} {'alert' if count == 1 else 'alerts'} not delivered {_where(where)}",
            "url": "",
            "source": "",
            "source_kind": "",
            "language": "en",
            "first_seen_at": iso(now),
            "published_at": None,
            "published_raw": "",
            "snippet": _titles(given_up),
            "snippet_marks": [],
            "named": [],
            "news": "",
            "facts": [
                ("Reason", "; ".join(reasons[:MOST_REASONS]) + more),
                ("Given up", utc(now)),
                ("To do", TO_DO),
            ],
            "alerts": [one.id for one in given_up],
        },
        ensure_ascii=False,
    )


def _where(counts: Mapping[str, int]) -> str:
    """`to desk`; or `to desk (2) and mail:a@example.org (3)`."""
    if len(counts) == 1:
        return f"to {next(iter(counts))}"
    return "to " + " and ".join(f"{channel} ({number})" for channel, number in counts.items())


def told_of(notice: str) -> list[int]:
    """The numbers of the alerts that a notice tells of."""
    numbers: list[int] = json.loads(notice)["alerts"]
    return numbers


def _titles(given_up: Sequence[GivenUp]) -> str:
    shown = [f"{one.id}: {_cut(one.title)}" for one in given_up[:MOST_TITLES]]
    more = len(given_up) - len(shown)
    return " · ".join([*shown, f"and {more} more"] if more else shown)


def _cut(title: str) -> str:
    return title if len(title) <= LONGEST_TITLE else title[: LONGEST_TITLE - 1] + "…"
