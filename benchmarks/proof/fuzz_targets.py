"""What coverage-guided fuzzing puts bytes into, and what must come out. Knows nothing of fuzzers.

    parse   a document of any feed: encodings, mending, feedparser, JSON, dates, texts, addresses
    tag     a text in any script, against the bundled watchlist
    pages   sites without a feed: bundled adapters, lists, sitemaps, JSON, articles

The first byte of an input chooses the circumstances (what the server says, which rules), the others
are the document. Whatever is raised is an escape: where a document is anybody's, failing is a value.
Used by benchmarks/proof/fuzzing.py, and by the tests, which replay all that was kept.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

from feeds.article import Article, read_article
from feeds.pages import addresses_behind
from feeds.parse import parse
from feeds.site_adapters import adapters
from feeds.types import Entry, Feed, FeedError, PageRules, ParsedFeed
from monitor.tagging import Tagger
from monitor.types import Document
from monitor.watchlist import load

URL = "https://news.example/feeds/rss.xml"

# What a server and a list may say of a feed: content type, encoding and language in the list.
SAID = (
    ("", "", ""),
    ("application/xml; charset=utf-8", "", "ko"),
    ("text/xml; charset=euc-kr", "", ""),
    ("text/xml; charset=iso-8859-1", "", "ru"),
    ("application/rss+xml", "shift_jis", "ja"),
    ("application/feed+json", "", "zh"),
    ("text/html; charset=gb2312", "", "zh"),
    ("text/xml; charset=utf-16", "", ""),
    ("text/plain; charset=unicode_escape", "", ""),
)

LIST = PageRules(
    items="li, tr, .item",
    link="a@href",
    title="a",
    date=".date, time",
    text="p",
    id="a@href",
    id_match=r"(\d+)",
    next="a.next@href",
    article_text="p",
)
ANSWER = PageRules(
    type="json",
    items="data.list",
    link="https://news.example/{id}",
    title="title",
    date="time",
    text="text",
    id="id",
    next="next",
)


@cache
def page_rules() -> tuple[PageRules | None, ...]:
    """Rules of every kind; None: an article whose text nobody has said where to find."""
    bundled = tuple(adapter.rules for adapter in adapters().values())
    sitemap = PageRules(type="sitemap", only="article|news", pages=3)
    return (LIST, ANSWER, sitemap, *bundled, None)


@cache
def tagger() -> Tagger:
    """Of the bundled watchlist, with every script and rule in it."""
    return Tagger(load("dprk-civilian"))


def fuzz_parse(data: bytes) -> None:
    """A document is a feed or a failure, the same in pieces; no entry harms those behind."""
    kind, encoding, language = SAID[data[0] % len(SAID)] if data else SAID[0]
    feed = Feed(url=URL, encoding=encoding, language=language)
    headers = {"content-type": kind} if kind else {}
    found = parse(data[1:], headers, feed, URL)
    _check_found(found)
    assert found == parse(data[1:], headers, feed, URL, None)
    if isinstance(found, ParsedFeed):
        known = {entry.source for entry in found.entries[::2]}
        some = parse(data[1:], headers, feed, URL, known)
        assert isinstance(some, ParsedFeed)
        pairs = zip(some.entries, found.entries, strict=True)
        filled = tuple(full if one.unread else one for one, full in pairs)
        assert replace(some, entries=filled) == found


def fuzz_tag(data: bytes) -> None:
    """Mentions stand where they say, in order, and within their field."""
    title, _, text = (
        data[1:].decode("utf-8", "surrogatepass" if _passes(data) else "replace").partition("\n")
    )
    language = ("", "ko", "en", "zh", "ja", "ru")[data[0] % 6] if data else ""
    document = Document(title=title, text=text, language=language, source="Wire")
    for mention in tagger().tag(document):
        source = document.title if mention.field == "title" else document.text
        assert 0 <= mention.start < mention.end <= len(source), mention
        assert source[mention.start : mention.end] == mention.surface, mention
        assert mention.state in ("confirmed", "candidate"), mention
        assert mention.rule, mention
        assert mention.entity, mention


def _passes(data: bytes) -> bool:
    """Whether it is UTF-8 but for lone surrogates, which JSON may bring."""
    try:
        data[1:].decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return False
    return True


def fuzz_pages(data: bytes) -> None:
    """A page gives entries, an article or a failure, and the way to the pages behind it."""
    rules = page_rules()
    chosen = rules[data[0] % len(rules)] if data else None
    article = chosen is None or (chosen.type == "html" and data[0] >= 128)
    headers = {"content-type": "text/html; charset=utf-8"}
    feed = Feed(url=URL, page=chosen, language="ko", timezone="Asia/Pyongyang")
    if article:
        _check_article(read_article(data[1:], headers, feed, URL))
        return
    _check_found(parse(data[1:], headers, feed, URL))
    for address in addresses_behind(data[1:], headers, feed, URL):
        _check_address(address)


def _check_article(found: Article | FeedError) -> None:
    if isinstance(found, Article):
        _check_text(found.text)
    else:
        _check_failure(found)


def _check_found(found: ParsedFeed | FeedError) -> None:
    if isinstance(found, FeedError):
        _check_failure(found)
        return
    for entry in found.entries:
        _check_entry(entry)
    _check_text(found.title)
    _check_line(found.malformed)
    for note in found.notes:
        _check_line(note)


def _check_failure(found: FeedError) -> None:
    assert found.reason, found
    _check_line(found.message)


def _check_entry(entry: Entry) -> None:
    for line in (entry.title, entry.author, entry.guid, entry.published_raw):
        _check_line(line)
    _check_text(entry.text)
    if entry.url:
        _check_address(entry.url)
    for moment in (entry.published_at, entry.updated_at):
        assert moment is None or moment.utcoffset() is not None, entry
    assert len(entry.title) <= 1_000, entry


def _check_address(address: str) -> None:
    assert address.lower().startswith(("http://", "https://")), address
    _check_line(address)


def _check_line(text: str) -> None:
    assert "\n" not in text, text
    _check_text(text)


def _check_text(text: str) -> None:
    text.encode()  # SQLite and JSON take no lone surrogates: a poison that fails every poll
    assert not any(char < " " and char not in "\n\t" for char in text), text


TARGETS: dict[str, Callable[[bytes], None]] = {
    "parse": fuzz_parse,
    "tag": fuzz_tag,
    "pages": fuzz_pages,
}
