"""`wirewatch watchlist suggest`: what is named in stored items and not on the list."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.shared import config_option, console, json_option, print_json, read_config, safe
from monitor.cli.waiting import marked, since_option, waiting

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from monitor.config import Config
    from monitor.store.corpus import Corpus
    from monitor.store.desk.types import NameCard
    from monitor.store.reads import Reader
    from monitor.stored import SilentName
    from monitor.suggest import Suggestions
    from monitor.suggest.gather import Quote, Suggestion
    from monitor.types import Entity

QUIET = timedelta(days=365)  # a listed name not met for so long is worth a look


@click.command(short_help="What is named in stored items and not on the list.")
@since_option("365d")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1))
@click.option("--toml", is_flag=True, help="Print entries to paste into a watchlist.")
@config_option
@json_option
def suggest(
    since: timedelta, limit: int, config_path: Path | None, *, toml: bool, as_json: bool
) -> None:
    """Facilities that stored items name and no watchlist has, and names that may be new aliases.

    Found by what facilities are called in each language (… Power Station, …발전소, …发电站, …工場,
    … завод) in items that name something watched or hold a cue. Also says which listed names have
    not been met for a year, and which reviewers reject often. Stories judged not relevant suggest
    nothing. Only reads; may be used while the daemon runs.

    \b
    wirewatch watchlist suggest
    wirewatch watchlist suggest --since 90d --toml > new.toml
    """  # noqa: D301 - click's \b
    from monitor.store.reads import Reader
    from monitor.wall import wall_clock

    if toml and as_json:
        raise click.UsageError("--toml and --json: choose one.")
    config = read_config(config_path, complete=False)
    now = wall_clock()
    with Reader(config.place) as reader, _judged(config, reader) as judged:
        corpus = reader.corpus()
        found, entities = _gather(config, corpus, now - since, judged.not_relevant())
        found = _first(found, limit)
        looking_since, silent = _silent(corpus, now)
        flagged = judged.flagged()
    if as_json:
        print_json(_as_json(found, flagged, looking_since, silent))
    elif toml:
        from monitor.suggest.skeleton import as_toml

        click.echo(as_toml(found, entities, flagged))
    else:
        _print(found, entities)
        _print_flagged(flagged)
        _print_silent(looking_since, silent)


@contextmanager
def _judged(config: Config, reader: Reader) -> Iterator[Corpus]:
    """What has the decisions beside it: the file, or the desk's copy of what is on a server."""
    from monitor.store.reads import Reader

    copied = config.server is not None and config.database.exists()
    if config.server and not copied:
        words = "Decisions are left out: there is no copy yet that they were made on. "
        click.echo(f"{words}`wirewatch publish` makes it.", err=True)
    with Reader(config.database) if copied else nullcontext(reader) as of_decisions:
        judged = of_decisions.corpus()
        judged.read_decisions(config.database)
        yield judged


def _gather(
    config: Config, corpus: Corpus, since: datetime, refused: frozenset[int]
) -> tuple[Suggestions, dict[str, Entity]]:
    from monitor.clock import iso
    from monitor.suggest import through
    from monitor.watching import read_watchlists

    lists = read_watchlists(config.watchlists)
    with waiting("reading", corpus.count(since=iso(since))) as step:
        found = through(corpus, lists, since=iso(since), refused=refused, step=step)
    entities = {key: entity for one in lists for key, entity in one.entities.items()}
    return found, entities


def _first(found: Suggestions, limit: int) -> Suggestions:
    return replace(found, facilities=found.facilities[:limit], aliases=found.aliases[:limit])


def _silent(corpus: Corpus, now: datetime) -> tuple[str, list[SilentName] | None]:
    """Since when the names are looked for; and those not met for a year, None before a year."""
    from monitor.clock import iso

    year_ago = iso(now - QUIET)
    looking_since = corpus.looking_since()
    if not looking_since or looking_since > year_ago:
        return looking_since, None
    return looking_since, corpus.silent_names(year_ago)


