"""The feeds that a web page names: `<link rel="alternate">`, as browsers and readers find them.

The page is as hostile as any feed, so that feeds.workers runs `find_links`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from selectolax.lexbor import LexborHTMLParser

from feeds.charset import decode, labels
from feeds.feed_keys import FEED_KEYS, feed_identity
from feeds.tables import SettingError
from feeds.text import one_line
from feeds.urls import absolute_url

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from feeds.charset import Decoded
    from feeds.types import Feed

LINKS = 20  # a site with a feed for each section has some ten; nobody chooses from more
PAGE_CHARS = 500_000  # of a page: what names its feeds stands at its top
PAGE_TAGS = 10_000  # the tree builder walks its stack for each tag, as in feeds.text
NAME_CHARS = 100
# RSS Advisory Board, RSS Autodiscovery; RFC 4287 §7; jsonfeed.org/version/1.1. JSON without "feed"
# is what JSON Feed 1.0 asked for, and what WordPress says of its API: it is not taken.
_TYPES = {
    "application/rss+xml": "RSS",
    "application/atom+xml": "Atom",
    "application/rdf+xml": "RSS 1.0",
    "application/feed+json": "JSON Feed",
}
# Where sites have their feed that do not name it: WordPress, Hugo, most generators, Jekyll.
_USUAL = ("/feed/", "/rss.xml", "/rss", "/atom.xml")
_COMMENTS = re.compile(r"/comments/", re.IGNORECASE)
_CHARSET = re.compile(
    rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w.:()-]{1,40})""", re.IGNORECASE
)
_CHARSET_WITHIN = 1_024  # bytes (HTML Standard §4.2.5.4)
_PAGE = re.compile(rb"<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_PAGE_WITHIN = 4_096  # bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedLink:
    """A feed that a page names. Its title is anybody's text, on one line."""

    url: str
    title: str = ""
    kind: str = ""  # RSS, Atom, …; "" = not said


def is_page(body: bytes, headers: Mapping[str, str]) -> bool:
    """Whether an answer is a web page rather than any other thing that is no feed."""
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type in ("text/html", "application/xhtml+xml"):
        return True
    return bool(_PAGE.search(body[:_PAGE_WITHIN]))


def find_links(
    body: bytes,
    headers: Mapping[str, str],
    feed: Feed,  # noqa: ARG001 - what a reader of feeds.workers is given
    url: str,
) -> tuple[FeedLink, ...]:
    """The feeds that the page `body`, answered from `url`, names: in its order, each once.

    Feeds of comments are left out where there is another one. Pure; see feeds.workers.
    """
    tree = LexborHTMLParser(_within_limits(page_decoded(body, headers).text))
    base = tree.css_first("base[href]")
    home = urljoin(url, (base.attributes.get("href") or "") if base else "")
    found: dict[str, FeedLink] = {}
    for node in tree.css("link[rel][href]"):
        for link in _link(node.attributes, home):
            found.setdefault(feed_identity(link.url), link)
    links = list(found.values())
    articles = [link for link in links if not _COMMENTS.search(link.url)]
    return tuple((articles or links)[:LINKS])


def usual_addresses(url: str) -> tuple[str, ...]:
    """Where a site may have a feed that its page at `url` does not name: a handful."""
    return tuple(urljoin(url, path) for path in _USUAL)


def _link(attributes: Mapping[str, str | None], base: str) -> Iterator[FeedLink]:
    """The feed that a `<link>` names, if it names one that may be subscribed to."""
    relations = (attributes.get("rel") or "").lower().split()
    media_type = (attributes.get("type") or "").partition(";")[0].strip().lower()
    if "alternate" not in relations or media_type not in _TYPES:
        return
    try:
        address = FEED_KEYS["url"].read(absolute_url(attributes.get("href") or "", base))
    except SettingError:
        return
    title = one_line(attributes.get("title") or "", NAME_CHARS)
    yield FeedLink(url=address, title=title, kind=_TYPES[media_type])


def page_decoded(
    body: bytes, headers: Mapping[str, str], *, override: str = "", language: str = ""
) -> Decoded:
    """A web page as text, and the encoding it was read in. See feeds.charset.decode."""
    content_type = headers.get("content-type", "")
    header, document = page_labels(body, content_type)
    if document and not header:
        content_type = f"text/html; charset={document}"
    return decode(body, content_type=content_type, override=override, language=language)


def page_labels(body: bytes, content_type: str) -> tuple[str, str]:
    """What the header and the page itself call its encoding; "" where one says nothing."""
    header, declared = labels(body, content_type)
    meta = _CHARSET.search(body[:_CHARSET_WITHIN])
    return header, declared or (meta[1].decode("ascii", "replace") if meta else "")


def _within_limits(text: str) -> str:
    """The start of a page that a tree can be built of in little time."""
    text = text[:PAGE_CHARS]
    if text.count("<") <= PAGE_TAGS:
        return text
    return "<".join(text.split("<", PAGE_TAGS)[:PAGE_TAGS])
