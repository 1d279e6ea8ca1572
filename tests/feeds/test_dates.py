"""Dates as publishers write them."""

from __future__ import annotations

import itertools
import re
from datetime import UTC, datetime

import feedparser
import pytest

from feeds import dates
from feeds.dates import JUCHE, parse_by_format, parse_date, zone_named
from tests.support.dates import NO_DATES, READ


@pytest.mark.parametrize(("raw", "moment"), READ.items())
def test_read(raw: str, moment: str) -> None:
    found = parse_date(raw)
    assert found is not None
    assert found.tzinfo is UTC
    assert found.isoformat() == moment


@pytest.mark.parametrize("raw", NO_DATES)
def test_no_date(raw: str) -> None:
    assert parse_date(raw) is None


def test_what_is_written_as_usual_is_read_as_any(monkeypatch: pytest.MonkeyPatch) -> None:
    days = ("Sat, 21 Nov 2026 ", "21 nov 2026 ", "2026-11-21T", "2026-02-30T", "30 Feb 2026 ")
    times = ("10:00:00", "23:59:60", "24:00:00", "9:00:00", "10:00", "10:00:00.25")
    zones = (" +0900", " -0130", " GMT", "Z", "+09:00", "-19:59", " +2500", " EST", "", "Zx")
    raws = [*map("".join, itertools.product(days, times, zones)), "1000-01-01T00:00:00+19:00"]
    quickly = [parse_date(raw) for raw in raws]
    assert sum(map(bool, quickly)) > 100
    monkeypatch.setattr(dates, "_USUAL", re.compile("(?!)"))
    monkeypatch.setattr(dates, "_ISO", re.compile("(?!)"))
    assert [parse_date(raw) for raw in raws] == quickly


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
