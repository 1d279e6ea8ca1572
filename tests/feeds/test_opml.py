"""OPML of other programs, and that nothing is lost on the way there and back."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.feed_keys import KINDS
from feeds.lists import add_to_list, from_opml, read_list, to_opml
from feeds.types import Feed, PageRules

A = "http://a.example/rss"


def one(attributes: str, head: str = "") -> Feed:
    (feed,) = from_opml(f"{head}<opml><body><outline {attributes}/></body></opml>".encode())
    return feed


ODDITIES = {
    "no type": (f'text="A" xmlUrl="{A}"', Feed(url=A, name="A")),
    "small letters": (f'TEXT="A" xmlurl="{A}" HTMLURL="http://a.example"',
                      Feed(url=A, name="A", site="http://a.example")),
    "a name of HTML": (f'text="Caf&eacute; &nbsp;&raquo; A" xmlUrl="{A}"', Feed(url=A, name="Café » A")),
    "bare ampersands": (f'text="R&D & more" xmlUrl="{A}?a=1&b=2"',
                        Feed(url=f"{A}?a=1&b=2", name="R&D & more")),
    "a number that is no character": (f'text="A&#0;" xmlUrl="{A}"', Feed(url=A, name="A")),
    "the scheme of feeds": ('text="A" xmlUrl="feed://a.example/rss"', Feed(url=A, name="A")),
    "two schemes": (f'text="A" xmlUrl="feed:{A}"', Feed(url=A, name="A")),
    "a site that is none": (f'text="A" xmlUrl="{A}" htmlUrl="/home"', Feed(url=A, name="A")),
    "a site that has a password": (f'text="A" xmlUrl="{A}" htmlUrl="http://me:x@a.example/"',
                                   Feed(url=A, name="A")),
    "categories": (f'text="A" xmlUrl="{A}" category="/Boston/Weather,/Harvard/,media"',
                   Feed(url=A, name="A", folders=("Boston/Weather", "Harvard", "media"))),
    "a title alone": (f'title="A" xmlUrl="{A}"', Feed(url=A, name="A")),
}  # fmt: skip


@pytest.mark.parametrize(("attributes", "feed"), ODDITIES.values(), ids=ODDITIES)
def test_an_oddity(attributes: str, feed: Feed) -> None:
    assert one(attributes) == feed


DECLARED = '<?xml version="1.0" encoding="{}"?>\n'


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [("UTF-8", "utf-8-sig"), ("ISO-8859-1", "utf-8"), ("EUC-KR", "cp949"), ("Shift_JIS", "utf-8"),
     ("UTF-16", "utf-16"), ("UTF-16", "utf-8"), ("windows-1251", "utf-8"), ("nosuch", "utf-8")],
)  # fmt: skip
def test_encodings(declared: str, encoding: str) -> None:
    text = f'{DECLARED.format(declared)}<opml><outline text="평양 소식" xmlUrl="{A}"/></opml>'
    assert from_opml(text.encode(encoding))[0].name == "평양 소식"


NESTED = f"""<opml><body>
<outline text="Asia"><outline text="Korea/North">
  <outline text="A" xmlUrl="{A}"/><outline text="note"/></outline></outline>
<outline text="wire"><outline text="Deep"><outline text="B" xmlUrl="http://b.example/"/></outline></outline>
<outline text="Daily"><outline text="again" xmlUrl="{A}" category="Daily"/></outline>
</body></opml>"""
FEEDS = (
    Feed(url=A, name="A", folders=("Asia/Korea/North", "Daily")),
    Feed(url="http://b.example/", name="B", kind="wire", folders=("wire/Deep",)),
)


def test_folders_within_folders() -> None:
    assert from_opml(NESTED.encode()) == FEEDS


def test_folders_are_written_as_folders() -> None:
    body = ET.fromstring(to_opml(FEEDS, "t")).find("body")
    assert body is not None
    asia = body[0]
    assert [asia.get("text"), asia[0].get("text"), asia[0][0].get("text")] == [
        "Asia",
        "Korea",
        "North",
    ]
    assert asia[0][0][0].get("xmlUrl") == A
    assert [outline.get("text") for outline in body] == ["Asia", "wire", "Daily"]
    assert from_opml(to_opml(FEEDS, "t")) == FEEDS


def test_a_folder_that_is_too_deep_counts_as_its_outer_one() -> None:
    deep = "".join(f'<outline text="{number:09}x">' for number in range(30))
    data = f'<opml>{deep}<outline xmlUrl="{A}"/>{"</outline>" * 30}</opml>'
    (folder,) = from_opml(data.encode())[0].folders
    assert 180 < len(folder) <= 200
    assert folder.startswith("000000000x/000000001x/")


PAGE = PageRules(items="li > a", link="@href", title='b[title="a & <b>"]', date_format="%d %m %Y")


def test_a_page_is_a_link_to_other_programs() -> None:
    page = Feed(url="http://a.example/list", name="List", page=PAGE)
    data = to_opml([page], "t")
    outline = ET.fromstring(data).find("body/outline")
    assert outline is not None
    assert (outline.get("type"), outline.get("xmlUrl")) == ("link", None)
    assert from_opml(data) == (page,)


names = st.text(
    st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp", "Cn"]), min_size=1, max_size=20
)
plain = names.map(lambda name: " ".join(char for char in name if char.isprintable()))
labels = plain.map(lambda name: " ".join(name.replace("/", "").split())).filter(bool)
paths = st.lists(labels, min_size=1, max_size=3).map("/".join)
feeds = st.builds(
    Feed,
    url=st.integers(0, 10**6).map(lambda n: f"https://h{n}.example/?a=1&b='{n}'"),
    name=labels | st.just(""),
    language=st.sampled_from(["", "ko", "rus"]),
    kind=st.sampled_from(["", *KINDS]),
    interval=st.none() | st.integers(60, 604_800),
    full_text=st.booleans(),
    folders=st.lists(paths, max_size=3, unique=True).map(tuple),
    site=st.sampled_from(["", "https://a.example/?x=1&y=<2>"]),
    page=st.sampled_from([None, PAGE]),
)
many = st.lists(feeds, max_size=6, unique_by=lambda feed: feed.url)


@settings(max_examples=80, deadline=None)
@given(many)
def test_there_and_back(some: list[Feed]) -> None:
    """A kind's folder gives its kind to those that have none."""
    found = from_opml(to_opml(some, "t"))
    assert found == tuple(replace(feed, kind=_kind(feed)) for feed in some)


def _kind(feed: Feed) -> str:
    first = feed.folders[0].split("/") if feed.folders else []
    return feed.kind or next((name for name in reversed(first) if name in KINDS), "")


def test_a_list_keeps_folders_and_site(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("list") / "a.toml"
    feed = Feed(url=A, folders=("Asia/Korea", 'odd "name"'), site="http://a.example/")
    add_to_list(path, feed)
    assert read_list(path) == (feed,)
