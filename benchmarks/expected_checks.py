"""One expectation of another project's test suite, and what we make of it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

from benchmarks.measure import table
from feeds.entries import primary_language
from feeds.parse import parse
from feeds.text import body_text, title_text
from feeds.types import Entry, Feed, FeedError, ParsedFeed

RIGHT = "right"
LEFT_OUT = "left out:"  # begins the reason for which an expectation does not count
WRONG = "wrong"  # no reason is known: to be mended
SERVER = "http://127.0.0.1:8097"  # where feedparser's own tests serve theirs

# An entry that holds nothing but the field under test is no news, and is counted as empty. It is
# given an id, as real ones have.
_EMPTY_ENTRY = re.compile(rb"<(?:item|entry)(?:\s[^<>]*)?>", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A field of a document: what the suite wants, what we have, and the verdict on it."""

    document: str
    field: str
    want: object
    ours: object
    verdict: str  # RIGHT, WRONG, or why ours is another
    theirs: bool = True  # whether the other program gives what is wanted, where it was asked


def read(body: bytes, headers: Mapping[str, str], url: str) -> ParsedFeed | FeedError:
    """A document as the program reads it; entries that would be left out as empty have an id."""
    feed = Feed(url=url)
    found = parse(body, headers, feed, url)
    if isinstance(found, ParsedFeed) and found.skipped.get("empty"):
        tag = b"<id>an:id</id>" if found.format.startswith("atom") else b"<guid>an:id</guid>"
        full = parse(_EMPTY_ENTRY.sub(lambda start: start[0] + tag, body), headers, feed, url)
        if isinstance(full, ParsedFeed):
            return full
    return found


_OF_FEED: dict[str, Callable[[ParsedFeed], object]] = {
    "feed title": lambda feed: feed.title,
    "feed link": lambda feed: feed.url,
    "feed language": lambda feed: feed.language,
    "ttl": lambda feed: feed.hints.ttl,
    "encoding": lambda feed: feed.encoding,
    "format": lambda feed: feed.format[:5],
    "entries": lambda feed: len(feed.entries),
}
_OF_ENTRY: dict[str, Callable[[Entry], object]] = {
    "title": lambda entry: entry.title,
    "link": lambda entry: entry.url,
    "id": lambda entry: entry.guid,
    "text": lambda entry: entry.text,
    "author": lambda entry: entry.author,
    "language": lambda entry: entry.language,
    "published": lambda entry: entry.published_at,
    "date as written": lambda entry: entry.published_raw,
    "updated": lambda entry: entry.updated_at,
}
FIELDS = (*_OF_FEED, *_OF_ENTRY)


def ours(found: ParsedFeed | FeedError, field: str, number: int = 0) -> object:
    """The field of what we read, of entry `number` where it is an entry's; None if there is none."""
    if isinstance(found, FeedError):
        return None
    if field in _OF_FEED:
        return _OF_FEED[field](found)
    return _OF_ENTRY[field](found.entries[number]) if number < len(found.entries) else None


@cache
def moment(text: str) -> datetime | None:
    """A date of a suite's own JSON: always ISO 8601 with its zone. Dates are kept to the second."""
    return datetime.fromisoformat(text).replace(microsecond=0) if text else None


def reduced(field: str, value: object) -> object:
    """What a suite expects, as we would keep it: text without markup, dates as moments.

    Both sides are compared in this form, so that what counts is what a reader would see.
    """
    if isinstance(value, str):
        return _REDUCTIONS.get(field, str)(value)
    return value


_REDUCTIONS: dict[str, Callable[[str], object]] = {
    "feed title": lambda text: title_text(text, references=True),
    "title": lambda text: title_text(text, references=True),
    "text": lambda text: body_text(text, references=True),
    "author": lambda text: re.sub(r"\s*\(\S+@\S+\)$", "", " ".join(text.split())),
    "language": primary_language,
    "feed language": primary_language,
    "format": lambda text: text[:5],
    "date as written": lambda text: " ".join(text.split()),
    "id": lambda text: " ".join(text.split()),
    "published": moment,
    "updated": moment,
}


def reductions(field: str, value: object) -> set[object]:
    """`reduced`, and where no suite says whether its text is markup, the text as it stands too."""
    plain = " ".join(value.split()) if isinstance(value, str) else value
    return {reduced(field, value), *([plain] if field in ("title", "feed title") else [])}


def verdict(want: object, have: object, reasons: Iterable[tuple[bool, str]]) -> str:
    """RIGHT if both are one or both are nothing, else the first reason that holds, else WRONG."""
    if want == have or not (want or have):
        return RIGHT
    return next((why for holds, why in reasons if holds), WRONG)


def summary(checks: Sequence[Check], per: Callable[[Check], str]) -> str:
    """A table: right, explained and unexplained checks by what `per` says of each."""
    rows: list[list[object]] = []
    checks = [check for check in checks if not check.verdict.startswith(LEFT_OUT)]
    for name in [*sorted({per(check) for check in checks}), ""]:
        some = [check for check in checks if name in ("", per(check))]
        counts = Counter(
            check.verdict if check.verdict in (RIGHT, WRONG) else "other" for check in some
        )
        right, other, bad = (counts[key] for key in (RIGHT, "other", WRONG))
        rows.append([name or "all", len(some), right, other, bad, f"{right / len(some):.1%}"])
    return table(["", "checks", "same", "explained", "unexplained", "same, %"], rows)


def reasons(checks: Iterable[Check]) -> str:
    """A table of the reasons for which ours are others, and how often; "" if there is none."""
    counts = Counter(check.verdict for check in checks if check.verdict not in (RIGHT, WRONG))
    rows = [[count, why] for why, count in counts.most_common()]
    return table(["checks", "why ours is another"], rows) if rows else ""


def differences(checks: Iterable[Check]) -> list[str]:
    """Every check that is not the same, a line each."""
    return [
        f"{check.verdict}: {check.document} {check.field}: wanted {check.want!r:.200}, "
        f"ours {check.ours!r:.200}"
        for check in checks
        if check.verdict != RIGHT
    ]


def files(folder: Path, pattern: str) -> list[Path]:
    """In order; ends the program where a suite is missing."""
    found = sorted(path for path in folder.rglob(pattern) if path.is_file())
    if not found:
        raise SystemExit(f"{folder}: no {pattern} in it")
    return found
