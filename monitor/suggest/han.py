"""Chinese and Japanese: no blanks, so a name begins behind the last word that cannot be in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from monitor.suggest.span import Span, any_of, is_generic, is_military, nouns
from monitor.suggest.words import COUNTRIES, STOPS

_DATE: Final = re.compile(r"(?:\d+[年月日号])+")
_LONGEST: Final = 14  # characters before the head noun

_ZH_HEAD: Final = re.compile(rf"(?:{any_of(nouns('zh'))})(?![们群主长界])")
_ZH_RUN: Final = re.compile("[\u4e00-\u9fff0-9·]+\\Z")
# A bare 矿 or 厂 is one only where nothing is written on (not 矿业, 厂房), and not in 出厂.
_ZH_PART: Final = re.compile(
    "(?:(?<=[出建进入全该本我此各分设办离多])[厂廠]|矿[\u4e00-\u9fff]|[厂廠][房商址区内外里方])"
)
_ZH_STOPS: Final = re.compile(any_of(f"{STOPS['zh']} {COUNTRIES['zh']}".split()))

_JA_HEAD: Final = re.compile(rf"(?:{any_of(nouns('ja'))})(?![群長主])")
_JA_RUN: Final = re.compile("[\u4e00-\u9fff々〆ァ-ヴー0-9A-Z・]+\\Z")
_JA_STOPS: Final = re.compile(any_of(f"{STOPS['ja']} {COUNTRIES['ja']}".split()))


def chinese(text: str) -> Iterator[Span]:
    """The names in a Chinese text."""
    for head in _ZH_HEAD.finditer(text):
        if not (len(head[0]) == 1 and _ZH_PART.match(text, head.start())):
            yield from _span(text, head, _ZH_RUN, _ZH_STOPS, "zh")


def japanese(text: str) -> Iterator[Span]:
    """The names in a Japanese text."""
    for head in _JA_HEAD.finditer(text):
        yield from _span(text, head, _JA_RUN, _JA_STOPS, "ja")


def _span(
    text: str, head: re.Match[str], run: re.Pattern[str], stops: re.Pattern[str], language: str
) -> Iterator[Span]:
    before = run.search(text, max(0, head.start() - _LONGEST), head.start())
    if before is None:
        return
    start = before.start()
    for stop in stops.finditer(text, start, head.start()):
        start = stop.end()
    dated = _DATE.match(text, start, head.start())
    start = dated.end() if dated else start
    stem = text[start : head.start()].strip("·・")
    start = head.start() - len(stem)
    if len(stem) < 2 or is_generic(stem, language) or is_military(text, start, head.end()):
        return
    yield Span(
        start=start,
        end=head.end(),
        name=text[start : head.end()],
        stem=stem,
        kind=nouns(language)[head[0]],
    )
