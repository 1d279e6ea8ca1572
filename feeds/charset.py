"""Bytes of a document to text: which encoding it is really in.

Servers and documents declare encodings wrongly all the time, and a wrong guess is silent: Hangul
read as Latin-1 matches no name and raises no error. So the bytes have the last word: what is valid
UTF-8 with a multi-byte character in it is UTF-8 whatever it is called. Of the other candidates the
first one wins that reads the document, or all of it but a few broken characters (summaries cut in
the middle of a character are common), and gives what looks like a text. Where none does, or nothing
is declared, the bytes are judged by feeds.charset_guess; a declaration stands where that is unsure.
"""

from __future__ import annotations

import codecs
import re
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from feeds.charset_guess import guess, is_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

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
    "uk": ("cp1251", "koi8-u"),
    **dict.fromkeys(("be", "bg", "mk", "sr"), ("cp1251", "iso8859-5")),
    **dict.fromkeys(("cs", "hr", "hu", "pl", "ro", "sk", "sl"), ("cp1250", "iso8859-2")),
    "tr": ("cp1254",),
}
# What is read where the first encoding does not know all characters: Hong Kong's addition to Big5,
# and the NEC characters (①) that Windows writes in EUC-JP and ISO-2022-JP.
_WIDER = {"cp950": "big5hkscs", "euc_jp": "euc_jis_2004", "iso2022_jp": "iso2022_jp_2004"}
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
_DECLARATION = re.compile(rb"""\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']\s*([\w.:()-]{1,40})""")
_PARAMETER = re.compile(r"""charset\s*=\s*["']?\s*([\w.:()-]{1,40})""", re.IGNORECASE)
_DOCUMENT_LANGUAGE = re.compile(
    rb"""<(?:dc:)?language>\s*([A-Za-z]{2})|xml:lang=["']([A-Za-z]{2})"""
)
_ISO_2022_JP = (b"\x1b$B", b"\x1b$@")  # the escapes before Kanji (RFC 1468)
_PIECES = re.compile(rb"<?[^<]+|<")
_FOREIGN = re.compile(rb"[\x80-\xff]+")
_HEAD = 4_096  # bytes in which a document says its language
# One broken character among so many others is an accident; in a wrong encoding half are broken.
_TOLERATED = 20
# Of a piece of text between two tags, which may be short, and cut at both ends.
_TOLERATED_IN_PIECE = 4
_MIXED = 0.1  # of the bytes beyond ASCII in pieces of UTF-8: then the others are not


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
    if body.isascii():
        return _ascii(body, content_type)
    utf8 = _read(body, "utf-8")
    if _readable(utf8):
        return utf8
    return _by_pieces(body, content_type, language) or _declared(body, content_type, language)


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
    declared = _DECLARATION.match(body)
    return header[1] if header else "", declared[1].decode("ascii", "replace") if declared else ""


def _ascii(body: bytes, content_type: str) -> Decoded:
    """Nothing but ASCII, maybe of an encoding with escapes."""
    escaped = "iso2022_jp" if any(escape in body for escape in _ISO_2022_JP) else ""
    return _read(body, escaped or next(iter(_said(body, content_type)), "utf-8"))


def _declared(body: bytes, content_type: str, language: str) -> Decoded:
    """`body`, which is not UTF-8, in the first encoding that makes sense."""
    said = _said(body, content_type)
    named = [name for name in said if name not in _ACCEPT_ALL]
    spoken = _BY_LANGUAGE.get(language or _own_language(body), ())
    for read in _readings(body, (*named, *spoken)):
        if is_text(body, read.encoding):
            return read
    latin = [name for name in said if name in _ACCEPT_ALL]
    guessed = "" if latin and is_text(body, latin[0]) else guess(body, (*named, *spoken))
    fallbacks = (guessed, *named, *spoken, *latin, "cp1252")
    return next(_readings(body, fallbacks), None) or _least_broken(body, fallbacks)


def _said(body: bytes, content_type: str) -> list[str]:
    """What is declared, in the order it is believed in (RFC 7303 §3: header before declaration).

    A document that begins with an ASCII `<` is in none of the encodings in which that is another
    byte, or more of them: .NET declares UTF-16 in documents that it then writes in UTF-8.
    """
    names = filter(None, map(codec_name, labels(body, content_type)))
    return [name for name in names if b"<".decode(name, "replace") == "<"]


def _readings(body: bytes, names: Iterable[str]) -> Iterator[Decoded]:
    """`body` in each of the encodings that read it, or all of it but accidents."""
    read = (_read(body, name) for name in dict.fromkeys(filter(None, names)))
    return filter(_readable, read)


def _least_broken(body: bytes, names: Sequence[str]) -> Decoded:
    tried = (_read(body, name) for name in ("utf-8", *filter(None, names)))
    return min(tried, key=lambda decoded: decoded.unreadable)


def _by_pieces(body: bytes, content_type: str, language: str) -> Decoded | None:
    """A document of UTF-8 and another encoding, as programs write that put others' texts together.

    Each text between two tags is read by itself, those that are not UTF-8 all in one encoding. None
    if there is no UTF-8 in it.
    """
    pieces = _PIECES.findall(body)
    foreign = [place for place, piece in enumerate(pieces) if not piece.isascii()]
    read = {place: _read(pieces[place], "utf-8") for place in foreign}
    right = {place for place in foreign if _nearly(read[place])}
    sizes = {place: sum(map(len, _FOREIGN.findall(pieces[place]))) for place in foreign}
    share = sum(sizes[place] for place in right)
    if share < _MIXED * sum(sizes.values()) or share < _TOLERATED:
        return None
    others = [place for place in foreign if place not in right]
    rest = b"".join(pieces[place] for place in others)
    name = _declared(rest, content_type, language or _own_language(body)).encoding if rest else ""
    read |= {place: _read(pieces[place], name) for place in others}
    texts = (read[n].text if n in read else one.decode() for n, one in enumerate(pieces))
    unreadable = sum(one.unreadable for one in read.values())
    return Decoded(text="".join(texts), encoding="utf-8", unreadable=unreadable)


def _nearly(decoded: Decoded) -> bool:
    return decoded.unreadable * _TOLERATED_IN_PIECE < _beyond_ascii(decoded.text)


def _own_language(body: bytes) -> str:
    found = _DOCUMENT_LANGUAGE.search(body[:_HEAD])
    return (found[1] or found[2]).decode("ascii").lower() if found else ""


def _readable(decoded: Decoded) -> bool:
    broken = decoded.unreadable
    return not broken or broken * _TOLERATED < _beyond_ascii(decoded.text)


def _beyond_ascii(text: str) -> int:
    return len(text) - len(text.encode("ascii", "ignore"))


def _read(body: bytes, name: str) -> Decoded:
    for wider in filter(None, (name, _WIDER.get(name, ""))):
        with suppress(UnicodeError, ValueError):
            return Decoded(text=body.decode(wider), encoding=wider)
    text = body.decode(name, "replace")
    return Decoded(text=text, encoding=name, unreadable=text.count("\ufffd") or 1)
