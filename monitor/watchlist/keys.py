"""When two names are the same: the keys under which they are compared."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_NOT_LETTERS = re.compile(r"[\W_]+")
_TIMES = re.compile(r"(?<=\d)\s*[×✕*]\s*(?=\d)")
_MARKS = re.compile("[\u0300-\u036f]+")  # of Latin and Cyrillic; kana keep theirs
_PARTED = re.compile("[a-zа-я]")  # scripts that part words: where a name is parted matters


def name_key(text: str) -> str:
    """A name without case, blanks, hyphens, quotes and marks: what no reader tells apart."""
    return _NOT_LETTERS.sub("", _folded(text))


def spelling_key(text: str) -> str:
    """The same, but words of Latin and Cyrillic names stay apart: Kim Chaek is not Kimchaek."""
    folded = _folded(text)
    return _NOT_LETTERS.sub(" " if _PARTED.search(folded) else "", folded).strip()


@lru_cache(maxsize=16384)  # each name is compared within its entity and between entities
def _folded(text: str) -> str:
    text = _TIMES.sub("x", text)
    if not text.isascii():
        parted = unicodedata.normalize("NFKD", text)
        text = unicodedata.normalize("NFC", _MARKS.sub("", parted))
    return text.casefold().replace("'", "").replace("’", "")
