"""The feeds that a web page names, and what is asked for to find them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from feeds.discover import LINKS, FeedLink, find_links, is_page
from feeds.types import Feed
from tests.support.checkups import checked, entry, page, rss, visited
from tests.support.fetching import PUBLIC, Names, Wires
from tests.support.servers import HttpServer, Request, reply

URL = "https://site.example/news/"
RSS = "application/rss+xml"
HTML = {"content-type": "text/html"}
FEED = rss(*map(entry, range(1, 7))).encode()


def found(body: bytes, url: str = URL) -> list[str]:
    return [link.url for link in find_links(body, HTML, Feed(url=url), url)]


# page → the addresses
PAGES: dict[str, tuple[bytes, list[str]]] = {
    "none": (page(), []),
    "one": (page(f"{RSS} /rss"), ["https://site.example/rss"]),
    "of each kind": (
        page(f"{RSS} a", "application/atom+xml b", "application/feed+json c"),
        [f"{URL}a", f"{URL}b", f"{URL}c"],
    ),
    "elsewhere": (page(f"{RSS} //feeds.example/1"), ["https://feeds.example/1"]),
    "one twice": (page(f"{RSS} /rss", f"{RSS} HTTPS://SITE.example/rss#top"), ["https://site.example/rss"]),
    "spelt oddly": (
        b"<html><LINK HREF=/rss REL='Alternate home' TYPE='Application/RSS+XML; charset=x'>",
        ["https://site.example/rss"],
    ),
    "with a base": (
        b'<base href="https://cdn.example/x/">' + page(f"{RSS} rss"),
        ["https://cdn.example/x/rss"],
    ),
    "comments besides": (page(f"{RSS} /feed/", f"{RSS} /comments/feed/"), ["https://site.example/feed/"]),
    "comments alone": (page(f"{RSS} /comments/feed/"), ["https://site.example/comments/feed/"]),
    "no feed": (page("application/json+oembed /o", "text/html /m", "application/json /wp-json"), []),
    "a style sheet": (page(f"{RSS} /rss").replace(b'"alternate"', b'"stylesheet"'), []),
    "no web address": (page(f"{RSS} file:///etc/passwd", f"{RSS} javascript:a()"), []),
    "a password": (page(f"{RSS} https://a:b@site.example/rss"), []),
    "a very long address": (page(f"{RSS} /{'a' * 3_000}"), []),
    "too many": (
        page(*(f"{RSS} /{n}" for n in range(100))),
        [f"https://site.example/{n}" for n in range(LINKS)],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("body", "urls"), PAGES.values(), ids=PAGES)
def test_feeds_that_a_page_names(body: bytes, urls: list[str]) -> None:
    assert found(body) == urls


def test_titles_are_read_in_the_encoding_of_the_page() -> None:
    tag = '<meta charset="euc-kr"><link rel=alternate type=application/rss+xml href=/r title="새 소식">'
    (link,) = find_links(tag.encode("cp949"), HTML, Feed(url=URL), URL)
    assert link == FeedLink(url="https://site.example/r", title="새 소식", kind="RSS")


def test_a_page_of_nothing_but_tags_is_cut() -> None:
    """100,000 nested tags take the tree builder 24 s; what stands before them still counts."""
    body = page(f"{RSS} /rss", body="<div>" * 100_000)
    assert found(body) == ["https://site.example/rss"]
    late = b"<html>" + b"<div>" * 100_000 + page(f"{RSS} /rss")
    assert found(late) == []


def test_what_a_page_is() -> None:
    assert is_page(b"x", HTML)
    assert is_page(b"\n<!DOCTYPE html><p>", {"content-type": "application/rss+xml"})
    assert not is_page(b'{"html": 1}', {"content-type": "application/json"})
    assert not is_page(b"", {})


# ── over the network ─────────────────────────────────────────────────────────────────────────────


def site(**pages: bytes) -> Callable[[Request], bytes]:
    """A site by path; `page` is its home page."""

    def route(request: Request) -> bytes:
        path = request.target.strip("/")
        if not path:
            return reply(pages["page"], headers=[("Content-Type", "text/html")])
        return reply(pages[path]) if path in pages else reply(page(), status=404)

    return route


def test_the_one_feed_of_a_page_is_looked_at() -> None:
    with HttpServer(site(page=page(f"{RSS} /rss"), rss=FEED)) as server:
        seen = checked(server.url("/"))
        assert [r.target for r in server.requests] == ["/", "/rss", "/rss"]
        assert seen.diagnosis
        assert seen.diagnosis.feed.url == server.url("/rss")
    assert seen.page


def test_several_are_listed_and_not_asked_for() -> None:
    with HttpServer(site(page=page(f"{RSS} /rss", "application/atom+xml /atom"))) as server:
        seen = checked(server.url("/"))
        assert [link.url for link in seen.choices] == [server.url("/rss"), server.url("/atom")]
        assert len(server.requests) == 1
    assert seen.diagnosis is None


def test_a_page_that_names_none_is_tried_at_the_usual_places() -> None:
    with HttpServer(site(page=page(), **{"rss.xml": FEED})) as server:
        seen = checked(server.url("/"))
        assert [r.target for r in server.requests] == ["/", "/feed/", "/rss.xml", "/rss.xml"]
        assert seen.diagnosis
        assert seen.diagnosis.feed.url == server.url("/rss.xml")


def test_a_site_without_a_feed_gets_a_handful_of_requests() -> None:
    with HttpServer(site(page=page())) as server:
        seen = checked(server.url("/"))
        # The page, four usual places, robots.txt and the usual place of a sitemap.
        assert len(server.requests) == seen.requests == 7
    assert seen.error
    assert "names no feed" in seen.error.message


def test_a_page_sent_as_a_feed_is_a_page() -> None:
    def route(request: Request) -> bytes:
        body = FEED if request.target == "/rss" else page(f"{RSS} /rss")
        return reply(body, headers=[("Content-Type", RSS)])

    with HttpServer(route) as server:
        seen = checked(server.url("/feed"))
    assert seen.page
    assert seen.diagnosis
    assert seen.diagnosis.format == "RSS 2.0"


def test_a_page_that_names_a_page_leads_no_further() -> None:
    with HttpServer(site(page=page(f"{RSS} /rss"), rss=page(f"{RSS} /other"))) as server:
        seen = checked(server.url("/"))
        assert len(server.requests) == 2
    assert seen.error
    assert seen.error.reason == "not-a-feed"


def test_a_feed_at_a_private_address_is_refused() -> None:
    """The page stands at a public address; the feed it names does not."""
    with HttpServer(site(page=page(f"{RSS} http://inner.example/rss"), rss=FEED)) as server:
        names = Names({"site.example": [[PUBLIC]], "inner.example": [["10.0.0.1"]]})
        wires = Wires()
        url = f"http://site.example:{server.port}/"
        seen = visited(url, resolver=names.resolver(), dial=wires.dial)
        assert len(server.requests) == 1
    assert wires.dialled == [PUBLIC]
    assert seen.error
    assert seen.error.reason == "refused-address"
