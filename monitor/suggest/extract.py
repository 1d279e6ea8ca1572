"""`candidates`: the names of facilities in a text, whether or not anyone watches them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from monitor.suggest import english, han, korean, russian
from monitor.suggest.span import Span

_BY_LANGUAGE: Mapping[str, Callable[[str], Iterator[Span]]] = {
    "en": english.find,
    "ko": korean.find,
    "zh": han.chinese,
    "ja": han.japanese,
    "ru": russian.find,
}


def candidates(text: str, language: str) -> tuple[Span, ...]:
    """Spans of a text in that language that read as the name of one facility, in order.

    None for another language, for facilities in general ("power stations", "the Power Station",
    "Thermal Power Plant") and for anything military.
    """
    find = _BY_LANGUAGE.get(language)
    return tuple(_outermost(find(text))) if find else ()


def _outermost(spans: Iterator[Span]) -> Iterator[Span]:
    """Without those inside a longer one: 安州煤矿|联合企业."""
    last: Span | None = None
    for span in sorted(spans, key=lambda s: (s.start, -s.end)):
        if last is None or span.start >= last.end:
            yield span
            last = span
