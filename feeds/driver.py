"""The XML parser that drives feedparser's handler, or others than it for a while."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from xml.sax import SAXNotSupportedException
from xml.sax.expatreader import ExpatParser
from xml.sax.handler import LexicalHandler, property_lexical_handler

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def driver(handler: Any) -> Driver:
    """One that calls `handler`, of SAX with namespaces."""
    parser = Driver(namespaceHandling=True)  # it is given no declarations
    parser.setProperty(property_lexical_handler, _NoDoctype())
    parser.setContentHandler(handler)
    parser.setErrorHandler(handler)
    return parser


class Driver(ExpatParser):
    """Hands on what stands between two tags in one piece, not each line and each reference."""

    _parser: Any  # expat's; not in the stubs, as little as the next
    _cont_handler: Any

    def reset(self) -> None:
        self._source.setEncoding("utf-8")  # type: ignore[attr-defined] # whatever the document says
        super().reset()
        self._parser.buffer_text = True

    def hand_to(
        self,
        start: Callable[[str, Mapping[str, str]], None],
        end: Callable[[str], None],
        text: Callable[[str], None],
    ) -> None:
        """Tell these of elements and text instead of the handler."""
        self._parser.StartElementHandler = start
        self._parser.EndElementHandler = end
        self._parser.CharacterDataHandler = text

    def hand_back(self) -> None:
        """Tell the handler again."""
        self.hand_to(self.start_element_ns, self.end_element_ns, self._cont_handler.characters)

    def drop(self) -> None:
        """It has read all that it was to read: what refers to itself is undone."""
        self._parser = None


class _NoDoctype(LexicalHandler):
    """The second wall: feeds.document leaves no DOCTYPE, and none that it missed is obeyed."""

    def startDTD(self, *_: object) -> None:  # noqa: N802 - SAX's name
        raise SAXNotSupportedException("a DOCTYPE that cannot be taken apart")
