"""Takes docs/desk-queue.png and docs/desk-story.png, as the desk looks over the demo's evidence.

python docs/screenshots.py

Needs Playwright and a Chromium, as the tests of the pages do.
"""

from __future__ import annotations

import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

DOCS = Path(__file__).parent
sys.path.insert(0, str(DOCS.parent))

from tests.support.desk_server import Served, demo, serve  # noqa: E402 - after the path

SIZE = {"width": 1120, "height": 720}


def queue(page: Any, desk: Served) -> None:
    """A morning's queue: a story judged, one under the cursor, and why a name in it is marked."""
    page.goto(f"{desk.url}/-/desk?kind=wire")
    for key in "ja":
        page.keyboard.press(key)
    page.wait_for_function("() => !document.querySelector('article.saving')")
    page.evaluate("() => scrollTo(0, 0)")
    page.locator("article.at .excerpt mark").first.hover()


def story(page: Any, desk: Served) -> None:
    """The story with the most copies."""
    with sqlite3.connect(f"file:{desk.folder}/wirewatch.db?mode=ro", uri=True) as db:
        (number,) = db.execute("SELECT id FROM stories ORDER BY copies DESC, id").fetchone()
    page.goto(f"{desk.url}/-/desk/story/{number}")


PICTURES: dict[str, Callable[[Any, Served], None]] = {"queue": queue, "story": story}


def main() -> None:
    """Serve the demo's evidence, look at it, keep what was seen."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        demo(Path(folder))
        desk = serve(Path(folder), now=datetime.now(UTC) + timedelta(minutes=40))
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport=SIZE, reduced_motion="reduce")
        for name, show in PICTURES.items():
            show(page, desk)
            page.screenshot(path=DOCS / f"desk-{name}.png")
        browser.close()
        desk.stop()


if __name__ == "__main__":
    main()
