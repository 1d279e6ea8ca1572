"""The bundled adapters on pages of our own, in the shapes that public programs describe.

Nothing here comes from the sites: the markup is put together from the tags and classes that others'
programs look for, the words are invented.
"""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest

from feeds.article import read_article
from feeds.page_keys import rules_to_json
from feeds.parse import parse
from feeds.site_adapters import adapters, read_adapter
from feeds.tables import SettingError
from feeds.types import Feed, FeedError, ParsedFeed
from monitor.sources import catalogue

HTML = {"content-type": "text/html; charset=utf-8"}
NAMES = sorted(adapters())


def read(name: str, body: str, url: str) -> ParsedFeed | FeedError:
    feed = Feed(url=url, timezone="Asia/Seoul", page=adapters()[name].rules)
    return parse(body.encode(), HTML, feed, url)


def kst(day: int, month: int = 11) -> datetime:
    return datetime(2026, month, day - 1, 15, tzinfo=UTC)


# KCNA

KCNA = "http://www.kcna.kp/en/article/list/2f7d"
KCNA_PAGE = """<html><head><title>KCNA</title></head><body><nav><a href="/en/gallery/list/1">Photo</a></nav>
<main>
 <div class="article"><h5 class="block"><a href="/en/article/detail/aaaa1111">
   <nobr><strong><span class="fSpecCs">Ri Invented</span></strong></nobr> Visits Arin Dam <i class="camera-icon"></i></a>
   <span>[2026.11.22.]</span></h5></div>
 <div class="article"><a href="/en/article/detail/bbbb2222"><img src="/photo/1">Bolu Mine Overfulfils Plan</a>
   <time>[2026.11.21.]</time></div>
 <div class="article"><a href="/en/gallery/detail/cccc3333">Pictures only</a><time>[2026.11.20.]</time></div>
</main></body></html>"""
KCNA_ARTICLE = """<html><body><main><article><div class="container">
 <h1 class="text-center text-danger">Bolu Mine Overfulfils Plan</h1>
 <p>Arin, November 21 (KCNA) -- The invented mine of Bolu has overfulfilled its plan of coal for this month.</p>
 <p>Its workers have put new machines to use, and more coal goes to the power station. -0-</p>
 <a class="gallery_button" href="/en/gallery/detail/x">Photos</a></div></article></main></body></html>"""


def test_kcna():
    found = read("kcna", KCNA_PAGE, KCNA)
    assert isinstance(found, ParsedFeed), found
    assert [(one.url, one.title, one.published_at) for one in found.entries] == [
        ("http://www.kcna.kp/en/article/detail/aaaa1111", "Ri Invented Visits Arin Dam", kst(22)),
        ("http://www.kcna.kp/en/article/detail/bbbb2222", "Bolu Mine Overfulfils Plan", kst(21)),
    ]
    assert (found.skipped, found.notes) == ({}, ())


# Rodong Sinmun

RODONG = "http://www.rodong.rep.kp/ko/index.php?MUBANEAxQA=="


def rodong_url(date: str, place: int, number: str = "003") -> str:
    token = base64.b64encode(f"12@{date}-{number}@4@{place}@@0@{place}@".encode()).decode()
    return f"index.php?{token}"


def rodong_page(*links: tuple[str, str, str], shape: str) -> str:
    shapes = {
        "list": '<li><a href="{0}">{1} <img src="/images/n.gif"></a><span class="date">{2}</span></li>',
        "rows": '<div class="row"><div class="col-sm-9 media-body"><a href="{0}">{1}</a></div>'
        '<div class="col-sm-3">본사기자</div><span class="news_date">{2}</span></div>',
    }
    items = "".join(shapes[shape].format(*link) for link in links)
    place = {
        "list": f'<div id="ThemeListDIV"><ul>{items}</ul></div>',
        "rows": f'<div class="date_news_list">{items}</div>',
    }[shape]
    return f'<html><body><nav><ul><li><a href="index.php?MUBANEAxQA==">전진하는 조선</a></li></ul></nav>{place}<a href="index.php?MUBANEAyQA==">≫</a></body></html>'


