"""Full-text search on PostgreSQL: over the same segments, with the same answers.

`items_search.words` holds of each item its words, and of Korean, Chinese and Japanese, where each
character is a word, every two that stand together too. An index finds the items that have all that
a query asks for; that they stand side by side, in one text, is then seen in the texts themselves.
So nothing depends on the places that a tsvector can hold: 255 of a word, none behind the 16,383rd,
which is three pages of Chinese.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import psycopg

from monitor.segments import SPACED
from monitor.store import search

LONGEST = 64  # characters of a word that are indexed: a tsvector holds 2 KB of one
BATCH = 200  # items looked at together, with their texts

_WORD = re.compile(r"[^\W_]+")

_PUT = """
INSERT INTO items_search (item, words) VALUES (%s, %s::tsvector)
ON CONFLICT (item) DO UPDATE SET words = excluded.words"""

_DROP = "DELETE FROM items_search WHERE item = %s"

_FOUND = """
SELECT items.id, items.title, items.url, items.language, items.first_seen_at, items.published_at,
  feeds.name AS source, items.story, items.text, coalesce(articles.text, '') AS article
FROM items_search JOIN items ON items.id = items_search.item JOIN feeds ON feeds.id = items.feed
LEFT JOIN articles ON articles.item = items.id
WHERE items_search.words @@ %s::tsquery AND items.first_seen_at >= %s AND items.id < %s
ORDER BY items.id DESC LIMIT %s"""

Row = dict[str, Any]


def put(raw: psycopg.Connection[Any], values: Sequence[Any]) -> psycopg.Cursor[Any]:
    """For search.INDEX: an item with the segments of its texts."""
    item, *segments = values
    # Letters and digits alone, so that nothing of them means anything to a tsvector.
    return raw.execute(_PUT, (item, " ".join(set().union(*map(lexemes, segments)))))


def drop(raw: psycopg.Connection[Any], values: Sequence[Any]) -> psycopg.Cursor[Any]:
    """For search.UNINDEX."""
    return raw.execute(_DROP, (values[0],))


def lexemes(segments: str) -> set[str]:
    """What a segmented text is found by."""
    words = _WORD.findall(search.folded(segments))
    pairs = (a + b for a, b in pairwise(words) if SPACED.match(a) and SPACED.match(b))
    return {word[:LONGEST] for word in words} | set(pairs)


def find(raw: psycopg.Connection[Any], words: str, *, limit: int, since: str) -> Iterator[Row]:
    """Items first seen since that hold all the words, newest first."""
    patterns, asked, below = search.patterns(words), query(words), 2**62
    while asked and limit > 0:
        cursor = raw.execute(_FOUND, (asked, since, below, BATCH))
        names = [column.name for column in cursor.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in cursor]
        for row in rows:
            texts = [search.folded(row[field]) for field in ("title", "text", "article")]
            if limit and all(any(map(one.search, texts)) for one in patterns):
                limit -= 1
                yield row
        if len(rows) < BATCH:
            return
        below = rows[-1]["id"]


def query(words: str) -> str:
    """What an item must have to be looked at; "" when there is no word in it."""
    return " & ".join(piece for phrase in search.phrases(words) for piece in _pieces(phrase))


def _pieces(phrase: Sequence[str]) -> Iterator[str]:
    *whole, last = phrase
    for word in whole:
        yield f"'{word[:LONGEST]}'"
    yield f"'{last[:LONGEST]}'" + ("" if SPACED.match(last) else ":*")
    for a, b in pairwise(phrase):
        if SPACED.match(a) and SPACED.match(b):
            yield f"'{a}{b}'"
