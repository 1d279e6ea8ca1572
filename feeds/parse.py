"""A document taken apart: bytes to ParsedFeed. The only module that knows feedparser.

feedparser is right where faster parsers guess (odd namespaces, elements in strange places, broken
markup), so it reads every document. Its two parsers are driven from here, and not by its `parse()`,
so that what it is bad at can be done elsewhere: encodings (feeds.charset), entities and impossible
characters (feeds.document), markup (feeds.text), dates (feeds.dates); and so that an element that
it fails on costs that element, where `parse()` raises and the whole document is lost.
"""

from __future__ import annotations

import io
import re
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any
from xml.sax import SAXException, SAXParseException
from xml.sax.saxutils import unescape
from xml.sax.xmlreader import InputSource

import feedparser
from feedparser.api import LooseFeedParser, StrictFeedParser
from feedparser.util import FeedParserDict

from feeds.charset import decode
from feeds.convert import Read, converted
from feeds.dates import zone_named
from feeds.document import prepare
from feeds.driver import Driver, driver
from feeds.entries import NAME_LIMIT, primary_language
from feeds.jsonfeed import parse_json_feed
from feeds.mojibake import garbled_note, is_garbled
from feeds.pages import parse_page
from feeds.piecewise import GARBLED, Place, read_unknown
from feeds.plain_head import read_head
from feeds.plain_names import OddError
from feeds.revision import revision
from feeds.text import one_line
from feeds.types import Entry, Feed, FeedError, ParsedFeed

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from feeds.charset import Decoded
    from feeds.cut import Cut
    from feeds.document import Document

# What the two parsers call, element by element; and what starts the lenient one.
_SAX_EVENTS = ("startPrefixMapping", "startElementNS", "endElementNS")
_SGML_EVENTS = ("unknown_starttag", "unknown_endtag", "handle_charref", "handle_entityref", "feed")
_DATES = {
    "published": ("published", "issued", "pubdate"),
    "updated": ("updated", "modified", "lastbuilddate"),
    "created": ("created",),
    "expired": ("expirationdate",),
}
_SKIPPED = ("hour", "day")  # of <skipHours> and <skipDays>: feedparser keeps the last of each
_C1 = re.compile("[\x80-\x9f]")
_QUOTES = {"&quot;": '"', "&apos;": "'"}


def parse(
    body: bytes,
    headers: Mapping[str, str],
    feed: Feed,
    url: str,
    known: Collection[str] | None = (),
) -> ParsedFeed | FeedError:
    """Take `body` apart, as answered from `url` (the final one) with `headers` (lower-case names).

    Of entries that are among the `known` (Entry.source), no more is said than that they are there;
    None has the document read as a whole by feedparser, to compare with.

    Pure. It may take very long, or much memory, on a hostile document: feeds.workers runs it where
    that does no harm. What is not a feed is a FeedError; a feed without entries is a feed.
    """
    parsed = _parsed(body, headers, feed, url, known)
    if isinstance(parsed, FeedError):
        return parsed
    garbled = {at for at, entry in enumerate(parsed.entries) if _is_garbled(entry)}
    if not garbled:
        return parsed
    entries = (
        _marked(entry) if at in garbled else entry for at, entry in enumerate(parsed.entries)
    )
    note = garbled_note(len(garbled), len(parsed.entries))
    return replace(
        parsed, entries=tuple(entries), garbled=len(garbled), notes=(*parsed.notes, note)
    )


def _is_garbled(entry: Entry) -> bool:
    return entry.source.endswith(GARBLED) if entry.unread else is_garbled(entry.title, entry.text)


def _marked(entry: Entry) -> Entry:
    """Counted in the next document too, without being read."""
    if entry.unread or not entry.source:
        return entry
    return replace(entry, source=entry.source + GARBLED)


def _parsed(
    body: bytes,
    headers: Mapping[str, str],
    feed: Feed,
    url: str,
    known: Collection[str] | None,
) -> ParsedFeed | FeedError:
    if feed.page:
        return parse_page(body, headers, feed, url)
    document = prepare(_decoded(body, headers, feed), to_cut=known is not None)
    if document.refused:
        return FeedError(url=url, reason="not-a-feed", message=document.refused)
    parsed = (
        _parse_json(document, feed, url, known)
        if document.is_json
        else _parse_xml(document, headers, feed, url, known)
    )
    if isinstance(parsed, str):
        return FeedError(url=url, reason="not-a-feed", message=parsed)
    return replace(parsed, encoding=document.encoding)


