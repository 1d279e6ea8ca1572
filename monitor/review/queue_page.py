"""The queue: stories to judge, by filters that stand in the address."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from datasette.utils.asgi import Response

from monitor.review import access, filters, gaps, page, served, twins
from monitor.review.filters import BadFilterError, View
from monitor.review.times import day
from monitor.store.desk import queue as stored
from monitor.store.desk.sources import gaps_now
from monitor.store.desk.types import Choice, Filters, QueuePage, Span, StoryRow

_MENUS = {
    "state": "State",
    "sector": "Sector",
    "entity": "Entity",
    "place": "Place",
    "kind": "Source kind",
    "language": "Language",
    "mark": "Mark",
}
_FIXED = {
    "named": (
        ("confirmed", "confirmed"),
        ("candidate", "candidates only"),
        ("any", "both"),
    ),
    "sort": (("newest", "newest"), ("important", "most important")),
}
_FIXED_LABELS = {"named": "Names", "sort": "Sort"}
_KEPT = ("words", "feed", "since", "until")  # filters without a menu: a form sends them on


@dataclass(frozen=True, slots=True, kw_only=True)
class Menu:
    """A select of the filters' form."""

    name: str
    label: str
    value: str
    chosen: bool  # another than it usually is
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """A mark that a reviewer may call wrong: a name of an entity in an item."""

    item: int
    entity: str
    entity_name: str
    alias: str
    surface: str


async def queue(datasette: Any, request: Any) -> Response:
    """`/-/desk`, and its twins for programs and readers of feeds."""
    try:
        view = filters.read(parse_qsl(request.query_string, keep_blank_values=True))
    except BadFilterError as error:
        return await page.refuse(datasette, request, error.problems, status=HTTPStatus.BAD_REQUEST)
    twin = request.url_vars.get("twin")
    if twin:
        return await twins.queue(datasette, request, view, twin)
    now = served.now(datasette)
    found = await served.read(
        datasette, lambda conn: stored.page(conn, view.filters, after=view.after, now=now)
    )
    context = {
        **_shown(view, found),
        "here": datasette.urls.path(page.ROOT)
        + filters.query_string(view.filters, after=view.after),
        "may_judge": await access.may_judge(datasette, request),
        "nothing": await _nothing(datasette, view, found),
    }
    return await page.render(datasette, request, "desk/queue.html", context, tab="queue")


def _shown(view: View, found: QueuePage) -> dict[str, Any]:
    asked = view.filters
    return {
        "heading": heading(asked),
        "found": found,
        "words": asked.words,
        "menus": tuple(_menus(asked, found.menus)),
        "kept": [pair for pair in filters.pairs(asked) if pair[0] in {"q", *_KEPT}],
        "active": tuple(_active(asked)),
        "important": asked.sort == "important",
        "after": view.after,
        "view": filters.query_string(asked),
        "older": filters.query_string(asked, after=found.next) if found.next else "",
        "tags": {row.id: tags(row) for row in found.rows},
    }


async def _nothing(datasette: Any, view: View, found: QueuePage) -> str:
    """What it means that the list is empty; never "nothing new" where nothing was looked at."""
    if found.rows:
        return ""
    if view.after:
        return "That was the last of them."
    if view.filters != Filters():
        return "No story fits these filters. Clear them to see the whole queue."
    now = served.now(datasette)
    return gaps.nothing_new(await served.read(datasette, lambda conn: gaps_now(conn, now=now)))


def heading(asked: Filters) -> str:
    """The one h1: what this list is."""
    if asked.words:
        return f"Stories with “{asked.words}”"
    if asked.state == "new":
        return "Stories to judge"
    return "All stories" if asked.state == "all" else f"Stories: {asked.state}"


def _menus(asked: Filters, menus: Mapping[str, tuple[Choice, ...]]) -> Iterator[Menu]:
    usual = Filters()
    for name, label in _MENUS.items():
        value = getattr(asked, name)
        choices = menus.get(name, ())
        if name != "state":
            choices = (Choice(value="", label="all", count=None), *choices)
        if all(choice.value != value for choice in choices):
            choices = (*choices, Choice(value=value, label=value, count=None))
        yield _menu(name, label, value, getattr(usual, name), choices)
    for name, fixed in _FIXED.items():
        offered = tuple(Choice(value=value, label=label, count=None) for value, label in fixed)
        yield _menu(name, _FIXED_LABELS[name], getattr(asked, name), getattr(usual, name), offered)


def _menu(name: str, label: str, value: str, usual: str, choices: tuple[Choice, ...]) -> Menu:
    return Menu(name=name, label=label, value=value, chosen=value != usual, choices=choices)


def _active(asked: Filters) -> Iterator[str]:
    """The filters in words, for the summary of the folded bar."""
    for name, value in filters.pairs(asked):
        if name in {"since", "until"}:
            yield f"{name} {day(value)}"
        elif name in {"sector", "mark", "kind"}:
            yield value.replace("-", " ")
        else:
            yield f"source {value}" if name == "feed" else value


def tags(row: StoryRow) -> tuple[Tag, ...]:
    """The marks of a row, each name of an entity once."""
    found: dict[tuple[str, str], Tag] = {}
    for item, text, spans in _texts(row):
        for span in spans:
            found.setdefault((span.entity, span.alias), tag(item, text, span))
    return tuple(found.values())


def _texts(row: StoryRow) -> Iterator[tuple[int, str, tuple[Span, ...]]]:
    yield row.item, row.title, row.title_spans
    for excerpt in row.excerpts:
        yield excerpt.item, excerpt.text, excerpt.spans


def tag(item: int, text: str, span: Span) -> Tag:
    """The mark at a place in a text of an item."""
    return Tag(
        item=item,
        entity=span.entity,
        entity_name=span.entity_name,
        alias=span.alias,
        surface=text[span.start : span.end],
    )
