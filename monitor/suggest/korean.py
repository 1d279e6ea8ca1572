"""Korean: what stands before the head noun in its run of Hangul, or as a word before it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from monitor.suggest.span import Span, any_of, is_generic, is_military, nouns
from monitor.tagging import korean

_HEAD: Final = re.compile(any_of(nouns("ko")))
_RUN: Final = re.compile(r"(?:[가-힣0-9]|(?<=[0-9])[.·](?=[0-9]))+\Z")
_WORD: Final = re.compile("(?<![가-힣])([가-힣]{2,8})[ \u00a0]\\Z")
_SORTS: Final = 3  # words between a place and the head noun that say what is made
_LONGEST: Final = 24  # syllables; a longer run is a sentence written without blanks
# Words that end so stand in a sentence with what follows; they are no part of a name.
_LOOSE: Final = re.compile(
    "(?:[은는이가을를의에와과만며던면째나]|에서|에서도|에도|에게|으로|부터|까지|하고|하여|되여|되어"
    "|하는|되는|있는|한|된|될|할|인|들|등|및|면서|[가-힣]{2}[로해])$"
)
# What is written on to a name from the left in a sentence without blanks.
_WRITTEN_ON: Final = re.compile(
    "(?:새로건설된|새로|현대적인|현대적으로|[가-힣]{2,6}(?:에서는|에서|에게|에는|의|를|을|는)(?=[가-힣]{3}))+"
)


def find(text: str) -> Iterator[Span]:
    """The names in a Korean text."""
    for head in _HEAD.finditer(text):
        if text.startswith("들", head.end()) or not korean.ends(text, head.end()):
            continue
        start = _start(text, head.start(), bare=head[0] in ("공장", "기업소"))
        if start is None or is_military(text, start, head.end()):
            continue
        yield Span(
            start=start,
            end=head.end(),
            name=text[start : head.end()].replace("\u00a0", " "),
            stem=re.sub(r"\s", "", text[start : head.start()]),
            kind=nouns("ko")[head[0]],
        )


def _start(text: str, place: int, *, bare: bool) -> int | None:
    """Where the name begins whose head noun begins at `place`; None where there is none."""
    run = _RUN.search(text, max(0, place - _LONGEST), place)
    start = run.start() if run else place
    written_on = _WRITTEN_ON.match(text[start:place])
    if written_on:
        start += written_on.end()
    own = text[start:place]
    if len(own) >= 2 and not is_generic(own, "ko") and not _LOOSE.search(own):
        return start
    if own and not is_generic(own, "ko"):
        return None
    if not own and bare and not _sorted(text, start):
        return None  # 평양 공장: any factory there
    return _words_before(text, start)


def _sorted(text: str, start: int) -> bool:
    """Whether the word before says what is made."""
    word = _WORD.search(text, max(0, start - 10), start)
    return word is not None and is_generic(word[1], "ko")


def _words_before(text: str, start: int) -> int | None:
    """Where the word begins that names the place: 함흥 세멘트 공장, 북창 화력발전소."""
    for _ in range(_SORTS):
        word = _WORD.search(text, max(0, start - 10), start)
        if word is None or _LOOSE.search(word[1]):
            return None
        if not is_generic(word[1], "ko"):
            return word.start()
        start = word.start()
    return None
