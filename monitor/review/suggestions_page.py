"""What stored items name and no list has, as entries to paste into a watchlist.

Asked for by a link of its own, since it reads the texts.
`wirewatch watchlist suggest` goes through everything.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from datasette.utils.asgi import Response

from monitor.clock import iso
from monitor.errors import MonitorError
from monitor.review import page as pages
from monitor.review import served
from monitor.review.look import look, number
from monitor.store.corpus import Corpus
from monitor.suggest import Suggestions, through
from monitor.suggest.skeleton import as_toml
from monitor.types import Entity, Watchlist
from monitor.watching import read_watchlists

DAYS = (7, 30, 90)
LOOKED = 5_000  # items, the newest: about a second of work
MOST = 50  # of each kind, as the command shows


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    suggestions: Suggestions
    toml: str
    entities: dict[str, Entity]
    cut: bool  # there were more items than were looked at


async def page(datasette: Any, request: Any) -> Any:
    """`/-/desk/watchlist/suggestions`, or the same as a file to take away."""
    days = number(request, "days", DAYS[0], most=365)
    try:
        lists = read_watchlists(served.desk(datasette).watchlists)
    except MonitorError as error:
        return await pages.refuse(
            datasette, request, [str(error)], status=HTTPStatus.SERVICE_UNAVAILABLE
        )
    if not lists:
        words = ["This server was started without watchlists to compare with."]
        return await pages.refuse(datasette, request, words, status=HTTPStatus.NOT_FOUND)
    found = await look(datasette, lambda conn, now: find(conn, lists, now - timedelta(days=days)))
    if request.url_vars.get("twin"):
        return Response.text(
            found.toml, headers={"content-disposition": 'attachment; filename="suggested.toml"'}
        )
    context = {
        "found": found,
        "facilities": found.suggestions.facilities,
        "aliases": found.suggestions.aliases,
        "days": days,
        "spans": DAYS,
        "looked": LOOKED,
    }
    return await pages.render(datasette, request, "desk/suggestions.html", context, tab="watchlist")


def find(conn: Any, lists: list[Watchlist], since: datetime) -> _Found:
    """The suggestions of the newest items first seen since."""
    corpus = Corpus(conn)
    after = max(0, corpus.newest() - LOOKED)
    found = through(corpus, lists, since=iso(since), after=after, refused=corpus.not_relevant())
    found = replace(found, facilities=found.facilities[:MOST], aliases=found.aliases[:MOST])
    entities = {key: entity for one in lists for key, entity in one.entities.items()}
    return _Found(
        suggestions=found,
        toml=as_toml(found, entities, corpus.flagged()),
        entities=entities,
        cut=corpus.count(since=iso(since)) > corpus.count(since=iso(since), after=after),
    )
