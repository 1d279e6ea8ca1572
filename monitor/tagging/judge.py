"""Whether a name that was found is meant: confirmed, a candidate, or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from monitor.tagging.bodies import in_another_body, in_longer_name
from monitor.tagging.reading import Reading
from monitor.tagging.scan import Find
from monitor.tagging.units import another_unit, numbers
from monitor.types import Entity

CONFIRMED: Final = "confirmed"
CANDIDATE: Final = "candidate"

_THINGS: Final = frozenset(("facility", "project"))
_TELLING: Final = 4  # characters a name needs to be worth a candidate


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was decided about a find, and by which rule."""

    find: Find
    state: str
    rule: str


class Judge:
    """Decides by entity, name and what stands round it."""

    def __init__(self, entities: Mapping[str, Entity]) -> None:
        self._entities = entities
        self._numbers: dict[str, frozenset[str]] = {}

    def judge(self, finds: Iterable[Find], reading: Reading) -> list[Verdict]:
        """Verdicts on the finds that stand; those sure by themselves first: they are cues too."""
        standing = [find for find in finds if self._stands(find, reading)]
        sure = [find for find in standing if self._sure(find)]
        reading.add_cues(find.start for find in sure)
        named = {find.form.entity for find in standing}
        verdicts = [Verdict(find, CONFIRMED, find.form.rule) for find in sure]
        for find in standing:
            if not self._sure(find):
                verdicts += self._doubtful(find, named, reading)
        return verdicts

    def _stands(self, find: Find, reading: Reading) -> bool:
        """Whether nothing beside the find says that something else is meant."""
        entity = self._entities[find.form.entity]
        if reading.masked(find.start, find.end):
            return False
        if entity.kind in _THINGS and self._another(find, entity, reading):
            return False
        if entity.kind == "organisation" and _short(find) and in_longer_name(reading, find):
            return False
        if entity.near and not reading.stands(entity.near):
            return False
        if entity.not_near and reading.beside(entity.not_near, find.start, find.end):
            return False
        return not reading.abroad(find.start, find.end)

    def _another(self, find: Find, entity: Entity, reading: Reading) -> bool:
        if find.words or find.form.head:
            return False
        listed = self._numbers.get(entity.id)
        if listed is None:
            listed = self._numbers[entity.id] = numbers(entity)
        return another_unit(reading.folded, find.start, find.end, listed) or in_another_body(
            reading.folded, find.start, find.end
        )

    def _sure(self, find: Find) -> bool:
        entity = self._entities[find.form.entity]
        return entity.match == "standalone" and not entity.part_of and not _short(find)

    def _doubtful(self, find: Find, named: set[str], reading: Reading) -> list[Verdict]:
        entity = self._entities[find.form.entity]
        if entity.part_of:
            held = entity.part_of in named
            return [Verdict(find, CONFIRMED, "part-with-parent")] if held else []
        return _by_context(find, entity, reading)


def _short(find: Find) -> bool:
    return find.form.name.needs_context or find.form.name.confidence == "low"


def _by_context(find: Find, entity: Entity, reading: Reading) -> list[Verdict]:
    common = entity.match == "generic" or find.form.name.confidence == "low"
    if not reading.cues:
        telling = not common and not find.words and find.end - find.start >= _TELLING
        return [Verdict(find, CANDIDATE, "no-cue")] if telling else []
    if not common:
        return [Verdict(find, CONFIRMED, "cue-in-text")]
    if reading.about(find.start):
        return [Verdict(find, CONFIRMED, "cue-in-passage")]
    return [Verdict(find, CANDIDATE, "cue-elsewhere")]
