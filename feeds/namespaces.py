"""Namespaces that entries declare, and whether feedparser then reads another entry otherwise.

It never forgets a declaration. One that it knows, under a name that means nothing to it, or the one
that it has for it, changes nothing for the elements behind it. Neither does one that it does not
know, if all the document calls it by one name, and nothing else by that: elements get a prefix by
what was declared for their namespace first, wherever that was.
"""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cached_property
from typing import TYPE_CHECKING, Any

from feeds.plain_names import is_telling

if TYPE_CHECKING:
    from collections.abc import Mapping

_XLINK = "http://www.w3.org/1999/xlink"
_USERLAND = "backend.userland.com/rss"  # feedparser takes all of them for one
# One within what looks like another is found as well.
_DECLARED = re.compile(rb"""\bxmlns(?=(?::([^\s=:]*))?\s*=\s*(?:"([^"<]*)"|'([^'<]*)'))""")


class Namespaces:
    """Those of one document, of which `handler`, feedparser's, has read the head."""

    def __init__(self, data: bytes, handler: Any) -> None:
        self._data = data
        self._handler = handler
        self._known: Mapping[str, str] = handler._matchnamespaces  # noqa: SLF001 - no other name
        self._free: dict[tuple[str, str], bool] = {}

    def tell(self, prefix: str | None, uri: str | None) -> bool:
        """Whether what an entry declares may bear on another.

        No `prefix`: it is the default. No `uri`: there is none from here on.
        """
        if not uri:
            return False
        if not self.is_known(uri):
            return not self._is_free(prefix or "", uri)
        if not prefix:
            return False
        before = self._handler.namespaces_in_use.get(prefix, uri)
        own = self._known.get(uri.lower()) == prefix and before.lower() in self._known
        free = uri.lower() in self._known and not is_telling(prefix, self._handler)
        return uri == _XLINK or not (own or free)

    def is_known(self, uri: str) -> bool:
        """Whether feedparser has a name for it."""
        return uri.lower() in self._known or _USERLAND in uri.lower()

    def is_passed(self, prefix: str, uri: str) -> bool:
        """Whether it was declared at an entry, and tells nothing."""
        return self._free.get((prefix, uri), False)

    def _is_free(self, prefix: str, uri: str) -> bool:
        if self._handler.namespaces_in_use.get(prefix) == uri:
            return True  # it is so already
        if (prefix, uri) not in self._free:
            self._free[prefix, uri] = self._means_nothing(prefix, uri)
        return self._free[prefix, uri]

    def _means_nothing(self, prefix: str, uri: str) -> bool:
        name, (named, spaces) = prefix.lower(), self._declared
        if not name:
            return named.get(uri, set()) <= {""}
        alone = named.get(uri) == {name} and spaces.get(name) == {uri}
        return alone and not is_telling(prefix, self._handler)

    @cached_property
    def _declared(self) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
        """The names of each namespace of the document, and the namespaces of each name.

        Maybe more than it declares, as it may speak of some.
        """
        named, spaces = defaultdict(set), defaultdict(set)
        for name, double, single in _DECLARED.findall(self._data):
            prefix, uri = name.decode().lower(), (double or single).decode()
            named[uri].add(prefix)
            spaces[prefix].add(uri)
        return dict(named), dict(spaces)
