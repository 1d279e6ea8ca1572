"""Korean in Latin letters: three systems that the press mixes.

- `mccune_reischauer`: with breves and apostrophes (P'yŏngsŏng); a reader that drops the marks sees
  the form without them. Tables of the 1939 paper, as the Library of Congress applies them.
- `revised`: the ROK's system of 2000 (Pyeongseong).
- `dprk`: the DPRK's house style of 1992 (Phyongsong), which its own English texts use.

Words are separated by blanks and do not influence each other: the caller cuts a name into its
words. Digits and other characters pass through.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from monitor.forms.hangul import Syllable, spelt, spoken

_HANGUL = re.compile("[가-힣]+")
_PLAIN = str.maketrans({"ŏ": "o", "ŭ": "u", "Ŏ": "O", "Ŭ": "U", "'": None})


def _pairs(initials: str, rows: dict[str, str]) -> dict[tuple[str, str], str]:
    return {
        (coda, onset): spelling
        for coda, row in rows.items()
        for onset, spelling in spelt(initials, row).items()
    }


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class System:
    """A romanisation as tables: onsets, vowels, codas, and what happens where they meet."""

    first: dict[str, str]  # a consonant that begins a word
    inner: dict[str, str]  # one between vowels
    vowels: dict[str, str]
    codas: dict[str, str]
    joined: dict[tuple[str, str], str]  # a coda and the onset after it


_ONSETS = "ㄱㄴㄷㄹㅁㅂㅅㅈㅊㅋㅌㅍㅎ"
_VOWEL_JAMO = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"


_TENSE = spelt("ㄲㄸㅃㅆㅉ", "kk tt pp ss tch")

_MR = System(
    first=spelt(_ONSETS, "k n t r m p s ch ch' k' t' p' h") | _TENSE,
    inner=spelt(_ONSETS, "g n d r m b s j ch' k' t' p' h") | _TENSE,
    vowels=spelt(_VOWEL_JAMO, "a ae ya yae ŏ e yŏ ye o wa wae oe yo u wŏ we wi yu ŭ ŭi i"),
    codas=spelt("ㄱㄴㄷㄹㅁㅂㅇ", "k n t l m p ng"),
    joined=_pairs(
        _ONSETS,
        {
            "ㄱ": "kk ngn kt ngn ngm kp ks kch kch' kk' kt' kp' kh",
            "ㄴ": "n'g nn nd ll nm nb ns nj nch' nk' nt' np' nh",
            "ㄷ": "tk nn tt nn nm tp ss tch tch' tk' tt' tp' th",
            "ㄹ": "lg ll lt ll lm lb ls lch lch' lk' lt' lp' rh",
            "ㅁ": "mg mn md mn mm mb ms mj mch' mk' mt' mp' mh",
            "ㅂ": "pk mn pt mn mm pp ps pch pch' pk' pt' pp' ph",
            "ㅇ": "ngg ngn ngd ngn ngm ngb ngs ngj ngch' ngk' ngt' ngp' ngh",
        },
    ),
)

_RR = System(
    first=spelt(_ONSETS, "g n d r m b s j ch k t p h") | _TENSE | {"ㅉ": "jj"},
    inner=spelt(_ONSETS, "g n d r m b s j ch k t p h") | _TENSE | {"ㅉ": "jj"},
    vowels=spelt(_VOWEL_JAMO, "a ae ya yae eo e yeo ye o wa wae oe yo u wo we wi yu eu ui i"),
    codas=spelt("ㄱㄴㄷㄹㅁㅂㅇ", "k n t l m p ng"),
    joined=_pairs(
        _ONSETS,
        {
            "ㄱ": "kg ngn kd ngn ngm kb ks kj kch kk kt kp kh",
            "ㄴ": "ng nn nd ll nm nb ns nj nch nk nt np nh",
            "ㄷ": "tg nn td nn nm tb ts tj tch tk tt tp th",
            "ㄹ": "lg ll ld ll lm lb ls lj lch lk lt lp lh",
            "ㅁ": "mg mn md mn mm mb ms mj mch mk mt mp mh",
            "ㅂ": "pg mn pd mn mm pb ps pj pch pk pt pp ph",
            "ㅇ": "ngg ngn ngd ngn ngm ngb ngs ngj ngch ngk ngt ngp ngh",
        },
    ),
)

# ㅈ is j and ㅊ is ch wherever they stand, the other aspirates take an h, and ㄱ before ㄹ keeps
# its spelling: Jongbangsan, Pothonggang, Okryu.
_DPRK = System(
    first=spelt(_ONSETS, "k n t r m p s j ch kh th ph h") | _TENSE | {"ㅉ": "jj"},
    inner=spelt(_ONSETS, "g n d r m b s j ch kh th ph h") | _TENSE | {"ㅉ": "jj"},
    vowels=spelt(_VOWEL_JAMO, "a ae ya yae o e yo ye o wa wae oe yo u wo we wi yu u ui i"),
    codas=spelt("ㄱㄴㄷㄹㅁㅂㅇ", "k n t l m p ng"),
    joined=_pairs(
        _ONSETS,
        {
            "ㄱ": "kk ngn kt kr ngm kp ks kj kch kkh kth kph kh",
            "ㄴ": "ng nn nd ll nm nb ns nj nch nkh nth nph nh",
            "ㄷ": "tk nn tt nn nm tp ss tj tch tkh tth tph th",
            "ㄹ": "lg ll lt ll lm lb ls lj lch lkh lth lph rh",
            "ㅁ": "mg mn md mn mm mb ms mj mch mkh mth mph mh",
            "ㅂ": "pk mn pt mn mm pp ps pj pch pkh pth pph ph",
            "ㅇ": "ngg ngn ngd ngn ngm ngb ngs ngj ngch ngkh ngth ngph ngh",
        },
    ),
)

# The capital is spelt one way in every style of English text, the DPRK's own included.
ENGLISH = {"평양": "Pyongyang"}


def mccune_reischauer(words: str) -> str:
    """`안변 청년` as `Anbyŏn Ch'ŏngnyŏn`."""
    return _each(words, _MR)


def mccune_reischauer_plain(words: str) -> str:
    """The same without breves and apostrophes: `Anbyon Chongnyon`."""
    return mccune_reischauer(words).translate(_PLAIN)


def revised(words: str) -> str:
    """`안변 청년` as `Anbyeon Cheongnyeon`."""
    return _each(words, _RR)


def dprk(words: str) -> str:
    """`평성` as `Phyongsong`, `평양` as `Pyongyang`."""
    return " ".join(ENGLISH.get(word) or _each(word, _DPRK) for word in words.split())


@lru_cache(maxsize=8192)
def _each(words: str, system: System) -> str:
    return " ".join(_word(word, system) for word in words.split())


def _word(word: str, system: System) -> str:
    text = _HANGUL.sub(lambda run: _run(spoken(run.group()), system), word)
    return text[:1].upper() + text[1:]


def _run(syllables: tuple[Syllable, ...], system: System) -> str:
    out: list[str] = []
    before = None
    for position, syllable in enumerate(syllables):
        out.append(_meeting(before, syllable, system) + system.vowels[syllable.vowel])
        last = position + 1 == len(syllables)
        follows = "" if last else syllables[position + 1].onset
        if syllable.coda and (not follows or (syllable.coda, follows) not in system.joined):
            out.append(system.codas[syllable.coda])
        before = syllable
    return "".join(out)


def _meeting(before: Syllable | None, syllable: Syllable, system: System) -> str:
    if before is None:
        return system.first.get(syllable.onset, "")
    if not syllable.onset:
        return ""
    return system.joined.get((before.coda, syllable.onset)) or system.inner[syllable.onset]
