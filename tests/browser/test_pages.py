"""Overview, entities, sources and watchlist in a real browser."""

from __future__ import annotations

import pytest

from tests.browser.conftest import PHONE, sideways
from tests.browser.test_queue import LOOKS

PAGES = (
    "overview",
    "entities",
    "entity/tanchon-power-station",
    "sources",
    "source/1",
    "watchlist?show=all",
)


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
@pytest.mark.parametrize("path", PAGES)
def test_a_page_reads_well_at_any_width_in_any_theme(open_page, axe, path, width, scheme):
    page = open_page(f"/-/desk/{path}", width=width, scheme=scheme)
    assert page.locator("h1").count() == 1
    assert sideways(page) == 0
    axe(page)


def test_an_entity_is_followed_from_overview_to_story_and_back(open_page):
    page = open_page("/-/desk/overview?weeks=4")
    link = page.locator(".where table a").first
    name = link.inner_text()
    link.click()
    page.wait_for_url("**/entity/*")
    assert page.locator("h1").inner_text() == name
    page.locator(".story.brief a.open").first.click()
    page.wait_for_url("**/story/*")
    page.go_back()
    assert page.locator("h1").inner_text() == name


def test_a_mark_on_the_map_leads_on_by_keyboard(open_page):
    page = open_page("/-/desk/overview?weeks=4")
    mark = page.locator("svg.map a.mark").first
    target = mark.get_attribute("href")
    mark.focus()
    page.keyboard.press("Enter")
    page.wait_for_function("part => location.href.endsWith(part)", arg=target)


@pytest.mark.parametrize("width", [PHONE, 1280])
def test_the_chart_is_drawn_and_styled_by_itself(open_page, width):
    page = open_page("/-/desk/entities", width=width)
    page.locator("table.entities a").first.click()
    image = page.locator("img.chart-image")
    page.wait_for_function(
        "image => image.complete && image.naturalWidth > 0", arg=image.element_handle()
    )
    drawn = page.evaluate("image => image.naturalWidth", image.element_handle())
    assert drawn == (360 if width == PHONE else 720)


@pytest.mark.parametrize(
    ("scheme", "ink"), [("light", "rgb(90, 88, 82)"), ("dark", "rgb(170, 167, 158)")]
)
def test_a_chart_opened_alone_has_its_colours_in_either_theme(open_page, scheme, ink):
    """Its policy lets in the style sheet that it carries, by its hash."""
    page = open_page("/-/desk/entity/tanchon-power-station", scheme=scheme)
    page.goto(page.locator("img.chart-image").get_attribute("src"))
    text = page.locator("svg.chart text").first
    assert text.evaluate("node => getComputedStyle(node).fill") == ink


def test_time_is_chosen_by_form_and_stands_in_the_address(open_page):
    page = open_page("/-/desk/overview")
    page.get_by_label("From").fill("2026-11-01")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**/overview?since=2026-11-01&until=*")
    assert "from 1 Nov 2026" in page.locator(".count").inner_text()
