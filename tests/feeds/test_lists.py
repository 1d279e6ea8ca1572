"""Feed lists: reading, mistakes by line, editing without touching the rest, OPML both ways."""

from __future__ import annotations

import os
import stat

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds import lists
from feeds.errors import ListError
from feeds.feed_keys import FEED_KEYS, KINDS, feed_identity
from feeds.lists import (
    add_to_list,
    from_opml,
    read_list,
    read_lists,
    remove_from_list,
    to_opml,
)
from feeds.tables import MAX_BYTES
from feeds.types import Feed

FULL = Feed(
    url="https://news.example.org/rss.xml?a=1&b=%20",
    name='Rodong "Daily" <뉴스> & 新闻',
    language="ko",
    kind="state-media",
    interval=900,
    timezone="Asia/Pyongyang",
    encoding="euc-kr",
    full_text=True,
)
PLAIN = Feed(url="http://plain.example/feed")

COMMENTED = """\
# My feeds

# State media: keep an eye on these
[[feed]]
url = "https://a.example/rss"  # moved in May
name = "A"

# Wires
[[feed]]
url = "https://b.example/rss"
name = "B"
interval = "2h"
# B is slow

[[feed]]
name = "C"
url = "https://c.example/rss"
# the end
"""


@pytest.fixture
def listed(tmp_path):
    def write(text, name="feeds.toml"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def complaints(path):
    """What read_list says, without the folder in front."""
    with pytest.raises(ListError) as caught:
        read_list(path)
    return str(caught.value).replace(f"{path.parent}/", "").splitlines()


def test_a_list_with_every_key(listed):
    path = listed(
        """
        [[feed]]
        url = " https://news.example.org/rss.xml "
        name = "뉴스"
        language = "ko"
        kind = "wire"
        interval = "15m"
        timezone = "Asia/Seoul"
        encoding = "cp949"
        full_text = true
        [[feed]]
        url = "http://plain.example/feed"
        """
    )
    assert read_list(path) == (
        Feed(
            url="https://news.example.org/rss.xml",
            name="뉴스",
            language="ko",
            kind="wire",
            interval=900,
            timezone="Asia/Seoul",
            encoding="cp949",
            full_text=True,
        ),
        PLAIN,
    )


@pytest.mark.parametrize("text", ["", "# none yet\n", "feed = []\n"])
def test_a_list_may_be_empty(listed, text):
    assert read_list(listed(text)) == ()


def test_a_byte_order_mark_and_windows_line_ends_are_read(listed):
    path = listed(b'\xef\xbb\xbf[[feed]]\r\nurl = "http://plain.example/feed"\r\n')
    assert read_list(path) == (PLAIN,)


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("60", 60), ('"60s"', 60), ('"15m"', 900), ('" 2 h "', 7200), ('"7d"', 604800)],
)
def test_intervals(listed, written, seconds):
    path = listed(f'[[feed]]\nurl = "http://a.example/"\ninterval = {written}\n')
    assert read_list(path)[0].interval == seconds


KIND_RULE = f"must be one of {', '.join(KINDS)}"
INTERVAL = 'must be seconds, or text such as "15m", "2h" or "1d", from 60 seconds to 7 days'
LANGUAGE = 'must be a two- or three-letter language code such as "ko" or "en"'
ZONE = 'must be an IANA time zone such as "Asia/Seoul"'
ENCODING = 'must be a text encoding such as "euc-kr" or "utf-8"'
SCHEME = "must begin with http:// or https:// and a host, and hold no space"
HOST = "must have a host, and a port from 1 to 65535 if any"

