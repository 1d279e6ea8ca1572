"""What would run in a reader's browser: every page, mail, report and pack, by an HTML5 parse."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Callable, Iterator, Sequence
from html import escape
from pathlib import Path
from xml.etree import ElementTree as ET

from alerts import mail_digest, mail_parts
from alerts.letter import letter
from alerts.types import Alert
from benchmarks.proof.output_injection import MAILBOX, NOW, hostile_alert
from benchmarks.proof.row import Outcome, Row, Scale
from monitor.pack import page as pack_page
from monitor.review import page as desk_page
from tests.support import xss
from tests.support.asking import Asking
from tests.support.collection import run
from tests.support.desk import collected
from tests.support.xss import PAGES, PAYLOADS, active, nonce_of

FEEDS = ("/-/desk.atom?state=all", "/-/desk/entity/arin-dam.atom", "/-/desk.feed.json?state=all")


def xss_row(scale: Scale, payloads: Sequence[str] = PAYLOADS) -> Outcome:
    """Every payload in every field of the database, on all that is made of it."""
    folder = planted(scale.folder / "desk", payloads)
    found, shown, views = 0, 0, 0
    for _, html, nonce in _views(folder, payloads):
        views += 1
        acts = active(html, nonce)
        found += len(acts)
        shown += "alert(1)" in html
    live = sum(bool(active(f"<p>{payload}</p>")) for payload in PAYLOADS)
    return Outcome(
        figure=(
            f"{len(PAYLOADS)} payloads ({live} run where they stand bare), {views} pages, mails and "
            f"feeds, {shown} of them with payloads to be read: {found:,} active nodes"
        ),
        held=found == 0 and shown > views // 2 and live > len(PAYLOADS) // 2,
    )


def planted(folder: Path, payloads: Sequence[str]) -> Path:
    """A folder as a user has it, whose evidence is full of payloads."""
    folder.mkdir()
    collected(folder)
    xss.plant(folder / "wirewatch.db", payloads)
    return folder


def _views(folder: Path, payloads: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """Name, HTML, and the nonce of the scripts that it may run."""
    asking = Asking(folder=folder)
    for story in range(1, 4):
        note = {"story": story, "verdict": "note", "note": payloads[story]}
        asking.post("/-/desk/decide", value=note)
    for path in (*PAGES, *(f"/wirewatch/items/{1000 + n}" for n in range(len(payloads)))):
        answer = asking.get(path, [("Accept", "text/html")])
        while answer.status == 302:
            answer = asking.get(answer.headers["location"], [("Accept", "text/html")])
        yield path, answer.text, nonce_of(answer.headers["content-security-policy"])
    for path in FEEDS:
        yield path, _as_a_reader_shows(asking.get(path).text), ""
    asking.close()
    for name, html in files(folder, payloads):
        yield name, html, ""


def _as_a_reader_shows(feed: str) -> str:
    """What a feed reader makes a page of: text as text, HTML as HTML, links as links."""
    if feed.startswith("{"):
        return f"<p>{escape(feed)}</p>" + "".join(re.findall(r'"content_html": "([^"]*)"', feed))
    parts = []
    for node in ET.fromstring(feed).iter():
        text = "".join(node.itertext()) if len(node) == 0 else ""
        parts.append(text if node.get("type", "text") != "text" else f"<p>{escape(text)}</p>")
        if node.get("href"):
            parts.append(f'<a href="{escape(node.get("href", ""))}">x</a>')
    return "".join(parts)


def files(folder: Path, payloads: Sequence[str]) -> Iterator[tuple[str, str]]:
    """What leaves the desk: mails of one story and of several, the report, the evidence pack."""
    alerts = [hostile_alert(payload) for payload in payloads]
    for number, one in enumerate(alerts):
        yield f"mail-{number}", _html(one)
    yield "digest", _html(Alert(**{**_fields(alerts[0]), "parts": tuple(alerts)}))
    config = ("--config", str(folder / "wirewatch.toml"))
    day = "2026-11-21"
    report = run("report", "--from", day, "--to", day, "-o", "-", *config, now=NOW)
    assert report.status == 0, report.err
    yield "report", report.out
    out = folder / "pack"
    export = run("export", "--from", "2026-11-01", "-o", str(out), *config, now=NOW)
    assert (out / "index.html").exists(), export.err
    yield "pack", (out / "index.html").read_text(encoding="utf-8")


def _fields(one: Alert) -> dict[str, object]:
    return {name: getattr(one, name) for name in Alert.__slots__}


def _html(one: Alert) -> str:
    raw = letter(one, MAILBOX, "a@example.org", NOW).as_bytes()
    page = email.message_from_bytes(raw, policy=email.policy.default).get_body(("html",))
    assert page is not None
    return str(page.get_content())


def unescaped() -> Sequence[str]:
    """Nothing escaped on the way out; what comes in, cleaned by feedparser. Returns that."""
    import feedparser.sanitizer  # noqa: PLC0415

    cleaned = feedparser.sanitizer._sanitize_html  # noqa: SLF001 - what it does by default
    as_it_is: Callable[[object], str] = lambda text: str("" if text is None else text)  # noqa: E731
    for module, names in ((mail_parts, ("escape",)), (mail_digest, ("escape",)),
                          (pack_page, ("escape", "safe"))):  # fmt: skip
        for name in names:
            setattr(module, name, as_it_is)
    desk_page.environment().autoescape = False
    return [cleaned(payload, "utf-8", "text/html") for payload in PAYLOADS]


ROWS = (
    Row(
        name="xss",
        promise="nothing that a feed publishes is active on any page, in any mail, report or pack",
        run=xss_row,
        without="escaping: feedparser's cleaning alone",
        twin=lambda scale: xss_row(scale, unescaped()),
    ),
)
