"""Invented sentences spoilt in the ways in which publishers spoil theirs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from itertools import pairwise

from benchmarks.invented_encodings import SENTENCES

# (written in, read as). What cannot be read there is U+FFFD, as most programs have it.
_WAYS = (
    ("utf-8", "cp1252"), ("utf-8", "latin-1"), ("utf-8", "cp1251"), ("utf-8", "cp949"),
    ("utf-8", "gb18030"), ("utf-8", "cp932"), ("cp949", "cp1252"), ("cp949", "utf-8"),
    ("gbk", "cp1252"), ("cp950", "cp1252"), ("cp932", "cp1252"), ("euc_jp", "cp1252"),
    ("cp1251", "cp1252"), ("koi8-r", "cp1252"), ("koi8-r", "cp1251"), ("cp1251", "koi8-r"),
)  # fmt: skip
_LOST = "written in ASCII"  # each other letter a question mark
# Those that hold most letters of the language: nobody keeps Korean in Windows-1251.
_OWN = {
    "ko": {"utf-8", "cp949"}, "ja": {"utf-8", "cp932", "euc_jp"}, "zh": {"utf-8", "gbk"},
    "zh-Hant": {"utf-8", "cp950"}, "ru": {"utf-8", "cp1251", "koi8-r"}, "uk": {"utf-8", "cp1251"},
}  # fmt: skip


def garbled() -> Iterator[tuple[str, str, str]]:
    """(what was done, title, text): each a sentence, with the next one as its text."""
    for language, encodings in _OWN.items():
        sentences = SENTENCES[language]
        for title, text in pairwise(sentences):
            lost = (words.encode("ascii", "replace").decode() for words in (title, text))
            yield (_LOST, *lost)
            for written, read in _WAYS:
                if written in encodings:
                    with suppress(UnicodeEncodeError):
                        yield f"{written} read as {read}", *_spoilt(written, read, title, text)


def _spoilt(written: str, read: str, *texts: str) -> tuple[str, str]:
    title, text = (words.encode(written).decode(read, "replace") for words in texts)
    return title, text
