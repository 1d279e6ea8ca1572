"""When to come back. RFC 9110 §10.2.3 (Retry-After), RFC 9111 §5.2.2.1 (max-age), RSS 2.0 <ttl>."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.errors import REASONS
from feeds.freshness import HINT_MOST
from feeds.manners import (
    BACKOFF_MOST,
    LEAST,
    PASSING_MOST,
    RETRY_AFTER_MOST,
    STOPPED,
    next_poll_at,
    passing,
    retry_after,
)
from feeds.types import FeedError, Fetched, FetchState, Hints, NotModified

NOW = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)
SENT = "Sat, 21 Nov 2026 06:00:00 GMT"
DAY = 86_400


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        (" 120 ", 120),
        ("0", 0),
        ("-1", -1),
        ("1000000000000", 1e12),
        ("Sat, 21 Nov 2026 06:02:00 GMT", 120),
        ("Saturday, 21-Nov-26 06:02:00 GMT", 120),
        ("Sat Nov 21 06:02:00 2026", 120),
        ("Sat, 21 Nov 2026 05:00:00 GMT", -3_600),
        ("Thu, 21 Nov 2126 06:00:00 GMT", 3_155_673_600),
        ("", None),
        ("soon", None),
        ("1e12", None),
        ("1.5", None),
        ("nan", None),
        ("9" * 400, None),
        ("Sat, 99 Nov 2026 06:02:00 GMT", None),
        ("Fri, 31 Dec 99999 23:59:59 GMT", None),
    ],
)
def test_retry_after_is_read_as_it_was_sent(value, seconds):
    assert retry_after(value, SENT) == seconds


def test_a_date_is_measured_against_the_server_s_own_clock():
    slow = "Sat, 21 Nov 2020 06:00:00 GMT"
    assert retry_after("Sat, 21 Nov 2020 06:10:00 GMT", slow) == 600
    assert retry_after("Sat, 21 Nov 2020 06:10:00 GMT") is None
    assert retry_after("Sat, 21 Nov 2020 06:10:00 GMT", "yesterday") is None


@given(value=st.text(max_size=40), sent=st.one_of(st.just(SENT), st.text(max_size=40)))
def test_no_header_at_all_breaks_the_reading(value, sent):
    retry_after(value, sent)


def good(**headers: str) -> Fetched:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return Fetched(url="u", headers=names, body=b"", wire_bytes=0, state=FetchState())


def unchanged(**headers: str) -> NotModified:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return NotModified(url="u", http_status=304, headers=names, state=FetchState())


def error(reason="http", status=503, retry=None) -> FeedError:
    return FeedError(url="u", reason=reason, message="m", http_status=status, retry_after=retry)


def wait(answer, *, interval=900.0, failures=0, ttl=None, jitter=0.0) -> float:
    at = next_poll_at(
        answer,
        interval=interval,
        failures=failures,
        hints=Hints(ttl=ttl),
        now=NOW,
        jitter=jitter,
    )
    return (at - NOW).total_seconds()


@pytest.mark.parametrize(
    ("answer", "ttl", "seconds"),
    [
        (good(), None, 900),
        (unchanged(), None, 900),
        (good(), 300, 900),
        (good(), 1_800, 1_800),
        (good(), 10_000_000, HINT_MOST),
        (good(), -5, 900),
        (good(cache_control="max-age=1200"), None, 1_200),
        (good(cache_control="public, MAX-AGE=1200, stale-if-error=9"), None, 1_200),
        (good(cache_control='max-age="1200"'), None, 1_200),
        (good(cache_control="s-maxage=3000"), None, 900),
        (good(cache_control="max-age=99999999999999999999999"), None, HINT_MOST),
        (good(cache_control="max-age=soon"), None, 900),
        (unchanged(cache_control="max-age=1200"), 1_800, 1_800),
    ],
)
def test_after_a_good_answer(answer, ttl, seconds):
    assert wait(answer, ttl=ttl) == seconds


def test_a_longer_interval_of_the_user_s_stands():
    assert wait(good(), interval=2 * DAY, ttl=600) == 2 * DAY
    assert wait(error(), interval=2 * DAY, failures=9) == 2 * DAY
    assert wait(error(retry=60), interval=2 * DAY, failures=1) == 2 * DAY


@pytest.mark.parametrize(
    ("failures", "seconds"),
    [(0, 900), (1, 900), (2, 1_800), (3, 3_600), (7, 57_600), (8, DAY), (100, DAY), (10**9, DAY)],
)
def test_failures_back_off_to_a_day_and_no_further(failures, seconds):
    assert wait(error(status=404), failures=failures) == seconds
    assert wait(error(), failures=failures) == min(seconds, PASSING_MOST)


@pytest.mark.parametrize(
    ("reason", "status", "soft"),
    [
        ("dns", None, True),
        ("connect", None, True),
        ("timeout", None, True),
        ("http", 500, True),
        ("http", 503, True),
        ("http", 429, True),
        ("http", 404, False),
        ("http", 403, False),
        ("http", 410, False),
        ("not-a-feed", None, False),
        ("tls", None, False),
        ("refused-address", None, False),
    ],
)
def test_what_passes_by_itself(reason, status, soft):
    assert passing(error(reason, status)) is soft


@pytest.mark.parametrize("reason", REASONS)
def test_no_kind_of_failure_ever_ends_the_polling(reason):
    assert LEAST <= wait(error(reason, None), failures=1_000, jitter=1.0) <= BACKOFF_MOST


def test_gone_is_asked_about_once_more_and_then_believed():
    again = next_poll_at(
        error(status=410), interval=900, failures=2, now=NOW, jitter=0.0, gone=True
    )
    assert wait(error(status=410, retry=60), failures=1) == DAY
    assert again == STOPPED
    assert again + timedelta(days=10_000)  # the schedule can be moved with the clock
    found = next_poll_at(good(), interval=900, failures=0, now=NOW, jitter=0.0, gone=True)
    assert found == NOW + timedelta(seconds=900)


@pytest.mark.parametrize("asked", [0, -1, 1, 59, 61, 3_600, 1e12, -1e12, 1e300])
@pytest.mark.parametrize("failures", [1, 2, 50])
@pytest.mark.parametrize("jitter", [0.0, 0.5, 1.0])
def test_whatever_a_server_asks_for_it_is_a_minute_to_six_hours(asked, failures, jitter):
    seconds = wait(error(status=429, retry=asked), interval=60, failures=failures, jitter=jitter)
    assert LEAST <= seconds <= RETRY_AFTER_MOST


def test_a_wait_that_was_asked_for_is_kept():
    assert wait(error(status=429, retry=7_200), failures=1) == 7_200
    assert wait(error(status=429, retry=10), failures=3) == 3_600  # never sooner than without it


def test_jitter_comes_on_top():
    assert wait(good(), jitter=1.0) == pytest.approx(990)
    assert wait(error(), failures=2, jitter=0.5) == pytest.approx(1_890)


def test_nothing_polls_faster_than_once_a_minute():
    assert wait(good(), interval=0.001) == LEAST
    assert wait(error(), interval=0.0, failures=1) == LEAST


@given(
    interval=st.floats(60, 10 * DAY),
    failures=st.integers(0, 10**6),
    retry=st.none() | st.floats(allow_nan=False),
    jitter=st.floats(0, 1),
    status=st.sampled_from([None, 404, 410, 429, 500, 503]),
)
def test_the_next_poll_is_always_in_sight(interval, failures, retry, jitter, status):
    at = next_poll_at(
        error(status=status, retry=retry),
        interval=interval,
        failures=failures,
        now=NOW,
        jitter=jitter,
    )
    assert NOW + timedelta(seconds=LEAST) <= at
    assert at <= NOW + timedelta(seconds=max(BACKOFF_MOST, interval) + 1)
