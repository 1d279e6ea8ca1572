"""A text with its mentions marked, as HTML that is safe to put on a page. Pure.

Everything that is not one of our own tags is escaped here: titles and texts come from feeds, names
from watchlists.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup, escape

from monitor.review.times import day
from monitor.store.desk.types import Span

# What decided about a mention, in the reader's words: the rules of monitor/tagging.
RULES = {
    "name": "the name stands for nothing else",
    "together": "its words stand together",
    "shared-head": "a list of names that share their last word",
    "shared-stem": "a list of names that share their first word",
    "part-with-parent": "a part, and the whole is named too",
    "cue-in-text": "the text is about the country",
    "cue-in-passage": "a common name, and the words round it are about the country",
    "no-cue": "an ambiguous name in a text without a cue",
    "cue-elsewhere": "a common name, and the cue stands elsewhere in the text",
}


@dataclass(frozen=True, slots=True)
class _Node:
    """Spans over one stretch of a text, and those inside it."""

    start: int
    end: int
    spans: tuple[Span, ...]


def marked(text: str, spans: Sequence[Span], *, why: str = "", entity_url: str = "") -> Markup:
    """The text with its marks nested, a name within a name included.

    `why` is a prefix for ids, unique on the page: with it every mark can be focused and says which
    entity, name, rule and watchlist made it; without it marks are only tinted (inside a link).
    `entity_url` stands before an entity's slug in the link of a note; "" for no link.
    """
    nodes = _nodes(text, spans)
    return _Writer(text, why, entity_url).write(nodes, 0, len(text))


def paragraphs(text: str, spans: Sequence[Span]) -> Iterator[tuple[str, tuple[Span, ...]]]:
    """The text's lines that hold something, each with its marks; one across lines is cut."""
    start = 0
    for line in text.split("\n"):
        end = start + len(line)
        if line.strip():
            here = (span for span in spans if span.start < end and span.end > start)
            yield line, tuple(_within(span, start, end) for span in here)
        start = end + 1


def _within(span: Span, start: int, end: int) -> Span:
    return replace(span, start=max(span.start, start) - start, end=min(span.end, end) - start)


def _nodes(text: str, spans: Sequence[Span]) -> list[_Node]:
    """Outer before inner. Spans of one range are one mark; of two that cross, the later is cut."""
    ranges: dict[tuple[int, int], list[Span]] = {}
    for span in spans:
        start, end = max(0, span.start), min(len(text), span.end)
        if start < end:
            ranges.setdefault((start, end), []).append(span)
    left = sorted(ranges, key=_outer_first)
    done: dict[tuple[int, int], list[Span]] = {}
    while left:
        start, end = left.pop(0)
        spans_here = ranges[start, end]
        crossed = next((e for s, e in done if s < start < e < end), None)
        if crossed is None:
            done.setdefault((start, end), []).extend(spans_here)
            continue
        for piece in ((start, crossed), (crossed, end)):
            ranges.setdefault(piece, []).extend(spans_here)
            if piece not in left:
                left.append(piece)
        left.sort(key=_outer_first)
    return [_Node(s, e, tuple(done[s, e])) for s, e in sorted(done, key=_outer_first)]


def _outer_first(of: tuple[int, int]) -> tuple[int, int]:
    return of[0], -of[1]


class _Writer:
    """Writes one text; counts its marks, so that each note has an id of its own."""

    def __init__(self, text: str, why: str, entity_url: str) -> None:
        self._text = text
        self._why = why
        self._entity_url = entity_url
        self._marks = 0

    def write(self, nodes: list[_Node], start: int, end: int) -> Markup:
        """`text[start:end]`, with the nodes that lie in it; takes them from the list."""
        out, at = Markup(), start
        while nodes and nodes[0].start < end:
            node = nodes.pop(0)
            out += escape(self._text[at : node.start]) + self._mark(node, nodes)
            at = node.end
        return out + escape(self._text[at:end])

    def _mark(self, node: _Node, nodes: list[_Node]) -> Markup:
        self._marks += 1
        key = f"{self._why}-{self._marks}"
        inner = self.write(nodes, node.start, node.end)
        if not self._why:
            return Markup('<mark class="{}">{}</mark>').format(_classes(node), inner)
        return Markup(
            '<mark class="{}" tabindex="0" aria-describedby="{}">{}'
            '<span class="why" role="note" id="{}">{}</span></mark>'
        ).format(_classes(node), key, inner, key, Markup().join(self._reasons(node)))

    def _reasons(self, node: _Node) -> Iterator[Markup]:
        for span in node.spans:
            yield reason(span, entity_url=self._entity_url)


def _classes(node: _Node) -> str:
    """Classes for the tint and the underline; the surest of several spans gives them."""
    span = min(node.spans, key=lambda one: one.state != "confirmed")
    return f"{span.kind} sector-{span.sector} {span.state}"


def reason(span: Span, *, entity_url: str = "") -> Markup:
    """Why this is marked: which entity, which name, which rule, since which watchlist."""
    name = escape(span.entity_name)
    if entity_url:
        name = Markup('<a href="{}{}">{}</a>').format(entity_url, span.entity, span.entity_name)
    return Markup(
        '<span><b>{}</b><span class="of">, {}, {}</span></span>'
        "<span>{} by the name “<bdi>{}</bdi>”: {}</span>"
        '<span class="soft">rule {}, since {} under watchlist {}</span>'
    ).format(
        name,
        span.kind,
        span.sector.replace("-", " "),
        span.state,
        span.alias,
        RULES.get(span.rule, span.rule),
        span.rule,
        day(span.found_at),
        span.watchlist,
    )
