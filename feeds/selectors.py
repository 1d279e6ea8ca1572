"""Where in a web page something stands: `selector`, `selector@attribute` or `@attribute`.

A selector is CSS, as browsers have it (Selectors Level 4), read by the Lexbor engine. Without one
the entry itself is meant, so that `@href` is the address of an entry that is a link.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from selectolax.lexbor import LexborHTMLParser, SelectolaxError

from feeds.tables import SettingError
from feeds.text import body_text, one_line, title_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from selectolax.lexbor import LexborNode

ITSELF = "."
_ATTRIBUTE = re.compile(r"@([A-Za-z_][\w:.-]*)$")
_NOTHING = LexborHTMLParser("<p>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule taken apart."""

    selector: str  # "" = the entry itself
    attribute: str = ""  # "" = its text

    def nodes(self, node: LexborNode) -> list[LexborNode]:
        """What the rule means within `node`, which may be meant itself."""
        return list(node.css(self.selector)) if self.selector else [node]

    def lines(self, node: LexborNode) -> Iterator[str]:
        """What stands there, each on one line."""
        for found in self.nodes(node):
            if self.attribute:
                yield one_line(found.attributes.get(self.attribute) or "")
            else:
                yield title_text(found.html or "", references=True)

    def line(self, node: LexborNode) -> str:
        """The first of them that says anything."""
        return next(filter(None, self.lines(node)), "")

    def text(self, node: LexborNode) -> str:
        """All of them together, in paragraphs."""
        if self.attribute:
            return self.line(node)
        markup = "\n".join(f"<div>{found.html or ''}</div>" for found in _outermost(self, node))
        return body_text(markup, references=True)


def _outermost(rule: Rule, node: LexborNode) -> list[LexborNode]:
    """Without what stands within another of them, which would be said twice."""
    found = rule.nodes(node)
    known = {one.mem_id for one in found}
    return [one for one in found if not any(up.mem_id in known for up in _above(one))]


def _above(node: LexborNode) -> Iterator[LexborNode]:
    parent = node.parent
    while parent is not None:
        yield parent
        parent = parent.parent


def rule_of(written: str) -> Rule:
    """A rule as it is written in a list. Raises SettingError for one that cannot be followed."""
    attribute = _ATTRIBUTE.search(written)
    selector = (written[: attribute.start()] if attribute else written).strip()
    if selector == ITSELF or (attribute and not selector):
        return Rule(selector="", attribute=attribute[1].lower() if attribute else "")
    check_selector(selector)
    return Rule(selector=selector, attribute=attribute[1].lower() if attribute else "")


def check_selector(selector: str) -> None:
    """Raise SettingError for what is no CSS selector."""
    try:
        _NOTHING.css(selector)
    except SelectolaxError:
        hint = ""
        if "::" in selector:
            hint = 'an attribute is written "a@href", and text needs no ::text'
        elif "@" in selector:
            hint = "one @attribute, at the very end"
        rule = 'must be a CSS selector such as "ul.news li", without a comma at its end'
        raise SettingError(rule, hint) from None
