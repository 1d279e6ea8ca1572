"""Charts as SVG: pure functions from numbers to text, drawn by pygal.

pygal lays out axes, bars and legend. What else it puts into an SVG goes: a script, a stylesheet for
tooltips, random ids, today's date. So a chart has no script, asks for nothing from anywhere, and
the same numbers give the same bytes. Colours are classes of `static/desk-charts.css`: a chart that
stands alone carries that sheet, and one inside a page uses the page's own.

Weeks in which sources were not read are hatched, so that a gap never looks like a silence.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any
from xml.etree import ElementTree as ET

from monitor.review import svg, times

# One order and one colour a kind wherever kinds of source are shown; from those who speak for a
# state to those who comment.
KINDS = ("state-media", "government", "wire", "press", "broadcaster", "specialist", "analysis",
         "un", "ngo", "blog", "other")  # fmt: skip
ALL = "all"  # a series that is not parted by kinds
WIDE, NARROW = 720, 360  # pixels: for a page, and for a phone
LABEL = 112  # pixels that a date under the axis has
NOTABLE = 0.05  # share of a week from which its gap is drawn; some source always fails for an hour
KEYS_AT = 18  # pixels: where the first line of the legend stands
LETTER = 6.6  # pixels, the usual width of one in it
LINES = 4  # about so many lines across


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A week of a chart."""

    start: date  # its Monday
    counts: Mapping[str, int] = field(default_factory=dict)  # by kind of source
    gap: float = 0.0  # share of the week in which the sources were not read, 0 to 1
    burst: str = ""  # what is said of a burst in it
    silent: bool = False  # within a silence

    @property
    def total(self) -> int:
        """All kinds together."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One of several small charts that are read against each other."""

    title: str
    bars: Sequence[Bar]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Box:
    """Where the plot of a chart is, in pixels of it."""

    left: float
    top: float
    height: float
    step: float  # from one week to the next
    zero: float  # of the first week's left edge, from `left`


def weeks(
    bars: Sequence[Bar],
    *,
    title: str,
    name: str = "weeks",
    width: int = WIDE,
    alone: bool = True,
) -> str:
    """Stories a week, stacked by kind of source, with bursts, silences and gaps.

    `name` keeps the ids of several charts in one page apart.
    """
    kinds = kinds_of(bars)
    keys = list(_placed(_keys(kinds, bars), width))
    head = 44 + (keys[-1][1] - KEYS_AT if keys else 0)
    chart, box = _chart(bars, kinds or ("other",), width=width, height=216 + head, head=head)
    root = _drawn(chart, title=title, kinds=kinds or ("other",))
    _hatch(root, bars, box(), name)
    _bursts(root, bars, box())
    _silence(root, bars, box())
    _legend(root, keys, name)
    return svg.text(root, alone=alone)


def spark(
    bars: Sequence[Bar], *, title: str, name: str, top: int | None = None, alone: bool = False
) -> str:
    """The volume of each week in the room of a line, gaps hatched; `top` for one scale of many."""
    root = _small(bars, title=title, name=name, top=top)
    return svg.text(root, alone=alone)


