"""Dates as publishers write them."""

from __future__ import annotations

from datetime import UTC, datetime

import feedparser
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.dates import JUCHE, parse_by_format, parse_date, zone_named

MORNING = "2022-07-27T19:35:05+00:00"  # 04:35:05 in Seoul on the 28th

READ = {
    # RFC 5322 and RFC 822
    "Thu, 28 Jul 2022 04:35:05 +0900": MORNING,
    "28 Jul 2022 04:35:05 +0900": MORNING,
    "Thu, 28 July 2022 04:35:05 +09:00": MORNING,
    "Thu,28 Jul 2022 4:35:5 GMT+9": MORNING,
    "Thu, 28 Jul 2022 04:35:05+0900": MORNING,
    "tHu, 28 jUL 2022 04:35:05 kst": MORNING,
    "Thu, 28 Jul 22 04:35:05 KST": MORNING,
    "Wed, 27 Jul 2022 19:35:05 GMT": MORNING,
    "Wed, 27 Jul 2022 19:35:05 UT": MORNING,
    "Wed, 27 Jul 2022 19:35:05 -0000": MORNING,
    "Wed, 27 Jul 2022 14:35:05 EST": MORNING,
    "Wed, 27 Jul 2022 12:35:05 PDT": "2022-07-27T19:35:05+00:00",
    "Wed, 27 Jul 2022 13:35:05 CST": MORNING,
    "Wed, 27 Jul 2022 19:35 GMT": "2022-07-27T19:35:00+00:00",
    "Wed, 27 Jul 99 19:35 GMT": "1999-07-27T19:35:00+00:00",
    # names that RFC 822 does not have
    "Thu, 28 Jul 2022 04:35:05 JST": MORNING,
    "Wed, 27 Jul 2022 22:35:05 MSK": MORNING,
    "Wed, 27 Jul 2011 23:35:05 MSK": "2011-07-27T19:35:05+00:00",
    "Thu, 28 Jul 2022 04:35:05 PYT": MORNING,
    "Fri, 14 Aug 2015 09:00:00 PYT": "2015-08-14T00:00:00+00:00",
    "Sat, 15 Aug 2015 09:00:00 PYT": "2015-08-15T00:30:00+00:00",
    "Fri, 04 May 2018 09:00:00 PYT": "2018-05-04T00:30:00+00:00",
    "Sat, 05 May 2018 09:00:00 PYT": "2018-05-05T00:00:00+00:00",
    "Thu Jul 28 2022 04:35:05 GMT+0900 (KST)": MORNING,
    # ISO 8601 and W3C-DTF
    "2022-07-28T04:35:05+09:00": MORNING,
    "2022-07-28T04:35:05.123456789+0900": MORNING,
    "2022-07-28t04:35:05 +9": MORNING,
    "2022-07-28T04:35:05+900": MORNING,
    "2022-07-28 T 04:35:05+09:00": MORNING,
    "2022-07-27T19:35:05Z": MORNING,
    "20220727T193505Z": MORNING,
    "2022-07-28T043505+0900": MORNING,
    "2022-209T00:00:00Z": "2022-07-28T00:00:00+00:00",
    "2022-07-28": "2022-07-28T00:00:00+00:00",
    "20220728": "2022-07-28T00:00:00+00:00",
    "2022-07": "2022-07-01T00:00:00+00:00",
    "2022": "2022-01-01T00:00:00+00:00",
    # others
    "2022-07-28 04:35": "2022-07-28T04:35:00+00:00",
    "2022/7/28 4:35:05": "2022-07-28T04:35:05+00:00",
    "2022. 7. 28. 04:35:05": "2022-07-28T04:35:05+00:00",
    "28.07.2022 04:35": "2022-07-28T04:35:00+00:00",
    "07/28/2022 04:35": "2022-07-28T04:35:00+00:00",
    "Thu Jul 28 04:35:05 2022": "2022-07-28T04:35:05+00:00",
    "Wed Jul 27 15:35:05 EDT 2022": MORNING,
    "July 28, 2022 4:35 PM": "2022-07-28T16:35:00+00:00",
    "July 28, 2022 12:05 AM": "2022-07-28T00:05:00+00:00",
    "2022년 7월 28일 오후 4:35": "2022-07-28T16:35:00+00:00",
    "2022년 7월 28일 오전 12시 5분": "2022-07-28T00:05:00+00:00",
    "주체111(2022)년 7월 28일": "2022-07-28T00:00:00+00:00",
    "2022年7月28日 午後4時35分": "2022-07-28T16:35:00+00:00",
    "2022年7月28日 下午4:35": "2022-07-28T16:35:00+00:00",
    "28 июля 2022 22:35 MSK": "2022-07-28T19:35:00+00:00",
    "5 мая 2022": "2022-05-05T00:00:00+00:00",
    # a day first, with dots or blanks
    "27 09 2026": "2026-09-27T00:00:00+00:00",
    "5 11 2026 14:05": "2026-11-05T14:05:00+00:00",
    "22.11.2026": "2026-11-22T00:00:00+00:00",
    "05.11.2026, 14:05": "2026-11-05T14:05:00+00:00",
    "5. 11. 2026": "2026-11-05T00:00:00+00:00",
    "2026. 11. 22": "2026-11-22T00:00:00+00:00",
    "[2026.8.1.]": "2026-08-01T00:00:00+00:00",
    "2026.11.22. 14:05": "2026-11-22T14:05:00+00:00",
    "2026년 11월 22일": "2026-11-22T00:00:00+00:00",
    "Feb. 19, 2026 Thursday [Photo]": "2026-02-19T00:00:00+00:00",
    "Sept. 3, 2025 Wednesday": "2025-09-03T00:00:00+00:00",
    "2026, Nov. 22": "2026-11-22T00:00:00+00:00",
    # Juche years: Juche 1 is 1912
    "주체115(2026)년 11월 22일": "2026-11-22T00:00:00+00:00",
    "주체115년 11월 22일 오후 3시 20분": "2026-11-22T15:20:00+00:00",
    "주체 115 (2026) 년 11 월 22 일": "2026-11-22T00:00:00+00:00",
    "Juche 115 (2026)": "2026-01-01T00:00:00+00:00",
    "Juche 115, Nov. 22": "2026-11-22T00:00:00+00:00",
    "November 22, Juche 115 (2026)": "2026-11-22T00:00:00+00:00",
    "22 November Juche 115": "2026-11-22T00:00:00+00:00",
    "[Juche113.3.9.]": "2024-03-09T00:00:00+00:00",
    "www.example.kp (Juche108.12.10.)": "2019-12-10T00:00:00+00:00",
    "主体115(2026)年11月22日": "2026-11-22T00:00:00+00:00",
    "主體115年11月22日": "2026-11-22T00:00:00+00:00",
    "チュチェ115（2026年）11月22日": "2026-11-22T00:00:00+00:00",
    "22 ноября 115 года чучхе": "2026-11-22T00:00:00+00:00",
    "22 ноября, чучхе 115 (2026)": "2026-11-22T00:00:00+00:00",
    "Juche 1.4.15.": "1912-04-15T00:00:00+00:00",
    # the edges of a day
    "2016-12-31T23:59:60Z": "2017-01-01T00:00:00+00:00",
    "2022-07-28T24:00:00Z": "2022-07-29T00:00:00+00:00",
    # nobody knows the zone: as if it had none
    "Thu, 28 Jul 2022 04:35:05 XYZ": "2022-07-28T04:35:05+00:00",
}

