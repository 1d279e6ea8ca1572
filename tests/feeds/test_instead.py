"""What the doctor proposes where there is no feed."""

from __future__ import annotations

import asyncio

import pytest

from feeds.checkup import CheckUp, Doctor
from feeds.instead import sitemaps_named
from feeds.lists import feed_table
from feeds.site_adapters import adapters
from feeds.types import Feed, PageRules
from monitor.language import detect
from tests.support.checkups import INTERVAL, NOW, Here
from tests.support.sites import Site

HOME = "https://paper.example/"
BARE = b"<html><body><a href=/1>A page that names no feed</a>"
SITEMAP = b"<urlset><url><loc>https://paper.example/a-new-dam</loc></url></urlset>"
INDEX = b"<sitemapindex><sitemap><loc>https://paper.example/s1.xml</loc></sitemap></sitemapindex>"


def examined(pages: dict[str, bytes | int], url: str = HOME, **feed: object) -> CheckUp:
    doctor = Doctor(
        fetch=Site(pages),
        pool=Here(),
        now=lambda: NOW,
        language_of=detect,
        interval=INTERVAL,
        pause=0,
    )
    return asyncio.run(doctor.examine(Feed(url=url, **feed)))


def robots(*lines: str) -> bytes:
    return "\r\n".join(["User-agent: *", "Disallow: /x", *lines]).encode()


@pytest.mark.parametrize(
    ("more", "proposed"),
    [
        ({"sitemap.xml": SITEMAP}, "sitemap.xml"),
        ({"sitemap.xml": INDEX}, "sitemap.xml"),
        ({"robots.txt": robots("Sitemap: /s/all.xml", "sitemap:/s/news.xml"), "s/news.xml": SITEMAP}, "s/news.xml"),
        ({"robots.txt": robots("Sitemap: https://cdn.other.example/s.xml"), "sitemap.xml": SITEMAP}, None),
        ({"robots.txt": robots(), "sitemap.xml": BARE}, None),
        ({}, None),
    ],
)  # fmt: skip
def test_of_a_site_without_a_feed_the_sitemap_is_proposed(more, proposed):
    found = examined({HOME: BARE} | {HOME + path: body for path, body in more.items()})
    assert found.error is not None
    assert "names no feed" in found.error.message
    assert found.requests <= 7
    if proposed is None:
        assert found.proposal is None
        return
    assert found.proposal == Feed(url=HOME + proposed, page=PageRules(type="sitemap"))
    assert 'type = "sitemap"' in feed_table(found.proposal)


def test_an_index_of_sitemaps_is_proposed_as_it_stands():
    found = examined({HOME + "sitemap.xml": INDEX}, HOME + "sitemap.xml")
    assert found.diagnosis is None
    assert found.proposal == Feed(url=HOME + "sitemap.xml", page=PageRules(type="sitemap"))


def test_a_sitemap_itself_is_looked_at():
    found = examined({HOME + "sitemap.xml": SITEMAP}, HOME + "sitemap.xml")
    assert found.diagnosis is not None
    assert (found.diagnosis.format, found.diagnosis.entries) == ("A sitemap", 1)
    assert found.diagnosis.feed.page == PageRules(type="sitemap")


KCNA = "http://www.kcna.kp/en/article/list/2f7d"
KCNA_PAGE = b"""<div class="article"><a href="/en/article/detail/1">Bolu Mine at Work</a><span>[2026.3.1.]</span></div>"""


def test_a_page_that_a_bundled_adapter_reads_is_looked_at():
    found = examined({KCNA: KCNA_PAGE}, KCNA)
    assert found.diagnosis is not None
    assert found.diagnosis.feed.page == adapters()["kcna"].rules
    assert 'adapter = "kcna"' in feed_table(found.diagnosis.feed)
    words = [one.words for one in found.diagnosis.findings if one.topic == "format"]
    assert words == [
        "A list page, 1 entry",
        'it is no feed; the bundled adapter "kcna" reads it, and nobody has verified how well',
    ]
    assert found.requests == 2


def test_of_another_page_of_that_site_a_list_page_is_proposed():
    home = "http://www.kcna.kp/en"
    found = examined({home: BARE}, home)
    assert found.proposal is not None
    assert found.proposal.url in adapters()["kcna"].lists
    assert found.proposal.page == adapters()["kcna"].rules


def test_a_page_that_is_read_by_rules_of_a_list_is_judged_by_them_alone():
    rules = PageRules(items="li")
    found = examined({HOME: BARE}, page=rules)
    assert found.error is not None
    assert found.error.message.startswith('nothing is at items = "li"')
    assert found.proposal is None
    assert found.requests == 1
    found = examined(
        {HOME: b"<ul><li><a href=/1>x</a><i>soon</i>"}, page=PageRules(items="li", date="i")
    )
    assert found.diagnosis is not None
    words = [one.words for one in found.diagnosis.findings if one.topic == "format"]
    assert words[1] == "it is no feed; it is read by the rules of [feed.page]"
    assert words[2].startswith("1 of 1 entries have a date that cannot be read")


def test_sitemaps_of_a_robots_txt():
    text = robots("Sitemap: https://a.example/1.xml", "Sitemap: javascript:x", "Sitemap:", "#Sitemap: /no.xml", "SITEMAP : /news-2.xml")  # fmt: skip
    assert sitemaps_named(text, HOME) == ("https://paper.example/news-2.xml", "https://a.example/1.xml")  # fmt: skip