WRONG_SETTINGS = [
    ("url = 5", "url: must be text, in quotes (is 5)"),
    ('url = ""', f'url: {SCHEME} (is "")'),
    ('url = "a.example/rss"', f'url: {SCHEME} (is "a.example/rss")'),
    ('url = "ftp://a.example/rss"', f'url: {SCHEME} (is "ftp://a.example/…")'),
    ('url = "http:///rss"', f'url: {SCHEME} (is "http:///…")'),
    ('url = "http://a.example/a b"', f'url: {SCHEME} (is "http://a.example/… b")'),
    ('url = "http://[::1"', f'url: {HOST} (is "http://[::1")'),
    ('url = "http://a.example:0/"', f'url: {HOST} (is "http://a.example:0/…")'),
    ('url = "http://a.example:99999/"', f'url: {HOST} (is "http://a.example:99999/…")'),
    ('url = "http://@/"', f'url: {HOST} (is "http:///…")'),
    (
        'url = "http://me:hunter2@a.example/rss"',
        'url: must not hold a user name or password (is "http://a.example/…")',
    ),
    (
        'url = "http://a.example/\\u0007"',
        'url: must be one line of at most 2048 characters (is "http://a.example/…")',
    ),
    (
        f'url = "http://a.example/{"x" * 2048}"',
        'url: must be one line of at most 2048 characters (is "http://a.example/…")',
    ),
    ('name = ""', 'name: must not be empty (is "")'),
    ("name = ['x']", "name: must be text, in quotes (is a list)"),
    (
        'name = "a\\u001b]0;b"',
        'name: must be one line of at most 200 characters (is "a\\u001b]0;b")',
    ),
    (
        'name = "a\\u202eb"',
        'name: must be one line of at most 200 characters (is "a\\U0000202eb")',
    ),
    ('language = "ko-KR"', f'language: {LANGUAGE} (is "ko-KR"; write "ko")'),
    ('language = "Korean"', f'language: {LANGUAGE} (is "Korean")'),
    ("language = 1", f"language: {LANGUAGE} (is 1)"),
    ('kind = "state media"', f'kind: {KIND_RULE} (is "state media"; did you mean "state-media"?)'),
    ('kind = "gossip"', f'kind: {KIND_RULE} (is "gossip")'),
    ("kind = { a = 1 }", f"kind: {KIND_RULE} (is a table)"),
    ('interval = "soon"', f'interval: {INTERVAL} (is "soon")'),
    ("interval = 59", f"interval: {INTERVAL} (is 59)"),
    ('interval = "8d"', f'interval: {INTERVAL} (is "8d")'),
    ("interval = true", f"interval: {INTERVAL} (is true)"),
    ("interval = 90.5", f"interval: {INTERVAL} (is 90.5)"),
    ('full_text = "yes"', 'full_text: must be true or false, without quotes (is "yes")'),
    ("full_text = 1", "full_text: must be true or false, without quotes (is 1)"),
    ('timezone = "Seoul"', f'timezone: {ZONE} (is "Seoul"; did you mean "Asia/Seoul"?)'),
    ('timezone = "../etc/passwd"', f'timezone: {ZONE} (is "../etc/passwd")'),
    ('timezone = "Asia"', f'timezone: {ZONE} (is "Asia")'),
    ('timezone = ""', f'timezone: {ZONE} (is "")'),
    ('encoding = "hex"', f'encoding: {ENCODING} (is "hex")'),
    ('encoding = "punycode"', f'encoding: {ENCODING} (is "punycode")'),
    ('encoding = "korean"', None),
    ('encoding = "utf-16"', None),
    ('encoding = "euc-krx"', f'encoding: {ENCODING} (is "euc-krx")'),
    ("naem = 'x'", 'naem: unknown key; did you mean "name"?'),
    (
        "zzz = 'x'",
        f"zzz: unknown key; the keys are {', '.join(FEED_KEYS)}",
    ),
]


@pytest.mark.parametrize(("line", "expected"), WRONG_SETTINGS)
def test_wrong_settings_are_named_by_line_and_key(listed, line, expected):
    url = "" if line.startswith("url") else 'url = "http://a.example/"\n'
    path = listed(f"# a list\n[[feed]]\n{line}\n{url}")
    if expected is None:
        assert read_list(path)
    else:
        assert complaints(path) == [f"feeds.toml:3: feed[1].{expected}"]


