"""Addresses: absolute, canonical, and the key that copies share."""

from __future__ import annotations

import itertools
import re

import pytest

from feeds import urls
from feeds.urls import URL_LIMIT, absolute_url, canonical_url, url_key

CANONICAL = {
    "HTTP://WWW.News.Example:80/A/b?id=1#top": "http://www.news.example/A/b?id=1",
    "https://news.example:443": "https://news.example/",
    "https://news.example:8443/": "https://news.example:8443/",
    "https://news.example./x": "https://news.example/x",
    " https://news.example/a\tb\nc ": "https://news.example/abc",
    "https://user:pass@news.example:443/": "https://user:pass@news.example/",
    "http://[2001:DB8::1]:80/x": "http://[2001:db8::1]/x",
    # tracking goes, whatever its case; everything else stays, in its order
    "https://news.example/?utm_source=rss&id=7&UTM_Medium=x&fbclid=1": "https://news.example/?id=7",
    "https://news.example/?b=2&a=1&a=&c": "https://news.example/?b=2&a=1&a=&c",
    "https://news.example/?gclid=1": "https://news.example/",
    "https://news.example/?article=utm_source": "https://news.example/?article=utm_source",
    "https://news.example/?aid=AEN2022&ref=rss&from=list&mc_cid=1&yclid=2":
        "https://news.example/?aid=AEN2022&ref=rss&from=list",
    # one spelling
    "https://news.example/평양?q=화력": "https://news.example/%ED%8F%89%EC%96%91?q=%ED%99%94%EB%A0%A5",
    "https://news.example/%ed%8f%89": "https://news.example/%ED%8F%89",
    "https://news.example/%c6%f2?a=%2f&b=+": "https://news.example/%C6%F2?a=%2F&b=+",
    "https://평양.example/": "https://xn--og5b13x.example/",
    "https://news.example/\ud800": "https://news.example/%EF%BF%BD",
    # not ours
    "mailto:desk@news.example": "mailto:desk@news.example",
    "http://[::1/x": "http://[::1/x",
    "http://news.example:99999/": "http://news.example:99999/",
    "": "",
}  # fmt: skip


@pytest.mark.parametrize(("url", "canonical"), CANONICAL.items())
def test_canonical(url: str, canonical: str) -> None:
    assert canonical_url(url) == canonical
    assert canonical_url(canonical) == canonical


SAME = [
    "https://www.news.example/view/123?id=9",
    "http://www.news.example/view/123?id=9",
    "https://news.example/view/123/?id=9#comments",
    "https://m.news.example/view/123?id=9",
    "https://mobile.news.example/view/123?utm_source=x&id=9",
    "https://amp.news.example/view/123?id=9",
    "https://news.example/view/123/amp/?id=9",
    "https://news.example/view/123/amp?id=9",
    "https://news.example/view/123?amp=1&id=9",
    "https://news.example/view/123?id=9&outputType=amp",
]
DIFFERENT = [
    "https://news.example/view/123?id=9",
    "https://news.example/view/123?id=8",
    "https://news.example/view/123",
    "https://news.example/View/123",
    "https://news.example/view/123?ID=9",
    "https://news.example/view/124?id=9",
    "https://news.example/view/camp",
    "https://news.example/view/c",
    "https://news.example:8080/view/123?id=9",
    "https://kr.news.example/view/123?id=9",
    "https://amp.example/view/123?id=9",
    "https://www.example/view/123?id=9",
]


def test_variants_share_a_key() -> None:
    assert {url_key(url) for url in SAME} == {"news.example/view/123?id=9"}


def test_articles_do_not() -> None:
    assert len({url_key(url) for url in DIFFERENT}) == len(DIFFERENT)


def test_amp_files_share_a_key() -> None:
    assert url_key("https://news.example/a.amp.html") == url_key("https://news.example/a.html")


BASE = "https://host.example/feeds/rss.xml?x=1"
ABSOLUTE = {
    "/a": "https://host.example/a",
    "a b.html": "https://host.example/feeds/a%20b.html",
    "?id=3": "https://host.example/feeds/rss.xml?id=3",
    "//other.example/x": "https://other.example/x",
    " \n https://news.example/1\n": "https://news.example/1",
    "https://news.example/평양": "https://news.example/평양",
    "": "",
    "javascript:alert(1)": "",
    "java\nscript:alert(1)": "",
    "\x01javascript:alert(1)": "",
    'https://news.example/\x1b]0;x\x07\u2028<">\ud800': "https://news.example/%1B]0;x%07%E2%80%A8%3C%22%3E%3F",
    "data:text/html,x": "",
    "ftp://news.example/": "",
    "mailto:a@news.example": "",
    "http://": "",
    "http:///x": "",
    "http://[": "",
    "https://news.example/" + "x" * URL_LIMIT: "",
    "x" * (URL_LIMIT - 10): "",
}


@pytest.mark.parametrize(("link", "url"), ABSOLUTE.items(), ids=lambda text: text[:40])
def test_absolute(link: str, url: str) -> None:
    assert absolute_url(link, BASE) == url


def test_what_needs_no_second_look_comes_out_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = ("/a", "//", "/../b", "?", "?c=d", "#e", ";f", ":80", "%g", " h", "\u00e9", "@", "[")
    links = [f"https://news.example{a}{b}" for a, b in itertools.product(parts, repeat=2)]
    links += ["http://", "https:///a", "HTTPS://news.example/a", "https://goo\tgle.com/url?url=x"]
    links += ["https://www.GOOGLE.com/url?url=https://news.example/", "https://news.example"]
    quickly = [(absolute_url(link, "https://feeds.example/x"), url_key(link)) for link in links]
    assert len(set(quickly)) > 80
    monkeypatch.setattr(urls, "_PLAIN", re.compile("(?!)"))
    monkeypatch.setattr(urls, "_WRAPPER", re.compile(""))
    assert [(absolute_url(x, "https://feeds.example/x"), url_key(x)) for x in links] == quickly
