"""An XML document made fit for the parser: what a parser trips over is taken out first.

Trips are dear: after the first one feedparser reads the whole document again with its lenient
parser, which guesses. And four kinds of character reference raise out of it altogether.
"""

from __future__ import annotations

import html.entities
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from feeds.cut import cut

if TYPE_CHECKING:
    from collections.abc import Callable

    from feeds.charset import Decoded
    from feeds.cut import Cut

ENTRY_LIMIT = 5_000  # what the parser manages within its deadline, at 1,000 entries a second

# What entities may add to a document, in characters. Publishers declare a few names for letters.
_EXPANSION_LIMIT = 1_000_000
_PREAMBLE_LIMIT = 5_000  # characters of warnings that a broken site prints before its feed

# Not a Char of XML 1.0 §2.2.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_CONTROLS = bytes(byte for byte in range(0x20) if byte not in b"\t\n\r")
_NONCHARACTERS = ("\ufffe".encode(), "\uffff".encode())
# It begins with a character of its own, by which it is found quickly.
_REFERENCE = re.compile(
    r"&(?:\#(?:[xX](?P<hex>[0-9a-fA-F]+)|(?P<decimal>[0-9]+));?"
    r"|(?!(?:amp|lt|gt|quot|apos);)(?:(?P<name>[A-Za-z_][\w.:-]{0,63});)?)"
)
_QUOTED, _UNQUOTED = "<![CDATA[", "]]>"
_NAME = re.compile(r"&([A-Za-z_][\w.:-]{0,63});")
_ENTITY = re.compile(r"""<!ENTITY\s+([\w.:-]+)\s+(?:"([^"]*)"|'([^']*)')""")
_DTD_TOKEN = re.compile(r"""<!--.*?-->|<\?.*?\?>|"[^"]*"|'[^']*'|[\[\]>]""", re.DOTALL)
# What may stand before a DOCTYPE or the first element. Comments may hold anything.
_BLANKS = r"\s+|<\?(?>.*?\?>)|<!--(?>.*?-->)"
_DOCTYPE = re.compile(rf"(?>{_BLANKS})*+(<!DOCTYPE)", re.DOTALL)
_ROOT = re.compile(
    rf"(?>{_BLANKS}|<!DOCTYPE[^>]*>)*+<([A-Za-z_][\w.:-]*)", re.DOTALL | re.IGNORECASE
)
_FEED_TAG = re.compile(r"<(?:feed|rss|rdf:RDF|channel)[\s>]", re.IGNORECASE)
_ENTRY_START = re.compile(r"<(?:[\w.-]+:)?(?:item|entry)(?=[\s/>])", re.IGNORECASE)
_ENTRY_END = re.compile(
    r"</(?:[\w.-]+:)?(?:item|entry)\s*>|<(?:[\w.-]+:)?(?:item|entry)(?:\s[^<>]*)?/>", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A document that is ready to be parsed, or why it shall not be."""

    data: bytes = b""  # UTF-8
    encoding: str = ""  # what it was published in
    is_json: bool = False
    root: str = ""  # name of the first element, in lower case
    over_limit: int = 0  # entries cut off its end
    malformed: str = ""  # what was mended; "" = nothing
    refused: str = ""
    cut: Cut | None = None  # where the entries stand in `data`, if that was asked for


class _RefusedError(Exception):
    """The document is built to break parsers. `str()` says how."""


def prepare(decoded: Decoded, entry_limit: int = ENTRY_LIMIT, *, to_cut: bool = False) -> Document:
    """Mend a document, and refuse one that is no feed at sight, or is built to break parsers.

    `to_cut`: say where its entries stand, too.
    """
    text = _from_start(decoded.text)
    if text.startswith("{"):
        data = text.encode("utf-8", "replace")
        return Document(data=data, encoding=decoded.encoding, is_json=True)
    root = _root(text)
    if root == "html" and not _FEED_TAG.search(text):
        return Document(refused="it is a web page")
    if to_cut and (sound := _sound(text, entry_limit)):
        mended = _mended(decoded, text, illegal=False, strange=False)
        return replace(sound, encoding=decoded.encoding, root=root, malformed=mended)
    legal = text if _is_legal(text) else _ILLEGAL.sub("", text)
    try:
        resolved, strange = _resolved(legal)
    except _RefusedError as refusal:
        return Document(refused=str(refusal))
    shorter, over = _within_limit(resolved, entry_limit)
    data = shorter.encode("utf-8", "replace")
    return Document(
        data=data,
        encoding=decoded.encoding,
        root=root,
        over_limit=over,
        malformed=_mended(decoded, text, illegal=len(legal) != len(text), strange=strange),
        cut=cut(data) if to_cut else None,
    )


def _mended(decoded: Decoded, text: str, *, illegal: bool, strange: bool) -> str:
    mended = {
        f"bytes that are not {decoded.encoding}": decoded.unreadable > 0,
        "characters that XML does not allow": illegal,
        "text before the XML declaration": _started_late(decoded.text, text),
        "references that XML does not know": strange,
    }
    return "; ".join(what for what, so in mended.items() if so)


def _sound(text: str, entry_limit: int) -> Document | None:
    """The document if there is nothing to be mended in it.

    The XML parser says so, and is quicker at it. It knows of no declarations, and so takes no
    reference but by number and to XML's five names, and no character that is none.
    """
    try:
        data = text.encode()
    except UnicodeEncodeError:
        return None
    pieces = cut(data)
    if not pieces or pieces.ampersands or not _surely_within(data, entry_limit):
        return None
    return Document(data=data, cut=pieces)


def _is_legal(text: str) -> bool:
    """Whether no character is one that XML does not allow; surely none if this says so.

    Asked of the bytes, which is quicker than any pattern.
    """
    try:
        data = text.encode()
    except UnicodeEncodeError:
        return False
    return len(data.translate(None, _CONTROLS)) == len(data) and not any(
        noncharacter in data for noncharacter in _NONCHARACTERS
    )


def known_references(text: str) -> str:
    """XML whose HTML names for characters and bare ampersands are written as XML knows them.

    Its DOCTYPE, if it has one, stays.
    """
    return _replaced(text, _known)


def _replaced(text: str, resolve: Callable[[re.Match[str]], str]) -> str:
    """`text` with its references resolved.

    Quoted text is no markup: what looks like a reference in it is not one for the XML parser.
    """
    if "&" not in text:
        return text
    pieces, at = [], 0
    while (start := text.find(_QUOTED, at)) >= 0:
        end = text.find(_UNQUOTED, start)
        end = end + len(_UNQUOTED) if end >= 0 else len(text)
        pieces += [_REFERENCE.sub(resolve, text[at:start]), text[start:end]]
        at = end
    return "".join((*pieces, _REFERENCE.sub(resolve, text[at:])))


def _known(found: re.Match[str]) -> str:
    if found["hex"] or found["decimal"]:
        return _legal_reference(found)
    return _html_character(found["name"]) or f"&amp;{found[0][1:]}"


def _root(text: str) -> str:
    found = _ROOT.match(text)
    return found[1].lower() if found else ""


def _started_late(published: str, text: str) -> bool:
    return text.startswith("<?xml") and not published.startswith("<?xml")


def _from_start(text: str) -> str:
    """Without the blanks, marks and server messages that stand before the document."""
    text = text.lstrip("\ufeff\0 \t\r\n")
    declaration = text.find("<?xml", 0, _PREAMBLE_LIMIT)
    if declaration <= 0 or text.startswith("{") or _FEED_TAG.search(text, 0, declaration):
        return text  # an article may well be about XML
    return text[declaration:]


def _resolved(text: str) -> tuple[str, bool]:
    """No reference left but by number and to XML's five names, and nothing declared.

    With nothing declared nothing can nest, whatever the XML parser's own limits are. HTML's names
    are resolved as feedparser's lenient parser would; an ampersand that refers to nothing stands
    for itself, where that parser makes `R&D;` of R&D. Also returns whether there was any of those.
    """
    text, declared = _without_declarations(text)
    growth, strange = 0, False

    def resolve(found: re.Match[str]) -> str:
        nonlocal growth, strange
        value = declared.get(found["name"]) if found["name"] else None
        if value is None:
            named = not (found["hex"] or found["decimal"])
            strange = strange or named
            return _known(found)
        growth += len(value)
        if growth > _EXPANSION_LIMIT:
            raise _RefusedError("its entities swell")
        return value

    return _replaced(text, resolve), strange


def _legal_reference(found: re.Match[str]) -> str:
    """The reference as it is; "" for a number that is no character's (XML 1.0 §2.2)."""
    digits = (found["hex"] or found["decimal"]).lstrip("0")
    if not 0 < len(digits) <= 7:  # beyond U+10FFFF, and maybe more digits than int() takes
        return ""
    code = int(digits, 16 if found["hex"] else 10)
    return "" if code > 0x10FFFF or _ILLEGAL.match(chr(code)) else found[0]


def _html_character(name: str) -> str:
    return "".join(f"&#{ord(char)};" for char in html.entities.html5.get(f"{name};", ""))


def _without_declarations(text: str) -> tuple[str, dict[str, str]]:
    """The document without its DOCTYPE, line for line, and the entities declared there."""
    doctype = _DOCTYPE.match(text)
    if not doctype:
        return text, {}
    opening = closing = 0
    for token in _DTD_TOKEN.finditer(text, doctype.end()):
        if token[0] == "[":
            opening = opening or token.start()
        elif token[0] == "]":
            closing = token.start()
        elif token[0] == ">" and (closing or not opening):
            lines = "\n" * text.count("\n", doctype.start(1), token.end())
            rest = text[: doctype.start(1)] + lines + text[token.end() :]
            return rest, _entities(text[opening:closing])
    return text, {}


def _entities(subset: str) -> dict[str, str]:
    """The first declaration of a name counts (XML 1.0 §4.2)."""
    declared: dict[str, str] = {}
    for name, double, single in _ENTITY.findall(subset):
        declared.setdefault(name, double or single)
    for value in declared.values():
        if any(name in declared for name in _NAME.findall(value)):
            raise _RefusedError("its entities nest")
    return declared


def _surely_within(data: bytes, limit: int) -> bool:
    """Whether there are no more than `limit` tags, or names of entries."""
    if data.count(b"<") <= limit:
        return True
    small = data.lower()
    return small.count(b"item") + small.count(b"entry") <= limit


def _within_limit(text: str, limit: int) -> tuple[str, int]:
    """At most `limit` entries and what follows the last one, so that all elements still close."""
    if _surely_within(text.encode("utf-8", "replace"), limit):
        return text, 0
    count = cut = last = 0
    for start in _ENTRY_START.finditer(text):
        count, last = count + 1, start.start()
        if count == limit + 1:
            cut = last
    if count <= limit:
        return text, 0
    end = max((found.end() for found in _ENTRY_END.finditer(text, last)), default=len(text))
    return text[:cut] + text[end:], count - limit
