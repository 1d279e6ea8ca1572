"""Names that share a head or a stem in a list.

A head that follows: "Okryu, Chongryu and other restaurants", 상원, 순천세멘트련합기업소. In Latin
script the stems are sought in the scan (the head may stand far off, or go with a name that is not
listed); in Korean, Chinese and Japanese the list is read backwards from a name found whole.

A stem that went before: "Pyongyang Silk Mill, Hosiery Factory and Bag Factory", 룡강군병원과
지방공업공장. The list is read on from a name that was found whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final

from monitor.tagging import heads
from monitor.tagging.boundaries import ends
from monitor.tagging.scan import Find, Form, breaks
from monitor.tagging.shadow import DROPPED, Shadow, fold
from monitor.types import Entity, Name

_REACH: Final = 200  # characters from a stem to the head of its list
_MOST_WORDS: Final = 32
_TOKEN: Final = re.compile(r"\s*([^\W\d_][\w'’-]*|,|&|\d+)")
_JOINING: Final = frozenset((",", "and", "or", "&"))
_FILLING: Final = frozenset(
    ("the", "other", "others", "both", "as", "well", "many", "such", "like", "major", "new")
)
_KINDS: Final = frozenset(("facility", "project"))

_LISTED_BEFORE: Final = re.compile(
    r"([가-힣]{2,10}|[\u3400-\u9fff]{2,8}|[\u30a1-\u30fc]{2,12})"
    r"(?:[,、`] ?|(?:와|과) | 및 |[和与與及と])$"
)
_LISTED_BEHIND: Final = re.compile(
    r"(?:[,、`] ?|(?:와|과|및) ?| 및 |[和与與及と])"
    r"([가-힣0-9]{2,16}|[\u3400-\u9fff\u3041-\u30ff]{2,14})"
)
_WORDS_BEHIND: Final = re.compile(
    r"(?:,? (?:and|or|&|и|или) |, )(?:the |its )?'?([a-zа-я][\w'.-]*(?: [\w&][\w'.-]*){0,5})"
)
_WITHOUT: Final = dict.fromkeys(map(ord, DROPPED))
_HANGUL: Final = re.compile("[가-힣]")
_LOOK_BACK: Final = 24
_MOST_MEMBERS: Final = 12
_SHORTEST_HEAD: Final = 2


def stems(entities: Iterable[Entity]) -> Iterator[tuple[str, Form]]:
    """The stems of Latin names that may stand in such a list, with the form they stand for."""
    for entity in entities:
        if entity.kind not in _KINDS or entity.match != "standalone":
            continue
        for name in entity.names:
            parts = heads.split(fold(name.text))
            if parts and name.origin == "listed" and name.confidence != "low":
                form = Form(entity.id, name, breaks(parts[0]), head=parts[1], rule="shared-head")
                yield parts[0], form


def heads_its_list(shadow: Shadow, find: Find) -> bool:
    """Whether a stem that was found belongs to a list whose head, in the plural, is its own."""
    head = find.form.head.split()
    head[-1] = heads.plural(head[-1])
    end = find.end + _REACH
    if shadow.folded.find(head[-1], find.end, end) < 0 or not _capital(shadow, find.start):
        return False
    words = islice(_TOKEN.finditer(shadow.folded, find.end, end), _MOST_WORDS)
    return _list_ends_in(head, shadow, [(word[1], word.start(1)) for word in words])


def _list_ends_in(head: list[str], shadow: Shadow, words: list[tuple[str, int]]) -> bool:
    """Whether what follows a stem is a list of proper names that ends in the head."""
    joined = False
    for at, (word, start) in enumerate(words):
        if joined and word == head[0] and [each for each, _ in words[at : at + len(head)]] == head:
            return True
        if word in _JOINING:
            joined = True
        elif word not in _FILLING and not _capital(shadow, start):
            return False
    return False


def _capital(shadow: Shadow, place: int) -> bool:
    return shadow.written(place, place + 1).isupper()


class Sharers:
    """Finds the members of a list that leave a part of their name to one that was found whole.

    The next name that was found whole ends the look: it has a look of its own.
    """

    def __init__(self, entities: Iterable[Entity]) -> None:
        self._by_name: dict[str, tuple[Entity, Name]] = {}
        for entity in entities:
            if entity.kind in _KINDS and entity.match == "standalone":
                for name in entity.names:
                    self._by_name.setdefault(_squeezed(fold(name.text)), (entity, name))

    def find(self, shadow: Shadow, finds: Sequence[Find]) -> Iterator[Find]:
        """The members that stand in a list before or behind any of the finds."""
        folded = shadow.folded
        wholes = {place for find in finds for place in (find.start, find.end)}
        for find in finds:
            if find.words or find.form.head:
                continue
            whole = _squeezed(folded[find.start : find.end])
            if find.form.inflected:
                yield from self._words_behind(shadow, find, wholes, fold(find.form.name.text))
            elif whole.isascii():
                yield from self._words_behind(shadow, find, wholes, folded[find.start : find.end])
            else:
                yield from self._before(folded, find.start, whole, wholes)
                yield from self._behind(folded, find.end, whole, wholes)

    def _form(self, name: str, rule: str) -> Form | None:
        listed = self._by_name.get(name)
        return Form(listed[0].id, listed[1], rule=rule) if listed else None

    def _before(self, folded: str, end: int, whole: str, wholes: set[int]) -> Iterator[Find]:
        """Stems whose head is that of `whole`: 상원, 순천세멘트련합기업소."""
        for _ in range(_MOST_MEMBERS):
            listed = _LISTED_BEFORE.search(folded, max(0, end - _LOOK_BACK), end)
            if listed is None or listed.end(1) in wholes:
                return
            yield from islice(self._stems(listed[1], listed.end(1), whole), 1)
            end = listed.start(1)

    def _stems(self, before: str, end: int, whole: str) -> Iterator[Find]:
        cuts = (0,) if _HANGUL.match(before) else range(len(before) - 1)
        for at in range(1, len(whole) - _SHORTEST_HEAD + 1):
            for cut in cuts:
                form = self._form(before[cut:] + whole[at:], "shared-head")
                if form:
                    yield Find(form, end - len(before) + cut, end)

    def _behind(self, folded: str, start: int, whole: str, wholes: set[int]) -> Iterator[Find]:
        """Heads whose stem is that of `whole`: 룡강군병원과 지방공업공장."""
        for _ in range(_MOST_MEMBERS):
            listed = _LISTED_BEHIND.match(folded, start)
            if listed is None or listed.start(1) in wholes:
                return
            yield from islice(self._heads(listed[1], listed.start(1), whole, folded), 1)
            start = listed.end(1)

    def _heads(self, behind: str, start: int, whole: str, folded: str) -> Iterator[Find]:
        for size in range(len(behind), _SHORTEST_HEAD - 1, -1):
            for cut in range(1, len(whole) - 1):
                form = self._form(whole[:cut] + behind[:size], "shared-stem")
                if form and ends(folded, start + size) >= 0:
                    yield Find(form, start, start + size)

    def _words_behind(
        self, shadow: Shadow, find: Find, wholes: set[int], name: str
    ) -> Iterator[Find]:
        """The same in words: Pyongyang Silk Mill, Hosiery Factory; улицы Рёмён и Чханчжон."""
        start = find.end
        stems: list[str] = []
        for _ in range(_MOST_MEMBERS):
            listed = _WORDS_BEHIND.match(shadow.folded, start)
            if listed is None or listed.start(1) in wholes:
                return
            if not _capital(shadow, listed.start(1)):
                return
            stems = stems or _runs(name.split())
            ends_at = [word.end() for word in _TOKEN.finditer(listed[1])]
            found = self._longest(stems, listed[1], ends_at)
            size, form = found or (_capitals(shadow, listed.start(1), ends_at), None)
            start = listed.start(1) + size
            if form:
                yield Find(form, listed.start(1), start)

    def _longest(
        self, stems: list[str], behind: str, ends_at: list[int]
    ) -> tuple[int, Form] | None:
        for size in reversed(ends_at):
            for stem in stems:
                form = self._form(stem + _squeezed(behind[:size]), "shared-stem")
                if form:
                    return size, form
        return None


def _squeezed(folded: str) -> str:
    return folded.translate(_WITHOUT)


def _runs(words: list[str]) -> list[str]:
    """All runs of a name's words that leave something of it out, the longest first."""
    most = len(words)
    return [
        _squeezed("".join(words[start : start + size]))
        for size in range(most - 1, 0, -1)
        for start in range(most - size + 1)
    ]


def _capitals(shadow: Shadow, start: int, ends_at: list[int]) -> int:
    """How far the words from `start` are capitalised: an item of the list that is not watched."""
    reached = 0
    for end in ends_at:
        word = shadow.written(start + reached, start + end).lstrip()
        if not word[:1].isupper():
            break
        reached = end
    return reached
