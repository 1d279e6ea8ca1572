"""Pages behind a page: how many are asked for, when, and of whom."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest

from feeds.paging import PagedFetch
from feeds.types import Feed, FeedError, Fetched, FetchState, NotModified, PageRules
from tests.support.checkups import Here
from tests.support.sites import Site

SITE = "https://paper.example"
LIST = f"{SITE}/news"


def asked(site: Site) -> list[str]:
    """Paths, of the requests to the site."""
    return [url.removeprefix(SITE) for url in site.urls]


def fetched(
    site: Site, *, state: FetchState | None = None, pause: float = 0.0, url: str = LIST, **rules
):
    paged = PagedFetch(fetch=site, pool=Here(), pause=pause)
    return asyncio.run(paged(Feed(url=url, page=PageRules(**rules)), state or FetchState()))


def page(number: int, behind: str = "") -> bytes:
    link = f'<a class="next" href="{behind}">older</a>' if behind else ""
    return f'<ul><li><a href="/a{number}">Report {number}</a></ul>{link}'.encode()


CHAIN = {LIST: page(1, "?p=2"), f"{LIST}?p=2": page(2, "?p=3"), f"{LIST}?p=3": page(3)}
NEXT = {"items": "li", "next": "a.next@href"}


@pytest.mark.parametrize(
    ("pages", "rules", "wanted", "note"),
    [
        (CHAIN, NEXT | {"pages": 1}, ["/news"], ""),
        (CHAIN, NEXT | {"pages": 2}, ["/news", "/news?p=2"], ""),
        (CHAIN, NEXT | {"pages": 9}, ["/news", "/news?p=2", "/news?p=3"], ""),
        ({LIST: page(1)}, NEXT | {"pages": 3}, ["/news"], ""),
        ({LIST: page(1, "?p=2"), f"{LIST}?p=2": page(2, "/news")}, NEXT | {"pages": 9}, ["/news", "/news?p=2"], ""),
        ({LIST: page(1, "https://evil.example/")}, NEXT | {"pages": 3}, ["/news"], "the page behind it is on another site, and is not asked: https://evil.example/"),
        ({LIST: page(1, "?p=2"), f"{LIST}?p=2": 500}, NEXT | {"pages": 3}, ["/news", "/news?p=2"], "page 2 did not come: answered 500"),
        (CHAIN, {"items": "li", "page_url": LIST + "?p={page}", "pages": 3}, ["/news", "/news?p=2", "/news?p=3"], ""),
        ({LIST: 503}, NEXT | {"pages": 3}, ["/news"], None),
    ],
)  # fmt: skip
def test_as_many_pages_as_are_asked_for_and_there(pages, rules, wanted, note):
    site = Site(pages)
    found = fetched(site, **rules)
    assert asked(site) == wanted
    if note is None:
        assert isinstance(found, FeedError)
        return
    assert isinstance(found, Fetched)
    good = len([url for url in wanted if not isinstance(pages.get(SITE + url), int)])
    assert (len(found.more), found.more_note) == (good - 1, note)
    assert found.wire_bytes == 100 * good


def test_between_two_requests_to_the_site_there_is_the_pause():
    site = Site(CHAIN)
    found = fetched(site, pause=0.03, **NEXT, pages=3)
    times = [at for at, _, _ in site.asked]
    assert all(later - earlier >= 0.03 for earlier, later in pairwise(times))
    assert found.waited == pytest.approx(0.06)


def test_a_first_page_as_it_was_is_all_that_is_asked_for():
    site = Site(CHAIN)
    first = fetched(site, **NEXT, pages=3)
    assert isinstance(first, Fetched)
    again = fetched(site, state=first.state, **NEXT, pages=3)
    assert isinstance(again, NotModified)
    assert asked(site) == ["/news", "/news?p=2", "/news?p=3", "/news"]
    assert [state.body_hash for _, _, state in site.asked[1:3]] == ["", ""]  # whole ones, always


# Indexes of sitemaps


def index(*paths: str) -> bytes:
    places = "".join(f"<sitemap><loc>{SITE}{path}</loc></sitemap>" for path in paths)
    return f"<sitemapindex>{places}</sitemapindex>".encode()


def sitemap(*paths: str) -> bytes:
    return f"<urlset>{''.join(f'<url><loc>{SITE}{path}</loc></url>' for path in paths)}</urlset>".encode()


MAP = f"{SITE}/sitemap.xml"


def test_an_index_is_read_with_its_sitemaps_and_changes_when_they_do():
    pages = {MAP: index("/s1.xml", "/s2.xml"), f"{SITE}/s1.xml": sitemap("/a"), f"{SITE}/s2.xml": sitemap("/b")}  # fmt: skip
    site = Site(pages)
    first = fetched(site, url=MAP, type="sitemap", pages=2)
    assert isinstance(first, Fetched)
    assert len(first.more) == 2
    same = fetched(site, state=first.state, url=MAP, type="sitemap", pages=2)
    assert isinstance(same, NotModified)
    site.pages = pages | {f"{SITE}/s2.xml": sitemap("/b", "/c")}
    other = fetched(site, state=same.state, url=MAP, type="sitemap", pages=2)
    assert isinstance(other, Fetched)
    assert other.state.body_hash != first.state.body_hash
    assert asked(site) == ["/sitemap.xml", "/s1.xml", "/s2.xml"] * 3


def test_an_index_whose_sitemap_does_not_come_is_asked_for_again():
    site = Site({MAP: index("/s1.xml")})
    found = fetched(site, url=MAP, type="sitemap")
    assert isinstance(found, Fetched)
    assert found.more_note == "a sitemap of the index did not come: answered 404"
    assert found.state == FetchState()


def test_a_plain_sitemap_is_one_request_and_conditional():
    site = Site({MAP: sitemap("/a")})
    first = fetched(site, url=MAP, type="sitemap")
    assert isinstance(first, Fetched)
    assert isinstance(fetched(site, state=first.state, url=MAP, type="sitemap"), NotModified)


def test_a_feed_is_fetched_as_ever():
    site = Site({LIST: b"<rss/>"})
    paged = PagedFetch(fetch=site, pool=Here(), pause=9)
    assert isinstance(asyncio.run(paged(Feed(url=LIST), FetchState())), Fetched)
