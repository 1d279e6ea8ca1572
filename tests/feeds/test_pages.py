"""Sites without a feed: list pages, sitemaps and JSON read by rules. All pages are invented."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime

import pytest

from feeds.feed_keys import FEED_KEYS
from feeds.page_keys import rules_from_json, rules_to_json
from feeds.pages import addresses_behind, joined, parse_page
from feeds.parse import parse
from feeds.types import (
    Entry,
    Feed,
    FeedError,
    Fetched,
    FetchState,
    PageRules,
    ParsedFeed,
)

URL = "https://paper.example/news/"
HTML = {"content-type": "text/html; charset=utf-8"}


def page(*items: str, more: str = "", head: str = "<title>The Paper &amp; News</title>") -> str:
    return f"<!doctype html><html><head>{head}</head><body><ul>{''.join(items)}</ul>{more}</body>"


def item(number: int, title: str = "", date: str = "2026.11.20.", *, more: str = "") -> str:
    return (
        f'<li class="n"><a href="/news/{number}">{title or f"Report {number}"}</a>'
        f'<span class="d">[{date}]</span>{more}</li>'
    )


def read(document: str | bytes, /, url: str = URL, zone: str = "Asia/Seoul", **rules: object):
    body = document.encode() if isinstance(document, str) else document
    given = (
        {"items": "li.n", "date": ".d"} | rules if rules.get("type", "html") == "html" else rules
    )
    feed = Feed(url=url, timezone=zone, language="ko", page=PageRules(**given))
    return parse(body, HTML, feed, url)


def entries(found: ParsedFeed | FeedError) -> tuple[Entry, ...]:
    assert isinstance(found, ParsedFeed), found
    return found.entries


def refused(found: ParsedFeed | FeedError) -> str:
    assert isinstance(found, FeedError), found
    assert found.reason == "not-a-feed"
    return found.message


# List pages


def test_a_list_page_gives_what_a_feed_gives():
    found = read(page(item(2), item(1, "A <b>dam</b> &amp; more", more="<p>One.<p>Two.")), text="p")
    assert isinstance(found, ParsedFeed)
    assert (found.title, found.format, found.encoding) == ("The Paper & News", "page", "utf-8")
    assert (found.skipped, found.notes, found.malformed) == ({}, (), "")
    assert found.entries[1] == Entry(
        url="https://paper.example/news/1",
        title="A dam & more",
        text="One.\nTwo.",
        language="ko",
        published_at=datetime(2026, 11, 19, 15, tzinfo=UTC),
        published_raw="[2026.11.20.]",
    )


SAME = (("https://paper.example/news/1", "Report 1"),)
WAYS = [
    ({"link": "a@href"}, item(1)),
    ({"link": "a"}, item(1)),
    ({"items": "li.n a", "link": "@href", "title": ".", "date": ""}, item(1)),
    ({"items": "li.n a", "date": ""}, item(1)),  # the entry is a link itself
    ({"title": "a@data-t"}, '<li class="n"><a href="/news/1" data-t="Report 1">→</a>'),
    ({}, '<li class="n"><a href="#top">up</a><a href="/news/1">Report 1</a>'),
    ({"title": "h3"}, '<li class="n"><a href="/news/1"><img></a><h3>Report 1</h3>'),
    ({}, '<li class="n"><a href="/news/1"><img></a><a href="/news/1">Report 1</a>'),
    ({}, '<li class="n"><a href="/news/1" title="Report 1"><img></a>'),
    ({}, '<li class="n"><a href="javascript:go(1)">x</a><a href=" /news/1 ">Report 1</a>'),
    ({"link": "a@data-url"}, '<li class="n"><a data-url="/news/1">Report 1</a>'),
    ({"items": "li.n:has(a[href*='/news/'])"}, item(1)),
    ({}, item(1, "Report <script>alert(1)</script>1")),
]


@pytest.mark.parametrize(("rules", "markup"), WAYS, ids=range(len(WAYS)))
def test_where_things_stand(rules, markup):
    assert tuple((one.url, one.title) for one in entries(read(page(markup), **rules))) == SAME


def test_links_are_relative_to_the_page_or_to_its_base():
    bare = '<li class="n"><a href="7">Report</a>'
    (one,) = entries(read(page(bare)))
    assert one.url == "https://paper.example/news/7"
    (one,) = entries(read(page(bare, head='<base href="//archive.example/a/">')))
    assert one.url == "https://archive.example/a/7"
    (one,) = entries(read(page(bare, head='<base href="http://[broken">')))
    assert one.url == "https://paper.example/news/7"


def test_the_first_thing_that_is_a_date_is_the_date():
    markup = (
        '<li class="n"><a href="/1"><span class="d">Kim</span> visits</a><i class="d">2026.8.1.</i>'
    )
    (one,) = entries(read(page(markup)))
    assert (one.published_raw, one.published_at) == (
        "2026.8.1.",
        datetime(2026, 7, 31, 15, tzinfo=UTC),
    )


def test_an_id_outlives_an_address_that_changes():
    ids = {
        entries(read(page(item(1, more=f'<b id="x-77-{place}">')), id="b@id", id_match=r"x-(\d+)"))[
            0
        ].guid
        for place in (1, 2)
    }
    assert ids == {"77"}
    (one,) = entries(read(page(item(1, more='<b id="none">')), id="b@id", id_match=r"x-(\d+)"))
    assert one.guid == ""


def test_what_is_left_out_is_counted_and_what_has_no_date_is_not_left_out():
    found = read(
        page(
            item(1),
            item(1, "The same again"),
            '<li class="n"><a>no address</a>',
            '<li class="n"><a href="/news/5"></a>',
            '<li class="n"><a href="/advert/1">Buy</a>',
            item(2, date="yesterday"),
            '<li class="n"><a href="/news/3">Undated</a>',
            item(4),
        ),
        only="/news/",
        limit=3,
    )
    assert [one.url[-6:] for one in entries(found)] == ["news/1", "news/2", "news/3"]
    assert found.skipped == {
        "repeated": 1,
        "no-link": 1,
        "no-title": 1,
        "other-address": 1,
        "over-limit": 1,
    }
    assert found.notes == (
        "1 of 3 entries have no date",
        '1 of 3 entries have a date that cannot be read, such as "[yesterday]"',
    )
    assert [one.published_raw for one in found.entries] == ["[2026.11.20.]", "[yesterday]", ""]
    assert [one.published_at is None for one in found.entries] == [False, True, True]


REDESIGNED = [
    (page('<li class="new"><a href="/1">x</a>', more="word " * 60), {}, 'items = "li.n"'),
    (page('<li class="n"><b>x</b>', '<li class="n">y'), {}, 'link = "a@href"'),
    (page('<li class="n"><a href="#">x</a>'), {}, 'link = "a@href"'),
    (page(item(1)), {"title": "h2"}, 'title = "h2"'),
    ('<html><body><div id="root"></div><script src="/app.js"></script>', {}, "made by JavaScript"),
    ("<html><body>Please log in", {}, "a login"),
    ("", {}, 'items = "li.n"'),
    (page(item(1)), {"only": "/sport/"}, "no entry can be used: 1 other-address"),
]


@pytest.mark.parametrize(("text", "rules", "said"), REDESIGNED, ids=range(len(REDESIGNED)))
def test_a_page_that_its_rules_do_not_fit_says_which_one_finds_nothing(text, rules, said):
    assert said in refused(read(text, **rules))


@pytest.mark.parametrize(
    ("encoding", "declared"),
    [("cp949", "euc-kr"), ("gb18030", "gb2312"), ("utf-8", "utf-8"), ("cp932", "shift_jis")],
)
def test_a_pages_own_word_on_its_encoding_counts(encoding, declared):
    title = {"cp949": "평양화력발전소", "gb18030": "平壤火力", "cp932": "発電所の話"}.get(
        encoding, "발전소"
    )
    text = page(item(1, title), head=f'<meta charset="{declared}">')
    (one,) = entries(
        parse(text.encode(encoding), {}, Feed(url=URL, page=PageRules(items="li.n")), URL)
    )
    assert one.title == title


# Dates of a page


@pytest.mark.parametrize(
    ("raw", "pattern", "day"),
    [
        ("115.11.22", "juche", 22),
        ("[Juche 115.11.22.]", "juche", 22),
        ("주체115(2026)년 11월 22일", "juche", 22),
        ("22/11/26", "%d/%m/%y", 22),
        ("Nov 22, 2026", "%b %d, %Y", 22),
        ("20261122", "%Y%m%d", 22),
        ("22.11.2026", "", 22),
        ("Juche 115, Nov. 22", "", 22),
    ],
)
def test_dates_are_read_as_the_rules_say(raw, pattern, day):
    markup = f'<li class="n"><a href="/1">x</a><span class="d">{raw}</span>'
    (one,) = entries(read(page(markup), date_format=pattern))
    assert one.published_at == datetime(2026, 11, day - 1, 15, tzinfo=UTC)


def test_a_date_that_does_not_fit_its_format_is_none_and_said():
    found = read(page(item(1)), date_format="%d/%m/%Y")
    assert entries(found)[0].published_at is None
    assert found.notes == (
        '1 of 1 entries have a date that cannot be read, such as "[2026.11.20.]"',
    )


# JSON

ROWS = {"data": {"list": [
    {"headline": "Dam &amp; mill", "id": 5, "at": 1795305600, "meta": {"url": "/n/5"}, "tags": ["a"]},
    {"headline": "Older", "id": "x/6", "at": "2026-11-20 09:00", "meta": {"url": "/n/6"}},
    {"headline": None, "id": 7, "meta": {}},
]}}  # fmt: skip
PATHS = {"type": "json", "items": "data.list", "title": "headline", "date": "at"}


@pytest.mark.parametrize(
    ("link", "urls"),
    [
        ("meta.url", ["https://paper.example/n/5", "https://paper.example/n/6"]),
        (
            "https://x.example/{id}.html",
            ["https://x.example/5.html", "https://x.example/x%2F6.html"],
        ),
        ("/view?id={id}&t={tags[0]}", ["https://paper.example/view?id=5&t=a"]),
    ],
)
def test_json_by_path(link, urls):
    found = read(json.dumps(ROWS), **PATHS, link=link)
    assert [one.url for one in entries(found)] == urls
    assert found.entries[0].title == "Dam & mill"
    assert found.entries[0].published_at == datetime(2026, 11, 22, tzinfo=UTC)
    assert found.entries[0].published_raw == "1795305600"
    assert sum(found.skipped.values()) == len(ROWS["data"]["list"]) - len(urls)


@pytest.mark.parametrize(
    ("items", "document", "count"),
    [(".", [{"t": "A", "u": "/1"}], 1), ("[0].rows", [{"rows": [{"t": "A", "u": "/1"}]}], 1),
     ("rows", {"rows": []}, 0)],
)  # fmt: skip
def test_where_the_list_of_a_json_answer_is(items, document, count):
    found = read(json.dumps(document), type="json", items=items, title="t", link="u")
    assert len(entries(found)) == count


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<html>", "it is not JSON"),
        ("[" * 100_000, "it is not JSON"),
        ('{"data": {}}', 'nothing is at items = "data.list"'),
        ('{"data": {"list": {}}}', 'no list is at items = "data.list"'),
        ('{"data": {"list": [1, null, {"headline": "x"}]}}', 'link = "url"'),
        ('{"data": {"list": [{"url": "/1"}]}}', 'title = "headline"'),
    ],
)
def test_an_interface_that_changed_says_so(text, said):
    assert said in refused(read(text, **PATHS, link="url"))


# Sitemaps

NS = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
NEWS = 'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'


def sitemap(*places: str, root: str = "urlset") -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} {NS} {NEWS}>{"".join(places)}</{root}>'


def place(path: str, lastmod: str = "", more: str = "") -> str:
    said = f"<lastmod>{lastmod}</lastmod>" if lastmod else ""
    return f"<url><loc>https://paper.example{path}</loc>{said}{more}</url>"


NEWS_PLACE = place(
    "/a1",
    more="<news:news><news:publication><news:name>Paper</news:name><news:language>ko</news:language>"
    "</news:publication><news:publication_date>2026-11-22T09:00:00+09:00</news:publication_date>"
    "<news:title>  수력발전소 &amp; 제분소\n 준공 </news:title></news:news>"
    '<image:image xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">'
    "<image:loc>https://paper.example/p.jpg</image:loc><image:title>Photo</image:title></image:image>",
)


def test_a_news_sitemap_has_titles_dates_and_languages():
    for body in (sitemap(NEWS_PLACE).encode(), gzip.compress(sitemap(NEWS_PLACE).encode())):
        found = read(body, type="sitemap")
        assert found.format == "news-sitemap"
        assert entries(found) == (
            Entry(
                url="https://paper.example/a1",
                title="수력발전소 & 제분소 준공",
                language="ko",
                published_at=datetime(2026, 11, 22, tzinfo=UTC),
                published_raw="2026-11-22T09:00:00+09:00",
            ),
        )


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("/news/new-dam-opens_in-the_north.html", "new dam opens in the north"),
        ("/%EB%B0%9C%EC%A0%84%EC%86%8C", "발전소"),
        ("/news/20261122/", "/news/20261122"),
        ("/", "https://paper.example/"),
    ],
)
def test_a_plain_sitemap_has_the_words_of_its_addresses(path, title):
    (one,) = entries(read(sitemap(place(path, "2026-11-20")), type="sitemap"))
    assert one.title == title
    assert one.published_at == datetime(2026, 11, 19, 15, tzinfo=UTC)


def test_of_a_sitemap_over_the_limit_the_newest_are_kept_in_its_order():
    some = [place(f"/a{n}", f"2026-11-{n:02}") for n in (3, 9, 1, 7)] + [place("/undated")]
    found = read(sitemap(*some), type="sitemap", limit=2)
    assert [one.url[-2:] for one in entries(found)] == ["a9", "a7"]
    assert found.skipped == {"over-limit": 3}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("<html><body>404", "it is no sitemap, but <html>"),
        ("<!DOCTYPE html><html>", "it is no sitemap, but a web page"),
        ('<!DOCTYPE x [<!ENTITY a "b">]><urlset/>', "a document with a type"),
        ("<rss><channel/></rss>", "it is no sitemap, but <rss>"),
        ("<urlset", "it is no sitemap: "),
        ("", "it is no sitemap: "),
        (b"\x1f\x8bbroken", "damaged"),
        (gzip.compress(b" " * (8 * 2**20 + 1)), "more than 8 MiB"),
    ],
)
def test_what_is_no_sitemap(body, said):
    assert said in refused(read(body, type="sitemap"))


def test_a_sitemap_that_breaks_off_is_read_as_far_as_it_goes():
    found = read(sitemap(place("/a"), place("/b"))[:-30], type="sitemap")
    assert len(entries(found)) == 1
    assert found.malformed
    assert entries(read(sitemap(), type="sitemap")) == ()


def test_of_an_index_the_newest_sitemaps_are_read():
    index = sitemap(
        *(
            f"<sitemap><loc>/s{n}.xml</loc><lastmod>2026-{n:02}-01</lastmod></sitemap>"
            for n in (3, 11, 7)
        ),
        root="sitemapindex",
    )
    feed = Feed(url=URL, page=PageRules(type="sitemap", pages=2))
    assert addresses_behind(index.encode(), {}, feed, URL) == (
        "https://paper.example/s11.xml",
        "https://paper.example/s7.xml",
    )
    assert addresses_behind(sitemap(place("/a")).encode(), {}, feed, URL) == ()


# Several pages


@pytest.mark.parametrize(
    ("rules", "text", "behind"),
    [
        ({"next": "a.next@href"}, '<a class="next" href="?p=2">older</a>', ("https://paper.example/news/?p=2",)),
        ({"next": "a.next@href"}, '<a class="next" href="#">older</a>', ()),
        ({"next": "a.next@href"}, "<p>the last page", ()),
        ({}, '<a class="next" href="?p=2">older</a>', ()),
        ({"type": "json", "next": "links.next"}, '{"links": {"next": "/api?p=2"}}', ("https://paper.example/api?p=2",)),
        ({"type": "json", "next": "links.next"}, '{"links": {"next": null}}', ()),
    ],
)  # fmt: skip
def test_the_page_behind(rules, text, behind):
    feed = Feed(url=URL, page=PageRules(items="li", **rules))
    assert addresses_behind(text.encode(), {}, feed, URL) == behind


def several(*pages: str, note: str = "") -> ParsedFeed | FeedError:
    feed = Feed(url=URL, page=PageRules(items="li.n", date=".d"))
    found = [parse_page(text.encode(), HTML, feed, URL) for text in pages]
    fetched = [
        Fetched(url=URL, headers=HTML, body=b"", wire_bytes=0, state=FetchState()) for _ in pages
    ]
    whole = Fetched(
        url=URL, headers=HTML, body=b"", wire_bytes=0, state=FetchState(), more=tuple(fetched[1:]), more_note=note
    )  # fmt: skip
    return joined(whole, found)


def test_pages_make_one_document_with_each_article_once():
    found = several(page(item(3), item(2)), page(item(2), item(1)))
    assert [(one.url[-1], one.document) for one in entries(found)] == [("3", 0), ("2", 0), ("1", 1)]
    assert found.skipped == {"repeated": 1}


def test_a_page_that_cannot_be_read_ends_the_list_and_is_said():
    found = several(page(item(3)), "<p>login", page(item(1)), note="")
    assert [one.url[-1] for one in entries(found)] == ["3"]
    assert found.notes[0].startswith('page 2 cannot be read: nothing is at items = "li.n"')
    assert refused(several("<p>login", page(item(1)))).startswith("nothing is at items")
    found = several(page(item(3)), note="page 2 did not come: 404")
    assert found.notes == ("page 2 did not come: 404",)


# What is stored


def test_rules_come_back_out_of_their_cell():
    rules = PageRules(items="li", pages=3, page_url="https://x.example/{page}", date_format="juche")
    assert rules_from_json(rules_to_json(rules)) == rules
    assert rules_to_json(None) == ""
    assert rules_from_json("") is None
    bundled = FEED_KEYS["adapter"].read("kcna")
    assert rules_from_json(rules_to_json(bundled)) == bundled
