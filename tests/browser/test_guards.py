"""The guards of these tests, shown to catch what they are for."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Guard, missing, sideways


@pytest.fixture
def careless(desk, chromium):
    """A page with a guard that fails nothing by itself."""
    page = chromium.new_page()
    page.guard = Guard(home=desk.url)
    page.guard.watch(page)
    page.goto(f"{desk.url}/-/desk")
    yield page
    page.close()


def test_a_complaint_on_the_console_is_seen(careless):
    careless.evaluate("console.error('oh')")
    assert careless.guard.faults == ["console error: oh"]


def test_a_request_to_another_host_is_seen(careless):
    careless.evaluate("document.createElement('img').src = 'http://127.0.0.1:9/x.png'")
    careless.wait_for_timeout(200)
    assert any("127.0.0.1:9" in fault for fault in careless.guard.faults)


def test_the_pages_let_no_script_of_a_feed_run(careless):
    careless.evaluate(
        "document.querySelector('h1').innerHTML = '<img src=data:, onerror=window.hit=1>'"
    )
    careless.wait_for_timeout(200)
    assert careless.evaluate("() => window.hit") is None
    assert any("Content Security Policy" in fault for fault in careless.guard.faults)


def test_a_button_without_a_name_is_seen(careless, axe):
    axe(careless)
    careless.evaluate("document.querySelector('main').append(document.createElement('button'))")
    with pytest.raises(AssertionError, match="button-name"):
        axe(careless)


def test_a_page_wider_than_its_screen_is_seen(careless):
    careless.evaluate("document.querySelector('h1').style.minWidth = '9999px'")
    assert sideways(careless) > 0


def test_a_missing_browser_fails_in_ci_and_is_told_elsewhere(monkeypatch):
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="no browser"):
        missing("no browser")
    monkeypatch.delenv("CI")
    with pytest.raises(pytest.skip.Exception, match="no browser"):
        missing("no browser")
