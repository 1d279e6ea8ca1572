"""What a parser process makes of a feed: its entries, and what their texts say by themselves."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from feeds.types import Entry, Feed, FeedError, ParsedFeed
from feeds.workers import parse
from monitor.studying import declared, study

# Characters of a document's entries that are studied here, the first ones first. What is known of
# them takes some four times as much, and a process has few documents at a time.
MOST = 1_000_000
_BESIDE = 1_000  # that each entry counts for besides its text


def read_feed(
    body: bytes,
    headers: Mapping[str, str],
    feed: Feed,
    url: str,
    known: Collection[str] | None = (),
) -> ParsedFeed | FeedError:
    """What `feeds.parse.parse` says, with the entries studied but for the last of very many.

    Nor are those of list pages, of which several make one document, and those that are `known`.
    """
    parsed = parse(body, headers, feed, url, known)
    if isinstance(parsed, FeedError) or feed.page:
        return parsed
    return replace(parsed, entries=tuple(_studied(parsed, feed)))


def _studied(parsed: ParsedFeed, feed: Feed) -> Iterator[Entry]:
    left = MOST
    for entry in parsed.entries:
        if not entry.unread:
            left -= len(entry.title) + len(entry.text) + _BESIDE
        if entry.unread or left < 0:
            yield entry
        else:
            yield replace(entry, study=study(entry, declared(entry, feed, parsed)))