@pytest.mark.parametrize("shape", ["list", "rows"])
def test_rodong_knows_an_article_again_when_its_place_has_changed(shape):
    dam = ("아린발전소 준공", "2026.11.22.")
    mine = ("볼루탄광에서", "2026.11.21.")
    morning = rodong_page((rodong_url("2026-11-21", 1), *mine), shape=shape)
    evening = rodong_page(
        (rodong_url("2026-11-22", 1), *dam), (rodong_url("2026-11-21", 2), *mine), shape=shape
    )
    (before,) = read("rodong", morning, RODONG).entries
    first, again = read("rodong", evening, RODONG).entries
    assert (again.title, again.published_at) == ("볼루탄광에서", kst(21))
    assert first.url.startswith("http://www.rodong.rep.kp/ko/index.php?MTJA")
    assert before.url != again.url
    assert before.guid == again.guid != first.guid != ""


RODONG_ARTICLE = """<html><body><div id="article-date">Nov. 21, 2026 Saturday [Photo]</div>
<div id="articleContent" class="article-content"><div class="container" id="ContDIV"><p class="TitleP">볼루탄광에서</p>
<p class="TextP">볼루탄광의 로동계급이 11월 석탄생산계획을 앞당겨 수행하였다. 탄광에서는 새로운 설비를 받아들이고 갱별 과제를 높이 세웠다.</p>
<p class="TextP">탄부들은 더 많은 석탄을 아린발전소에 보내주기 위한 투쟁을 힘있게 벌리고있다. 운수직장에서도 수송계획을 매일 넘쳐 하고있다.</p>
<script>$(document).ready(function () {});</script></div></div></body></html>"""


@pytest.mark.parametrize(
    ("name", "body", "first", "last"),
    [
        ("kcna", KCNA_ARTICLE, "Arin, November 21", "power station. -0-"),
        ("rodong", RODONG_ARTICLE, "볼루탄광의 로동계급이", "매일 넘쳐 하고있다."),
    ],
)
def test_the_text_of_an_article(name, body, first, last):
    feed = Feed(url="http://a.kp/", page=adapters()[name].rules)
    found = read_article(body.encode(), HTML, feed, "http://a.kp/1")
    assert not isinstance(found, FeedError), found
    assert found.text.startswith(first)
    assert found.text.endswith(last)
    assert found.text.count("\n") == 1


# Naenara

NAENARA = "http://naenara.com.kp/main/index/en/first"


def test_naenara():
    page = (
        '<div class="menu"><div class="title"><a href="/main/index/en/other">Menu</a></div></div>'
        '<div class="content"><div class="title"><a href="/main/index/en/news/1">Cedo Mill Renovated</a></div>'
        '<div class="title"><a href="/main/index/en/news/2">A New School</a></div></div>'
    )
    found = read("naenara", page, NAENARA)
    assert [(one.url[-6:], one.title, one.published_at) for one in found.entries] == [
        ("news/1", "Cedo Mill Renovated", None),
        ("news/2", "A New School", None),
    ]


# All of them


@pytest.mark.parametrize("name", NAMES)
def test_another_page_is_said_to_be_one(name):
    for body in ("<html><body>Access denied", "<div id=app></div><script src=x></script>", ""):
        found = read(name, body, adapters()[name].lists[0])
        assert isinstance(found, FeedError)
        assert "nothing is at items = " in found.message


@pytest.mark.parametrize("name", NAMES)
def test_the_catalogue_has_pages_of_each_and_says_that_they_are_untried(name):
    listings = [one for one in catalogue() if one.feed.page and one.feed.page.adapter == name]
    assert len({listing.languages for listing in listings}) == len(listings) >= 2
    for listing in listings:
        assert listing.feed.page == adapters()[name].rules
        assert listing.evidence == "read by others' programs"
        assert "Not verified" in listing.notes
        assert not listing.answered
        assert not listing.start
        assert listing.feed.interval
        assert listing.feed.interval >= 3600
    urls = {listing.feed.url for listing in listings}
    assert urls & set(adapters()[name].lists)


@pytest.mark.parametrize("name", NAMES)
def test_rules_of_an_adapter_carry_its_name(name):
    assert f'"adapter": "{name}"' in rules_to_json(adapters()[name].rules)


def test_a_wrong_adapter_is_no_adapter(tmp_path):
    path = tmp_path / "x.toml"
    path.write_text(
        'title = "X"\nsites = ["x.kp"]\nlists = []\nverified = 1\n[page]\nitems = "["\n'
    )
    with pytest.raises(SettingError) as caught:
        read_adapter(path)
    assert len(str(caught.value).splitlines()) == 2
