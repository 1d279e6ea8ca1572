r"""Where a name may begin and end, script by script.

`\b` fails on 평양화력발전소는, on 平壤火力发电厂 inside a sentence and on Хичхонской ГЭС.
So: Latin and Cyrillic names are whole words, plural and possessive included; Korean ones follow
`korean`; Chinese and Japanese have no borders but those of katakana runs and numbers.
"""

from __future__ import annotations

import re
from typing import Final

from monitor.tagging import korean

_HANGUL: Final = re.compile("[가-힣]")
_LETTER: Final = re.compile("[a-zа-яіїєґ]")
_KATAKANA: Final = re.compile("[ァ-ヺー]")
# Hwasong-ri and Hwasong-gun are other places than the Hwasong of a name.
_LONGER_PLACE: Final = re.compile(
    "-(?:ri|up|gun|si|do|dong|gu|guyok|rodongjagu|ри|ып|гун|си|до|дон|гуёк|гуек)(?![a-zа-я])"
)
# What goes on in another word: 主体鉄 is not in 主体鉄道.
_GOES_ON: Final = {"鉄": "道路橋", "鐵": "道路橋", "铁": "道路桥", "院": "校子"}
_PIECE: Final = re.compile(r"\s+|\S+")
_SIGNS: Final = re.compile("['\"`-]+")


def begins(folded: str, start: int, *, camel: bool = False) -> bool:
    """Whether a name may begin at `start`.

    `camel`: the source goes from a small to a capital letter there, as on state-media pages whose
    links have lost the blanks round them ("theKim Chaek Complex").
    """
    if start == 0:
        return True
    first, before = folded[start], folded[start - 1]
    if _HANGUL.match(first):
        return not _HANGUL.match(before) or korean.begins(folded, start)
    if first.isdigit():
        return not (before.isdigit() or _inside_number(folded, start))
    if _LETTER.match(first):
        return camel or not (_LETTER.match(before) or before.isdigit())
    if _KATAKANA.match(first):
        return not _KATAKANA.match(before)
    return True


def _inside_number(folded: str, start: int) -> bool:
    return folded[start - 1] in ".," and folded[start - 2 : start - 1].isdigit()


def ends(folded: str, end: int, *, camel: bool = False) -> int:
    """Where a name that was found up to `end` really ends, or -1 where it cannot end.

    A plural s belongs to the name; a possessive 's and Korean particles do not.
    """
    if end >= len(folded):
        return end
    last, after = folded[end - 1], folded[end]
    if _HANGUL.match(last):
        return end if korean.ends(folded, end) else -1
    if last.isdigit():
        return -1 if after.isdigit() else end
    if _LETTER.match(last):
        return end if camel else _word_end(folded, end)
    if _KATAKANA.match(last):
        return -1 if _KATAKANA.match(after) else end
    return -1 if after in _GOES_ON.get(last, "") else end


def _word_end(folded: str, end: int) -> int:
    if _LONGER_PLACE.match(folded, end):
        return -1
    after = folded[end]
    if not (_LETTER.match(after) or after.isdigit()):
        return end
    plural = "es" if folded[end - 1] in "xsh" else "s"
    whole = (
        folded.startswith(plural, end)
        and not folded[end + len(plural) : end + len(plural) + 1].isalnum()
    )
    return end + len(plural) if whole else -1


def holds_together(folded: str, start: int, end: int, breaks: frozenset[int] | None) -> bool:
    """Whether the blanks inside a found name stand where the name may be parted.

    `breaks` are the places, counted in squeezed characters, where a listed Latin or Cyrillic name
    has a blank or a sign; None is for scripts that part names at will. An empty line parts any.
    """
    found = folded[start:end]
    if "\n\n" in found:
        return False
    if breaks is None:
        return True
    place = 0
    for piece in _PIECE.findall(found):
        if piece.isspace():
            if place not in breaks:
                return False
        else:
            place += len(_SIGNS.sub("", piece))
    return True
