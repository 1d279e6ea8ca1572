"""The words round a name that decide: cues, foreign places, neighbours, look-alikes.

All of them are found in one more pass, made only over a text in which a name was found.
Latin words are whole words (plural and possessive allowed), Cyrillic ones take any case ending,
Hangul, Han and kana are found anywhere. A trailing `*` allows any ending, `#` stands for digits.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final

import daachorse

from monitor.tagging.inflection import ENDING, stem, trigger
from monitor.tagging.shadow import DROPPED, Shadow, fold, squeeze

_SIGNS: Final = f"[{re.escape(DROPPED)}]*"
_BLANK: Final = f"[{re.escape(DROPPED)}]+"
_NOT_LETTER_BEFORE: Final = "(?<![a-zа-я])"
_NOT_DIGIT_BEFORE: Final = "(?<![0-9])(?<![0-9][.,])"
_PLURAL: Final = "(?:'?s)?(?![a-zа-я])"
_TOKEN: Final = re.compile(rf"#|\*|{_BLANK}|[^#*{re.escape(DROPPED)}]+")
_CYRILLIC: Final = re.compile("[а-я]+")
_VARIABLE: Final = re.compile("[#*]")
_REACH: Final = 48  # characters round the fixed part of a word that begins with another
_CACHE: Final = 65536

Places = list[tuple[int, int]]


class Words:
    """Finds listed words in a text."""

    def __init__(self, words: Iterable[str]) -> None:
        by_pattern: dict[bytes, list[str]] = defaultdict(list)
        for word in dict.fromkeys(words):
            pattern = squeeze(fixed_part(word))
            if pattern:
                by_pattern[pattern].append(word)
        self._words = list(by_pattern.values())
        self._automaton = daachorse.DoubleArrayAhoCorasick(list(by_pattern)) if by_pattern else None

    def hints(self, shadow: Shadow) -> set[str]:
        """The words whose fixed part stands anywhere: a quick look, for what may be found."""
        if self._automaton is None:
            return set()
        met = {pattern for _, _, pattern in self._automaton.find_overlapping(shadow.squeezed)}
        return {word for pattern in met for word in self._words[pattern]}

    def find(self, shadow: Shadow) -> Mapping[str, Places]:
        """Where each word stands in the folded text, in order."""
        found: dict[str, Places] = defaultdict(list)
        if self._automaton is None:
            return found
        raw = self._automaton.find_overlapping(shadow.squeezed)
        places = shadow.unsqueeze(start for start, _, _ in raw)
        for start, _, pattern in raw:
            for word in self._words[pattern]:
                span = _at(word, shadow.folded, places[start])
                if span:
                    found[word].append(span)
        return {word: sorted(set(spans)) for word, spans in found.items()}


def fixed_part(word: str) -> str:
    """The longest part of a word that never varies: what the automaton looks for."""
    pieces = (fold(piece).strip() for piece in _VARIABLE.split(word))
    return max((trigger(piece, piece) for piece in pieces), key=len)


def _at(word: str, folded: str, place: int) -> tuple[int, int] | None:
    """Where the word stands, if its fixed part at `place` belongs to one."""
    wanted = _pattern(word)
    if _leads(word):
        match = wanted.match(folded, place)
        return match.span() if match else None
    around = wanted.finditer(folded, max(0, place - _REACH), place + _REACH)
    return next((m.span() for m in around if m.start() <= place < m.end()), None)


@lru_cache(maxsize=_CACHE)
def _leads(word: str) -> bool:
    """Whether a word begins with its fixed part."""
    return squeeze(fold(word)).startswith(squeeze(fixed_part(word)))


@lru_cache(maxsize=_CACHE)
def _pattern(word: str) -> re.Pattern[str]:
    folded = fold(word).strip()
    body = "".join(_spell(piece) for piece in _TOKEN.findall(folded))
    return re.compile(_left(folded) + body + _right(folded))


def _spell(piece: str) -> str:
    if piece == "#":
        return f"{_SIGNS}[0-9]+"
    if piece == "*":
        return "[a-zа-я]*"
    if not piece.strip(DROPPED):
        return _SIGNS
    if _CYRILLIC.fullmatch(piece):
        return re.escape(stem(piece)) + ENDING
    if piece.isascii():
        return re.escape(piece)
    return _SIGNS.join(map(re.escape, piece))


def _left(folded: str) -> str:
    if folded[0] == "#":
        return _NOT_DIGIT_BEFORE
    if folded[0].isascii() or _CYRILLIC.match(folded):
        return _NOT_DIGIT_BEFORE if folded[0].isdigit() else _NOT_LETTER_BEFORE
    return ""


def _right(folded: str) -> str:
    if folded[-1] in "#*":
        return ""
    if folded[-1].isdigit():
        return "(?![0-9])"
    if folded[-1].isascii():
        return _PLURAL
    return "(?![а-я])" if _CYRILLIC.match(folded[-1]) else ""
