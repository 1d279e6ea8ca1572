"""Names inside the name of another body: the Wonsan-Kalma Airport is not the tourist area.

A name that has its own head ("… Power Station") stays itself before such a word; a mere stem or
short form does not.
"""

from __future__ import annotations

import re
from typing import Final

from monitor.tagging.heads import has_head
from monitor.tagging.reading import Reading
from monitor.tagging.scan import Find

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
_PLAIN: Final = frozenset(
    ("the", "ruling", "a", "an", "its", "our", "their", "of", "for", "by", "in", "at", "to", "and")
)
_REACH: Final = 24  # characters
_NEAR: Final = 8  # characters: the first word of "North Korea" before the second


def in_longer_name(reading: Reading, find: Find) -> bool:
    """Whether a Latin short form is only a part of another proper name."""
    shadow, start, end = reading.shadow, find.start, find.end
    behind = _OF.match(shadow.folded, end)
    if behind and shadow.written(behind.end(), behind.end() + 1).isupper():
        return not reading.cue_within(end, behind.end() + 1)
    if start < reading.border or shadow.written(start, end).isupper():
        return False  # in a headline every word may be capitalised; letters stand for themselves
    before = _BEFORE.search(shadow.folded, max(0, start - _REACH), start)
    if before is None or before[1] in _PLAIN or before[1].endswith("'s"):
        return False
    place = before.start(1)
    capital = shadow.written(place, place + 1).isupper()
    return (
        capital
        and reading.sentence(start)[0] < place
        and not reading.cue_within(place - _NEAR, start)
    )


def in_another_body(folded: str, start: int, end: int) -> bool:
    """Whether a Latin short form is followed by the head of a body that is not listed."""
    return bool(_BODY.match(folded, end)) and not has_head(folded[start:end])
