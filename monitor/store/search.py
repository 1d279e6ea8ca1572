"""Full-text search that finds Korean, Chinese, Japanese and Russian.

SQLite's unicode61 tokenizer takes a run of Hangul or Han for one word, so that 평양 is not found
in 평양화력발전소는. Here every Hangul, Han and kana character becomes a word of its own, in the
index and in the query alike, and a run of them in a query is a phrase. Latin and Cyrillic words are
searched by prefix, which finds inflected forms. (Measured: trigram finds no query of under three
characters and doubles the file.)
"""

from __future__ import annotations

import re

# Hangul syllables and jamo, kana, CJK ideographs with extension A and the compatibility block.
_SPACED = re.compile(
    "([\u1100-\u11ff\u3040-\u30ff\u3130-\u318f\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff])"
)
_WORDS = re.compile(r"[\w]+")


def segment(text: str) -> str:
    """The text with a blank on both sides of every Hangul, Han and kana character."""
    return _SPACED.sub(r" \1 ", text)


def query(words: str) -> str:
    """An FTS5 query that asks for all the words; "" when there is no word in it.

    Punctuation of the caller's never reaches FTS5, so no input is a syntax error.
    """
    return " AND ".join(_term(word) for word in _WORDS.findall(words))


def _term(word: str) -> str:
    pieces = segment(word).split()
    phrase = '"' + " ".join(pieces) + '"'
    return phrase if _SPACED.match(pieces[-1]) else phrase + "*"