NO_DATES = [
    "", "yesterday", "insert date here", "20260229", "2026-02-29T00:00:00Z", "2022-13-01",
    "2022-06-31", "2022-07-28T25:00:00Z", "2022-07-28T24:00:01Z", "2022-07-28T10:60:00Z",
    "2022-07-28T10:00:61Z", "0000-01-01T00:00:00Z", "10000-01-01T00:00:00Z",
    "Wed, 28 Jul 10000 04:35:00 GMT", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00",
    "07/08/2022", "2022-07-28T04:35:05+99:00", "99999999999999", "0000-000", "1" * 100_000,
    "²⁰²²-⁰⁷-²⁸", "２０２２-13-01",
    "Juche 0.1.1.", "주체115(2025)년 11월 22일", "Juche 115.13.1.", "115.11.22",
    "27 13 2026", "32.01.2026", "31.11.2026",
]  # fmt: skip


@pytest.mark.parametrize(("raw", "moment"), READ.items())
def test_read(raw: str, moment: str) -> None:
    found = parse_date(raw)
    assert found is not None
    assert found.tzinfo is UTC
    assert found.isoformat() == moment


@pytest.mark.parametrize("raw", NO_DATES)
def test_no_date(raw: str) -> None:
    assert parse_date(raw) is None


def test_feedparser_reads_kst_as_utc() -> None:
    """Why dates are read here; once this fails, feedparser may be asked again."""
    raw = "<rss><channel><item><pubDate>Thu, 28 Jul 2022 04:35:05 KST</pubDate></item></channel></rss>"
    assert feedparser.parse(raw.encode()).entries[0].published_parsed.tm_hour == 4


