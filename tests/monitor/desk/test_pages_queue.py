"""The queue's page as HTML: what a row says, what a form sends, what an empty list means."""

from __future__ import annotations

import pytest
from selectolax.lexbor import LexborHTMLParser as Tree

from feeds.types import FeedError
from tests.support.whole_pages import TEXT, WholePages, row, stories, words

HOSTILE = '<script>alert(1)</script><img src=x onerror=a()> "mine" & more'


def test_a_row_says_what_where_from_and_why(room, pages):
    room.again()
    story = room.say(1, "The mine opens a shaft", TEXT, by="two")
    room.say(2, "The mine opens a shaft", TEXT, by="three", url="https://three.example/copy")
    tree = pages().get()
    (found,) = [row(tree, story)]
    assert words(found, "h2") == "The mine opens a shaft"
    assert words(found, ".origin").startswith("two · wire · 06:")
    assert "matched" not in words(found, ".excerpt mark")
    assert "confirmed by the name “mine”" in words(found, ".excerpt .why")
    assert "The mine, facility, mining" in words(found, ".excerpt .why")
    assert "1 origin, 1 copy" in words(found, ".facts")
    assert words(found, ".carriers .list") == "also three"
    assert found.css_first("time").attributes["title"].startswith("first seen 21 Nov 2026, 06:")
    assert "the publisher says 17 Nov 2026" in found.css_first("time").attributes["title"]


def test_the_masthead_counts_what_is_to_judge(room, pages):
    story = room.say(1, "The mine opens")
    room.say(2, "A dam opens elsewhere")
    room.judge(story, "relevant")
    tree = pages().get()
    assert words(tree, "#to-judge") == "1"
    assert words(tree, "#shown") == "1 story, 1 item"
    assert words(tree, "nav [aria-current=page]").startswith("Queue")
    assert len(tree.css("h1")) == 1


def test_verdicts_are_buttons_of_forms_that_say_all_the_desk_needs(room, pages):
    story = room.say(1, "The mine opens")
    found = row(pages().get("/-/desk?sector=mining"), story)
    form = found.css_first("form.verdicts")
    assert form.attributes["method"] == "post"
    assert form.attributes["action"] == "/-/desk/decide"
    fields = {i.attributes["name"]: i.attributes["value"] for i in form.css("input")}
    assert fields["story"] == str(story)
    assert fields["next"] == f"/-/desk?sector=mining#s{story}"
    assert fields["csrftoken"]
    values = [b.attributes["value"] for b in form.css("button[name=verdict]")]
    assert values == ["relevant", "not relevant", "follow up"]
    tag = {i.attributes["name"]: i.attributes["value"] for i in found.css(".tag input")}
    assert (tag["entity"], tag["alias"]) == ("mine", "mine")
    assert int(tag["item"]) > 0


def test_the_forms_judge_and_undo_without_a_script(room, pages):
    story = room.say(1, "The mine opens")
    desk = pages()
    desk.get()
    form = {"story": story, "verdict": "relevant", "next": "/-/desk?state=all"}
    answer = desk.asking.post("/-/desk/decide", form)
    assert (answer.status, answer.headers["location"]) == (303, "/-/desk?state=all")
    found = row(desk.get("/-/desk?state=all"), story)
    assert words(found, ".state").startswith("relevant by ann")
    undo = {i.attributes["name"]: i.attributes["value"] for i in found.css(".undoing input")}
    assert undo["undoes"] == "1"
    desk.asking.post("/-/desk/decide", {**undo, "verdict": "undo"})
    assert stories(desk.get()) == [story]


def test_nothing_of_a_feed_becomes_markup(room, pages):
    story = room.say(1, HOSTILE, f"{HOSTILE} the mine {HOSTILE}")
    for path in ("/-/desk", f"/-/desk/story/{story}"):
        tree = pages().get(path)
        assert [s.attributes["src"].partition("?")[0] for s in tree.css("script")] == [
            "/-/desk/static/desk.js"
        ]
        assert tree.css("img") == []
        assert HOSTILE in tree.body.text()


def test_a_page_carries_no_style_and_no_script_of_its_own(room, pages):
    room.say(1, "The mine opens")
    tree = pages().get()
    assert tree.css("[style], style, script:not([src])") == []
    assert [n.tag for n in tree.css("*") for name in n.attributes if name.startswith("on")] == []


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["mine", "dam"]),
        ("sector=mining", ["mine"]),
        ("entity=dam", ["dam"]),
        ("kind=wire", ["dam"]),
        ("q=turbine", ["dam"]),
        ("named=candidate", ["maybe"]),
        ("named=any", ["mine", "dam", "maybe"]),
        ("state=judged", []),
        ("state=all&sector=mining&kind=wire", []),
        ("until=2026-11-20", []),
    ],
)
def test_filters(room, pages, query, found):
    named = {
        room.say(1, "The mine opens"): "mine",
        room.say(2, "A dam with a turbine", by="two"): "dam",
        room.say(3, "Perhaps a maybe-mine", by="two"): "maybe",
    }
    tree = pages().get(f"/-/desk?{query}")
    assert sorted(named[story] for story in stories(tree)) == sorted(found)


