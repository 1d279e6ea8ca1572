"""SVG that is safe to put into a page: elements are built, never pasted. Pure."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from importlib import resources
from xml.etree import ElementTree as ET

SVG = "http://www.w3.org/2000/svg"
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def root(width: int, height: int, title: str, *, class_: str = "chart") -> ET.Element:
    """An empty drawing; `title` is what it is called to those who listen."""
    new = ET.Element(f"{{{SVG}}}svg", viewBox=f"0 0 {width} {height}")
    new.set("width", str(width))
    new.set("height", str(height))
    entitle(new, title, class_)
    return new


def entitle(root: ET.Element, title: str, class_: str = "chart") -> None:
    """Say what a drawing is: to those who listen, and on hover."""
    root.set("class", class_)
    root.set("role", "img")
    root.set("aria-label", title)
    first = ET.Element(f"{{{SVG}}}title")
    first.text = title
    root.insert(0, first)


def node(
    parent: ET.Element, tag: str, text: str = "", *, class_: str = "", **attributes: object
) -> ET.Element:
    """A new element in another."""
    new = ET.SubElement(parent, f"{{{SVG}}}{tag}")
    if class_:
        new.set("class", class_)
    for key, value in attributes.items():
        new.set(key, f"{value:.1f}" if isinstance(value, float) else str(value))
    new.text = text or None
    return new


def text(root: ET.Element, *, alone: bool) -> str:
    """The drawing as text: for a page that has the style sheet, or `alone` with its own."""
    if alone:
        sheet = ET.Element(f"{{{SVG}}}style")
        sheet.text = style()
        root.insert(1, sheet)
    ET.register_namespace("", SVG)
    _round(root)
    for each in root.iter():  # feeds put anything into a name
        each.text = plain(each.text) if each.text else None
        for key, value in each.attrib.items():
            each.set(key, plain(value))
    return ET.tostring(root, encoding="unicode")


@cache
def style() -> str:
    """The stylesheet of a chart that stands alone."""
    sheet = resources.files("monitor.review") / "static" / "desk-charts.css"
    return sheet.read_text(encoding="utf-8")


@cache
def style_hash() -> str:
    """By which a policy lets that stylesheet in (CSP 3, 2.3.1)."""
    return f"sha256-{base64.b64encode(hashlib.sha256(style().encode()).digest()).decode()}"


def _round(root: ET.Element) -> None:
    """Tenths of a pixel: pygal writes fifteen digits."""
    for node in root.iter():
        for key, value in node.attrib.items():
            if key in {"x", "y", "width", "height", "d", "transform"}:
                node.set(key, re.sub(r"-?\d+\.\d+", lambda m: f"{float(m[0]):.1f}", value))
            if key in {"rx", "ry"}:
                node.set(key, "0")


def plain(text: str) -> str:
    """Without the characters that XML has no place for."""
    return _NOT_XML.sub("", text)
