"""The catalogue of public feeds that comes with the program, and the feed lists made from it.

`monitor/catalogue/sources.toml` says of each feed what a feed list says, and what is known of it:
who saw it, and what is odd about it. docs/sources.md tells how it was made.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from feeds.feed_keys import FEED_KEYS, feed_identity
from feeds.lists import feed_table
from feeds.tables import (
    Key,
    Source,
    Table,
    choice,
    quote,
    read_table,
    read_tables,
    read_toml,
    switch,
    text,
)
from feeds.types import Feed
from monitor.errors import ConfigError

ANSWERED = (
    "in daily use in September 2026",
    "fetched in September or October 2026",
    "answered with a valid feed in February 2026",
)
"""Evidence that a feed answered somebody. Nobody of this project fetched any."""

UNTRIED = "read by others' programs"
"""Of pages that are read by rules which nobody of this project has tried."""

EVIDENCE = (*ANSWERED, "listed by a public collector", UNTRIED)
"""All that may be said of how a feed is known. Closed, so that none is vague."""

GROUPS: Mapping[str, str] = {
    "specialist": "Specialists on the DPRK",
    "state-media": "State media, and who carries them",
    "wire": "Wire services",
    "press": "Newspapers and magazines",
    "broadcaster": "Broadcasters",
    "analysis": "Analysis",
    "government": "Governments",
    "un": "United Nations",
    "ngo": "Non-governmental organisations",
    "blog": "Blogs",
    "other": "Others",
}
"""The heading over each kind of source, in the order in which lists show them."""

_FILE = Path(__file__).parent / "catalogue" / "sources.toml"
_COMMENT = 96  # characters of a comment's line, without "# ": the width of the other files

_KEYS = {
    **{name: key for name, key in FEED_KEYS.items() if name not in ("language", "page")},
    "name": replace(FEED_KEYS["name"], needed=True),
    "kind": replace(FEED_KEYS["kind"], needed=True),
    "languages": replace(FEED_KEYS["language"], needed=True, many=True),
    "home": Key(read=FEED_KEYS["url"].read, needed=True),
    "evidence": Key(read=choice(*EVIDENCE), needed=True),
    "start": Key(read=switch),
    "notes": Key(read=text),
}
_FEED = {item.name for item in fields(Feed)}

_HEAD = """\
# The feeds that Wirewatch polls: {count} of its catalogue of public feeds about the DPRK.
#
# A [[feed]] table for each feed. Only `url` is needed; docs/configuration.md has every key.
# An interval is in seconds, or text such as "15m" or "1h".
# Addresses change, and these were not tried when this file was made; each says how it is known.
# Run `wirewatch poll --all` and it tells which of them answer. `wirewatch feeds add URL` and
# `wirewatch feeds remove NAME` edit this file and keep your comments, and
# `wirewatch feeds catalogue` shows what else there is.
#
# DPRK state media publish no feeds of their own that are known; KCNA Watch carries them. Their own
# pages are read by adapters that nobody has tried: `wirewatch init --pages` adds them.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A feed of the catalogue, and what is known of it."""

    feed: Feed  # without a language if it has several
    languages: tuple[str, ...]
    home: str  # the page that people read
    evidence: str  # one of EVIDENCE
    start: bool = False  # in the list of a newcomer
    notes: str = ""  # who is behind it, how much of it is there, what is odd; "" = nothing known

    @property
    def answered(self) -> bool:
        """Whether anybody saw it answer."""
        return self.evidence in ANSWERED


def catalogue() -> tuple[Listing, ...]:
    """The catalogue that comes with the program, in the order of its groups."""
    listings = read_catalogue(_FILE.read_bytes(), _FILE.name)
    return tuple(sorted(listings, key=lambda listing: list(GROUPS).index(listing.feed.kind)))


