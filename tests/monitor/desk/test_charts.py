"""Charts: safe, self-contained SVG that says what its numbers say."""

import math
import re
import subprocess
import sys
from datetime import date, timedelta
from itertools import combinations
from xml.etree import ElementTree as ET

import pytest

from monitor.review import svg
from monitor.review.charts import ALL, KINDS, Bar, Panel, kinds_of, multiples, spark, weeks

HOSTILE = "</title></style><script>alert(1)</script><b onload=x> & \x00\x1b\ud800"
MONDAY = date(2026, 9, 7)


def bars(*totals, kind="press", **special):
    return [
        Bar(start=MONDAY + timedelta(weeks=at), counts={kind: total}, **special.get(f"w{at}", {}))
        for at, total in enumerate(totals)
    ]


def drawn(text):
    return ET.fromstring(text)


def found(root, tag, class_=""):
    return [
        node
        for node in root.iter(f"{{{svg.SVG}}}{tag}")
        if not class_ or class_ in node.get("class", "").split()
    ]


def layer(root, class_):
    [group] = [g for g in root.findall(f"{{{svg.SVG}}}g") if g.get("class") == class_]
    return list(group)


def heights(root, kind):
    """By series: its bars' heights."""
    return [
        float(rect.get("height"))
        for group in found(root, "g", f"kind-{kind}")
        for bars in found(group, "g", "bars")  # its swatch in the legend has none
        for rect in found(bars, "rect")
    ]


CHARTS = {
    "weeks": lambda: weeks(bars(3, 0, 5, w1={"gap": 0.5}), title=HOSTILE),
    "unknown kind": lambda: weeks(bars(3, kind=HOSTILE), title="t"),
    "burst": lambda: weeks(bars(3, 9, w1={"burst": HOSTILE}), title="t"),
    "nothing": lambda: weeks([], title="t"),
    "empty weeks": lambda: weeks(bars(0, 0), title="t"),
    "spark": lambda: spark(bars(1, 2), title=HOSTILE, name="s", alone=True),
    "multiples": lambda: multiples([Panel(title=HOSTILE, bars=bars(1, 2))], title=HOSTILE),
    "no panels": lambda: multiples([], title="t"),
}


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_is_well_formed_and_has_nothing_active_in_it(name):
    root = drawn(CHARTS[name]())
    assert root.get("role") == "img"
    tags = {node.tag.rpartition("}")[2] for node in root.iter()}
    assert tags <= {"svg", "g", "path", "rect", "text", "title", "defs", "pattern", "style"}
    for node in root.iter():
        assert not [key for key in node.attrib if key.startswith("on") or key in {"style", "href"}]
        for value in node.attrib.values():
            assert "url(" not in value or value.startswith("url(#hatch-")


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_asks_for_nothing_from_anywhere(name):
    text = CHARTS[name]().replace(svg.SVG, "")
    assert not re.search(r"https?:|//fonts|@import|<\?xml-stylesheet|<script", text)


@pytest.mark.parametrize("name", CHARTS)
def test_the_same_numbers_give_the_same_bytes(name):
    """pygal writes a random id and today's date."""
    assert CHARTS[name]() == CHARTS[name]()
    assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}|pygal|Kozea", CHARTS[name]())


def test_the_title_is_there_without_what_xml_has_no_place_for():
    root = drawn(weeks(bars(1), title=HOSTILE))
    assert root.get("aria-label") == root.find(f"{{{svg.SVG}}}title").text
    assert "<script>alert(1)</script>" in root.get("aria-label")
    assert not re.search("[\x00\x1b\ud800]", root.get("aria-label"))


def test_bars_are_as_high_as_their_numbers():
    root = drawn(weeks(bars(4, 0, 8), title="t"))
    low, high = heights(root, "press")  # nothing is drawn for nothing
    assert high == pytest.approx(2 * low, abs=0.2)


def test_kinds_stand_in_one_order_and_unknown_ones_count_as_other():
    week = Bar(start=MONDAY, counts={"zine": 1, "press": 2, "state-media": 3, "wire": 0})
    assert kinds_of([week]) == ("state-media", "press", "other")
    root = drawn(weeks([week], title="t"))
    lowest = {
        kind: found(found(root, "g", f"kind-{kind}")[0], "rect")[0] for kind in kinds_of([week])
    }
    feet = [float(rect.get("y")) + float(rect.get("height")) for rect in lowest.values()]
    assert feet == sorted(feet, reverse=True)


def test_a_gap_is_hatched_as_high_as_its_share_and_behind_the_bars():
    root = drawn(weeks(bars(2, 2, 2, w1={"gap": 0.5}, w2={"gap": 1.0}), title="t"))
    half, whole = (float(rect.get("height")) for rect in layer(root, "gaps"))
    assert whole == pytest.approx(2 * half, abs=0.2)
    order = [node.get("class", "").split()[0] for node in root if node.get("class")]
    assert order.index("gaps") < order.index("graph")
    assert not layer_there(drawn(weeks(bars(2, 2), title="t")), "gaps")


def layer_there(root, class_):
    return any(g.get("class") == class_ for g in root.findall(f"{{{svg.SVG}}}g"))


