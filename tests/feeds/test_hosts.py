"""Whose host it is: the key that spaces out requests."""

from __future__ import annotations

import pytest

from feeds.hosts import host_key

KEYS = {
    "https://www.kbs.example.co.kr/rss": "example.co.kr",
    "https://example.co.kr/rss": "example.co.kr",
    "HTTPS://News.Example.COM:8443/feed?x=1": "example.com",
    "https://example.com./feed": "example.com",
    "https://a.github.io/feed": "a.github.io",
    "https://b.github.io/feed": "b.github.io",
    "https://blog.a.github.io/feed": "a.github.io",
    "https://news.조선.한국/": "xn--6i4bt7k.xn--3e0b707e",
    "https://news.xn--6i4bt7k.xn--3e0b707e/": "xn--6i4bt7k.xn--3e0b707e",
    "https://пример.рф/": "xn--e1afmkfd.xn--p1ai",
    "http://localhost:8000/": "localhost",
    "http://localhost./": "localhost",
    "http://co.kr/": "co.kr",
    "http://127.0.0.1:8000/": "127.0.0.1",
    "http://user:secret@192.0.2.7/": "192.0.2.7",
    "http://[2001:DB8:0:0::1]:8000/": "2001:db8::1",
    "http://feeds.internal/": "feeds.internal",
    "http://a..b/": "a..b",
    "": "",
    "feed.xml": "",
    "http://[::1/": "",
}


@pytest.mark.parametrize(("url", "key"), KEYS.items())
def test_host_keys(url, key):
    assert host_key(url) == key
