"""Russian: names and words that decline, matched on stems.

A name is sought by its most telling piece (a stem, or whole words up to a stem), and the words
round it are then checked with any case ending: на Хичхонской ГЭС, Пхеньянском текстильном
комбинате имени Ким Чен Сук.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

# Adjectives and nouns in all cases, longest first; folded: й is и, ё is е.
_ENDINGS: Final = """
иями ями ами ого его ому ему ыми ими иях иям ией ое ее ая яя ои еи ии ыи ую юю ые ие ых их ым
им ом ем ою ею ах ях ам ям ов ев ьи ью ия ию а я о е у ю ы и ь
"""
_LONGEST_FIRST: Final = "|".join(sorted(set(_ENDINGS.split()), key=len, reverse=True))
ENDING: Final = f"(?:{_LONGEST_FIRST})?"
_STRIP: Final = re.compile(f"(?:{_LONGEST_FIRST})$")
_WORD: Final = re.compile(r"\d+|[^\s\d'\"`-]+")
_GAP: Final = r"[\s'\"`-]*"
_EDGE_LEFT: Final = "(?<![а-яa-z0-9])"
_EDGE_RIGHT: Final = "(?![а-яa-z0-9]|-(?:ри|ып|гун|си|до|дон|гуек)(?![а-я]))"
_SHORTEST_STEM: Final = 3
_LONG_STEM: Final = 5  # letters; a shorter one is met inside too many words
_TIMES: Final = "xх*"  # the second is Cyrillic
_ABBREVIATED: Final = {
    "имени": r"(?:имени|им\.?)",
    "им.": r"(?:имени|им\.?)",
    "улица": f"(?:улиц{ENDING}|ул\\.?)",
}


def stem(word: str) -> str:
    """The part of a folded Cyrillic word that its cases share."""
    cut = _STRIP.sub("", word)
    return cut if len(cut) >= _SHORTEST_STEM else word


def pattern(folded: str, written: str) -> re.Pattern[str]:
    """The name with any endings, bounded; blanks, dashes and quotes between words are free."""
    return re.compile(_EDGE_LEFT + _GAP.join(map(_spell, _words(folded, written))) + _EDGE_RIGHT)


def trigger(folded: str, written: str) -> str:
    """The most telling piece of a name that no ending interrupts."""
    pieces: list[tuple[bool, bool, str]] = [(False, False, "")]
    for word in _words(folded, written):
        proper, capital, piece = pieces[-1]
        if word.folded in _ABBREVIATED or word.sign:
            pieces.append((False, False, ""))
            continue
        proper = proper or (word.capital and not word.first)
        pieces[-1] = (proper, capital or word.capital, piece + word.stem)
        if word.inflects:
            pieces.append((False, False, ""))
    return max(pieces, key=_telling)[2]


def _telling(piece: tuple[bool, bool, str]) -> tuple[int, int]:
    """Proper names first; a capital at the start of a name says little, a short stem less."""
    proper, capital, text = piece
    if proper and len(text) >= _LONG_STEM:
        return 3, len(text)
    if capital and not proper and len(text) >= _LONG_STEM:
        return 2, len(text)
    return int(proper and len(text) > _SHORTEST_STEM), len(text)


class _Word(NamedTuple):
    folded: str
    capital: bool
    first: bool
    inflects: bool  # not an abbreviation in capitals, and long enough to have an ending
    sign: bool  # the times of 20×10, which is written in many ways, or lost

    @property
    def stem(self) -> str:
        return stem(self.folded) if self.inflects else self.folded


def _words(folded: str, written: str) -> list[_Word]:
    words, originals = _WORD.findall(folded), _WORD.findall(written)
    if len(originals) != len(words):
        originals = words
    return [_word(words, at, original) for at, original in enumerate(originals)]


def _word(words: list[str], at: int, original: str) -> _Word:
    word = words[at]
    return _Word(
        folded=word,
        capital=original[0].isupper(),
        first=at == 0,
        inflects=len(word) > _SHORTEST_STEM
        and "а" <= word[0] <= "я"
        and not original.isupper()
        and word not in _ABBREVIATED,
        sign=word in _TIMES and _between_numbers(words, at),
    )


def _between_numbers(words: list[str], at: int) -> bool:
    return 0 < at < len(words) - 1 and words[at - 1].isdigit() and words[at + 1].isdigit()


def _spell(word: _Word) -> str:
    if word.sign:
        return f"[{_TIMES}]?"
    if word.folded in _ABBREVIATED:
        return _ABBREVIATED[word.folded]
    return re.escape(word.stem) + (ENDING if word.inflects else "")
