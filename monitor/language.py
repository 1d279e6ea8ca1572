"""The language of a text: what is declared, unless its letters say that it is another. Pure.

Feeds declare one language for all their entries, and sites with editions in several leave the
wrong one there. Scripts tell Korean, Japanese, Chinese and what is written in Cyrillic apart; some
letters tell Japanese in Chinese characters alone, and Russian from its neighbours; small words tell
English.
"""

from __future__ import annotations

import re
from functools import cache

_SCRIPTS = {
    "ko": re.compile(r"[\uac00-\ud7a3]+"),
    "ja": re.compile(r"[\u3041-\u30ff]+"),
    "zh": re.compile(r"[\u3400-\u9fff]+"),
    "ru": re.compile(r"[\u0400-\u04ff]+"),
}
_SCRIPTED = re.compile(r"[\u0400-\u04ff\u3041-\u30ff\u3400-\u9fff\uac00-\ud7a3]")  # in any of them
_LETTERS = re.compile(r"[^\W\d_]+")
_SAMPLE = 600  # characters: enough to tell scripts apart, cheap on a long article

# Languages that are written in one script, and in no other.
_HAN = {"zh", "ja", "yue"}
_CYRILLIC = {"ru", "uk", "be", "bg", "sr", "mk", "kk", "mn", "ky"}
_NOT_LATIN = {"ko", "ar", "fa", "he", "th", "el", *_HAN, *_CYRILLIC}
_FORMS = 2  # characters of the other language's own, and none of one's own: no accident

# Letters of one alphabet alone, where it has any; the others share theirs with one another.
_ALPHABETS = {
    "mk": re.compile("[ѓќѕЃЌЅ]"),
    "sr": re.compile("[ђћјљњџЂЋЈЉЊЏ]"),
    "kk": re.compile("[әғқұһӘҒҚҰҺ]"),
    "ky": re.compile("[ңҢ]"),
    "mn": re.compile("[өүӨҮ]"),
    "be": re.compile("[ўЎ]"),
    "uk": re.compile("[іїєґІЇЄҐ]"),
    "ru": re.compile("[ыэёЫЭЁ]"),
    "bg": re.compile("[ъЪ]"),
}
_SHARED = ("uk", "ru", "bg")
_ALPHABET_SHARE = 0.005  # of the letters: a name in a foreign spelling is less

_WORD = re.compile(r"[a-zà-ÿ']+")
_ENGLISH = frozenset((
    *("the", "of", "and", "to", "in", "for", "on", "with", "at", "by", "from", "as", "is", "are"),
    *("was", "were", "has", "have", "will", "be", "that", "this", "its", "it", "after", "over"),
    *("says", "said", "who", "not", "an"),
))  # fmt: skip
# Of French, Spanish, German, Italian and Portuguese, as far as English does not have them.
_OTHERS = frozenset((
    *("le", "la", "les", "des", "du", "et", "une", "dans", "pour", "sur", "qui", "que", "est"),
    *("au", "aux", "par", "el", "los", "las", "del", "y", "en", "un", "con", "por", "se", "su"),
    *("der", "die", "das", "und", "den", "mit", "von", "im", "zu", "auf", "ist", "ein", "eine"),
    *("il", "di", "e", "che", "per", "della", "o", "da", "do", "dos", "para", "com", "não"),
))  # fmt: skip
_ENGLISH_WORDS = 2
_LATIN_LETTERS = 20  # below which a name in Latin letters may be all there is


def detect(text: str, declared: str) -> str:
    """ko, ja, zh, ru and its neighbours or en where the letters say so; else what is declared.

    "" is not known. Kana decide for Japanese even among many Han characters: Chinese has none.
    """
    sample = text[:_SAMPLE]
    if sample.isascii() and declared and declared not in _NOT_LATIN:
        return declared
    letters = _count(_LETTERS, sample)
    if not _SCRIPTED.search(sample):
        return _latin(sample, letters, declared)
    shares = {code: _count(script, sample) / (letters or 1) for code, script in _SCRIPTS.items()}
    if shares["ja"] > 0.05 and shares["ja"] + shares["zh"] > 0.4:
        return "ja"
    best = max(shares, key=lambda code: shares[code])
    if shares[best] < 0.3:
        return _latin(sample, letters, declared) if shares[best] <= 0.05 else declared
    if best == "zh":
        return _han(sample, declared)
    return _cyrillic(sample, letters, declared) if best == "ru" else best


def _latin(sample: str, letters: int, declared: str) -> str:
    """English where its small words say so; a language of another script it is not."""
    if declared and declared not in _NOT_LATIN:
        return declared
    words = _WORD.findall(sample.lower())
    english = len(_ENGLISH.intersection(words))
    if english >= _ENGLISH_WORDS and english > sum(word in _OTHERS for word in words):
        return "en"
    return declared if letters < _LATIN_LETTERS else ""


def _han(sample: str, declared: str) -> str:
    """Japanese or Chinese, of which there are no kana: by the forms of the characters."""
    japanese, chinese = _forms()
    as_japanese = sum(char in japanese for char in sample)
    as_chinese = sum(char in chinese for char in sample)
    if declared in _HAN and abs(as_japanese - as_chinese) < _FORMS:
        return declared
    if as_japanese > as_chinese:
        return "ja"
    return declared if declared in _HAN - {"ja"} else "zh"


@cache
def _forms() -> tuple[frozenset[str], frozenset[str]]:
    """Characters in common use in Japan that no Chinese set has, and those the other way.

    In common use is what the first level of JIS X 0208, GB 2312 or Big5 holds.
    """
    gb, gb_common = _rows("gb2312", 0xB0, 0xF7), _rows("gb2312", 0xB0, 0xD7)
    big5, big5_common = _rows("big5", 0xA4, 0xF9), _rows("big5", 0xA4, 0xC6)
    jis, jis_common = _rows("euc_jp", 0xB0, 0xF4), _rows("euc_jp", 0xB0, 0xCF)
    return jis_common - gb - big5, (gb_common | big5_common) - jis


def _rows(codec: str, first: int, last: int) -> frozenset[str]:
    """All characters of a set whose first byte is in a range."""
    trails = [*range(0x40, 0x7F), *range(0xA1, 0xFF)] if codec == "big5" else range(0xA1, 0xFF)
    pairs = (bytes((lead, trail)) for lead in range(first, last + 1) for trail in trails)
    return frozenset("".join(pair.decode(codec, "ignore") for pair in pairs))


def _cyrillic(sample: str, letters: int, declared: str) -> str:
    counts = {code: len(own.findall(sample)) for code, own in _ALPHABETS.items()}
    found = [code for code, count in counts.items() if count and count >= _ALPHABET_SHARE * letters]
    if not found:
        return declared if declared in _CYRILLIC else "ru"
    alone = [code for code in found if code not in _SHARED]
    if declared in alone:
        return declared
    return alone[0] if alone else max(found, key=lambda code: (counts[code], code == declared))


def _count(runs: re.Pattern[str], sample: str) -> int:
    """How many characters of the sample stand in such runs."""
    return sum(map(len, runs.findall(sample)))
