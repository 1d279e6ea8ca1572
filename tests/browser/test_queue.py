"""The queue in a real browser: judged by keys, seen at two widths and in two themes."""

from __future__ import annotations

import sqlite3

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESKTOP, PHONE, sideways

LOOKS = [
    (PHONE, "dark"),
    (DESKTOP, "light"),
]  # each width and each theme; neither changes the other


def decided(desk) -> list[tuple[str, int]]:
    """What stands in the file: verdicts in the order in which they were made."""
    with sqlite3.connect(f"file:{desk.reviews}?mode=ro", uri=True) as db:
        return db.execute("SELECT verdict, story FROM decisions ORDER BY id").fetchall()


def judged(desk) -> dict[int, str]:
    with sqlite3.connect(f"file:{desk.reviews}?mode=ro", uri=True) as db:
        return dict(db.execute("SELECT story, state FROM judged").fetchall())


def at(page) -> str:
    """The story under the cursor."""
    return page.locator("article.at").get_attribute("data-story")


def to_judge(page) -> int:
    return int(page.locator("#to-judge").inner_text())


def saved(page, count: int) -> None:
    """Until so many rows say that they are kept."""
    page.wait_for_function(
        "n => document.querySelectorAll('article.done').length === n"
        " && document.querySelectorAll('article.saving').length === 0",
        arg=count,
    )


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_the_queue_reads_well_at_any_width_in_any_theme(open_page, axe, width, scheme):
    page = open_page(width=width, scheme=scheme)
    expect(page.locator("article.story")).to_have_count(25)
    assert page.locator("h1").count() == 1
    assert sideways(page) == 0
    axe(page)


def test_twenty_stories_are_judged_by_keys_alone(desk, page):
    keys = ["a", "x", "f", "a"] * 5
    waiting = to_judge(page)
    page.keyboard.press("j")
    stories = []
    for key in keys:
        stories.append(int(at(page)))
        page.keyboard.press(key)  # no waiting: the next story is under the cursor at once
    assert len(set(stories)) == 20
    saved(page, 20)
    verdicts = {"a": "relevant", "x": "not relevant", "f": "follow up"}
    assert judged(desk) == {story: verdicts[key] for story, key in zip(stories, keys, strict=True)}
    page.reload()
    assert to_judge(page) == waiting - 20
    assert not {str(story) for story in stories} & set(
        page.locator("article.story").evaluate_all("all => all.map(one => one.dataset.story)")
    )


def test_counts_move_with_the_verdicts(page):
    waiting = to_judge(page)
    page.keyboard.press("j")
    page.keyboard.press("a")
    saved(page, 1)
    assert to_judge(page) == waiting - 1
    assert "1 of these 25 judged" in page.locator("#shown").inner_text()


def test_undo_takes_back_the_last_verdict_wherever_the_cursor_is(desk, page):
    waiting = to_judge(page)
    page.keyboard.press("j")
    first = at(page)
    page.keyboard.press("x")
    saved(page, 1)
    page.keyboard.press("j")
    page.keyboard.press("u")
    saved(page, 0)
    assert at(page) == first
    assert judged(desk) == {}
    assert decided(desk) == [("not relevant", int(first)), ("undo", int(first))]
    assert to_judge(page) == waiting


def test_undo_pressed_before_the_verdict_is_kept_waits_for_it(desk, page):
    page.keyboard.press("j")
    page.keyboard.press("a")
    page.keyboard.press("x")
    page.keyboard.press("u")
    page.wait_for_function("() => document.getElementById('said').textContent === 'Undone'")
    *both, undo = [verdict for verdict, _ in decided(desk)]
    assert (sorted(both), undo) == (["not relevant", "relevant"], "undo")
    assert list(judged(desk).values()) == ["relevant"]


def test_several_stories_are_judged_at_once(desk, page):
    for key in ("j", "Shift+J", "Shift+J", "k", "k", "k"):
        page.keyboard.press(key)
    assert page.locator("#selected").inner_text() == "3 stories selected:"
    page.keyboard.press("x")
    saved(page, 3)
    assert set(judged(desk).values()) == {"not relevant"}
    assert len(judged(desk)) == 3
    assert page.locator("#selected").inner_text() == "None selected:"
    page.keyboard.press("u")
    saved(page, 0)
    assert judged(desk) == {}


def test_boxes_and_a_button_do_the_same_with_the_mouse(desk, page):
    page.locator(".pick").nth(1).check()
    page.locator(".pick").nth(4).check()
    page.locator("#bulk button[value='follow up']").click()
    saved(page, 2)
    assert list(judged(desk).values()) == ["follow up"] * 2


def test_space_selects_and_escape_lets_go(page):
    page.keyboard.press("j")
    page.keyboard.press(" ")
    assert page.locator("#selected").inner_text() == "1 story selected:"
    page.keyboard.press("Escape")
    assert page.locator("#selected").inner_text() == "None selected:"


def test_a_failure_comes_back_to_its_row_and_can_be_tried_again(desk, page):
    page.guard.expected = ("500", "Failed to load resource")
    page.route("**/decide", lambda route: route.fulfill(status=500, body="no"))
    page.keyboard.press("j")
    story = at(page)
    page.keyboard.press("a")
    row = page.locator(f"#s{story}")
    row.locator(".fault").wait_for(state="visible")
    assert "Not saved: the desk answered 500" in row.inner_text()
    assert row.locator(".state").is_hidden()
    assert at(page) != story
    page.unroute("**/decide")
    row.get_by_role("button", name="try again").click()
    saved(page, 1)
    assert judged(desk) == {int(story): "relevant"}


