"""The wall clock: read where the program starts, and handed to everything else."""

from __future__ import annotations

from datetime import UTC, datetime


def wall_clock() -> datetime:
    """The time of day in UTC."""
    return datetime.now(UTC)