def test_a_filter_stays_in_the_form_and_in_every_link_of_the_view(room, pages):
    room.say(1, "The mine opens")
    tree = pages().get("/-/desk?sector=mining&since=2026-11-01&q=opens")
    assert tree.css_first("select[name=sector] option[selected]").attributes["value"] == "mining"
    kept = {i.attributes["name"]: i.attributes["value"] for i in tree.css(".filters input")}
    assert kept == {"q": "opens", "since": "2026-11-01T00:00:00.000Z"}
    view = "?sector=mining&q=opens&since=2026-11-01T00%3A00%3A00.000Z"
    links = {a.attributes["href"] for a in tree.css(".foot a, head link[rel=alternate]")}
    assert {
        f"/-/desk{twin}{view}" for twin in ("", ".atom", ".feed.json", ".csv", ".json")
    } <= links


def test_an_unknown_filter_is_refused_with_what_there_is(pages):
    tree = pages().get("/-/desk?sector=power&colour=red", status=400)
    told = words(tree, "main")
    assert "sector: “power” was asked for; it is one of electric-power, mining" in told
    assert "colour: “red” was asked for; it is no filter" in told


def test_pages_go_on_where_the_one_before_ended(room, pages):
    room.again()
    all_of_them = [
        room.say(n, f"The mine opens shaft number {n}, of {n * n}") for n in range(1, 31)
    ]
    desk = pages()
    first = desk.get("/-/desk?state=all&sector=mining")
    link = first.css_first("a[rel=next]").attributes["href"]
    second = desk.get(link)
    assert len(stories(first)) == 25
    assert set(stories(first)) | set(stories(second)) == set(all_of_them)
    assert not set(stories(first)) & set(stories(second))
    assert second.css_first("a[rel=next]") is None


EMPTY = [
    (lambda room: None, "", "Nothing has been polled yet."),
    (
        lambda room: room.again(),
        "",
        "No new stories. The last poll was at 06:00 UTC on 21 Nov 2026.",
    ),
    (lambda room: room.again(), "?sector=mining", "No story fits these filters."),
]


@pytest.mark.parametrize(("happened", "query", "told"), EMPTY)
def test_an_empty_list_says_what_it_means(room, pages, happened, query, told):
    happened(room)
    tree = pages().get(f"/-/desk{query}")
    assert told in words(tree, ".empty")


def test_a_source_that_failed_is_told_above_everything(room, pages):
    room.again()
    assert pages().get().css_first(".gaps") is None
    for _ in range(12):
        room.observe(FeedError(url="https://two.example/feed", reason="http", message="503"), "two")
    told = words(pages().get(), ".gaps")
    assert "two" in told
    assert "gaps since yesterday" in told


def test_titles_carry_their_language_and_direction(room, pages):
    story = room.say(1, "탄광 mine 개건", "탄광 mine 개건", language="ko")
    head = row(pages().get(), story).css_first("h2")
    assert (head.attributes["lang"], head.attributes["dir"]) == ("ko", "auto")


def test_a_translator_is_a_link_and_only_where_the_settings_name_one(room, pages):
    story = room.say(1, "The mine opens", url="https://one.example/a?b=1&c=2")
    assert "translated" not in words(row(pages().get(), story), ".links")
    found = row(pages(translate="https://translate.example/?u={url}").get(), story)
    (link,) = [a for a in found.css(".links a") if a.text() == "translated"]
    assert link.attributes["href"] == (
        "https://translate.example/?u=https%3A%2F%2Fone.example%2Fa%3Fb%3D1%26c%3D2"
    )
    assert "noreferrer" in link.attributes["rel"]


def test_a_reader_sees_no_buttons(room):
    from alerts.secrets import Secret
    from monitor.config_desk import Token

    room.say(1, "The mine opens")
    token = Token(name="wall", role="reader", token=Secret("reader-token-0123456789"))
    desk = WholePages(room, login="password", tokens=(token,))
    answer = desk.asking.get("/-/desk", [("Authorization", "Bearer reader-token-0123456789")])
    tree = Tree(answer.text)
    assert len(stories(tree)) == 1
    assert tree.css("button[name=verdict], .pick") == []
    desk.asking.close()


def test_a_folder_under_a_proxy_is_in_every_address(room, pages):
    story = room.say(1, "The mine opens")
    tree = pages(base_url="/wire/").get("/wire/-/desk")
    ours = [
        n.attributes[name]
        for n in tree.css("*")
        for name in ("href", "action", "src")
        if (n.attributes.get(name) or "").startswith("/")
    ]
    assert ours
    assert [one for one in ours if not one.startswith("/wire/")] == []
    hidden = row(tree, story).css_first("input[name=next]").attributes["value"]
    assert hidden.startswith("/wire/-/desk")
