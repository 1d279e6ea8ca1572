"""Times and counts in words: "06:12, 3 h ago". Pure; `now` is an argument."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from datetime import date as Date  # noqa: N812 - `date` is what it is called in a template

from monitor.clock import moment

# Not strftime's %b: that follows the server's locale, and the pages are in English.
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


def when(value: datetime | str | None) -> datetime | None:
    """A moment in UTC from what is stored or already one; None for what is empty or no time."""
    if isinstance(value, str):
        try:
            value = moment(value)
        except ValueError:
            return None
    if value is None:
        return None
    return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


def clock(value: datetime | str | None) -> str:
    """`06:12`, in UTC; "" for no time."""
    at = when(value)
    return f"{at:%H:%M}" if at else ""


def day(value: datetime | str | None) -> str:
    """`21 Nov 2026`: a date that nobody reads the wrong way round."""
    at = when(value)
    return f"{at.day} {_MONTHS[at.month - 1]} {at.year}" if at else ""


def date(value: Date, *, year: bool = True) -> str:
    """`16 Nov 2026`, or `16 Nov` where the year stands elsewhere."""
    short = f"{value.day} {_MONTHS[value.month - 1]}"
    return f"{short} {value.year}" if year else short


def share(value: float) -> str:
    """`30 %`, and `under 1 %` for what would be read as nothing."""
    return f"{value * 100:.0f} %" if value >= 0.01 else "under 1 %"


def full(value: datetime | str | None) -> str:
    """`21 Nov 2026, 06:12:03 UTC`."""
    at = when(value)
    return f"{day(at)}, {at:%H:%M:%S} UTC" if at else ""


def ago(value: datetime | str | None, now: datetime) -> str:
    """`06:12, 3 h ago` within a day of now, else `19 Nov 2026, 06:12`; "" for no time."""
    at = when(value)
    if at is None:
        return ""
    seconds = (now - at).total_seconds()
    if abs(seconds) >= _DAY:
        return f"{day(at)}, {clock(at)}"
    if seconds < -_MINUTE:
        return f"{clock(at)}, in {_rough(-seconds)}"
    return f"{clock(at)}, {_rough(seconds)} ago" if seconds >= _MINUTE else f"{clock(at)}, just now"


def _rough(seconds: float) -> str:
    return f"{seconds // _HOUR:.0f} h" if seconds >= _HOUR else f"{seconds // _MINUTE:.0f} min"


def lag(seconds: float | timedelta | None) -> str:
    """A stretch of time in its two largest units: `3 h 20 min`, `2 days 4 h`; "" for none."""
    if seconds is None:
        return ""
    left = int(seconds.total_seconds() if isinstance(seconds, timedelta) else seconds)
    sign, left = ("-", -left) if left < 0 else ("", left)
    if left < _MINUTE:
        return "at once"
    days, hours, minutes = left // _DAY, left % _DAY // _HOUR, left % _HOUR // _MINUTE
    parts = ((days, "day" if days == 1 else "days"), (hours, "h"), (minutes, "min"))
    first = next(at for at, part in enumerate(parts) if part[0])
    return sign + " ".join(f"{n} {unit}" for n, unit in parts[first : first + 2] if n)


def published(stamp: datetime | str | None, raw: str) -> str:
    """What the publisher says of the time, for the note on a time."""
    if when(stamp) is None:
        return f"the publisher's time could not be read: {raw}" if raw else "no publisher's time"
    written = f" (as written: {raw})" if raw else ""
    return f"the publisher says {full(stamp)}{written}"


def number(value: float) -> str:
    """Digits in threes: `12,345`."""
    return f"{value:,}"


def count(value: int, one: str, many: str = "") -> str:
    """`1 story`, `2 stories`, `1,204 copies`."""
    return f"{value:,} {one if value == 1 else many or one + 's'}"
