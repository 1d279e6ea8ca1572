"""Names inside the name of another body: the Wonsan-Kalma Airport is not the tourist area.

A name that has its own head ("… Power Station") stays itself before such a word; a mere stem or
short form does not.
"""

from __future__ import annotations

import re
from typing import Final

from monitor.tagging.heads import has_head

_BODIES: Final = """
airport hotel bridge school university college academy bank corporation company group bureau
publishing institute society museum stadium square tower monument cup team club movement statue
orchestra theatre gymnasium
"""
_BODY: Final = re.compile(
    rf"[ -](?:{'|'.join(_BODIES.split())}"
    r"|(?:construction |shock )(?:station|company|brigade|enterprise|unit|corps|bureau))\b"
)


# "Workers' Party of Mexico", "Socialist Workers' Party": a longer name that is not listed.
_OF: Final = re.compile(r" of (?:the )?(?=[a-z])")
_BEFORE: Final = re.compile(r"([a-z][\w'-]*) $")
_TITLES: Final = frozenset("the ruling a an its our their under of for by in at to from and".split())


def in_longer_name(reading: Reading, start: int, end: int) -> bool:
    """Whether a Latin short form is only a part of another proper name."""
    shadow = reading.shadow
    behind = _OF.match(shadow.folded, end)
    if behind and shadow.written(behind.end(), behind.end() + 1).isupper():
        return True
    if start < reading.border:
        return False  # in a headline every word may be capitalised
    before = _BEFORE.search(shadow.folded, max(0, start - 24), start)
    if before is None or before[1] in _TITLES or before[1].endswith("'s"):
        return False
    first = shadow.written(before.start(1), before.start(1) + 1)
    inside = reading.sentence(start)[0] < before.start(1)
    return first.isupper() and inside and not reading.cue_within(before.start(1) - 8, start)


def in_another_body(folded: str, start: int, end: int) -> bool:
    """Whether a Latin short form is followed by the head of a body that is not listed."""
    return bool(_BODY.match(folded, end)) and not has_head(folded[start:end])
