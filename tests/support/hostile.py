"""Documents made to break parsers: what feeds.workers has to survive.

Each is a function that builds the bytes, small in source and sometimes large in memory.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial

MIB = 2**20

RSS = '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>Bulletin</title>'
END = "</channel></rss>"


def rss(items: str) -> bytes:
    return (RSS + items + END).encode()


def item(number: int) -> str:
    return (
        f"<item><title>Report {number}</title><link>https://news.example/{number}</link>"
        f"<guid>report-{number}</guid><description>Text of report {number}.</description></item>"
    )


def quadratic_author() -> bytes:
    """The pattern that looks for an address in an author tries again at every letter."""
    return rss(f"<item><title>x</title><author>{'a' * 32_000}</author></item>")


def many_attributes() -> bytes:
    attributes = " ".join(f"a{n}='v'" for n in range(18_000))
    return rss(f"<item><title>x</title><description><b {attributes}>x</b></description></item>")


def broken_attributes() -> bytes:
    """Not well-formed, so that the lenient parser reads it."""
    attributes = " ".join(f"a{n}=v" for n in range(18_000))
    return rss(f"<item><title>x</title><link {attributes}/></item>")


def open_comments() -> bytes:
    return rss(f"<item><title>x</title><description>{'&lt;!--' * 33_000}</description></item>")


def bare_comments() -> bytes:
    return rss("<item><title>x</title><description>" + "<!--" * 50_000)


def many_categories() -> bytes:
    """Each is compared with all before it, by feedparser: a body is nothing for feeds.plain."""
    terms = "".join(f"<category>term {n}</category>" for n in range(18_000))
    return rss(f"<item><title>x</title><body>y</body>{terms}</item>")


def empty_items() -> bytes:
    return rss("<item/>" * 500_000 + " " * (8 * MIB - 3_500_200))


def items_with_titles() -> bytes:
    """As many entries as 8 MiB hold, every one of them worth keeping."""
    return rss("".join(item(n) for n in range(47_000)))


def long_title() -> bytes:
    """10 MB, as the fetcher cuts it at 8 MiB."""
    return rss(f"<item><title>{'x' * 10_000_000}</title></item>")[: 8 * MIB]


def nested_markup() -> bytes:
    return rss(f"<item><description><![CDATA[{'<div>' * 100_000}deep]]></description></item>")


def nested_formatting() -> bytes:
    """Each paragraph takes all open formatting elements up again."""
    open_tags = "".join(f"<b id={n}>" for n in range(4_900))
    return rss(f"<item><description><![CDATA[{open_tags}{'<p>' * 4_900}]]></description></item>")


def nested_elements() -> bytes:
    return rss(f"<item><title>x</title>{'<a>' * 250_000}")


def billion_laughs() -> bytes:
    levels = "".join(f'<!ENTITY lol{n} "{f"&lol{n - 1};" * 10}">\n' for n in range(1, 10))
    doctype = f'<!DOCTYPE rss [\n<!ENTITY lol0 "lol">\n{levels}]>'
    return (
        doctype + rss("<item><title>&lol9;</title></item>").decode().partition("?>")[2]
    ).encode()


def hidden_laughs() -> bytes:
    """The same behind a comment that looks like an element, to blind what looks for a DOCTYPE."""
    return b"<!-- <rss> -->" + billion_laughs()


def quadratic_blowup() -> bytes:
    doctype = f'<!DOCTYPE rss [<!ENTITY a "{"a" * 50_000}">]>'
    return (doctype + RSS[38:] + f"<item><title>{'&a;' * 50_000}</title></item>" + END).encode()


def spaces_in_text() -> bytes:
    return rss(f"<item><description>a{' ' * 1_000_000}b</description></item>")


def deep_json() -> bytes:
    return b'{"version": "https://jsonfeed.org/version/1.1", "items": ' + b"[" * 1_000_000


def wide_json() -> bytes:
    """Four bytes each, and many times that as objects."""
    items = b"{}," * (8 * MIB // 3 - 50)
    return b'{"version": "https://jsonfeed.org/version/1.1", "items": [' + items + b"{}]}"


def many_references() -> bytes:
    return rss(f"<item><title>{'&#0;&#xD800;&nbsp;&bogus;' * 100_000}</title></item>")


DOCUMENTS: tuple[Callable[[], bytes], ...] = (
    quadratic_author,
    many_attributes,
    broken_attributes,
    open_comments,
    bare_comments,
    many_categories,
    empty_items,
    items_with_titles,
    long_title,
    nested_markup,
    nested_formatting,
    nested_elements,
    billion_laughs,
    hidden_laughs,
    quadratic_blowup,
    spaces_in_text,
    deep_json,
    wide_json,
    many_references,
)


# ── poison: what raises out of feedparser, or is no character ────────────────────────────────────

# What stands in a title, and what is left of it.
POISON: Mapping[str, tuple[str, str]] = {
    "surrogate": ("&#xD800;", ""),
    "beyond Unicode": ("&#x110000;", ""),
    "more digits than a number may have": ("&#" + "9" * 5_000 + ";", ""),
    "zero": ("&#0;", ""),
    "raw NUL": ("\0", ""),
    "raw escape": ("\x1b]0;x\x07", "]0;x"),
}
# Elements of an entry that feedparser fails on.
STUMBLES: Mapping[str, str] = {
    "a chapter without a start": (
        '<p:chapters version="1.0" xmlns:p="http://podlove.org/simple-chapters">'
        '<p:chapter title="x"/></p:chapters>'
    ),
    "a text input in an entry": "<textinput><description>x</description></textinput>",
    "a licence in a title": (
        '<title><c:license xmlns:c="http://backend.userland.com/creativeCommonsRssModule"/></title>'
    ),
    "a namespace with blanks": '<x:y xmlns:x="one\u3000two\u3000three"/>',
}


def poisoned(bad: str, numbers: Sequence[int], *, end: str = "</item>") -> bytes:
    """An entry with `bad` in it, in the middle of good ones with these numbers."""
    items = [item(number) for number in numbers]
    items.insert(len(items) // 2, f"<item><title>bad</title>{bad}{end}")
    return rss("".join(items))


def _punycode(numbers: Sequence[int]) -> bytes:
    return poisoned("", numbers).replace(b'"utf-8"', b'"punycode"')


def _broken_utf8(numbers: Sequence[int]) -> bytes:
    """Bytes of half a character, and of a surrogate."""
    return poisoned("<category>XX</category>", numbers).replace(b"XX", b"\xed\xa0\x80\xe2\x82")


def _json_surrogates(numbers: Sequence[int]) -> bytes:
    """JSON can say what no encoding can carry."""
    items = [
        {"id": f"report-{n}", "url": f"https://news.example/{n}", "title": f"Report {n}",
         "content_text": f"Text of report {n}."} for n in numbers
    ]  # fmt: skip
    items.insert(
        len(items) // 2, {"id": "\ud800", "title": "bad \udfff\0", "content_text": "\ud83d"}
    )
    version = "https://jsonfeed.org/version/1.1"
    return json.dumps({"version": version, "title": "Bulletin", "items": items}).encode()


# Name → a document that has a poisonous entry among good ones with these numbers.
POISONED: Mapping[str, Callable[[Sequence[int]], bytes]] = {
    **{name: partial(poisoned, f"<title>{bad}</title>") for name, (bad, _) in POISON.items()},
    **{name: partial(poisoned, bad) for name, bad in STUMBLES.items()},
    **{f"{name}, not closed": partial(poisoned, bad, end="") for name, bad in STUMBLES.items()},
    "an encoding that is none": _punycode,
    "bytes that are no text": _broken_utf8,
    "surrogates in JSON": _json_surrogates,
}

# ── pages ────────────────────────────────────────────────────────────────────────────────────────

_LI = {"items": "li"}
# Name → a list page, and the rules it is read by.
LIST_PAGES: Mapping[str, tuple[Callable[[], bytes], Mapping[str, str]]] = {
    "tags within tags": (lambda: b"<div>" * 200_000, _LI),
    "a pattern that tries everything": (
        lambda: b"<li><a href='/" + b"a" * 60 + b"!'>x</a>",
        _LI | {"id": "a@href", "id_match": "(a+)+$"},
    ),
    "a million entries": (lambda: b"<li><a href=/1>x</a>" * (8 * MIB // 20), _LI),
    "siblings of siblings": (
        lambda: b"<li><a href=/1>x</a>" * 5_000,
        {"items": "li ~ li ~ li ~ li ~ b"},
    ),
    "a text of 2 MiB": (lambda: b"<li><a href=/1>" + b"x " * MIB + b"</a>", _LI),
}
GOOD_LIST_PAGE = b'<ul><li><a href="/1">Report</a></ul>'

_ARTICLE = b"<html><body><article>"
ARTICLES: Mapping[str, Callable[[], bytes]] = {
    "nested": lambda: _ARTICLE + b"<div>" * 100_000,
    "slow": lambda: _ARTICLE + b'<p><a href="http://a/b">link text here</a></p>' * 30_000,
    "large": lambda: _ARTICLE + b"<p>" + b"power station " * 500_000,
}
