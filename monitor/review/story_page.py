"""A story in full: texts with their marks, copies, edits, evidence, decisions."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from datasette.utils.asgi import Response

from monitor.review import access, page, served, twins
from monitor.review.queue_page import Tag, tag
from monitor.store.desk import story as stored
from monitor.store.desk.types import Edit, Judgement, Story, StoryItem


async def story(datasette: Any, request: Any) -> Response:
    """`/-/desk/story/ID`, and the same as facts."""
    number = int(request.url_vars["id"])
    found = await served.read(datasette, lambda conn: stored.story(conn, number))
    if found is None:
        words = [f"There is no story {number}."]
        return await page.refuse(datasette, request, words, status=HTTPStatus.NOT_FOUND)
    if request.url_vars.get("twin"):
        return await twins.story(datasette, request, found)
    if found.row.id != number:
        return Response.redirect(datasette.urls.path(f"{page.ROOT}/story/{found.row.id}"))
    context = {
        **_shown(found),
        "here": datasette.urls.path(f"{page.ROOT}/story/{found.row.id}"),
        "may_judge": await access.may_judge(datasette, request),
    }
    return await page.render(datasette, request, "desk/story.html", context, tab="queue")


def _shown(found: Story) -> dict[str, Any]:
    return {
        "story": found,
        "row": found.row,
        "texts": [item for item in found.items if item.relation != "copy"],
        "copies": [item for item in found.items if item.relation == "copy"],
        "edits": [(item, edit, whole(item, edit)) for item in found.items for edit in item.edits],
        "tags": tuple(_tags(found)),
        "undoable": undoable(found.decisions),
    }


def whole(item: StoryItem, edit: Edit) -> tuple[str, str]:
    """Title and text of the version before this edit."""
    before = next((one for one in item.edits if one.number == edit.number - 1), None)
    if before:
        return before.title, before.text
    return item.first_version or ("", "")


def _tags(found: Story) -> Iterator[Tag]:
    seen = set()
    for item in found.items:
        full = item.article
        texts = [(item.title, item.title_spans), (item.text, item.text_spans)]
        for text, spans in (*texts, *([(full.text, full.spans)] if full else [])):
            for span in spans:
                if (span.entity, span.alias) not in seen:
                    seen.add((span.entity, span.alias))
                    yield tag(item.id, text, span)


def undoable(decisions: tuple[Judgement, ...]) -> int | None:
    """The decision that an undo would take back: the last that stands; None if there is none."""
    standing = [one.id for one in decisions if not one.undone and one.verdict != "undo"]
    return standing[-1] if standing else None
