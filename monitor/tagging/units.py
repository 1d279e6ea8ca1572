"""Numbered units: Huichon Power Station No. 9 is another station than those that are listed.

A number that follows (or precedes) a name is part of what is named. It counts only if one of the
entity's listed names has it.
"""

from __future__ import annotations

import re
from typing import Final

from monitor.tagging.shadow import fold
from monitor.types import Entity

# Of these there are several of one name, told apart by number; a works has numbered furnaces.
_COUNTED: Final = re.compile(
    "(?:stations?|plants?|stores?|발전소|백화점|発電所|發電所|发电站|發電站|电站|電站|百货商店|гэс)$"
)
_AFTER: Final = re.compile(
    r"[ \n]?[,(]? ?(?:nos?\.? ?|numbers? |units? )(\d{1,2})(?!\d)"
    r"|[ \n]?(?:제 ?)?(\d{1,2}) ?호(?![가-힣]{0,8}(?:기|로|갱|문|직장|호동))"
    r"|第?(\d{1,2})[号號](?!机|機|炉|爐)"
)
_BEFORE: Final = re.compile(
    r"(?:\b(?:no\.? ?|number |unit )(\d{1,2}) (?:of )?(?:the )?"
    r"|(\d{1,2})호(?:인)? )$"
)
_LISTED: Final = re.compile(
    r"(?:\bnos?\.? ?|\bunits? |\band )(\d{1,2})(?!\d)|(\d{1,2}) ?호|第?(\d{1,2})[号號]"
)
_REACH: Final = 24  # characters before a name in which its number may stand


def numbers(entity: Entity) -> frozenset[str]:
    """The numbers that the listed names of an entity have."""
    found = (_LISTED.finditer(fold(name.text)) for name in entity.names)
    return frozenset(
        number for each in found for match in each for number in match.groups() if number
    )


def another_unit(folded: str, start: int, end: int, listed: frozenset[str]) -> bool:
    """Whether the name at `start` is that of a numbered unit that is not listed."""
    if not _COUNTED.search(folded, start, end):
        return False
    after = _AFTER.match(folded, end)
    before = _BEFORE.search(folded, max(0, start - _REACH), start)
    found = [number for match in (after, before) if match for number in match.groups() if number]
    return bool(found) and not any(number.lstrip("0") in listed for number in found)
