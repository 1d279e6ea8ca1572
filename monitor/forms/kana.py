"""Korean in katakana, by the readings that Japanese media give DPRK names.

안변 is アンビョン, 룡강 リョンガン, 천리마 チョンリマ: a plain stop is voiced inside a word, a
final consonant gets a syllable of its own, and ㄹ after another consonant keeps its sound.
"""

from __future__ import annotations

import re
from functools import lru_cache

from monitor.forms.hangul import FINALS, INITIALS, VOWELS, indices, spelt

_HANGUL = re.compile("[가-힣]+")
# Each row: how the consonant is written before a, i, u, e, o.
_ROWS = {
    "k": "カキクケコ",
    "g": "ガギグゲゴ",
    "n": "ナニヌネノ",
    "t": "タティトゥテト",
    "d": "ダディドゥデド",
    "r": "ラリルレロ",
    "m": "マミムメモ",
    "p": "パピプペポ",
    "b": "バビブベボ",
    "s": "サシスセソ",
    "ch": "チャチチュチェチョ",
    "j": "ジャジジュジェジョ",
    "h": "ハヒフヘホ",
    "": "アイウエオ",
}
_ROW_KANA = {
    onset: tuple(found[0] for found in re.finditer("[ァ-ヴ][ァィゥェォャュョ]?", row))
    for onset, row in _ROWS.items()
}
_FIRST = spelt(INITIALS, "k k n t t r m p p s s - ch ch ch k t p h")
_INNER = _FIRST | {"ㄱ": "g", "ㄷ": "d", "ㅂ": "b", "ㅈ": "j"}
# A Korean vowel as a glide and one of a, i, u, e, o.
_VOWEL_SOUNDS = spelt(VOWELS, "a e ya ye o e yo ye o wa we we yo u wo we wi yu u i i")
_GLIDES = {"ya": "ャ", "yu": "ュ", "yo": "ョ"}
_ALONE = spelt(("ya", "yu", "yo", "ye", "wa", "wi", "we", "wo"), "ヤ ユ ヨ イェ ワ ウィ ウェ ウォ")
_SMALL = {"wa": "ァ", "wi": "ィ", "we": "ェ", "wo": "ォ"}  # after フ of ファ, ク of クァ
_CODAS = {
    **dict.fromkeys("ㄱㄲㅋㄳㄺ", "ク"),
    **dict.fromkeys("ㄴㅇㄵㄶ", "ン"),
    **dict.fromkeys("ㄷㅌㅅㅆㅈㅊㅎ", "ッ"),
    **dict.fromkeys("ㄹㄼㄽㄾㅀ", "ル"),
    **dict.fromkeys("ㅁㄻ", "ム"),
    **dict.fromkeys("ㅂㅍㅄㄿ", "プ"),
}
_VOICED_AFTER = frozenset("ㄴㄹㅁㅇ")
# Readings that are older than any rule.
_USAGE = {"평양": "ピョンヤン", "신의주": "シニジュ", "김": "キム"}


@lru_cache(maxsize=4096)
def katakana(words: str) -> str:
    """`룡강` as `リョンガン`; blanks between words are dropped."""
    return "".join(_USAGE.get(word) or _word(word) for word in words.split())


def _word(word: str) -> str:
    return _HANGUL.sub(lambda run: _run(run.group()), word)


def _run(word: str) -> str:
    out, coda = "", None
    for block in word:
        initial, vowel, final = indices(block)
        onset = _onset(coda, INITIALS[initial])
        out += _syllable(onset, _VOWEL_SOUNDS[VOWELS[vowel]]) + _CODAS.get(FINALS[final], "")
        coda = FINALS[final]
    return out


def _onset(coda: str | None, initial: str) -> str:
    """A stop is voiced between vowels and after ㄴ ㄹ ㅁ ㅇ, not at the start of a word."""
    if coda is None:
        return _FIRST[initial]
    voiced = coda == "" or coda in _VOICED_AFTER
    return _INNER[initial] if voiced else _FIRST[initial]


def _syllable(onset: str, sound: str) -> str:
    if not onset:
        return _ALONE.get(sound) or _kana("", sound)
    if sound == "ye":
        return _kana(onset, "e")  # the glide is dropped after a consonant: 계 is ケ
    if sound in _GLIDES:
        base = _kana(onset, "i")
        return _kana(onset, sound[1]) if onset in ("ch", "j") else base + _GLIDES[sound]
    if sound in _SMALL:
        base = {"h": "フ", "ch": "チュ", "j": "ジュ"}.get(onset) or _kana(onset, "u")
        return base + _SMALL[sound]
    return _kana(onset, sound)


def _kana(onset: str, vowel: str) -> str:
    return _ROW_KANA[onset]["aiueo".index(vowel)]
