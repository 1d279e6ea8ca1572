"""The watchlist's names and how they do: mentions, and what reviewers made of them."""

from __future__ import annotations

import json
import re
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace

from monitor.clock import moment_or_none
from monitor.store.desk import cards
from monitor.store.desk.types import NameCard

LEAST_PRECISION = 0.8  # under it a name costs its reviewers more than one look in five
LEAST_DECISIONS = 10  # relevant and rejected together; fewer say nothing of a name

SNIPPETS = 300  # of a flagged name, of either sort: words are counted, and need no more
NEAR = 60  # characters on either side of the name: about ten words
MOST_WORDS = 5
SHORTEST = 3  # letters of a word in an alphabet; shorter ones are articles and prepositions

_HAN = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_WORD = re.compile(f"[{_HAN}]+|[^\\W\\d_{_HAN}]+")

_HAN_FIRST = re.compile(f"[{_HAN}]")

_NAMES = """
SELECT n.entity, e.name, n.text, group_concat(DISTINCT n.language), min(n.origin), max(n.watched)
FROM names AS n JOIN entities AS e ON e.id = n.entity
WHERE n.entity = coalesce(:entity, n.entity) GROUP BY n.entity, n.text"""

_ENTITIES = "SELECT id, name FROM entities WHERE id = coalesce(?, id)"

# One entity at a time: in the order of the index, without sorting, and nothing but the index.
_MET = """
SELECT alias, state, count(*), max(item) FROM mentions WHERE entity = ? GROUP BY alias, state"""

_SEEN = """
SELECT i.id, i.first_seen_at FROM json_each(?) AS key CROSS JOIN items AS i ON i.id = key.value"""

_SNIPPETS = """
SELECT i.story, m.surface, m.snippet FROM mentions AS m JOIN items AS i ON i.id = m.item
WHERE m.entity = :entity AND m.alias = :alias ORDER BY m.item DESC LIMIT :most"""

_REJECTED = """
SELECT i.story, m.surface, m.snippet FROM json_each(:stories) AS key
CROSS JOIN items AS i ON i.story = key.value
CROSS JOIN mentions AS m ON m.item = i.id AND +m.entity = :entity AND +m.alias = :alias
LIMIT :most"""


def names(conn: sqlite3.Connection, *, entity: str = "") -> tuple[NameCard, ...]:
    """The names of one entity or of all, by entity and name.

    Those that are watched, and those no more watched that were met. `relevant` counts stories
    judged relevant in which the name stands confirmed; `rejected` stories with a `wrong tag` of
    this name, or of its entity without a name. Other judgements say nothing of a name. The words
    near rejections stand only on the flagged cards of one entity, and on those of `flagged`.
    """
    rejected = cards.rejected(conn, entity)
    found = _cards(conn, entity, rejected)
    if not entity:
        return tuple(found)
    return tuple(_with_words(conn, card, rejected) if card.flagged else card for card in found)


def flagged(conn: sqlite3.Connection) -> tuple[NameCard, ...]:
    """The names that are wrong too often, the worst first, with the words near rejections."""
    rejected = cards.rejected(conn)
    bad = [card for card in _cards(conn, "", rejected) if card.flagged]
    bad.sort(key=lambda card: (card.precision, -card.rejected))
    return tuple(_with_words(conn, card, rejected) for card in bad)


@dataclass(slots=True)
class _Met:
    """A name's mentions."""

    entity_name: str = ""
    languages: str = ""
    origin: str = ""
    watched: bool = False
    counts: dict[str, int] = field(default_factory=dict)  # by state
    newest: int = 0  # item


def _cards(
    conn: sqlite3.Connection, entity: str, rejected: Mapping[cards.Name, AbstractSet[int]]
) -> Iterator[NameCard]:
    met = _met(conn, entity)
    seen = dict(conn.execute(_SEEN, (json.dumps(sorted({m.newest for m in met.values()})),)))
    relevant = cards.relevant(conn, entity)
    for name in sorted(met):
        one = met[name]
        if not one.watched and not one.counts:
            continue
        good, bad = relevant.get(name, 0), len(rejected.get(name, ()))
        share = cards.precision(good, bad)
        yield NameCard(
            entity=name[0],
            entity_name=one.entity_name,
            language=", ".join(sorted(one.languages.split(","))),
            text=name[1],
            origin=one.origin,
            watched=one.watched,
            confirmed=one.counts.get("confirmed", 0),
            candidates=one.counts.get("candidate", 0),
            last_seen_at=moment_or_none(seen.get(one.newest)),
            relevant=good,
            rejected=bad,
            precision=share,
            flagged=share is not None and share < LEAST_PRECISION and good + bad >= LEAST_DECISIONS,
            near_rejections=(),
        )


def _met(conn: sqlite3.Connection, entity: str) -> dict[cards.Name, _Met]:
    asked = {"entity": entity or None}
    found: dict[cards.Name, _Met] = defaultdict(_Met)
    for slug, entity_name, text, languages, origin, watched in conn.execute(_NAMES, asked):
        found[slug, text] = _Met(entity_name, languages, origin, bool(watched))
    for slug, entity_name in conn.execute(_ENTITIES, (entity or None,)).fetchall():
        for alias, state, count, newest in conn.execute(_MET, (slug,)):
            one = found[slug, alias]
            one.entity_name = entity_name
            one.counts[state] = count
            one.newest = max(one.newest, newest)
    return found


def _with_words(
    conn: sqlite3.Connection, card: NameCard, rejected: Mapping[cards.Name, AbstractSet[int]]
) -> NameCard:
    """The card with the words that stand oftener near its rejections than near its other uses."""
    stories = rejected[card.entity, card.text]
    asked = {
        "entity": card.entity,
        "alias": card.text,
        "most": SNIPPETS,
        "stories": json.dumps(sorted(stories)),
    }
    wrong = conn.execute(_REJECTED, asked).fetchall()
    others = [row for row in conn.execute(_SNIPPETS, asked) if row[0] not in stories]
    return replace(card, near_rejections=telling(wrong, others))


Use = tuple[int, str, str]
"""Story, the words as written, the snippet round them."""


def telling(wrong: Sequence[Use], others: Sequence[Use]) -> tuple[tuple[str, int], ...]:
    """Words that stand oftener near the wrong uses than near the others, with in how many."""
    here, there = _counted(wrong), _counted(others)
    excess = {
        word: count / len(wrong) - there[word] / max(len(others), 1)
        for word, count in here.items()
        if count > 1
    }
    best = sorted(excess, key=lambda word: (-excess[word], word))
    return tuple((word, here[word]) for word in best[:MOST_WORDS] if excess[word] > 0)


def _counted(uses: Iterable[Use]) -> Counter[str]:
    """In how many uses each word stands."""
    return Counter(word for _, surface, text in uses for word in _near(surface, text))


def _near(surface: str, text: str) -> set[str]:
    start = text.find(surface)
    if start < 0:
        return set()
    end = start + len(surface)
    before, after = text[max(start - NEAR, 0) : start], text[end : end + NEAR]
    return {word for part in (before, after) for word in _words(part)}


def _words(text: str) -> Iterator[str]:
    """Words of alphabets and Hangul; of Han and kana, which have no blanks, pairs of characters."""
    for run in _WORD.findall(text):
        if _HAN_FIRST.match(run):
            yield from (run[at : at + 2] for at in range(len(run) - 1))
        elif len(run) >= SHORTEST or "\uac00" <= run[0] <= "\ud7af":
            yield run.casefold()
