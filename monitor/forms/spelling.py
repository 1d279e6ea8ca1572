"""One Korean name in the spellings of both Koreas.

Three steps, in this order: foreign names and loan words by a table, compounds by a table, then the
word-initial law. The DPRK writes ㄹ and ㄴ at the start of a word where the ROK drops or changes
them (례성강/예성강, 로동당/노동당, 녕변/영변); inside a word both write the same. Only names are
converted, never running text: the other way round the law is not a function (영원 is 녕원 or 영원).
"""

from __future__ import annotations

import re
from itertools import islice, product
from typing import TYPE_CHECKING

from monitor.forms.hangul import INITIALS, VOWELS, compose, indices, is_hangul

if TYPE_CHECKING:
    from collections.abc import Iterator

# DPRK, ROK. Loan words and foreign names, then native words spelled by another rule.
LOANS: tuple[tuple[str, str], ...] = (
    ("세멘트", "시멘트"),
    ("에네르기", "에너지"),
    ("로씨야", "러시아"),
    ("벨라루씨", "벨라루스"),
    ("벨로루씨", "벨라루스"),
    ("웽그리아", "헝가리"),
    ("뽈스까", "폴란드"),
    ("꾸바", "쿠바"),
    ("데트론", "테트론"),
    ("쎈터", "센터"),
    ("콤퓨터", "컴퓨터"),
    ("프로그람", "프로그램"),
    ("뜨락또르", "트랙터"),
    ("뻐스", "버스"),
    ("뽐프", "펌프"),
    ("바다가", "바닷가"),
    ("나무잎", "나뭇잎"),
    ("되였", "되었"),
)

# Compounds whose second part begins with the sound that the ROK drops, wherever they stand.
COMPOUNDS: tuple[tuple[str, str], ...] = (
    ("련합", "연합"),
    ("로동", "노동"),
    ("류통", "유통"),
    ("력사", "역사"),
    ("령도", "영도"),
    ("리용", "이용"),
    ("녀성", "여성"),
    ("녀자", "여자"),
    ("랭면", "냉면"),
    ("료양", "요양"),
    ("료리", "요리"),
    ("륙아", "육아"),
    ("림업", "임업"),
    ("량강", "양강"),
    ("라선", "나선"),
    ("락원", "낙원"),
    ("락랑", "낙랑"),
)
_BOTH = (*LOANS, *COMPOUNDS)
_TABLE = {word for pair in _BOTH for word in pair}
_PIECE = re.compile("|".join(sorted(_TABLE, key=len, reverse=True)) + "|.", re.DOTALL)
_LOANS_AS_IN_ROK = tuple(ours for _, ours in LOANS)  # the law leaves loan words alone: 러시아
_Y_VOWELS = frozenset("ㅣㅑㅕㅛㅠㅖㅒ")  # before these ㄹ and ㄴ fall silent
_SILENT, _N, _R = INITIALS.index("ㅇ"), INITIALS.index("ㄴ"), INITIALS.index("ㄹ")
MOST_SPELLINGS = 16  # of one name; a name has one or two doubtful places, never five


def initial_law(word: str) -> str:
    """A word as the ROK writes its first syllable: 룡강 as 용강, 로동 as 노동, 녕변 as 영변."""
    if not word or not is_hangul(word[0]):
        return word
    initial, vowel, final = indices(word[0])
    softened = VOWELS[vowel] in _Y_VOWELS
    if initial in (_R, _N) and softened:
        return compose(_SILENT, vowel, final) + word[1:]
    if initial == _R:
        return compose(_N, vowel, final) + word[1:]
    return word


def rok(words: str) -> str:
    """A name cut into its words by blanks, in ROK spelling."""
    for theirs, ours in _BOTH:
        words = words.replace(theirs, ours)
    return " ".join(
        word if word.startswith(_LOANS_AS_IN_ROK) else initial_law(word) for word in words.split()
    )


def spellings(name: str) -> tuple[str, ...]:
    """Every mixture of both spellings of one name, as written first.

    ROK media keep a DPRK place and change the rest, or the other way round
    (상원세멘트연합기업소), so each doubtful place varies on its own.
    """
    choices = [_choices(piece) for piece in _pieces(name)]
    mixed = ("".join(pick) for pick in islice(product(*choices), MOST_SPELLINGS))
    return tuple(dict.fromkeys((name, *mixed)))


def _choices(piece: tuple[str, bool]) -> tuple[str, ...]:
    text, doubtful = piece
    if not doubtful:
        return (text,)
    others = [ours for theirs, ours in _BOTH if theirs == text]
    others += [theirs for theirs, ours in _BOTH if ours == text]
    return tuple(dict.fromkeys((text, *(others or [initial_law(text)]))))


def _pieces(name: str) -> Iterator[tuple[str, bool]]:
    """The name cut at its doubtful places: table words, and the first syllable of each word."""
    for found in _PIECE.finditer(name):
        text, at = found.group(), found.start()
        starts = at == 0 or not is_hangul(name[at - 1])
        yield text, text in _TABLE or (starts and initial_law(text) != text)
