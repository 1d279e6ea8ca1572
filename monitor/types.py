"""The words that the monitor's modules share: watchlist, mentions, and what a poll learnt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """One way of writing an entity, with the rule that decides where it counts."""

    text: str
    language: str  # en, ko, zh, ja, ru
    confidence: str = "high"  # high | medium | low
    origin: str = (
        "listed"  # listed | a rule's slug, for forms made by rule (romanised, kontsevich, …)
    )
    whole_word: bool = True  # Latin and Cyrillic: not inside a longer word
    case_sensitive: bool = False
    inflects: bool = False  # Russian: match the stem, then any case ending
    needs_context: bool = False  # a candidate unless a cue stands near


@dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """Words that name an entity only when they stand together: one of each group, in any order."""

    groups: tuple[tuple[str, ...], ...]
    within: str = "sentence"  # sentence | text
    needs_context: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """A watched facility, policy, project, event or organisation."""

    id: str  # slug
    kind: str
    sector: str
    name: str  # for display
    names: tuple[Name, ...]
    province: str = ""
    county: str = ""
    lat: float | None = None
    lon: float | None = None
    precision: str = ""  # site | town | county | province | ""
    part_of: str = ""  # id of the parent
    match: str = "standalone"  # standalone | context | generic
    near: tuple[str, ...] = ()  # one of these must stand in title or text
    not_near: tuple[str, ...] = ()  # none of these may stand in the sentence of the name
    together: tuple[Together, ...] = ()
    hits: tuple[str, ...] = ()  # lines that must name it
    misses: tuple[str, ...] = ()  # lines that must not


@dataclass(frozen=True, slots=True, kw_only=True)
class Watchlist:
    """A validated watchlist. `version` is the SHA-256 of what decides matching."""

    name: str
    version: str
    entities: Mapping[str, Entity]
    title: str = ""  # for display
    cues: tuple[str, ...] = ()  # any of these in title or text makes it a text about the subject
    foreign: tuple[str, ...] = ()  # in the sentence, and no cue there: another country's namesake
    # Look-alikes (missiles, era years, a university of the same name) that are never a mention. The
    # longest of names and masks wins, a mask where they are equal. `#` stands for a number.
    masks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """An entity found in a text. `text[start:end] == surface`, always."""

    entity: str
    name: str  # the alias as listed or generated
    surface: str  # as written
    field: str  # title | text
    start: int
    end: int
    state: str  # confirmed | candidate
    rule: str  # slug of the rule that decided


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What the tagger reads. Everything it may use to judge is in here."""

    title: str
    text: str
    language: str = ""
    source_kind: str = ""
    source: str = ""
    extra: Mapping[str, str] = field(default_factory=dict)
