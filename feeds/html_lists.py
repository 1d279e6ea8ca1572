"""The entries of a list page, found by selectors. Pure; the page may be anybody's."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urldefrag, urljoin

from selectolax.lexbor import LexborHTMLParser

from feeds.page_entries import Found, compact_id
from feeds.selectors import Rule, rule_of
from feeds.text import title_text
from feeds.urls import absolute_url

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

    from feeds.types import PageRules

LINK = "a@href"  # where an entry's address stands unless its rule says otherwise
_BARE = 200  # characters of text: a page that shows less, and has scripts, shows itself by them
_SCRIPT = re.compile(r"<script\b", re.IGNORECASE)
_UNSEEN = ["script", "style", "template", "noscript"]


def list_entries(text: str, rules: PageRules, url: str) -> list[Found] | str:
    """The entries of the page `text`, answered from `url`, or why there are none.

    An empty list page cannot be told from one that was redesigned: both are a reason.
    """
    tree = LexborHTMLParser(text)
    nodes = tree.css(rules.items)
    if not nodes:
        return _no_items(text, tree, rules)
    base = base_of(tree, url)
    found = [_found(node, rules, base, url) for node in nodes]
    return _nothing_in(found, rules) or found


def next_address(text: str, rules: PageRules, url: str) -> str:
    """The address of the page behind this one; "" if it names none."""
    tree = LexborHTMLParser(text)
    root = tree.root
    return _address(address_rule(rules.next), root, base_of(tree, url), url) if root else ""


def address_rule(written: str) -> Rule:
    """A rule that leads to an address: without an @attribute, that of a link is meant."""
    rule = rule_of(written)
    return rule if rule.attribute else replace(rule, attribute="href")


def base_of(tree: LexborHTMLParser, url: str) -> str:
    """What the links of a page are relative to (HTML Standard §4.2.3)."""
    base = tree.css_first("base[href]")
    try:
        return urljoin(url, (base.attributes.get("href") or "").strip() if base else "")
    except ValueError:  # an address that is none
        return url


def _found(node: LexborNode, rules: PageRules, base: str, url: str) -> Found:
    link = address_rule(rules.link or LINK)
    address = _address(link, node, base, url)
    return Found(
        url=address,
        title=rule_of(rules.title).line(node)
        if rules.title
        else _link_text(node, link, address, base),
        text=rule_of(rules.text).text(node) if rules.text else "",
        dates=tuple(rule_of(rules.date).lines(node)) if rules.date else (),
        id=compact_id(rule_of(rules.id).line(node), rules.id_match) if rules.id else "",
    )


def _address(rule: Rule, node: LexborNode, base: str, url: str) -> str:
    """The first address of another page: `#top` and the like lead back to this one."""
    for line in rule.lines(node):
        address = absolute_url(line, base)
        if address and urldefrag(address).url != urldefrag(url).url:
            return address
    return ""


def _link_text(node: LexborNode, link: Rule, address: str, base: str) -> str:
    """What the links to the article say: often a picture, and then the headline."""
    for found in link.nodes(node):
        if absolute_url(found.attributes.get(link.attribute) or "", base) != address:
            continue
        said = found.attributes.get("title") or ""
        if title := title_text(found.html or "", references=True) or title_text(
            said, references=False
        ):
            return title
    return ""


def _no_items(text: str, tree: LexborHTMLParser, rules: PageRules) -> str:
    links = len(tree.css("a[href]"))
    tree.strip_tags(_UNSEEN)
    shown = tree.body.text(deep=True) if tree.body else ""
    if _SCRIPT.search(text) and len(" ".join(shown.split())) < _BARE:
        return (
            f'nothing is at items = "{rules.items}", and the page is made by JavaScript, which is '
            'not run: look for the address that its entries come from (type = "json")'
        )
    return (
        f'nothing is at items = "{rules.items}": the page has {links} links, and may have been '
        "redesigned, or be another one (a login, a notice)"
    )


def _nothing_in(found: list[Found], rules: PageRules) -> str:
    """Which rule gives nothing in any entry: entries without address or title are none."""
    for name, written, values in (
        ("link", rules.link or LINK, [one.url for one in found]),
        ("title", rules.title or "the text of the link", [one.title for one in found]),
    ):
        if not any(values) and not (name == "link" and any(one.id for one in found)):
            return (
                f'{len(found)} places are at items = "{rules.items}", but in none of them is '
                f'anything at {name} = "{written}"; the page may have been redesigned'
            )
    return ""
