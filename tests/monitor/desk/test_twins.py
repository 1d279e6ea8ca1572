"""The queue in other forms: what a feed reader, a program and a spreadsheet are given."""

from __future__ import annotations

import csv
import io
import json
from xml.etree import ElementTree as ET

import pytest

from feeds.parse import parse
from feeds.types import Feed, ParsedFeed

TEXT = (
    "Workers at the mine said on Monday that the new shaft is done, and that ore comes up again. "
    "The dam gives it power, an engineer told the paper; the old line is being taken down."
)
BAD = '=cmd() <script>alert(1)</script> & \x0b \ufffe ]]> "q"'
ATOM = "{http://www.w3.org/2005/Atom}"


def read(url: str, body: str, kind: str) -> ParsedFeed:
    """What our own monitor makes of it: it must be able to subscribe to itself."""
    url = f"https://desk.example{url}"
    found = parse(body.encode(), {"content-type": kind}, Feed(url=url), url)
    assert isinstance(found, ParsedFeed), found
    return found


@pytest.mark.parametrize("twin", [".atom", ".feed.json"])
def test_a_reader_can_subscribe(room, pages, twin):
    room.again()
    first = room.say(1, "The mine opens a shaft", TEXT)
    second = room.say(
        2, "A strike at the mine", "Nobody went down on Tuesday at the mine. Pay is late.", by="two"
    )
    answer = pages().asking.get(f"/-/desk{twin}")
    assert answer.status == 200
    feed = read(f"/-/desk{twin}", answer.text, answer.headers["content-type"])
    assert [(e.title, e.url.rpartition("/")[2]) for e in feed.entries] == [
        ("A strike at the mine", str(second)),
        ("The mine opens a shaft", str(first)),
    ]
    assert "Names The dam, The mine." in feed.entries[1].text
    assert "one; 1 origin, 0 copies." in feed.entries[1].text
    assert feed.entries[0].author == "two"
    assert not feed.malformed
    assert not feed.skipped


def test_the_twins_follow_the_filters(room, pages):
    room.say(1, "The mine opens")
    story = room.say(2, "The dam opens")
    for twin in (".atom", ".feed.json"):
        answer = pages().asking.get(f"/-/desk{twin}?entity=dam")
        feed = read(f"/-/desk{twin}", answer.text, answer.headers["content-type"])
        assert [e.url.rpartition("/")[2] for e in feed.entries] == [str(story)]
        assert "entity: dam" in feed.title
    answer = pages().asking.get("/-/desk/entity/dam.atom")
    assert str(story) in answer.text
    assert pages().asking.get("/-/desk.atom?sector=nonsense").status == 400


@pytest.mark.parametrize("twin", [".atom", ".feed.json", ".csv", ".json"])
def test_hostile_titles_stay_text(room, pages, twin):
    room.say(1, f"{BAD} the mine", f"{BAD} the mine {BAD}")
    answer = pages().asking.get(f"/-/desk{twin}")
    assert answer.headers["x-content-type-options"] == "nosniff"
    if twin == ".atom":
        title = ET.fromstring(answer.text).find(f"{ATOM}entry/{ATOM}title")
        assert title is not None
        assert "<script>alert(1)</script>" in (title.text or "")
        assert title.attrib == {}  # type "text" (RFC 4287 section 3.1.1.1)
    elif twin == ".csv":
        (row,) = csv.DictReader(io.StringIO(answer.text))
        assert row["title"].startswith("'=cmd()")
    else:
        json.loads(answer.text)


def test_what_has_not_changed_is_not_sent_again(room, pages):
    room.say(1, "The mine opens")
    desk = pages().asking
    first = desk.get("/-/desk.atom")
    again = desk.get("/-/desk.atom", [("if-none-match", first.headers["etag"])])
    assert (again.status, again.text) == (304, "")
    room.say(2, "The mine closes")
    changed = desk.get("/-/desk.atom", [("if-none-match", first.headers["etag"])])
    assert changed.status == 200


def test_long_lists_have_a_next_page(room, pages, monkeypatch):
    monkeypatch.setattr("monitor.review.twins.FEED_ENTRIES", 2)
    numbers = [room.say(n, f"The mine: shaft number {n} of them") for n in range(1, 6)]
    desk = pages().asking
    url, found = "/-/desk.feed.json", []
    while url:
        page = json.loads(desk.get(url).text)
        found += [item["_wirewatch"]["story"] for item in page["items"]]
        url = page.get("next_url", "").partition("://")[2].partition("/")[2]
        url = url and f"/{url}"
    assert found == sorted(numbers, reverse=True)
    assert len(list(csv.DictReader(io.StringIO(desk.get("/-/desk.csv").text)))) == len(numbers)


def test_a_story_as_facts(room, pages):
    story = room.say(1, "The mine opens", TEXT)
    facts = json.loads(pages().asking.get(f"/-/desk/story/{story}.json").text)
    assert facts["row"]["title"] == "The mine opens"
    assert facts["items"][0]["text"] == TEXT
