"""Plain entries of RSS: the same without feedparser as with it, and what is not plain is left to it."""

from __future__ import annotations

import itertools
import random

import pytest

from feeds import piecewise, plain
from feeds.parse import parse
from feeds.types import Feed, ParsedFeed

URL = "https://feeds.example/rss.xml"
NAMESPACES = (
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/" '
    'xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" xmlns:own="http://own.example/" '
    'xmlns:atom="http://www.w3.org/2005/Atom" '
    'xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0"'
)

# Each may stand in an entry that is read plainly, alone or beside any of the others.
PLAIN = (
    "<title>A &amp;amp; B &lt;b&gt;C&lt;/b&gt;</title>",
    "<title> 평양 \n 화력 </title>",
    "<title/>",
    "<link> https://news.example/a?b=1&amp;c;=2&amp;amp;d=3 </link>",
    "<link/>",
    "<link>a/b.html</link>",
    '<atom:link rel="Self" href="c.html" type="Text/HTML"/>',
    '<guid isPermaLink="false">id-1</guid>',
    '<guid ispermalink="TRUE">id-2</guid>',
    "<guid>https://news.example/guid</guid>",
    "<description>A &lt;p&gt;summary&lt;/p&gt; caf\u00e9 \u00c3\u00a9</description>",
    "<description/>",
    "<description><![CDATA[<p>Quoted &nbsp; text</p>]]></description>",
    "<content:encoded><![CDATA[<p>The whole of the text</p>]]></content:encoded>",
    "<pubDate>Sat, 21 Nov 2026 10:00:00 +0900</pubDate>",
    "<dc:date>2026-11-21T10:00:00Z</dc:date>",
    "<atom:updated>2026-11-22T10:00:00Z</atom:updated>",
    "<author>desk@news.example (A. Writer)</author>",
    "<author>&lt;desk@news.example&gt; A. Writer</author>",
    "<dc:creator>B. Writer</dc:creator>",
    "<dc:creator/>",
    "<dc:language>ko</dc:language>",
    "<category domain='x'>News</category>",
    '<enclosure url="https://news.example/a.mp3" type="audio/mpeg" length="9"/>',
    '<enclosure url="https://news.example/guid" type="text/html" length="9"/>',
    "<source url='https://other.example/'>Other</source>",
    "<image>https://news.example/a.png</image>",
    '<media:content url="a.png"><media:thumbnail url="b.png"/><own:a/></media:content>',
    "<media:group><media:content url='a.png'/></media:group>",
    "<itunes:keywords>a, b</itunes:keywords>",
    "<own:a xml:lang='ko' xml:base='https://own.example/'>b<own:c>d</own:c></own:a>",
    "<comments>https://news.example/comments</comments>",
    "<feedburner:origLink>https://news.example/origin</feedburner:origLink>",
    '<post-id xmlns="com-wordpress:feed-additions:1">1</post-id>',
    '<slash:comments xmlns:slash="http://purl.org/rss/1.0/modules/slash/">2</slash:comments>',
)
# Each leaves its entry to feedparser.
ODD = (
    "<dc:title>Another title</dc:title>",
    "<title type='html'>A</title>",
    "<title>A <b>B</b></title>",
    "<title>A\u0092s</title>",
    "<title>A</title><title>B</title>",
    "<link href='https://news.example/'/>",
    "<link>a</link><link>b</link>",
    "<guid>1</guid><guid>2</guid>",
    "<description>a</description><description>b</description>",
    "<summary>a</summary>",
    "<media:description>a</media:description>",
    "<media:content><media:description>a</media:description></media:content>",
    "<media:content><media:title>A</media:title></media:content><title>B</title>",
    "<dc:description>a</dc:description>",
    "<itunes:summary>a</itunes:summary>",
    "<body>a</body>",
    "<date>2026-11-21</date>",
    "<authors>a</authors>",
    "<image><link>https://news.example/</link></image>",
    "<source><title>Other</title></source>",
    "<pubDate>a</pubDate><pubDate>b</pubDate>",
)


