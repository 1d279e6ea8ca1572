"""The demo's bundled feeds: what they promise, how they are written, and how they are served."""

import socket
import tomllib
import urllib.error
import urllib.request
from collections import Counter
from datetime import UTC, datetime, timedelta
from html import escape
from importlib.resources import files
from itertools import pairwise
from urllib.parse import urlsplit

import pytest

from feeds.parse import parse
from feeds.types import ParsedFeed
from monitor.demo import server as demo_server
from monitor.demo.items import ROUNDS, load, read
from monitor.demo.render import ENTITIES, published, render
from monitor.demo.server import DemoServer
from monitor.watchlist import load as load_watchlist

NOW = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)
FEEDS = {feed.key: feed for feed in load()}
FIRST = [(feed, item) for feed in FEEDS.values() for item in feed.window(1)]
EVERY = [
    (feed, item)
    for feed in FEEDS.values()
    for number in ROUNDS
    for item in feed.window(number)
    if number == 1 or item not in feed.window(1)
]
EXAMPLE_DOMAINS = ("example.org", "example.com", "example.net")
LOOK_ALIKES = {
    "a missile": ["Hwasong-18", "«Хвасон-18»"],
    "a town without its mine": ["Musan, a border town"],
    "fell through": ["무산됐다"],
    "the Senate": ["상원 소위", "ある国の上院"],
    "a city in the ROK": ["전남 순천시", "경기 화성시"],
    "a university": ["Kim Chaek University"],
    "a calendar year": ["주체113(2024)년", "Juche 101 (2012)"],
    "Mars": ["火星の土"],
    "dawn": ["黎明时分", "여명이 밝아"],
    "Sanshui": ["佛山三水"],
    "Samsung and Samsu": ["Samsung Heavy", "Samsu County"],
    "Venus": ["금성을 볼"],
    "a football club": ["Hwaseong FC"],
    "a metro station": ["대전 도시철도 갈마역"],
}


def test_it_is_as_large_and_as_varied_as_the_demo_says():
    assert 75 <= len(FIRST) <= 85
    assert len(FEEDS) == 8
    assert {feed.language for feed in FEEDS.values()} == {"en", "ko", "zh", "ja", "ru"}
    assert {feed.format for feed in FEEDS.values()} == {"rss20", "rss10", "atom10", "json11"}
    assert {feed.encoding for feed in FEEDS.values()} == {"utf-8", "euc-kr", "windows-1251"}
    quirks = {feed.quirk for feed in FEEDS.values()}
    assert quirks == {"", "malformed", "double-escaped", "relative-links"}
    assert {feed.dates for feed in FEEDS.values()} == {"offset", "abbreviation", "naive"}
    assert len({feed.kind for feed in FEEDS.values()}) == 6


def test_it_names_many_entities_and_sets_many_traps():
    names = {name for _, item in EVERY for name in item.names}
    assert len(names) >= 45
    assert sum(bool(item.trap) for _, item in FIRST) >= 12
    assert sum(bool(item.trap and not item.names) for _, item in FIRST) >= 12


def test_every_kind_of_look_alike_stands_in_an_item_that_says_so():
    trapped = " ".join(f"{item.title} {item.text}" for _, item in FIRST if item.trap)
    missing = [word for words in LOOK_ALIKES.values() for word in words if word not in trapped]
    assert missing == []


@pytest.mark.parametrize("key", FEEDS)
def test_a_feed_says_that_it_is_a_demo(key):
    feed = FEEDS[key]
    assert feed.name.endswith("(demo)")
    assert "demo" in feed.about


@pytest.mark.parametrize("key", FEEDS)
def test_a_feed_lives_on_example_domains_only(key):
    feed = FEEDS[key]
    assert _is_example(feed.host)
    for item in feed.items:
        assert _is_example(urlsplit(feed.link(item)).hostname)
        assert "://" not in item.text


@pytest.mark.parametrize(("host", "expected"), [("a.example", True), ("news.kr", False)])
def test_the_check_for_example_domains_can_fail(host, expected):
    assert _is_example(host) is expected


