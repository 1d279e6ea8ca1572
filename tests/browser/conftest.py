"""A served desk and a real browser that looks at it.

`desk` is a desk of its own with some sixty stories, `open_page` a page of it at a width and in a
theme. A page on which the console complains, or which asks any other host for anything, fails its
test; `axe` fails one that people with a screen reader, or without a mouse, could not use.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit

import pytest

from tests.support.desk_server import Served, demo, serve

PHONE, DESKTOP = 390, 1280
WAIT = 30_000  # milliseconds; machines are slow at times, and nothing here waits on purpose


@pytest.fixture(autouse=True)
def _clean() -> None:
    """In place of the suite's own: the browser's driver is asked through pipes, not sockets."""


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's evidence."""
    folder = tmp_path_factory.mktemp("demo")
    demo(folder)
    return folder


@pytest.fixture
def desk(demo_folder: Path, tmp_path: Path) -> Iterator[Served]:
    """A desk of the test's own: what it judges, no other test sees."""
    folder = tmp_path / "desk"
    shutil.copytree(demo_folder, folder)
    # The demo gives its articles times of the last days; nobody waits for the next one here.
    served = serve(folder, now=datetime.now(UTC) + timedelta(minutes=5))
    yield served
    served.stop()


def missing(why: str) -> NoReturn:
    """On a person's machine a reason to skip; in CI a failure, or nobody would ever notice."""
    if os.environ.get("CI"):
        pytest.fail(why)
    pytest.skip(why)


@pytest.fixture(scope="module")  # its loop runs in this thread: no later test may find it there
def chromium() -> Iterator[object]:
    """Debian's Chromium, or what else is there by that name."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next(filter(None, map(shutil.which, names)), "")
    if not found:
        missing("no Chromium on this machine: the pages were not looked at by a browser")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("no Playwright here: the pages were not looked at by a browser")
    with sync_playwright() as driver:
        running = driver.chromium.launch(
            executable_path=found, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield running
        running.close()


@dataclass
class Guard:
    """What a page must not do."""

    home: str
    faults: list[str] = field(default_factory=list)
    expected: tuple[str, ...] = ()  # words of console errors that a test brings about itself

    def watch(self, page: object) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        page.on("request", self._request)

    def _console(self, message: object) -> None:
        told = f"console {message.type}: {message.text}"
        if message.type in ("error", "warning") and not any(w in told for w in self.expected):
            self.faults.append(told)

    def _request(self, request: object) -> None:
        if urlsplit(request.url).scheme in ("data", "blob"):
            return
        if not request.url.startswith(self.home + "/"):
            self.faults.append(f"asked another host: {request.url}")


OpenPage = Callable[..., object]


@pytest.fixture
def open_page(desk: Served, chromium: object) -> Iterator[OpenPage]:
    """`open_page("/-/desk", width=390, scheme="dark")`: a page, guarded. `page.guard` its guard."""
    guards, contexts = [], []

    def opened(path: str = "/-/desk", *, width: int = DESKTOP, scheme: str = "light", **more):
        context = chromium.new_context(
            base_url=desk.url,
            viewport={"width": width, "height": 844 if width < 700 else 800},
            color_scheme=scheme,
            has_touch=width < 700,
            reduced_motion="reduce",
            **more,
        )
        contexts.append(context)
        context.set_default_timeout(WAIT)
        page = context.new_page()
        page.guard = Guard(home=desk.url)
        page.guard.watch(page)
        guards.append(page.guard)
        page.goto(path)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert [fault for guard in guards for fault in guard.faults] == []


@pytest.fixture
def page(open_page: OpenPage) -> object:
    """The queue at 1280 pixels, in light."""
    return open_page()


@pytest.fixture
def axe() -> Callable[[object], None]:
    """`axe(page)`: no serious or critical fault of access, by axe-core."""
    from axe_playwright_python.sync_playwright import Axe

    def check(page: object) -> None:
        found = Axe().run(page).response["violations"]
        grave = [
            f"{one['id']} ({one['impact']}): {node['html'][:200]} {node['failureSummary']}"
            for one in found
            if one["impact"] in ("serious", "critical")
            for node in one["nodes"]
        ]
        assert grave == []

    return check


def sideways(page: object) -> int:
    """By how many pixels a page is wider than its screen; tables that say so scroll by themselves."""
    return page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
