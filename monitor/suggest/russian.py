"""Russian: an adjective in -ский with a head noun, or a head noun with a name behind it.

Хичхонской ГЭС stands for Хичхонская ГЭС: names are given in the nominative, by the head's gender.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from monitor.suggest.nouns import Kind
from monitor.suggest.span import Span, is_military, nouns, words
from monitor.suggest.words import NO_PART_RU

_FEMININE: Final = "(?:ая|яя|ой|ей|ую|юю)"
_OTHER: Final = "(?:ый|ий|ой|ое|ее|ого|его|ому|ему|ым|им|ом|ем)"
_ENDING: Final = re.compile("(?:ого|его|ому|ему|ая|яя|ой|ей|ую|юю|ый|ий|ое|ее|ым|им|ом|ем)$")
_SIBILANT: Final = "кгхжшчщ"
_NOMINATIVE: Final = {"f": ("ая", "ая"), "m": ("ый", "ий"), "n": ("ое", "ое")}


def _gender(noun: str) -> str:
    if noun.isupper() or noun.endswith(("а", "я")):
        return "f"
    return "n" if noun.endswith("е") else "m"


def _forms(noun: str) -> str:
    """A noun in the cases of the singular, as a pattern."""
    *first, last = noun.split()
    leading = "".join(re.escape(_stem(word)) + f"{_OTHER}\\s" for word in first)
    if last.isupper():
        return leading + last
    cases = {"ия": "(?:ия|ии|ию|ией)", "ца": "(?:ца|цы|це|цу|цей)", "ий": "(?:ий|ия|ию|ием|ии)"}
    if last[-2:] in cases:
        return leading + re.escape(last[:-2]) + cases[last[-2:]]
    if last.endswith("а"):
        return leading + re.escape(last[:-1]) + "(?:а|ы|и|е|у|ой)"
    if last.endswith("е"):
        return leading + re.escape(last[:-1]) + "(?:е|я|ю|ем|и)"
    return leading + re.escape(last) + "(?:|а|у|ом|е)"


def _stem(adjective: str) -> str:
    return _ENDING.sub("", adjective)


_KINDS: Final = list(nouns("ru").items())
_NOUN: Final = "|".join(f"(?P<n{at}>{_forms(noun)})" for at, (noun, _) in enumerate(_KINDS))
_ROW: Final = rf"(?P<row>(?:[А-ЯЁа-яё][А-ЯЁа-яё-]+(?:{_FEMININE}|{_OTHER})\s){{0,4}})"
_QUOTED: Final = r"\s?[«\"“](?P<quoted>[^«»\"“”\n]{2,40})[»\"”]"
_BEHIND: Final = r"\s(?P<behind>[А-ЯЁ][а-яё]{2,}(?:-[А-ЯЁ][а-яё]+)*)(?![\w-])(?!\s[А-ЯЁ])"
_HONOUR: Final = r"\s(?:имени|им\.)\s(?P<honour>[А-ЯЁ][\w-]+(?:\s[А-ЯЁ][\w-]+){0,2})"
_NUMBER: Final = r"\s?(?P<number>№\s?\d+)"
_NAME: Final = re.compile(
    rf"(?<![\w-]){_ROW}(?:{_NOUN})(?![\w-])(?:{_QUOTED}|{_HONOUR}|{_NUMBER}|{_BEHIND})?"
)
_PLACE: Final = re.compile(rf"[А-ЯЁ][А-ЯЁа-яё-]+ск(?:{_FEMININE}|{_OTHER})")
# Behind these a place may stand bare: шахта Комдок. Behind a factory that is a person who visits.
_TAKES_PLACE: Final = frozenset(("power-station", "mine", "resort"))
_WORD: Final = re.compile(r"\S+")
_NO_PART: Final = frozenset(NO_PART_RU.split())
_NOT_BEHIND: Final = frozenset(("Ким", "Имени", "Северной", "Южной"))


def find(text: str) -> Iterator[Span]:
    """The names in a Russian text."""
    for found in _NAME.finditer(text):
        group = next(at for at in range(len(_KINDS)) if found[f"n{at}"])
        noun, kind = _KINDS[group]
        behind = _behind(found, kind)
        adjectives = _adjectives(found)
        place = next((word for _, word in adjectives if _is_place(word)), "")
        if not (place or behind):
            continue
        start = adjectives[0][0] if adjectives else found.start(f"n{group}")
        end = found.end() if behind else found.end(f"n{group}")
        if is_military(text, start, end):
            continue
        said = [word for _, word in adjectives]
        yield Span(
            start=start,
            end=end,
            name=_nominative(said, noun, behind),
            stem=" ".join([*(_stem(w.lower()) for w in said), behind.lower()]).strip(),
            kind=_whole_kind(said, noun, kind),
        )


def _adjectives(found: re.Match[str]) -> list[tuple[int, str]]:
    """The adjectives of the name, with their places: from the one of its place on, if there is."""
    row = [(m.start(), m[0]) for m in _WORD.finditer(found.string, *found.span("row"))]
    row = [(at, word) for at, word in row if _stem(word.lower()) not in _NO_PART]
    places = [at for at, (_, word) in enumerate(row) if _is_place(word)]
    return row[places[-1] :] if places else row


def _is_place(word: str) -> bool:
    """Whether an adjective is of a place, not of a sort or a country."""
    return bool(_PLACE.fullmatch(word)) and _stem(word.lower()) not in words("ru")


def _whole_kind(said: Sequence[str], noun: str, kind: Kind) -> Kind:
    """The kind that the adjectives make of a noun: угольная шахта."""
    last = _declined(said[-1], _gender(noun)) if said else ""
    return nouns("ru").get(f"{last.lower()} {noun}", kind)


def _behind(found: re.Match[str], kind: Kind) -> str:
    """The name behind the head noun, as it is written in a list."""
    if found["quoted"]:
        return f"«{found['quoted'].strip()}»"
    if found["honour"]:
        return f"имени {found['honour']}"
    if found["number"]:
        return str(found["number"])
    behind = found["behind"] or ""
    return behind if kind.slug in _TAKES_PLACE and behind not in _NOT_BEHIND else ""


def _nominative(adjectives: Sequence[str], noun: str, behind: str) -> str:
    gender = _gender(noun.rpartition(" ")[2])
    return " ".join([*(_declined(a, gender) for a in adjectives), noun, behind]).strip()


def _declined(adjective: str, gender: str) -> str:
    stem = _stem(adjective)
    hard, soft = _NOMINATIVE[gender]
    return stem + (soft if stem[-1:] in _SIBILANT else hard)
