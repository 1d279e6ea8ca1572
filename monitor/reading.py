"""What a parser process makes of a feed: its entries, and what their texts say by themselves."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from feeds.types import Feed, FeedError, ParsedFeed
from feeds.workers import parse
from monitor.studying import declared, study

# Entries of a document that are studied here. Each may take 50 KB, of which a process has few; a
# busy newspaper's feed has fewer entries.
MOST = 100


def read_feed(
    body: bytes,
    headers: Mapping[str, str],
    feed: Feed,
    url: str,
    known: Collection[str] | None = (),
) -> ParsedFeed | FeedError:
    """What `feeds.parse.parse` says, with each entry studied unless there are very many.

    Nor are those of list pages, of which several make one document, and those that are `known`.
    """
    parsed = parse(body, headers, feed, url, known)
    if isinstance(parsed, FeedError) or feed.page or len(parsed.entries) > MOST:
        return parsed
    entries = (
        entry if entry.unread else replace(entry, study=study(entry, declared(entry, feed, parsed)))
        for entry in parsed.entries
    )
    return replace(parsed, entries=tuple(entries))
