"""The text of an article out of its web page: without menus, teasers, comments and notices.

trafilatura finds it, unless the list says by a selector where it stands. Its import takes 0.4 s and
30 MB, and a hostile page any time and memory, so that feeds.workers runs `read_article`, in
processes of their own: feeds never wait for pages.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from feeds.discover import is_page, page_decoded
from feeds.text import TEXT_LIMIT, clean, cut
from feeds.types import Feed, FeedError

if TYPE_CHECKING:
    from collections.abc import Mapping

# Bytes of data for a page, besides what a worker holds when it starts: 30 MB for the extractor,
# another 34 for a page of 800 kB that is all tags, and 6 for one of 3 MB that is mostly scripts.
MEMORY = 64 * 2**20
PAGE_CHARS = 4_000_000  # of a page; the largest ones seen have 3 MB, nearly all of it scripts
SHORTEST = 100  # characters: less than a sentence or two is a notice, a caption or a wall


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """What a page says, in paragraphs."""

    text: str
    cut: bool = False  # there was more than is kept


def read_article(
    body: bytes, headers: Mapping[str, str], feed: Feed, url: str
) -> Article | FeedError:
    """The article of the page `body`, or why there is none. For feeds.workers."""
    if not is_page(body, headers):
        kind = headers.get("content-type", "").partition(";")[0].strip()[:60] or "of no type"
        return FeedError(url=url, reason="not-a-page", message=f"it is no web page ({kind})")
    encoding = feed.encoding if feed.page else ""  # a feed's own says nothing of other pages
    page = page_decoded(body, headers, override=encoding, language=feed.language).text
    if len(page) > PAGE_CHARS:
        message = f"the page has more than {PAGE_CHARS:,} characters"
        return FeedError(url=url, reason="too-large", message=message)
    selector = feed.page.article_text if feed.page else ""
    text = _tidy(_selected(page, selector) if selector else _extracted(page))
    if selector and not text:
        message = "article_text of the feed's rules finds nothing on the page"
        return FeedError(url=url, reason="no-article", message=message)
    if len(text) < SHORTEST and not selector:
        message = f"the page has less than {SHORTEST} characters of article"
        return FeedError(url=url, reason="no-article", message=message)
    return Article(text=cut(text, TEXT_LIMIT), cut=len(text) > TEXT_LIMIT)


def _extracted(page: str) -> str:
    """The text as trafilatura has it: no network, no files, nothing remembered of other pages."""
    from trafilatura import extract  # noqa: PLC0415 - see above

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # it is said by what comes back
    return extract(page, include_comments=False, include_images=False, include_links=False) or ""


def _selected(page: str, selector: str) -> str:
    from selectolax.lexbor import LexborHTMLParser  # noqa: PLC0415 - where there is a selector

    from feeds.selectors import rule_of  # noqa: PLC0415

    root = LexborHTMLParser(page).root
    return rule_of(selector).text(root) if root else ""


def _tidy(text: str) -> str:
    lines = (" ".join(line.split()) for line in clean(text).split("\n"))
    return "\n".join(line for line in lines if line)
