"""Of a document that was cut, feedparser gets the head, and the entries that are not known.

What it makes of an entry depends on the entry's bytes, and on what it carries along from what it
has read before. So an entry is known by a digest of both, and is only passed over if reading it
changes nothing of what is carried along: then all others come out as if it had been read. Where an
entry does change that, the document is read as a whole.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from feeds.namespaces import Namespaces
from feeds.plain import PlainReader
from feeds.plain_names import OddError, is_telling

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from feeds.cut import Cut

GARBLED = "~"  # at the end of the digest of an entry that is, since those are counted
_KEYS = (b"", b"content")
_DIGEST = 16  # bytes: nobody finds two entries with the same one

# What feedparser gathers, what it sets anew at each entry, and what `_carried` looks into.
_LEFT_OUT = frozenset({
    *("feeddata", "entries", "property_depth_map", "can_be_relative_uri"),
    *("guidislink", "title_depth"),
    *("elementstack", "namespacemap", "namespaces_in_use"),
})  # fmt: skip
# Elements that may be open around entries: rdf:RDF is, as it is none of those it knows; and so is a
# second summary of the feed, which it takes for content, and opens twice.
_AROUND: tuple[list[str], ...] = ([], ["rdf_rdf"], ["content"], ["rdf_rdf", "content"])


class Reader(Protocol):
    """The XML parser that drives the handler."""

    def feed(self, data: bytes) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An entry of the document."""

    raw: dict[str, Any] | None  # what feedparser made of it; None: it is known, and was not read
    source: str = ""  # what it is known by; "" = nothing


def read_unknown(
    data: bytes, cut: Cut, handler: Any, reader: Reader, known: Collection[str], context: object
) -> list[Place]:
    """Have `handler`, which has read the head of `data`, read the entries that are not `known`.

    `context` is what an entry is converted with; its repr() has to say all of it.

    Raises:
        OddError: read it as a whole, with another handler.
        SAXException: the same.
    """
    namespaces = Namespaces(data, handler)
    watch = _Watch(handler, namespaces)
    head = data[: cut.entries[0][0]]
    keys = watch.begin((cut.around, context))
    plain: PlainReader | None = None
    places = []
    for at, (start, end) in enumerate(cut.entries):
        piece, after = data[start:end], watch.after_content and not at
        source = digest(piece, keys[after], known)
        raw = None
        if source not in known:
            plain = plain or PlainReader(head, handler, namespaces)
            raw = plain.read(piece, after=after) or watch.read(piece, reader, after=after)
        places.append(Place(source=source, raw=raw))
    return places


def digest(piece: bytes, key: bytes, known: Collection[str]) -> str:
    """What an entry is known by, marked if one that is known is."""
    source = hashlib.blake2b(piece, key=key, digest_size=_DIGEST).hexdigest()
    return source + GARBLED if source + GARBLED in known else source


class _Watch:
    """Sees to it that what is fed is one entry for feedparser too, and leaves no trace."""

    def __init__(self, handler: Any, namespaces: Namespaces) -> None:
        self._handler = handler
        self._namespaces = namespaces
        self._before: dict[str, object] = {}
        self._base = 0  # open elements around an entry, as feedparser counts them
        self._own: object = None  # the one of the entry itself
        self._ended = 0
        self.after_content = False  # the first entry: for feedparser it has some already
        for name in ("item", "entry"):
            setattr(handler, f"_start_{name}", self._started(getattr(handler, f"_start_{name}")))
            setattr(handler, f"_end_{name}", self._ending(getattr(handler, f"_end_{name}")))
        handler.startPrefixMapping = self._declaring(handler.startPrefixMapping)

    def begin(self, context: object) -> tuple[bytes, bytes]:
        """The head is read. Returns the keys of digests: of an entry, and of one after content."""
        handler = self._handler
        self.after_content, handler.hasContent = bool(handler.hasContent), 0
        self._base = len(handler.elementstack)
        self._before = _carried(handler, self._base)
        around = [element[0] for element in handler.elementstack]
        if not handler.version or handler.entries or around not in _AROUND:
            raise OddError
        said = repr((self._before, handler.namespacemap, handler.namespaces_in_use, context))
        said_in = said.encode("utf-8", "backslashreplace")
        plain, after = (hashlib.blake2b(said_in, digest_size=32, person=who) for who in _KEYS)
        return plain.digest(), after.digest()

    def read(self, piece: bytes, reader: Reader, *, after: bool) -> dict[str, Any]:
        """What feedparser makes of an entry."""
        handler = self._handler
        handler.hasContent = int(after)
        count, ended = len(handler.entries), self._ended
        reader.feed(piece)
        if len(handler.entries) != count + 1 or self._ended != ended + 1:
            raise OddError
        # It opens <content> of Atom twice, and so leaves open what it never looks at again.
        del handler.elementstack[self._base :]
        if self._now() != self._before:
            raise OddError
        found: dict[str, Any] = handler.entries[-1]
        return found

    def _now(self) -> dict[str, object]:
        """What is carried along, without the namespaces of entries that mean nothing to others."""
        found = _carried(self._handler, self._base)
        unknown: Any = found["unknown"]
        found["unknown"] = [one for one in unknown if not self._namespaces.is_passed(*one)]
        return found

    def _declaring(
        self, declare: Callable[[str | None, str | None], None]
    ) -> Callable[[str | None, str | None], None]:
        def declaring(prefix: str | None, uri: str | None) -> None:
            if uri and not self._namespaces.is_known(uri) and self._namespaces.tell(prefix, uri):
                raise OddError
            declare(prefix, uri)

        return declaring

    def _started(self, start: Callable[[Any], None]) -> Callable[[Any], None]:
        def started(attributes: Any) -> None:
            start(attributes)
            self._own = self._handler.elementstack[self._base]

        return started

    def _ending(self, end: Callable[[], None]) -> Callable[[], None]:
        def ending() -> None:
            stack = self._handler.elementstack
            if len(stack) <= self._base or stack[self._base] is not self._own:
                raise OddError  # it looked at what is open around the entry
            self._ended += 1
            end()

        return ending


def _carried(handler: Any, base: int) -> dict[str, object]:
    """What feedparser takes along to the next element, besides what it has gathered.

    Of namespaces it forgets none. One that it knows, under a name that means nothing to it, or the
    one that it has for it, changes nothing for the elements behind it; for others see `_Watch`.
    """
    known = handler._matchnamespaces  # noqa: SLF001 - it has no other name
    found: dict[str, object] = {
        name: _still(value)
        for name, value in vars(handler).items()
        if name not in _LEFT_OUT and not callable(value)
    }
    found["elements"] = [element[0] for element in handler.elementstack[:base]]
    found["renamed"] = [
        (p, n) for p, n in handler.namespacemap.items() if p and p != n and is_telling(p, handler)
    ]
    found["unknown"] = [
        (p, uri) for p, uri in handler.namespaces_in_use.items() if p and uri.lower() not in known
    ]
    found["language"] = dict.get(handler.feeddata, "language")
    for name in ("image", "textinput"):  # what such an element of an entry holds may go there
        found[name] = sorted(dict.get(handler.feeddata, name) or ())
        found[f"has {name}"] = name in handler.feeddata
    return found


def _still(value: object) -> object:
    """As it is now, whatever becomes of it."""
    if isinstance(value, dict):
        return dict(value)
    return tuple(value) if isinstance(value, list) else value
