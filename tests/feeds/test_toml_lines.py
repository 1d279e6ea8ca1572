"""Lines of TOML keys: a table of layouts, and any document at all against tomllib."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds import toml_lines
from feeds.tables import read_toml
from feeds.toml_lines import Span, key_spans

LAYOUTS = [
    ("a = 1\nb = 2\n", {("a",): (1, 1), ("b",): (2, 2)}),
    ("# one\n\na = 1 # 'x' [y]\nb = 2", {("a",): (3, 3), ("b",): (4, 4)}),
    ("[t]\na = 1\n\n[u]\nb = 1\n", {("t",): (1, 2), ("t", "a"): (2, 2), ("u", "b"): (5, 5)}),
    (
        "[[f]]\na = 1\n\n[[f]]\na = 2\nb = 3\n",
        {("f",): (1, 6), ("f", 0): (1, 2), ("f", 1): (4, 6), ("f", 1, "b"): (6, 6)},
    ),
    (
        "[[f]]\n[[f.g]]\na = 1\n[[f.g]]\na = 1\n[[f]]\n[[f.g]]\na = 1\n[f.h]\nb = 1\n",
        {
            ("f", 0, "g", 1, "a"): (5, 5),
            ("f", 1, "g", 0, "a"): (8, 8),
            ("f", 1, "h", "b"): (10, 10),
        },
    ),
    ("a.b.c = 1\na.d = 2\n", {("a",): (1, 2), ("a", "b", "c"): (1, 1), ("a", "d"): (2, 2)}),
    ("\"a b\".'c' = 1\n", {("a b", "c"): (1, 1)}),
    ('"\\u0061" = 1\n', {("a",): (1, 1)}),
    (
        'a = """\nx = 1\n"y" """\nb = 2\n',
        {("a",): (1, 3), ("b",): (4, 4)},
    ),
    ("a = '''\n[x]\n'''\nb = 2\n", {("a",): (1, 3), ("b",): (4, 4)}),
    ('a = """x"""""\nb = ""\nc = 1', {("b",): (2, 2), ("c",): (3, 3)}),
    ('a = """\\"""" \nb = 1', {("b",): (2, 2)}),
    (
        "a = [\n  1, # one ]\n  [2, 3],\n  { b = 4 },\n]\nc = 5\n",
        {
            ("a",): (1, 5),
            ("a", 0): (2, 2),
            ("a", 1, 1): (3, 3),
            ("a", 2, "b"): (4, 4),
            ("c",): (6, 6),
        },
    ),
    ("a = { b.c = 1, d = [2] }\n", {("a", "b", "c"): (1, 1), ("a", "d", 0): (1, 1)}),
    ("a = []\nb = {}\nc = 1", {("a",): (1, 1), ("b",): (2, 2), ("c",): (3, 3)}),
    (
        "a = 1979-05-27 07:32:00.5\nb = -1.5e+3\nc = +inf\n1.2 = true\nd = 1",
        {("a",): (1, 1), ("b",): (2, 2), ("1", "2"): (4, 4), ("d",): (5, 5)},
    ),
    ("a = 1\r\nb = 2\r\n", {("a",): (1, 1), ("b",): (2, 2)}),
    ("a = '\u2028\x85'\nb = 2\n", {("a",): (1, 1), ("b",): (2, 2)}),
    ("", {}),
]


@pytest.mark.parametrize(("text", "expected"), LAYOUTS)
def test_where_keys_stand(text, expected):
    tomllib.loads(text)
    spans = key_spans(text)
    assert {where: tuple(spans[where]) for where in expected} == expected


def paths(value, where=()):
    """Every key and index of a parsed document."""
    if isinstance(value, dict):
        inner = [found for key, item in value.items() for found in paths(item, (*where, key))]
    elif isinstance(value, list):
        inner = [found for i, item in enumerate(value) for found in paths(item, (*where, i))]
    else:
        inner = []
    return [where, *inner] if where else inner


scalars = st.sampled_from(
    ["1", "-1.5", "true", '"a#b"', "'[x]'", '"""\nm = 1\n"""', "'''\n]\n'''", "1979-05-27 07:32:00"]
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: f"[ # (\n {', '.join(items)}\n]")
        | st.lists(inner, max_size=3).map(
            lambda items: "{" + ", ".join(f"k{i}.x = {v}" for i, v in enumerate(items)) + "}"
        )
    ),
    max_leaves=5,
)
blanks = st.sampled_from(["", "\n", "# note = [\n"])


@st.composite
def documents(draw):
    tables = []
    for name in ["", "[t]\n", "[[f]]\n", "[f.g]\n", "[[f]]\n", "[[f.g.h]]\n", "['u v'.w]\n"]:
        keys = [f"{draw(blanks)}k{i} = {draw(values)}\n" for i in range(draw(st.integers(0, 3)))]
        tables.append(f"{draw(blanks)}{name}{''.join(keys)}")
    return "".join(tables)


@settings(max_examples=150, deadline=None)
@given(documents())
def test_every_key_of_any_document_has_a_span(text):
    spans = key_spans(text)
    assert set(spans) == set(paths(tomllib.loads(text)))
    lines = text.split("\n")
    for where, span in spans.items():
        assert 1 <= span.first <= span.last <= len(lines)
        if where[-1] in {"k0", "k1", "k2"}:
            assert str(where[-1]) in lines[span.first - 1]


def test_a_span_is_first_and_last_line():
    assert key_spans("a = 1")[("a",)] == Span(first=1, last=1)


def test_lines_are_found_out_when_they_are_asked_for(monkeypatch):
    """A list of thousands of feeds that holds no mistake is not gone through a second time."""
    gone_through = []

    def counted(text):
        gone_through.append(text)
        return key_spans(text)

    monkeypatch.setattr(toml_lines, "key_spans", counted)
    source = read_toml(b"a = 1\nb = 2\n", "x.toml")
    assert (source.data, gone_through) == ({"a": 1, "b": 2}, [])
    assert source.place(("b",)) == "x.toml:2"
    assert dict(source.spans) == key_spans("a = 1\nb = 2\n")
    assert len(gone_through) == 1
