"""Every address of the desk, in one table. A page's module is loaded when it is first asked for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

View = Callable[[Any, Any], Awaitable[Any]]

_TWIN = r"(?P<twin>\.json|\.atom|\.feed\.json|\.csv)?"
"""What the same page is as facts, as feeds for readers, or as a table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """An address below base_url and the view behind it: `async view(datasette, request)`."""

    path: str  # regular expression; named groups are request.url_vars
    view: str  # module:function in monitor.review


ROUTES = (
    Route(path=r"/$", view="server:front"),
    Route(path=r"/-/desk/static/(?P<name>[a-z0-9.-]{1,100})$", view="page:static_file"),
    Route(path=r"/-/desk/login$", view="login:login"),
    Route(path=r"/-/desk/logout$", view="login:logout"),
    Route(path=r"/-/desk/decide$", view="decide:decide"),
    Route(path=rf"/-/desk{_TWIN}$", view="queue_page:queue"),
    Route(path=r"/-/desk/story/(?P<id>\d{1,18})(?P<twin>\.json)?$", view="story_page:story"),
    Route(path=r"/-/desk/entities$", view="entity_page:entities"),
    Route(path=rf"/-/desk/entity/(?P<slug>[a-z0-9-]{{1,200}}){_TWIN}$", view="entity_page:entity"),
    Route(path=r"/-/desk/overview(?P<twin>\.json)?$", view="overview_page:overview"),
    Route(path=r"/-/desk/sources(?P<twin>\.json)?$", view="sources_page:sources"),
    Route(path=r"/-/desk/source/(?P<id>\d{1,18})(?P<twin>\.json)?$", view="sources_page:source"),
    Route(path=r"/-/desk/watchlist/suggestions(?P<twin>\.toml)?$", view="suggestions_page:page"),
    Route(path=r"/-/desk/watchlist(?P<twin>\.json)?$", view="watchlist_page:watchlist"),
    Route(path=r"/-/desk/chart/(?P<name>[a-z0-9/-]{1,250})\.svg$", view="chart_page:chart"),
)


def routes() -> list[tuple[str, View]]:
    """The table as Datasette's hook wants it; its routes come before Datasette's own."""
    return [(f"^{route.path}", _view(route.view)) for route in ROUTES]


def _view(name: str) -> View:
    module, function = name.split(":")

    async def view(datasette: Any, request: Any) -> Any:
        page = getattr(import_module(f"monitor.review.{module}"), function)
        return await page(datasette, request)

    return view