WRONG_FILES = [
    ("[[feed]]\nname = 'A'\n", ["feeds.toml:1: feed[1].url: is missing"]),
    (
        "[feed]\nurl = 'http://a.example/'\n",
        ["feeds.toml:1: feed: write [[feed]], in double brackets, above each one"],
    ),
    (
        "feed = 'http://a.example/'\n",
        ["feeds.toml:1: feed: write [[feed]], in double brackets, above each one"],
    ),
    (
        "feed = ['http://a.example/']\n",
        ['feeds.toml:1: feed[1]: must be a table of settings (is "http://a.example/…")'],
    ),
    (
        "[[feeds]]\nurl = 'http://a.example/'\n",
        ['feeds.toml:1: feeds: unknown key; did you mean "feed"?'],
    ),
    (
        "[[feed]\n",
        ["feeds.toml:1: is not TOML: Expected ']]' at the end of an array declaration (column 7)"],
    ),
    ("# one\nurl = \n", ["feeds.toml:2: is not TOML: Invalid value (column 7)"]),
    ("# one\nurl = ", ["feeds.toml:2: is not TOML: Invalid value"]),
    (
        b"# one\nname = '\xbc\xad\xbf\xef'\n",
        ["feeds.toml:2: is not UTF-8 text; save the file as UTF-8"],
    ),
    ("x = " + "[" * 100_000, ["feeds.toml: is not TOML: brackets within brackets too deep"]),
    (b"#" * (MAX_BYTES + 1), ["feeds.toml: is larger than 8 MiB: not a settings file"]),
    (
        "[[feed]]\nurl = 'http://a.example/'\n[[feed]]\nurl = 'HTTP://A.example:80#top'\n",
        ["feeds.toml:4: feed[2].url: is the same feed as feeds.toml:1; keep one"],
    ),
]


@pytest.mark.parametrize(("text", "expected"), WRONG_FILES)
def test_wrong_files(listed, text, expected):
    path = listed(text)
    assert [line.replace(f"{path.parent}/", "") for line in complaints(path)] == expected


def test_a_number_of_too_many_digits_is_a_mistake_and_no_crash(listed):
    (line,) = complaints(listed("x = " + "9" * 5000))
    assert line.startswith("feeds.toml:1: is not TOML: Exceeds the limit")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("none.toml", "no such file"),
        ("folder.toml", "is not a file"),
        ("pipe.toml", "is not a file"),
        ("feeds.txt", "must be a .toml, .opml or .xml file"),
        ("x" * 300 + ".toml", "cannot be read: File name too long"),
    ],
)
def test_files_that_cannot_be_read(tmp_path, name, expected):
    (tmp_path / "folder.toml").mkdir()
    os.mkfifo(tmp_path / "pipe.toml")
    assert complaints(tmp_path / name) == [f"{name}: {expected}"]


def test_every_mistake_of_every_list_is_told_in_the_order_of_the_lines(listed):
    one = listed("[[feed]]\nname = ''\nurl = 'x'\nlanguage = 'KO'\n", "one.toml")
    two = listed("[[feed]]\nkind = 'gossip'\n", "two.toml")
    with pytest.raises(ListError) as caught:
        read_lists([one, two])
    places = [line.split(": ")[0].rpartition("/")[2] for line in str(caught.value).splitlines()]
    assert places == ["one.toml:2", "one.toml:3", "one.toml:4", "two.toml:1", "two.toml:2"]


def test_a_feed_with_another_mistake_is_still_seen_to_be_a_twin(listed):
    path = listed(
        "[[feed]]\nurl = 'http://a.example/'\n[[feed]]\nkind = 'x'\nurl = 'http://a.example'"
    )
    assert [line.split(":")[1] for line in complaints(path)] == ["4", "5"]


