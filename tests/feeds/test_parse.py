"""Documents and what is made of them: `cases/NAME.xml` (or .jsonfeed) beside `cases/NAME.json`."""

from __future__ import annotations

import io
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import feedparser
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.document import ENTRY_LIMIT
from feeds.entries import collect, guid_text, primary_language
from feeds.parse import parse
from feeds.text import TEXT_LIMIT, TITLE_LIMIT
from feeds.types import Entry, Feed, FeedError, ParsedFeed
from feeds.urls import URL_LIMIT
from tests.support import hostile

CASES = Path(__file__).resolve().parent / "cases"
DOCUMENTS = sorted(path for path in CASES.iterdir() if path.suffix != ".json")
URL = "https://feeds.example/rss.xml"


def parsed(body: bytes, **feed: str) -> ParsedFeed:
    found = parse(body, {}, Feed(url=URL, **feed), URL)
    assert isinstance(found, ParsedFeed)
    return found


def differences(found: object, expected: dict[str, Any]) -> dict[str, tuple[object, object]]:
    """The expected fields that `found` has otherwise: what it has, what was expected."""
    values = {name: getattr(found, name) for name in expected}
    plain = {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in values.items()
    }
    return {name: (plain[name], want) for name, want in expected.items() if plain[name] != want}


def test_there_are_cases() -> None:
    assert len(DOCUMENTS) > 40
    assert {path.stem for path in DOCUMENTS} == {path.stem for path in CASES.glob("*.json")}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_case(document: Path) -> None:
    case = json.loads(document.with_suffix(".json").read_text("utf-8"))
    url = case.get("url", URL)
    feed = Feed(url=url, **case.get("feed", {}))
    found = parse(document.read_bytes(), case.get("headers", {}), feed, url)
    expected = case["result"]
    entries = expected.pop("entries", None)
    assert differences(found, expected) == {}
    if entries is not None:
        assert isinstance(found, ParsedFeed)
        assert [differences(*pair) for pair in zip(found.entries, entries, strict=True)] == [
            {} for _ in entries
        ]


@pytest.mark.parametrize(("poison", "left"), hostile.POISON.values(), ids=hostile.POISON)
def test_poison_costs_no_other_entry(poison: str, left: str) -> None:
    """The first three raise out of feedparser, whatever the rest of the document is."""
    items = [hostile.item(number) for number in range(29)]
    titles = [f"Report {number}" for number in range(29)]
    items.insert(15, f"<item><title>bad{poison}one</title></item>")
    titles.insert(15, f"bad{left}one")
    assert [entry.title for entry in parsed(hostile.rss("".join(items))).entries] == titles


@pytest.mark.parametrize("stumble", hostile.STUMBLES.values(), ids=hostile.STUMBLES)
@pytest.mark.parametrize("end", ["</item>", ""], ids=["strict", "lenient"])
def test_what_feedparser_fails_on_costs_no_other_entry(stumble: str, end: str) -> None:
    items = [hostile.item(number) for number in range(5)]
    items.insert(2, f"<item><title>bad</title>{stumble}{end}")
    titles = [entry.title for entry in parsed(hostile.rss("".join(items))).entries]
    assert [title for title in titles if title != "bad"] == [f"Report {n}" for n in range(5)]


@pytest.mark.parametrize("stumble", ["<title>&#xD800;</title>", *hostile.STUMBLES.values()])
def test_feedparser_alone_loses_the_document(stumble: str) -> None:
    """What the forgiveness is for; once this fails, it may be done without."""
    body = hostile.rss(f"<item>{stumble}</item>" + hostile.item(1))
    with pytest.raises((LookupError, TypeError, ValueError)):
        feedparser.parse(io.BytesIO(body))


TOKENS = st.sampled_from(
    ["<item>", "</item>", "<entry>", "<title>", "</title>", "<link>", "<link href='", "'", "<guid>",
     "<![CDATA[", "]]>", "<!--", "-->", "<!DOCTYPE a [", "]>", "<!ENTITY a '&a;'>", "&a;", "&", ";",
     "&#xD800;", "<content type='xhtml'>", "<div>", " xml:base='http://[", "<source url='x'>",
     "<image>", "<textinput>", "<a:b>", "<svg>", "</channel>", "\0", "\ufffe", "평양", "<?", "?>"]
)  # fmt: skip


