"""How long a publisher says that nothing will change: headers, and what the document itself says.

Everything here is read as it was meant and believed as far as is safe: a hint may be wrong, out of
date or a default that nobody chose, and must never hide news for long.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from feeds.types import Hints

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

HINT_MOST = 3_600.0  # seconds: a ttl of a week must not hide a day's news
SKIP_MOST = timedelta(
    hours=6
)  # a night is slept through; a weekend is looked into four times a day
UPDATE_SHARE = 0.5  # of the time between two updates: one waits for half of it at most
TTL_MOST = 60 * 24 * 366  # minutes: what is longer than a year is a mistake

_DIRECTIVE = re.compile(r'(?:^|,)\s*([a-z-]+)\s*(?:=\s*"?(\d+)"?\s*(?=,|$))?', re.IGNORECASE)
_PERIODS = {"hourly": 3_600, "daily": 86_400, "weekly": 604_800, "monthly": 2_592_000,
            "yearly": 31_536_000}  # fmt: skip
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def fresh_for(headers: Mapping[str, str]) -> float:
    """Seconds for which an answer counts as fresh in a private cache (RFC 9111 §4.2); 0 = not.

    max-age (§5.2.2.1, the first where there are several, §4.2.1), else Expires less Date (§5.3; an
    Expires that is no date, "0" above all, has passed), less the Age that caches on the way have
    added (§5.1). s-maxage is for shared caches (§5.2.2.10), and we are none: it says when a proxy
    asks again, not when we should. With no-cache (§5.2.2.4) or no-store (§5.2.2.5) no answer is
    ever fresh, whatever else stands there; neither asks to be left alone.
    """
    said = _directives(headers.get("cache-control", ""))
    if "no-cache" in said or "no-store" in said:
        return 0.0
    lifetime = said.get("max-age")
    if lifetime is None:
        lifetime = _until_expiry(headers)
    return max(lifetime - _age(headers), 0.0)


def _directives(value: str) -> dict[str, float | None]:
    """The directives of a Cache-Control header by name; None for one without a number."""
    found: dict[str, float | None] = {}
    for name, number in _DIRECTIVE.findall(value):
        found.setdefault(name.lower(), _delta(number) if number else None)
    return found


def _until_expiry(headers: Mapping[str, str]) -> float:
    expires, sent = http_date(headers.get("expires", "")), http_date(headers.get("date", ""))
    return 0.0 if expires is None or sent is None else (expires - sent).total_seconds()


def _age(headers: Mapping[str, str]) -> float:
    first = headers.get("age", "").partition(",")[0].strip()
    return _delta(first) if first.isascii() and first.isdigit() else 0.0


def _delta(digits: str) -> float:
    """A number of seconds; what is too large for one stands for 2^31 (RFC 9111 §1.2.2)."""
    return min(float(digits), 2.0**31)


def http_date(value: str) -> datetime | None:
    """A date of HTTP (RFC 9110 §5.6.7) in any of its spellings; None for what is none."""
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def read_hints(
    *, ttl: str, period: str, frequency: str, hours: Iterable[str], days: Iterable[str]
) -> Hints:
    """What a document says, from the texts of its elements; what cannot be understood is left out.

    `ttl` is in minutes, `hours` are 0 to 23 in GMT (RSS 2.0; 24, of RSS 0.91, is midnight), `days`
    are English names (RSS 2.0). `period` and `frequency` are those of the syndication module of RSS
    1.0: so many updates in each hour, day, week, month or year; one where `frequency` is missing.
    """
    skipped = {int(text) % 24 for text in map(str.strip, hours) if _is_whole(text, 24)}
    named = {text.strip().lower() for text in days}
    return Hints(
        ttl=60 * int(ttl.strip()) if _is_whole(ttl.strip(), TTL_MOST) else None,
        period=_period(period.strip().lower(), frequency.strip() or "1"),
        skip_hours=tuple(sorted(skipped)),
        skip_days=tuple(number for number, name in enumerate(_DAYS) if name in named),
    )


def _is_whole(text: str, most: int) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 10 and int(text) <= most


def _period(period: str, frequency: str) -> int | None:
    if period not in _PERIODS or not _is_whole(frequency, 100_000) or not int(frequency):
        return None
    return _PERIODS[period] // int(frequency)


def hinted(headers: Mapping[str, str], hints: Hints) -> float:
    """Seconds for which the publisher would rather not be asked: the longest hint, to an hour.

    Of the time between two updates (sy:) it is half: an update would wait for all of it otherwise,
    and what asks for it mostly is WordPress, which writes "hourly, 1" into every feed.
    """
    longest = max(fresh_for(headers), hints.ttl or 0, UPDATE_SHARE * (hints.period or 0))
    return min(longest, HINT_MOST)


def after_skipped(at: datetime, hints: Hints, *, now: datetime, spread: float = 0.0) -> datetime:
    """The first moment from `at` on that lies in no skipped hour or day (RSS 2.0, GMT).

    At most SKIP_MOST from `now`: most who skip hours mean their night, but a feed that skips all of
    them, or a weekend on which something happens, is read all the same. `spread`, 0 to 1, is how
    much of six minutes comes on top, so that not all who wake at six are asked at six sharp.
    """
    until, hour = at.astimezone(UTC), timedelta(hours=1)
    while until < now + SKIP_MOST and _skipped(until, hints):
        until = until.replace(minute=0, second=0, microsecond=0) + hour
    if until == at:
        return at
    return max(at, min(until + spread * hour / 10, now + SKIP_MOST))


def _skipped(at: datetime, hints: Hints) -> bool:
    return at.hour in hints.skip_hours or at.weekday() in hints.skip_days
