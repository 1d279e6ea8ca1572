"""Texts that break out of where they are shown, through everything that shows them."""

from __future__ import annotations

import csv
import email
import email.policy
import io
import json
import logging
import re
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin
from xml.etree import ElementTree as ET

import httpx
from warcio.archiveiterator import ArchiveIterator

from alerts.letter import letter
from alerts.settings import EmailSettings
from alerts.slack import payloads
from alerts.types import Named
from benchmarks.proof.row import Outcome, Row, Scale
from feeds.types import Exchange, Fetched, FetchState, Peer
from monitor.cli.shared import inert_json, table
from monitor.evidence.archive import capture_of
from monitor.evidence.warc import group
from monitor.logs import JsonLines, TextLines
from monitor.review import cells, twins
from monitor.review.twins import Listing
from monitor.store.desk.types import StoryRow
from tests.support import slack
from tests.support.archiving import PEER
from tests.support.injections import FORMULAS, HOSTILE
from tests.support.program import commands_in
from tests.support.sample import alert
from tests.support.xss import PAYLOADS, active

NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
ORDINARY = 100_000  # characters: longer ones are the business of the rows about size
HOME = "https://news.example.org/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sink:
    """Something that shows texts: ours, as somebody in a hurry writes it, and what is wrong."""

    name: str
    ours: Callable[[str], Any]
    plain: Callable[[str], Any]
    wrong: Callable[[Any], object]  # what acts in it; nothing if it is inert


# ── messages ─────────────────────────────────────────────────────────────────────────────────────


def hostile_alert(text: str) -> Any:
    """An alert that says it wherever a feed has its say."""
    named = Named(entity="e", name=text, sector=text, kind=text, surface=text)
    return alert(
        rule=text, title=text, source=text, published_raw=text, published_at=None, named=(named,),
        snippet=text, snippet_marks=((0, 3),), url=f"{HOME}{text}",
    )  # fmt: skip


def _slack_plain(text: str) -> list[dict[str, Any]]:
    section = {"type": "mrkdwn", "text": f"*{text}*\n<{HOME}|{text}>"}
    return [{"text": text, "blocks": [{"type": "section", "text": section}]}]


def _slack_wrong(messages: list[dict[str, Any]]) -> Iterator[str]:
    for message in messages:
        try:
            yield from filter(
                None, [slack.refusal("application/json", json.dumps(message).encode())]
            )
            yield from (c for c in slack.controls(message) if not c.startswith(HOME))
            yield from _unprintable("".join(slack.texts(message)))
        except UnicodeError as error:
            yield str(error)


MAILBOX = EmailSettings(
    name="desk", host="h.example", sender="w@example.org", to=("a@example.org",)
)
_HEADERS = {"From", "To", "Subject", "Date", "Message-ID", "List-Id", "Auto-Submitted",
            "MIME-Version", "Content-Type", "Content-Transfer-Encoding"}  # fmt: skip


def _mail_plain(text: str) -> bytes:
    head = f"From: w@example.org\r\nSubject: {text}\r\nContent-Type: text/html; charset=utf-8\r\n"
    return f"{head}\r\n<h1>{text}</h1>".encode("utf-8", "surrogatepass")


def _mail_wrong(raw: bytes) -> Iterator[str]:
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    yield from (name for name in mail.keys() if name not in _HEADERS)  # noqa: SIM118 - repeated ones
    yield from _unprintable(mail["Subject"] or "no subject\n")
    page = mail.get_body(("html",))
    yield from active(page.get_content()) if page else ["no page"]
    if (
        b"\r\n.\r\n" in raw
    ):  # SMTP's end; the channel doubles the dot of a line that begins with one
        yield "a dot alone on its line"


# ── files and screens ────────────────────────────────────────────────────────────────────────────


def _csv_wrong(text: str) -> Iterator[str]:
    rows = list(csv.reader(io.StringIO(text, newline="")))
    if [len(row) for row in rows] != [2]:
        yield f"{len(rows)} rows"
    for cell in (cell for row in rows for cell in row):
        number = re.fullmatch(r"[+-]?[0-9.]+([eE][+-]?[0-9]+)?", cell)
        if not number and re.match(r"[\s\"]*[=+\-@＝＋－＠]|[\t\r\n\0]", cell):
            yield cell


def _logged(form: logging.Formatter) -> Callable[[str], str]:
    def line(text: str) -> str:
        record = logging.makeLogRecord({"msg": "polled %s", "args": (text,), "feed": text})
        return form.format(record)

    return line


def _line_wrong(text: str) -> Iterator[str]:
    if len(text.splitlines()) != 1:
        yield "another line"
    yield from _unprintable(text)


def _unprintable(text: str) -> Iterator[str]:
    yield from (c for c in commands_in(text) if unicodedata.category(c) != "Zs")  # wide blanks


def _screen(text: str) -> str:
    out = io.StringIO()
    with redirect_stdout(out):
        table(("title", "source"), [(text, text)])
    return out.getvalue() + inert_json({"title": text})


# ── feeds and archives ───────────────────────────────────────────────────────────────────────────


def _listing(text: str) -> Listing:
    row = StoryRow(
        id=1, title=text, title_spans=(), language="en", first_seen_at=NOW, last_seen_at=NOW,
        published_at=None, published_raw=text, source=text, source_kind="wire", feed=1,
        url=f"{HOME}{text}", item=1, items=1, copies=0, origins=1, press_lag=None, carriers=(),
        excerpts=(), entities=(), confirmed=True, edited=0, names_removed=(text,), vanished=False,
        first_mention=False, state="new", reviewer="", decided_at=None, decision=None,
        changed_since=False, links=0,
    )  # fmt: skip
    return Listing(
        title=text, page_url=HOME, self_url=HOME, next_url="", rows=(row,), story_url=lambda _: HOME
    )


