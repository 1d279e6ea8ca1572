"""Korean in Cyrillic by the Kontsevich system, as Russian media write DPRK places.

희천 is Хичхон, 화성 Хвасон, 갈마 Кальма. Only the spelling of the stem is made here; the head noun
and the ending of an adjective (Хичхонская ГЭС) come from `heads`.
"""

from __future__ import annotations

import re
from functools import lru_cache

from monitor.forms.hangul import VOWELS, Syllable, spelt, spoken

_HANGUL = re.compile("[가-힣]+")
_JAMO = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅈㅉㅊㅋㅌㅍㅎ"
_FIRST = spelt(_JAMO, "к кк н т тт р м п пп с сс ч чч чх кх тх пх х")
_INNER = _FIRST | {"ㄱ": "г", "ㄷ": "д", "ㅂ": "б", "ㅈ": "чж"}
_VOWELS = spelt(VOWELS, "а э я йя о е ё е о ва вэ ве ё у во ве ви ю ы ый и")
_CODAS = spelt("ㄱㄴㄷㄹㅁㅂㅇ", "к н т ль м п н")
_VOICED_AFTER = frozenset("ㄴㄹㅁㅇ")  # a stop after these, or after a vowel, is voiced
# Where two consonants change each other: the coda's spelling, the onset's.
_JOINED = {
    **{(coda, "ㄹ"): (nasal, "н") for coda, nasal in zip("ㄱㄷㅂㅁㅇ", "ннммн", strict=True)},
    **{("ㄱ", onset): ("н", _FIRST[onset]) for onset in "ㄴㅁ"},
    **{("ㄷ", onset): ("н", _FIRST[onset]) for onset in "ㄴㅁ"},
    **{("ㅂ", onset): ("м", _FIRST[onset]) for onset in "ㄴㅁ"},
    ("ㄴ", "ㄹ"): ("л", "л"),
    ("ㄹ", "ㄹ"): ("л", "л"),
    ("ㄹ", "ㄴ"): ("л", "л"),
}
# Names with a form of their own in Russian, older than the system.
_USAGE = {"평양": "Пхеньян", "서울": "Сеул"}
_IOTATED = tuple("яёеюйи")


@lru_cache(maxsize=4096)
def cyrillic(words: str) -> str:
    """`희천` as `Хичхон`, `평양` as `Пхеньян`."""
    return " ".join(_USAGE.get(word) or _word(word) for word in words.split())


def spoken_variants(stem: str) -> tuple[str, ...]:
    """The spellings in use of one stem: the system's чж is often heard and written дж."""
    return tuple(dict.fromkeys((stem, stem.replace("чж", "дж"))))


def _word(word: str) -> str:
    text = _HANGUL.sub(lambda run: _run(spoken(run.group())), word)
    return text[:1].upper() + text[1:]


def _run(syllables: tuple[Syllable, ...]) -> str:
    out = ""
    before: Syllable | None = None
    for syllable in syllables:
        coda, onset = _border(before, syllable)
        out += coda + onset + _vowel(syllable, bare=not onset)
        before = syllable
    return out + (_CODAS[before.coda] if before and before.coda else "")


def _border(before: Syllable | None, syllable: Syllable) -> tuple[str, str]:
    """What is written between two vowels: the first syllable's coda and the second's onset."""
    if before is None:
        return "", _FIRST.get(syllable.onset, "")
    if not before.coda:
        return "", _INNER.get(syllable.onset, "")
    if not syllable.onset:
        hard = _CODAS[before.coda] + ("ъ" if _vowel(syllable, bare=True)[0] in _IOTATED else "")
        return hard, ""
    joined = _JOINED.get((before.coda, syllable.onset))
    if joined:
        return joined
    table = _INNER if before.coda in _VOICED_AFTER else _FIRST
    return _CODAS[before.coda], table[syllable.onset]


def _vowel(syllable: Syllable, *, bare: bool) -> str:
    """ㅢ is и after a consonant of its own block, else ый; ㅔ is э where it begins a syllable."""
    if syllable.vowel == "ㅢ":
        return "ый" if bare or syllable.carried else "и"
    if syllable.vowel == "ㅔ" and bare:
        return "э"
    return _VOWELS[syllable.vowel]
