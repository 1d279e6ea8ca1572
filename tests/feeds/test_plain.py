"""Plain entries: the same without feedparser as with it, and what is not plain is left to it."""

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
    "<title type='html' xml:lang='ja'>A</title>",
    "<title>A\u0092s \u0081</title>",
    "<link href='https://news.example/other'/>",
    "<summary>A summary</summary>",
    "<itunes:summary>Another</itunes:summary>",
    "<media:description>Of the film</media:description>",
    "<media:group><media:description>Of it</media:description></media:group>",
    "<source url='a'><title>Other</title><link>b</link><author>c</author></source>",
    "<image><url>a.png</url></image>",
    "<atom:author><atom:name>C</atom:name><atom:email>c@news.example</atom:email></atom:author>",
    "<atom:contributor><atom:name>D</atom:name></atom:contributor>",
    "<copyright>A</copyright>",
)
ATOM_NAMESPACES = (
    'xmlns="http://www.w3.org/2005/Atom" xmlns:thr="http://purl.org/syndication/thread/1.0" '
    'xmlns:media="http://search.yahoo.com/mrss/" xmlns:own="http://own.example/" '
    'xmlns:h="http://www.w3.org/1999/xhtml"'
)
DIV = "<div xmlns='http://www.w3.org/1999/xhtml'>"
# The same of Atom.
PLAIN_ATOM = (
    "<id>tag:news.example,2026:1</id>",
    "<title>A &lt;b&gt; &amp;amp; B</title>",
    "<title type='HTML'>A &lt;b&gt;B&lt;/b&gt; caf\u00c3\u00a9</title>",
    f"<title type='xhtml'>{DIV}A <b class='c'>B &amp; C</b></div></title>",
    "<link href='1.html'/>",
    "<link rel='Alternate' type='text/html' href='2.html' thr:count='2'/>",
    "<link rel='alternate' type='application/json' href='3.json'/>",
    "<link rel='enclosure' type='audio/mpeg' href='3.mp3' length='9'/>",
    "<summary>A summary &amp;amp; more</summary>",
    "<summary type='html' xml:lang='zh_TW'>A &lt;p&gt;summary</summary>",
    "<content type='html' xml:base='https://base.example/' xml:lang=''>All &lt;p&gt;of it</content>",
    "<content>All of it as text</content>",
    f"<content type='xhtml' xml:space='preserve'> {DIV}<p REL='A'>One<br/>two</p> three</div>\n</content>",
    f"<content type='xhtml'>{DIV}One</div>{DIV}two &lt; three</div></content>",
    "<content type='xhtml'><h:div><h:p title='\"&amp;'>One</h:p> &amp; two</h:div> </content>",
    f"<content type='xhtml'>{DIV}<svg xmlns='http://www.w3.org/2000/svg' a='b'><g/></svg></div></content>",
    "<published>2026-11-21T10:00:00Z</published>",
    "<updated>2026-11-22T10:00:00Z</updated>",
    "<author><name> A. Writer </name><uri>https://a.example/</uri><own:a b='c'/></author>",
    "<author><email>b@news.example</email><name>B. Writer</name></author>",
    "<author><uri>c</uri></author>",
    "<author>D. Writer (d@news.example)</author>",
    "<contributor><name>E</name></contributor>",
    f"<source><id>urn:f</id><title>Other</title><rights type='xhtml'>{DIV}F</div></rights></source>",
    "<category term='a' label='b'/>",
    "<rights>A</rights>",
    "<own:a>b</own:a>",
    "<media:thumbnail url='a.png'/>",
    (
        "<media:group><media:title>G</media:title><media:content url='a'/>"
        "<media:description>Of it</media:description><media:community><media:statistics/>"
        "</media:community></media:group>"
    ),
)
ODD_ATOM = (
    "<link rel='self'>a</link>",
    "<link href='1.html' xml:base='https://base.example/'/>",
    "<link href='1.html' own:rel='via'/>",
    "<content type='image/png'>aGFsbG8=</content>",
    "<content type='text' mode='base64'>aGFsbG8=</content>",
    "<content type='html'>A <b>B</b></content>",
    "<content type='xhtml'><title>A</title></content>",
    "<content type='xhtml'><s:svg xmlns:s='http://www.w3.org/2000/svg'/></content>",
    f"<content type='xhtml'>{DIV}<p own:a='b'>A</p></div></content>",
    "<content type='xhtml'><a xmlns:l='http://www.w3.org/1999/xlink'>A</a></content>",
    "<author>A<name>B</name></author>",
    "<author><own:a b='c'>A</own:a></author>",
    "<author><title>A</title></author>",
    "<author xml:base='a'><name>B</name></author>",
    "<source><content>A</content></source>",
    "<source><own:a><media:description>a</media:description></own:a></source>",
    "<own:a><link href='1.html'/></own:a>",
    "<media:title>A</media:title>",
    "<source><title>A</title></source><media:title>A</media:title>",
    "<id xml:lang='ko'>1</id>",
)
# Each leaves its entry to feedparser.
ODD = (
    "<title type='x'>A</title>",
    "<title a='b'>A</title>",
    (
        "<content:encoded>a</content:encoded><description>b</description>"
        "<media:group><media:description xml:lang='ko'>c</media:description></media:group>"
    ),
    "<dc:title>Another title</dc:title>",
    "<title>A <b>B</b></title>",
    "<title>A</title><title>B</title>",
    "<link>a</link><link>b</link>",
    "<guid>1</guid><guid>2</guid>",
    "<media:content><media:title>A</media:title></media:content><title>B</title>",
    "<dc:description>a</dc:description>",
    "<body>a</body>",
    "<date>2026-11-21</date>",
    "<authors>a</authors>",
    "<image><link>https://news.example/</link></image>",
    "<pubDate>a</pubDate><pubDate>b</pubDate>",
)


