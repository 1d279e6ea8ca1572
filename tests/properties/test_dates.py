"""Dates: whatever is given, an answer; and the right one where a reference has one."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime, parsedate_to_datetime

from hypothesis import given
from hypothesis import strategies as st

from feeds import dates

_WORDS = st.sampled_from(
    ["2026", "11", "22", "-", "/", ".", ":", " ", "T", "Z", "+0900", "-99:99", "GMT", "KST", "Sun,", "Nov",
     "ноября", "년", "월", "일", "年", "月", "日", "오후", "午後", "PM", "주체115", "(2026)", "Juche ", "24:00:00",
     "23:59:60", "0000", "99999", "٢٠٢٦", "²", "\x00", "\ud800", "чучхе", "года "]
)  # fmt: skip
DATEISH = st.one_of(
    st.text(),
    st.from_regex(r"[\d:/.TZ+ -]{0,40}", fullmatch=True),
    st.lists(_WORDS, max_size=12).map("".join),
)
_OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
_FIRST, _LAST = datetime(1000, 1, 2), datetime(9999, 12, 30)  # noqa: DTZ001 - zones are drawn
MOMENTS = st.datetimes(min_value=_FIRST, max_value=_LAST, timezones=_OFFSETS).map(
    lambda moment: moment.replace(microsecond=0)
)


@given(DATEISH)
def test_whatever_it_is_it_is_answered(raw: str) -> None:
    for found in (dates.parse_date(raw), dates.parse_by_format(raw, dates.JUCHE)):
        assert found is None or found.tzinfo is UTC


@given(MOMENTS, st.sampled_from("T t "), st.sampled_from(["auto", "milliseconds", "microseconds"]))
def test_what_is_written_is_read(moment: datetime, between: str, precision: str) -> None:
    written = moment.isoformat(between.strip() or " ", precision)
    assert datetime.fromisoformat(written) == moment
    assert dates.parse_date(written) == moment
    assert dates.parse_date(format_datetime(moment)) == moment


@given(
    st.integers(-1, 32),
    st.sampled_from("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()),  # noqa: SIM905
    st.integers(1900, 2100),
    st.tuples(*(st.integers(0, most) for most in (25, 61, 61))),
    st.sampled_from(["GMT", "UT", "EST", "EDT", "CST", "PDT", "-0000", "+0000", "+0530", "-1130"]),
)
def test_mail_dates_are_what_the_standard_library_says(
    day: int, month: str, year: int, clock: tuple[int, int, int], zone: str
) -> None:
    raw = f"{day:02} {month} {year} {clock[0]:02}:{clock[1]:02}:{clock[2]:02} {zone}"
    with suppress(ValueError, TypeError):
        wanted = parsedate_to_datetime(raw)
        wanted = wanted if wanted.tzinfo else wanted.replace(tzinfo=UTC)
        assert dates.parse_date(raw) == wanted


@given(
    st.from_regex(
        r"20\d\d-[01]\d-[0-3]\d(T[0-2]\d:[0-5]\d(:[0-5]\d(\.\d{1,6})?)?(Z|[+-]\d\d:[0-5]\d))?",
        fullmatch=True,
    )
)
def test_iso_dates_are_what_the_standard_library_says(raw: str) -> None:
    if not raw.isascii():
        return
    with suppress(ValueError):
        wanted = datetime.fromisoformat(raw)
        wanted = wanted if wanted.tzinfo else wanted.replace(tzinfo=UTC)
        assert dates.parse_date(raw) == wanted.replace(microsecond=0)