@given(st.lists(TOKENS, max_size=25).map("".join))
def test_no_document_raises(inside: str) -> None:
    found = parse(hostile.rss(inside), {}, Feed(url=URL), URL)
    assert isinstance(found, ParsedFeed | FeedError)


LENIENT = ["</rss>", "</rss"]  # the second is read by the lenient parser


@pytest.mark.parametrize("end", LENIENT, ids=["strict", "lenient"])
@pytest.mark.parametrize("ampersand", ["&amp;", "&", "&#38;"])
def test_an_address_is_the_same_to_both_parsers(end: str, ampersand: str) -> None:
    """feedparser's lenient one leaves `&amp;` in ids, and spoils the home page's."""
    address = f"https://news.example/?a=1{ampersand}b=2{ampersand}c"
    body = (
        f"<rss version='2.0'><channel><link>{address}</link><item><title>x</title>"
        f"<guid isPermaLink='false'>{address}</guid><link>{address}</link></item></channel>{end}"
    )
    found = parsed(body.encode())
    assert bool(found.malformed) == (end != LENIENT[0] or ampersand == "&")
    said = {found.url, found.entries[0].guid, found.entries[0].url}
    assert said == {"https://news.example/?a=1&b=2&c"}


def test_ids_are_kept_as_published() -> None:
    """feedparser makes `/t3_x` of it, by an id of the feed that looks like a path."""
    body = (
        "<feed xmlns='http://www.w3.org/2005/Atom' xml:base='https://a.example/b/'><id>/.rss</id>"
        "<title>x</title><entry><id>t3_x</id><title>y</title></entry></feed>"
    )
    assert parsed(body.encode()).entries[0].guid == "t3_x"
    assert feedparser.parse(io.BytesIO(body.encode())).entries[0].id != "t3_x"


def test_all_authors_are_named_once() -> None:
    authors = "".join(f"<author><name>{name}</name></author>" for name in ("Kim", "Ri", "Kim"))
    body = (
        f"<feed xmlns='http://www.w3.org/2005/Atom'><entry><title>x</title>{authors}</entry></feed>"
    )
    assert parsed(body.encode()).entries[0].author == "Kim, Ri"


LANGUAGES = {
    "of the feed": ("", "", "en"),
    "taken back": ("xml:lang=''", "", ""),
    "of the text, before the title's": ("", "xml:lang='fr'", "fr"),
}


@pytest.mark.parametrize(("entry", "content", "language"), LANGUAGES.values(), ids=LANGUAGES)
def test_a_language_within_atom(entry: str, content: str, language: str) -> None:
    body = (
        f"<feed xmlns='http://www.w3.org/2005/Atom' xml:lang='en'><entry {entry}>"
        f"<title>x</title><content {content}>y</content></entry></feed>"
    )
    assert parsed(body.encode()).entries[0].language == language
    set_by_the_owner = parsed(body.encode(), language="ko").entries[0].language
    assert set_by_the_owner == (language if content else "ko")


def test_punycode_costs_no_entry() -> None:
    """The fourth document that raises out of feedparser is one that declares this."""
    body = hostile.rss("".join(map(hostile.item, range(30))))
    assert len(parsed(body.replace(b'"utf-8"', b'"punycode"')).entries) == 30