def test_a_feed_in_two_lists_names_both_places(listed):
    one = listed("\n[[feed]]\nurl = 'http://a.example/rss#x'\n", "one.toml")
    two = listed(to_opml([Feed(url="http://A.example:80/rss")], "t"), "two.opml")
    with pytest.raises(ListError) as caught:
        read_lists([one, two])
    assert str(caught.value) == f"{two}:5: feed[1].url: is the same feed as {one}:2; keep one"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("http://A.example", "HTTP://a.example:80/#x", True),
        ("https://a.example/x", "https://a.example:443/x", True),
        ("https://[2001:DB8::1]:443/x", "https://[2001:db8::1]/x", True),
        ("http://a.example/x", "https://a.example/x", False),
        ("http://a.example/x", "http://a.example/x/", False),
        ("http://a.example/x", "http://a.example/X", False),
        ("http://a.example/?x=1", "http://a.example/?x=2", False),
        ("http://a.example:8080/", "http://a.example/", False),
        ("https://a.example:80/", "https://a.example/", False),
    ],
)
def test_which_urls_are_one_feed(one, other, same):
    assert (feed_identity(one) == feed_identity(other)) is same


def test_adding_keeps_every_line_that_was_there(listed):
    path = listed(COMMENTED)
    add_to_list(path, FULL)
    added = path.read_text().removeprefix(COMMENTED)
    assert added == (
        "\n[[feed]]\n"
        'url = "https://news.example.org/rss.xml?a=1&b=%20"\n'
        'name = "Rodong \\"Daily\\" <뉴스> & 新闻"\n'
        'language = "ko"\n'
        'kind = "state-media"\n'
        "interval = 900\n"
        'timezone = "Asia/Pyongyang"\n'
        'encoding = "euc-kr"\n'
        "full_text = true\n"
    )
    assert read_list(path)[-1] == FULL


def test_adding_makes_the_file(tmp_path):
    path = tmp_path / "new.toml"
    add_to_list(path, FULL, PLAIN)
    assert read_list(path) == (FULL, PLAIN)
    assert path.read_text().startswith("[[feed]]\n")


def test_adding_keeps_windows_line_ends(listed):
    path = listed(COMMENTED.replace("\n", "\r\n"))
    add_to_list(path, PLAIN)
    assert b"\n" not in path.read_bytes().replace(b"\r\n", b"")
    assert read_list(path)[-1] == PLAIN


@pytest.mark.parametrize(
    ("feed", "expected"),
    [
        (
            Feed(url="https://A.example:443/rss#x"),
            ':4: "https://A.example:443/rss#x" is listed already',
        ),
        (Feed(url="a.example"), f': feed.url: {SCHEME} (is "a.example")'),
        (
            Feed(url="http://d.example", name="a\nb"),
            ': feed.name: must be one line of at most 200 characters (is "a\\nb")',
        ),
        (Feed(url="http://d.example", kind="gossip"), f': feed.kind: {KIND_RULE} (is "gossip")'),
    ],
)
def test_adding_what_is_wrong_changes_nothing(listed, feed, expected):
    path = listed(COMMENTED)
    with pytest.raises(ListError) as caught:
        add_to_list(path, PLAIN, feed)
    assert str(caught.value) == f"{path}{expected}"
    assert path.read_text() == COMMENTED


def test_adding_the_same_feed_twice_at_once_is_refused(tmp_path):
    path = tmp_path / "new.toml"
    with pytest.raises(ListError, match="is listed already"):
        add_to_list(path, PLAIN, PLAIN)
    assert not path.exists()


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        (
            "feed = [{ url = 'http://a.example/' }]",
            "a.toml",
            ":1: feed: write each feed as a [[feed]] table of its own",
        ),
        ("feed = []", "a.toml", ":1: feed: write each feed as a [[feed]] table of its own"),
        ("[[feed]]\n", "a.toml", ":1: feed[1].url: is missing"),
        ("<opml/>", "a.opml", ": only a .toml list can be edited; import this one into one first"),
    ],
)
def test_a_list_that_no_program_can_edit_is_left_alone(listed, text, name, expected):
    path = listed(text, name)
    for edit in (lambda: add_to_list(path, PLAIN), lambda: remove_from_list(path, "x")):
        with pytest.raises(ListError) as caught:
            edit()
        assert str(caught.value) == f"{path}{expected}"
    assert path.read_text() == text