def read_catalogue(data: bytes, name: str) -> tuple[Listing, ...]:
    """A catalogue's listings; raises ConfigError with a line for each mistake.

    A feed, and a name, stands in it once.
    """
    source = read_toml(data, name)
    _refuse(source)
    read_table(source, source.data, (), {"feed": Key(read=lambda tables: tables, needed=True)})
    tables = read_tables(source, "feed", _KEYS)
    for table in tables:
        if table.settings.get("languages") == ():
            source.wrong((*table.where, "languages"), "must not be empty")
    clean = [table for table in tables if table.clean]
    _note_twins(source, clean, "url", feed_identity)
    _note_twins(source, clean, "name", str.casefold)
    _refuse(source)
    return tuple(_listing(table.settings) for table in clean)


def _refuse(source: Source) -> None:
    if source.problems:
        raise ConfigError(source.complaints())


def _note_twins(
    source: Source, tables: Iterable[Table], key: str, identity: Callable[[str], str]
) -> None:
    seen: dict[str, Table] = {}
    for table in tables:
        first = seen.setdefault(identity(table.settings[key]), table)
        if first is not table:
            source.wrong((*table.where, key), f"stands at {source.place(first.where)} already")


def _listing(settings: Mapping[str, Any]) -> Listing:
    languages = settings["languages"]
    feed = Feed(
        **{name: value for name, value in settings.items() if name in _FEED},
        language=languages[0] if len(languages) == 1 else "",
        page=settings.get("adapter"),
    )
    known = {
        name: value for name, value in settings.items() if name not in _FEED and name != "adapter"
    }
    return Listing(feed=feed, **known)


def choose(
    listings: Sequence[Listing],
    *,
    languages: Collection[str] = (),
    kinds: Collection[str] = (),
    everything: bool = False,
    pages: bool = False,
) -> tuple[Listing, ...]:
    """The listings to start with, or all, as far as they have one of the languages and kinds.

    With `pages`, those are among them that are no feeds, but read by a bundled adapter.

    Without languages, or kinds, any will do. Raises ConfigError for a word that no listing of the
    catalogue has, and when nothing is left.
    """
    _check("language", languages, {word for listing in listings for word in listing.languages})
    _check("kind", kinds, {listing.feed.kind for listing in listings})
    fitting = [
        listing
        for listing in listings
        if (not languages or set(listing.languages) & set(languages))
        and (not kinds or listing.feed.kind in kinds)
    ]
    chosen = tuple(
        listing
        for listing in fitting
        if everything or listing.start or (pages and listing.feed.page)
    )
    if not chosen:
        more = f"; {len(fitting)} more with --all-feeds" if fitting else ""
        raise ConfigError([f"no feed of the catalogue is all of that{more}"])
    return chosen


def _check(what: str, words: Iterable[str], known: Collection[str]) -> None:
    wrong = [quote(word) for word in words if word not in known]
    if wrong:
        there = ", ".join(sorted(known))
        raise ConfigError([f"{what} {', '.join(wrong)}: not in the catalogue, which has {there}"])


def feed_list(listings: Sequence[Listing]) -> str:
    """A feed list in TOML: a heading for each group, and in each table how the feed is known."""
    parts = [_HEAD.format(count=len(listings)).rstrip()]
    for kind, heading in GROUPS.items():
        group = [listing for listing in listings if listing.feed.kind == kind]
        parts += [f"# ── {heading} ──"] if group else []
        parts += [_table(listing) for listing in group]
    return "\n\n".join(parts) + "\n"


def _table(listing: Listing) -> str:
    """The comments stand within the table: `wirewatch feeds remove` takes them along."""
    header, settings = feed_table(listing.feed).split("\n", 1)
    return "\n".join([header, *(f"# {line}" for line in _comments(listing)), settings])


def _comments(listing: Listing) -> list[str]:
    evidence = listing.evidence[0].upper() + listing.evidence[1:]
    several = f" In {' and '.join(listing.languages)}." if len(listing.languages) > 1 else ""
    return textwrap.wrap(f"{evidence}.{several} {listing.notes}".rstrip(), _COMMENT)
