"""What feedparser made of a document, as ours: its dictionaries to ParsedFeed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from feeds.dates import RAW_LIMIT, parse_date, zone_named
from feeds.entries import NAME_LIMIT, collect, guid_text, primary_language
from feeds.freshness import read_hints
from feeds.text import body_text, one_line, title_text
from feeds.types import Entry, Feed, Hints, ParsedFeed
from feeds.urls import absolute_url

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import tzinfo

    from feeds.document import Document
    from feeds.piecewise import Place

_MARKUP_TYPES = {"text/html", "application/xhtml+xml"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What feedparser makes of a document."""

    channel: dict[str, Any]
    entries: list[Place]
    version: str
    problem: str = ""  # why the document is not well-formed, or not all of it could be read
    skipped: dict[str, list[str]]  # texts of <hour> and of <day>


@dataclass(frozen=True, slots=True, kw_only=True)
class _Context:
    """What every entry of one document is read with."""

    url: str  # base of relative links
    zone: tzinfo
    language: str
    document_language: str  # an entry that repeats it says nothing of its own
    references: bool  # character references in any text (RSS), or only where it says so (Atom)


def converted(read: Read, document: Document, feed: Feed, url: str) -> ParsedFeed:
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


def _entry(place: Place, *, context: _Context) -> Entry:
    if place.raw is None:
        return Entry(source=place.source, unread=True)
    return _read_entry(place.raw, context, place.source)


def _read_entry(raw: dict[str, Any], context: _Context, source: str) -> Entry:
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
        source=source,
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


def _hints(read: Read) -> Hints:
    return read_hints(
        ttl=_text(read.channel, "ttl"),
        period=_text(read.channel, "sy_updateperiod"),
        frequency=_text(read.channel, "sy_updatefrequency"),
        hours=read.skipped["hour"],
        days=read.skipped["day"],
    )
