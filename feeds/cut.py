"""A well-formed feed cut into its entries, and what stands around them: nothing of it is built.

Where they begin and end says an XML parser, which is told no more than it must be: a call from it
into Python is what costs. It also is the judge of whether the document is well-formed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn
from xml.parsers import expat

if TYPE_CHECKING:
    from collections.abc import Mapping

_ENTRY_NAMES = frozenset(("item", "entry"))
_SLASH = ord("/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """Where the entries of a document stand."""

    entries: tuple[tuple[int, int], ...]  # first byte of each, and the one behind its last
    around: str  # the elements that they stand in, with their attributes and namespaces
    ampersands: bool  # in comments and the like, where they refer to nothing


class _OddError(Exception):
    """The document is not made as feeds are."""


def cut(data: bytes) -> Cut | None:
    """The entries of `data` (UTF-8); None if there are none, or it is to be read as a whole.

    That is one that is not well-formed, or whose entries are not all next to each other in one
    element, behind all else that is in it.
    """
    knife = _Knife(data)
    try:
        knife.parser.Parse(data, True)
    except (expat.ExpatError, _OddError):
        return None
    return knife.found()


class _Knife:
    """What the XML parser calls: few things around the entries, and their ends within them."""

    def __init__(self, data: bytes) -> None:
        self.parser = expat.ParserCreate("utf-8", " ")
        self.parser.StartDoctypeDeclHandler = self._odd  # feeds.document leaves none
        self._data = data
        self._open: list[tuple[str, Mapping[str, str], list[tuple[str | None, str]]]] = []
        self._declared: list[tuple[str | None, str]] = []  # namespaces of the tag to come
        self._entry = ""  # name of the open one
        self._depth = 0  # of the entries
        self._around = ""
        self._starts: list[int] = []
        self._ends: list[int] = []
        self.parser.StartNamespaceDeclHandler = self._declare
        self.parser.CommentHandler = self._remark
        self.parser.ProcessingInstructionHandler = self._remark
        self._ampersands = False
        self._outside()

    def found(self) -> Cut | None:
        """What it cut, once all is read."""
        if not self._starts:
            return None
        return Cut(
            entries=tuple(zip(self._starts, self._ends, strict=True)),
            around=self._around,
            ampersands=self._ampersands,
        )

    def _odd(self, *_: object) -> NoReturn:
        raise _OddError

    def _outside(self) -> None:
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end

    def _inside(self) -> None:
        self.parser.StartElementHandler = None
        self.parser.EndElementHandler = self._leave

    def _remark(self, *said: str) -> None:
        self._ampersands = self._ampersands or any("&" in words for words in said)

    def _declare(self, prefix: str | None, uri: str) -> None:
        if not self._starts:
            self._declared.append((prefix, uri))

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name[name.rfind(" ") + 1 :].lower() in _ENTRY_NAMES:
            self._enter(name)
        elif self._starts:
            self._odd()
        else:
            self._open.append((name, attributes, self._declared))
            self._declared = []

    def _end(self, name: str) -> None:
        if not self._open or self._open.pop()[0] != name:
            self._odd()

    def _enter(self, name: str) -> None:
        if not self._starts:
            self._depth, self._around = len(self._open), repr(self._open)
        if not self._open or len(self._open) != self._depth:
            self._odd()
        self._starts.append(self.parser.CurrentByteIndex)
        self._entry = name
        self._inside()

    def _leave(self, name: str) -> None:
        """An entry within an entry is found out by what then stands behind the end of the first."""
        if name != self._entry:
            return
        at = self.parser.CurrentByteIndex
        if self._data[at + 1] != _SLASH:  # one tag for start and end: its end is hard to find
            self._odd()
        self._ends.append(self._data.index(b">", at) + 1)
        self._outside()
