"""A name of a facility in a text, and what is common to finding them in every language."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from monitor.suggest.nouns import KINDS, Kind
from monitor.suggest.words import COUNTRIES, GENERIC, MILITARY


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """`text[start:end]` reads as the name of a facility."""

    start: int
    end: int
    name: str  # as it would stand on a watchlist: Russian in the nominative
    stem: str  # what tells it from others of its kind, folded
    kind: Kind


_MILITARY = re.compile(MILITARY)
_BEFORE = 24  # characters: "the munitions plant of", 군수공업부문의


def is_military(text: str, start: int, end: int) -> bool:
    """Whether the name, or what stands right before it in its line, is military."""
    before = text[max(0, start - _BEFORE) : start].rpartition("\n")[2]
    return bool(_MILITARY.search(before + text[start:end]))


@cache
def words(language: str) -> frozenset[str]:
    """The words of a language that alone make no name."""
    return frozenset(f"{GENERIC.get(language, '')} {COUNTRIES.get(language, '')}".split())


@cache
def nouns(language: str) -> Mapping[str, Kind]:
    """Head noun → kind, the longest first."""
    pairs = [(noun, kind) for kind in KINDS for noun in getattr(kind, language)]
    return dict(sorted(pairs, key=lambda pair: -len(pair[0])))


def any_of(texts: Iterable[str]) -> str:
    """A pattern for one of these, the longest where several fit."""
    return "|".join(re.escape(text) for text in sorted(set(texts), key=len, reverse=True))


@cache
def _only(language: str) -> re.Pattern[str]:
    return re.compile(rf"(?:{any_of(words(language))}|[\d\s.·・제第号호])*")


def is_generic(stem: str, language: str) -> bool:
    """Whether a stem of a language without blanks is made of such words alone."""
    return bool(_only(language).fullmatch(stem))
