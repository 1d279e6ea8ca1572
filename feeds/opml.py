"""OPML 2.0 (http://opml.org/spec2.opml): subscription lists to and from other feed readers.

What OPML has no word for travels in attributes of our own namespace, which other readers ignore.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import urlsplit
from xml.parsers import expat

from feeds.charset import decode
from feeds.document import known_references
from feeds.errors import ListError
from feeds.page_keys import written_rules
from feeds.types import Feed

NAMESPACE = "urn:x-wirewatch:opml"
_OWN = ("kind", "interval", "full_text", "timezone", "encoding", "adapter", "page")
_MAX_NAME = 200  # characters; as long as a name in a TOML list may be
_MAX_SITE = 2_048  # characters, as of a feed's address
_FEED_TYPES = ("rss", "atom", "jsonfeed")
# Programs subscribed to `feed://host/path` and `feed:https://host/path`.
_FEED_SCHEME = re.compile(r"^feed:(//)?(https?:)?", re.IGNORECASE)
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """One subscription as written: settings by the names of a TOML list, and its line."""

    settings: Mapping[str, object]
    line: int


def to_opml(feeds: Iterable[Feed], title: str) -> bytes:
    """An OPML 2.0 document with the feeds in their order.

    A feed stands in its first folder; for the others it is written again at the end.
    """
    feeds = list(feeds)
    placed = [(_folder(path), feed) for feed in feeds for path in feed.folders[:1] or ("",)]
    again = [(_folder(path), feed) for feed in feeds for path in feed.folders[1:]]
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<opml version="2.0" xmlns:wirewatch="{NAMESPACE}">',
        f"  <head><title>{_escape(title)}</title></head>",
        "  <body>",
        *_nested([*placed, *again]),
        "  </body>",
        "</opml>",
    ]
    return "\n".join([*lines, ""]).encode()


def _folder(path: str) -> list[str]:
    return path.split("/") if path else []


def _nested(placed: Iterable[tuple[list[str], Feed]]) -> Iterator[str]:
    """The outlines, folders opened and closed between them as it takes."""
    within: list[str] = []
    for folder, feed in [*placed, ([], None)]:
        shared = _shared(within, folder)
        for depth in range(len(within), shared, -1):
            yield f"{_indent(depth)}</outline>"
        for depth, name in enumerate(folder[shared:], shared + 1):
            yield f'{_indent(depth)}<outline text="{_escape(name)}">'
        within = folder
        if feed:
            yield f"{_indent(len(within) + 1)}<outline {_attributes(feed)}/>"


def _shared(one: list[str], other: list[str]) -> int:
    """How many folders two paths begin with alike."""
    alike = (a == b for a, b in zip(one, other, strict=False))
    return next((depth for depth, so in enumerate(alike) if not so), min(len(one), len(other)))


def _indent(depth: int) -> str:
    return "  " * (depth + 1)


def _attributes(feed: Feed) -> str:
    """A page that is no feed is a link to other programs (OPML 2.0, type="link")."""
    name = feed.name or feed.url
    own = {"interval": f"{feed.interval}s" if feed.interval else ""}
    own["full_text"] = "true" if feed.full_text else ""
    own |= {key: getattr(feed, key) for key in ("kind", "timezone", "encoding")}
    own |= _page(feed)
    address = {"type": "link", "url": feed.url} if feed.page else {"xmlUrl": feed.url}
    pairs = {"type": "rss", "text": name, "title": feed.name, **address, "htmlUrl": feed.site}
    pairs |= {"language": feed.language} | {f"wirewatch:{key}": own[key] for key in _OWN}
    return " ".join(f'{key}="{_escape(value)}"' for key, value in pairs.items() if value)


def _page(feed: Feed) -> dict[str, str]:
    if feed.page is None:
        return {"adapter": "", "page": ""}
    if feed.page.adapter:
        return {"adapter": feed.page.adapter, "page": ""}
    return {"adapter": "", "page": json.dumps(written_rules(feed.page), ensure_ascii=False)}


def _escape(value: str) -> str:
    """For an attribute or text; what XML 1.0 cannot hold at all (§2.2) becomes U+FFFD."""
    whole = re.sub("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "�", value)
    # A parser makes blanks of line ends within an attribute (XML 1.0 §3.3.3), not of references.
    return re.sub("[\t\n\r]", lambda found: f"&#{ord(found[0])};", html.escape(whole))


def outlines(data: bytes, name: str, kinds: Iterable[str]) -> list[Outline]:
    """The subscriptions of an OPML document, each URL once, with the folders that it stands in.

    A folder named after one of `kinds` gives its feeds that kind; readers put one feed into several
    folders, and its first place counts. Raises ListError, naming the line: not XML, not OPML, or
    with a document type, which no OPML needs and through which XML attacks come (CWE-776, CWE-611).
    """
    reader = _Reader(name=name, kinds=frozenset(kinds))
    try:
        reader.parser.Parse(_readable(data), True)
    except expat.ExpatError as error:
        reason = expat.errors.messages.get(error.code, "not well-formed")
        raise ListError(f"{name}:{error.lineno}: is not OPML: {reason}") from None
    return reader.outlines()


def _readable(data: bytes) -> bytes:
    """UTF-8 that says nothing of its encoding, with no reference left that XML does not know.

    Readers write the encoding of their template over UTF-8, names of HTML, and bare ampersands.
    """
    text = decode(data, content_type="").text.lstrip("\ufeff\0")
    undeclared = _DECLARATION.sub(lambda found: "\n" * found[0].count("\n"), text)
    return known_references(undeclared).encode("utf-8", "replace")


class _Folder(NamedTuple):
    """What an outline hands on to those in it."""

    path: str
    kind: str

    def inner(self, label: str, kind: str) -> _Folder:
        return _Folder(_path(self.path, label), kind or self.kind)


@dataclass(slots=True, kw_only=True)
class _Found:
    """A subscription, while more of its folders may come."""

    settings: dict[str, object]
    line: int
    folders: dict[str, None] = field(default_factory=dict)

    def outline(self) -> Outline:
        folders = {"folders": list(self.folders)} if self.folders else {}
        return Outline(settings=self.settings | folders, line=self.line)


@dataclass(slots=True, kw_only=True)
class _Reader:
    """What the parser calls back. Nothing here is recursive, so depth costs no stack."""

    name: str
    kinds: frozenset[str]
    found: list[_Found] = field(default_factory=list)
    folders: list[_Folder] = field(default_factory=list)  # what the open outlines hand on
    urls: dict[str, _Found] = field(default_factory=dict)
    started: bool = False
    parser: expat.XMLParserType = field(init=False)

    def __post_init__(self) -> None:
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end

    def _doctype(self, *_: object) -> None:
        raise self._error("holds a document type (<!DOCTYPE …>), which is refused; remove it")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        if not self.started and tag != "opml":
            raise self._error(f"is not OPML: the document is <{_one_line(tag)}>")
        self.started = True
        if tag == "outline":
            self._outline({key.lower(): value for key, value in attributes.items()})

    def _end(self, tag: str) -> None:
        if tag == "outline":
            self.folders.pop()

    def _outline(self, attributes: dict[str, str]) -> None:
        label = _one_line(attributes.get("text") or attributes.get("title", ""))
        within = self.folders[-1] if self.folders else _Folder("", "")
        self.folders.append(within.inner(label, label if label in self.kinds else ""))
        url = _address(attributes)
        is_feed = url or attributes.get("type", "").lower() in _FEED_TYPES  # else a folder or note
        if not is_feed:
            return
        if url not in self.urls:
            standard = {"url": url, "name": label if label != url else ""}
            standard["kind"] = within.kind
            line = self.parser.CurrentLineNumber
            self.found.append(_Found(settings=_settings(attributes, standard), line=line))
            if url:
                self.urls[url] = self.found[-1]
        found = self.urls.get(url, self.found[-1])
        found.folders.update(dict.fromkeys(filter(None, (within.path, *_categories(attributes)))))

    def outlines(self) -> list[Outline]:
        """What was found, once all was read."""
        return [found.outline() for found in self.found]

    def _error(self, message: str) -> ListError:
        return ListError(f"{self.name}:{self.parser.CurrentLineNumber}: {message}")


def _address(attributes: dict[str, str]) -> str:
    """Of a feed, or of a page that we wrote as a link."""
    own = (attributes.get(f"{NAMESPACE} {key}") for key in ("adapter", "page"))
    url = attributes.get("xmlurl" if not any(own) else "url", "").strip()
    return _FEED_SCHEME.sub(lambda found: found[2] or "http://", url)


def _categories(attributes: dict[str, str]) -> Iterator[str]:
    """OPML 2.0: `/Boston/Weather,/Harvard`, or words with commas between them."""
    for category in attributes.get("category", "").split(","):
        yield _path("", category)


def _path(outer: str, name: str) -> str:
    """A folder within another; one that is too deep for a list counts as its outer one."""
    path = "/".join(filter(None, (outer, *map(_one_line, name.split("/")))))
    return path if len(path) <= _MAX_NAME else outer


def _settings(attributes: dict[str, str], standard: dict[str, str]) -> dict[str, object]:
    own = {key: attributes.get(f"{NAMESPACE} {key}", "") for key in _OWN}
    written = {**standard, "language": _primary(attributes.get("language", ""))}
    written["site"] = _site(attributes.get("htmlurl", ""))
    written |= {key: value for key, value in own.items() if value}
    settings: dict[str, object] = {key: value for key, value in written.items() if value}
    if written.get("full_text") in ("true", "false"):
        settings["full_text"] = written["full_text"] == "true"
    if "page" in settings:
        settings["page"] = _rules(own["page"])
    return settings


def _rules(text: str) -> object:
    """What is no table is left as it is, to be refused with the other settings."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _site(url: str) -> str:
    """The address of a site; "" for what is none, on which no feed depends.

    Many write the feed's own address there, or a path.
    """
    url = url.strip()
    try:
        parts = urlsplit(url)
        held = parts.hostname and parts.port != 0 and parts.username is None
    except ValueError:
        return ""
    fits = url.isprintable() and " " not in url and len(url) <= _MAX_SITE
    return url if held and fits and parts.scheme.lower() in ("http", "https") else ""


def _primary(language: str) -> str:
    """The first subtag: ko of "ko-KR". Others also write "unknown" and names of languages here."""
    primary = language.strip().lower().partition("-")[0]
    return primary if re.fullmatch("[a-z]{2,3}", primary) else ""


def _one_line(label: str) -> str:
    printable = "".join(char if char.isprintable() else " " for char in label)
    return " ".join(printable.split())[:_MAX_NAME]
