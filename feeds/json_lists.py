"""The entries of a JSON answer, found by paths: `data.list`, `[0].title`, `meta.date`. Pure."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from feeds.page_entries import Found, compact_id
from feeds.tables import SettingError
from feeds.text import body_text, title_text
from feeds.urls import absolute_url

if TYPE_CHECKING:
    from collections.abc import Sequence

    from feeds.types import PageRules

ROOT = "."
_STEP = re.compile(r"\.?([^.\[\]{}]+)|\[(\d{1,6})\]")
_TEMPLATE = re.compile(r"\{([^{}]*)\}")
_KEPT = "-._~"
_MISSING = object()

Step = str | int


def path_of(written: str) -> tuple[Step, ...]:
    """A path taken apart. Raises SettingError for one that cannot be followed."""
    if written == ROOT:
        return ()
    steps: list[Step] = []
    at = 0
    while found := _STEP.match(written, at):
        steps.append(found[1].strip() if found[2] is None else int(found[2]))
        at = found.end()
    if at != len(written) or not steps or "" in steps:
        raise SettingError('must be a path such as "data.list", "items[0].title" or "."')
    return tuple(steps)


def check_template(written: str) -> None:
    """Raise SettingError for an address with paths in it that cannot be followed."""
    for path in _TEMPLATE.findall(written):
        path_of(path)
    if "{" in _TEMPLATE.sub("", written) or "}" in _TEMPLATE.sub("", written):
        raise SettingError('must be an address such as "https://example.org/news/{id}"')


def list_values(text: str, rules: PageRules, url: str) -> list[Found] | str:
    """The entries of the answer `text` from `url`, or why there are none."""
    document = _loaded(text)
    if document is _MISSING:
        return "it is not JSON"
    items = _at(document, path_of(rules.items))
    if not isinstance(items, list):
        what = "nothing" if items is _MISSING else "no list"
        return f'{what} is at items = "{rules.items}"; the interface may have changed'
    found = [_found(item, rules, url) for item in items]
    return _nothing_in(found, rules) or found


def next_value(text: str, rules: PageRules, url: str) -> str:
    """The address of the page behind this one; "" if it names none."""
    return absolute_url(_text(_loaded(text), rules.next), url)


def _loaded(text: str) -> Any:
    try:
        return json.loads(text.lstrip("\ufeff"))
    except (ValueError, RecursionError):
        return _MISSING


def _found(item: Any, rules: PageRules, url: str) -> Found:
    date = _text(item, rules.date)
    return Found(
        url=_address(item, rules.link, url),
        title=title_text(_text(item, rules.title), references=True),
        text=body_text(_text(item, rules.text), references=True),
        dates=(date,) if date else (),
        id=compact_id(_text(item, rules.id), rules.id_match),
    )


def _address(item: Any, link: str, url: str) -> str:
    if "{" not in link:
        return absolute_url(_text(item, link), url)
    values = [_text(item, path) for path in _TEMPLATE.findall(link)]
    if not all(values):
        return ""
    left = iter(values)
    return absolute_url(_TEMPLATE.sub(lambda _: quote(next(left), safe=_KEPT), link), url)


def _text(item: Any, written: str) -> str:
    """What is at a path, as text; numbers are text too, and "" is nothing."""
    value = _at(item, path_of(written)) if written else _MISSING
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def _at(value: Any, path: Sequence[Step]) -> Any:
    for step in path:
        if isinstance(step, int):
            if not isinstance(value, list) or step >= len(value):
                return _MISSING
            value = value[step]
        elif isinstance(value, dict) and step in value:
            value = value[step]
        else:
            return _MISSING
    return value


def _nothing_in(found: list[Found], rules: PageRules) -> str:
    """Which path leads to nothing in any entry. A list without entries is a list."""
    for name, written, values in (
        ("link", rules.link, [one.url or one.id for one in found]),
        ("title", rules.title, [one.title for one in found]),
    ):
        if found and not any(values):
            return (
                f'{len(found)} entries are at items = "{rules.items}", but in none of them is '
                f'anything at {name} = "{written}"; the interface may have changed'
            )
    return ""
