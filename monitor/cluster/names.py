"""The names that jobs go by in the database: workers of two versions meet there."""

from __future__ import annotations

POLLS = "polls"  # queues: a batch must not keep what is short and urgent waiting
DELIVERY = "delivery"

POLL = "poll"  # tasks
DISPATCH = "dispatch"
SWEEP = "sweep"
OUTBOX = "outbox"
DELIVER = "deliver"
TEXTS = "texts"
TRENDS = "trends"
RETENTION = "retention"
HOUSEKEEPING = "housekeeping"


def channel_lock(channel: str) -> str:
    """The lock of the jobs that send on a channel; in `turns`, the name by which it rests."""
    return f"channel {channel}"
