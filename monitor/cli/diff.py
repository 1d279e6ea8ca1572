"""`wirewatch watchlist diff`: what another watchlist would make of the stored items."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.shared import (
    config_option,
    json_option,
    print_json,
    read_config,
    watchlist_names,
)
from monitor.cli.waiting import since_option, waiting

if TYPE_CHECKING:
    from collections.abc import Mapping

    from monitor.compare import Tally
    from monitor.desk import Tag
    from monitor.store.corpus import Corpus
    from monitor.stored import StoredItem
    from monitor.types import Entity, Mention

STORED = "stored"


@click.command(short_help="What changes from one watchlist to another, on the stored items.")
@click.argument("old")
@click.argument("new")
@since_option()
@config_option
@json_option
def diff(
    old: str, new: str, since: timedelta | None, config_path: Path | None, *, as_json: bool
) -> None:
    """Tag the stored items under OLD and under NEW, and show the mentions that differ.

    Each is a bundled name, a path, several of these joined by commas, or the word "stored": the
    mentions in the database. Only reads; may be used while the daemon runs.

    \b
    wirewatch watchlist diff stored dprk-civilian
    wirewatch watchlist diff old.toml new.toml --since 90d
    """  # noqa: D301 - click's \b
    from monitor.cli.difference import as_json as in_json
    from monitor.cli.difference import show
    from monitor.compare import Tally
    from monitor.store.reads import Reader

    if old == new:
        raise click.UsageError(f"{old} twice: there is nothing to compare.")
    config = read_config(config_path, complete=False)
    before, after = _side(old), _side(new)
    with Reader(config.place) as reader:
        corpus = reader.corpus()
        tally = Tally(
            rules=config.rules,
            entities={**corpus.entities(), **before.entities, **after.entities},
            news_since=corpus.news_since(),
        )
        _go_through(corpus, tally, before, after, _start(since))
    if as_json:
        print_json(in_json(tally))
    else:
        show(tally)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Side:
    """One of the two that are compared."""

    tag: Tag | None  # None: what is stored
    entities: Mapping[str, Entity]

    def mentions(self, item: StoredItem) -> tuple[Mention, ...]:
        """The item's mentions on this side."""
        from monitor.articles.tagging import of_item

        return of_item(self.tag, item) if self.tag else item.mentions


def _side(name: str) -> _Side:
    from monitor.watching import read_watchlists, tag_with

    if name == STORED:
        return _Side(tag=None, entities={})
    lists = read_watchlists(watchlist_names(name.split(","), None))
    entities = {key: entity for one in lists for key, entity in one.entities.items()}
    return _Side(tag=tag_with(lists), entities=entities)


def _start(since: timedelta | None) -> str:
    from monitor.clock import iso
    from monitor.wall import wall_clock

    return iso(wall_clock() - since) if since else ""


def _go_through(corpus: Corpus, tally: Tally, before: _Side, after: _Side, since: str) -> None:
    with waiting("comparing", corpus.count(since=since)) as step:
        for batch in corpus.items(since=since):
            announced = corpus.announced(item.story for item in batch)
            for item in batch:
                tally.add(item, before.mentions(item), after.mentions(item), announced)
            step(len(batch))