def _decoded(body: bytes, headers: Mapping[str, str], feed: Feed) -> Decoded:
    return decode(
        body,
        content_type=headers.get("content-type", ""),
        override=feed.encoding,
        language=primary_language(feed.language),
    )


def _parse_json(
    document: Document, feed: Feed, url: str, known: Collection[str] | None
) -> ParsedFeed | str:
    language, zone = primary_language(feed.language), zone_named(feed.timezone)
    return parse_json_feed(document.data, url=url, language=language, zone=zone, known=known)


def _parse_xml(
    document: Document,
    headers: Mapping[str, str],
    feed: Feed,
    url: str,
    known: Collection[str] | None,
) -> ParsedFeed | str:
    """The feed in `document`, or why it is none."""
    language = headers.get("content-language", "")
    context = (language, feed.timezone, feed.language, url)
    read = _read_unknown(document, language, known or (), context) or _read(document.data, language)
    # CDF, alone among the formats, has no version.
    if not (read.version or read.entries or document.root == "channel"):
        return "it has no feed in it"
    return converted(read, document, feed, url)


def _read_unknown(
    document: Document, language: str, known: Collection[str], context: object
) -> Read | None:
    """The document but for its entries that are known, if it was cut."""
    if not document.cut:
        return None
    context = (context, revision(f"feedparser {feedparser.__version__}"))
    try:
        return _pieced(document.data, document.cut, read_head, known, language, context)
    except OddError:
        return _pieced(document.data, document.cut, _fed, known, language, context)


def _pieced(
    data: bytes,
    pieces: Cut,
    head: Callable[[bytes, Any, Driver], None],
    known: Collection[str],
    language: str,
    context: object,
) -> Read | None:
    """The document in pieces; None where it has to be read as a whole.

    Raises OddError where its head cannot be read by `head`.
    """
    failed: list[str] = []
    handler = _strict(language, failed)
    skipped, reader = _skipped(handler), driver(handler)
    try:
        head(data[: pieces.entries[0][0]], handler, reader)
        places = _placed(data, pieces, handler, reader, known, context)
    except SAXException:
        return None
    finally:
        reader.drop()
    if not places or failed:
        return None
    return Read(channel=handler.feeddata, entries=places, version=handler.version, skipped=skipped)


def _fed(head: bytes, _: Any, reader: Driver) -> None:
    reader.feed(head)


def _placed(
    data: bytes, pieces: Cut, handler: Any, reader: Driver, known: Collection[str], context: object
) -> list[Place]:
    try:
        return read_unknown(data, pieces, handler, reader, known, context)
    except OddError:
        return []


def _read(data: bytes, language: str) -> Read:
    """Read `data` (UTF-8) strictly, and once more leniently if it is not well-formed.

    Without a base URL, and ids not resolved by whatever the document calls its base: feedparser
    does, and a feed that moved to https would have nothing but new entries.
    """
    failed: list[str] = []
    handler = _strict(language, failed)
    skipped = _skipped(handler)
    if problem := _ill_formed(data, handler):
        failed.clear()
        handler = _plain(LooseFeedParser("", language or None, "utf-8", {}))
        skipped = _skipped(handler)
        _forgiving(handler, _SGML_EVENTS, failed).feed(data.decode())
    if failed:
        problem = f"{problem}; elements that cannot be read: {len(failed)}".removeprefix("; ")
    return Read(
        channel=handler.feeddata,
        entries=[Place(raw=entry) for entry in handler.entries],
        version=handler.version,
        problem=problem,
        skipped=skipped,
    )


def _ill_formed(data: bytes, handler: Any) -> str:
    """Read `data` strictly; why it is not well-formed, or "".

    A function of its own, and a short one. Where memory has run out, CPython 3.13 goes round for
    ever on its way to a handler from beyond the 256th instruction of a function: it needs to make
    an int, and only those up to 256 are made already.
    """
    try:
        _read_strictly(data, handler)
    except SAXException as error:
        return _problem(error) or "not well-formed"
    return ""


