"""What is found about a feed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing in plain words. They may quote the feed: printing them makes them safe."""

    topic: str  # format, address, encoding, dates, ids, requests, window, text, language
    level: str  # fine | note (worth knowing) | wrong (a fault, or a setting is needed)
    words: str


def _finding(topic: str, words: str, *, level: str) -> Finding:
    return Finding(topic=topic, level=level, words=words)


fine = partial(_finding, level="fine")
note = partial(_finding, level="note")
wrong = partial(_finding, level="wrong")