REMOVED = [
    ("A", COMMENTED.replace('[[feed]]\nurl = "https://a.example/rss"  # moved in May\nname = "A"\n\n', "")),
    ("https://b.example/rss", COMMENTED.replace('[[feed]]\nurl = "https://b.example/rss"\nname = "B"\ninterval = "2h"\n', "")),
    ("HTTPS://C.example:443/rss", COMMENTED.replace('[[feed]]\nname = "C"\nurl = "https://c.example/rss"\n', "")),
]  # fmt: skip


@pytest.mark.parametrize(("wanted", "left"), REMOVED)
def test_removing_takes_the_table_and_no_comment_round_it(listed, wanted, left):
    assert left != COMMENTED
    path = listed(COMMENTED)
    before = read_list(path)
    gone = remove_from_list(path, wanted)
    assert wanted in (gone.name, gone.url) or feed_identity(wanted) == gone.url
    assert path.read_text() == left
    assert read_list(path) == tuple(feed for feed in before if feed != gone)


def test_removing_a_table_that_spans_lines_and_odd_line_separators(listed):
    table = '[[feed]]\nurl = """\\\n  http://a.example/"""\nname = "A" # \u2028 \x85\n'
    path = listed(f"# top \u2028\n{table}\n[[feed]]\nurl = 'http://b.example/'\n")
    assert remove_from_list(path, "A").url == "http://a.example/"
    assert path.read_text() == "# top \u2028\n[[feed]]\nurl = 'http://b.example/'\n"


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (
            "Dayly NK",
            ': no feed has the name or URL "Dayly NK"; did you mean "Daily NK" or "Daily NK Japan"?',
        ),
        ("qqqq", ': no feed has the name or URL "qqqq"'),
        ("http://[", ': no feed has the name or URL "http://["'),
        ("Twin", ': "Twin" names several feeds; use the URL ({path}:7, {path}:10)'),
    ],
)
def test_removing_what_is_not_there_or_not_clear(listed, wanted, expected):
    names = ["Daily NK", "Daily NK Japan", "Twin", "Twin"]
    text = "".join(
        f"[[feed]]\nname = '{n}'\nurl = 'http://{i}.example/'\n" for i, n in enumerate(names)
    )
    path = listed(text)
    with pytest.raises(ListError) as caught:
        remove_from_list(path, wanted)
    assert str(caught.value) == f"{path}{expected.format(path=path)}"
    assert path.read_text() == text


def test_a_rewritten_list_keeps_its_mode_and_a_link_stays_a_link(listed, tmp_path):
    path = listed(COMMENTED)
    path.chmod(0o640)
    link = tmp_path / "link.toml"
    link.symlink_to(path)
    add_to_list(link, PLAIN)
    assert link.is_symlink()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert read_list(path)[-1] == PLAIN
    assert {file.name for file in tmp_path.iterdir()} == {"feeds.toml", "link.toml"}


def test_a_write_that_fails_halfway_leaves_the_old_list_and_no_draft(listed, monkeypatch, tmp_path):
    path = listed(COMMENTED)

    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(lists.os, "fsync", full)
    with pytest.raises(ListError) as caught:
        add_to_list(path, PLAIN)
    assert str(caught.value) == f"{path}: cannot be written: No space left on device"
    assert path.read_text() == COMMENTED
    assert [file.name for file in tmp_path.iterdir()] == ["feeds.toml"]


@pytest.mark.parametrize(
    ("folder", "reason"), [("none", "No such file or directory"), ("file", "Not a directory")]
)
def test_a_list_in_a_folder_that_is_not_there_cannot_be_made(tmp_path, folder, reason):
    (tmp_path / "file").write_text("")
    with pytest.raises(ListError, match=f"cannot be written: {reason}"):
        add_to_list(tmp_path / folder / "feeds.toml", PLAIN)