def test_a_busy_desk_is_asked_again_and_nothing_is_recorded_twice(desk, page):
    page.guard.expected = ("503", "Failed to load resource")
    asked = []

    def busy_at_first(route):
        asked.append(route.request.post_data)
        if len(asked) == 1:
            route.fetch()  # recorded, but the answer is lost
            route.fulfill(status=503, headers={"Retry-After": "0"}, body="{}")
        else:
            route.continue_()

    page.route("**/decide", busy_at_first)
    page.keyboard.press("j")
    story = int(at(page))
    page.keyboard.press("a")
    saved(page, 1)
    assert len(asked) == 2
    assert decided(desk) == [("relevant", story)]


def test_a_note_is_kept_and_keys_stay_letters_while_one_writes(desk, page):
    page.keyboard.press("j")
    story = int(at(page))
    page.keyboard.press("n")
    page.keyboard.type("ask axel for a fax")
    page.keyboard.press("Enter")
    page.wait_for_function("() => !document.querySelector('.more[open]')")
    with sqlite3.connect(desk.reviews) as db:
        assert db.execute("SELECT story, verdict, note FROM decisions").fetchall() == [
            (story, "note", "ask axel for a fax")
        ]


def test_a_wrong_tag_says_which_name_misled(desk, page):
    page.keyboard.press("j")
    page.keyboard.press("n")
    page.locator("article.at .tag button").first.click()
    saved(page, 1)
    with sqlite3.connect(desk.reviews) as db:
        ((verdict, entity, alias, item),) = db.execute(
            "SELECT verdict, entity, alias, item FROM decisions"
        ).fetchall()
    assert verdict == "wrong tag"
    assert entity
    assert alias
    assert item


def test_filters_stand_in_the_address_and_back_works(page):
    page.get_by_label("Sector").select_option("electric-power")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**sector=electric-power*")
    expect(page.locator("article.story")).to_have_count(6)
    page.locator("article.story a.open").first.click()
    page.wait_for_url("**/story/*")
    page.go_back()
    page.wait_for_url("**sector=electric-power*")
    expect(page.locator("article.story")).to_have_count(6)
    page.get_by_role("link", name="Clear").click()
    expect(page.locator("article.story")).to_have_count(25)


def test_the_cursor_stands_in_the_address(page):
    page.keyboard.press("j")
    page.keyboard.press("j")
    story = at(page)
    assert page.url.endswith(f"#s{story}")
    page.reload()
    assert at(page) == story


def test_two_korean_characters_are_enough_to_search_for(page):
    page.keyboard.press("/")
    page.keyboard.type("평양")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=*")
    rows = page.locator("article.story")
    assert rows.count() > 0
    assert page.locator("h1").inner_text() == "Stories with “평양”"


def test_a_mark_answers_to_the_mouse_and_to_the_keyboard(page):
    mark = page.locator(".excerpt mark").first
    note = mark.locator("> .why")
    assert note.is_hidden()
    mark.hover()
    assert note.is_visible()
    for words in ("confirmed by the name", "rule", "under watchlist"):
        assert words in note.inner_text()
    page.mouse.move(0, 0)
    assert note.is_hidden()
    mark.focus()
    assert note.is_visible()
    page.keyboard.press("Escape")
    assert note.is_hidden()


def test_a_mark_answers_to_a_tap(open_page):
    page = open_page(width=PHONE)
    mark = page.locator(".excerpt mark").first
    mark.tap()
    note = mark.locator("> .why")
    assert note.is_visible()
    box = note.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= PHONE


def test_verdicts_are_large_enough_for_a_thumb(open_page):
    page = open_page(width=PHONE)
    for button in page.locator("article.story").first.locator(".verdicts button").all():
        assert button.bounding_box()["height"] >= 44


def test_help_opens_and_closes_by_key(page):
    keys = page.locator("#keys")
    page.keyboard.press("?")
    assert keys.is_visible()
    page.keyboard.press("Escape")
    assert keys.is_hidden()


def test_everything_works_without_javascript(desk, open_page):
    page = open_page(java_script_enabled=False)
    first = page.locator("article.story").first
    story = int(first.get_attribute("data-story"))
    first.get_by_role("button", name="not relevant").click()
    expect(page.locator(f"#s{story}")).to_have_count(0)
    assert judged(desk) == {story: "not relevant"}
    page.goto("/-/desk?state=judged")
    page.locator(f"#s{story}").get_by_role("button", name="undo").click()
    page.wait_for_load_state()
    assert judged(desk) == {}
    page.goto("/-/desk")
    page.locator(".pick").nth(0).check()
    page.locator(".pick").nth(2).check()
    page.locator("#bulk button[value='relevant']").click()
    page.wait_for_load_state()
    assert list(judged(desk).values()) == ["relevant"] * 2


def test_paper_shows_names_and_no_buttons(page):
    page.emulate_media(media="print")
    assert page.locator("button:visible, select:visible, .pick:visible").count() == 0
    note = page.locator(".excerpt mark > .why").first
    assert note.is_visible()
    assert "rule" not in note.inner_text()
