"""Every name of a watchlist in one pass: an Aho-Corasick automaton over squeezed bytes."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

import daachorse

from monitor.tagging import boundaries, inflection
from monitor.tagging.shadow import DROPPED, Shadow, fold, squeeze
from monitor.tagging.spellings import lost_sign, spellings
from monitor.types import Entity, Name

_SIGN: Final = re.compile(f"[{re.escape(DROPPED)}]+")
_CJK: Final = re.compile("[\u3041-\u30ff\u3400-\u9fff가-힣]")
_PARTED: Final = re.compile(r"\d\s+\d")
_SHORT_HANGUL: Final = 3  # syllables; a name so short is not put together from two words
_SHORTEST: Final = 2  # bytes; a one-byte pattern would be met at every step
_INFLECTED_REACH: Final = 160  # characters before and after the trigger that are looked at


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """One squeezed spelling of a name, and what a find of it must keep to. Each is only itself."""

    entity: str
    name: Name
    breaks: frozenset[int] | None = None  # see boundaries.holds_together
    parted: bool = False  # two numbers must stand apart ("20 10" where the sign of 20×10 is lost)
    inflected: bool = False
    head: str = ""  # of a mere stem: the head that it shares with others
    rule: str = "name"  # what confirms a find of it, if nothing else has to


class Find(NamedTuple):
    """A name as found, in characters of the folded text."""

    form: Form
    start: int
    end: int
    words: tuple[tuple[int, int], ...] = ()  # of a name made of words that stand together


class Scanner:
    """Finds every listed name; what it means is judged elsewhere.

    `triggers` are words that make a text worth reading without being names; `stems` the beginnings
    of names that may leave their head to others (see sharing).
    """

    def __init__(
        self,
        entities: Iterable[Entity],
        triggers: Iterable[str] = (),
        stems: Iterable[tuple[str, Form]] = (),
    ) -> None:
        by_pattern: dict[bytes, list[Form]] = defaultdict(list)
        for entity in entities:
            for name in entity.names:
                for pattern, form in _forms(entity.id, name):
                    by_pattern[pattern].append(form)
        for stem, form in stems:
            by_pattern[squeeze(stem)].append(form)
        wanted = {squeeze(fold(word)) for word in triggers}
        patterns = [
            each for each in {**by_pattern, **dict.fromkeys(wanted)} if len(each) >= _SHORTEST
        ]
        self._forms = [tuple(by_pattern.get(pattern, ())) for pattern in patterns]
        self._triggers = frozenset(at for at, pattern in enumerate(patterns) if pattern in wanted)
        self._automaton = daachorse.DoubleArrayAhoCorasick(patterns) if patterns else None
        self._inflected: dict[str, re.Pattern[str]] = {}

    def scan(self, shadow: Shadow) -> list[tuple[int, int, int]]:
        """All patterns met, as start and end in bytes and number: nothing is checked yet."""
        return self._automaton.find_overlapping(shadow.squeezed) if self._automaton else []

    def triggered(self, raw: list[tuple[int, int, int]]) -> bool:
        """Whether a trigger is among what was met."""
        return not self._triggers.isdisjoint([pattern for _, _, pattern in raw])

    def names(self, shadow: Shadow, raw: list[tuple[int, int, int]]) -> list[Find]:
        """What was met that is a name within its borders; overlapping ones included."""
        return list(dict.fromkeys(self._checked(shadow, raw)))

    def _checked(self, shadow: Shadow, raw: list[tuple[int, int, int]]) -> Iterator[Find]:
        last = _last_bytes(shadow.squeezed, (end for _, end, _ in raw))
        places = shadow.unsqueeze([*(start for start, _, _ in raw), *last.values()])
        for byte_start, byte_end, pattern in raw:
            start, end = places[byte_start], places[last[byte_end]] + 1
            for form in self._forms[pattern]:
                if form.inflected:
                    yield from self._declined(shadow.folded, form, start, end)
                else:
                    found = _bounded(shadow, form, start, end)
                    if found:
                        yield found

    def _declined(self, folded: str, form: Form, start: int, end: int) -> Iterator[Find]:
        text = form.name.text
        wanted = self._inflected.get(text)
        if wanted is None:
            wanted = self._inflected[text] = inflection.pattern(fold(text), text)
        low = max(0, start - _INFLECTED_REACH)
        for found in wanted.finditer(folded, low, end + _INFLECTED_REACH):
            if found.start() <= start < found.end():
                yield Find(form, *found.span())


def _last_bytes(squeezed: bytes, ends: Iterable[int]) -> dict[int, int]:
    """For each end, the byte where the last character before it starts."""
    found = {}
    for end in ends:
        last = end - 1
        while last > 0 and squeezed[last] & 0xC0 == 0x80:
            last -= 1
        found[end] = last
    return found


def _bounded(shadow: Shadow, form: Form, start: int, end: int) -> Find | None:
    folded = shadow.folded
    if not boundaries.holds_together(folded, start, end, form.breaks):
        return None
    if form.parted and not _PARTED.search(folded, start, end):
        return None
    if form.name.whole_word:
        if not boundaries.begins(folded, start, camel=_camel(shadow, start)):
            return None
        end = boundaries.ends(folded, end, camel=_camel(shadow, end))
        if end < 0:
            return None
    if form.name.case_sensitive and not _same_case(shadow.written(start, end), form.name.text):
        return None
    return Find(form, start, end)


def _camel(shadow: Shadow, place: int) -> bool:
    """Whether the source goes from a small to a capital letter at `place`."""
    if not 0 < place < len(shadow.folded):
        return False
    around = shadow.folded[place - 1 : place + 1]
    if not (around.isascii() and around.isalpha()):
        return False
    before, after = shadow.written(place - 1, place), shadow.written(place, place + 1)
    return before.islower() and after.isupper()


def _same_case(written: str, name: str) -> bool:
    return written.startswith(name) or _SIGN.sub("", written) == _SIGN.sub("", name)


def _forms(entity: str, name: Name) -> Iterator[tuple[bytes, Form]]:
    if name.inflects:
        yield _inflected_form(entity, name)
        return
    listed, *others = spellings(name.text)
    yield squeeze(listed), Form(entity, name, breaks=breaks(listed))
    for spelling in others:
        parted = lost_sign(listed, spelling)
        yield squeeze(spelling), Form(entity, name, breaks=breaks(spelling), parted=parted)


def _inflected_form(entity: str, name: Name) -> tuple[bytes, Form]:
    return squeeze(inflection.trigger(fold(name.text), name.text)), Form(
        entity, name, inflected=True
    )


def breaks(spelling: str) -> frozenset[int] | None:
    """Where a spelling may be parted; None: anywhere."""
    pieces = _SIGN.split(spelling)
    if not spelling.isascii():
        whole = "".join(pieces)
        if _CJK.search(whole) and len(whole) > _SHORT_HANGUL:
            return None
    places, place = set(), 0
    for piece in pieces[:-1]:
        place += len(piece)
        places.add(place)
    return frozenset(places)
