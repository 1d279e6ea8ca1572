"""What the readable views mean, and the tables of reviews.db; the other tables: describe.py."""

from __future__ import annotations

from monitor.store.described import Table

VIEWS: dict[str, Table] = {
    "about": Table(
        what="What is in this file: a line for each table.",
        columns={"table": "Its name", "one_row_is": "What a row of it stands for"},
    ),
    "named_stories": Table(
        what="Every story with what it names, in words: the first table to look at.",
        sort="first_seen_at",
        facets=("sector", "province", "source_kind", "language", "confirmed"),
        columns={
            "first_seen_at": "When it was first seen (UTC)",
            "entity": "What it names",
            "sector": "Sector of the economy",
            "province": "Province",
            "title": "Title of its first item",
            "source": "Feed of its first item",
            "source_kind": "Kind of that source",
            "language": "Language of its first item",
            "items": "How many items it has, copies included",
            "copies": "How many of them are copies",
            "origins": "How many sources tell it in words of their own",
            "confirmed": "1 if something in it is confirmed, 0 if all are candidates",
            "story": "Number of the story",
            "entity_id": "Id of the entity",
        },
    ),
    "named_items": Table(
        what="Every mention with its article, in words.",
        sort="first_seen_at",
        facets=("state", "source_kind", "language", "rule"),
        columns={
            "first_seen_at": "When the article was first seen (UTC)",
            "entity": "What it names",
            "words": "The words as written",
            "state": "confirmed, or candidate: an ambiguous name without its context",
            "snippet": "The words round it",
            "title": "Title of the article",
            "source": "The feed",
            "source_kind": "Kind of that source",
            "language": "Language of the article",
            "published_at": "When the publisher says it appeared (UTC)",
            "url": "Link, as published",
            "rule": "The rule that decided",
            "story": "The story that the article belongs to",
            "item": "Number of the article",
            "entity_id": "Id of the entity",
        },
    ),
}
"""Views in the same file, for who looks without knowing the tables."""

REVIEWS: dict[str, Table] = {
    "decisions": Table(
        what="What somebody decided, in reviews.db. Rows are added, never changed: an undo is one.",
        sort="id",
        facets=("verdict", "reviewer"),
        columns={
            "id": "Number of the decision",
            "story": "The story, in the evidence: stories.id",
            "verdict": "relevant, not relevant, follow up, duplicate of, wrong tag, note or undo",
            "note": "Why, in the reviewer's words",
            "reviewer": "Who decided",
            "decided_at": "When (UTC)",
            "item": "wrong tag: the item that it is in",
            "entity": "wrong tag: the entity that is not meant",
            "alias": "wrong tag: the name that misled",
            "other_story": "duplicate of: the other story",
            "undoes": "undo: the decision that no longer counts",
            "key": "The same for every try of one decision, so that it is recorded once",
            "story_title": "The story's title when it was decided",
        },
    ),
    "judged": Table(
        what="The present state of each story that was judged, in reviews.db.",
        sort="decided_at",
        facets=("state", "reviewer"),
        columns={
            "story": "The story, in the evidence: stories.id",
            "state": "The newest verdict that was not undone; a story without a row is new",
            "decision": "The decision that it comes from",
            "reviewer": "Who decided",
            "decided_at": "When (UTC)",
        },
    ),
}
"""Tables of reviews.db, which people's decisions are in."""