def test_no_opml_list_is_made_by_adding(tmp_path):
    with pytest.raises(ListError, match=r"only a \.toml list can be edited"):
        add_to_list(tmp_path / "new.opml", PLAIN)
    assert not list(tmp_path.iterdir())


def test_removing_from_a_list_that_is_not_there(tmp_path):
    with pytest.raises(ListError, match="no feed has the name or URL"):
        remove_from_list(tmp_path / "none.toml", "A")


names = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=30)
feeds = st.builds(
    Feed,
    url=st.integers(0, 10**6).map(lambda n: f"https://h{n}.example/?a=1&b={n}"),
    name=names | st.just(""),
    language=st.sampled_from(["", "ko", "en", "rus"]),
    kind=st.sampled_from(["", *KINDS]),
    interval=st.none() | st.integers(60, 604800),
    timezone=st.sampled_from(["", "Asia/Seoul", "UTC"]),
    encoding=st.sampled_from(["", "euc-kr", "utf-8"]),
    full_text=st.booleans(),
)
many = st.lists(feeds, max_size=5, unique_by=lambda feed: feed.url)


@settings(max_examples=60, deadline=None)
@given(many)
def test_toml_to_opml_to_toml_loses_nothing(tmp_path_factory, some):
    folder = tmp_path_factory.mktemp("trip")
    first, second = folder / "a.toml", folder / "b.toml"
    add_to_list(first, *some)
    add_to_list(second, *from_opml(to_opml(read_list(first), "title")))
    assert read_list(first) == read_list(second) == tuple(some)


@settings(max_examples=60, deadline=None)
@given(many, st.data())
def test_removing_after_adding_gives_the_old_list_back(tmp_path_factory, some, data):
    path = tmp_path_factory.mktemp("edit") / "a.toml"
    path.write_text(COMMENTED)
    add_to_list(path, *some)
    for feed in data.draw(st.permutations(some)):
        assert remove_from_list(path, feed.url) == feed
    assert path.read_text().rstrip() == COMMENTED.rstrip()


OPML = """\
<?xml version="1.0" encoding="UTF-8"?>
<opml version="1.0">
  <head><title>From a reader</title></head>
  <body>
    <outline text="Asia">
      <outline text="state-media">
        <outline type="rss" text="Voice &amp; Echo" xmlUrl="http://a.example/rss" language="ko-KR"/>
      </outline>
      <outline type="rss" title=" Two&#10;lines " xmlurl="http://b.example/rss" language="unknown"/>
    </outline>
    <outline text="Mine"><outline type="rss" text="again" xmlUrl="http://a.example/rss"/></outline>
    <outline text="empty folder"/>
    <outline type="link" text="a note" url="http://c.example/"/>
  </body>
</opml>
"""


def test_opml_of_another_reader():
    assert from_opml(OPML.encode()) == (
        Feed(
            url="http://a.example/rss",
            name="Voice & Echo",
            language="ko",
            kind="state-media",
            folders=("Asia/state-media", "Mine"),
        ),
        Feed(url="http://b.example/rss", name="Two lines", folders=("Asia",)),
    )


@pytest.mark.parametrize("encoding", ["utf-16", "iso-8859-1", "utf-8-sig"])
def test_opml_in_other_encodings(encoding):
    declared = "utf-8" if encoding == "utf-8-sig" else encoding
    data = OPML.replace("UTF-8", declared).replace("Voice", "Voix é").encode(encoding)
    assert from_opml(data)[0].name == "Voix é & Echo"


def test_opml_whose_prefix_was_renamed_keeps_our_attributes():
    data = (
        to_opml([FULL], "t").replace(b" wirewatch:", b" n:").replace(b"xmlns:wirewatch", b"xmlns:n")
    )
    assert b"n:kind" in data
    assert from_opml(data) == (FULL,)


