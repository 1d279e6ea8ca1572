"""What one poll leaves behind for those to come. Leaf: imports nothing of ours but feeds' types."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from feeds.types import FetchState, Hints, Move


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is remembered of a poll for those to come."""

    next_poll_at: datetime
    failures: int  # in a row
    pace: float  # seconds
    hints: Hints
    move: Move
    state: FetchState
    full_at: datetime | None
    rest_until: datetime | None = None  # the server asked for it
    host_rests_until: datetime | None = None  # and for as much for all of its feeds
    remark: str = ""  # what was decided, for the ledger
