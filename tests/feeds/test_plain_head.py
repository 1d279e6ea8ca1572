"""Heads of feeds: feedparser is left as if it had read them, and what is read of them is the same."""

from __future__ import annotations

import itertools
import random
from typing import Any

import pytest

from feeds import parse as parsing
from feeds import plain_head
from feeds.driver import driver
from feeds.parse import parse
from feeds.piecewise import _carried
from feeds.plain_names import OddError
from feeds.types import Feed, ParsedFeed

URL = "https://feeds.example/rss.xml"
NAMESPACES = (
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:own="http://own.example/" '
    'xmlns:sy="http://purl.org/rss/1.0/modules/syndication/" xmlns:a="http://www.w3.org/2005/Atom" '
    'xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" '
    'xmlns:media="http://search.yahoo.com/mrss/" xmlns:cc="http://web.resource.org/cc/"'
)
# Each is passed over, or kept without feedparser, beside any of the others.
PLAIN = (
    "<title>A &amp;amp; B</title>",
    "<title type='html'>A &lt;b&gt;B&lt;/b&gt;</title>",
    "<title> caf\u00c3\u00a9 </title>",
    "<link> /home?a=1&amp;b;=2 </link>",
    "<link/>",
    '<a:link rel="Self" href="feed.xml" type="application/rss+xml"/>',
    '<a:link href="https://news.example/" hreflang="ko"/>',
    "<a:id>https://news.example/id</a:id>",
    "<language>ko-KR</language>",
    "<dc:language> zh </dc:language>",
    "<ttl>15</ttl>",
    "<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>2</sy:updateFrequency>",
    "<image><url>a.png</url><title>Logo</title><link>/</link><width>9</width></image>",
    "<itunes:image href='b.png'/>",
    "<description>About &lt;p&gt;it</description>",
    "<a:subtitle type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'>a<p>b</p></div></a:subtitle>",
    "<itunes:summary>About it</itunes:summary>",
    "<lastBuildDate>Sat, 21 Nov 2026 10:00:00 +0900</lastBuildDate>",
    "<a:updated>2026-11-21T10:00:00Z</a:updated>",
    "<generator version='1'>A program</generator>",
    "<managingEditor>desk@news.example (Desk)</managingEditor>",
    "<a:author><a:name>A</a:name><a:email>a@news.example</a:email><own:a b='c'/></a:author>",
    "<itunes:owner><itunes:name>A</itunes:name></itunes:owner>",
    "<itunes:category text='a'><itunes:category text='b'/></itunes:category>",
    "<category term='a'/>",
    "<copyright>A</copyright>",
    "<cc:license resource='https://license.example/'/>",
    "<own:a xml:lang='ko' xml:base='https://own.example/'>b<own:c>d</own:c></own:a>",
    "<late:a xmlns:late='http://search.yahoo.com/mrss'>b</late:a>",
    "<x:link xmlns:x='http://www.w3.org/2005/Atom' rel='hub' href='https://hub.example/'/>",
)
# Each goes to feedparser, the others do not.
FED = (
    "<title xml:lang='ko'>A</title>",
    "<title type='xhtml'><div>A</div></title>",
    "<link rel='alternate'>a</link>",
    '<a:link rel="alternate" a:href="/b"/>',
    '<a:link xml:base="https://base.example/x/" href="y"/>',
    "<ttl a='b'>7</ttl>",
    "<skipHours><hour>3</hour><hour>4</hour></skipHours>",
    "<skipDays><day>Sunday</day></skipDays>",
    "<textInput><title>Find</title><link>/find</link></textInput>",
    "<dc:title>C</dc:title>",
    "<media:description>a</media:description>",
    "<body>a</body>",
    "<dc:contributor>A</dc:contributor>",
)
# Each has the head read as a whole.
ODD = (
    "<title>A <b>B</b></title>",
    "<image><url>a.png</url><own:a/></image>",
    "<image><title a='b'>Logo</title></image>",
    "<generator><title>A</title></generator>",
    "<own:a><link>https://news.example/</link></own:a>",
    "<authors>a</authors>",
    "<date>a</date>",
)
KEPT = ("title", "link", "language", "ttl", "sy_updateperiod", "sy_updatefrequency")
ENTRY = "<item><title>One</title><image><link>/i</link></image><link>/1</link></item>"


