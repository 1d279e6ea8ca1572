"""The map of what is named where: our own SVG over an outline of the region. Pure.

Equirectangular, true to scale along 40° north. No tiles, no script, no request to anybody: where an
analyst looks is nobody's business. (`desk.tiles` puts a map service under it for those who ask for
that: `static/desk-map.js`.)

What a point stands for is drawn: a disc with a dot for the place itself, a disc for its town, a
ring for a county or province. Places that would lie on each other are one mark with a number.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from math import cos, hypot, radians, sqrt
from typing import Any
from xml.etree import ElementTree as ET

from monitor.review import svg

PARALLEL = 40.0  # degrees north, along which distances are true
WHOLE = (123.2, 36.4, 133.4, 43.9)  # west, south, east, north: the DPRK and what lies round it
SMALLEST, LARGEST = 4.5, 17.0  # radius of a mark, in pixels
NEAR = 9.0  # marks nearer than this are drawn as one: the smallest could not be told apart
LETTER = 6.2  # pixels, the usual width of one in a label
MAJOR = 3  # labels that a phone has room for
HOME = "North Korea"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An entity to be drawn."""

    id: str
    name: str
    href: str
    stories: int
    latitude: float | None
    longitude: float | None
    precision: str  # site | town | county | province
    town: str = ""
    province: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What is drawn at one point."""

    x: float
    y: float
    radius: float
    precision: str  # site | town | province
    label: str
    href: str
    latitude: float
    longitude: float
    places: tuple[Place, ...]  # most stories first

    @property
    def stories(self) -> int:
        """Of all places: a story that names two of them counts twice."""
        return sum(place.stories for place in self.places)


@dataclass(frozen=True, slots=True, kw_only=True)
class Map:
    """A map that is ready to be drawn."""

    width: int
    height: int
    land: tuple[tuple[str, str], ...]  # country and the path of its rings
    marks: tuple[Mark, ...]  # in order of size; the first lie under the others
    left_out: tuple[Place, ...]  # of which no place is known


@dataclass(frozen=True, slots=True, kw_only=True)
class _Frame:
    """From degrees to pixels."""

    west: float
    south: float
    east: float
    north: float
    width: int

    @property
    def scale(self) -> float:
        """Pixels a degree north."""
        return self.width / ((self.east - self.west) * cos(radians(PARALLEL)))

    @property
    def height(self) -> int:
        return round((self.north - self.south) * self.scale)

    def at(self, longitude: float, latitude: float) -> tuple[float, float]:
        x = (longitude - self.west) * self.scale * cos(radians(PARALLEL))
        return x, (self.north - latitude) * self.scale


def drawn(places: Sequence[Place], *, width: int = 640, anchor: str = "#place-") -> Map:
    """The map of these places. A mark of several leads to `anchor` and its number, from 1."""
    known = [(place, point) for place in places if (point := _point(place))]
    frame = _frame([point for _, point in known], width)
    heaps = list(_heaps(known, frame))
    most = max((sum(place.stories for place, _ in heap) for heap in heaps), default=0)
    marks = [
        _mark(heap, frame, most, f"{anchor}{number}") for number, heap in enumerate(heaps, start=1)
    ]
    return Map(
        width=width,
        height=frame.height,
        land=tuple(_land(frame)),
        marks=tuple(marks),
        left_out=tuple(place for place in places if not _point(place)),
    )


def drawing(
    chart: Map, *, title: str, alone: bool = False, links: bool = True, labels: bool = True
) -> str:
    """The map as SVG: inside a page, or `alone` with its own style."""
    root = svg.root(chart.width, chart.height, title, class_="map")
    if links:  # an image has no links in it; this is a group of them
        root.set("role", "group")
    svg.node(root, "rect", class_="sea", width=chart.width, height=chart.height)
    for country, path in chart.land:
        svg.node(root, "path", class_="land home" if country == HOME else "land", d=path)
    labelled = _labelled(chart) if labels else []
    for mark in sorted(chart.marks, key=lambda mark: (mark.precision != "province", -mark.radius)):
        group = _draw(root, mark, links=links)
        if labels:
            _write(group, mark, labelled, chart.width)
    return svg.text(root, alone=alone)


def tile_origin(tiles: str) -> str:
    """The origin that a map service's tiles come from, for the page's policy; "" without one.

    `{s}`, the several names of a server, becomes any name of its domain.
    """
    scheme, _, rest = tiles.partition("://")
    host = rest.partition("/")[0].replace("{s}", "*")
    return f"{scheme}://{host}" if host else ""


def said(mark: Mark) -> str:
    """A mark in words, for hover and for those who listen."""
    stories = f"{mark.stories:,} {'story' if mark.stories == 1 else 'stories'}"
    where = {"site": "the place itself", "town": "its town", "province": "its province"}
    if len(mark.places) == 1:
        return f"{mark.label}: {stories} ({where[mark.precision]})"
    names = ", ".join(place.name for place in mark.places[:5])
    more = f" and {len(mark.places) - 5} more" if len(mark.places) > 5 else ""
    return f"{mark.label}, {len(mark.places)} entities: {stories}. {names}{more}"


def _draw(root: ET.Element, mark: Mark, *, links: bool) -> ET.Element:
    group = svg.node(root, "a" if links else "g", class_=f"mark {mark.precision}")
    if links:
        group.set("href", mark.href)
        group.set("aria-label", said(mark))
        group.set("data-at", f"{mark.latitude} {mark.longitude} {mark.radius}")  # desk-map.js
    svg.node(group, "title", said(mark))
    svg.node(group, "circle", cx=mark.x, cy=mark.y, r=mark.radius)
    if mark.precision == "site":
        svg.node(group, "circle", class_="dot", cx=mark.x, cy=mark.y, r=1.5)
    if len(mark.places) > 1 and mark.radius >= 8:
        svg.node(group, "text", str(len(mark.places)), class_="number", x=mark.x, y=mark.y + 4)
    return group


def _write(group: ET.Element, mark: Mark, labelled: Sequence[Mark], width: int) -> None:
    x, y, anchor = _label_at(mark, width)
    shown = "" if mark in labelled else " hidden"
    major = " major" if mark in labelled[:MAJOR] else ""
    svg.node(group, "text", mark.label, class_=f"label {anchor}{shown}{major}", x=x, y=y)


def _label_at(mark: Mark, width: int) -> tuple[float, float, str]:
    """Where a mark's label begins: at its right, or ends at its left where there is no room."""
    if mark.x + mark.radius + 4 + LETTER * len(mark.label) > width:
        return mark.x - mark.radius - 4, mark.y + 4, "before"
    return mark.x + mark.radius + 4, mark.y + 4, "after"


