"""Text that was spoilt before it was published: decoded in a wrong encoding, and encoded again.

No reading of the bytes can help here; what is served is valid. A name in it is found by nobody, so
it is said. Nothing is mended: what cannot be undone without doubt would be invented, and an analyst
quotes what was published.
"""

from __future__ import annotations

import re

_SAMPLE = 500  # characters of an article: a spoilt one is so from its start
_LEAST = 3  # characters beyond ASCII: ’ makes as many
# Windows-1252 where it has a character and Latin-1 where it has none, as programs read bytes.
_WINDOWS = {ord(bytes((b,)).decode("cp1252")): b for b in range(0x80, 0x100)
            if b not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)}  # fmt: skip
_HIGH = "".join(map(chr, _WINDOWS))
# Quotation marks, dashes and blanks of any text; none of the signs below is made of these alone.
_SUSPECT = re.compile("[^\x00-\x7f\u00a0\u00ab\u00b7\u00bb\u2010-\u2027]")
_BEYOND_ASCII = re.compile("[^\x00-\x7f]+")
# Quotation marks, dashes and blanks of UTF-8 as Windows-1252 shows them (’ as â€™), and é as Ã©.
_QUOTATION = re.compile('\u00e2\u20ac[\u2018-\u2122\u0153\u00a0-\u00bf\u02dc"]')
_ACCENTED = re.compile(
    "\u00c3[\u00a0-\u00bf\u2018-\u203a\u02c6\u0152\u2030\u2021\u20ac]|\u00c2[\u00a0-\u00bf]"
)
_ACCENTS = 3  # of those in a text: one may stand in an article about it
# Encodings for which UTF-8 is mistaken, and the letters that they make of it.
_EAST_ASIAN = re.compile("[\u3400-\u9fff\uac00-\ud7a3\ue000-\uf8ff\uff61-\uff9f]+")
_CYRILLIC_RUN = re.compile("[\u00a0-\u00bb\u0400-\u04ff\u2013-\u2122]+")
_MISTAKEN = ((("cp1251",), _CYRILLIC_RUN), (("cp949", "gb18030", "cp932"), _EAST_ASIAN))
_EXAMINED = 200  # characters
_UNDONE = 4  # letters that come out when it is undone
# Korean or Chinese as Latin-1: half of all is accents and signs, where no language has a fifth.
_HIGH_RUN = re.compile(f"[{re.escape(_HIGH)}]+")
_HIGH_SHARE = 0.4  # of what is no blank
_HIGH_CHARACTERS, _HIGH_KINDS = 12, 5  # and no row of dots
# KOI8-R as Windows-1251 has the other case in every letter, Korean as either has any.
_CYRILLIC = re.compile("[\u0400-\u045f]+")
_LARGE = re.compile("[\u0400-\u042f]")
_SWAPPED_WORD = re.compile("\\b[\u0430-\u045f][\u0400-\u042f]{3,}\\b")
_SWAPPED_SHARE = 0.75  # of large letters; a headline may be in them, but then in them alone
_CASE_CHANGE = re.compile("[\u0430-\u045f][\u0400-\u042f]")
_CHANGES = 4  # in a text, and one for so many letters: ГазПром is written so
_LETTERS_A_CHANGE = 12
_REPLACED = 3  # U+FFFD: a summary that was cut has one at its end
# Letters that the publisher's encoding does not have: whole words, or some letters of them.
_QUESTION_WORD = re.compile(r"(?<!\S)\?{2,}[.,!:;\"')\]]*(?!\S)")
_QUESTION_INSIDE = re.compile(r"(?<![^\s('\"])[^\W\d_]+(?:\?+[^\W\d_]+)+(?![^\s.,;:!')\"])")
_QUESTION_WORDS = 3
_QUESTION_RUN = re.compile(r"(?<![^\W\d_?])\?{6,}")  # of languages without blanks
_QUESTION_SHARE = 0.3  # of all characters
_NOTE = re.compile(r"\d+ of \d+ entries are garbled: [^;]*")


def garbled_note(garbled: int, entries: int) -> str:
    """How many of a feed's entries are so, in words: for the ledger and the feed's health."""
    return f"{garbled} of {entries} entries are garbled: spoilt before they were published"


def noted(note: str) -> str:
    """The words of `garbled_note` within a longer note; "" if they are not in it."""
    found = _NOTE.search(note)
    return found[0] if found else ""


def is_garbled(title: str, text: str) -> bool:
    """Whether a title, or an article's beginning, was read in a wrong encoding by its publisher."""
    sample = f"{title}\n{text[:_SAMPLE]}"
    if "?" in sample and _is_questions(sample):
        return True
    if sample.isascii() or not _SUSPECT.search(sample):
        return False
    beyond = " ".join(_BEYOND_ASCII.findall(sample))
    if len(beyond) < _LEAST:
        return False
    return (
        beyond.count("\ufffd") >= _REPLACED
        or _is_utf8_as_latin(sample, beyond)
        or _is_utf8_as_other(beyond)
        or _is_accents(sample, beyond)
        or _is_swapped(sample, beyond)
    )


def _is_questions(sample: str) -> bool:
    words = len(_QUESTION_WORD.findall(sample))
    if words >= _QUESTION_WORDS and 3 * words > len(sample.split()):
        return True
    if _QUESTION_RUN.search(sample) and sample.count("?") > _QUESTION_SHARE * len(sample):
        return True
    return len(_QUESTION_INSIDE.findall(sample)) >= _QUESTION_WORDS


def _is_utf8_as_latin(sample: str, beyond: str) -> bool:
    if "\u00e2\u20ac" in beyond and _QUOTATION.search(sample):
        return True
    if len(_ACCENTED.findall(beyond)) >= _ACCENTS:
        return True
    high = " ".join(_HIGH_RUN.findall(beyond))[:_EXAMINED]
    return len(high) > _UNDONE and _undone(high.translate(_WINDOWS).encode("latin-1", "replace"))


def _is_utf8_as_other(beyond: str) -> bool:
    for codecs, letters in _MISTAKEN:
        found = "".join(letters.findall(beyond))[:_EXAMINED]
        if found and any(_undone(found.encode(codec, "replace")) for codec in codecs):
            return True
    return False


def _undone(octets: bytes) -> bool:
    """Whether bytes are UTF-8 for the most part: letters of two and more bytes."""
    text = octets.decode("utf-8", "replace")
    right = sum(char > "\x7f" and char != "\ufffd" for char in text)
    return right >= _UNDONE and right > 2 * text.count("\ufffd")


def _is_accents(sample: str, beyond: str) -> bool:
    if len(beyond) < _HIGH_CHARACTERS:
        return False
    high = "".join(_HIGH_RUN.findall(beyond))
    if len(high) < _HIGH_CHARACTERS or len(set(high)) < _HIGH_KINDS:
        return False
    return len(high) > _HIGH_SHARE * len("".join(sample.split()))


def _is_swapped(sample: str, beyond: str) -> bool:
    letters = sum(map(len, _CYRILLIC.findall(beyond)))
    if letters < _CHANGES * _LETTERS_A_CHANGE:
        return False
    if len(_CASE_CHANGE.findall(sample)) >= max(_CHANGES, letters / _LETTERS_A_CHANGE):
        return True
    large = len(_LARGE.findall(beyond))
    return large > _SWAPPED_SHARE * letters and bool(_SWAPPED_WORD.search(sample))
