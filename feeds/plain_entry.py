"""A plain entry, put together as feedparser would."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from feeds.plain_names import (
    KINDS,
    XHTML,
    XML_BASE,
    XML_LANG,
    XML_SPACE,
    OddError,
    left_text,
    only,
    undone,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Raw = dict[str, Any]
    Attributes = Mapping[str, str]

_OF_LINKS = ("rel", "href", "type", "title", "length", "hreflang")
_OF_TEXTS = frozenset(("type", "mode", XML_LANG, XML_BASE, XML_SPACE))
_RDF_ABOUT = "http://www.w3.org/1999/02/22-rdf-syntax-ns# about"
_ABSOLUTE = ("http://", "https://")


class PlainEntry:
    """What was read of one. Each method raises OddError where it is to be left to feedparser."""

    def __init__(self, handler: Any, *, has_content: bool = False) -> None:
        self.raw: Raw = {}
        self._handler = handler
        self._language: str | None = handler.lang.replace("_", "-") if handler.lang else None
        self._has_content = has_content
        self.titled = False  # and no title may come after the one that it has
        self.base = handler.baseuri  # of links

    def begin(self, attributes: Attributes) -> None:
        only(attributes, _RDF_ABOUT, XML_LANG, XML_BASE)
        if _RDF_ABOUT in attributes:
            self.raw["id"] = attributes[_RDF_ABOUT]
            renamed = self._handler.namespacemap.get("rdf", "rdf") != "rdf"
            if renamed or not self.raw["id"]:
                raise OddError
        self._language = self._said(attributes)
        if base := attributes.get(XML_BASE):
            if not base.startswith(_ABSOLUTE):
                raise OddError
            self.base = self._handler.resolve_uri(base) or self.base

    def _said(self, attributes: Attributes) -> str | None:
        """The language of an element: "" is none."""
        if XML_LANG not in attributes:
            return self._language
        return attributes[XML_LANG].replace("_", "-") or None

    def kind(self, attributes: Attributes, default: str) -> str:
        """Which kind of text it is that an element holds."""
        if not attributes:
            return default
        kind = KINDS.get(attributes.get("type", default).lower())
        if kind is None or attributes.keys() - _OF_TEXTS or attributes.get("mode") == "base64":
            raise OddError
        return kind

    def _detail(self, kind: str, attributes: Attributes, value: str) -> Raw:
        return {"type": kind, "language": self._said(attributes), "value": value}

    def _resolved(self, address: str) -> str:
        handler, before = self._handler, self._handler.baseuri
        handler.baseuri = self.base
        try:
            return str(handler.resolve_uri(address))
        finally:
            handler.baseuri = before

    def _once(self, key: str, text: str, attributes: Attributes) -> None:
        if key in self.raw or attributes:
            raise OddError
        self.raw[key] = left_text(text)

    def title(self, text: str, attributes: Attributes) -> None:
        if "title" in self.raw:
            raise OddError
        self.raw["title"] = value = left_text(text)
        kind = self.kind(attributes, "text/plain")
        self.raw["title_detail"] = self._detail(kind, attributes, value)
        self.titled = bool(value)

    def other_title(self, _: str, attributes: Attributes) -> None:
        """That of a picture or a film, which is passed over where the entry has its own."""
        if not self.titled or self.kind(attributes, "text/plain") == XHTML:
            raise OddError

    def untitled(self) -> None:
        """The next title may be taken for the entry's."""
        self.titled = False

    def description(self, text: str, attributes: Attributes) -> None:
        self._summed_up(text, attributes, "text/html")

    def summary(self, text: str, attributes: Attributes) -> None:
        self._summed_up(text, attributes, "text/plain")

    def inner_description(self, text: str, attributes: Attributes) -> None:
        """That of a picture or a film within an element that holds them."""
        if not (self._has_content and "summary_detail" in self.raw):
            self.description(text, attributes)
        elif attributes or not self._handler.version.startswith("rss"):
            raise OddError

    def _summed_up(self, text: str, attributes: Attributes, default: str) -> None:
        """A second one is taken for content, unless there is some."""
        if "summary" in self.raw and not self._has_content:
            self.content(text, attributes)
            return
        self.raw["summary"] = value = left_text(text)
        kind = self.kind(attributes, default)
        self.raw["summary_detail"] = self._detail(kind, attributes, value)

    def content(self, text: str, attributes: Attributes, default: str = "text/plain") -> None:
        self._has_content = True
        value, kind = left_text(text), self.kind(attributes, default)
        self.raw.setdefault("content", []).append(self._detail(kind, attributes, value))
        self.raw.setdefault("summary", value)

    def encoded(self, text: str, attributes: Attributes) -> None:
        self.content(text, attributes, "text/html")

    def published(self, text: str, attributes: Attributes) -> None:
        self._once("published", text, attributes)

    def updated(self, text: str, attributes: Attributes) -> None:
        self._once("updated", text, attributes)

    def created(self, text: str, attributes: Attributes) -> None:
        self._once("created", text, attributes)

    def language(self, text: str, attributes: Attributes) -> None:
        self._once("language", text, attributes)

    def origin(self, text: str, attributes: Attributes) -> None:
        self._once("feedburner_origlink", text, attributes)

    def begin_author(self, attributes: Attributes) -> None:
        only(attributes)
        self.raw.setdefault("authors", []).append({})

    def author(self, text: str, _: Attributes) -> None:
        self.raw["author"] = left_text(text)
        self._sync_author_detail()

    def of_author(self, key: str, text: str) -> None:
        """His name, address of mail, or page."""
        save = self._handler._save_author.__func__  # noqa: SLF001 - the same
        save(self, key, text.strip())

    def _sync_author_detail(self, key: str = "author") -> None:
        """As feedparser tells names from addresses."""
        sync = self._handler._sync_author_detail.__func__  # noqa: SLF001 - the same
        sync(self, key)

    def _get_context(self) -> Raw:
        """What those two work on."""
        return self.raw

    def guid(self, text: str, attributes: Attributes) -> None:
        if self.raw.pop("guid", None) or any(name.lower() != "ispermalink" for name in attributes):
            raise OddError
        self.raw["guid"] = True
        self.raw["id"] = value = left_text(text)
        if "true" in (*attributes.values(), *([] if attributes else ["true"])):
            self.raw.setdefault("link", value)

    def link(self, text: str, attributes: Attributes) -> None:
        links = self.raw.setdefault("links", [])
        if attributes:
            links.append(self._reference(attributes))
            return
        if any(one["rel"] == "alternate" for one in links):
            raise OddError
        text = text.strip()
        value = left_text(self._resolved(text) if text else text)
        self.raw["link"] = value = undone(value.replace("&amp;", "&"))
        links.append({"rel": "alternate"} | ({"href": value} if value else {}))

    def _reference(self, attributes: Attributes) -> Raw:
        """A link of Atom."""
        only(attributes, *_OF_LINKS)
        if not attributes.get("href"):
            raise OddError
        rel, href = attributes.get("rel", "alternate").lower(), self._resolved(attributes["href"])
        kind = attributes.get("type", "text/html").lower()
        if rel == "alternate" and KINDS.get(kind) in ("text/html", XHTML):
            self.raw["link"] = href
        return {"rel": rel, "href": href}

    def enclosure(self, _: str, attributes: Attributes) -> None:
        given = {name.lower(): value for name, value in attributes.items()}
        href = given.get("url", given.get("uri", given.get("href")))
        link = {"rel": "enclosure"} | ({"href": href} if href else {})
        self.raw.setdefault("links", []).append(link)


def without_div(pieces: Sequence[str]) -> str:
    """Markup of Atom without the <div> that holds all of it."""
    pieces = list(pieces)
    while len(pieces) > 1 and not pieces[-1].strip():
        del pieces[-1]
    while len(pieces) > 1 and not pieces[0].strip():
        del pieces[0]
    if pieces and _is_div(pieces):
        pieces = pieces[1:-1]
    return "".join(pieces)


def _is_div(pieces: Sequence[str]) -> bool:
    if not (pieces[0] == "<div>" or pieces[0].startswith("<div ")) or pieces[-1] != "</div>":
        return False
    depth = 0
    for piece in pieces[:-1]:
        if piece.startswith("</"):
            depth -= 1
            if depth == 0:
                return False
        elif piece.startswith("<") and not piece.endswith("/>"):
            depth += 1
    return True