@pytest.mark.parametrize("key", FEEDS)
def test_keys_are_unique_and_items_are_whole(key):
    items = FEEDS[key].items
    assert [name for name, n in Counter(item.key for item in items).items() if n > 1] == []
    assert len({item.age for item in items}) == len(items)
    for item in items:
        assert item.title.strip() == item.title != ""
        assert len(item.paragraphs) >= 1
        assert timedelta() < item.age < timedelta(days=7)
        assert set(item.rounds) <= set(ROUNDS)
        assert len(set(item.names)) == len(item.names)


def test_the_files_use_no_field_that_is_not_explained():
    folder = files("monitor.demo") / "content"
    guide = (folder / "README.md").read_text(encoding="utf-8")
    for key in FEEDS:
        table = tomllib.loads((folder / f"{key}.toml").read_text(encoding="utf-8"))
        fields = set(table["feed"]).union(*table["item"])
        assert [
            name for name in sorted(fields) if f"`{name}`" not in guide and name != "edit"
        ] == []


def test_a_field_that_nobody_knows_is_refused():
    item = '[[item]]\nkey="a"\nhours=1\ntitle="t"\ntext="x"\nnames=[]\n'
    with pytest.raises(TypeError, match="colour"):
        read("x", f'[feed]\nname = "x"\ncolour = "red"\n{item}')
    with pytest.raises(TypeError, match="colour"):
        read("x", f'[feed]\nname = "x"\n{item}colour = "red"\n')


def test_ids_are_those_of_the_bundled_watchlist():
    known = set(load_watchlist("dprk-civilian").entities)
    assert len(known) > 100
    assert {name for _, item in EVERY for name in item.names} - known == set()


# What happens between the two polls


def test_an_edit_takes_a_name_away():
    before, after = _both("taedong-agency", "honey-sweets")
    assert before.names == ("pyongyang-cornstarch-factory",)
    assert after.names == ()
    assert "Pyongyang Cornstarch Factory" in before.title
    assert "Pyongyang Cornstarch Factory" in before.text
    assert "Cornstarch" not in after.title + after.text
    assert before.age == after.age


def test_an_edit_adds_a_name():
    before, after = _both("moran-sinbo", "winter-coats")
    assert (before.names, after.names) == ((), ("pothonggang-department-store",))
    assert "보통강백화점" not in before.title + before.text
    assert "보통강백화점" in after.title
    assert "보통강백화점" in after.text


def test_new_items_come_and_one_goes():
    came = {item.key for feed in FEEDS.values() for item in feed.items if item.rounds == (2,)}
    gone = {item.key for feed in FEEDS.values() for item in feed.items if item.rounds == (1,)}
    assert came == {"repair-counter", "kimchi-delivery", "leftover-mushroom-beds"}
    assert gone == {"water-park-reopens"}


def test_younger_and_older_items_stay_where_one_vanishes():
    feed = FEEDS["jiangqiao-wire"]
    (gone,) = [item for item in feed.items if item.rounds == (1,)]
    ages = [item.age for item in feed.window(2)]
    assert min(ages) < gone.age < max(ages)


def test_half_of_the_feeds_change_and_half_do_not():
    changed = {key for key, feed in FEEDS.items() if render(feed, 1, NOW) != render(feed, 2, NOW)}
    assert changed == {"taedong-agency", "moran-sinbo", "jiangqiao-wire", "harbour-wire"}


def test_one_story_is_carried_by_three_feeds():
    carried = [(feed, item) for feed, item in FIRST if item.story == "tunnel"]
    assert len({feed.key for feed, _ in carried}) == 3
    assert len({item.title.casefold() for _, item in carried}) == 1
    assert len({tuple(_news(item)) for _, item in carried}) == 1
    assert len({item.text for _, item in carried}) == 3
    assert len({item.names for _, item in carried}) == 1


def test_the_second_round_brings_a_copy_of_an_old_story():
    (old,) = [item for _, item in FIRST if item.story == "mushrooms"]
    (new,) = [item for _, item in EVERY if item.story == "mushrooms" and item.rounds == (2,)]
    assert old.age - new.age > timedelta(days=1)
    assert old.title.casefold() == new.title.casefold()
    assert _news(old) == _news(new)
    assert old.names == new.names


