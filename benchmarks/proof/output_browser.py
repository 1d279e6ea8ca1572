"""The same pages in a real browser: what asks another host, or opens a dialog, is seen by it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from shutil import which
from typing import Any

from benchmarks.proof.output_xss import files, planted, unescaped
from benchmarks.proof.row import Outcome, Row, Scale
from monitor.review import guard
from tests.support.desk_server import serve
from tests.support.xss import EVIL, PAGES, PAYLOADS

PAUSE = 50  # milliseconds on a page after it has loaded: what fires by itself has fired
# The desk's own, of what Datasette shows, and what is sent as a file.
SHORT = {"/-/desk?state=all", "/-/desk/story/1", "/-/desk/entities", "/wirewatch/items?_size=max",
         "/wirewatch/stories"}  # fmt: skip
FILES = {"mail-9", "mail-20", "digest", "report", "pack"}


@dataclass
class Seen:
    """What pages did that they must not: dialogs and requests, by the page."""

    home: str
    pages: int = 0
    acts: Counter[str] = field(default_factory=Counter)
    at: str = ""

    def watch(self, context: Any) -> None:
        """Nothing leaves: what asks another host is counted, and gets no answer."""
        context.route("**/*", self._route)
        context.on("dialog", self._dialog)

    def _route(self, route: Any) -> None:
        url = route.request.url
        ours = url.startswith((f"{self.home}/", "data:", "blob:"))
        if ours or (route.request.is_navigation_request() and EVIL not in url):
            route.continue_()
            return
        self.acts[self.at] += 1
        route.abort()

    def _dialog(self, dialog: Any) -> None:
        self.acts[self.at] += 1
        dialog.dismiss()


def browser(scale: Scale, payloads: Sequence[str] = PAYLOADS) -> Outcome:
    """Opens every page, mail and file."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - may be missing

    folder = planted(scale.folder / "desk", payloads)
    sent, bared = _sent(folder, payloads, scale), _bare(folder, scale)
    served = serve(folder, now=datetime(2026, 11, 22, 6, 0, tzinfo=UTC))
    seen = Seen(served.url)
    with sync_playwright() as driver:
        running = driver.chromium.launch(
            executable_path=which("chromium"), args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        context = running.new_context(base_url=served.url)
        seen.watch(context)
        for path in PAGES:
            if not scale.short or path in SHORT:
                _open(context, seen, path)
        for file in (*sent, *bared):
            _open(context, seen, file.as_uri())
        running.close()
    served.stop()
    bare = [seen.acts.pop(file.as_uri(), 0) for file in bared]
    live = sum(map(bool, bare))
    return Outcome(
        figure=(
            f"{len(payloads)} payloads ({live} of {len(bare)} act where they stand bare), "
            f"{seen.pages - len(bare)} pages, mails and files in Chromium: {seen.acts.total()} "
            f"dialogs and requests, by {len(seen.acts)} of them"
        ),
        held=not seen.acts and live > len(bare) // 3 and seen.pages > scale.of(100, 15),
    )


def _bare(folder: Path, scale: Scale) -> list[Path]:
    """Pages of a payload each, as it is: what the browser would see if nothing were done."""
    made = []
    for number, payload in enumerate(PAYLOADS[:: scale.of(1, 4)]):
        made.append(folder / f"bare-{number}.html")
        made[-1].write_text(f"<p>{payload}</p>", encoding="utf-8")
    return made


def _sent(folder: Path, payloads: Sequence[str], scale: Scale) -> list[Path]:
    """The files on the disk, as a person opens them."""
    made = []
    for name, html in files(folder, payloads):
        if not scale.short or name in FILES:
            made.append(folder / f"{name}.html")
            made[-1].write_text(html, encoding="utf-8", errors="replace")
    return made


def _open(context: Any, seen: Seen, address: str) -> None:
    """In a tab of its own: a page may send its tab elsewhere."""
    seen.at = address
    page = context.new_page()
    page.goto(address, wait_until="load")
    page.wait_for_timeout(PAUSE)
    page.close()
    seen.pages += 1


def unguarded() -> Sequence[str]:
    """Nothing escaped, and no policy that would stop a script."""
    guard.policy = lambda *_: "default-src * data: 'unsafe-inline'"
    unescaped()
    return PAYLOADS


ROWS = (
    Row(
        name="browser",
        promise="no page, mail or file opens a dialog or asks another host in Chromium",
        run=browser,
        without="escaping, and the content security policy",
        twin=lambda scale: browser(scale, unguarded()),
        needs=("chromium",),
        short=False,  # tests/support/xss.py's oracle sees the same in milliseconds
    ),
)
