"""What is to be said of a feed's dates. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from feeds.dates import parse_date
from feeds.findings import Finding, fine, note, wrong

if TYPE_CHECKING:
    from collections.abc import Sequence

    from feeds.types import Entry

CLOCK_SLACK = timedelta(minutes=15)  # a publisher's clock may be that fast
STALE = timedelta(days=90)
_FEW = 3  # entries that may well bear one date
_ELSEWHERE = timezone(timedelta(hours=5))  # any zone but UTC
# The zone of a feed that names none, by country, then by language. Guesses: people are told so.
_BY_COUNTRY = {
    "kp": "Asia/Pyongyang", "kr": "Asia/Seoul", "jp": "Asia/Tokyo", "cn": "Asia/Shanghai",
    "tw": "Asia/Taipei", "hk": "Asia/Hong_Kong", "ru": "Europe/Moscow", "su": "Europe/Moscow",
    "xn--3e0b707e": "Asia/Seoul", "xn--p1ai": "Europe/Moscow", "рф": "Europe/Moscow",
}  # fmt: skip
_BY_LANGUAGE = {"ko": "Asia/Seoul", "ja": "Asia/Tokyo", "zh": "Asia/Shanghai"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Dates:
    """The dates of a document, counted."""

    entries: int
    missing: int  # entries without one
    odd: tuple[str, ...]  # as published, not to be understood
    zoneless: tuple[str, ...]  # as published: they name another moment in another zone
    future: tuple[str, ...]
    known: tuple[datetime, ...]  # understood and not in the future, oldest first

    @property
    def span(self) -> timedelta:
        """From the oldest to the newest."""
        return self.known[-1] - self.known[0] if self.known else timedelta()


def dates_of(entries: Sequence[Entry], now: datetime) -> Dates:
    """Look at the dates of `entries`."""
    dated = [entry for entry in entries if entry.published_raw]
    ahead = now + CLOCK_SLACK
    return Dates(
        entries=len(entries),
        missing=len(entries) - len(dated),
        odd=tuple(entry.published_raw for entry in dated if not entry.published_at),
        zoneless=tuple(e.published_raw for e in dated if _is_zoneless(e)),
        future=tuple(e.published_raw for e in dated if e.published_at and e.published_at > ahead),
        known=tuple(
            sorted(e.published_at for e in dated if e.published_at and e.published_at <= ahead)
        ),
    )


def _is_zoneless(entry: Entry) -> bool:
    raw, language = entry.published_raw, entry.language
    here = parse_date(raw, zone=UTC, language=language)
    return here != parse_date(raw, zone=_ELSEWHERE, language=language)


def zone_guess(url: str, language: str) -> str:
    """The IANA zone that a feed's dates are likely in; "" where nothing tells."""
    country = (urlsplit(url).hostname or "").rpartition(".")[2]
    return _BY_COUNTRY.get(country) or _BY_LANGUAGE.get(language, "")


def date_findings(dates: Dates, zone: str, now: datetime) -> Iterator[Finding]:
    """What is to be said. `zone` is the one that the feed's settings name, if they do."""
    if not dates.entries:
        return
    found = [*_gaps(dates), *_zones(dates, zone), *_future(dates), *_age(dates, now)]
    if not any(one.level == "wrong" for one in found):
        found.append(fine("dates", f"from {_day(dates.known[0])} to {_day(dates.known[-1])}"))
    yield from found


def _gaps(dates: Dates) -> Iterator[Finding]:
    if dates.missing == dates.entries:
        yield wrong("dates", "no entry has one: each counts as new on the day it is first seen")
    elif dates.missing:
        yield wrong("dates", f"{dates.missing} of {dates.entries} entries have none")
    if dates.odd:
        words = f"{len(dates.odd)} cannot be understood, such as {_shown(dates.odd)}"
        yield wrong("dates", words)


def _zones(dates: Dates, zone: str) -> Iterator[Finding]:
    if not dates.zoneless:
        return
    words = f"{len(dates.zoneless)} name no zone, such as {_shown(dates.zoneless)}"
    if zone:
        yield note("dates", f"{words}; read as {zone}, as its settings say")
    else:
        yield wrong("dates", f"{words}; read as UTC unless timezone is set: hours may be off")


def _future(dates: Dates) -> Iterator[Finding]:
    if dates.future:
        words = f"{len(dates.future)} are in the future, such as {_shown(dates.future)}"
        yield wrong("dates", words)


def _age(dates: Dates, now: datetime) -> Iterator[Finding]:
    if len(dates.known) >= _FEW and not dates.span:
        yield note("dates", "all are the same: most likely when the document was made")
    if dates.known and not dates.future and now - dates.known[-1] > STALE:
        days = (now - dates.known[-1]).days
        yield note("dates", f"the newest is {days} days old: is the feed still kept?")


def _shown(raws: Sequence[str]) -> str:
    return f'"{raws[0]}"'


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
