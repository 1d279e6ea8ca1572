"""The page of a story in a real browser."""

from __future__ import annotations

import sqlite3

import pytest

from tests.browser.conftest import PHONE, sideways
from tests.browser.test_queue import LOOKS, judged


def the(desk, sql: str) -> int:
    """A story's number by a question to the evidence."""
    with sqlite3.connect(f"file:{desk.folder}/wirewatch.db?mode=ro", uri=True) as db:
        return db.execute(sql).fetchone()[0]


COPIED = "SELECT id FROM stories WHERE copies > 0 ORDER BY copies DESC"
EDITED = (
    "SELECT items.story FROM revisions JOIN items ON items.id = revisions.item"
    " JOIN mentions ON mentions.item = items.id WHERE number > 1"
)


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
@pytest.mark.parametrize("which", [COPIED, EDITED], ids=["copied", "edited"])
def test_a_story_reads_well_at_any_width_in_any_theme(desk, open_page, axe, width, scheme, which):
    page = open_page(f"/-/desk/story/{the(desk, which)}", width=width, scheme=scheme)
    assert page.locator("h1").count() == 1
    assert sideways(page) == 0
    axe(page)


def test_the_diff_opens_from_the_queue(desk, open_page):
    story = the(desk, EDITED)
    page = open_page("/-/desk?mark=edited")
    page.locator(f"#s{story}").get_by_role("link", name="edited").click()
    page.wait_for_url(f"**/story/{story}#edits")
    edit = page.locator("details.edit").first
    assert edit.locator("ins").first.is_visible()
    assert edit.locator("del").first.is_visible()
    edit.locator("> summary").click()
    assert edit.locator("ins").first.is_hidden()


def test_the_names_of_those_who_carried_it_unfold_in_their_line(desk, open_page):
    page = open_page(f"/-/desk/story/{the(desk, COPIED)}")
    names = page.locator(".carriers .list")
    assert names.is_hidden()
    page.locator(".carriers summary").click()
    assert names.is_visible()


def test_keys_judge_a_story_and_take_it_back(desk, open_page):
    story = the(desk, COPIED)
    page = open_page(f"/-/desk/story/{story}")
    page.keyboard.press("f")
    page.wait_for_function("() => document.querySelector('.by').textContent === ''")
    assert judged(desk) == {story: "follow up"}
    assert page.locator(".state").inner_text() == "follow up"
    page.keyboard.press("u")
    page.locator(".state").wait_for(state="hidden")
    assert judged(desk) == {}


def test_a_decision_is_undone_where_it_is_listed(desk, open_page):
    story = the(desk, COPIED)
    page = open_page(f"/-/desk/story/{story}")
    page.keyboard.press("a")
    page.wait_for_function("() => document.querySelector('.by').textContent === ''")
    page.reload()
    page.locator("#decisions").get_by_role("button", name="undo").click()
    page.wait_for_url("**#decisions")
    assert judged(desk) == {}
    assert "undone" in page.locator("#decisions li").first.inner_text()


def test_verdicts_stay_within_reach_of_the_thumb(desk, open_page):
    page = open_page(f"/-/desk/story/{the(desk, COPIED)}", width=PHONE)
    page.locator("#decisions").scroll_into_view_if_needed()
    box = page.locator(".verdicts button").first.bounding_box()
    assert 844 - 160 < box["y"] < 844 - 44


def test_the_anchors_lead_to_what_they_name(desk, open_page):
    page = open_page(f"/-/desk/story/{the(desk, EDITED)}")
    for link in page.locator(".anchors a").all():
        assert page.locator(link.get_attribute("href")).count() == 1
