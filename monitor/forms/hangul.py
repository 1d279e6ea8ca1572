"""Hangul syllables taken apart: what every transcription starts from.

The arithmetic is that of the Unicode Standard, section 3.12 (conjoining jamo behaviour).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

FIRST, LAST = 0xAC00, 0xD7A3
INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
FINALS = ("", *"ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ")

# What a final consonant sounds like before a consonant or at the end, and what of it moves to the
# next syllable when that begins with a vowel (Standard Pronunciation of Korean, articles 8-14).
_CLOSED = {
    **dict.fromkeys("ㄱㄲㄳㄺㅋ", "ㄱ"),
    **dict.fromkeys("ㄴㄵㄶ", "ㄴ"),
    **dict.fromkeys("ㄷㅅㅆㅈㅊㅌㅎ", "ㄷ"),
    **dict.fromkeys("ㄹㄼㄽㄾㅀ", "ㄹ"),
    **dict.fromkeys("ㅁㄻ", "ㅁ"),
    **dict.fromkeys("ㅂㅄㄿㅍ", "ㅂ"),
    "ㅇ": "ㅇ",
}
_CLUSTERS = {"ㄳ": "ㄱㅅ", "ㄵ": "ㄴㅈ", "ㄶ": "ㄴ", "ㄺ": "ㄹㄱ", "ㄻ": "ㄹㅁ", "ㄼ": "ㄹㅂ"} | {
    "ㄽ": "ㄹㅅ",
    "ㄾ": "ㄹㅌ",
    "ㄿ": "ㄹㅍ",
    "ㅀ": "ㄹ",
    "ㅄ": "ㅂㅅ",
}


@dataclass(frozen=True, slots=True)
class Syllable:
    """One block as spoken in its word: `onset` is empty where only a vowel is heard."""

    onset: str
    vowel: str
    coda: str  # as heard: one of ㄱ ㄴ ㄷ ㄹ ㅁ ㅂ ㅇ, or empty
    carried: bool = False  # the onset came from the syllable before: never doubled, always voiced


def spelt(jamo: Iterable[str], spellings: str) -> dict[str, str]:
    """A table of a transcription: each jamo with its spelling; `-` is written as nothing."""
    rows = zip(jamo, spellings.split(), strict=True)
    return {sign: "" if spelling == "-" else spelling for sign, spelling in rows}


def is_hangul(character: str) -> bool:
    """Whether this is a composed syllable block."""
    return FIRST <= ord(character) <= LAST


def compose(initial: int, vowel: int, final: int) -> str:
    """The block of three jamo indices."""
    return chr(FIRST + (initial * 21 + vowel) * 28 + final)


def indices(block: str) -> tuple[int, int, int]:
    """A block's initial, vowel and final as indices into the tables above."""
    rest, final = divmod(ord(block) - FIRST, 28)
    initial, vowel = divmod(rest, 21)
    return initial, vowel, final


@lru_cache(maxsize=4096)
def spoken(word: str) -> tuple[Syllable, ...]:
    """A run of Hangul as heard: finals reduced, or carried over to a following vowel."""
    parts = [indices(block) for block in word]
    syllables: list[Syllable] = []
    carry = ""
    for position, (initial, vowel, final) in enumerate(parts):
        onset, carried = (carry, True) if carry else (INITIALS[initial], False)
        following = parts[position + 1][0] if position + 1 < len(parts) else None
        coda, carry = _coda(FINALS[final], following)
        if carried or onset != "ㅇ":
            syllables.append(_soften(Syllable(onset, VOWELS[vowel], coda, carried)))
        else:
            syllables.append(Syllable("", VOWELS[vowel], coda))
    return tuple(syllables)


def _coda(final: str, following: int | None) -> tuple[str, str]:
    """What stays of a final, and what the next syllable takes over."""
    if not final:
        return "", ""
    if following is None or INITIALS[following] != "ㅇ" or final == "ㅇ":
        return _CLOSED[final], ""
    if final == "ㅎ":
        return "", ""
    cluster = _CLUSTERS.get(final, final)
    return (cluster[0], cluster[1]) if len(cluster) > 1 else ("", cluster)


def _soften(syllable: Syllable) -> Syllable:
    """ㄷ and ㅌ carried over to 이 are heard as ㅈ and ㅊ (article 17)."""
    turned = {"ㄷ": "ㅈ", "ㅌ": "ㅊ"}.get(syllable.onset)
    if turned and syllable.carried and syllable.vowel == "ㅣ":
        return Syllable(turned, syllable.vowel, syllable.coda, carried=True)
    return syllable
