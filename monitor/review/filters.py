"""The view in an address: query string ↔ Filters. Pure.

The same words everywhere: a filter's parameter is called as its field, but the words to search for
are `q`, and where the page before ended is `after`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from urllib.parse import urlencode

from feeds.feed_keys import KINDS
from monitor.clock import iso, moment
from monitor.store.desk.types import MARKS, STATES, Cursor, Filters
from monitor.watchlist.entities import SECTORS

ASKED_STATES = (*STATES, "judged", "all")
NAMED = ("confirmed", "candidate", "any")
SORTS = ("newest", "important")

MOST_WORDS = 200  # characters of a search
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_PLACE = re.compile(r"[^\x00-\x1f<>]{1,100}")


class BadFilterError(ValueError):
    """An address that asks for what does not exist; one sentence for each parameter."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What a page of the queue shows: the filters, and where the page before it ended."""

    filters: Filters
    after: Cursor | None = None


def _one_of(*allowed: str) -> Callable[[str], str]:
    def check(value: str) -> str:
        if value not in allowed:
            raise ValueError(f"is one of {', '.join(allowed)}")
        return value

    return check


def _like(pattern: re.Pattern[str], what: str) -> Callable[[str], str]:
    def check(value: str) -> str:
        if not pattern.fullmatch(value):
            raise ValueError(f"is {what}")
        return value

    return check


def _words(value: str) -> str:
    words = " ".join(value.split())
    if len(words) > MOST_WORDS:
        raise ValueError(f"is at most {MOST_WORDS} characters of words")
    return words


def _feed(value: str) -> int:
    if not (value.isascii() and value.isdecimal() and len(value) < 19):
        raise ValueError("is the number of a source, as on the page of sources")
    return int(value)


def _time(value: str) -> str:
    """A day or a time, as the store writes times, so that they compare as text."""
    try:
        if len(value) == len("2026-11-21"):
            return f"{date.fromisoformat(value)}T00:00:00.000Z"
        return iso(moment(value))
    except (ValueError, OverflowError):
        raise ValueError(
            "is a day such as 2026-11-21, or a time such as 2026-11-21T06:12Z"
        ) from None


_READ: Mapping[str, Callable[[str], str | int]] = {
    "state": _one_of(*ASKED_STATES),
    "sector": _one_of(*SECTORS),
    "entity": _like(_SLUG, "an entity's slug, such as tanchon-power-station"),
    "place": _like(_PLACE, "the name of a province"),
    "kind": _one_of(*KINDS),
    "language": _like(_LANGUAGE, "a code such as en, ko, zh, ja or ru"),
    "mark": _one_of(*MARKS),
    "named": _one_of(*NAMED),
    "words": _words,
    "feed": _feed,
    "since": _time,
    "until": _time,
    "sort": _one_of(*SORTS),
}
_FIELDS = {"q": "words"}
_PARAMETERS = {"words": "q"}


def read(query: Iterable[tuple[str, str]]) -> View:
    """The view that an address asks for. An empty value is no filter, as forms send it.

    Raises:
        BadFilterError: an unknown parameter or value.
    """
    values: dict[str, str | int] = {}
    after: Cursor | None = None
    problems = []
    for name, text in query:
        if not text.strip():
            continue
        try:
            if name == "after":
                after = _cursor(text)
            else:
                field = _FIELDS.get(name, name)
                values[field] = _reader(name, field)(text)
        except ValueError as error:
            problems.append(f"{name}: “{text[:80]}” was asked for; it {error}")
    if problems:
        raise BadFilterError(problems)
    return View(filters=Filters(**values), after=after)  # type: ignore[arg-type]  # checked above


def _reader(name: str, field: str) -> Callable[[str], str | int]:
    reader = _READ.get(field)
    if reader is None or (name == field and field in _PARAMETERS):
        raise ValueError(f"is no filter: there are {', '.join(map(_parameter, _READ))} and after")
    return reader


def _parameter(field: str) -> str:
    return _PARAMETERS.get(field, field)


def _cursor(text: str) -> Cursor:
    found = Cursor.parse(text)
    if found is None:
        raise ValueError("is what the link to the next page says")
    return found


def pairs(filters: Filters, **other: str | int) -> list[tuple[str, str]]:
    """The parameters of a view, those at their default left out; `other` replaces filters."""
    usual = Filters()
    out = []
    for field in fields(Filters):
        value = other.get(field.name, getattr(filters, field.name))
        if value != getattr(usual, field.name):
            out.append((_parameter(field.name), str(value)))
    return out


def query_string(filters: Filters, *, after: Cursor | None = None, **other: str | int) -> str:
    """`?sector=mining&state=all`, or "" for the view that everyone starts with."""
    found = pairs(filters, **other)
    if after:
        found.append(("after", str(after)))
    return f"?{urlencode(found)}" if found else ""