def _labelled(chart: Map) -> list[Mark]:
    """The marks whose labels fit, the largest first; the others show theirs on hover and focus."""
    taken = [(m.x - m.radius, m.y - m.radius, m.x + m.radius, m.y + m.radius) for m in chart.marks]
    shown = []
    for mark in sorted(chart.marks, key=lambda mark: -mark.stories):
        x, y, anchor = _label_at(mark, chart.width)
        wide = LETTER * len(mark.label)
        left = x if anchor == "after" else x - wide
        box = (left, y - 11, left + wide, y + 3)
        if not any(_touch(box, other) for other in taken):
            shown.append(mark)
            taken.append(box)
    return shown


def _touch(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _point(place: Place) -> tuple[float, float] | None:
    """Longitude and latitude; the middle of the province where only that is known."""
    if place.latitude is not None and place.longitude is not None:
        return place.longitude, place.latitude
    for name, (latitude, longitude) in _provinces().items():
        if place.province.startswith(name):
            return longitude, latitude
    return None


def _precision(place: Place) -> str:
    """How a place is drawn: without a point of its own, as its province."""
    if place.latitude is None or place.precision in {"county", "province"}:
        return "province"
    return "site" if place.precision == "site" else "town"


def _frame(points: Sequence[tuple[float, float]], width: int) -> _Frame:
    """The usual stretch, wider where a point lies outside, within what the outline has."""
    west, south, east, north = WHOLE
    least_x, least_y, most_x, most_y = _outline()["region"]
    inside = [(x, y) for x, y in points if least_x <= x <= most_x and least_y <= y <= most_y]
    xs, ys = [x for x, _ in inside], [y for _, y in inside]
    return _Frame(
        west=max(least_x, min([west, *(x - 0.5 for x in xs)])),
        south=max(least_y, min([south, *(y - 0.5 for y in ys)])),
        east=min(most_x, max([east, *(x + 0.5 for x in xs)])),
        north=min(most_y, max([north, *(y + 0.5 for y in ys)])),
        width=width,
    )


_Known = tuple[Place, tuple[float, float]]


def _heaps(known: Sequence[_Known], frame: _Frame) -> Iterator[list[_Known]]:
    """Places by what would be one mark: those of one precision nearer than NEAR to the first."""
    left = sorted(known, key=lambda one: (-one[0].stories, one[0].name))
    while left:
        first = left[0]
        heap = [one for one in left if _together(first, one, frame)]
        left = [one for one in left if one not in heap]
        yield heap


def _together(one: _Known, other: _Known, frame: _Frame) -> bool:
    if (_precision(one[0]) == "province") != (_precision(other[0]) == "province"):
        return False
    (ax, ay), (bx, by) = frame.at(*one[1]), frame.at(*other[1])
    return hypot(ax - bx, ay - by) < NEAR


def _mark(heap: Sequence[_Known], frame: _Frame, most: int, anchor: str) -> Mark:
    places = tuple(place for place, _ in heap)
    longitude, latitude = heap[0][1]
    x, y = frame.at(longitude, latitude)
    share = sum(place.stories for place in places) / most if most else 0.0
    return Mark(
        x=round(x, 1),
        y=round(y, 1),
        radius=round(SMALLEST + (LARGEST - SMALLEST) * sqrt(share), 1),
        precision=_precision(places[0]),
        label=_label(places),
        href=places[0].href if len(places) == 1 else anchor,
        latitude=latitude,
        longitude=longitude,
        places=places,
    )


def _label(places: Sequence[Place]) -> str:
    """The entity, or what several have in common."""
    if len(places) == 1:
        return places[0].name
    towns = {place.town for place in places}
    provinces = {_short(place.province) for place in places}
    common = towns if len(towns) == 1 and "" not in towns else provinces
    return common.pop() if len(common) == 1 and "" not in common else places[0].name + " and others"


def _short(province: str) -> str:
    return province.removesuffix(" Municipality").removesuffix(" Province")


def _land(frame: _Frame) -> Iterator[tuple[str, str]]:
    """Each country's rings as one path, in whole pixels and tenths; those outside are left out."""
    countries: Mapping[str, list[list[list[float]]]] = _outline()["countries"]
    for country, rings in countries.items():
        paths = [_path(ring, frame) for ring in rings if _shows(ring, frame)]
        if paths:
            yield country, "".join(paths)


def _shows(ring: Sequence[Sequence[float]], frame: _Frame) -> bool:
    xs, ys = [x for x, _ in ring], [y for _, y in ring]
    return (
        max(xs) > frame.west
        and min(xs) < frame.east
        and max(ys) > frame.south
        and min(ys) < frame.north
    )


def _path(ring: Sequence[Sequence[float]], frame: _Frame) -> str:
    points = (frame.at(x, y) for x, y in ring)
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) + "z"


@cache
def _outline() -> Any:
    return json.loads(_data("outline.json"))


@cache
def _provinces() -> dict[str, tuple[float, float]]:
    return {name: (at[0], at[1]) for name, at in json.loads(_data("provinces.json")).items()}


def _data(name: str) -> str:
    return (resources.files("monitor.review") / "data" / name).read_text(encoding="utf-8")
