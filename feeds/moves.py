"""Feeds that moved for good (301, RFC 9110 §15.4.2; 308, §15.4.9): where to ask. Pure.

One such answer proves little: captive portals, maintenance and hijacked domains send them too. A
target that three polls in a row led to is asked by itself from then on. The list keeps its own
address, which is tried again when the target fails, and once a week: publishers take moves back.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from feeds.manners import passing
from feeds.types import FeedError, Fetched, Move, NotModified

SETTLED = 3  # polls in a row with one target
RECHECK = timedelta(days=7)  # one request in 170 at the slowest pace
LOST = 3  # failures in a row, even such as may pass, after which the target is not believed


def settled(move: Move) -> bool:
    """Whether the target is asked in place of the listed address."""
    return bool(move.to) and move.polls >= SETTLED


def ask_at(listed: str, move: Move, now: datetime) -> str:
    """The address to ask now: the target of a settled move, but for once a week."""
    if not settled(move) or move.at is None:
        return listed
    return move.to if timedelta(0) <= now - move.at < RECHECK else listed


def is_recheck(listed: str, move: Move, asked: str) -> bool:
    """Whether the listed address was asked although the feed is elsewhere."""
    return settled(move) and asked == listed


def after(
    move: Move,
    answer: Fetched | NotModified | FeedError,
    *,
    listed: str,
    asked: str,
    failures: int,
    now: datetime,
) -> Move:
    """What is known of the move after an answer from `asked`; `failures` counts this one.

    A failure is an answer that cannot be used, be it in the document. A target that fails for good,
    or LOST times in a row, is forgotten, and the listed address is asked next.
    """
    if isinstance(answer, FeedError):
        if asked != listed:
            return Move() if not passing(answer) or failures >= LOST else move
        return replace(move, at=now) if settled(move) else move
    if not answer.permanent_url:
        return move if asked != listed else Move()
    again = asked == listed and answer.permanent_url == move.to
    return Move(to=answer.permanent_url, polls=move.polls + 1 if again else 1, at=now)
