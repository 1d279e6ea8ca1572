"""Documents of which only what is not known is read: the same comes out, and nothing is let in."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path

import pytest

from feeds import piecewise
from feeds.cut import cut
from feeds.namespaces import Namespaces
from feeds.parse import parse
from feeds.revision import revision
from feeds.types import Feed, ParsedFeed
from tests.support.changing import FORMATS, Newsroom

URL = "https://feeds.example/rss.xml"
FEED = Feed(url=URL)
CASES = sorted((Path(__file__).resolve().parent / "cases").glob("*.xml"))


def read(
    document: str | bytes, known: object = (), feed: Feed = FEED, **headers: str
) -> ParsedFeed:
    body = document.encode() if isinstance(document, str) else document
    found = parse(body, headers, feed, URL, known)  # type: ignore[arg-type] # a collection, or None
    assert isinstance(found, ParsedFeed)
    return found


def sources(found: ParsedFeed) -> list[str]:
    return [entry.source for entry in found.entries]


def rss(items: str, head: str = "<title>News</title>", root: str = "", behind: str = "") -> str:
    return f'<rss version="2.0" {root}><channel>{head}{items}{behind}</channel></rss>'


def item(number: int, more: str = "") -> str:
    return f"<item><guid>{number}</guid><title>Title {number}</title>{more}</item>"


TWO = item(1) + item(2)


def same(document: str | bytes, feed: Feed = FEED) -> int:
    """Read as a whole, in pieces, and with half of the entries known; how many those were."""
    whole, pieces = read(document, None, feed), read(document, (), feed)
    assert pieces == whole
    dice = random.Random(7)
    known = {one for one in sources(pieces) if one and dice.random() < 0.5}
    half = read(document, known, feed)
    assert sources(half) == sources(pieces)
    assert [one.unread for one in half.entries] == [one in known for one in sources(pieces)]
    pairs = zip(whole.entries, half.entries, strict=True)
    filled = [full if one.unread else one for full, one in pairs]
    assert replace(half, entries=tuple(filled)) == whole
    return len(known)


@pytest.mark.parametrize("form", FORMATS)
def test_whatever_changes_the_same_is_read(form: str) -> None:
    room = Newsroom(random.Random(form))
    room.start(8)
    assert sum(same(FORMATS[form](room.turn())) for _ in range(12)) > 20


def test_the_cases_are_read_the_same() -> None:
    known = 0
    for case in CASES:
        body = case.read_bytes()
        if isinstance(parse(body, {}, FEED, URL), ParsedFeed):
            known += same(body)
    assert known > 20


def feed_of_json(*items: object, **more: object) -> str:
    said = {"version": "https://jsonfeed.org/version/1.1", "title": "News", "items": items}
    return json.dumps(said | more)


def test_json_is_read_the_same() -> None:
    items = [{"id": n, "title": f"Title {n}", "content_html": "<p>One</p>"} for n in range(20)]
    spoilt = {"id": "s", "content_text": "\ufffd\ufffd\ufffd \ufffd"}
    document = feed_of_json(*items, spoilt, {}, "no item", {"title": ["no text"]})
    assert same(document) > 5
    before = sources(read(document))
    assert read(document, before).garbled == read(document).garbled == 1
    assert sources(read(document, before)) == before
    assert [one.unread for one in read(document, before).entries] == [True] * len(before)


@pytest.mark.parametrize("more", [{"authors": [{"name": "A"}]}, {"language": "ko"}])
def test_what_has_json_read_otherwise_makes_it_unknown(more: dict[str, object]) -> None:
    items = [{"id": 1}, {"id": 2}]
    assert len(set(sources(read(feed_of_json(*items))))) == 2
    found = sources(read(feed_of_json(*items, **more)))
    assert not set(sources(read(feed_of_json(*items)))) & set(found)
    assert not any(sources(read(feed_of_json(*items), None)))
    assert sources(read(feed_of_json(*reversed(items)))) == [
        *reversed(sources(read(feed_of_json(*items))))
    ]


WHOLE = {
    "nothing to cut": rss(""),
    "not well-formed": rss(TWO + "<item><title>Open</item>"),
    "something behind the entries": rss(TWO, behind="<title>Behind</title>"),
    "something between them": rss(item(1) + "<ttl>5</ttl>" + item(2)),
    "an entry in an entry": rss(TWO + item(3, item(4))),
    "an entry in a text": rss(TWO + item(3, "<body><p>One <item>a</item></p></body>")),
    "an entry of one tag": rss(TWO + "<item/>"),
    "entries in two places": f"<rss version='2.0'><channel>{TWO}</channel>{item(3)}</rss>",
    "an entry alone": item(1).replace("<item>", '<item xmlns="http://www.w3.org/2005/Atom">'),
    "a name for two namespaces": rss(
        item(1, '<x:a xmlns:x="http://x.example/">b</x:a>')
        + item(2, '<x:a xmlns:x="http://y.example/">b</x:a>')
    ),
    "two names for a namespace": rss(
        item(1, '<x:a xmlns:x="http://x.example/">b</x:a>')
        + item(2, '<media:title xmlns:media="http://x.example/">b</media:title>')
    ),
    "a name of a namespace, and none": rss(
        item(1, '<x:a xmlns:x="http://x.example/">b</x:a>')
        + item(2, '<link xmlns="http://x.example/">https://b.example/</link>')
    ),
    "feedparser's own name, for a namespace that it does not know": rss(
        item(
            1,
            '<media:a xmlns:media="http://x.example/"><m:b xmlns:m="http://search.yahoo.com/mrss/"/>'
            "<media:title>b</media:title></media:a>",
        )
    ),
    "a namespace spelt in two ways": rss(
        item(1, '<x:a xmlns:x="http://x.example/">b</x:a>')
        + item(2, '<link xmlns="http://x.example&#47;">https://b.example/</link>')
    ),
    "a name given to another": rss(
        item(1, '<dc:a xmlns:dc="http://search.yahoo.com/mrss/">b</dc:a>') + item(2)
    ),
    "a name that was kept given to another": rss(
        item(1, '<own:a xmlns:own="http://search.yahoo.com/mrss/">b</own:a>') + item(2),
        root='xmlns:Own="http://own.example/"',
    ),
    "an unbound prefix": rss(TWO + item(3, "<x:a>b</x:a>")),
    "headings in a text": rss(item(1, "<body><title><rights>a</rights></title></body>") + item(2)),
    "an image in entries, and of the feed": rss(
        item(1, "<image><link>https://a.example/</link></image>") + item(2),
        head="<image><title>Logo</title></image>",
    ),
    "no version": f"<stuff><item>{TWO}</item></stuff>",
    "CDF": "<channel href='https://a.example/'><item href='https://a.example/1'/></channel>",
}


@pytest.mark.parametrize("name", WHOLE)
def test_what_is_odd_is_read_as_a_whole(name: str) -> None:
    document = WHOLE[name]
    found = parse(document.encode(), {}, FEED, URL, ())
    assert found == parse(document.encode(), {}, FEED, URL, None)
    if isinstance(found, ParsedFeed):
        assert not any(sources(found))


@pytest.mark.parametrize(
    "more",
    [
        '<dc:creator xmlns:dc="http://purl.org/dc/elements/1.1/">A. Writer</dc:creator>',
        '<body><div xmlns="http://www.w3.org/1999/xhtml"><p>Text</p></div></body>',
        '<description xml:base="https://base.example/">Text</description><link>a</link>',
        "<image><url>https://a.example/a.png</url></image>",
        "<language>ru</language>",
        '<a:link xmlns:a="http://www.w3.org/2005/Atom" rel="self" href="b"/>',
        '<m:title xmlns:m="http://search.yahoo.com/mrss/">c</m:title>',
        '<og:title xmlns:og="http://ogp.me/ns#">c</og:title>',
        '<p xmlns="http://ogp.me/ns#">c</p>',
        '<p xmlns="">c</p>',
        "<![CDATA[ </item> ]]><!-- </item> --><?php </item> ?>",
        "<description a='>' b=\"/item>\">Text</description>",
    ],
)
def test_what_leaves_no_trace_is_cut(more: str) -> None:
    document = rss(item(1, more) + item(2, more) + TWO)
    assert all(sources(read(document)))
    assert same(document)


def test_a_base_address_ends_with_its_element() -> None:
    links = [
        f'<entry><id>{n}</id><link href="{n}.html"/><content xml:base="https://{n}.example/">'
        "Text</content></entry>"
        for n in range(2)
    ]
    found = read(f'<feed xmlns="http://www.w3.org/2005/Atom">{"".join(links)}</feed>', None)
    assert [one.url for one in found.entries] == [f"https://feeds.example/{n}.html" for n in (0, 1)]


@pytest.mark.parametrize(
    "document",
    [
        rss(TWO, head="<title>Other</title><ttl>9</ttl><lastBuildDate>x</lastBuildDate>"),
        rss(item(2) + item(3) + item(1)),
        rss(f"\n{item(1)}<!-- next -->\n{item(2)}\n"),
    ],
)
def test_what_says_nothing_of_an_entry_leaves_it_known(document: str) -> None:
    assert set(sources(read(rss(TWO)))) <= set(sources(read(document)))


@pytest.mark.parametrize(
    ("document", "feed", "headers"),
    [
        (rss(TWO.replace("Title", "title")), {}, {}),
        (rss(TWO, head="<language>ko</language>"), {}, {}),
        (rss(TWO, root='xml:lang="ko"'), {}, {}),
        (rss(TWO, root='xml:base="https://a.example/"'), {}, {}),
        (rss(TWO, root='xmlns:dc="http://search.yahoo.com/mrss/"'), {}, {}),
        (rss(TWO, head='<m:a xmlns:m="http://search.yahoo.com/mrss/">a</m:a>'), {}, {}),
        (rss(TWO).replace("2.0", "0.91"), {}, {}),
        (rss(TWO, head="<image><title>Logo</title></image>"), {}, {}),
        (rss(TWO), {"timezone": "Asia/Seoul"}, {}),
        (rss(TWO), {"language": "ko"}, {}),
        (rss(TWO), {}, {"content-language": "ko"}),
    ],
)
def test_what_may_have_it_read_otherwise_makes_it_unknown(
    document: str, feed: dict[str, str], headers: dict[str, str]
) -> None:
    found = sources(read(document, (), replace(FEED, **feed), **headers))
    assert len(set(found) - {""}) == 2
    assert not set(sources(read(rss(TWO)))) & set(found)


def test_what_another_release_has_read_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    before = sources(read(rss(TWO)))
    monkeypatch.setattr("feedparser.__version__", "another")
    assert not set(before) & set(sources(read(rss(TWO))))
    assert revision("one") != revision("another")


def test_without_a_look_at_what_entries_leave_another_comes_out(monkeypatch) -> None:
    """The twin: what is known under a name that another entry has given away."""
    given = '<dc:a xmlns:dc="http://search.yahoo.com/mrss/">b</dc:a>'
    named = item(2, '<dc:creator xmlns:dc="http://purl.org/dc/elements/1.1/">A</dc:creator>')
    document = rss(item(1, given).replace("<dc:a", "<dc:a ") + named)
    assert same(document) == 0
    monkeypatch.setattr(piecewise, "_carried", lambda *_: {"unknown": []})
    assert all(sources(read(document)))


def test_without_a_look_at_what_entries_declare_another_comes_out(monkeypatch) -> None:
    """The twin: an element without a prefix is one with a prefix, since another entry gave it one."""
    document = WHOLE["a name of a namespace, and none"]
    monkeypatch.setattr(Namespaces, "tell", lambda *_: False)
    known = sources(read(document))[0]
    assert read(document, {known}).entries[1].url != read(document, None).entries[1].url


_PREFIXES = ("", "x", "og", "OG", "media")
_SPACES = ("http://x.example/", "http://y.example/?a&amp;b", "http://search.yahoo.com/mrss/")
_ELEMENTS = ("title", "link", "description", "summary")


def declaring(dice: random.Random, inner: str = "Text") -> str:
    """An element under a namespace of its own."""
    prefix, space = dice.choice(_PREFIXES), dice.choice(_SPACES)
    mark = dice.choice("\"'")
    declared = f"xmlns{':' * bool(prefix)}{prefix}{dice.choice(('', ' '))}={mark}{space}{mark}"
    name = f"{prefix}{':' * bool(prefix)}{dice.choice(_ELEMENTS)}"
    hiding = dice.choice(("", "", " a='xmlns=\"'"))
    return f"<{name}{hiding} {declared}>{inner}</{name}>"


@pytest.mark.parametrize("seed", range(300))
def test_whatever_entries_declare_the_same_is_read(seed: int) -> None:
    dice = random.Random(seed)
    entries = [
        item(n, declaring(dice, declaring(dice) if dice.random() < 0.3 else "Text"))
        if n % 3
        else item(n)
        for n in range(dice.randint(2, 6))
    ]
    root = f'xmlns:{dice.choice(_PREFIXES[1:])}="{dice.choice(_SPACES[:2])}"'
    same(rss("".join(entries), root=root if dice.random() < 0.3 else ""))


def test_entities_and_a_doctype_are_none_of_its_business() -> None:
    """feeds.document leaves neither; should one come through, it is not obeyed here."""
    bomb = b'<!DOCTYPE rss [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><rss><item>&b;</item></rss>'
    assert cut(bomb) is None
    assert cut(b"<rss><channel><item>&b;</item></channel></rss>") is None


def test_a_deep_document_and_a_broad_one_are_cut_in_one_go() -> None:
    deep = b"<a>" * 50_000 + b"</a>" * 50_000
    assert cut(b"<rss><item>" + deep + b"</item></rss>") is not None
    assert cut(b"<rss>" + deep + b"<item>a</item></rss>") is not None
    assert (
        len((cut(b"<rss>" + b"<item>a</item>" * 50_000 + b"</rss>") or cut(b"")).entries) == 50_000
    )
