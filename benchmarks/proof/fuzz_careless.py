"""Builds without a guard, which fuzzing must find out."""

from __future__ import annotations

from urllib.parse import urljoin

import feeds.html_lists
import feeds.page_entries
import feeds.pages
import feeds.parse
import feeds.sitemaps
import feeds.urls
import monitor.tagging.shadow
from feeds.charset import Decoded
from feeds.document import Document


def spoil(target: str) -> None:
    """Take out what stands between a document and the libraries below."""
    match target:
        case "parse":
            feeds.parse.prepare = _unmended  # type: ignore[assignment]
            feeds.parse._forgiving = _unforgiving  # noqa: SLF001
        case "tag":
            monitor.tagging.shadow.squeeze = _strictly  # type: ignore[assignment]
        case _:
            feeds.html_lists.absolute_url = _trusting  # type: ignore[assignment]
            feeds.pages.absolute_url = _trusting  # type: ignore[assignment]
            feeds.sitemaps.absolute_url = _trusting  # type: ignore[assignment]


def _unmended(decoded: Decoded, **_: bool) -> Document:
    """Straight to the parser, impossible characters and references included."""
    text = decoded.text
    data = text.encode("utf-8", "surrogatepass")
    return Document(data=data, encoding=decoded.encoding, is_json=text.startswith("{"))


_FORGIVING = feeds.parse._forgiving  # noqa: SLF001


def _unforgiving(handler: object, _events: tuple[str, ...], failed: list[str]) -> object:
    """One element that feedparser fails on costs the document."""
    return _FORGIVING(handler, (), failed)


def _strictly(folded: str) -> bytes:
    """As if no text ever had half a character."""
    return folded.encode().translate(monitor.tagging.shadow._LOWER, monitor.tagging.shadow._DROP)  # noqa: SLF001


def _trusting(link: str, base: str) -> str:
    """As if every address were one."""
    return urljoin(base, link)
