"""The language of a text, from its script and from what its feed declares. Pure."""

from __future__ import annotations

import re

_SCRIPTS = {
    "ko": re.compile(r"[\uac00-\ud7a3]+"),
    "ja": re.compile(r"[\u3041-\u30ff]+"),
    "zh": re.compile(r"[\u3400-\u9fff]+"),
    "ru": re.compile(r"[\u0400-\u04ff]+"),
}
_LETTERS = re.compile(r"[^\W\d_]+")
_SAMPLE = 600  # characters: enough to tell scripts apart, cheap on a long article

# Languages that are written in the script but are not the one it is taken for by default.
_SAME_SCRIPT = {"ru": {"uk", "be", "bg", "sr", "mk", "kk", "mn", "ky"}, "zh": {"ja", "yue"}}


def detect(text: str, declared: str) -> str:
    """ko, ja, zh or ru where the script says so, else what is declared ("" = not known).

    Kana decide for Japanese even among many Han characters, since Chinese has none.
    """
    sample = text[:_SAMPLE]
    if sample.isascii():
        return declared
    letters = _count(_LETTERS, sample)
    if not letters:
        return declared
    shares = {code: _count(script, sample) / letters for code, script in _SCRIPTS.items()}
    if shares["ja"] > 0.05 and shares["ja"] + shares["zh"] > 0.4:
        return "ja"
    best = max(shares, key=lambda code: shares[code])
    if shares[best] < 0.3:
        return declared
    return declared if declared in _SAME_SCRIPT.get(best, ()) else best


def _count(runs: re.Pattern[str], sample: str) -> int:
    """How many characters of the sample stand in such runs."""
    return sum(map(len, runs.findall(sample)))
