"""The spellings of one listed name that folding and squeezing do not already make one.

They are made on the side of the names, where they cost the scan nothing: numbers of units, the
signs of "20×10", thousands, "&", possessives, abbreviations, and the pairs of British and American.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from monitor.tagging.shadow import fold

_MOST: Final = 64  # spellings of one name; beyond that they are not spellings any more

_NUMBER_WORDS: Final = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_HAN_NUMBERS: Final = "一二三四五六七八九"
_PAIRS: Final = (
    ("fertilizer", "fertiliser"),
    ("fibre", "fiber"),
    ("centre", "center"),
    ("honoured", "honored"),
    ("programme", "program"),
    ("modernization", "modernisation"),
    ("carbonization", "carbonisation"),
    (" and ", " & "),
)

_NO: Final = re.compile(r"\bno\.? ?(\d+)")
_ORDINAL: Final = re.compile("第([1-9一二三四五六七八九])(?![0-9一二三四五六七八九十])")
_COUNTER: Final = re.compile("([1-9一二三四五六七八九])(?=号|號|期|阶段|階段)")
_TIMES: Final = re.compile(r"(\d+) ?(?:x|\*|by|승|х) ?(\d+)")
_THOUSANDS: Final = re.compile(r"\b(\d{1,3})[ ,](\d{3})\b|\b(\d{1,2})(000)\b")
_POSSESSIVE: Final = re.compile(r"(\w)'s\b")
_MOUNT: Final = re.compile(r"\b(?:mt\.?|mount) ")
_SHORT: Final = re.compile(r"\b(st|mt|им)\.")
_YEAR: Final = re.compile(r"(?<=[\u3041-\u30ff\u3400-\u9fff])-(?=\d)")


_FACTORY: Final = re.compile("ory$")


def spellings(name: str) -> tuple[str, ...]:
    """All folded spellings of a name, the listed one first."""
    folded = fold(name).strip()
    if not _VARIES.search(folded):
        return (folded,)
    found = {folded: None}
    for vary in _VARIETIES:
        for spelling in tuple(found):
            found.update(dict.fromkeys(vary(spelling)))
        if len(found) >= _MOST:
            break
    return tuple(found)[:_MOST]


def lost_sign(name: str, spelling: str) -> bool:
    """Whether `spelling` is the folded `name` with the sign of "20×10" left out."""
    return bool(_TIMES.search(name)) and not _TIMES.search(spelling)


def _units(name: str) -> Iterator[str]:
    found = _NO.search(name)
    if not found:
        return
    number = found[1]
    words = [f"no. {number}", f"no {number}", f"number {number}"]
    if len(number) == 1 and number != "0":
        words.append(f"number {_NUMBER_WORDS[int(number) - 1]}")
    yield from (name[: found.start()] + word + name[found.end() :] for word in words)


def _han_numbers(name: str) -> Iterator[str]:
    for pattern in (_ORDINAL, _COUNTER):
        found = pattern.search(name)
        if found:
            start, end = found.span(1)
            digit = found[1]
            other = _HAN_NUMBERS[int(digit) - 1] if digit.isascii() else _digit(digit)
            yield name[:start] + other + name[end:]


def _digit(han: str) -> str:
    return str(_HAN_NUMBERS.index(han) + 1)


def _times(name: str) -> Iterator[str]:
    if _TIMES.search(name):
        for sign in (" x ", " * ", " by ", " 승 ", " х ", " "):  # the fifth is Cyrillic
            yield _TIMES.sub(rf"\1{sign}\2", name)


def _thousands(name: str) -> Iterator[str]:
    if _THOUSANDS.search(name):
        for mark in (" ", ","):
            yield _THOUSANDS.sub(partial(_marked, mark), name)


def _marked(mark: str, number: re.Match[str]) -> str:
    return mark.join(part for part in number.groups() if part)


def _swap(one: str, other: str) -> Callable[[str], Iterator[str]]:
    def vary(name: str) -> Iterator[str]:
        if one in name:
            yield name.replace(one, other)
        elif other in name:
            yield name.replace(other, one)

    return vary


def _replace(pattern: re.Pattern[str], *others: str) -> Callable[[str], Iterator[str]]:
    def vary(name: str) -> Iterator[str]:
        if pattern.search(name):
            yield from (pattern.sub(other, name) for other in others)

    return vary


_VARIETIES: Final[tuple[Callable[[str], Iterator[str]], ...]] = (
    _units,
    _han_numbers,
    _times,
    _thousands,
    _replace(_POSSESSIVE, r"\1"),
    _replace(_MOUNT, "mt. ", "mt ", "mount "),
    _replace(_SHORT, r"\1"),
    _replace(_YEAR, "ー"),
    _replace(_FACTORY, "ories"),
    *(_swap(one, other) for one, other in _PAIRS),
)
# A name without any of this has one spelling: most have, and the list may be long.
_VARIES: Final = re.compile(
    r"[0-9一二三四五六七八九]|&|'s|mt|mount|st\.|им\.|ory$|"
    + "|".join(word.strip() for pair in _PAIRS for word in pair)
)