def test_a_bad_entry_costs_no_other() -> None:
    def convert(number: int) -> Entry:
        return Entry(title=str(10 // number))

    entries, skipped = collect([5, 0, 2], convert)
    assert [entry.title for entry in entries] == ["2", "5"]
    assert skipped == {"bad-entry": 1}


def test_want_of_memory_is_no_bad_entry() -> None:
    def convert(_: int) -> Entry:
        raise MemoryError

    with pytest.raises(MemoryError):
        collect([1], convert)


ENDS = {
    "rss": (hostile.RSS, "<item><title>{}</title></item>", hostile.END),
    "self-closing": (hostile.RSS, "<item><title>{}</title></item><!---->", "<item/>" + hostile.END),
    "atom": (
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>Bulletin</title>',
        "<entry><title>{}</title></entry>",
        "<link href='https://home.example/'/></feed>",
    ),
}


@pytest.mark.parametrize("shape", ENDS)
def test_what_is_over_the_limit_is_counted(shape: str) -> None:
    head, entry, end = ENDS[shape]
    body = head + "".join(entry.format(n) for n in range(ENTRY_LIMIT + 3)) + end
    found = parsed(body.encode())
    assert found.malformed == ""
    assert len(found.entries) == ENTRY_LIMIT
    assert found.entries[-1].title == str(ENTRY_LIMIT - 1)
    assert found.skipped == {"over-limit": 4 if shape == "self-closing" else 3}


def test_json_over_the_limit() -> None:
    items = [{"id": str(number)} for number in range(ENTRY_LIMIT + 2)]
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": "x", "items": items}
    found = parsed(json.dumps(feed).encode())
    assert len(found.entries) == ENTRY_LIMIT
    assert found.skipped == {"over-limit": 2}


def test_fields_are_cut() -> None:
    long_url = "https://news.example/" + "x" * URL_LIMIT
    found = parsed(
        hostile.rss(
            f"<item><title>{'제목' * TITLE_LIMIT}</title><link>{long_url}</link>"
            f"<guid isPermaLink='false'>{'g' * 9_000}</guid><author>{'a' * 500}</author>"
            f"<pubDate>{'x' * 900}</pubDate><description>{'가' * TEXT_LIMIT}나</description></item>"
        )
    )
    entry = found.entries[0]
    assert len(entry.title) == TITLE_LIMIT
    assert entry.title.endswith("목제…")
    assert len(entry.text) == TEXT_LIMIT
    assert entry.text.endswith("가…")
    assert entry.url == ""
    assert len(entry.guid) == URL_LIMIT
    assert len(entry.author) == len(entry.published_raw) == 200


def test_long_identifiers_stay_different() -> None:
    assert guid_text("x" * 5_000 + "1") != guid_text("x" * 5_000 + "2")


@pytest.mark.parametrize(
    ("minutes", "seconds"),
    [("60", 3_600), (" 5 ", 300), ("0", 0), ("", None), ("-1", None), ("1.5", None),
     ("²", None), ("9" * 400, None), ("60 minutes", None)],
)  # fmt: skip
def test_ttl(minutes: str, seconds: int | None) -> None:
    assert parsed(hostile.rss(f"<ttl>{minutes}</ttl>")).ttl == seconds


@pytest.mark.parametrize(
    ("tag", "subtag"),
    [("ko-KR", "ko"), ("KO_kr", "ko"), ("kor", "ko"), ("kr", "ko"), ("zh-Hant", "zh"), (" en ", "en"),
     ("jp", "ja"), ("de", "de"), ("English", ""), ("", ""), ("x", ""), ("1", "")],
)  # fmt: skip
def test_primary_language(tag: str, subtag: str) -> None:
    assert primary_language(tag) == subtag


def test_content_language_is_the_last_resort() -> None:
    headers = {"content-language": "ru"}
    said = parse(hostile.rss("<language>ko</language>"), headers, Feed(url=URL), URL)
    unsaid = parse(hostile.rss(""), headers, Feed(url=URL), URL)
    assert isinstance(said, ParsedFeed)
    assert isinstance(unsaid, ParsedFeed)
    assert (said.language, unsaid.language) == ("ko", "ru")


LAUGHS = [hostile.billion_laughs, hostile.hidden_laughs, hostile.quadratic_blowup]


@pytest.mark.parametrize("document", LAUGHS, ids=lambda build: build.__name__)
def test_entities_that_nest_or_swell_are_refused(document: Any) -> None:
    found = parse(document(), {}, Feed(url=URL), URL)
    assert isinstance(found, FeedError)
    assert found.reason == "not-a-feed"
    assert found.message.startswith("its entities")


def test_the_first_declaration_counts() -> None:
    """XML 1.0 §4.2: so that a second one cannot make the first nest."""
    doctype = '<!DOCTYPE rss [<!ENTITY a "first"><!ENTITY a "&a;">]>'
    found = parsed(
        f"{doctype}<rss version='2.0'><channel><title>&a;</title></channel></rss>".encode()
    )
    assert found.title == "first"


def test_nothing_is_opened_for_a_document(tmp_path: Path) -> None:
    """feedparser takes bytes for a file's name first; external entities name files too."""
    secret = tmp_path / "secret.xml"
    secret.write_bytes(hostile.rss(hostile.item(1)))
    assert isinstance(parse(str(secret).encode(), {}, Feed(url=URL), URL), FeedError)
    doctype = f'<!DOCTYPE rss [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'
    found = parsed(
        f"{doctype}<rss version='2.0'><channel><title>a&x;b</title></channel></rss>".encode()
    )
    assert "Report" not in found.title
