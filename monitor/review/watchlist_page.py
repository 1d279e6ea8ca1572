"""The watchlist's names: how each does, which ones mislead, and what to look for next."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from monitor.review import page
from monitor.review.look import facts, look, number
from monitor.store.desk import watch
from monitor.store.desk.types import NameCard
from monitor.suggest.skeleton import advice

PAGE = 100  # names: about three screens


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """The twin of the page."""

    names: tuple[NameCard, ...]
    flagged: tuple[NameCard, ...]


SHOWN: Mapping[str, Callable[[NameCard], bool]] = {
    "met": lambda card: bool(card.confirmed or card.candidates or card.rejected),
    "judged": lambda card: card.precision is not None,
    "listed": lambda card: card.watched and card.origin == "listed",
    "never": lambda card: card.watched and not (card.confirmed or card.candidates),
    "all": lambda _: True,
}
"""Which names: in words, and whether a name is one of them."""

WORDS = {
    "met": "met in the news",
    "judged": "judged",
    "listed": "written in the lists",
    "never": "never met",
    "all": "all",
}


async def watchlist(datasette: Any, request: Any) -> Any:
    """`/-/desk/watchlist`, or its facts."""

    def ask(conn: Any, _: Any) -> _Found:
        return _Found(names=watch.names(conn), flagged=watch.flagged(conn))

    found = await look(datasette, ask)
    if request.url_vars.get("twin"):
        return facts(found)
    asked = request.args.get("show") or ""
    shown = asked if asked in SHOWN else "met"
    words = " ".join((request.args.get("name") or "").split())[:100]
    cards = chosen(found.names, shown, words)
    at = number(request, "page", 1, most=10_000)
    context = {
        "cards": cards[(at - 1) * PAGE : at * PAGE],
        "total": len(cards),
        "names": sum(card.watched for card in found.names),
        "entities": len({card.entity for card in found.names if card.watched}),
        "flagged": [(card, list(advice(card))) for card in found.flagged],
        "shown": shown,
        "choices": WORDS,
        "name": words,
        "at": at,
        "pages": max(1, -(-len(cards) // PAGE)),
        "least": watch.LEAST_DECISIONS,
        "least_precision": watch.LEAST_PRECISION,
    }
    return await page.render(datasette, request, "desk/watchlist.html", context, tab="watchlist")


def chosen(cards: Sequence[NameCard], shown: str, words: str) -> list[NameCard]:
    """The names that are asked for: those that cost reviewers most first, then by use."""
    wanted = words.casefold()
    found = [
        card
        for card in cards
        if SHOWN[shown](card)
        and (wanted in card.text.casefold() or wanted in card.entity_name.casefold())
    ]
    return sorted(
        found,
        key=lambda c: (-c.rejected, -(c.confirmed + c.candidates), c.entity_name, c.text),
    )
