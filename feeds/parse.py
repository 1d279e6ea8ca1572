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
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any
from xml.sax import SAXException, SAXNotSupportedException, SAXParseException
from xml.sax.expatreader import ExpatParser
from xml.sax.handler import LexicalHandler, property_lexical_handler
from xml.sax.saxutils import unescape
from xml.sax.xmlreader import InputSource

from feedparser.api import LooseFeedParser, StrictFeedParser

from feeds.charset import decode
from feeds.dates import RAW_LIMIT, parse_date, zone_named
from feeds.document import prepare
from feeds.entries import NAME_LIMIT, collect, guid_text, primary_language
from feeds.freshness import read_hints
from feeds.jsonfeed import parse_json_feed
from feeds.mojibake import garbled_note, is_garbled
from feeds.pages import parse_page
from feeds.text import body_text, one_line, title_text
from feeds.types import Entry, Feed, FeedError, Hints, ParsedFeed
from feeds.urls import absolute_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import tzinfo

    from feeds.charset import Decoded
    from feeds.document import Document

# What the two parsers call, element by element; and what starts the lenient one.
_SAX_EVENTS = ("startPrefixMapping", "startElementNS", "endElementNS")
_SGML_EVENTS = ("unknown_starttag", "unknown_endtag", "handle_charref", "handle_entityref", "feed")
_SKIPPED = ("hour", "day")  # of <skipHours> and <skipDays>: feedparser keeps the last of each
_MARKUP_TYPES = {"text/html", "application/xhtml+xml"}
_C1 = re.compile("[\x80-\x9f]")
_QUOTES = {"&quot;": '"', "&apos;": "'"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Context:
    """What every entry of one document is read with."""

    url: str  # base of relative links
    zone: tzinfo
    language: str
    document_language: str  # an entry that repeats it says nothing of its own
    references: bool  # character references in any text (RSS), or only where it says so (Atom)


def parse(body: bytes, headers: Mapping[str, str], feed: Feed, url: str) -> ParsedFeed | FeedError:
    """Take `body` apart, as answered from `url` (the final one) with `headers` (lower-case names).

    Pure. It may take very long, or much memory, on a hostile document: feeds.workers runs it where
    that does no harm. What is not a feed is a FeedError; a feed without entries is a feed.
    """
    parsed = _parsed(body, headers, feed, url)
    if isinstance(parsed, FeedError):
        return parsed
    garbled = sum(is_garbled(entry.title, entry.text) for entry in parsed.entries)
    if not garbled:
        return parsed
    note = garbled_note(garbled, len(parsed.entries))
    return replace(parsed, garbled=garbled, notes=(*parsed.notes, note))


def _parsed(
    body: bytes, headers: Mapping[str, str], feed: Feed, url: str
) -> ParsedFeed | FeedError:
    if feed.page:
        return parse_page(body, headers, feed, url)
    document = prepare(_decoded(body, headers, feed))
    if document.refused:
        return FeedError(url=url, reason="not-a-feed", message=document.refused)
    parsed = (
        _parse_json(document, feed, url)
        if document.is_json
        else _parse_xml(document, headers, feed, url)
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


def _parse_json(document: Document, feed: Feed, url: str) -> ParsedFeed | str:
    language, zone = primary_language(feed.language), zone_named(feed.timezone)
    return parse_json_feed(document.data, url=url, language=language, zone=zone)


def _parse_xml(
    document: Document, headers: Mapping[str, str], feed: Feed, url: str
) -> ParsedFeed | str:
    """The feed in `document`, or why it is none."""
    read = _read(document.data, headers.get("content-language", ""))
    # CDF, alone among the formats, has no version.
    if not (read.version or read.entries or document.root == "channel"):
        return "it has no feed in it"
    return _converted(read, document, feed, url)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """What feedparser makes of a document."""

    channel: dict[str, Any]
    entries: list[dict[str, Any]]
    version: str
    problem: str  # why the document is not well-formed, or not all of it could be read
    skipped: dict[str, list[str]]  # texts of <hour> and of <day>


def _read(data: bytes, language: str) -> _Read:
    """Read `data` (UTF-8) strictly, and once more leniently if it is not well-formed.

    Without a base URL, and ids not resolved by whatever the document calls its base: feedparser
    does, and a feed that moved to https would have nothing but new entries.
    """
    failed: list[str] = []
    handler = _forgiving(StrictFeedParser("", language or None, "utf-8"), _SAX_EVENTS, failed)
    skipped = _skipped(handler)
    if problem := _ill_formed(data, handler):
        failed.clear()
        handler = _plain(LooseFeedParser("", language or None, "utf-8", {}))
        skipped = _skipped(handler)
        _forgiving(handler, _SGML_EVENTS, failed).feed(data.decode())
    if failed:
        problem = f"{problem}; elements that cannot be read: {len(failed)}".removeprefix("; ")
    return _Read(
        channel=handler.feeddata,
        entries=handler.entries,
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
    reader = _Expat(namespaceHandling=True)  # it is given no declarations
    reader.setProperty(property_lexical_handler, _NoDoctype())
    reader.setContentHandler(handler)
    reader.setErrorHandler(handler)
    source = InputSource()
    source.setByteStream(io.BytesIO(data))
    source.setEncoding("utf-8")  # whatever the document says of itself
    reader.parse(source)


class _Expat(ExpatParser):
    """Hands on what stands between two tags in one piece, not each line and each reference."""

    def reset(self) -> None:
        super().reset()
        self._parser.buffer_text = True  # type: ignore[attr-defined] # not in the stubs


class _NoDoctype(LexicalHandler):
    """The second wall: feeds.document leaves no DOCTYPE, and none that it missed is obeyed."""

    def startDTD(self, *_: object) -> None:  # noqa: N802 - SAX's name
        raise SAXNotSupportedException("a DOCTYPE that cannot be taken apart")


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


def _converted(read: _Read, document: Document, feed: Feed, url: str) -> ParsedFeed:
    channel = read.channel
    document_language = primary_language(_text(channel, "language"))
    context = _Context(
        url=url,
        zone=zone_named(feed.timezone),
        language=primary_language(feed.language) or document_language,
        document_language=document_language,
        references=not read.version.startswith("atom"),
    )
    entries, skipped = collect(read.entries, partial(_entry, context=context))
    if document.over_limit:
        skipped["over-limit"] = document.over_limit
    return ParsedFeed(
        title=title_text(_text(channel, "title"), references=_resolves(channel, "title", context)),
        url=absolute_url(_text(channel, "link"), url),
        language=context.language,
        format=read.version,
        entries=entries,
        skipped=skipped,
        hints=_hints(read),
        malformed="; ".join(filter(None, (read.problem, document.malformed))),
    )


def _entry(raw: dict[str, Any], *, context: _Context) -> Entry:
    published = _text(raw, "published") or _text(raw, "created") or _text(raw, "updated")
    language = _language(raw, context)
    when = partial(parse_date, zone=context.zone, language=language)
    return Entry(
        guid=guid_text(_text(raw, "id")),
        url=_link(raw, context.url),
        title=title_text(_text(raw, "title"), references=_resolves(raw, "title", context)),
        text=_longest_text(raw, context),
        language=language,
        author=_author(raw),
        published_at=when(published),
        published_raw=one_line(published, RAW_LIMIT),
        updated_at=when(_text(raw, "updated")),
    )


def _text(thing: dict[str, Any], key: str) -> str:
    """A value as it is stored: feedparser's own look-up answers for absent keys, with warnings."""
    value = dict.get(thing, key)
    return value if isinstance(value, str) else ""


def _details(thing: dict[str, Any], *keys: str) -> Iterator[dict[str, Any]]:
    for key in keys:
        found = dict.get(thing, key)
        yield from found if isinstance(found, list) else [found] if found else []


def _resolves(thing: dict[str, Any], key: str, context: _Context) -> bool:
    """Whether the text under `key` may hold character references of HTML."""
    return context.references or any(
        detail.get("type") in _MARKUP_TYPES for detail in _details(thing, f"{key}_detail")
    )


def _longest_text(raw: dict[str, Any], context: _Context) -> str:
    """The longest of content and summary without its markup; only what may win is converted."""
    values = {_text(raw, "summary"): _resolves(raw, "summary", context)}
    for content in _details(raw, "content"):
        kind = content.get("type") or "text/plain"
        if kind.startswith("text/") or kind.endswith("xml"):
            values[_text(content, "value")] = context.references or kind in _MARKUP_TYPES
    best = ""
    for value in sorted(values, key=len, reverse=True):
        if len(value) <= len(best):
            break
        best = max(best, body_text(value, references=values[value]), key=len)
    return best


def _link(raw: dict[str, Any], base: str) -> str:
    """The article's own address: before a proxy's, and for want of both a permanent guid."""
    links = list(_details(raw, "links"))
    link = _text(raw, "feedburner_origlink") or _text(raw, "link")
    if not link:
        alternates = (_text(item, "href") for item in links if item.get("rel") == "alternate")
        link = next(alternates, "")
    guid = _text(raw, "id")
    if not link or (link == guid and not any(item.get("href") == link for item in links)):
        # feedparser gives a guid for a link unless it says isPermaLink="false"; many are numbers.
        return absolute_url(link, "")
    return absolute_url(link, base)


def _author(raw: dict[str, Any]) -> str:
    """All of an entry's authors, in order; what stands there if none of them has a name."""
    names = [_text(detail, "name") for detail in _details(raw, "authors")]
    joined = ", ".join(dict.fromkeys(filter(None, names)))
    return one_line(joined or _text(raw, "author"), NAME_LIMIT)


def _language(raw: dict[str, Any], context: _Context) -> str:
    said, texts = _text(raw, "language"), False
    for detail in () if said else _details(raw, "content", "summary_detail", "title_detail"):
        texts = True
        if said := _text(detail, "language"):
            break
    if texts and not (said or context.references):
        # In Atom every text inherits a language but under xml:lang="" (XML 1.0 §2.12).
        return "" if context.language == context.document_language else context.language
    own = primary_language(said)
    return context.language if own in ("", context.document_language) else own


def _hints(read: _Read) -> Hints:
    return read_hints(
        ttl=_text(read.channel, "ttl"),
        period=_text(read.channel, "sy_updateperiod"),
        frequency=_text(read.channel, "sy_updatefrequency"),
        hours=read.skipped["hour"],
        days=read.skipped["day"],
    )


def _problem(error: SAXException) -> str:
    line = f"line {error.getLineNumber()}: " if isinstance(error, SAXParseException) else ""
    return one_line(f"{line}{error.getMessage()}", NAME_LIMIT)
