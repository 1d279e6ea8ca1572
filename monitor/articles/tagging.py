"""What an article's full text names. Pure."""

from __future__ import annotations

from dataclasses import replace

from monitor.desk import Tag
from monitor.stored import StoredItem
from monitor.types import Document, Mention


def of_article(tag: Tag, document: Document, text: str) -> tuple[Mention, ...]:
    """Mentions of the field "article", with offsets into `text`; the title is read as context.

    `document` is the item: what its own title and text name is the item's, and left out here.
    """
    found = tag(replace(document, text=text))
    return tuple(replace(m, field="article") for m in found if m.field == "text")


def of_item(tag: Tag, item: StoredItem) -> tuple[Mention, ...]:
    """All that a stored item names, its full text included: each read as when it came."""
    own = tag(item.document)
    return (*own, *of_article(tag, item.document, item.article)) if item.article else own
