"""English: capitals before a head noun, cut where a headline or a sentence begins another thing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from monitor.suggest.nouns import KINDS, Kind
from monitor.suggest.span import Span, any_of, is_military, nouns, words
from monitor.suggest.words import COUNTRIES, NO_PART

_SMALL: Final = {noun.lower(): kind for kind in KINDS for noun in kind.plain}
_HEAD: Final = re.compile(
    rf"(?<![\w-])(?:{any_of([*nouns('en'), *_SMALL])})(?![\w-])(?P<number> (?:No\.? ?|Number )\d+)?"
)
_LAST_WORD: Final = re.compile('[^\\s,;:!?()\\[\\]{}<>"“”«»…—–/]+(?=[ \u00a0]$)')
_SENTENCE_START: Final = re.compile(r"(?:^|[.!?:;\n•*|—–])[\s\"'“‘«(\[]*\Z")
_VERB: Final = re.compile("(?:ing|ed|ly)$")
_MONTH: Final = re.compile(
    "January|February|March|April|May|June|July|August|September|October|November|December"
)
_ABBREVIATED: Final = re.compile(r"(?:Mt|St|No|Dr|[A-Z])\.")
_NO_PART: Final = frozenset(NO_PART.split())
_QUARTERS: Final = frozenset(("North", "South", "East", "West", "Northern", "Southern", "N.", "S."))
_COUNTRIES: Final = frozenset(COUNTRIES["en"].split())
_LONGEST: Final = 8  # words before the head noun


def find(text: str) -> Iterator[Span]:
    """The names in an English text."""
    for head in _HEAD.finditer(text):
        noun = head[0].removesuffix(head["number"] or "")
        start, before = _name(_words_before(text, head.start()))
        if not before or _is_no_name(text, start, before, small=noun in _SMALL):
            continue
        if not is_military(text, start, head.end()):
            yield Span(
                start=start,
                end=head.end(),
                name=text[start : head.end()].replace("\u00a0", " "),
                stem=" ".join([*before, *(head["number"] or "").split()]).lower(),
                kind=_kind(noun),
            )


def _kind(noun: str) -> Kind:
    return nouns("en").get(noun) or _SMALL[noun]


def _words_before(text: str, end: int) -> list[tuple[int, str]]:
    """The unbroken row of words in capitals that ends here, each with its place."""
    found: list[tuple[int, str]] = []
    while len(found) < _LONGEST:
        word = _LAST_WORD.search(text, max(0, end - 40), end)
        if word is None or not _may_belong(word[0], found[0][1] if found else ""):
            break
        found.insert(0, (word.start(), word[0]))
        end = word.start()
    while found and found[0][1] in ("and", "&"):
        del found[0]
    return found


def _may_belong(word: str, after: str) -> bool:
    """Whether a word goes with the part of a name behind it."""
    if word in ("and", "&"):  # Iron and Steel, not Hamhung and Hungnam
        return after in words("en")
    if word.isdigit():  # February 8 Vinalon Complex
        return True
    if word.endswith(".") and not _ABBREVIATED.fullmatch(word):
        return False
    return word[0].isupper()


def _name(row: list[tuple[int, str]]) -> tuple[int, list[str]]:
    """Where the name begins, and its words before the head noun: behind the last foreign word."""
    cut = 0
    for at, (_, word) in enumerate(row):
        day = at + 1 < len(row) and row[at + 1][1].isdigit() and _MONTH.fullmatch(word)
        loose = word.isdigit() and not (at and _MONTH.fullmatch(row[at - 1][1]))
        if loose or (_bare(word) in _NO_PART and not day):
            cut = at + 1
    row = _without_country(row[cut:])
    return (row[0][0], [word for _, word in row]) if row else (0, [])


def _without_country(row: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """Whose it is goes: North Korea's, Chinese. North alone may begin a name: North Hamgyong."""
    while row:
        first, second = row[0][1], row[1][1] if len(row) > 1 else ""
        if first in _QUARTERS and "Korea" not in second:
            break
        if first not in _COUNTRIES:
            break
        row = row[1:]
    return row


def _bare(word: str) -> str:
    return re.sub("['’]s?$", "", word)


def _is_no_name(text: str, start: int, before: list[str], *, small: bool) -> bool:
    telling = [w for w in before if not w.isdigit() and w != "and" and not _is_generic(w)]
    if not telling:
        # A day of the year is all the name that some have: the May 10 Factory.
        return not (len(before) > 1 and _MONTH.fullmatch(before[0]))
    opens = bool(_SENTENCE_START.search(text, max(0, start - 8), start))
    return opens and len(before) == 1 and (small or bool(_VERB.search(before[0])))


def _is_generic(word: str) -> bool:
    return word in words("en") or _bare(word) in words("en")
