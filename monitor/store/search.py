"""Full-text search that finds Korean, Chinese, Japanese and Russian.

SQLite's unicode61 tokenizer takes a run of Hangul or Han for one word, so that 평양 is not found
in 평양화력발전소는. Here every Hangul, Han and kana character becomes a word of its own, in the
index and in the query alike, and a run of them in a query is a phrase. Latin and Cyrillic words are
searched by prefix, which finds inflected forms. (Measured: trigram finds no query of under three
characters and doubles the file.)
"""

from __future__ import annotations

import re
import sqlite3
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter

from monitor.segments import SPACED, segment

INDEX = "INSERT INTO items_search (rowid, title, text, article) VALUES (?, ?, ?, ?)"
# A contentless index forgets a row only when told what stood in it.
UNINDEX = """
INSERT INTO items_search (items_search, rowid, title, text, article)
VALUES ('delete', ?, ?, ?, ?)"""

Indexed = tuple[str, int, str, str, str]
"""A statement of these with its values: what the index must learn, or forget."""

_WORDS = re.compile(r"[\w]+")
_PIECE = re.compile(r"[^\W_]+")


def write(db: sqlite3.Connection, rows: Iterable[Indexed]) -> None:
    """Bring the index up to date, in this order.

    Best for many polls at once, after everything else: a savepoint, or a statement that may have to
    be undone by itself (RETURNING, INSERT … SELECT), makes FTS5 write out what it has gathered,
    which is dear.
    """
    for statement, found in groupby(rows, key=itemgetter(0)):
        db.executemany(statement, [row[1:] for row in found])


def query(words: str) -> str:
    """An FTS5 query that asks for all the words; "" when there is no word in it.

    Punctuation of the caller's never reaches FTS5, so no input is a syntax error.
    """
    return " AND ".join(_term(word) for word in _words(words))


def where(words: str, text: str) -> list[tuple[int, int]]:
    """The spans of a text in which the words of a query stand, in order, none in another."""
    plain = folded(text)
    spans = sorted(
        (found.start(), -found.end())
        for pattern in patterns(words)
        for found in pattern.finditer(plain)
    )
    return list(_apart((start, -end) for start, end in spans))


def patterns(words: str) -> list[re.Pattern[str]]:
    """For each word of a query: how it stands in a text that is folded."""
    return [_pattern(word) for word in _words(words)]


def phrases(words: str) -> list[list[str]]:
    """The same as words of the index that stand side by side; of the last, Latin, the beginning."""
    found = (_PIECE.findall(segment(folded(word))) for word in _words(words))
    return [pieces for pieces in found if pieces]


def add_function(connection: sqlite3.Connection) -> None:
    """Give SQL `wirewatch_query(words)`, to write `items_search MATCH wirewatch_query('평양')`."""
    connection.create_function("wirewatch_query", 1, _for_sql, deterministic=True)


def _for_sql(words: object) -> str:
    """The query, or one that is no error and finds nothing."""
    return query(str(words or "")) or '""'


def _words(words: str) -> list[str]:
    """The words of a query, composed as feeds write them: some keyboards send Hangul in parts."""
    return _WORDS.findall(unicodedata.normalize("NFC", words))


def _term(word: str) -> str:
    pieces = segment(word).split()
    phrase = '"' + " ".join(pieces) + '"'
    return phrase if SPACED.match(pieces[-1]) else phrase + "*"


def _pattern(word: str) -> re.Pattern[str]:
    """What `_term` finds, as a pattern on a folded text: the whole word where only its head is."""
    pieces = segment(folded(word)).split()
    begin = "" if SPACED.match(pieces[0]) else r"(?<![^\W_])"
    end = "" if SPACED.match(pieces[-1]) else r"[^\W_]*"
    return re.compile(begin + r"[\W_]*".join(map(re.escape, pieces)) + end)


def folded(text: str) -> str:
    """Without case and accents, a character for a character."""
    return text.lower() if text.isascii() else text.translate(_FOLDED)


class _Folding(dict[int, str]):
    """Each character is looked at once."""

    def __missing__(self, code: int) -> str:
        self[code] = _base(chr(code))
        return self[code]


def _base(character: str) -> str:
    if SPACED.match(character):
        return character
    base = unicodedata.normalize("NFD", character)[0].lower()
    return base if len(base) == 1 else character  # a dotted İ becomes two


_FOLDED = _Folding()


def _apart(spans: Iterator[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    reached = 0
    for start, end in spans:
        if start >= reached:
            yield start, end
            reached = end
