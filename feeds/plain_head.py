"""What stands before the entries of a feed, most of it without feedparser.

Of a head little is kept: its title, link, language and how often to come. feedparser is shown what
else may bear on what it makes of an entry, and what is odd. The rest is passed over, and the little
that is kept is put where feedparser would have put it: what it is left with is the same, which
tests/feeds/test_plain_head.py holds to it, and so is all that it reads behind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from feeds.plain_names import (
    OF_PEOPLE,
    READ,
    OddError,
    element_name,
    is_handled,
    left_text,
    undone,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from feeds.driver import Driver

    Attributes = Mapping[str, str]

_AROUND = frozenset(("rss", "rdf_rdf", "channel", "feed"))  # elements that hold all the others
_TOLD = frozenset(("skiphours", "skipdays"))  # hold what feeds.parse asks feedparser for
# Texts that are kept under the name of their element.
_NAMED = frozenset(("ttl", "sy_updateperiod", "sy_updatefrequency"))
_MARKUP = {None: "text/plain", "text": "text/plain", "html": "text/html"}
# Elements that it has handlers for, and that leave nothing behind that is read.
_OF_NO_ACCOUNT = frozenset((
    *("description", "subtitle", "tagline", "itunes_subtitle", "rights", "copyright", "dc_rights"),
    *("generator", "admin_generatoragent", "admin_errorreportsto", "cloud", "info"),
    *("feedburner_browserfriendly", "published", "updated", "modified", "issued", "pubdate"),
    *("lastbuilddate", "created", "dc_date", "category", "keywords", "dc_subject"),
    *("itunes_category", "itunes_keywords", "itunes_explicit", "itunes_block", "media_category"),
    *("media_keywords", "media_rating", "media_credit", "media_thumbnail", "webmaster"),
    *("dc_publisher", "cc_license", "creativecommons_license", "summary", "itunes_summary"),
    *("author", "managingeditor", "dc_creator", "itunes_author", "contributor", "itunes_owner"),
    "items",
))  # fmt: skip
_SUMMARIES = frozenset(("summary", "itunes_summary"))
# What of those that it has handlers for may stand within others.
_WITHIN = {
    **dict.fromkeys(("author", "managingeditor", "contributor", "itunes_owner"), OF_PEOPLE),
    "itunes_category": frozenset(("itunes_category",)),
}
_PICTURE = {
    "url": ("href",),
    "title": ("title", "title_detail"),
    "description": ("subtitle", "subtitle_detail"),
    "link": ("link",),
    "width": ("width",),
    "height": ("height",),
}  # elements of a picture: keys that feedparser keeps


def read_head(head: bytes, handler: Any, driver: Driver) -> None:
    """Leave `handler` as if it had been fed `head` by `driver`.

    Raises:
        OddError: it has to be fed all of it. This handler is spoilt.
        SAXException: the same.
    """
    reader = _HeadReader(handler, driver)
    driver.feed(b"")
    driver.hand_to(reader.start, reader.end, reader.text)
    driver.feed(head)
    driver.hand_back()
    if reader.inner:
        raise OddError


class _HeadReader:
    """What the XML parser calls."""

    def __init__(self, handler: Any, driver: Driver) -> None:
        self.inner = 0  # open elements within those that hold all
        self._handler, self._driver = handler, driver
        self._fed = False  # the open element goes to feedparser
        self._act: Callable[[str], None] | None = None  # what is done with its text
        self._texts: list[str] = []
        self._within = frozenset[str]()  # elements that may stand in it
        self._picture: dict[str, Any] | None = None
        self._titled = False  # within its title

    def start(self, name: str, attributes: Attributes) -> None:
        if self.inner:
            self._nested(name, attributes)
        else:
            tag = element_name(name, self._handler)
            if tag in _AROUND:
                self._driver.start_element_ns(name, attributes)
                return
            self._begin(tag, name, attributes)
        self.inner += 1

    def end(self, name: str) -> None:
        if not self.inner or self._fed:
            self._driver.end_element_ns(name)
        if not self.inner:
            return
        self.inner -= 1
        if self._act and self.inner == 0:
            self._act("".join(self._texts))
        if self.inner == 0:
            self._act, self._fed, self._picture = None, False, None
            self._texts.clear()

    def text(self, data: str) -> None:
        if self._fed:
            self._handler.characters(data)
        elif self._act:
            self._texts.append(data)
        elif self._titled and self._picture is not None and data.strip():
            self._handler.title_depth = self._handler.depth + 2

    def _begin(self, tag: str, name: str, attributes: Attributes) -> None:
        self._within = frozenset()
        if not (self._handler.infeed and self._passed(tag, attributes)):
            self._fed = True
            self._driver.start_element_ns(name, attributes)

    def _passed(self, tag: str, attributes: Attributes) -> bool:
        """Whether feedparser need not see it."""
        if tag in _OF_NO_ACCOUNT:
            return self._of_no_account(tag)
        if tag == "link" and attributes:
            return self._reference(attributes)
        if tag == "title":
            return self._title(attributes)
        if tag == "itunes_image":
            return self._itunes_image(attributes)
        if attributes and (tag in READ or tag in _NAMED):
            return False
        return self._kept(tag)

    def _kept(self, tag: str) -> bool:
        feed = self._handler.feeddata
        if tag in _NAMED:
            self._act = lambda text: feed.__setitem__(tag, left_text(text))
        elif tag in ("language", "dc_language"):
            self._act = lambda text: feed.__setitem__("language", left_text(text))
        elif tag == "id":
            self._act = lambda text: feed.setdefault("link", left_text(text))
        elif tag == "link":
            self._act = self._link
        elif tag == "image":
            self._picture = self._handler.feeddata.setdefault("image", {})
            self._handler.title_depth = -1
        elif is_handled(tag, self._handler) or tag in _TOLD:
            return False
        elif tag in READ:
            raise OddError
        return True

    def _of_no_account(self, tag: str) -> bool:
        """But for a second summary, which feedparser takes for content."""
        if tag in _SUMMARIES or tag == "description":
            if "summary" in self._handler.feeddata:
                return False
            if tag in _SUMMARIES:
                self._handler.feeddata["summary"] = ""
        self._within = _WITHIN.get(tag, self._within)
        return True

    def _nested(self, name: str, attributes: Attributes) -> None:
        if self._fed:
            self._driver.start_element_ns(name, attributes)
            return
        tag = element_name(name, self._handler)
        if self._picture is not None:
            self._of_picture(tag, attributes)
        elif self._act or not (
            tag in self._within or (tag not in READ and not is_handled(tag, self._handler))
        ):
            raise OddError

    def _of_picture(self, tag: str, attributes: Attributes) -> None:
        if self.inner > 1 or tag not in _PICTURE or attributes or self._picture is None:
            raise OddError
        self._picture.update(dict.fromkeys(_PICTURE[tag], ""))
        self._titled = tag == "title"
        if tag == "link":
            self._picture.setdefault("links", []).append({})

    def _title(self, attributes: Attributes) -> bool:
        """The first; feedparser knows what becomes of the next."""
        kind = attributes.get("type")
        feed = self._handler.feeddata
        if attributes.keys() - {"type"} or kind not in _MARKUP or "title" in feed:
            return False

        def done(text: str) -> None:
            feed["title"], feed["title_detail"] = left_text(text), {"type": _MARKUP[kind]}
            if feed["title"]:
                self._handler.title_depth = self._handler.depth + 1

        self._act = done
        return True

    def _itunes_image(self, attributes: Attributes) -> bool:
        if attributes.keys() - {"href"}:
            return False
        if attributes.get("href"):
            self._handler.feeddata["image"] = {"href": attributes["href"]}
        return True

    def _link(self, text: str) -> None:
        feed, text = self._handler.feeddata, text.strip()
        address = undone(left_text(self._handler.resolve_uri(text) if text else text))
        feed["link"] = address
        feed.setdefault("links", []).append({"rel": "alternate", "href": address})

    def _reference(self, attributes: Attributes) -> bool:
        """A link of Atom."""
        if attributes.keys() - {"rel", "href", "type", "title", "hreflang"}:
            return False
        if not attributes.get("href"):
            return False
        handler = self._handler
        rel, kind = attributes.get("rel", "alternate"), attributes.get("type", "text/html")
        address = handler.resolve_uri(attributes["href"])
        handler.feeddata.setdefault("links", []).append({"rel": rel.lower(), "href": address})
        kind = handler.map_content_type(kind)
        if rel.lower() == "alternate" and kind in handler.html_types:
            handler.feeddata["link"] = address
        return True
