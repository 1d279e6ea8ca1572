"""OPML 2.0 (http://opml.org/spec2.opml): subscription lists to and from other feed readers.

What OPML has no word for travels in attributes of our own namespace, which other readers ignore.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

from feeds.errors import ListError
from feeds.types import Feed

NAMESPACE = "urn:x-wirewatch:opml"
_OWN = ("kind", "interval", "full_text", "timezone", "encoding")
_MAX_NAME = 200  # characters; as long as a name in a TOML list may be
_FEED_TYPES = ("rss", "atom", "jsonfeed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """One subscription as written: settings by the names of a TOML list, and its line."""

    settings: Mapping[str, object]
    line: int


def to_opml(feeds: Iterable[Feed], title: str) -> bytes:
    """An OPML 2.0 document with the feeds in their order."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<opml version="2.0" xmlns:wirewatch="{NAMESPACE}">',
        f"  <head><title>{_escape(title)}</title></head>",
        "  <body>",
        *(f"    <outline {_attributes(feed)}/>" for feed in feeds),
        "  </body>",
        "</opml>",
    ]
    return "\n".join([*lines, ""]).encode()


def _attributes(feed: Feed) -> str:
    name = feed.name or feed.url
    own = {"interval": f"{feed.interval}s" if feed.interval else ""}
    own["full_text"] = "true" if feed.full_text else ""
    own |= {key: getattr(feed, key) for key in ("kind", "timezone", "encoding")}
    pairs = {"type": "rss", "text": name, "title": feed.name, "xmlUrl": feed.url}
    pairs |= {"language": feed.language} | {f"wirewatch:{key}": own[key] for key in _OWN}
    return " ".join(f'{key}="{_escape(value)}"' for key, value in pairs.items() if value)


def _escape(value: str) -> str:
    """For an attribute or text; what XML 1.0 cannot hold at all (§2.2) becomes U+FFFD."""
    whole = re.sub("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "�", value)
    return html.escape(whole)


def outlines(data: bytes, name: str, kinds: Iterable[str]) -> list[Outline]:
    """The subscriptions of an OPML document, folders flattened, each URL once.

    A folder named after one of `kinds` gives its feeds that kind; readers put one feed into several
    folders, and its first place counts. Raises ListError, naming the line: not XML, not OPML, or
    with a document type, which no OPML needs and through which XML attacks come (CWE-776, CWE-611).
    """
    reader = _Reader(name=name, kinds=frozenset(kinds))
    try:
        reader.parser.Parse(data, True)
    except expat.ExpatError as error:
        reason = expat.errors.messages.get(error.code, "not well-formed")
        raise ListError(f"{name}:{error.lineno}: is not OPML: {reason}") from None
    except (LookupError, ValueError):  # pyexpat asks codecs about a declared encoding
        raise ListError(f"{name}:1: is not OPML: its encoding is unknown; use UTF-8") from None
    return reader.found


@dataclass(slots=True, kw_only=True)
class _Reader:
    """What the parser calls back. Nothing here is recursive, so depth costs no stack."""

    name: str
    kinds: frozenset[str]
    found: list[Outline] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)  # the kind that each open outline hands on
    urls: set[str] = field(default_factory=set)
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
        kind = self.folders[-1] if self.folders else ""
        self.folders.append(label if label in self.kinds else kind)
        url = attributes.get("xmlurl", "").strip()
        is_feed = url or attributes.get("type", "").lower() in _FEED_TYPES  # else a folder or note
        if is_feed and url not in self.urls:
            self.urls |= {url} - {""}
            settings = {"url": url, "name": label if label != url else "", "kind": kind}
            line = self.parser.CurrentLineNumber
            self.found.append(Outline(settings=_settings(attributes, settings), line=line))

    def _error(self, message: str) -> ListError:
        return ListError(f"{self.name}:{self.parser.CurrentLineNumber}: {message}")


def _settings(attributes: dict[str, str], standard: dict[str, str]) -> dict[str, object]:
    own = {key: attributes.get(f"{NAMESPACE} {key}", "") for key in _OWN}
    written = {**standard, "language": _primary(attributes.get("language", ""))}
    written |= {key: value for key, value in own.items() if value}
    settings: dict[str, object] = {key: value for key, value in written.items() if value}
    if written.get("full_text") in ("true", "false"):
        settings["full_text"] = written["full_text"] == "true"
    return settings


def _primary(language: str) -> str:
    """The first subtag: ko of "ko-KR". Others also write "unknown" and names of languages here."""
    primary = language.strip().lower().partition("-")[0]
    return primary if re.fullmatch("[a-z]{2,3}", primary) else ""


def _one_line(label: str) -> str:
    printable = "".join(char if char.isprintable() else " " for char in label)
    return " ".join(printable.split())[:_MAX_NAME]