def document(*items: str, root: str = "", head: str = "") -> bytes:
    entries = "".join(f"<item>{one}</item>" for one in items)
    return (
        f'<rss version="2.0" {NAMESPACES} {root}><channel>{head}{entries}</channel></rss>'.encode()
    )


@pytest.fixture
def readings(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether each entry was read plainly."""
    found: list[bool] = []

    class Counted(plain.PlainReader):
        def read(self, piece: bytes) -> dict[str, object] | None:
            raw = super().read(piece)
            found.append(raw is not None)
            return raw

    monkeypatch.setattr(piecewise, "PlainReader", Counted)
    return found


def same(body: bytes) -> None:
    feed = Feed(url=URL)
    whole, pieces = parse(body, {}, feed, URL, None), parse(body, {}, feed, URL)
    assert isinstance(pieces, ParsedFeed)
    assert not pieces.malformed
    assert pieces == whole


@pytest.mark.parametrize("head", ["", "<language>zh</language>", "<image><title>a</title></image>"])
def test_every_pair_of_elements_is_read_the_same(readings: list[bool], head: str) -> None:
    pairs = itertools.permutations(PLAIN, 2) if not head else itertools.pairwise(PLAIN)
    same(document(*map("".join, pairs), head=head))
    assert sum(readings) > len(readings) / 2  # two of a kind are not plain


def test_whatever_stands_together_is_read_the_same(readings: list[bool]) -> None:
    dice = random.Random(11)
    same(document(*("".join(dice.sample(PLAIN, 7)) for _ in range(300))))
    same(document(*("".join(dice.sample(PLAIN + ODD, 6)) for _ in range(150))))
    assert 80 < sum(readings) < 400


@pytest.mark.parametrize("root", ['xml:lang="ko_KR"', 'xml:base="https://base.example/x/"'])
def test_what_they_inherit(readings: list[bool], root: str) -> None:
    same(document(*PLAIN, root=root))
    assert sum(readings) > 0.9 * len(readings)


@pytest.mark.parametrize("odd", ODD)
def test_what_is_odd_is_left_to_feedparser(readings: list[bool], odd: str) -> None:
    same(document(odd, *(odd + one for one in PLAIN)))
    assert not any(readings)


@pytest.mark.parametrize("one", PLAIN)
def test_what_is_plain_is_not(readings: list[bool], one: str) -> None:
    same(document(one))
    assert readings == [True]


def test_a_title_of_a_picture_is_none_of_the_entry(readings: list[bool]) -> None:
    picture = "<media:content url='a.png'><media:title>Of it</media:title></media:content>"
    same(document(f"<title>A</title>{picture}", f"<title>A</title><image>a</image>{picture}"))
    assert readings == [True, True]


def test_what_feedparser_fails_on_costs_it_that_element_alone(
    readings: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise LookupError("a slip")

    monkeypatch.setattr(plain.PlainReader, "_author", fail)
    same(document("<title>A</title>", "<author>B</author>", "<title>C</title>"))
    assert readings == [True, False, False]


def test_rdf_and_its_ids(readings: list[bool]) -> None:
    root = (
        'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"'
    )
    items = (
        '<item rdf:about="urn:1"><title>A</title><link>https://news.example/1</link></item>',
        "<item><title>B</title><link>https://news.example/2</link></item>",
    )
    same(f"<rdf:RDF {root}><channel><title>N</title></channel>{''.join(items)}</rdf:RDF>".encode())
    assert readings == [True, True]
    odd = '<item rdf:about="urn:1" xml:lang="ko"><title>A</title></item><item rdf:about=""/>'
    same(f"<rdf:RDF {root}><channel><title>N</title></channel>{odd}</rdf:RDF>".encode())


def test_what_is_left_to_it_is_said_by_name() -> None:
    """The twin: an element that feedparser handles, taken for one of no account."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plain, "_OF_NO_ACCOUNT", plain._OF_NO_ACCOUNT | {"summary"})
        with pytest.raises(AssertionError):
            same(document("<title>A</title><summary>The text</summary>"))