def _news(item):
    """The paragraphs that are long enough to be news, credit lines off, quotes made equal."""
    plain = [line.replace("’", "'").partition(" - ") for line in item.paragraphs]
    return [body or line for line, _, body in plain if len(line + body) > 100]


# How it is written


@pytest.mark.parametrize("key", FEEDS)
@pytest.mark.parametrize("number", ROUNDS)
def test_nothing_that_tests_expect_is_served(key, number):
    feed = FEEDS[key]
    served = render(feed, number, NOW).decode(
        "cp949" if feed.encoding == "euc-kr" else feed.encoding
    )
    secret = {name for item in feed.items for name in item.names}
    secret |= {item.trap for item in feed.items if item.trap}
    assert [word for word in sorted(secret) if word in served] == []
    assert [
        word for word in ("<trap", "<names", '"trap"', '"names"', '"story"') if word in served
    ] == []


def test_the_check_for_leaks_would_see_one():
    feed = FEEDS["taedong-agency"]
    assert "ryongaksan-soap-factory" in {name for item in feed.items for name in item.names}
    assert "ryongaksan-soap-factory" not in render(feed, 1, NOW).decode()
    assert "Ryongaksan Soap Factory" in render(feed, 1, NOW).decode()


def test_newest_first():
    for feed in FEEDS.values():
        for number in ROUNDS:
            assert all(a.age < b.age for a, b in pairwise(feed.window(number)))


def test_the_korean_paper_needs_the_superset_of_its_declared_encoding():
    body = render(FEEDS["moran-sinbo"], 1, NOW)
    assert b'encoding="euc-kr"' in body
    with pytest.raises(UnicodeDecodeError):
        body.decode("euc-kr")
    assert "닁큼" in body.decode("cp949")
    assert FEEDS["moran-sinbo"].content_type == "text/xml"
    assert b"KST</pubDate>" in body


def test_the_russian_ministry_writes_what_its_encoding_lacks_as_a_reference():
    body = render(FEEDS["river-ministry"], 1, NOW)
    assert "×" not in body.decode("windows-1251")
    assert "политика 20&#215;10 развития" in body.decode("windows-1251")
    assert b"<link>news/bridge-lighting</link>" in body


def test_the_chinese_wire_gives_no_zone_and_a_wrong_charset():
    feed = FEEDS["jiangqiao-wire"]
    assert "ISO-8859-1" in feed.content_type
    assert feed.override == "utf-8"
    assert "<dc:date>2026-03-14T11:30:00</dc:date>" in render(feed, 1, NOW).decode()


def test_the_harbour_wire_is_broken_xml():
    body = render(FEEDS["harbour-wire"], 1, NOW).decode()
    assert "Harbour & Coast Wire" in body
    assert "\x0b" in body
    assert "<br>" in body
    assert "</br>" not in body


def test_the_notebook_escapes_twice():
    body = render(FEEDS["tumen-notebook"], 1, NOW).decode()
    assert "Soldiers&amp;amp;rsquo; Essential Plastic Goods Factory" in body
    assert "’" not in body.replace(FEEDS["tumen-notebook"].about, "")


# How it is served


@pytest.fixture
def demo():
    with DemoServer(now=NOW) as running:
        yield running


def test_each_feed_has_a_place_of_its_own_on_loopback(demo):
    places = {urlsplit(feed.url).netloc for feed in demo.feeds}
    assert len(places) == len(FEEDS)
    assert all(place.startswith("127.0.0.") for place in places)
    assert [feed.name for feed in demo.feeds] == [feed.name for feed in FEEDS.values()]
    assert [feed.encoding for feed in demo.feeds] == [feed.override for feed in FEEDS.values()]


def test_the_served_document_is_the_rendered_one(demo):
    for feed, source in zip(demo.feeds, FEEDS.values(), strict=True):
        status, headers, body = _get(feed.url)
        assert (status, body) == (200, render(source, 1, NOW))
        assert headers["content-type"] == source.content_type