def test_a_gap_stands_over_its_own_week():
    chart = bars(5, 5, 5, 5, w2={"gap": 1.0, "burst": "x"})
    root = drawn(weeks(chart, title="t"))
    [gap] = layer(root, "gaps")
    plot = float(re.search(r"translate\(([\d.]+)", found(root, "g", "plot")[0].get("transform"))[1])
    own = float(re.search(r"translate\(([\d.]+)", gaps_group(root).get("transform"))[1])
    rect = found(found(root, "g", "kind-press")[0], "rect")[2]
    left, width = float(rect.get("x")) + plot, float(rect.get("width"))
    start = float(gap.get("x")) + own
    assert start <= left
    assert left + width <= start + float(gap.get("width"))
    [mark] = layer(root, "bursts")
    assert mark.find(f"{{{svg.SVG}}}title").text == "x"
    tip = float(re.match(r"M([\d.]+)", mark.get("d"))[1]) + own + 6
    assert left < tip < left + width


def gaps_group(root):
    return next(g for g in root.findall(f"{{{svg.SVG}}}g") if g.get("class") == "gaps")


def test_silent_weeks_are_underlined_and_the_legend_says_so():
    root = drawn(weeks(bars(2, 0, 0, w1={"silent": True}, w2={"silent": True}), title="t"))
    assert len(layer(root, "silences")) == 2
    assert "silent" in [node.text for node in found(root, "text")]


def test_the_legend_names_only_what_is_there():
    texts = {node.text for node in found(drawn(weeks(bars(1, kind="un"), title="t")), "text")}
    assert "UN" in texts
    assert not texts & {"burst", "silent", "sources not read", "press"}


def test_dates_carry_the_year_where_it_is_not_clear():
    chart = [
        Bar(start=date(2025, 12, 29) + timedelta(weeks=at), counts={"press": 1}) for at in range(4)
    ]
    texts = [node.text for node in found(drawn(weeks(chart, title="t")), "text")]
    assert [text for text in texts if text and " " in text] == [
        "29 Dec 2025",
        "5 Jan 2026",
        "12 Jan",
        "19 Jan",
    ]


@pytest.mark.parametrize("most", [0, 1, 3, 4, 5, 7, 10, 99, 100, 101, 12_345])
def test_lines_across_are_whole_numbers_that_hold_the_most(most):
    texts = [n.text for n in found(drawn(weeks(bars(most), title="t")), "text")]
    lines = [int(text) for text in texts if text and text.isdigit()]
    assert lines[0] == 0
    assert max(lines) >= most
    assert 2 <= len(lines) <= 6


def test_small_charts_of_one_scale():
    root = drawn(
        multiples([Panel(title="a", bars=bars(10)), Panel(title="b", bars=bars(5))], title="t")
    )
    tall, short = heights(root, ALL)
    assert tall == pytest.approx(2 * short, abs=0.2)


def test_a_chart_in_a_page_has_the_pages_style_and_ids_of_its_own():
    one, other = (spark(bars(1, w0={"gap": 1.0}), title="t", name=name) for name in ("a", "b"))
    assert "<style" not in one
    ids = [re.findall(r' id="([^"]+)"', text) for text in (one, other)]
    assert ids == [["hatch-a"], ["hatch-b"]]
    assert "url(#hatch-a)" in one


def test_one_that_stands_alone_brings_its_style():
    assert svg.style() in "".join(drawn(weeks(bars(1), title="t")).itertext())
    assert svg.style_hash().startswith("sha256-")


# How far colours lie apart: distance in OKLab (Ottosson 2020), as seen by normal sight and by the
# three dichromats (Machado, Oliveira and Fernandes 2009, severity 1).

SIGHT = {
    "normal": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protan": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deutan": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritan": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}  # fmt: skip
LEAST_APART = 0.09  # a scale that is often recommended for eight kinds has 0.05 by this measure


def linear(code):
    parts = (int(code[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]


def oklab(code, sight):
    rgb = linear(code)
    r, g, b = (
        min(1, max(0, sum(m * c for m, c in zip(row, rgb, strict=True)))) for row in SIGHT[sight]
    )
    long, middle, short = (
        max(0, x) ** (1 / 3)
        for x in (
            0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b,
            0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b,
            0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b,
        )
    )  # fmt: skip
    return (
        0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short,
    )


def scales():
    light, dark = svg.style().split("@media", 1)
    for theme, sheet in (("light", light), ("dark", dark)):
        yield theme, dict(re.findall(r"--kind-([a-z-]+): (#[0-9a-f]{6})", sheet))


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize(("theme", "scale"), [*scales()])
def test_kinds_stay_apart_for_everyone(theme, scale, sight):
    assert set(scale) == set(KINDS)
    apart = {
        pair: math.dist(oklab(scale[pair[0]], sight), oklab(scale[pair[1]], sight))
        for pair in combinations(scale, 2)
    }
    nearest = min(apart, key=apart.get)
    assert apart[nearest] >= LEAST_APART, (theme, nearest)


def test_the_measure_tells_colours_that_run_together():
    """Red and green of one lightness: apart for most, together for some."""
    red, green = "#c0504d", "#6a8a3c"
    normal, deutan = (math.dist(oklab(red, s), oklab(green, s)) for s in ("normal", "deutan"))
    assert normal > 2 * LEAST_APART > deutan * 2


def test_every_kind_has_its_colour_in_the_style():
    for kind in KINDS:
        assert f".kind-{kind} {{ fill: var(--kind-{kind}); }}" in svg.style()


def test_drawing_leaves_imports_as_they_were() -> None:
    """pygal's own finder warns at every later import of the process (3.11), from any thread."""
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", DRAW_THEN_IMPORT],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert (ran.returncode, ran.stderr) == (0, "")


DRAW_THEN_IMPORT = """
import sys
from datetime import date
from monitor.review.charts import Bar, weeks
weeks([Bar(start=date(2026, 11, 16), counts={"wire": 3})], title="t")
assert all(hasattr(finder, "find_spec") for finder in sys.meta_path)
import wave
from importlib.metadata import version
assert version("pygal")
"""
