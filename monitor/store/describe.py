"""What each table and column means: for Datasette and, held by a test, for docs/tables.md."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table as people should understand it."""

    what: str
    columns: dict[str, str]
    label: str = ""  # the column that names a row where others refer to it
    sort: str = ""  # newest or most telling first
    facets: tuple[str, ...] = ()


TABLES: dict[str, Table] = {
    "stories": Table(
        what="What a reviewer judges and an alert announces: one text, or one event, once.",
        label="title",
        sort="first_seen_at",
        facets=("language",),
        columns={
            "id": "Number of the story",
            "title": "Title of its first item",
            "language": "Language of its first item",
            "first_seen_at": "When its first item was first seen (UTC)",
            "last_seen_at": "When an item last joined it (UTC)",
            "items": "How many items it has, copies included",
            "copies": "How many of them are copies",
            "origins": "How many sources tell it in words of their own; copies do not count",
            "press_lag": "Seconds from state media to the first other source; empty without both",
            "merged_into": "The story that it was merged into; empty for nearly all",
        },
    ),
    "items": Table(
        what="An article by one publisher, kept once however many feeds carry it.",
        label="title",
        sort="first_seen_at",
        facets=("language", "relation", "feed"),
        columns={
            "id": "Number of the item",
            "feed": "The feed whose version the text is",
            "url": "Link, as published",
            "guid": "Identifier that the feed gave it, if any",
            "title": "Title in its newest version, as plain text",
            "text": "Text in its newest version, as plain text",
            "language": "Language, by script and declaration",
            "author": "Author, as published",
            "published_at": "When the publisher says it appeared (UTC); may be wrong or empty",
            "published_raw": "The same, as the publisher wrote it",
            "first_seen_at": "When we first saw it (UTC): the time to sort by",
            "changed_at": "When its newest version was seen (UTC); empty if never edited",
            "story": "The story that it belongs to",
            "relation": "original, copy (the same text) or same_event (another text about it)",
            "of_item": "The earlier item that it is a copy of, or of one event with",
            "why": "What the relation was judged by",
            "revisions": "How many versions are kept in revisions; 0 if never edited",
            "url_key": "Canonical URL by which it is known again",
            "title_key": "Fingerprint of publisher, day and title, used where there is no URL",
            "text_key": "Fingerprint of the title's words: tells old items under new ids",
            "content_hash": "Fingerprint of title and text, by which edits are noticed",
        },
    ),
    "mentions": Table(
        what="An entity found in an item's newest version, with the words that gave it away.",
        sort="found_at",
        facets=("state", "language", "rule", "entity"),
        columns={
            "id": "Number of the mention",
            "item": "The item that names it",
            "entity": "The entity that is named",
            "state": "confirmed, or candidate: an ambiguous name without its context",
            "alias": "The name on the watchlist that matched",
            "surface": "The words as written",
            "language": "Language of the item",
            "field": "title or text",
            "start": "Where the words begin in that field, in characters from 0",
            "end": 'Where they end: substr(text, start + 1, "end" - start) is the surface',
            "snippet": "The words round it",
            "rule": "The rule that decided",
            "watchlist_version": "The watchlist that found it",
            "found_at": "When (UTC)",
        },
    ),
    "entities": Table(
        what="A watched facility, policy, project, event or organisation.",
        label="name",
        facets=("sector", "kind", "province", "watched"),
        columns={
            "id": "Its slug on the watchlist",
            "name": "Name for display",
            "kind": "facility, policy, project, event or organisation",
            "sector": "Sector of the economy",
            "province": "Province",
            "county": "City or county",
            "latitude": "Degrees north (WGS 84)",
            "longitude": "Degrees east (WGS 84)",
            "precision": "What the point stands for: site, town, county or province",
            "part_of": "The entity that it is a part of",
            "watched": "1 if it is on a watchlist now",
            "watchlist": "The watchlist that it is or was on",
        },
    ),
    "names": Table(
        what="A way of writing an entity, as loaded from the watchlist.",
        label="text",
        facets=("language", "confidence", "origin", "watched"),
        columns={
            "id": "Number of the name",
            "entity": "The entity that it names",
            "language": "Language that it is written in",
            "text": "The name",
            "confidence": "high, medium or low",
            "origin": "listed, or the rule that made it",
            "needs_context": "1 if it counts only with a cue near",
            "watched": "1 if it is on a watchlist now",
        },
    ),
    "revisions": Table(
        what="A version of an edited item. Number 1 is the first that was seen.",
        sort="seen_at",
        columns={
            "id": "Number of the row",
            "item": "The item",
            "number": "Version, from 1",
            "feed": "The feed that carried it",
            "seen_at": "When this version was first seen (UTC)",
            "title": "Title in this version",
            "text": "Text in this version",
            "change": 'Changes by field: ["=" kept, "-" removed or "+" added, words] (JSON)',
            "entities_added": "Entities that this version names and the one before did not (JSON)",
            "entities_removed": "Entities that only the version before names (JSON)",
        },
    ),
    "appearances": Table(
        what="An item seen in a feed.",
        facets=("feed", "vanished"),
        columns={
            "id": "Number of the row",
            "item": "The item",
            "feed": "The feed",
            "guid": "Identifier in this feed",
            "url": "Link in this feed",
            "content_hash": "Fingerprint of this feed's own version",
            "first_seen_at": "When it was first seen there (UTC)",
            "last_seen_at": "When this row last changed or, once gone, was last seen (UTC)",
            "gone_at": "When it was found to have left the feed (UTC); empty while it is there",
            "vanished": "1 if it went while older items stayed: it was taken out",
        },
    ),
    "feeds": Table(
        what="A subscribed feed and how it does.",
        label="name",
        facets=("kind", "language", "health", "subscribed"),
        columns={
            "id": "Number of the feed",
            "url": "Where it is polled",
            "name": "What the feed list calls it",
            "language": "Language that the list declares",
            "kind": "Kind of source",
            "interval": "Seconds between two polls",
            "timezone": "Zone for dates that carry none",
            "encoding": "Encoding that the list forces on it",
            "full_text": "1 if the article's page is to be fetched too",
            "host": "Registrable domain or address: requests to one are spaced",
            "subscribed": "1 if it is on a list now",
            "health": "new, ok or failing",
            "health_note": "What the last poll complained of",
            "failures": "Failed polls in a row",
            "added_at": "When it was first subscribed (UTC)",
            "next_poll_at": "When it is due (UTC)",
            "last_poll_at": "When it was last polled (UTC)",
            "last_success_at": "When it last answered well (UTC)",
            "last_new_at": "When it last brought a new item (UTC)",
            "etag": "Validator for the next conditional request (RFC 9110)",
            "last_modified": "The same",
            "body_hash": "SHA-256 of the last document",
            "moved_to": "Where permanent redirects lead; the list is never changed by itself",
        },
    ),
    "polls": Table(
        what="One attempt on one feed: the completeness ledger.",
        sort="started_at",
        facets=("status", "feed"),
        columns={
            "id": "Number of the poll",
            "feed": "The feed",
            "started_at": "When (UTC)",
            "seconds": "How long fetching and parsing took",
            "status": "ok, unchanged (the same document), not-modified (304) or error",
            "http_status": "Status of the answer, if there was one",
            "bytes": "Bytes of the body on the wire",
            "seen": "Entries in the document: new + changed + unchanged + skipped",
            "new": "Entries seen for the first time",
            "changed": "Entries that were edited",
            "unchanged": "Entries known as they are",
            "skipped": "Entries that were not taken",
            "skipped_why": "Reasons, with counts (JSON)",
            "overlap": "Entries that the poll before saw too; 0 may mean that some were missed",
            "baseline": "1 for the first good poll of a feed, which alerts nobody",
            "error": "What went wrong",
            "note": "What was odd",
        },
    ),
    "alerts": Table(
        what="The outbox: every alert, and what became of it.",
        sort="created_at",
        facets=("state", "rule", "channel", "relation"),
        columns={
            "id": "Number of the alert",
            "rule": "The rule that it follows",
            "channel": "The channel, by name; a mail channel has one for each recipient",
            "story": "The story that it announces",
            "item": "The item that was news",
            "feed": "The feed that brought it",
            "relation": "What was news: first, new-origin, edit, gone, burst or silence",
            "occasion": "The same with its item and version, so that nothing is announced twice",
            "state": "held (waiting for more origins), pending, sending, sent or dead (given up)",
            "min_origins": "How many origins its rule asks for",
            "batch": "Why it is sent with others (digest, quiet hours, storm); empty if alone",
            "sent_with": "The first alert of the message that it went in; empty if it went alone",
            "attempts": "Tries so far",
            "in_doubt": "1 if a try may have arrived without our knowing",
            "created_at": "When it was written (UTC)",
            "next_try_at": "When it is due (UTC)",
            "sent_at": "When it was accepted (UTC)",
            "last_error": "Why it is not sent",
            "message_key": "The same for every try: Message-ID, idempotency key",
            "thread": "Where the channel put it; later alerts of the story stand under it",
            "payload": "What the message says (JSON)",
        },
    ),
    "watchlist_versions": Table(
        what="Every watchlist that ever tagged.",
        label="hash",
        columns={
            "id": "Number of the version",
            "name": "The watchlists that it is made of",
            "hash": "SHA-256 over what decides matching",
            "loaded_at": "When it was last put to use (UTC)",
            "retagged_at": "When all stored items were tagged anew under it (UTC); empty if never",
            "entities": "How many entities it has",
            "names": "How many names it has",
        },
    ),
    "signatures": Table(
        what="By what copies of an item are found: MinHash of its text, and the headline's words.",
        columns={
            "item": "The item",
            "rows": "The MinHash (16 numbers of 4 bytes)",
            "words": "Telling words of the headline, as stems",
            "engine": "What made it; another engine's are made anew",
        },
    ),
    "links": Table(
        what="Items in two languages that may tell of one event: proposals for a reviewer.",
        sort="created_at",
        facets=("state",),
        columns={
            "id": "Number of the link",
            "item": "The newer item",
            "story": "The story that it may belong to",
            "relation": "same_event",
            "score": "How much speaks for it; 1.5 is the least that is written down",
            "why": "The entities and numbers that both name",
            "state": "proposed, confirmed (the stories were merged) or rejected (they were split)",
            "created_at": "When (UTC)",
        },
    ),
    "mends": Table(
        what="Stories that were merged or split by hand; grouping keeps to it.",
        sort="mended_at",
        facets=("kind",),
        columns={
            "id": "Number of the row",
            "kind": "merge or split",
            "story": "The story that stayed",
            "other": "The story that went into it, or came out of it",
            "item": "The item that was split off; empty for a merge",
            "mended_at": "When (UTC)",
            "note": "Why, as given",
        },
    ),
    "tombstones": Table(
        what="Keys of entries that were thrown out: they do not come back.",
        sort="buried_at",
        columns={
            "id": "Number of the row",
            "key": "Kind of key (guid, url, title) and the key",
            "feed": "The feed that it holds for; empty for all",
            "buried_at": "When (UTC)",
            "note": "Why",
        },
    ),
}


def metadata(database: str) -> dict[str, object]:
    """The same for Datasette: descriptions, labels, sort order and facets of every table."""
    return {
        "title": "Wirewatch",
        "description": "What public news feeds said of what is on the watchlist.",
        "databases": {database: {"tables": {name: _table(t) for name, t in TABLES.items()}}},
    }


def _table(table: Table) -> dict[str, object]:
    described: dict[str, object] = {"description": table.what, "columns": table.columns}
    if table.label:
        described["label_column"] = table.label
    if table.sort:
        described["sort_desc"] = table.sort
    if table.facets:
        described["facets"] = list(table.facets)
    return described
