"""Bytes of a document to text: which encoding it is really in.

Servers and documents declare encodings wrongly all the time, and a wrong guess is silent: Hangul
read as Latin-1 matches no name and raises no error. So the bytes have the last word: what is valid
UTF-8 with a multi-byte character in it is UTF-8 whatever it is called, and of the other candidates
the first one wins that reads the document, or all of it but a few broken characters: summaries cut
in the middle of a character are common, and must not throw a document into the next best encoding.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# Publishers name the national standard and send the superset of Windows (WHATWG Encoding §4.2);
# Big5 as Taiwan uses it is cp950.
_SUPERSETS = {
    "euc_kr": "cp949", "ks_c_5601-1987": "cp949", "shift_jis": "cp932", "gb2312": "gb18030",
    "gbk": "gb18030", "big5": "cp950", "iso8859-1": "cp1252", "ascii": "cp1252",
    "iso8859-9": "cp1254", "iso8859-11": "cp874", "tis-620": "cp874",
}  # fmt: skip
# Labels that browsers know and Python does not.
_LABELS = {"x-sjis": "cp932", "x-gbk": "gb18030", "x-euc-jp": "euc_jp", "windows-949": "cp949",
           "windows-31j": "cp932", "x-x-big5": "cp950", "ks_c_5601-1989": "cp949",
           "windows-874": "cp874", "unicode": "utf-8", "x-cp1251": "cp1251"}  # fmt: skip
# Codecs of Python that no document is written in; some raise errors that no other codec raises.
_REFUSED = {"idna", "punycode", "unicode-escape", "raw-unicode-escape", "utf-7"}
_BY_LANGUAGE = {
    "ko": ("cp949",),
    "ja": ("euc_jp", "cp932"),
    "zh": ("gb18030", "cp950"),
    "ru": ("cp1251", "koi8-r"),
}
# Every byte string is valid in these, or nearly: being readable proves nothing, so that a server's
# default of Latin-1 does not outweigh what the document says of itself.
_ACCEPT_ALL = {"cp1252"}
_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)  # fmt: skip
# `<?` or `<x` without a byte order mark (XML 1.0 appendix F).
_UNMARKED = (
    (re.compile(rb"<\0\0\0"), "utf-32-le"), (re.compile(rb"\0\0\0<"), "utf-32-be"),
    (re.compile(rb"<\0[^\0]\0"), "utf-16-le"), (re.compile(rb"\0<\0[^\0]"), "utf-16-be"),
    (re.compile(rb"\x4c\x6f\xa7\x94"), "cp037"),
)  # fmt: skip
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']\s*([\w.:()-]{1,40})""")
_PARAMETER = re.compile(r"""charset\s*=\s*["']?\s*([\w.:()-]{1,40})""", re.IGNORECASE)
_DOCUMENT_LANGUAGE = re.compile(
    rb"""<(?:dc:)?language>\s*([A-Za-z]{2})|xml:lang=["']([A-Za-z]{2})"""
)
_HEAD = 4_096  # bytes in which a document says its language
# One broken character among so many others is an accident; in a wrong encoding half are broken.
_TOLERATED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """A document as text, with the encoding it was read in."""

    text: str
    encoding: str
    unreadable: int = 0  # bytes or sequences replaced by U+FFFD


def decode(body: bytes, *, content_type: str, override: str = "", language: str = "") -> Decoded:
    """`body` as text.

    `override` is the encoding that the feed's owner set: it is used if Python knows it. `language`
    (primary subtag) lets an undeclared document be tried in the encodings of that language.
    """
    if name := codec_name(override):
        return _read(body, name)
    for mark, name in _BOMS:
        if body.startswith(mark):
            return _read(body[len(mark) :], name)
    for pattern, name in _UNMARKED:
        if pattern.match(body):
            return _read(body, name)
    return _best(body, _candidates(body, content_type, language))


def codec_name(label: str) -> str:
    """Python's name of the encoding that publishers call `label`; "" if there is none."""
    label = label.strip().lower()
    try:
        found = codecs.lookup(_LABELS.get(label, label)).name if label else ""
        b"<".decode(found or "utf-8", "replace")  # some codecs make no text: rot13, zlib
    except (LookupError, ValueError):
        return ""
    name = _SUPERSETS.get(found, found)
    return "" if name in _REFUSED else name


def labels(body: bytes, content_type: str) -> tuple[str, str]:
    """What the header and the XML declaration call the encoding; "" where one says nothing."""
    header = _PARAMETER.search(content_type)
    declared = _DECLARED.search(body)
    return header[1] if header else "", declared[1].decode("ascii", "replace") if declared else ""


def _candidates(body: bytes, content_type: str, language: str) -> Iterator[str]:
    """Encodings in the order they are believed in (RFC 7303 §3: header before declaration)."""
    ascii_only = body.isascii()  # maybe of an encoding with escapes, as ISO-2022-JP
    if not ascii_only:
        yield "utf-8"
    said = [codec_name(label) for label in labels(body, content_type)]
    said.sort(key=lambda name: name in _ACCEPT_ALL)
    yield from filter(None, said)
    yield from _BY_LANGUAGE.get(language or _own_language(body), ())
    yield "utf-8" if ascii_only else "cp1252"


def _own_language(body: bytes) -> str:
    found = _DOCUMENT_LANGUAGE.search(body[:_HEAD])
    return (found[1] or found[2]).decode("ascii").lower() if found else ""


def _best(body: bytes, names: Iterable[str]) -> Decoded:
    tried: dict[str, Decoded] = {}
    for name in names:
        if name not in tried:
            tried[name] = _read(body, name)
            if _plausible(tried[name]):
                return tried[name]
    return min(tried.values(), key=lambda decoded: decoded.unreadable)


def _plausible(decoded: Decoded) -> bool:
    if not decoded.unreadable:
        return True
    foreign = len(decoded.text) - len(decoded.text.encode("ascii", "ignore"))
    return decoded.unreadable * _TOLERATED < foreign


def _read(body: bytes, name: str) -> Decoded:
    try:
        return Decoded(text=body.decode(name), encoding=name)
    except (UnicodeError, ValueError):
        text = body.decode(name, "replace")
        return Decoded(text=text, encoding=name, unreadable=text.count("\ufffd") or 1)
