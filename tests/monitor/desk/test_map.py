"""The map: where marks lie, what they stand for, and nothing active in it."""

import re
from dataclasses import replace
from math import hypot
from xml.etree import ElementTree as ET

import pytest

from monitor.review import map as maps
from monitor.review import svg
from monitor.review.map import Place, drawing, drawn, said, tile_origin

HOSTILE = "</text><script>alert(1)</script>\x00"
DAM = Place(
    id="arin-dam",
    name="Arin Dam",
    href="/-/desk/entity/arin-dam",
    stories=4,
    latitude=40.0,
    longitude=126.0,
    precision="town",
    town="Arin County",
    province="South Phyongan Province",
)


def place(**other):
    return replace(DAM, **other)


def tree(chart, **asked):
    return ET.fromstring(drawing(chart, title="Where", **asked))


def found(root, tag, class_=""):
    return [
        node
        for node in root.iter(f"{{{svg.SVG}}}{tag}")
        if not class_ or class_ in node.get("class", "").split()
    ]


@pytest.mark.parametrize(
    ("other", "known"),
    [
        ((41.0, 126.0), (0, -1)),  # a degree north is up
        ((39.0, 126.0), (0, 1)),
        ((40.0, 127.0), (1, 0)),
        ((40.0, 125.0), (-1, 0)),
    ],
)
def test_north_is_up_and_east_is_right(other, known):
    chart = drawn([DAM, place(id="b", latitude=other[0], longitude=other[1])])
    one, two = sorted(chart.marks, key=lambda mark: mark.places[0].id)
    step = (two.x - one.x, two.y - one.y)
    assert [(s > 1) - (s < -1) for s in step] == list(known)


def test_distances_are_true_along_forty_degrees_north():
    """At 40° north a degree of longitude is cos 40° of one of latitude."""
    chart = drawn([DAM, place(id="b", longitude=128.0), place(id="c", latitude=41.0)])
    by_id = {mark.places[0].id: mark for mark in chart.marks}
    east, north = by_id["b"].x - by_id["arin-dam"].x, by_id["arin-dam"].y - by_id["c"].y
    assert east / 2 == pytest.approx(north * 0.766, rel=0.01)


@pytest.mark.parametrize(
    ("precision", "point", "shape"),
    [
        ("site", (40.0, 126.0), "site"),
        ("town", (40.0, 126.0), "town"),
        ("", (40.0, 126.0), "town"),
        ("county", (40.0, 126.0), "province"),
        ("province", (40.0, 126.0), "province"),
        ("town", (None, None), "province"),
    ],
)
def test_what_a_point_stands_for_is_drawn(precision, point, shape):
    chart = drawn([place(precision=precision, latitude=point[0], longitude=point[1])])
    [mark] = chart.marks
    assert mark.precision == shape
    [link] = found(tree(chart), "a", "mark")
    assert shape in link.get("class").split()
    assert len(found(link, "circle", "dot")) == (shape == "site")
    words = {"site": "the place itself", "town": "its town", "province": "its province"}
    assert words[shape] in link.get("aria-label")


def test_a_place_of_which_only_the_province_is_known_lies_in_it():
    chart = drawn([place(latitude=None, longitude=None, province="Ryanggang Province")])
    assert (chart.marks[0].latitude, chart.marks[0].longitude) == (41.2, 128.2)


def test_what_has_no_place_is_told_and_not_drawn():
    policy = place(id="policy", latitude=None, longitude=None, province="")
    chart = drawn([DAM, policy])
    assert [p.id for m in chart.marks for p in m.places] == ["arin-dam"]
    assert chart.left_out == (policy,)


def test_places_on_each_other_are_one_mark_with_a_number():
    town = [place(id=f"mill-{n}", name=f"Mill {n}", stories=n) for n in range(1, 8)]
    chart = drawn([*town, place(id="far", latitude=42.0, longitude=129.0)])
    heap, alone = chart.marks
    assert heap.stories == 28
    assert heap.label == "Arin County"
    assert heap.href == "#place-1"
    assert alone.href == DAM.href
    assert "7 entities: 28 stories. Mill 7, Mill 6, Mill 5, Mill 4, Mill 3 and 2 more" in said(heap)
    assert [n.text for n in found(tree(chart), "text", "number")] == ["7"]


