"""Plain entries of RSS as feedparser would read them, at a tenth of its price.

An entry is plain if it is made of a few elements that hold text, each once, and of others that are
of no account. Anything else in it, and be it an attribute, leaves it to feedparser. What each
element comes to is taken from feedparser 6.0.14, and held to it by tests/feeds/test_plain.py and
by `python -m benchmarks.parsing`.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from xml.parsers import expat

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Raw = dict[str, Any]
    Act = Callable[[str, Mapping[str, str]], None]

_C1 = re.compile("[\x80-\x9f]")
_REFERENCE = re.compile("&([A-Za-z0-9_]+);")
_OF_LINKS = frozenset(("rel", "href", "type", "title", "length", "hreflang"))
_RDF_ABOUT = "http://www.w3.org/1999/02/22-rdf-syntax-ns# about"
# Of the state that feedparser is in, what has to be nothing.
_IDLE = (
    *("inentry", "incontent", "intextinput", "inimage", "inauthor", "incontributor"),
    *("inpublisher", "insource", "svgOK", "hasContent"),
)
# Elements that it has handlers for, and that give nothing to what is read of an entry.
_OF_NO_ACCOUNT = frozenset((
    *("category", "dc_subject", "media_content", "media_thumbnail", "source", "image"),
    *("itunes_explicit", "itunes_image", "itunes_block", "itunes_keywords", "itunes_subtitle"),
    *("media_credit", "media_rating", "media_keywords", "media_group", "dc_publisher"),
))  # fmt: skip
# Of them those that may hold others, and so may what it does not know.
_HOLDERS = frozenset(("media_content", "media_group"))
# Keys of an entry that are read: an element that feedparser does not know is kept under its name.
READ = frozenset((
    *("id", "guid", "link", "links", "title", "title_detail", "summary", "summary_detail"),
    *("content", "author", "authors", "author_detail", "published", "created", "updated"),
    *("language", "feedburner_origlink", "date", "modified", "issued", "description", "tags"),
    *("description_detail", "url", "href", "image", "textinput", "item", "items", "entry"),
    *("contributors", "publisher_detail"),
))  # fmt: skip


class OddError(Exception):
    """It has to be left to feedparser."""


def left_text(text: str) -> str:
    """As feedparser leaves a text: UTF-8 that was taken for Latin-1 is mended.

    Raises OddError for slips of Windows-1252.
    """
    text = text.strip()
    if text.isascii():
        return text
    with suppress(UnicodeError):
        text = text.encode("iso-8859-1").decode("utf-8")
    if _C1.search(text):
        raise OddError
    return text


def undone(address: str) -> str:
    """An address in which a parser took fields for references (`?a=1&b;=2`)."""
    return _REFERENCE.sub(r"&\g<1>", address)


class PlainReader:
    """Reads plain entries of one document."""

    def __init__(self, head: bytes, handler: Any) -> None:
        """`head` is what stands before the entries; `handler`, feedparser's, has read it."""
        self._handler = handler
        self._language = handler.lang.replace("_", "-") if handler.lang else handler.lang
        self._acts: dict[str, Act] = {}
        self._raw: Raw = {}
        self._plain = False
        self._depth = 0
        self._act: Act | None = None
        self._attributes: Mapping[str, str] = {}
        self._texts: list[str] = []
        self._usable = handler.version.startswith("rss") and not any(
            getattr(handler, name) for name in _IDLE
        )
        self._parser = expat.ParserCreate("utf-8", " ")
        self._parser.buffer_text = True
        if self._usable:
            self._parser.Parse(head, False)
            self._parser.StartElementHandler = self._start
            self._parser.EndElementHandler = self._end
            self._parser.CharacterDataHandler = self._texts.append
            self._parser.StartNamespaceDeclHandler = self._declare

    def read(self, piece: bytes) -> Raw | None:
        """An entry; None for one that is not plain."""
        if not self._usable:
            return None
        self._raw, self._plain = {}, True
        try:
            self._parser.Parse(piece, False)
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001 - feedparser raises whatever its own slips raise
            self._usable = self._plain = False  # nor does the XML parser go on from there
        return self._raw if self._plain else None

    def _odd(self, *_: object) -> None:
        self._plain = False

    def _declare(self, prefix: str | None, uri: str) -> None:
        """A namespace that stays, as feedparser never forgets one, but changes nothing."""
        if not prefix:
            return
        known = self._handler._matchnamespaces  # noqa: SLF001 - it has no other name
        before = self._handler.namespaces_in_use.get(prefix, uri)
        if known.get(uri.lower()) != prefix or before.lower() not in known:
            self._plain = False

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        self._depth += 1
        if self._depth == 2:
            self._texts.clear()
            self._attributes = attributes
            self._act = self._act_for(name)
            if self._act == self._link:  # its place among the links is where it begins
                self._raw.setdefault("links", []).append({"rel": "alternate"})
        elif self._depth > 2:
            self._within(name)
        elif attributes:
            self._about(attributes)

    def _within(self, name: str) -> None:
        """An element in one that holds others: feedparser has the entry's title already."""
        tag = element_name(name, self._handler)
        held = tag == "media_title" and self._raw.get("title")
        if self._act != self._hold or not (held or self._act_for(name) in (_nothing, self._hold)):
            self._plain = False

    def _end(self, _: str) -> None:
        self._depth -= 1
        if self._depth == 1 and self._act and self._plain:
            self._act("".join(self._texts), self._attributes)

    def _about(self, attributes: Mapping[str, str]) -> None:
        self._raw["id"] = attributes.get(_RDF_ABOUT, "")
        renamed = self._handler.namespacemap.get("rdf", "rdf") != "rdf"
        if len(attributes) > 1 or not self._raw["id"] or renamed:
            self._plain = False

    def _act_for(self, name: str) -> Act:
        if name not in self._acts:
            self._acts[name] = self._found(element_name(name, self._handler))
        return self._acts[name]

    def _found(self, tag: str) -> Act:
        if tag in _HOLDERS:
            return self._hold
        if tag in _OF_NO_ACCOUNT:
            return _nothing
        if tag in _ACTS:
            return getattr(self, _ACTS[tag])  # type: ignore[no-any-return] # one of those below
        handled = any(hasattr(self._handler, f"_{at}_{tag}") for at in ("start", "end"))
        return self._odd if handled or tag in READ else self._hold

    def _hold(self, *_: object) -> None:
        """What may hold others is of no account."""

    def _text(self, text: str) -> str:
        try:
            return left_text(text)
        except OddError:
            self._plain = False
            return ""

    def _once(self, key: str, text: str, attributes: Mapping[str, str]) -> str:
        if key in self._raw or attributes:
            self._plain = False
        self._raw[key] = found = self._text(text)
        return found

    def _detail(self, kind: str, value: str) -> Raw:
        return {"type": kind, "language": self._language, "value": value}

    def _title(self, text: str, attributes: Mapping[str, str]) -> None:
        value = self._once("title", text, attributes)
        self._raw["title_detail"] = self._detail("text/plain", value)

    def _description(self, text: str, attributes: Mapping[str, str]) -> None:
        if "summary" in self._raw and "content" not in self._raw:
            self._plain = False
        self._raw.pop("summary", None)  # a copy of the content
        value = self._once("summary", text, attributes)
        if "summary_detail" in self._raw:
            self._plain = False
        self._raw["summary_detail"] = self._detail("text/html", value)

    def _content(self, text: str, attributes: Mapping[str, str]) -> None:
        value = self._once("content", text, attributes)
        self._raw["content"] = [self._detail("text/html", value)]
        self._raw.setdefault("summary", value)

    def _published(self, text: str, attributes: Mapping[str, str]) -> None:
        self._once("published", text, attributes)

    def _updated(self, text: str, attributes: Mapping[str, str]) -> None:
        self._once("updated", text, attributes)

    def _said_language(self, text: str, attributes: Mapping[str, str]) -> None:
        self._once("language", text, attributes)

    def _origin(self, text: str, attributes: Mapping[str, str]) -> None:
        self._once("feedburner_origlink", text, attributes)

    def _author(self, text: str, attributes: Mapping[str, str]) -> None:
        if attributes:
            self._plain = False
        self._raw["author"] = self._text(text)
        self._raw.setdefault("authors", []).append({})
        self._handler._sync_author_detail.__func__(_Entry(self._raw))  # noqa: SLF001 - the same

    def _guid(self, text: str, attributes: Mapping[str, str]) -> None:
        if self._raw.pop("guid", None) or any(name.lower() != "ispermalink" for name in attributes):
            self._plain = False
        self._raw["guid"] = True
        self._raw["id"] = value = self._text(text)
        if "true" in (*attributes.values(), *([] if attributes else ["true"])):
            self._raw.setdefault("link", value)

    def _link(self, text: str, attributes: Mapping[str, str]) -> None:
        links = self._raw["links"]
        if attributes:
            self._reference(links[-1], attributes)
            return
        if sum(one["rel"] == "alternate" for one in links) > 1:
            self._plain = False
        text = text.strip()
        value = self._text(self._handler.resolve_uri(text) if text else text)
        self._raw["link"] = value = undone(value.replace("&amp;", "&"))
        if value:
            links[-1]["href"] = value

    def _reference(self, link: Raw, attributes: Mapping[str, str]) -> None:
        """A link of Atom to something else than the article."""
        link |= {"rel": attributes.get("rel", "").lower()}
        if not link["rel"] or link["rel"] == "alternate" or attributes.keys() - _OF_LINKS:
            self._plain = False
        if "href" in attributes:
            link["href"] = self._handler.resolve_uri(attributes["href"])

    def _enclosure(self, _: str, attributes: Mapping[str, str]) -> None:
        given = {name.lower(): value for name, value in attributes.items()}
        href = given.get("url", given.get("uri", given.get("href")))
        link = {"rel": "enclosure"} | ({"href": href} if href else {})
        self._raw.setdefault("links", []).append(link)


