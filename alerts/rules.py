"""Which story goes to whom: `[[alert]]` rules. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, fields
from functools import lru_cache

from alerts.errors import RuleError
from alerts.schedule import Quiet, Schedule

RELATIONS = ("first", "new-origin", "edit", "gone", "burst", "silence", "return")
MODES = ("now", "digest")
MOST_AN_HOUR = 20  # messages of a rule, or from a feed, on a channel: more is not read
MAX_AGE = 7 * 86400  # seconds: what feeds bring that is older was moved or put up again, not news


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One `[[alert]]` table. Conditions are all to be met; within one, any value will do.

    An empty condition asks for nothing, so a rule with none takes every named entity.

    Raises:
        RuleError: it has no name, goes nowhere, or has an empty value, which would fit nothing (in
            `exclude`: everything).
    """

    name: str
    to: tuple[str, ...]  # channels, as the configuration names them
    entities: tuple[str, ...] = ()  # ids
    sectors: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    provinces: tuple[str, ...] = ()
    feeds: tuple[str, ...] = ()  # name or URL
    source_kinds: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()  # BCP 47 primary subtags
    words: tuple[str, ...] = ()  # one of them stands in title or text; a final * allows an ending
    exclude: tuple[str, ...] = ()  # none of them does
    relation: tuple[str, ...] = ("first",)  # what of a story is announced
    min_origins: int = 1  # sources that tell the story in words of their own
    max_age: int = MAX_AGE  # seconds since publication
    mode: str = "now"  # now | digest
    schedule: Schedule | None = None  # of a digest
    quiet: Quiet | None = None  # hours in which nothing is sent
    most_an_hour: int = MOST_AN_HOUR  # messages; the rest of the hour goes as one. 0 = any number

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise RuleError(self.name, "name", "is missing")
        for key, good, problem in self._checks():
            if not good:
                raise RuleError(self.name, key, problem)
        for one in fields(self):
            values = getattr(self, one.name)
            if isinstance(values, tuple) and not all(value.strip(" *") for value in values):
                raise RuleError(self.name, one.name, "has an empty value")

    def _checks(self) -> list[tuple[str, bool, str]]:
        digest = self.mode == "digest"
        no_schedule = 'is missing: when is the digest due? For example "daily at 07:00 Asia/Seoul"'
        return [
            ("to", bool(self.to), "names no channel"),
            ("relation", bool(self.relation), "names nothing to announce"),
            ("relation", set(self.relation) <= set(RELATIONS), f"is not of {', '.join(RELATIONS)}"),
            ("mode", self.mode in MODES, f"is not one of {', '.join(MODES)}"),
            ("min_origins", self.min_origins >= 1, "is not 1 or more"),
            ("max_age", self.max_age > 0, "is not above 0"),
            ("most_an_hour", self.most_an_hour >= 0, "is below 0"),
            ("schedule", bool(self.schedule) or not digest, no_schedule),
            ("schedule", digest or not self.schedule, 'goes with mode = "digest"'),
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A watched entity with a confirmed mention. Candidates are for reviewers, not for alerts."""

    entity: str  # id
    sector: str
    kind: str
    province: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the rules may ask of a story."""

    subjects: tuple[Subject, ...]
    feed: str = ""  # name
    feed_url: str = ""
    source_kind: str = ""
    language: str = ""
    title: str = ""
    text: str = ""


def matches(rule: Rule, facts: Facts) -> bool:
    """Whether the rule announces the story."""
    return bool(matching(rule, facts))


def matching(rule: Rule, facts: Facts) -> tuple[Subject, ...]:
    """The subjects because of which it does; none if it does not.

    Sector, kind and province are asked of one entity: a mine in the north and a school in the
    south are no mine in the south.
    """
    if not _story_fits(rule, facts):
        return ()
    return tuple(subject for subject in facts.subjects if _subject_fits(rule, subject))


def _subject_fits(rule: Rule, subject: Subject) -> bool:
    return (
        _any(rule.entities, subject.entity)
        and _any(rule.sectors, subject.sector)
        and _any(rule.kinds, subject.kind)
        and _any(rule.provinces, subject.province)
    )


def _story_fits(rule: Rule, facts: Facts) -> bool:
    language = facts.language.partition("-")[0]
    return (
        _any(rule.feeds, facts.feed, facts.feed_url)
        and _any(rule.source_kinds, facts.source_kind)
        and _any(rule.languages, language)
        and _words_fit(rule, facts)
    )


def _any(wanted: tuple[str, ...], *values: str) -> bool:
    return not wanted or bool(_folded(wanted) & _folded(values))


def _folded(values: Iterable[str]) -> set[str]:
    return {value.strip().casefold() for value in values} - {""}


def _words_fit(rule: Rule, facts: Facts) -> bool:
    if not rule.words and not rule.exclude:
        return True
    text = _shadow(f"{facts.title}\n{facts.text}")
    wanted = not rule.words or any(_pattern(word).search(text) for word in rule.words)
    return wanted and not any(_pattern(word).search(text) for word in rule.exclude)


# Scripts that put blanks between words. Hangul, Han and kana do not end a word so: particles and
# neighbours are written on to it, and there a word is looked for within the text.
_LETTER = "[0-9a-z\u00df-\u024f\u0400-\u052f]"


@lru_cache(maxsize=1024)
def _pattern(word: str) -> re.Pattern[str]:
    shadow = _shadow(word)
    stem = shadow.removesuffix("*")
    blanks = r"\s+".join(re.escape(part) for part in stem.split())
    end = "" if stem != shadow else f"(?!(?<={_LETTER}){_LETTER})"
    return re.compile(f"(?<!{_LETTER})(?={_LETTER}){blanks}{end}|(?!{_LETTER}){blanks}{end}")


def _shadow(text: str) -> str:
    """Full-width as half-width, one case, ё as е: as people mean it, not as it was typed."""
    return unicodedata.normalize("NFKC", text).casefold().replace("ё", "е")
