"""Makes `monitor/review/data/outline.json`: the coasts and borders under the desk's map.

Only for maintainers, and only when the region or its detail changes:

    npm pack world-atlas@2.0.2 && tar xzf world-atlas-2.0.2.tgz
    python docs/outline.py package/countries-10m.json

world-atlas is Natural Earth 4.1 (public domain) as TopoJSON: arcs that neighbours share, so that a
border thinned once stays the same on both sides.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from math import hypot
from pathlib import Path
from typing import Any

TO = Path(__file__).parent.parent / "monitor" / "review" / "data" / "outline.json"
REGION = (119.0, 32.5, 137.0, 46.0)  # west, south, east, north: Shandong to Honshu
DETAIL = 0.012  # degrees that a coast may be off: half a pixel where the DPRK is 400 pixels wide
LEAST = 0.006  # square degrees: islands below 60 km² are dots at this scale

Point = tuple[float, float]


def main(source: Path) -> None:
    topology = json.loads(source.read_text(encoding="utf-8"))
    arcs = [_thinned(list(_decoded(arc, topology["transform"]))) for arc in topology["arcs"]]
    countries = {
        shape["properties"]["name"]: rings
        for shape in topology["objects"]["countries"]["geometries"]
        if (rings := list(_rings(shape, arcs)))
    }
    TO.write_text(
        json.dumps({"region": REGION, "countries": countries}, separators=(",", ":")) + "\n",
        encoding="utf-8",
    )
    points = sum(len(ring) for rings in countries.values() for ring in rings)
    print(f"{TO}: {points} points, {TO.stat().st_size} bytes: {', '.join(countries)}")  # noqa: T201


def _decoded(arc: Sequence[Sequence[int]], transform: dict[str, Any]) -> Iterator[Point]:
    """Degrees from the differences of whole numbers that TopoJSON keeps."""
    (scale_x, scale_y), (left, bottom) = transform["scale"], transform["translate"]
    x = y = 0
    for step_x, step_y in arc:
        x, y = x + step_x, y + step_y
        yield x * scale_x + left, y * scale_y + bottom


def _thinned(line: list[Point]) -> list[Point]:
    """Douglas and Peucker: without the points that lie within DETAIL of the line without them."""
    keep = {0, len(line) - 1}
    spans = [(0, len(line) - 1)]
    while spans:
        first, last = spans.pop()
        off = [(_off(line[at], line[first], line[last]), at) for at in range(first + 1, last)]
        furthest, at = max(off, default=(0.0, 0))
        if furthest > DETAIL:
            keep.add(at)
            spans += [(first, at), (at, last)]
    return [line[at] for at in sorted(keep)]


def _off(point: Point, start: Point, end: Point) -> float:
    """How far a point is from a stretch of line."""
    (x, y), (ax, ay), (bx, by) = point, start, end
    length = (bx - ax) ** 2 + (by - ay) ** 2
    share = ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / length if length else 0.0
    share = min(1.0, max(0.0, share))
    return hypot(x - ax - share * (bx - ax), y - ay - share * (by - ay))


def _rings(shape: dict[str, Any], arcs: list[list[Point]]) -> Iterator[list[Point]]:
    """The outer rings of a country that show in the region, cut at its edge."""
    polygons = shape["arcs"] if shape["type"] == "MultiPolygon" else [shape["arcs"]]
    for polygon in polygons:
        ring: list[Point] = []
        for number in polygon[0]:
            arc = arcs[number] if number >= 0 else arcs[~number][::-1]
            ring += arc[1:] if ring else arc
        cut = [(round(x, 3), round(y, 3)) for x, y in _cut(ring)]
        if abs(_area(cut)) >= LEAST:
            yield cut


def _cut(ring: list[Point]) -> list[Point]:
    """Sutherland and Hodgman: what of a ring lies within the region."""
    west, south, east, north = REGION
    for axis, limit, side in ((0, west, 1), (0, east, -1), (1, south, 1), (1, north, -1)):
        ring = list(_half(ring, axis, limit, side))
    return ring


def _half(ring: list[Point], axis: int, limit: float, side: int) -> Iterator[Point]:
    for before, here in zip(ring[-1:] + ring[:-1], ring, strict=True):
        was_in, is_in = ((point[axis] - limit) * side >= 0 for point in (before, here))
        if was_in != is_in:
            share = (limit - before[axis]) / (here[axis] - before[axis])
            yield (
                before[0] + share * (here[0] - before[0]),
                before[1] + share * (here[1] - before[1]),
            )
        if is_in:
            yield here


def _area(ring: list[Point]) -> float:
    """Signed, in square degrees (the shoelace formula)."""
    turned = zip(ring, ring[1:] + ring[:1], strict=True)
    return sum(ax * by - bx * ay for (ax, ay), (bx, by) in turned) / 2


if __name__ == "__main__":
    main(Path(sys.argv[1]))
