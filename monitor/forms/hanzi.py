"""Chinese characters in their several forms: simplified, traditional, and Japan's.

Character by character, which is right for names and wrong for running text. The tables and their
sources are in `hanzi.toml`.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from itertools import islice, product

# Glyphs that Korean sources use for characters that Chinese encodes otherwise.
KOREAN_GLYPHS = str.maketrans("靑淸産硏敎戱鑛", "青清產研教戲礦")
# Kanji that Japanese media write in more than one way.
_KANJI_IN_USE = ("竜龍", "繍繡綉", "岳嶽", "辺邉", "島嶋", "篭籠", "桧檜")
MOST_VARIANTS = 8  # of one name: three doubtful characters; more is noise


@cache
def _tables() -> tuple[dict[str, str], dict[int, str]]:
    """Simplified to every traditional counterpart, and old to new kanji."""
    data = tomllib.loads(files("monitor.forms").joinpath("hanzi.toml").read_text("utf-8"))
    wide = {pair[0]: pair[1:] for pair in (data["simplified"] + data["either"]).split()}
    return wide, {ord(pair[0]): pair[1] for pair in data["kanji"].split()}


@cache
def _narrow() -> dict[int, str]:
    """Traditional to simplified; the other way round it is a function."""
    wide, _ = _tables()
    return {ord(form): plain for plain, forms in wide.items() for form in forms if form != plain}


@cache
def _older() -> dict[int, str]:
    """New to old kanji: the first of several in the table's order."""
    _, kanji = _tables()
    return {ord(now): chr(before) for before, now in reversed(kanji.items())}


def simplified(text: str) -> str:
    """`金策製鐵` as `金策制铁`."""
    return text.translate(KOREAN_GLYPHS).translate(_narrow())


def traditional(text: str) -> tuple[str, ...]:
    """`金策制铁` as `金策制鐵` and `金策製鐵`; nothing for a text that has only common characters.

    A text with a simplified character that the table lacks gives nothing either: half a conversion
    is nobody's spelling.
    """
    wide, _ = _tables()
    choices = [wide.get(character, character) for character in text]
    forms = ("".join(pick) for pick in islice(product(*choices), MOST_VARIANTS))
    return tuple(form for form in forms if form != text and not _half_done(form))


def japanese(text: str) -> str:
    """`檢德鑛山` as `検徳鉱山`."""
    _, kanji = _tables()
    return text.translate(kanji)


def old_kanji(text: str) -> str:
    """`平壌駅` as `平壤驛`: the forms of old texts and of names that keep them."""
    return text.translate(_older())


def kanji_variants(text: str) -> tuple[str, ...]:
    """A Japanese name with the kanji that vary (竜/龍), as written first, and all in old forms."""
    groups = {kanji: group for group in _KANJI_IN_USE for kanji in group}
    choices = [(kanji, *groups.get(kanji, "").replace(kanji, "")) for kanji in text]
    forms = ["".join(pick) for pick in islice(product(*choices), MOST_VARIANTS)]
    return tuple(dict.fromkeys((*forms, old_kanji(text))))


def _half_done(text: str) -> bool:
    """Whether a character is left that only the PRC writes: in GB 2312 and not in Big5."""
    return any(_only_in_gb(character) for character in text)


def _only_in_gb(character: str) -> bool:
    if character < "\u3400":
        return False
    return _encodes(character, "gb2312") and not _encodes(character, "big5")


def _encodes(character: str, encoding: str) -> bool:
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
