"""Sitemaps (sitemaps.org 0.9) and Google's news extension (sitemap-news 0.9). Pure.

Names are read whatever namespace they stand in: many sitemaps declare a wrong one.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit
from xml.parsers import expat

from feeds.dates import parse_date
from feeds.limits import Limits
from feeds.page_entries import Found
from feeds.text import clean, one_line
from feeds.urls import URL_LIMIT, absolute_url

if TYPE_CHECKING:
    from datetime import datetime

GZIP = b"\x1f\x8b"
_ANY_WINDOW = 47  # zlib.decompressobj: a gzip header, whatever window it says
_FIELDS = {"loc", "lastmod", "publication_date", "title", "language"}
_ENDING = re.compile(r"\.(?:html?|php|aspx?|jsp)$", re.IGNORECASE)
_ROOTS = {"urlset", "sitemapindex"}
_VALUE = 4_096  # characters of a field; the longest that is used is an address


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A <url> or a <sitemap>: its fields as they are written."""

    fields: dict[str, str]

    @property
    def moment(self) -> datetime | None:
        """When it changed last, or was published."""
        return parse_date(self.fields.get("publication_date") or self.fields.get("lastmod", ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sitemap:
    """A sitemap taken apart, in document order."""

    index: bool  # of other sitemaps, rather than of articles
    news: bool  # with Google's news extension
    places: tuple[Place, ...]
    malformed: str = ""


def read_sitemap(body: bytes) -> Sitemap | str:
    """The sitemap in `body`, which may be compressed; or why it is none."""
    data = _unpacked(body)
    if data is None:
        return f"more than {Limits().body_bytes // 2**20} MiB when unpacked, or damaged"
    reader = _Reader()
    try:
        reader.parser.Parse(data, True)
    except _RefusedError as refusal:
        return str(refusal)
    except (expat.ExpatError, LookupError, ValueError) as error:
        reader.problem = one_line(f"{error}")
    if not reader.root or (reader.problem and not reader.places):
        return f"it is no sitemap: {reader.problem or 'it is empty'}"
    return Sitemap(
        index=reader.root == "sitemapindex",
        news=reader.news,
        places=tuple(reader.places),
        malformed=reader.problem,
    )


def newest(places: Iterable[Place], most: int) -> list[Place]:
    """The `most` that changed last, in document order; those without a date are the oldest.

    A sitemap lists a whole site in any order: cut at its end, it would lose the news as likely as
    what is old.
    """
    all_places = list(places)
    dated = sorted(
        range(len(all_places)),
        key=lambda at: (moment.timestamp() if (moment := all_places[at].moment) else 0.0, -at),
        reverse=True,
    )
    return [all_places[at] for at in sorted(dated[:most])]


def found_at(place: Place, url: str) -> Found:
    """An article of a sitemap. Where it says no title, the words of its address are one."""
    fields = place.fields
    address = absolute_url(fields.get("loc", ""), url)
    return Found(
        url=address,
        title=one_line(clean(fields.get("title", ""))) or (address and address_words(address)),
        dates=(fields.get("publication_date") or fields.get("lastmod", ""),),
        language=fields.get("language", ""),
    )


def address_words(url: str) -> str:
    """What the last part of an address says: `/news/new-dam-opens.html` → `new dam opens`."""
    path = urlsplit(url).path.rstrip("/")
    last = _ENDING.sub("", unquote(path.rpartition("/")[2]))
    words = " ".join(re.split(r"[-_+\s]+", last)).strip()
    return one_line(words if any(char.isalpha() for char in words) else path or url)


class _RefusedError(Exception):
    """The document is no sitemap. `str()` says what it is."""


@dataclass(slots=True)
class _Reader:
    """What the parser calls back. Nothing here is recursive, so depth costs no stack."""

    root: str = ""
    news: bool = False
    problem: str = ""
    places: list[Place] = field(default_factory=list)
    _fields: dict[str, str] | None = None  # of the place that is open
    _name: str = ""  # of the field that is open
    _text: list[str] = field(default_factory=list)
    parser: expat.XMLParserType = field(init=False)

    def __post_init__(self) -> None:
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._data

    def _doctype(self, name: str, *_: object) -> None:
        kind = "a web page" if name.lower() == "html" else "a document with a type (<!DOCTYPE …>)"
        raise _RefusedError(f"it is no sitemap, but {kind}")

    def _start(self, tag: str, _attributes: dict[str, str]) -> None:
        namespace, _, name = tag.rpartition(" ")
        if not self.root:
            if name not in _ROOTS:
                raise _RefusedError(f"it is no sitemap, but <{one_line(name, 40)}>")
            self.root = name
        elif name in ("url", "sitemap"):
            self._fields = {}
        elif self._fields is not None and name in _FIELDS and "image" not in namespace:
            self._name, self._text = name, []
        self.news = self.news or name == "news"

    def _data(self, text: str) -> None:
        if self._name:
            self._text.append(text[:_VALUE])

    def _end(self, tag: str) -> None:
        name = tag.rpartition(" ")[2]
        if name == self._name and self._fields is not None:
            # An image or a video of the article has fields of the same names, further down.
            value = " ".join("".join(self._text)[:_VALUE].split())
            self._fields.setdefault(name, value)
            self._name = ""
        elif name in ("url", "sitemap") and self._fields is not None:
            if len(self._fields.get("loc", "")) <= URL_LIMIT:
                self.places.append(Place(fields=self._fields))
            self._fields = None


def _unpacked(body: bytes) -> bytes | None:
    """The document, out of a .gz file if it came in one; None if that is too large or damaged."""
    if not body.startswith(GZIP):
        return body.lstrip()
    limit = Limits().body_bytes
    unpacker = zlib.decompressobj(_ANY_WINDOW)
    try:
        data = unpacker.decompress(body, limit)
    except zlib.error:
        return None
    return data if unpacker.eof else None