_ACTS = {
    "title": "_title",
    "description": "_description",
    "content_encoded": "_content",
    "pubdate": "_published",
    "dc_date": "_updated",
    "updated": "_updated",
    "language": "_said_language",
    "dc_language": "_said_language",
    "feedburner_origlink": "_origin",
    "author": "_author",
    "dc_creator": "_author",
    "itunes_author": "_author",
    "guid": "_guid",
    "link": "_link",
    "enclosure": "_enclosure",
}


class _Entry:
    """What feedparser's own way to tell names from addresses works on."""

    def __init__(self, raw: Raw) -> None:
        self._raw = raw

    def _get_context(self) -> Raw:
        return self._raw


def _nothing(*_: object) -> None:
    pass


def element_name(name: str, handler: Any) -> str:
    """The name that feedparser goes by for an element: "namespace name", with its prefix or not."""
    parts = name.split(" ")
    namespace, local = parts[:2] if len(parts) > 1 else ("", name)
    lower = namespace.lower()
    if "backend.userland.com/rss" in lower:
        return "item"  # leave it to feedparser
    prefix = handler._matchnamespaces.get(lower)  # noqa: SLF001 - it has no other name
    if not prefix and namespace:
        known = handler.namespaces_in_use.items()
        prefix = next((name for name, uri in known if name and uri == namespace), "")
    prefix = handler.namespacemap.get((prefix or "").lower(), (prefix or "").lower())
    return f"{prefix}_{local.lower()}" if prefix else local.lower()