def test_a_ring_is_never_mixed_with_a_place():
    at = {"latitude": 41.2, "longitude": 128.2}
    ring = place(id="ring", latitude=None, longitude=None, province="Ryanggang Province")
    assert len(drawn([place(**at), ring]).marks) == 2


def test_no_two_marks_are_nearer_than_the_smallest_can_be_told_apart():
    many = [
        place(id=f"p{n}", latitude=38.0 + n % 37 * 0.06, longitude=125.0 + n % 11 * 0.05)
        for n in range(200)
    ]
    marks = drawn(many).marks
    assert sum(len(mark.places) for mark in marks) == 200
    firsts = [(a, b) for a in marks for b in marks if a is not b]
    assert min(hypot(a.x - b.x, a.y - b.y) for a, b in firsts) >= maps.NEAR - 0.2


def test_size_tells_stories_by_area():
    few, most = place(id="few", stories=1, latitude=41.5, longitude=128.0), place(stories=100)
    small, large = sorted(m.radius for m in drawn([few, most]).marks)
    assert large == maps.LARGEST
    assert (small - maps.SMALLEST) / (large - maps.SMALLEST) == pytest.approx(0.1, abs=0.02)


def test_nothing_named_is_a_map_all_the_same():
    chart = drawn([])
    assert chart.marks == ()
    assert {country for country, _ in chart.land} >= {"North Korea", "South Korea", "China"}
    assert found(tree(chart), "path", "home")


def test_the_frame_widens_for_what_lies_outside_but_not_beyond_the_outline():
    usual = drawn([DAM])
    dandong, moscow = place(id="d", longitude=121.0), place(id="m", latitude=55.7, longitude=37.6)
    assert drawn([dandong]).height < usual.height  # wider, at the same width
    assert drawn([DAM, moscow]).height == usual.height


def test_labels_lie_neither_on_each_other_nor_beyond_the_edge():
    many = [
        place(
            id=f"p{n}",
            name=f"Place number {n}",
            latitude=38 + n * 0.2,
            longitude=125 + n % 5 * 1.3,
            stories=n,
        )
        for n in range(25)
    ]
    chart = drawn(many)
    texts = [
        t for t in found(tree(chart), "text", "label") if "hidden" not in t.get("class").split()
    ]
    assert len(texts) > 5
    boxes = []
    for text in texts:
        wide = maps.LETTER * len(text.text)
        x, y = float(text.get("x")), float(text.get("y"))
        left = x - wide if "before" in text.get("class").split() else x
        assert left + wide <= chart.width
        assert not any(
            left < end and start < left + wide and abs(y - line) < 13 for start, end, line in boxes
        )
        boxes.append((left, left + wide, y))


def test_names_are_words_and_never_markup():
    text = drawing(drawn([place(name=HOSTILE)]), title=HOSTILE)
    root = ET.fromstring(text)
    assert not [node for node in root.iter() if "script" in node.tag]
    assert "<script" not in text
    assert "<style" not in text


def test_an_image_of_the_map_has_no_links_and_brings_its_style():
    root = tree(drawn([DAM]), alone=True, links=False)
    assert root.get("role") == "img"
    assert not found(root, "a")
    assert found(root, "style")


def test_the_map_asks_for_nothing_from_anywhere():
    text = drawing(drawn([DAM]), title="t", alone=True).replace(svg.SVG, "")
    assert not re.search(r"https?:|url\(", text)


def test_every_province_of_the_bundled_list_is_known():
    from monitor.watchlist import load

    provinces = {e.province for e in load("dprk-civilian").entities.values() if e.province}
    unknown = {
        province
        for province in provinces
        if not drawn([place(latitude=None, longitude=None, province=province)]).marks
    }
    assert len(provinces) > 8
    assert not unknown


@pytest.mark.parametrize(
    ("tiles", "origin"),
    [
        ("", ""),
        ("https://tiles.example/{z}/{x}/{y}.png", "https://tiles.example"),
        ("https://{s}.tiles.example:8443/a/{z}/{x}/{y}.png", "https://*.tiles.example:8443"),
    ],
)
def test_the_policy_lets_in_the_map_service_alone(tiles, origin):
    assert tile_origin(tiles) == origin
