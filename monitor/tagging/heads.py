"""Heads and stems of Latin names: Huichon | Power Station, Okryu | Restaurant."""

from __future__ import annotations

from typing import Final

# Words that say what kind of thing a name is, with the goods that go with them.
_GOODS: Final = """
and & general combined integrated united power hydropower hydroelectric thermal mining iron steel
cement textile textiles silk weaving thread footwear shoe shoes leather artificial synthetic hosiery
sock socks bag soap notebook pencil mechanical kimchi mushroom foodstuff foodstuffs food cornstarch
flour wheat processing fertilizer building-materials building materials tile stone dressing
department water health railway coastal tourist beach
"""
_KINDS: Final = """
station stations plant plants dam complex works mill mills mine mines factory factories farm farms
enterprise combine restaurant restaurants store stores shop supermarket park street streets hospital
area zone district resort arcade centre center bathhouse pool waterpark town bridge
"""
_ENDS: Final = frozenset(_KINDS.split())
_HEAD_WORDS: Final = _ENDS.union(_GOODS.split())
_SHORTEST_STEM: Final = 4


def split(folded: str) -> tuple[str, str] | None:
    """Stem and head of a folded Latin name, or None where it has no head or no telling stem."""
    words = folded.split()
    at = len(words)
    while at > 0 and words[at - 1] in _HEAD_WORDS:
        at -= 1
    if not 0 < at < len(words) or words[-1] not in _ENDS:
        return None
    stem, head = " ".join(words[:at]), " ".join(words[at:])
    if words[at] in ("and", "&", "general") or len(stem) < _SHORTEST_STEM:
        return None
    return stem, head


def has_head(folded: str) -> bool:
    """Whether a folded Latin name ends in a word that says what it is."""
    return folded.rpartition(" ")[2] in _ENDS


def plural(word: str) -> str:
    """The plural of a head word."""
    if word.endswith("s"):
        return word
    if word.endswith("y") and word[-2] not in "aeiou":
        return word[:-1] + "ies"
    return word + ("es" if word.endswith(("x", "ch", "sh")) else "s")