def test_opml_text_that_xml_cannot_hold_is_replaced():
    data = to_opml([Feed(url="http://a.example/", name="a\x00b\ud800")], "\x1b & title")
    assert b"\xef\xbf\xbd &amp; title</title>" in data
    assert from_opml(data)[0].name == "a\ufffdb\ufffd"


DTD = '<!DOCTYPE opml [<!ENTITY a "http://a.example/">]>'
REFUSED = "holds a document type (<!DOCTYPE …>), which is refused; remove it"
WRONG_OPML = [
    (f"{DTD}<opml><outline xmlUrl='&a;'/></opml>", f"OPML:1: {REFUSED}"),
    ("\n<!DOCTYPE opml SYSTEM 'file:///etc/passwd'><opml/>", f"OPML:2: {REFUSED}"),
    ("<opml><outline xmlUrl='&a;'/></opml>", f'OPML:1: feed[1].url: {SCHEME} (is "&a;")'),
    ("<opml>\n<body>", "OPML:2: is not OPML: no element found"),
    ("", "OPML:1: is not OPML: no element found"),
    ("{}", "OPML:1: is not OPML: not well-formed (invalid token)"),
    ("<html><body/></html>", "OPML:1: is not OPML: the document is <html>"),
    ("<rss:\x9b/>", "OPML:1: is not OPML: not well-formed (invalid token)"),
    ("<opml x:a=''/>", "OPML:1: is not OPML: unbound prefix"),
    ("<opml>\n<outline type='RSS' text='x'/></opml>", "OPML:2: feed[1].url: is missing"),
    ("<opml>\n<outline xmlUrl='x'/>\n<outline xmlUrl='y'/></opml>", f'OPML:2: feed[1].url: {SCHEME} (is "x")\nOPML:3: feed[2].url: {SCHEME} (is "y")'),
    (
        "<opml xmlns:w='urn:x-wirewatch:opml'><outline xmlUrl='http://a.example' w:interval='5' w:full_text='y'/></opml>",
        "\n".join(
            [
                'OPML:1: feed[1].full_text: must be true or false, without quotes (is "y")',
                f'OPML:1: feed[1].interval: {INTERVAL} (is "5")',
            ]
        ),
    ),
    (
        "<opml><outline xmlUrl='http://a.example'/><outline xmlUrl='http://A.example/'/></opml>",
        "OPML:1: feed[2].url: is the same feed as OPML:1; keep one",
    ),
    ("<opml>" + " " * MAX_BYTES, "OPML: is larger than 8 MiB: not a settings file"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "expected"), WRONG_OPML)
def test_wrong_opml(data, expected):
    with pytest.raises(ListError) as caught:
        from_opml(data.encode())
    assert str(caught.value) == expected


def test_a_document_type_is_seen_in_utf_16_too():
    with pytest.raises(ListError, match="holds a document type"):
        from_opml(f"{DTD}<opml/>".encode("utf-16"))


def test_without_the_guard_an_entity_would_be_expanded(monkeypatch):
    """A reader whose guards are off takes what the entity says: nothing else stands before it."""
    monkeypatch.setattr("feeds.opml._Reader._doctype", lambda *_: None)
    monkeypatch.setattr("feeds.opml.known_references", lambda text: text)
    assert from_opml(f"{DTD}<opml><outline xmlUrl='&a;'/></opml>".encode()) == (
        Feed(url="http://a.example/"),
    )


def test_opml_of_any_depth_is_read():
    data = "<opml>" + "<outline text='x'>" * 50_000 + "<outline xmlUrl='http://a.example/'/>"
    data += "</outline>" * 50_000 + "</opml>"
    assert [feed.url for feed in from_opml(data.encode())] == ["http://a.example/"]


def test_an_opml_file_is_a_list(listed):
    assert read_list(listed(OPML, "reader.opml")) == read_list(listed(OPML, "reader.XML"))
