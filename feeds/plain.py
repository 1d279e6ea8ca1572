"""Plain entries as feedparser would read them, at a tenth of its price.

An entry is plain if it is made of a few elements that hold text, and of others that are of no
account. Anything else in it, and be it an attribute, leaves it to feedparser. What each element
comes to is taken from feedparser 6.0.14, and held to it by tests/feeds/test_plain.py and by
`python -m benchmarks.parsing`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from xml.parsers import expat
from xml.sax.saxutils import escape

from feeds.plain_entry import PlainEntry, without_div
from feeds.plain_names import (
    OF_PEOPLE,
    READ,
    XHTML,
    XML_BASE,
    XML_LANG,
    OddError,
    element_name,
    is_handled,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from feeds.namespaces import Namespaces

    Raw = dict[str, Any]
    Attributes = Mapping[str, str]

_DRAWN = {"svg": "http://www.w3.org/2000/svg", "math": "http://www.w3.org/1998/Math/MathML"}
# Of the state that feedparser is in, what has to be nothing.
_IDLE = (
    *("inentry", "incontent", "intextinput", "inimage", "inauthor", "incontributor"),
    *("inpublisher", "insource", "svgOK", "hasContent"),
)
# Elements that it has handlers for, and that give nothing to what is read of an entry.
_OF_NO_ACCOUNT = frozenset((
    *("category", "dc_subject", "media_thumbnail", "image", "rights", "dc_rights", "copyright"),
    *("itunes_explicit", "itunes_image", "itunes_block", "itunes_keywords", "itunes_subtitle"),
    *("media_credit", "media_rating", "media_keywords", "media_category", "dc_publisher"),
    "georss_point",
))  # fmt: skip
# Those that may hold others, and so may what it does not know.
_HOLDERS = frozenset(("media_content", "media_group"))
_SOURCE = frozenset((
    *("title", "id", "link", "updated", "published", "author", "contributor", "category"),
    *("rights", "subtitle", "generator"),
)) | OF_PEOPLE  # fmt: skip
_MARKED_UP = frozenset(("title", "summary", "content"))
_ACTS: dict[str, Callable[[PlainEntry, str, Attributes], None]] = {
    "title": PlainEntry.title,
    "media_title": PlainEntry.other_title,
    "dc_title": PlainEntry.other_title,
    "description": PlainEntry.description,
    "media_description": PlainEntry.description,
    "summary": PlainEntry.summary,
    "itunes_summary": PlainEntry.summary,
    "content": PlainEntry.content,
    "content_encoded": PlainEntry.encoded,
    "published": PlainEntry.published,
    "issued": PlainEntry.published,
    "pubdate": PlainEntry.published,
    "dc_date": PlainEntry.updated,
    "updated": PlainEntry.updated,
    "modified": PlainEntry.updated,
    "created": PlainEntry.created,
    "language": PlainEntry.language,
    "dc_language": PlainEntry.language,
    "feedburner_origlink": PlainEntry.origin,
    "author": PlainEntry.author,
    "dc_creator": PlainEntry.author,
    "itunes_author": PlainEntry.author,
    "guid": PlainEntry.guid,
    "id": PlainEntry.guid,
    "link": PlainEntry.link,
    "enclosure": PlainEntry.enclosure,
}
_AUTHORS = frozenset(("author", "dc_creator", "itunes_author"))
_INNER = {"media_title": PlainEntry.other_title, "media_description": PlainEntry.inner_description}
_PERSON = {"name": "name", "itunes_name": "name", "email": "email", "itunes_email": "email"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Role:
    """What an element is in an entry."""

    tag: str
    act: Callable[[PlainEntry, str, Attributes], None] | None = None  # what its text comes to
    holds: bool = False  # others of no account, too
    odd: bool = False
    people: bool = False  # names and addresses
    source: bool = False  # what is said of the feed that an entry is from


class PlainReader:
    """Reads plain entries of one document."""

    def __init__(self, head: bytes, handler: Any, namespaces: Namespaces) -> None:
        """`head` is what stands before the entries; `handler`, feedparser's, has read it."""
        self._handler = handler
        self._namespaces = namespaces
        self._roles: dict[str, _Role] = {}
        self._entry = PlainEntry(handler)
        self._plain = False
        self._depth = 0
        self._open: list[tuple[_Role, Attributes]] = []
        self._texts: list[str] = []
        self._pieces: list[str] | None = None  # of the markup of the open element
        self._usable = handler.version.startswith(("rss", "atom")) and not any(
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

    def read(self, piece: bytes, *, after: bool = False) -> Raw | None:
        """An entry, or one `after` content of its feed; None for one that is not plain."""
        if not self._usable:
            return None
        self._entry = PlainEntry(self._handler, has_content=after)
        self._plain, self._pieces = True, None
        self._open.clear()
        try:
            self._parser.Parse(piece, False)
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001 - feedparser raises whatever its own slips raise
            self._usable = self._plain = False  # nor does the XML parser go on from there
        return self._entry.raw if self._plain else None

    def _declare(self, prefix: str | None, uri: str | None) -> None:
        """A namespace that stays, as feedparser never forgets one."""
        if self._namespaces.tell(prefix, uri):
            self._plain = False
        elif prefix and uri and not self._namespaces.is_known(uri):
            self._handler.namespaces_in_use[prefix] = uri

    def _start(self, name: str, attributes: Attributes) -> None:
        self._depth += 1
        if not self._plain:
            return
        try:
            if self._pieces is not None:
                self._tagged(name, attributes)
            elif self._depth == 1:
                self._entry.begin(attributes)
            else:
                self._begin(name, attributes)
        except OddError:
            self._plain = False

    def _end(self, name: str) -> None:
        self._depth -= 1
        if not self._plain or not self._depth:
            return
        try:
            if self._pieces is not None and self._depth > len(self._open):
                self._tagged(name)
            else:
                self._done(*self._open.pop())
        except OddError:
            self._plain = False

    def _begin(self, name: str, attributes: Attributes) -> None:
        role = self._roles.get(name) or self._role(name)
        if self._open:
            role = self._within(self._open[-1][0], role)
        if role.odd:
            raise OddError
        self._open.append((role, attributes))
        self._texts.clear()
        if role.people and role.act:
            self._entry.begin_author(attributes)
        elif role.source or role.tag == "image":
            self._entry.untitled()
        elif role.tag in _MARKED_UP and self._entry.kind(attributes, "text/plain") == XHTML:
            self._pieces = []

    def _within(self, around: _Role, role: _Role) -> _Role:
        """What it is there."""
        if around.source and (role.tag in _SOURCE or role.holds):
            return around
        if around.people and role.tag in OF_PEOPLE:
            self._nothing_said()
            return _Role(tag=role.tag)
        if around.tag == "image" and role.tag == "url":
            return _Role(tag="url")
        if around.holds and role.tag in _INNER:
            return _Role(tag=role.tag, act=_INNER[role.tag])
        free = role.holds or (around.holds and not role.act and not role.people)
        if role.source or role.odd or not (around.holds or around.people) or not free:
            raise OddError
        if around.people:
            self._nothing_said()
        return role

    def _nothing_said(self) -> None:
        """An author's own text is odd beside elements."""
        if "".join(self._texts).strip():
            raise OddError

    def _done(self, role: _Role, attributes: Attributes) -> None:
        if self._pieces is not None:
            text, self._pieces = self._markup(self._pieces), None
        else:
            text = "".join(self._texts)
        around = self._open[-1][0] if self._open else None
        if around and around.people:
            if around.act and role.tag in OF_PEOPLE:
                self._entry.of_author(_PERSON.get(role.tag, "href"), text)
            elif role.holds:
                self._nothing_said()
        elif role.act:
            role.act(self._entry, text, attributes)
        self._texts.clear()

    def _tagged(self, name: str, attributes: Attributes | None = None) -> None:
        """A tag within markup; without attributes it is the end of one."""
        tag = element_name(name, self._handler)
        space, _, local = name.rpartition(" ")
        local, pieces = local.lower(), self._pieces
        if pieces is None or is_handled(tag, self._handler):
            raise OddError
        if _DRAWN.get(local) == space and attributes is not None:
            if tag != local:
                raise OddError
            attributes = {"xmlns": space, **attributes}
        pieces.append(escape("".join(self._texts)))
        self._texts.clear()
        pieces.append(f"</{local}>" if attributes is None else f"<{local}{_spelt(attributes)}>")

    def _markup(self, pieces: list[str]) -> str:
        pieces.append(escape("".join(self._texts)))
        said = [piece for piece in pieces if piece]
        return without_div(said) if self._handler.version == "atom10" else "".join(said)

    def _role(self, name: str) -> _Role:
        tag = element_name(name, self._handler)
        role = self._roles[name] = self._found(tag)
        return role

    def _found(self, tag: str) -> _Role:
        if tag in _AUTHORS:
            return _Role(tag=tag, act=_ACTS[tag], people=True)
        if tag in _ACTS:
            return _Role(tag=tag, act=_ACTS[tag])
        if tag == "contributor":
            return _Role(tag=tag, people=True)
        if tag == "source":
            return _Role(tag=tag, source=True)
        if tag in _OF_NO_ACCOUNT:
            return _Role(tag=tag)
        odd = tag not in _HOLDERS and (is_handled(tag, self._handler) or tag in READ)
        return _Role(tag=tag, odd=odd, holds=not odd)


def _spelt(attributes: Attributes) -> str:
    """Attributes as feedparser writes them into a text."""
    found: dict[str, str] = {}
    for name, value in attributes.items():
        key = {XML_LANG: "xml:lang", XML_BASE: "xml:base"}.get(name, name).lower()
        if " " in key:
            raise OddError
        found[key] = value.lower() if key in ("rel", "type") else value
    return "".join(f' {key}="{escape(value, {chr(34): "&quot;"})}"' for key, value in found.items())