def head(*parts: str, root: str = "") -> bytes:
    return f'<rss version="2.0" {NAMESPACES} {root}><channel>{"".join(parts)}'.encode()


def left(data: bytes, language: str, *, plainly: bool) -> list[object]:
    """All that feedparser takes along, and what of the head is read, once it is over."""
    failed: list[str] = []
    handler = parsing._strict(language, failed)
    skipped = parsing._skipped(handler)
    reader = driver(handler)
    (plain_head.read_head if plainly else parsing._fed)(data, handler, reader)
    reader.drop()
    names = [element[0] for element in handler.elementstack]
    kept = [dict.get(handler.feeddata, key) for key in KEPT]
    return [_carried(handler, len(names)), names, kept, skipped, handler.version, failed]


def same(data: bytes, *languages: str) -> None:
    for language in languages or ("", "ko_KR"):
        assert left(data, language, plainly=True) == left(data, language, plainly=False)


@pytest.fixture
def fed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Elements that went to feedparser, but for those that hold all others."""
    found: list[str] = []

    class Counted(plain_head._HeadReader):
        def _begin(self, tag: str, name: str, attributes: Any) -> None:
            super()._begin(tag, name, attributes)
            if self._fed:
                found.append(tag)

    monkeypatch.setattr(plain_head, "_HeadReader", Counted)
    return found


@pytest.mark.parametrize("one", PLAIN)
def test_what_is_plain_is_not_shown_to_feedparser(fed: list[str], one: str) -> None:
    same(head(one))
    assert not fed


@pytest.mark.parametrize("one", FED)
def test_what_is_not_is(fed: list[str], one: str) -> None:
    same(head("<title>First</title>", one, "<ttl>3</ttl>"))
    assert fed


@pytest.mark.parametrize("odd", ODD)
def test_what_is_odd_has_all_of_it_read(odd: str) -> None:
    with pytest.raises(OddError):
        left(head(odd), "", plainly=True)
    document = head(odd) + f"{ENTRY}</channel></rss>".encode()
    read = parse(document, {}, Feed(url=URL), URL, ())
    assert isinstance(read, ParsedFeed)
    assert read == parse(document, {}, Feed(url=URL), URL, None)


def test_every_pair_leaves_the_same() -> None:
    for pair in itertools.product(PLAIN + FED, repeat=2):
        try:
            same(head(*pair), "")
        except OddError:
            assert sum("title" in one for one in pair)


@pytest.mark.parametrize("root", ['xml:lang="ko_KR"', 'xml:base="https://base.example/x/"'])
def test_whatever_stands_together_leaves_the_same(root: str) -> None:
    dice, odd = random.Random(root), 0
    for _ in range(60):
        parts = dice.sample(PLAIN, 8) + dice.sample(FED, 2)
        dice.shuffle(parts)
        try:
            same(head(*parts, root=root))
        except OddError:
            odd += 1
    assert odd < 30


def test_atom_and_rdf_leave_the_same(fed: list[str]) -> None:
    same(
        b'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="ko"><id>urn:1</id><title>A</title>'
        b'<link rel="self" href="/feed"/><link href="/"/><author><name>A</name></author>'
        b"<logo>a.png</logo><category term='a'/><rights>A</rights>"
    )
    same(
        b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        b'xmlns="http://purl.org/rss/1.0/"><channel rdf:about="/"><title>A</title><link>/</link>'
        b'<image rdf:resource="a.png"/><items><rdf:Seq><rdf:li resource="/1"/></rdf:Seq></items>'
        b"</channel>"
    )
    assert fed == ["image", "image"]  # it has attributes


def test_an_entry_behind_it_is_read_the_same() -> None:
    for one in PLAIN:
        document = head("<title>A</title>", one) + f"{ENTRY}</channel></rss>".encode()
        read = parse(document, {}, Feed(url=URL), URL, ())
        assert read == parse(document, {}, Feed(url=URL), URL, None)


def test_what_must_be_shown_is_said_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin: an element that feedparser keeps, passed over."""
    monkeypatch.setattr(
        plain_head, "_OF_NO_ACCOUNT", plain_head._OF_NO_ACCOUNT | {"textinput", "dc_title"}
    )
    for one in ("<textInput><name>a</name></textInput>", "<dc:title>C</dc:title>"):
        with pytest.raises((AssertionError, OddError)):
            same(head(one))
