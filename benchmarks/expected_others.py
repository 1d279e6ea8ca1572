"""What gofeed, podcastparser and rss-parser expect of their documents: title, link, id, dates."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from benchmarks.expected_checks import (
    LEFT_OUT,
    SERVER,
    Check,
    ours,
    read,
    reduced,
    reductions,
    verdict,
)
from feeds.charset import decode
from feeds.types import FeedError, ParsedFeed

Expectations = Iterator[tuple[str, int, object]]
"""(field, number of the entry, what is wanted)."""

GOFEED, PODCASTPARSER, RSS_PARSER = (
    "mmcdole+gofeed",
    "gpodder+podcastparser",
    "rbren+rss-parser",
)


def checks(folder: Path) -> list[Check]:
    """All three suites under `folder`."""
    return [*_gofeed(folder), *_podcastparser(folder), *_rss_parser(folder)]


_MADE_UP = f"{LEFT_OUT} the document does not say it; made of a file's or an enclosure's name"
_SPOILT = f"{LEFT_OUT} what the suite expects was itself read in the wrong encoding"
_ORDER = "entries stay in the document's order, and those without an enclosure too"
_PROXY = "the article's own address stands before its proxy's"
_PUBLISHED_ID = "ids are kept as published, not made addresses"
_WEB = "links are web addresses (http, https) alone"
_MARKUP_ID = "an id holds no markup"
_ATTRIBUTE = "an address of another kind in an attribute of <link> hides its text"
_UNDECLARED = "a namespace's prefix that is not declared names no element"
_BROKEN = "an element that is never closed is not read"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Document:
    """A document of a suite, as we read it."""

    suite: str
    name: str
    body: bytes
    url: str
    found: ParsedFeed | FeedError


def _checks(suite: str, path: Path, root: Path, wants: Expectations, url: str) -> Iterator[Check]:
    body = path.read_bytes()
    name = f"{suite}: {path.relative_to(root).as_posix()}"
    document = _Document(suite=suite, name=name, body=body, url=url, found=read(body, {}, url))
    for field, number, wanted in wants:
        have = ours(document.found, field, number)
        is_link = field in ("link", "feed link")
        value = urljoin(url, str(wanted).strip()) if is_link else wanted
        readings = reductions(field, value)
        want = have if have in readings else reduced(field, value)
        said = verdict(want, have, _reasons(document, field, want, have))
        yield Check(document=name, field=field, want=want, ours=have, verdict=said)


def _reasons(
    document: _Document, field: str, want: object, have: object
) -> Iterator[tuple[bool, str]]:
    body, found = document.body, document.found
    podcast = document.suite == PODCASTPARSER
    wanted, held = str(want), str(have or "")
    yield "\ufffd" in wanted, _SPOILT
    if field == "link":
        yield f"origLink>{held}<".encode() in body, _PROXY
        yield not held and not wanted.startswith("http"), _WEB
        yield b"<link uri=" in body and not held, _ATTRIBUTE
    if field == "id":
        yield podcast and not held and b"<guid" not in body, _MADE_UP
        yield bool(held) and wanted.endswith(held), _PUBLISHED_ID
        yield "<" in wanted, _MARKUP_ID
    if isinstance(found, ParsedFeed):
        entries = range(len(found.entries))
        yield podcast and want in {ours(found, field, number) for number in entries}, _ORDER
        yield podcast and f"<title>{wanted}".encode() not in body, _MADE_UP
        yield field == "feed link" and b"xmlns:atom" not in body and b"<atom:" in body, _UNDECLARED
        yield not held and bool(found.malformed), _BROKEN


# ── gofeed: one JSON a document, in three shapes ─────────────────────────────────────────────────


def _gofeed(folder: Path) -> Iterator[Check]:
    root = folder / GOFEED / "testdata"
    for path in sorted(root.rglob("*.json")):
        document = next(
            filter(Path.is_file, (path.with_suffix(".xml"), path.with_suffix(".rss"))), None
        )
        kind = path.relative_to(root).parts
        if document and kind[0] in ("parser", "translator", "extensions"):
            wanted = json.loads(path.read_text("utf-8"))
            if isinstance(wanted, dict):
                wants = _gofeed_wants(wanted, kind)
                yield from _checks(GOFEED, document, root, wants, f"{SERVER}/")


def _gofeed_wants(wanted: dict[str, Any], kind: tuple[str, ...]) -> Expectations:
    atom = kind[0] == "parser" and kind[1] == "atom"
    yield from _present(wanted, 0, {"title": "feed title", "language": "feed language"})
    if not atom:
        yield from _present(wanted, 0, {"link": "feed link"})
    elif link := _alternate(wanted.get("links")):
        yield "feed link", 0, link
    entries = wanted.get("items") or wanted.get("entries") or []
    for number, entry in enumerate(entries):
        yield from _present(entry, number, {"title": "title"})
        guid = entry.get("guid")
        identity = guid.get("value") if isinstance(guid, dict) else guid or entry.get("id")
        if identity:
            yield "id", number, identity
        link = _alternate(entry.get("links")) if atom else entry.get("link")
        if link:
            yield "link", number, link
        published = entry.get("publishedParsed") or entry.get("pubDateParsed")
        if published:
            yield "published", number, published
        if updated := entry.get("updatedParsed"):
            yield "updated", number, updated


def _alternate(links: Any) -> str:
    """The address among Atom links that leads to the article; translated feeds have texts here."""
    for link in links or ():
        if isinstance(link, dict) and link.get("rel", "alternate") == "alternate":
            return str(link.get("href", ""))
    return ""


# ── podcastparser ────────────────────────────────────────────────────────────────────────────────


def _podcastparser(folder: Path) -> Iterator[Check]:
    root = folder / PODCASTPARSER / "tests" / "data"
    for path in sorted(root.glob("*.rss")):
        wanted = json.loads(path.with_suffix(".json").read_text("utf-8"))
        place = path.with_suffix(".url")
        url = place.read_text("utf-8").strip() if place.exists() else f"{SERVER}/{path.name}"
        yield from _checks(PODCASTPARSER, path, root, _podcast_wants(wanted), url)


def _podcast_wants(wanted: dict[str, Any]) -> Expectations:
    yield from _present(
        wanted, 0, {"title": "feed title", "link": "feed link", "language": "feed language"}
    )
    episodes = wanted.get("episodes", [])
    for number, episode in enumerate(episodes):
        yield from _present(episode, number, {"title": "title", "link": "link", "guid": "id"})
        if seconds := episode.get("published"):
            yield "published", number, datetime.fromtimestamp(seconds, UTC).isoformat()


# ── rss-parser ───────────────────────────────────────────────────────────────────────────────────


def _rss_parser(folder: Path) -> Iterator[Check]:
    root = folder / RSS_PARSER / "test"
    for path in sorted((root / "output").glob("*.json")):
        wanted = json.loads(_text(path.read_bytes()))
        document = next((root / "input").glob(f"{path.stem}.*"), None)
        if document:
            wants = _rss_wants(wanted.get("feed", wanted))
            yield from _checks(RSS_PARSER, document, root, wants, f"{SERVER}/")


def _text(body: bytes) -> str:
    """Some of its files are in Latin-1."""
    return decode(body, content_type="text/json; charset=ISO-8859-1").text


def _rss_wants(wanted: dict[str, Any]) -> Expectations:
    yield from _present(
        wanted, 0, {"title": "feed title", "link": "feed link", "language": "feed language"}
    )
    for number, item in enumerate(wanted.get("items", [])):
        yield from _present(item, number, {"title": "title", "link": "link", "guid": "id"})
        if not item.get("guid"):
            yield from _present(item, number, {"id": "id"})
        if date := item.get("isoDate"):
            yield "published", number, date


def _present(wanted: Mapping[str, Any], number: int, names: Mapping[str, str]) -> Expectations:
    for name, field in names.items():
        if isinstance(wanted.get(name), str) and wanted[name].strip():
            yield field, number, wanted[name]