_ATOM = "{http://www.w3.org/2005/Atom}"


def _atom_plain(text: str) -> str:
    title = f'<title type="html">{text}</title>'
    return f'<feed xmlns="http://www.w3.org/2005/Atom">{title}<entry>{title}</entry></feed>'


def _atom_wrong(text: str) -> Iterator[str]:
    try:
        feed = ET.fromstring(text.encode("utf-8", "surrogatepass"))
    except ET.ParseError as error:
        yield str(error)
        return
    for node in feed.iter():
        if node.get("type", "text") != "text":
            yield from active(f"<p>{''.join(node.itertext())}</p>")
        if not node.tag.startswith(_ATOM) or not (node.get("href") or HOME).startswith(HOME):
            yield node.tag


def _archived(text: str) -> bytes:
    """The page of a server whose certificate, redirect and body say it."""
    try:
        there = str(httpx.URL(HOME).join(text))
    except (
        httpx.InvalidURL,
        UnicodeError,
    ):  # no field of an answer says that, or it ends the fetch
        there = urljoin(HOME, "refused")
    body = text.encode("utf-8", "replace")
    peer = Peer(**{**{name: getattr(PEER, name) for name in Peer.__slots__}, "subject": text})
    exchange = Exchange(
        request=b"GET / HTTP/1.1\r\nHost: news.example.org\r\n\r\n",
        head=b"HTTP/1.1 200 OK\r\n\r\n", body=body, address="192.0.2.7", peer=peer,
    )  # fmt: skip
    answer = Fetched(
        url=there, headers={}, body=body, wire_bytes=1, state=FetchState(), redirects=(there,)
    )
    return group(capture_of(answer, exchange, NOW, None))[1]


def _warc_plain(text: str) -> bytes:
    said = f"subject: {text}\r\n"
    return "".join(
        f"WARC/1.1\r\nWARC-Type: {kind}\r\nWARC-Target-URI: {HOME}{text}\r\n"
        f"Content-Type: application/warc-fields\r\nContent-Length: {len(said)}\r\n\r\n{said}\r\n\r\n"
        for kind in ("response", "request", "metadata")
    ).encode("utf-8", "surrogatepass")


_FIELDS = re.compile(r"(via|document-(sha256|length)|tls-[a-z0-9-]+|subject): [^\r\n]*")


def _warc_wrong(raw: bytes) -> Iterator[str]:
    kinds = []
    try:
        for record in ArchiveIterator(io.BytesIO(raw)):
            kinds.append(record.rec_type)
            names = [name for name, _ in record.rec_headers.headers]
            yield from (
                n for n in names if not re.fullmatch("WARC-[A-Za-z-]+|Content-[A-Za-z]+", n)
            )
            content = record.content_stream().read().decode("utf-8", "replace")
            if record.rec_type == "metadata":
                lines = content.split("\n")[:-1]
                yield from (
                    line for line in lines if not _FIELDS.fullmatch(line.removesuffix("\r"))
                )
    except Exception as error:  # noqa: BLE001 - whatever a reader of archives stumbles over
        yield f"not readable: {error}"
    if kinds != ["response", "request", "metadata"]:
        yield f"{len(kinds)} records"


SINKS = (
    Sink(name="Slack", ours=lambda text: list(payloads(hostile_alert(text))), plain=_slack_plain,
         wrong=_slack_wrong),
    Sink(name="mail", ours=lambda text: letter(hostile_alert(text), MAILBOX, "a@example.org", NOW).as_bytes(),
         plain=_mail_plain, wrong=_mail_wrong),
    Sink(name="CSV", ours=lambda text: cells.write([[text, "x"]]), plain=lambda text: f"{text},x\n",
         wrong=_csv_wrong),
    Sink(name="JSON log", ours=_logged(JsonLines()), plain=lambda text: f"INFO polled {text}",
         wrong=_line_wrong),
    Sink(name="text log", ours=_logged(TextLines()), plain=lambda text: f"INFO polled {text}",
         wrong=_line_wrong),
    Sink(name="terminal", ours=_screen, plain=lambda text: f"title: {text}\n", wrong=_unprintable),
    Sink(name="Atom", ours=lambda text: twins.atom(_listing(text)), plain=_atom_plain,
         wrong=_atom_wrong),
    Sink(name="WARC", ours=_archived, plain=_warc_plain, wrong=_warc_wrong),
)  # fmt: skip


def injection(_: Scale, *, escaped: bool = True) -> Outcome:
    """Every text through every sink."""
    texts = [text for text in (*HOSTILE.values(), *FORMULAS, *PAYLOADS) if len(text) <= ORDINARY]
    acts = {
        sink.name: sum(
            any(True for _ in sink.wrong((sink.ours if escaped else sink.plain)(text)))
            for text in texts
        )
        for sink in SINKS
    }
    told = ", ".join(f"{name} {number}" for name, number in acts.items() if number)
    inert = len(texts) * len(SINKS) - sum(acts.values())
    return Outcome(
        figure=(
            f"{len(texts)} texts, {len(SINKS)} places ({', '.join(sink.name for sink in SINKS)}): "
            f"{inert:,} of {len(texts) * len(SINKS):,} inert{f'; active in {told}' if told else ''}"
        ),
        held=not any(acts.values()) and len(texts) >= 30,
    )


ROWS = (
    Row(
        name="injection",
        promise="no text breaks out of a message, a cell, a line, a screen, a feed, an archive",
        run=injection,
        without="our formatters: each text put in its place as it is",
        twin=lambda scale: injection(scale, escaped=False),
    ),
)
