"""From what a page says of an article to an entry: the same for lists, sitemaps and JSON. Pure."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from feeds.dates import RAW_LIMIT, parse_by_format, parse_date, zone_named
from feeds.entries import guid_text, primary_language
from feeds.text import one_line
from feeds.types import Entry
from feeds.urls import url_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from feeds.types import Feed, PageRules

_UNIX = re.compile(r"([1-9]\d{9})(\d{3})?(?:\.\d*)?")  # seconds or milliseconds, of our days
_SHOWN = 40  # characters of a date that a note repeats


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An entry as a page says it: clean text, its date not yet read."""

    url: str = ""  # absolute, http(s)
    title: str = ""
    text: str = ""
    dates: Sequence[str] = ()  # what stands where the date should; the first that is one counts
    id: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entries:
    """What became of a page's entries."""

    entries: tuple[Entry, ...]
    skipped: dict[str, int]  # reason → how many
    notes: tuple[str, ...] = ()


def entries_of(found: Iterable[Found], rules: PageRules, feed: Feed) -> Entries:
    """The entries of a page, each article once, in the page's order.

    Left out and counted: `no-link` (neither address nor id), `no-title`, `other-address` (not what
    `only` asks for), `over-limit`. An article that the page shows twice is `repeated`. One without
    a date, or with one that cannot be read, is news all the same: it is taken, and a note says so.
    """
    chosen, skipped = _chosen(found, rules)
    reader = partial(_date, rules=rules, feed=feed)
    entries = tuple(_entry(one, reader(one), feed) for one in chosen)
    return Entries(entries=entries, skipped=dict(skipped), notes=_notes(entries, rules))


def _chosen(found: Iterable[Found], rules: PageRules) -> tuple[list[Found], Counter[str]]:
    only = re.compile(rules.only) if rules.only else None
    skipped: Counter[str] = Counter()
    chosen: dict[str, Found] = {}
    for one in found:
        key = url_key(one.url) if one.url else one.id
        if not key:
            skipped["no-link"] += 1
        elif only and not only.search(one.url):
            skipped["other-address"] += 1
        elif not one.title:
            skipped["no-title"] += 1
        elif key in chosen:
            skipped["repeated"] += 1
        elif len(chosen) >= rules.limit:
            skipped["over-limit"] += 1
        else:
            chosen[key] = one
    return list(chosen.values()), skipped


def _entry(one: Found, date: tuple[str, datetime | None], feed: Feed) -> Entry:
    raw, moment = date
    return Entry(
        guid=guid_text(one.id),
        url=one.url,
        title=one.title,
        text=one.text,
        language=primary_language(one.language) or primary_language(feed.language),
        published_at=moment,
        published_raw=one_line(raw, RAW_LIMIT),
    )


def _date(one: Found, *, rules: PageRules, feed: Feed) -> tuple[str, datetime | None]:
    """What is written, and the moment that it names."""
    for raw in one.dates:
        if moment := read_date(raw, rules, feed):
            return raw, moment
    return next(filter(None, one.dates), ""), None


def read_date(raw: str, rules: PageRules, feed: Feed) -> datetime | None:
    """The moment that `raw` names, by the rules of the page and in the zone of the feed."""
    zone, language = zone_named(feed.timezone), primary_language(feed.language)
    if rules.date_format:
        return parse_by_format(raw, rules.date_format, zone=zone, language=language)
    if rules.type == "json" and (unix := _UNIX.fullmatch(raw)):
        return datetime.fromtimestamp(int(unix[1]), UTC)
    return parse_date(raw, zone=zone, language=language)


def _notes(entries: Sequence[Entry], rules: PageRules) -> tuple[str, ...]:
    undated = [entry for entry in entries if entry.published_at is None]
    if not (rules.date or rules.type == "sitemap") or not undated:
        return ()
    unread = [entry.published_raw for entry in undated if entry.published_raw]
    such = f', such as "{one_line(unread[0], _SHOWN)}"' if unread else ""
    counts = {
        f"{len(undated) - len(unread)} of {len(entries)} entries have no date": len(unread)
        < len(undated),
        f"{len(unread)} of {len(entries)} entries have a date that cannot be read{such}": bool(
            unread
        ),
    }
    return tuple(words for words, so in counts.items() if so)


def compact_id(value: str, pattern: str) -> str:
    """The part of an id that stays: what the pattern's first group finds, or all that it finds."""
    if not pattern:
        return value
    found = re.search(pattern, value)
    if not found:
        return ""
    return (found[1] if found.re.groups else found[0]) or ""
