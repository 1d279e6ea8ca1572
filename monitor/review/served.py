"""What a running desk knows: which databases, which settings, which clock.

`wirewatch serve` attaches this to its Datasette. A Datasette that someone starts by hand has none:
there the plugin adds the search function and nothing else, so nothing can be written from it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakKeyDictionary

from monitor.config_desk import DeskConfig

if TYPE_CHECKING:  # it loads its plugins, this one too, before it is there itself
    from datasette.app import Datasette

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """One desk, for as long as its server runs."""

    database: Path  # the evidence, which only the daemon writes
    reviews: Path  # the decisions, which only this server writes
    config: DeskConfig
    now: Callable[[], datetime]
    address: str = "127.0.0.1"  # what it listens on
    watchlists: tuple[str | Path, ...] = ()  # as the settings name them
    local_reviewer: str = ""  # who judges without a login; "" = a login is required
    names: tuple[str, str] = field(default=("wirewatch", "reviews"))  # the two in Datasette


_DESKS: WeakKeyDictionary[Datasette, Served] = WeakKeyDictionary()


def attach(datasette: Datasette, served: Served) -> None:
    """Make this Datasette a desk. Before its `app()`, which asks for routes and wrappers."""
    _DESKS[datasette] = served


def served(datasette: Datasette) -> Served | None:
    """The desk, or None where Datasette was started by hand."""
    return _DESKS.get(datasette)


def desk(datasette: Datasette) -> Served:
    """The desk. Routes exist on a desk only, so every page may ask.

    Raises:
        KeyError: this Datasette is none.
    """
    return _DESKS[datasette]


def now(datasette: Datasette) -> datetime:
    """The time of day (UTC)."""
    return desk(datasette).now()


async def read(datasette: Datasette, ask: Callable[[Any], T]) -> T:
    """Run `ask(connection)` on the evidence, read-only, with decisions attached as `reviews`."""

    def plainly(conn: Any) -> T:  # Datasette has rows of its own, which JSON and sets do not take
        kept, conn.row_factory = conn.row_factory, None
        try:
            return ask(conn)
        finally:
            conn.row_factory = kept

    answer: T = await datasette.get_database(desk(datasette).names[0]).execute_fn(plainly)
    return answer


async def write(datasette: Datasette, change: Callable[[Any], T]) -> T:
    """Run `change(connection)` on the decisions, in Datasette's one writing thread for that file.

    `change` begins and commits its own transaction: Datasette 0.65 has none round it, and 1.0 is
    told to leave it out.
    """
    database = datasette.get_database(desk(datasette).names[1])
    answer: T = await database.execute_write_fn(change, **_without_transaction(database))
    return answer


def _without_transaction(database: Any) -> dict[str, bool]:
    known = signature(database.execute_write_fn).parameters
    return {"transaction": False} if "transaction" in known else {}