def _as_json(
    found: Suggestions,
    flagged: Sequence[NameCard],
    looking_since: str,
    silent: list[SilentName] | None,
) -> dict[str, object]:
    return {
        "often_wrong": [_flagged_json(card) for card in flagged],
        "facilities": [_suggestion_json(one) for one in found.facilities],
        "aliases": [_suggestion_json(one) for one in found.aliases],
        "looking_since": looking_since or None,
        "silent_names": None if silent is None else [name._asdict() for name in silent],
    }


def _flagged_json(card: NameCard) -> dict[str, object]:
    return {
        "entity": card.entity,
        "name": card.text,
        "language": card.language,
        "relevant": card.relevant,
        "rejected": card.rejected,
        "precision": card.precision,
        "near_rejections": [list(pair) for pair in card.near_rejections],
    }


def _suggestion_json(one: Suggestion) -> dict[str, object]:
    return {
        "name": one.name,
        "language": one.language,
        "kind": one.kind,
        "sector": one.sector,
        "stories": one.stories,
        "items": one.items,
        "first_seen_at": one.first_seen_at,
        "last_seen_at": one.last_seen_at,
        "like": [{"entity": like.entity, "reason": like.reason} for like in one.like],
        "quotes": [_quote_json(quote) for quote in one.quotes],
    }


def _quote_json(quote: Quote) -> dict[str, object]:
    shown = quote.snippet
    return {
        "item": quote.item,
        "source": quote.source,
        "first_seen_at": quote.first_seen_at,
        "snippet": shown.text,
        "marks": [[shown.start, shown.end]],
    }


def _print(found: Suggestions, entities: dict[str, Entity]) -> None:
    _heading("Facilities that are on no list")
    for one in found.facilities:
        _print_one(one)
    _heading("Names that may be another name of what is on the list")
    for one in found.aliases:
        _print_one(one)
        for like in one.like:
            entity = entities.get(like.entity)
            known = f"{entity.name} ({like.entity})" if entity else like.entity
            click.echo(f"    perhaps {safe(known)}: {safe(like.reason)}")
    click.echo(
        f"{len(found.facilities)} facilities, {len(found.aliases)} names. `--toml` prints entries "
        "to paste into a watchlist."
    )


def _print_one(one: Suggestion) -> None:
    from rich.text import Text

    out = console()
    line = Text(safe(one.name), style="bold")
    line.append(
        f"  {one.language}, {one.kind}: {one.stories} stories, {one.items} items, "
        f"{one.first_seen_at[:10]} to {one.last_seen_at[:10]}",
        style="not bold",
    )
    out.print(line)
    for quote in one.quotes:
        text = Text(f"    {safe(quote.source)}, {quote.first_seen_at[:10]}: ")
        text.append(marked(quote.snippet.text, [(quote.snippet.start, quote.snippet.end)]))
        out.print(text)


def _print_flagged(flagged: Sequence[NameCard]) -> None:
    if not flagged:
        return
    from monitor.suggest.skeleton import advice

    _heading("Names that reviewers find wrong too often")
    for card in flagged:
        for line in advice(card):
            click.echo(safe(line))


def _print_silent(looking_since: str, silent: list[SilentName] | None) -> None:
    _heading("Listed names not met for a year")
    if silent is None:
        since = f"only since {looking_since[:10]}" if looking_since else "not yet"
        click.echo(
            f"Not to be told: the names of today are looked for {since}. `wirewatch retag` looks "
            "for them in everything stored."
        )
        return
    for name in silent:
        met = f"last met {name.last_seen_at[:10]}" if name.last_seen_at else "never met"
        click.echo(f"{safe(name.entity)}: {safe(name.name)} ({name.language}), {met}")
    click.echo(f"{len(silent)} names.")


def _heading(words: str) -> None:
    from rich.text import Text

    console().print(Text(f"\n{words}", style="bold"))
