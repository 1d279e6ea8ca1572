"""Times as this program writes them: UTC, ISO 8601, milliseconds, one width, so that text sorts."""

from __future__ import annotations

from datetime import UTC, datetime


def iso(moment: datetime) -> str:
    """`2026-11-21T06:12:00.000Z` for an aware moment in any zone."""
    # Not strftime, whose %Y on Linux turns the year 0001 (many a publisher's "no date") into 1.
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")[: -len("+00:00")] + "Z"


def iso_or_none(moment: datetime | None) -> str | None:
    """The same, for a moment that may be missing."""
    return None if moment is None else iso(moment)


def moment(text: str) -> datetime:
    """The moment that `iso` wrote.

    Raises:
        ValueError: the text is not such a time.
    """
    return datetime.fromisoformat(text)


def moment_or_none(text: str | None) -> datetime | None:
    """The same, for a column that may be empty."""
    return moment(text) if text else None
