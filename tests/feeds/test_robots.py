"""robots.txt by RFC 9309: what an answer means, what the rules say, how long they count."""

from __future__ import annotations

from typing import Any

import pytest

from feeds.robots import (
    KEPT,
    KEPT_BYTES,
    LIFETIME,
    MOST_BYTES,
    REST,
    RobotsCache,
    may_read,
    robots_url,
    understood,
)
from feeds.types import Feed, FeedError, Fetched, FetchState

URL = "https://news.example/world/1.html?x=1"


def found(body: bytes) -> Fetched:
    return Fetched(url=URL, headers={}, body=body, wire_bytes=len(body), state=FetchState())


def failed(reason: str = "http", status: int | None = None) -> FeedError:
    return FeedError(url=URL, reason=reason, message="why", http_status=status)


@pytest.mark.parametrize(
    ("url", "where"),
    [
        (URL, "https://news.example/robots.txt"),
        ("http://news.example:8080", "http://news.example:8080/robots.txt"),
        ("https://[2001:db8::1]/a/b", "https://[2001:db8::1]/robots.txt"),
    ],
)
def test_rules_stand_at_the_authority(url: str, where: str) -> None:  # RFC 9309 §2.3
    assert robots_url(url) == where


@pytest.mark.parametrize(
    ("answer", "text", "closed", "lasts"),
    [
        (found(b"rules"), b"rules", False, LIFETIME),
        (found(b""), b"", False, LIFETIME),
        (found(b"#" * (MOST_BYTES + 1)), b"#" * MOST_BYTES, False, LIFETIME),  # §2.5
        (failed(status=204), b"", False, LIFETIME),
        (failed(status=401), b"", False, LIFETIME),  # §2.3.1.3: unavailable
        (failed(status=403), b"", False, LIFETIME),
        (failed(status=404), b"", False, LIFETIME),
        (failed("redirects"), b"", False, LIFETIME),  # §2.3.1.2
        (failed(status=429), b"", True, REST),
        (failed(status=500), b"", True, REST),  # §2.3.1.4: unreachable
        (failed(status=503), b"", True, REST),
        (failed("timeout"), b"", True, REST),
        (failed("dns"), b"", True, REST),
        (failed("too-large", 200), b"", True, REST),
        # Whatever is there, the page's own address is refused in its turn.
        (failed("refused-address"), b"", False, LIFETIME),
        (failed("bad-url"), b"", False, LIFETIME),
    ],
)
def test_what_an_answer_means(answer: Any, text: bytes, closed: bool, lasts: float) -> None:
    rules = understood(answer, 1_000.0)
    assert (rules.text, bool(rules.closed), rules.until) == (text, closed, 1_000.0 + lasts)


@pytest.mark.parametrize(
    ("rules", "may"),
    [
        ("", True),
        ("User-agent: *\nDisallow: /", False),
        ("User-agent: *\nDisallow: /world/", False),
        ("User-agent: *\nDisallow: /sport/", True),
        ("User-agent: *\nDisallow:", True),
        ("User-agent: wirewatch\nDisallow: /\n\nUser-agent: *\nAllow: /", False),
        ("User-agent: WireWatch\nDisallow: /", False),  # §2.2.1: case aside
        ("User-agent: wirewatch\nAllow: /\n\nUser-agent: *\nDisallow: /", True),
        ("User-agent: wirewatchers\nDisallow: /", True),
        ("User-agent: other\nUser-agent: wirewatch\nDisallow: /", False),  # one group of two
        ("User-agent: wirewatch\nDisallow: /a\nUser-agent: wirewatch\nDisallow: /world", False),
        ("User-agent: *\nDisallow: /\nAllow: /world/", True),  # §2.2.2: the longest match
        ("User-agent: *\nAllow: /world/\nDisallow: /world/1", False),
        ("User-agent: *\nDisallow: /world/1\nAllow: /world/1", True),  # equal: allowed
        ("User-agent: *\nDisallow: /*.html$", True),  # §2.2.3: `$` ends the address, query and all
        ("User-agent: *\nDisallow: /*.html", False),
        ("User-agent: *\nDisallow: /*x=1$", False),
        ("User-agent: *\nDisallow: /%77orld/", False),  # §2.2.2: %77 is w
        ("\ufeffUser-agent: *\nDisallow: /", False),
        ("User-agent: *\r\n# no\r\nDisallow: /   # all of it\r\n", False),
        ("<!doctype html><html><body>Not found</body></html>", True),
    ],
)
def test_rules(rules: str, may: bool) -> None:
    assert may_read(rules.encode(), {}, Feed(url=URL), URL) is may


def test_bytes_that_are_no_text_are_no_fault() -> None:
    assert may_read(b"\xff\xfe\x00User-agent: *\x00", {}, Feed(url=URL), URL)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_rules_count_for_a_day() -> None:  # RFC 9309 §2.4
    clock = Clock()
    cache = RobotsCache(clock)
    assert cache.get(URL) is None
    cache.put(URL, found(b"rules"))
    assert cache.get("https://news.example/another").text == b"rules"
    assert cache.get("http://news.example/") is None  # another authority
    clock.now = LIFETIME
    assert cache.get(URL) is None


def test_an_unreachable_host_is_asked_again_soon() -> None:
    clock = Clock()
    cache = RobotsCache(clock)
    cache.put(URL, failed(status=503))
    assert "why" in cache.get(URL).closed
    clock.now = REST
    assert cache.get(URL) is None


def test_the_cache_is_bounded() -> None:
    cache = RobotsCache()
    for number in range(KEPT + 5):
        cache.put(f"https://h{number}.example/", found(b"x"))
    assert len(cache._kept) == KEPT
    big = b"#" * MOST_BYTES
    for number in range(20):
        cache.put(f"https://big{number}.example/", found(big))
        cache.put(f"https://big{number}.example/", found(big))  # in its place
    assert cache._bytes == sum(len(rules.text) for rules in cache._kept.values()) <= KEPT_BYTES
    assert cache.get("https://big19.example/") is not None