@pytest.mark.parametrize("number", ROUNDS)
def test_every_served_item_is_parsed_as_it_was_written(demo, number):
    if number == 2:
        demo.advance()
    for feed, source in zip(demo.feeds, FEEDS.values(), strict=True):
        _, headers, body = _get(feed.url)
        parsed = parse(body, headers, feed, feed.url)
        assert isinstance(parsed, ParsedFeed)
        assert [_as_parsed(entry) for entry in parsed.entries] == [
            _as_written(source, item) for item in source.window(number)
        ]
        assert (parsed.title, parsed.format) == (source.name, source.format)
        assert bool(parsed.malformed) is (source.quirk == "malformed")


def _as_parsed(entry):
    text = " ".join(entry.text.split())
    return (entry.url, entry.title, text, entry.published_at, entry.language)


def _as_written(feed, item):
    time = published(feed, item, NOW).astimezone(UTC)
    return (feed.link(item), _once(feed, item.title), _once(feed, item.text), time, feed.language)


def _once(feed, text):
    """What a reader sees. A publisher who escapes twice shows the references, and they are kept."""
    plain = " ".join(text.split())
    if feed.quirk != "double-escaped":
        return plain
    return escape(plain, quote=False).translate(ENTITIES)


def test_what_is_known_is_answered_with_304_until_it_changes(demo):
    tags = {feed.url: _get(feed.url)[1]["etag"] for feed in demo.feeds}
    assert [_get(url, tag)[0] for url, tag in tags.items()] == [304] * 8
    demo.advance()
    statuses = Counter(_get(url, tag)[0] for url, tag in tags.items())
    assert statuses == {200: 4, 304: 4}


@pytest.mark.parametrize(("header", "status"), [('"x", {tag}', 304), ('"x"', 200), ("", 200)])
def test_a_tag_is_found_in_a_list(demo, header, status):
    url = demo.feeds[0].url
    tag = _get(url)[1]["etag"]
    assert _get(url, header.format(tag=tag))[0] == status


def test_a_304_and_a_head_carry_no_body(demo):
    # Read from the socket: an HTTP library drops what must not be there.
    place = urlsplit(demo.feeds[0].url)
    _, headers, body = _get(demo.feeds[0].url)
    plain = f"GET {place.path} HTTP/1.0\r\n"
    known = f"{plain}If-None-Match: {headers['etag']}\r\n"
    assert _raw(place, plain) == (b"200", body)
    assert _raw(place, known) == (b"304", b"")
    assert _raw(place, plain.replace("GET", "HEAD")) == (b"200", b"")


def _raw(place, request):
    with socket.create_connection((place.hostname, place.port), timeout=5) as connection:
        connection.sendall(f"{request}\r\n".encode())
        head, _, body = connection.makefile("rb").read().partition(b"\r\n\r\n")
    return head.split()[1], body


def test_another_path_is_not_found(demo):
    assert _get(demo.feeds[0].url + "x")[0] == 404


def test_nothing_answers_after_the_block():
    with DemoServer(now=NOW) as running:
        url = running.feeds[0].url
    assert running.feeds == []
    with pytest.raises(urllib.error.URLError):
        _get(url)


def test_where_loopback_has_one_address_the_feeds_share_it(monkeypatch):
    # 192.0.2.1 (RFC 5737) is no address of this machine: binding it fails as 127.0.0.2 does on macOS.
    serve = demo_server._serve
    monkeypatch.setattr(demo_server, "_serve", lambda host, document: serve("192.0.2.1", document))
    with DemoServer(now=NOW) as running:
        hosts = Counter(urlsplit(feed.url).hostname for feed in running.feeds)
        assert hosts == {"127.0.0.1": 8}
        assert _get(running.feeds[3].url)[0] == 200


def _get(url, tag=""):
    headers = {"If-None-Match": tag} if tag else {}
    request = urllib.request.Request(url, headers=headers)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=5) as answer:
            return answer.status, _lower(answer.headers), answer.read()
    except urllib.error.HTTPError as answer:
        with answer:
            return answer.code, _lower(answer.headers), answer.read()


def _lower(headers):
    return {name.lower(): value for name, value in headers.items()}


def _both(key, name):
    feed = FEEDS[key]
    return [next(item for item in feed.window(n) if item.key == name) for n in ROUNDS]


def _is_example(host):
    return f".{host}".endswith((".example", *(f".{domain}" for domain in EXAMPLE_DOMAINS)))