def document(*items: str, root: str = "", head: str = "") -> bytes:
    entries = "".join(f"<item>{one}</item>" for one in items)
    return (
        f'<rss version="2.0" {NAMESPACES} {root}><channel>{head}{entries}</channel></rss>'.encode()
    )


def atom(*entries: str, root: str = "", entry: str = "") -> bytes:
    inside = "".join(f"<entry {entry}>{one}</entry>" for one in entries)
    return f"<feed {ATOM_NAMESPACES} {root}><title>News</title>{inside}</feed>".encode()


@pytest.fixture
def readings(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether each entry was read plainly."""
    found: list[bool] = []

    class Counted(plain.PlainReader):
        def read(self, piece: bytes, *, after: bool = False) -> dict[str, object] | None:
            raw = super().read(piece, after=after)
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


@pytest.mark.parametrize("one", PLAIN_ATOM)
def test_what_is_plain_in_atom(readings: list[bool], one: str) -> None:
    titled = "<title>A</title>" if "<media:title" in one else ""
    same(atom(titled + one))
    same(atom(titled + one, entry="xml:lang='ko_KR' xml:base='https://base.example/x/' own:a='b'"))
    same(
        atom(titled + one).replace(b"2005/Atom", b"2005/atom").replace(b"<feed", b"<feed lang='ja'")
    )
    assert readings == [True, True, True]


@pytest.mark.parametrize("odd", ODD_ATOM)
def test_what_is_odd_in_atom(readings: list[bool], odd: str) -> None:
    same(atom(odd, f"<title>A</title>{odd}"))
    assert not any(readings[:1])


def test_every_pair_of_atom_is_read_the_same(readings: list[bool]) -> None:
    same(atom(*map("".join, itertools.combinations(PLAIN_ATOM, 2))))
    assert sum(readings) > 0.8 * len(readings)


def test_whatever_stands_together_in_atom_is_read_the_same(readings: list[bool]) -> None:
    dice = random.Random(12)
    same(atom(*("".join(dice.sample(PLAIN_ATOM, 6)) for _ in range(100)), root="xml:lang='en_US'"))
    same(atom(*("".join(dice.sample(PLAIN_ATOM + ODD_ATOM, 6)) for _ in range(50))))
    old = atom(*("".join(dice.sample(PLAIN_ATOM, 5)) for _ in range(50)))
    same(old.replace(b"http://www.w3.org/2005/Atom", b"http://purl.org/atom/ns#"))
    assert 60 < sum(readings) < 180


@pytest.mark.parametrize(
    "entry", ["lang='ko'", "xml:base='x/'", "own:href='a'", "href='a'", "lastmod='2026-11-21'"]
)
def test_attributes_of_an_entry_that_may_mean_something(readings: list[bool], entry: str) -> None:
    same(atom(*PLAIN_ATOM, entry=entry))
    assert not any(readings)


@pytest.mark.parametrize("one", PLAIN)
def test_what_is_plain_is_not(readings: list[bool], one: str) -> None:
    same(document(one))
    assert readings == [True]


def test_a_title_of_a_picture_is_none_of_the_entry(readings: list[bool]) -> None:
    picture = "<media:content url='a.png'><media:title>Of it</media:title></media:content>"
    same(document(f"<title>A</title>{picture}", f"<title>A</title><image>a</image>{picture}"))
    assert readings == [True, False]


def test_what_feedparser_fails_on_costs_it_that_element_alone(
    readings: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise LookupError("a slip")

    monkeypatch.setattr(plain.PlainEntry, "begin_author", fail)
    same(document("<title>A</title>", "<author>B</author>", "<title>C</title>"))
    assert readings == [True, False, False]


@pytest.mark.parametrize("odd", ["", "<dc:description>c</dc:description>"])
def test_an_entry_after_content_of_its_feed(readings: list[bool], odd: str) -> None:
    head = "<title>A</title><itunes:summary>b</itunes:summary><description>c</description>"
    entry = f"<description>d</description><media:description>e</media:description>{odd}"
    same(document(entry, entry, head=head))
    assert readings == [not odd, not odd]
    found = parse(document(entry, entry, head=head), {}, Feed(url=URL), URL)
    assert isinstance(found, ParsedFeed)
    first, second = (one.source for one in found.entries)
    assert first != second


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
        patch.setattr(plain, "_OF_NO_ACCOUNT", plain._OF_NO_ACCOUNT | {"dc_description"})
        with pytest.raises(AssertionError):
            same(document("<title>A</title><dc:description>The text</dc:description>"))
