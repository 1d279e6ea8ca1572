"""Sites that have no feed: a list page, a sitemap or a JSON answer as if it were one.

What comes out is what a feed gives, so that everything behind it (the ledger, identity, health,
evidence) is the same. A page that its rules no longer fit is no feed, and it is said which rule
finds nothing: it never has silently nothing in it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from selectolax.lexbor import LexborHTMLParser

from feeds.discover import page_decoded
from feeds.entries import primary_language
from feeds.html_lists import list_entries, next_address
from feeds.json_lists import list_values, next_value
from feeds.page_entries import Found, entries_of
from feeds.sitemaps import Sitemap, found_at, newest, read_sitemap
from feeds.text import one_line, title_text
from feeds.types import FeedError, Fetched, ParsedFeed
from feeds.urls import absolute_url

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from feeds.types import Feed, PageRules

_HEAD_CHARS = 20_000  # in which a page says its title
# As ParsedFeed.format has it.
HTML, JSON, SITEMAP, NEWS_SITEMAP, INDEX = (
    "page", "page-json", "sitemap", "news-sitemap", "sitemap-index",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """What one document gave."""

    found: Sequence[Found]
    format: str
    encoding: str = ""
    title: str = ""
    malformed: str = ""
    over_limit: int = 0


def parse_page(
    body: bytes, headers: Mapping[str, str], feed: Feed, url: str
) -> ParsedFeed | FeedError:
    """Take a page apart by the rules of `feed`. See feeds.parse.parse."""
    rules = _rules(feed)
    readers = {"html": _html, "json": _json, "sitemap": _sitemap}
    read = readers[rules.type](body, headers, feed, url)
    if isinstance(read, str):
        return FeedError(url=url, reason="not-a-feed", message=one_line(read, 300))
    made = entries_of(read.found, rules, feed)
    skipped = Counter(made.skipped) + Counter({"over-limit": read.over_limit})
    if read.found and not made.entries:
        why = ", ".join(f"{count} {reason}" for reason, count in skipped.items())
        return FeedError(url=url, reason="not-a-feed", message=f"no entry can be used: {why}")
    return ParsedFeed(
        title=read.title,
        url=url,
        language=primary_language(feed.language),
        format=read.format,
        encoding=read.encoding,
        entries=made.entries,
        skipped=dict(skipped),
        malformed=read.malformed,
        notes=made.notes,
    )


def addresses_behind(
    body: bytes, headers: Mapping[str, str], feed: Feed, url: str
) -> tuple[str, ...]:
    """Where the pages behind this one stand, as far as it says so; see feeds.paging.

    Of a list page the one that `next` finds, of an index of sitemaps the newest. Pure.
    """
    rules = _rules(feed)
    if rules.type == "sitemap":
        sitemap = read_sitemap(body)
        if isinstance(sitemap, str) or not sitemap.index:
            return ()
        places = newest(sitemap.places, rules.pages)
        places.sort(key=lambda place: -moment.timestamp() if (moment := place.moment) else 0.0)
        found = [absolute_url(place.fields.get("loc", ""), url) for place in places]
        return tuple(dict.fromkeys(filter(None, found)))
    if not rules.next:
        return ()
    text = page_decoded(body, headers, override=feed.encoding, language=feed.language).text
    find = next_value if rules.type == "json" else next_address
    return tuple(filter(None, (find(text, rules, url),)))


def merged(first: ParsedFeed, others: Sequence[ParsedFeed]) -> ParsedFeed:
    """Several pages as one document: each article once, where it stands first."""
    known = {entry.url or entry.guid for entry in first.entries}
    entries = list(first.entries)
    skipped = Counter(first.skipped)
    for number, page in enumerate(others, 1):
        skipped.update(page.skipped)
        for entry in page.entries:
            if (entry.url or entry.guid) in known:
                skipped["repeated"] += 1
                continue
            known.add(entry.url or entry.guid)
            entries.append(replace(entry, document=number))
    pages = (first, *others)
    kind = next((page.format for page in others), first.format)
    return replace(
        first,
        format=kind if first.format == INDEX else first.format,
        entries=tuple(entries),
        skipped=dict(skipped),
        malformed="; ".join(dict.fromkeys(page.malformed for page in pages if page.malformed)),
        notes=tuple(dict.fromkeys(note for page in pages for note in page.notes)),
    )


def joined(fetched: Fetched, found: Sequence[ParsedFeed | FeedError]) -> ParsedFeed | FeedError:
    """What the pages of one poll give together. The first one decides whether it is a feed.

    A page behind it that cannot be read ends the list there: what stands further down is older.
    """
    first, others = found[0], found[1:]
    if isinstance(first, FeedError):
        return first
    good: list[ParsedFeed] = []
    note = fetched.more_note
    for number, page in enumerate(others, 2):
        if isinstance(page, FeedError):
            note = f"page {number} cannot be read: {page.message}"
            break
        good.append(page)
    if first.format == INDEX and not good:
        why = note or "it lists no sitemap"
        return FeedError(url=fetched.url, reason="not-a-feed", message=one_line(why, 300))
    whole = merged(first, good)
    return replace(whole, notes=(*whole.notes, one_line(note, 300))) if note else whole


def _rules(feed: Feed) -> PageRules:
    assert feed.page is not None
    return feed.page


def _html(body: bytes, headers: Mapping[str, str], feed: Feed, url: str) -> _Read | str:
    decoded = page_decoded(body, headers, override=feed.encoding, language=feed.language)
    found = list_entries(decoded.text, _rules(feed), url)
    if isinstance(found, str):
        return found
    title = LexborHTMLParser(decoded.text[:_HEAD_CHARS]).css_first("title")
    return _Read(
        found=found,
        format=HTML,
        encoding=decoded.encoding,
        title=title_text(title.html or "", references=True) if title else "",
    )


def _json(body: bytes, headers: Mapping[str, str], feed: Feed, url: str) -> _Read | str:
    decoded = page_decoded(body, headers, override=feed.encoding, language=feed.language)
    found = list_values(decoded.text, _rules(feed), url)
    if isinstance(found, str):
        return found
    return _Read(found=found, format=JSON, encoding=decoded.encoding)


def _sitemap(body: bytes, _headers: Mapping[str, str], feed: Feed, url: str) -> _Read | str:
    sitemap = read_sitemap(body)
    if isinstance(sitemap, str):
        return sitemap
    if sitemap.index:
        return _Read(found=(), format=INDEX, malformed=sitemap.malformed)
    most = _rules(feed).limit
    places = newest(sitemap.places, most) if len(sitemap.places) > most else sitemap.places
    return _Read(
        found=[found_at(place, url) for place in places],
        format=_kind(sitemap),
        encoding="utf-8",
        malformed=sitemap.malformed,
        over_limit=len(sitemap.places) - len(places),
    )


def _kind(sitemap: Sitemap) -> str:
    return NEWS_SITEMAP if sitemap.news else SITEMAP