def multiples(panels: Sequence[Panel], *, title: str, columns: int = 4) -> str:
    """Small charts on one scale, side by side."""
    top = max((bar.total for panel in panels for bar in panel.bars), default=0)
    rows = -(-len(panels) // columns)
    root = svg.root(180 * columns, 84 * rows, title)
    for number, panel in enumerate(panels):
        x, y = number % columns * 180, number // columns * 84
        svg.node(root, "text", panel.title, x=x + 4, y=y + 14, class_="panel")
        small = _small(panel.bars, title=panel.title, name=f"panel-{number}", top=top)
        small.set("x", str(x + 2))
        small.set("y", str(y + 22))
        root.append(small)
    return svg.text(root, alone=True)


def kinds_of(bars: Sequence[Bar]) -> tuple[str, ...]:
    """The kinds that have stories, in the order of the scale; unknown ones count as other."""
    there = {shade(kind) for bar in bars for kind, count in bar.counts.items() if count}
    return tuple(kind for kind in (ALL, *KINDS) if kind in there)


def shade(kind: str) -> str:
    """The kind by which a source is coloured."""
    return kind if kind in (ALL, *KINDS) else "other"


def _small(bars: Sequence[Bar], *, title: str, name: str, top: int | None) -> ET.Element:
    most = top if top is not None else max((bar.total for bar in bars), default=0)
    chart, box = _chart(bars, (ALL,), width=176, height=32, top=most)
    root = _drawn(chart, title=title, kinds=(ALL,))
    _hatch(root, bars, box(), name)
    return root


def _chart(
    bars: Sequence[Bar],
    kinds: Sequence[str],
    *,
    width: int,
    height: int,
    head: int = 1,
    top: int | None = None,
) -> tuple[Any, Any]:
    """A chart of pygal's, and what tells its box once it is drawn."""
    lines = _lines(max((bar.total for bar in bars), default=0) if top is None else top)
    small = top is not None
    chart = _stacked_bar()(
        js=(), css=(), width=width, height=height, explicit_size=True, no_prefix=True,
        disable_xml_declaration=True, show_legend=False, y_labels=lines, range=(0, lines[-1]),
        show_x_labels=not small, show_y_labels=not small, truncate_label=-1, no_data_text="",
        show_minor_x_labels=False, x_labels=[bar.start.isoformat() for bar in bars],
        x_labels_major=[bars[at].start.isoformat() for at in _labelled(len(bars), width)],
        margin=1 if small else 8, margin_top=head, margin_right=1 if small else 12,
        spacing=0 if small else 6,
    )  # fmt: skip
    for kind in kinds:
        chart.add(kind, [_count(bar, kind) for bar in bars])
    boxes: list[_Box] = []

    def measured(root: Any) -> Any:  # pygal forgets its scales when it is done
        boxes.append(_box(chart, len(bars)))
        return root

    chart.add_xml_filter(measured)
    return chart, lambda: boxes[0]


@cache
def _stacked_bar() -> Any:
    """Pygal's class, loaded at the first chart: 60 ms that only pages with charts should wait.

    pygal hangs a finder of plugins into the whole process's imports, by the interface that Python
    3.12 took away: with 3.11 every later import warns, and looks for a module twice. It goes again.
    """
    from pygal import StackedBar  # noqa: PLC0415

    sys.meta_path[:] = [f for f in sys.meta_path if type(f).__module__ != "pygal"]
    return StackedBar


def _count(bar: Bar, kind: str) -> int:
    if kind == ALL:
        return bar.total
    return sum(count for own, count in bar.counts.items() if shade(own) == kind)


def _box(chart: Any, weeks: int) -> _Box:
    view, margin = chart.view, chart.margin_box
    step = (view.x(1) - view.x(0)) / max(weeks, 1)
    return _Box(left=margin.left, top=margin.top, height=view.height, step=step, zero=view.x(0))


def _lines(most: int) -> list[int]:
    """Whole numbers for the lines across, from 0 to one that holds the most."""
    step = next(
        size * 10**power
        for power in range(9)
        for size in (1, 2, 5)
        if size * 10**power * LINES >= most
    )
    return list(range(0, max(most, 1) + step, step)) if most % step else _even(most, step)


def _even(most: int, step: int) -> list[int]:
    return list(range(0, max(most, step) + 1, step))


def _labelled(weeks: int, width: int) -> list[int]:
    """The weeks whose date stands under the axis: evenly, counted back from the newest."""
    every = max(1, -(-weeks * LABEL // width))
    return sorted(range(weeks - 1, -1, -every))


def _drawn(chart: Any, *, title: str, kinds: Sequence[str]) -> ET.Element:
    """What pygal drew, without what is not a drawing."""
    root = ET.fromstring(chart.render(is_unicode=True))  # noqa: S314 - of our own numbers
    for parent in list(root.iter()):
        for child in list(parent):
            if _needless(child):
                parent.remove(child)
    years: set[str] = set()
    for node in root.iter():
        node.attrib.pop("id", None)
        node.attrib.pop("style", None)
        _classed(node, kinds)
        if _tag(node) == "text":
            node.text = _said(node.text or "", years)
    svg.entitle(root, title)
    return root


def _needless(node: ET.Element) -> bool:
    if callable(node.tag) or _tag(node) in {"defs", "desc", "title", "script", "style"}:
        return True
    if _tag(node) == "rect" and "reactive" in node.get("class", ""):
        return float(node.get("height", "0")) <= 0
    words = set(node.get("class", "").split())
    return bool(words & {"overlay", "text-overlay", "tooltip-overlay", "legends", "titles"})


def _classed(node: ET.Element, kinds: Sequence[str]) -> None:
    """Our classes in place of pygal's: a series is known by its kind, not by its number."""
    words = node.get("class", "")
    series = re.search(r"color-(\d+)", words)
    if series:
        node.set("class", f"kind-{kinds[int(series[1])]}")
    elif "reactive" in words:
        del node.attrib["class"]


def _said(text: str, years: set[str]) -> str:
    """A date as one reads it; the year with the first of its year."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        return text
    day = date.fromisoformat(text)
    first = str(day.year) not in years
    years.add(str(day.year))
    return times.date(day, year=first)


def _hatch(root: ET.Element, bars: Sequence[Bar], box: _Box, name: str) -> None:
    """A hatched stretch from the top, as much of the height as of the week was not read."""
    gaps = [(at, bar.gap) for at, bar in enumerate(bars) if bar.gap >= NOTABLE]
    if not gaps:
        return
    _pattern(root, name)
    group = _layer(root, box, "gaps", first=True)
    for at, gap in gaps:
        height = box.height * min(1.0, max(gap, 0.1))
        svg.node(group, "rect", x=box.zero + at * box.step, y=0, width=box.step, height=height,
              fill=f"url(#hatch-{name})")  # fmt: skip


def _pattern(root: ET.Element, name: str) -> None:
    defs = ET.Element(f"{{{svg.SVG}}}defs")
    pattern = svg.node(defs, "pattern", id=f"hatch-{name}", width=6, height=6,
                    patternUnits="userSpaceOnUse", patternTransform="rotate(45)")  # fmt: skip
    svg.node(pattern, "path", d="M0 0V6", class_="hatch")
    root.insert(1, defs)


def _bursts(root: ET.Element, bars: Sequence[Bar], box: _Box) -> None:
    """A triangle over the column."""
    if not any(bar.burst for bar in bars):
        return
    group = _layer(root, box, "bursts")
    for at, bar in enumerate(bars):
        if bar.burst:
            x = box.zero + (at + 0.5) * box.step
            mark = svg.node(group, "path", d=f"M{x - 6:.1f} -6h12l-6 -11z")
            svg.node(mark, "title", bar.burst)


def _silence(root: ET.Element, bars: Sequence[Bar], box: _Box) -> None:
    """A line along the foot of the columns."""
    if not any(bar.silent for bar in bars):
        return
    group = _layer(root, box, "silences")
    for at, bar in enumerate(bars):
        if bar.silent:
            x = box.zero + at * box.step
            svg.node(group, "path", d=f"M{x:.1f} {box.height - 3:.1f}h{box.step:.1f}")


def _layer(root: ET.Element, box: _Box, class_: str, *, first: bool = False) -> ET.Element:
    """A group over the plot, or `first` for one behind the bars."""
    group = ET.Element(f"{{{svg.SVG}}}g")
    group.set("class", class_)
    group.set("transform", f"translate({box.left:.1f}, {box.top:.1f})")
    places = [at for at, node in enumerate(root) if "graph" in node.get("class", "").split()]
    root.insert(places[0] if first else len(root), group)
    return group


_Key = tuple[int, int, str, str]
"""Where a key of the legend stands, its class, its words."""


def _legend(root: ET.Element, keys: Sequence[_Key], name: str) -> None:
    """What the colours and marks are, in lines above."""
    group = svg.node(root, "g", class_="legend")
    for x, y, class_, words in keys:
        key = svg.node(group, "g", class_=class_)
        _swatch(key, class_, x, y, name)
        svg.node(key, "text", words, x=x + 16, y=y)


def _placed(keys: Iterable[tuple[str, str]], width: int) -> Iterator[_Key]:
    x, y = 12, KEYS_AT
    for class_, words in keys:
        wide = 32 + round(LETTER * len(words))
        if x + wide > width and x > 12:
            x, y = 12, y + 18
        yield x, y, class_, words
        x += wide


def _keys(kinds: Sequence[str], bars: Sequence[Bar]) -> Iterator[tuple[str, str]]:
    for kind in kinds if kinds != (ALL,) else ():
        yield f"kind-{kind}", kind.replace("-", " ") if kind != "un" else "UN"
    if any(bar.gap >= NOTABLE for bar in bars):
        yield "gaps", "sources not read"
    if any(bar.burst for bar in bars):
        yield "bursts", "burst"
    if any(bar.silent for bar in bars):
        yield "silences", "silent"


def _swatch(key: ET.Element, class_: str, x: int, y: int, name: str) -> None:
    if class_ == "bursts":
        svg.node(key, "path", d=f"M{x} {y}h12l-6 -11z")
    elif class_ == "silences":
        svg.node(key, "path", d=f"M{x} {y - 5}h12")
    elif class_ == "gaps":
        svg.node(key, "rect", x=x, y=y - 11, width=12, height=12, fill=f"url(#hatch-{name})")
    else:
        svg.node(key, "rect", x=x, y=y - 11, width=12, height=12)


def _tag(node: ET.Element) -> str:
    return str(node.tag).rpartition("}")[2]