def _read_strictly(data: bytes, handler: Any) -> None:
    """Raises SAXException where `data` is not well-formed."""
    source = InputSource()
    source.setByteStream(io.BytesIO(data))
    driver(handler).parse(source)


def _strict(language: str, failed: list[str]) -> Any:
    return _forgiving(StrictFeedParser("", language or None, "utf-8"), _SAX_EVENTS, failed)


def _forgiving(handler: Any, events: tuple[str, ...], failed: list[str]) -> Any:
    """`handler`, passing over `events` that it fails on; `failed` gets their names."""
    handler.sanitize_html = handler.resolve_relative_uris = False
    handler.can_be_relative_uri = handler.can_be_relative_uri - {"id"}
    decode_entities = handler.decode_entities
    handler.decode_entities = lambda element, text: _Text(decode_entities(element, text))

    def forgiven(event: str, method: Callable[..., None]) -> Callable[..., None]:
        def call(*arguments: Any, **named: Any) -> None:
            try:
                method(*arguments, **named)
            except (SAXException, MemoryError):
                raise
            except Exception:  # noqa: BLE001 - feedparser raises whatever its own slips raise
                failed.append(event)

        return call

    for event in events:
        setattr(handler, event, forgiven(event, getattr(handler, event)))
    return _lightened(_rebased(handler))


def _lightened(handler: Any) -> Any:
    """`handler`, without what is dear in it and nobody uses: its dates, and copies of copies."""
    for key, names in _DATES.items():
        for name in names:
            setattr(handler, f"_end_{name}", partial(handler.pop, key))
    push_content = handler.push_content

    def pushed(*arguments: Any) -> None:
        push_content(*arguments)
        handler.contentparams = _Parameters(handler.contentparams)

    handler.push_content = pushed
    return handler


class _Parameters(FeedParserDict):  # type: ignore[misc] # feedparser has no types
    """What feedparser notes of a text: it holds no more than texts, and is copied as a whole."""

    def __deepcopy__(self, _: object) -> FeedParserDict:
        return FeedParserDict(self)


def _rebased(handler: Any) -> Any:
    """`handler`, for which a base address ends with its element (XML Base §2), as it says.

    Where nothing around that element has one, it keeps it, and resolves the links of all entries
    behind by it.
    """
    end = handler.unknown_endtag

    def ended(tag: str) -> None:
        try:
            end(tag)
        finally:
            handler.baseuri = handler.basestack[-1] if handler.basestack else ""

    handler.unknown_endtag = ended
    return handler


def _plain(handler: Any) -> Any:
    """The lenient parser, undoing references outside markup too, as the strict one does.

    It leaves `&amp;` in ids, which are others then than those of the same feed without its slip,
    and makes `?a=1&ampb=2` of the address of a home page.
    """
    decode_entities = handler.decode_entities

    def decoded(element: str, text: str) -> str:
        text = decode_entities(element, text)
        return text if handler.contentparams else unescape(text, _QUOTES)

    handler.decode_entities = decoded
    return handler


def _skipped(handler: Any) -> dict[str, list[str]]:
    """Has `handler` gather every <hour> and <day> of the feed."""
    texts: dict[str, list[str]] = {name: [] for name in _SKIPPED}

    def ended(name: str) -> None:
        text = handler.pop(name)
        if text and not handler.inentry:
            texts[name].append(text)

    for name in _SKIPPED:
        setattr(handler, f"_end_{name}", partial(ended, name))
    return texts


class _Text(str):
    """A text while feedparser has it.

    Last of all it looks each character up, for slips of Windows-1252, which takes an eighth of all
    the time of parsing. Hardly any text has one.
    """

    __slots__ = ()

    def translate(self, table: Any) -> str:
        return super().translate(table) if _C1.search(self) else str(self)


def _problem(error: SAXException) -> str:
    line = f"line {error.getLineNumber()}: " if isinstance(error, SAXParseException) else ""
    return one_line(f"{line}{error.getMessage()}", NAME_LIMIT)
