"""What reading without feedparser rests on: its names of elements, and what it does to texts."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

XML_LANG = "http://www.w3.org/XML/1998/namespace lang"
XML_SPACE = "http://www.w3.org/XML/1998/namespace space"
XML_BASE = "http://www.w3.org/XML/1998/namespace base"
XHTML = "application/xhtml+xml"
KINDS = {
    **dict.fromkeys(("text", "plain", "text/plain"), "text/plain"),
    **dict.fromkeys(("html", "text/html"), "text/html"),
    **dict.fromkeys(("xhtml", XHTML), XHTML),
}  # of text, as feedparser calls them
# Keys that are read, or that it finds things under: an element that it does not know is kept under
# its name.
READ = frozenset((
    *("id", "guid", "link", "links", "title", "title_detail", "summary", "summary_detail"),
    *("content", "author", "authors", "author_detail", "published", "created", "updated"),
    *("language", "feedburner_origlink", "date", "modified", "issued", "description", "tags"),
    *("description_detail", "url", "href", "image", "textinput", "item", "items", "entry"),
    *("contributors", "publisher_detail"),
))  # fmt: skip
# What of those that it has handlers for may stand within authors and their like.
OF_PEOPLE = frozenset(("name", "uri", "url", "homepage", "email", "itunes_name", "itunes_email"))
_C1 = re.compile("[\x80-\x9f]")
# What Windows-1252 has in the place of those that it has anything for.
_MEANT = {
    code: bytes((code,)).decode("cp1252")
    for code in range(0x80, 0xA0)
    if code not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)
}
_REFERENCE = re.compile("&([A-Za-z0-9_]+);")
# Attributes that it looks at in elements that may have any: under such a name even those of
# namespaces that it does not know.
_TELLING = frozenset(("rel", "href", "type", "url", "uri", "base", "lang", "about", "lastmod"))


class OddError(Exception):
    """It has to be left to feedparser."""


def left_text(text: str) -> str:
    """As feedparser leaves a text: UTF-8 that was taken for Latin-1 is mended, and Windows-1252."""
    text = text.strip()
    if text.isascii():
        return text
    with suppress(UnicodeError):
        text = text.encode("iso-8859-1").decode("utf-8")
    return text.translate(_MEANT) if _C1.search(text) else text


def undone(address: str) -> str:
    """An address in which a parser took fields for references (`?a=1&b;=2`)."""
    return _REFERENCE.sub(r"&\g<1>", address)


def only(attributes: Mapping[str, str], *names: str) -> None:
    """Raises OddError if there are others that may mean something."""
    for name in attributes:
        if name in names:
            continue
        _, blank, local = name.partition(" ")
        if not blank or local.lower() in _TELLING:
            raise OddError


def element_name(name: str, handler: Any) -> str:
    """The name that feedparser goes by for an element: "namespace name", with its prefix or not."""
    namespace, *local = name.split(" ")
    if not local:
        return _prefixed("", name, handler)
    lower = namespace.lower()
    if "backend.userland.com/rss" in lower:
        return "item"  # leave it to feedparser
    prefix = handler._matchnamespaces.get(lower)  # noqa: SLF001 - it has no other name
    return _prefixed(prefix or _given(namespace, handler), local[0], handler)


def _given(namespace: str, handler: Any) -> str:
    """The prefix that a namespace got which feedparser has none for."""
    for prefix, uri in handler.namespaces_in_use.items():
        if uri == namespace and prefix:
            return str(prefix)
    return ""


def _prefixed(prefix: str, local: str, handler: Any) -> str:
    prefix = handler.namespacemap.get(prefix.lower(), prefix.lower())
    return f"{prefix}_{local.lower()}" if prefix else local.lower()


def is_handled(tag: str, handler: Any) -> bool:
    """Whether feedparser does anything about it but keep it."""
    return any(hasattr(handler, f"_{at}_{tag}") for at in ("start", "end"))


def is_telling(prefix: str, handler: Any) -> bool:
    """Whether feedparser ever looks a prefix up: one of its own, or one that it has kept."""
    own = handler._matchnamespaces.values()  # noqa: SLF001 - it has no other name
    return any(prefix.lower() == name.lower() for name in (*own, *handler.namespaces_in_use))
