"""Publishers' hints, by themselves. What follows from them: tests/monitor/test_manners_played.py."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.freshness import HINT_MOST, SKIP_MOST, after_skipped, fresh_for, hinted, read_hints
from feeds.parse import parse
from feeds.types import Feed, Hints, ParsedFeed
from tests.support import hostile

NOW = datetime(2026, 11, 21, 6, 30, tzinfo=UTC)  # a Saturday
SENT = "Sat, 21 Nov 2026 06:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 0),
        ({"cache-control": "max-age=600"}, 600),
        ({"cache-control": "private,max-age=600"}, 600),
        ({"cache-control": "max-age = 600"}, 600),
        ({"cache-control": "x-max-age=600"}, 0),
        ({"cache-control": "max-age=600x"}, 0),
        ({"cache-control": "max-age=-600"}, 0),
        ({"cache-control": "max-age"}, 0),
        ({"cache-control": "max-age=600, no-cache"}, 0),
        ({"cache-control": 'max-age=600, no-cache="set-cookie"'}, 0),
        ({"cache-control": "max-age=" + "9" * 500}, 2**31),
        ({"cache-control": "max-age=600", "age": "100"}, 500),
        ({"cache-control": "max-age=600", "age": "100, 300"}, 500),
        ({"cache-control": "max-age=600", "age": "9" * 500}, 0),
        ({"expires": "Sat, 21 Nov 2026 06:10:00 GMT", "date": SENT}, 600),
        ({"expires": "Sat, 21 Nov 2026 06:10:00 GMT", "date": SENT, "age": "60"}, 540),
        ({"expires": "Sat, 21 Nov 2026 06:10:00 GMT"}, 0),
        ({"expires": "-1", "date": SENT}, 0),
        ({"expires": "Sat, 99 Nov 2026 06:10:00 GMT", "date": SENT}, 0),
    ],
)
def test_fresh_for(headers: dict[str, str], seconds: float) -> None:
    assert fresh_for(headers) == seconds


@given(
    headers=st.fixed_dictionaries(
        {},
        optional={
            name: st.text(max_size=40) for name in ("cache-control", "age", "expires", "date")
        },
    )
)
def test_no_header_breaks_the_reading(headers: dict[str, str]) -> None:
    assert 0 <= hinted(headers, Hints()) <= HINT_MOST


@given(
    at=st.floats(0, 40 * 86_400),
    hours=st.sets(st.integers(0, 23)),
    days=st.sets(st.integers(0, 6)),
    spread=st.floats(0, 1),
)
def test_nothing_is_skipped_for_long_or_made_sooner(
    at: float, hours: set[int], days: set[int], spread: float
) -> None:
    wanted = NOW + timedelta(seconds=at)
    hints = Hints(skip_hours=tuple(hours), skip_days=tuple(days))
    found = after_skipped(wanted, hints, now=NOW, spread=spread)
    assert wanted <= found <= max(wanted, NOW + SKIP_MOST)


def test_it_comes_soon_after_the_last_hour_that_is_skipped() -> None:
    hints = Hints(skip_hours=(6, 7))
    assert after_skipped(NOW, hints, now=NOW) == NOW.replace(hour=8, minute=0)
    late = after_skipped(NOW, hints, now=NOW, spread=1.0)
    assert late == NOW.replace(hour=8, minute=6)


def hints_of(channel: str, *, broken: bool = False) -> Hints:
    body = hostile.rss(channel + hostile.item(1) + ("<b>" if broken else ""))
    body = body.replace(b"<rss ", b'<rss xmlns:sy="http://purl.org/rss/1.0/modules/syndication/" ')
    found = parse(body, {}, Feed(url="u"), "https://feeds.example/")
    assert isinstance(found, ParsedFeed)
    assert bool(found.malformed) is broken
    return found.hints


@pytest.mark.parametrize("broken", [False, True])
def test_every_hour_and_day_is_read(broken: bool) -> None:
    found = hints_of(
        "<skipHours><hour>23</hour><hour> 1 </hour><hour>24</hour><hour>25</hour><hour>x</hour>"
        "</skipHours><skipDays><day>Sunday</day><day>monday</day><day>Caturday</day></skipDays>"
        "<item><title>An hour of news</title><hour>7</hour><day>Friday</day></item>",
        broken=broken,
    )
    assert (found.skip_hours, found.skip_days) == ((0, 1, 23), (0, 6))


@pytest.mark.parametrize(
    ("period", "frequency", "seconds"),
    [
        ("hourly", "2", 1_800),
        (" Daily ", "", 86_400),
        ("weekly", "1", 604_800),
        ("monthly", "1", 2_592_000),
        ("yearly", "365", 86_400),
        ("daily", "-1", None),
        ("daily", "1.5", None),
        ("daily", "9" * 30, None),
        ("fortnightly", "1", None),
        ("", "4", None),
    ],
)
def test_periods(period: str, frequency: str, seconds: int | None) -> None:
    found = read_hints(ttl="", period=period, frequency=frequency, hours=(), days=())
    assert found.period == seconds


def test_a_feed_that_says_nothing_has_no_hints() -> None:
    assert hints_of("") == Hints()
