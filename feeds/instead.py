"""What may be read where a site has no feed: a bundled adapter, or its sitemap. Pure."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from feeds.feed_keys import FEED_KEYS
from feeds.site_adapters import adapter_for
from feeds.tables import SettingError
from feeds.types import PageRules
from feeds.urls import absolute_url

if TYPE_CHECKING:
    from feeds.types import Feed

SITEMAP = PageRules(type="sitemap")
_WITHIN = 2_048  # bytes in which a sitemap says what it is
_NAMED = re.compile(rb"^[ \t]*sitemap[ \t]*:[ \t]*(\S+)", re.IGNORECASE | re.MULTILINE)
_ROBOTS = 512 * 1_024  # bytes of a robots.txt that are read (RFC 9309 §2.5)


def rules_for(body: bytes, url: str) -> tuple[PageRules, ...]:
    """Rules that may fit the document `body` from `url`: its site's, a sitemap's."""
    adapter = adapter_for(url)
    top = body[:_WITHIN]
    return (
        *((adapter.rules,) if adapter else ()),
        *((SITEMAP,) if b"<urlset" in top else ()),
    )


def is_index(body: bytes) -> bool:
    """Whether the document is an index of sitemaps."""
    return b"<sitemapindex" in body[:_WITHIN]


def listed_by_adapter(feed: Feed) -> Feed | None:
    """A list page that the adapter of the feed's site reads, if the site has one."""
    adapter = adapter_for(feed.url)
    if adapter is None:
        return None
    return replace(feed, url=adapter.lists[0], page=adapter.rules)


def sitemaps_named(robots: bytes, url: str) -> tuple[str, ...]:
    """The sitemaps that a robots.txt names (sitemaps.org), those of news first."""
    written = (found.decode("utf-8", "replace") for found in _NAMED.findall(robots[:_ROBOTS]))
    addresses = [absolute_url(one, url) for one in written]
    usable = [one for one in dict.fromkeys(addresses) if _is_address(one)]
    return tuple(sorted(usable, key=lambda one: "news" not in one.lower()))


def _is_address(url: str) -> bool:
    try:
        FEED_KEYS["url"].read(url)
    except SettingError:
        return False
    return True
