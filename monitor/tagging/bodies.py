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


def in_another_body(folded: str, start: int, end: int) -> bool:
    """Whether a Latin short form is followed by the head of a body that is not listed."""
    return bool(_BODY.match(folded, end)) and not has_head(folded[start:end])
