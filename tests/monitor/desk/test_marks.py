"""A text with its mentions marked: every word stays, nothing from a feed becomes markup."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser as HTMLParser

from monitor.review.marks import RULES, marked
from monitor.store.desk.types import Span


def span(start: int, end: int, entity: str = "dam", **other) -> Span:
    fields = {
        "entity_name": f"The {entity}",
        "sector": "electric-power",
        "kind": "facility",
        "state": "confirmed",
        "alias": entity,
        "rule": "name",
        "watchlist": 3,
        "found_at": datetime(2026, 11, 21, tzinfo=UTC),
    }
    return Span(start=start, end=end, entity=entity, **{**fields, **other})


def plain(text: str, *spans: Span) -> str:
    """Only the structure: `[` and `]` for a mark's ends."""
    html = str(marked(text, spans))
    for css in ("facility", "policy"):
        for state in ("confirmed", "candidate"):
            html = html.replace(f'<mark class="{css} sector-electric-power {state}">', "[")
    return html.replace("</mark>", "]")


@pytest.mark.parametrize(
    ("spans", "told"),
    [
        ([], "0123456789"),
        ([(2, 4)], "01[23]456789"),
        ([(0, 10)], "[0123456789]"),
        ([(2, 4), (4, 6)], "01[23][45]6789"),
        ([(1, 8), (3, 5)], "0[12[34]567]89"),
        ([(3, 5), (1, 8)], "0[12[34]567]89"),
        ([(1, 8), (1, 5)], "0[[1234]567]89"),
        ([(1, 5), (3, 8)], "0[12[34]][567]89"),  # two that cross: the later is cut, none is lost
        ([(1, 5), (3, 8), (4, 9)], "0[12[3[4]]][56[7]][8]9"),
        ([(2, 4), (2, 4)], "01[23]456789"),
        ([(8, 99), (-3, 1), (5, 5), (7, 6)], "[0]1234567[89]"),
    ],
)
def test_marks_nest(spans, told):
    marks = [span(*at, entity=f"e{n}") for n, at in enumerate(spans)]
    if told == "0[12[3[4]]][56[7]][8]9":  # which piece nests in which is left to the code
        assert HTMLParser(str(marked("0123456789", marks))).text() == "0123456789"
    else:
        assert plain("0123456789", *marks) == told


@given(
    text=st.text(alphabet="ab<>&\"'평양 𝄞\n", max_size=30),
    spans=st.lists(st.tuples(st.integers(-5, 35), st.integers(-5, 35)), max_size=8),
)
def test_no_word_is_lost_or_doubled_and_none_is_markup(text, spans):
    html = str(marked(text, [span(a, b, entity=f"e{n}") for n, (a, b) in enumerate(spans)]))
    tree = HTMLParser(f"<p>{html}</p>")
    assert {node.tag for node in tree.css("p *")} <= {"mark"}
    assert tree.css_first("p").text() == text


def test_every_covered_character_is_marked():
    marks = [span(1, 5, entity="a"), span(3, 8, entity="b"), span(4, 9, entity="c")]
    tree = HTMLParser(f"<p>{marked('0123456789', marks)}</p>")
    bare = "".join(
        node.text() or ""
        for node in tree.css_first("p").iter(include_text=True)
        if node.tag == "-text"
    )
    assert bare == "09"


@pytest.mark.parametrize(
    "hostile", ["<script>alert(1)</script>", '"><img src=x onerror=a()>', "&lt;b&gt;"]
)
def test_feeds_and_watchlists_write_no_markup(hostile):
    one = span(
        0,
        len(hostile),
        entity_name=hostile,
        alias=hostile,
        rule=hostile,
        sector=hostile,
        kind=hostile,
    )
    tree = HTMLParser(f"<p>{marked(hostile, [one], why='m', entity_url='/e/')}</p>")
    assert {node.tag for node in tree.css("p *")} == {"mark", "span", "b", "a", "bdi"}
    for node in tree.css("p *"):
        assert set(node.attributes) <= {
            "class",
            "tabindex",
            "aria-describedby",
            "id",
            "role",
            "href",
        }
    assert tree.css_first("b").text() == hostile


def test_a_mark_says_why_it_is_there():
    one = span(4, 7, alias="The dam of Tanchon", state="candidate", rule="no-cue")
    tree = HTMLParser(str(marked("the dam is", [one], why="m5", entity_url="/-/desk/entity/")))
    mark = tree.css_first("mark[tabindex='0']")
    note = tree.css_first(f"#{mark.attributes['aria-describedby']}")
    told = note.text()
    for words in (
        "The dam",
        "facility",
        "electric power",
        "candidate",
        "The dam of Tanchon",
        RULES["no-cue"],
        "21 Nov 2026",
        "watchlist 3",
    ):
        assert words in told
    assert note.css_first("a").attributes["href"] == "/-/desk/entity/dam"


def test_two_readings_of_the_same_words_are_both_explained():
    both = [span(0, 3, entity="dam"), span(0, 3, entity="mine", state="candidate")]
    tree = HTMLParser(str(marked("dam", both, why="m")))
    assert len(tree.css("mark")) == 1
    assert [node.text() for node in tree.css(".why b")] == ["The dam", "The mine"]
    assert "confirmed" in tree.css_first("mark").attributes["class"]


def test_every_rule_of_the_tagger_is_put_in_words():
    """What decides is told in the reader's words: a new rule needs some too."""
    import re
    from pathlib import Path

    import monitor.tagging

    sources = "".join(p.read_text() for p in Path(monitor.tagging.__file__).parent.glob("*.py"))
    written = set(re.findall(r'rule(?:: str)? ?= ?"([a-z-]+)"', sources))
    written |= set(re.findall(r'C(?:ONFIRMED|ANDIDATE), "([a-z-]+)"\)', sources))
    written |= set(re.findall(r'"(shared-[a-z]+)"', sources))
    assert written >= {"name", "no-cue", "part-with-parent", "shared-stem"}
    assert written <= set(RULES)
