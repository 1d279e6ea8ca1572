"""Which encoding bytes are in that nobody says, or says wrongly, by what letters they make.

charset-normalizer does the judging: it knows what letters follow each other in which scripts. What
is ours is what it is asked: the texts without their markup, which is ASCII in every encoding and
makes up most of a feed, and only encodings that feeds are written in.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_SAMPLE = 20_000  # bytes of text: some 10,000 characters, read in a few milliseconds
# Bytes beyond ASCII below which no judgement is better than what is declared, and than Latin-1: a
# headline in Chinese has 20, a feed in English some quotation marks.
_TO_DOUBT = 40
_TO_GUESS = 20
# Of the Latin ones Western Europe's alone: letters hardly tell Portuguese from Romanian, and a feed
# that says neither its encoding nor its language is far more often of the West.
_ENCODINGS = (
    "cp949", "euc_jp", "cp932", "gb18030", "big5hkscs", "cp1251", "koi8_r", "koi8_u", "cp1253",
    "cp1255", "cp1256", "cp874", "iso8859_5", "cp866", "cp1252",
)  # fmt: skip
_PYTHON_NAMES = {"koi8_r": "koi8-r", "koi8_u": "koi8-u", "iso8859_2": "iso8859-2",
                 "iso8859_5": "iso8859-5",
                 "big5hkscs": "cp950"}  # fmt: skip
# KOI8 and Windows-1251 put large letters where the other has small ones.
_SWAPPED = {"cp1251": "koi8-r", "koi8-r": "cp1251", "koi8-u": "cp1251"}
_JAPANESE = {"euc_jp", "cp932"}
_KANA_SHARE = 0.1  # of what is beyond ASCII: Japanese has over a third, what is read wrongly none

_LATIN = {"cp1252", "cp1250", "cp1254", "iso8859-2", "iso8859-15"}
_TOGETHER = re.compile(rb"[\x80-\xff]{3,}")
_TOGETHER_SHARE = 0.2  # of all beyond ASCII: Shift_JIS, the least of the others, has over a half

_TEXT = re.compile(rb"[^<>]+")
_CYRILLIC = re.compile("[\u0410-\u044f]")
_LARGE = re.compile("[\u0410-\u042f]")
_KANA = re.compile("[\u3041-\u30ff]")
_BEYOND_ASCII = re.compile("[^\x00-\x7f]")


def is_text(body: bytes, name: str) -> bool:
    """Whether `body`, read as `name`, looks like the text of some language."""
    sample = _sample(body)
    if _beyond(sample) < _TO_DOUBT or (name in _LATIN and _is_latin(sample)):
        return True
    text = sample.decode(name, "replace")
    if _is_swapped(text):
        return False
    if name in _JAPANESE and _share(_KANA, text, _BEYOND_ASCII) > _KANA_SHARE:
        return True
    return bool(_best(sample, [name]))


def guess(body: bytes, likely: Iterable[str] = ()) -> str:
    """Python's name of the encoding that makes most sense, one of `likely` if any does; "" if none.

    `likely` are the names that were declared, and those of the feed's language.
    """
    sample = _sample(body)
    if _beyond(sample) < _TO_GUESS:
        return ""
    likely = list(likely)
    if not likely and _is_latin(sample):
        return "cp1252"
    found = (likely and _best(sample, likely)) or _best(sample, _ENCODINGS)
    if found in _SWAPPED and _is_swapped(sample.decode(found, "replace")):
        return _SWAPPED[found]
    return found


def _sample(body: bytes) -> bytes:
    texts, size = [], 0
    for found in _TEXT.finditer(body):
        if found[0].isascii():
            continue
        texts.append(found[0])
        size += len(found[0])
        if size > _SAMPLE:
            break
    return b"\n".join(texts)[: 2 * _SAMPLE]


def _best(sample: bytes, names: Iterable[str]) -> str:
    # Few feeds are not in UTF-8, and it takes a tenth of a second to load.
    from charset_normalizer import from_bytes  # noqa: PLC0415

    found = from_bytes(sample, cp_isolation=list(names), preemptive_behaviour=False).best()
    return _PYTHON_NAMES.get(found.encoding, found.encoding) if found else ""


def _is_latin(sample: bytes) -> bool:
    """Whether accented letters stand alone or in twos, as in all languages of the West.

    Spares the asking, which takes 40 ms for a page of German.
    """
    together = sum(map(len, _TOGETHER.findall(sample)))
    return together < _TOGETHER_SHARE * _beyond(sample)


def _is_swapped(text: str) -> bool:
    """Whether a Cyrillic text has more large letters than small ones."""
    return _share(_LARGE, text, _CYRILLIC) > 0.5


def _share(some: re.Pattern[str], text: str, of: re.Pattern[str]) -> float:
    whole = len(of.findall(text))
    return len(some.findall(text)) / whole if whole else 0.0


def _beyond(sample: bytes) -> int:
    return len(sample) - len(sample.decode("ascii", "ignore"))