@pytest.mark.parametrize(
    ("name", "offset"),
    [("Asia/Seoul", 9), ("Asia/Pyongyang", 9), ("", 0), ("Nowhere/Land", 0), ("../etc/passwd", 0)],
)
def test_a_date_without_a_zone_is_read_in_the_feeds_own(name: str, offset: int) -> None:
    expected = datetime(2022, 7, 28, 12 - offset, tzinfo=UTC)
    assert parse_date("2022-07-28 12:00", zone=zone_named(name)) == expected
    assert parse_date("Thu, 28 Jul 2022 12:00:00 GMT", zone=zone_named(name)) == datetime(
        2022, 7, 28, 12, tzinfo=UTC
    )


@pytest.mark.parametrize(
    ("raw", "pattern", "moment"),
    [
        ("115.11.22", JUCHE, "2026-11-21T15:00:00+00:00"),
        ("[115. 11. 22.] 14:05", JUCHE, "2026-11-22T05:05:00+00:00"),
        ("주체115(2026)년 11월 22일", JUCHE, "2026-11-21T15:00:00+00:00"),
        ("2026.11.22", JUCHE, "2026-11-21T15:00:00+00:00"),
        ("  22/11/26\n", "%d/%m/%y", "2026-11-21T15:00:00+00:00"),
        ("Nov 22, 2026 02:05 PM", "%b %d, %Y %I:%M %p", "2026-11-22T05:05:00+00:00"),
        ("2026-11-22 14:05 +0200", "%Y-%m-%d %H:%M %z", "2026-11-22T12:05:00+00:00"),
        ("22.11.2026", "%d/%m/%Y", None),
        ("22/11/2026 or so", "%d/%m/%Y", None),
        ("0001-01-01", "%Y-%m-%d", None),
        ("", "%Y-%m-%d", None),
        ("주체115(2025)년 11월 22일", JUCHE, None),
    ],
)
def test_a_page_may_say_how_its_dates_are_written(
    raw: str, pattern: str, moment: str | None
) -> None:
    found = parse_by_format(raw, pattern, zone=zone_named("Asia/Seoul"))
    assert (found and found.isoformat()) == moment


@pytest.mark.parametrize(("language", "hour"), [("zh", 4), ("en", 18), ("", 18)])
def test_cst(language: str, hour: int) -> None:
    found = parse_date("Thu, 28 Jul 2022 12:00:00 CST", language=language)
    assert found == datetime(2022, 7, 28, hour, tzinfo=UTC)


def test_the_machines_zone_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Seoul")
    assert parse_date("2022-07-28 12:00") == datetime(2022, 7, 28, 12, tzinfo=UTC)


@given(st.one_of(st.text(), st.from_regex(r"[\d:/.TZ+ -]{0,40}"), st.sampled_from(list(READ))))
def test_never_raises(raw: str) -> None:
    found = parse_date(raw)
    assert found is None or found.tzinfo is UTC


@given(st.datetimes(timezones=st.just(UTC)))
def test_what_is_written_is_read(moment: datetime) -> None:
    moment = moment.replace(microsecond=0)
    assert parse_date(moment.isoformat()) == moment
