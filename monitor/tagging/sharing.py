"""Names that share a head in a list: "Okryu, Chongryu and other restaurants".

In Latin script the stems are sought in the scan (their heads may stand far off, or go with a name
that is not listed). In Korean, Chinese and Japanese the list is read backwards from a name that
was found whole: 상원, 순천세멘트련합기업소.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final

from monitor.tagging import heads
from monitor.tagging.scan import Find, Form
from monitor.tagging.shadow import DROPPED, Shadow, fold, squeeze
from monitor.types import Entity

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
                yield parts[0], Form(entity.id, name, head=parts[1], rule="shared-head")


def heads_its_list(shadow: Shadow, find: Find) -> bool:
    """Whether a stem that was found belongs to a list whose head, in the plural, is its own."""
    head = find.form.head.split()
    head[-1] = heads.plural(head[-1])
    end = min(len(shadow.folded), find.end + _REACH)
    if head[-1] not in shadow.folded[find.end : end]:
        return False
    return shadow.written(find.start, find.start + 1).isupper() and _list_ends_in(
        head, shadow.written(find.end, end)
    )


def _list_ends_in(head: list[str], after: str) -> bool:
    """Whether what follows a stem is a list of proper names that ends in the head."""
    joined = False
    for found in islice(_TOKEN.finditer(after), _MOST_WORDS):
        word = fold(found[1])
        if joined and word == head[0] and _words(after[found.start() :], len(head)) == head:
            return True
        if word in _JOINING:
            joined = True
        elif word not in _FILLING and not found[1][0].isupper():
            return False
    return False


def _words(text: str, most: int) -> list[str]:
    return [fold(found[1]) for found in islice(_TOKEN.finditer(text), most)]


class Sharers:
    """Finds the members of a list that leave their head to a name found whole."""

    def __init__(self, entities: Iterable[Entity]) -> None:
        self._by_name: dict[str, Form] = {}
        for entity in entities:
            if entity.kind in _KINDS and entity.match == "standalone":
                for name in entity.names:
                    whole = squeeze(fold(name.text)).decode("utf-8", "surrogatepass")
                    if not whole.isascii():
                        form = Form(entity.id, name, rule="shared-head")
                        self._by_name.setdefault(whole, form)

    def find(self, folded: str, finds: Sequence[Find]) -> Iterator[Find]:
        """The stems that stand in a list before any of the finds."""
        wholes = {find.end for find in finds}
        for find in finds:
            whole = re.sub(f"[{re.escape(DROPPED)}]", "", folded[find.start : find.end])
            if not whole.isascii() and not find.words:
                yield from self._before(folded, find, whole, wholes)

    def _before(self, folded: str, find: Find, whole: str, wholes: set[int]) -> Iterator[Find]:
        end = find.start
        for _ in range(_MOST_MEMBERS):
            listed = _LISTED_BEFORE.search(folded, max(0, end - _LOOK_BACK), end)
            if listed is None or listed.end(1) in wholes:
                return
            member = self._member(listed[1], whole)
            if member:
                stem, form = member
                yield Find(form, listed.end(1) - len(stem), listed.end(1))
            end = listed.start(1)

    def _member(self, before: str, whole: str) -> tuple[str, Form] | None:
        """The stem at the end of `before` that makes a listed name with an end of `whole`."""
        for at in range(1, len(whole) - _SHORTEST_HEAD + 1):
            for cut in range(len(before) - 1) if not _HANGUL.match(before) else (0,):
                form = self._by_name.get(before[cut:] + whole[at:])
                if form:
                    return before[cut:], form
        return None
