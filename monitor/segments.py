"""How text is cut into words for the search index, so that Korean, Chinese and Japanese are found.

Leaf: parser processes do it as well.
"""

from __future__ import annotations

import re

# Hangul syllables and jamo, kana, CJK ideographs with extension A and the compatibility block.
SPACED = re.compile(
    "[\u1100-\u11ff\u3040-\u30ff\u3130-\u318f\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]"
)
_RUN = re.compile(f"{SPACED.pattern}+")


def segment(text: str) -> str:
    """The text with a blank on both sides of every Hangul, Han and kana character."""
    if text.isascii():
        return text
    # By runs, since putting in a template for each character takes five times as long.
    return _RUN.sub(lambda run: f" {' '.join(run[0])} ", text)
