"""`wirewatch feeds catalogue`, and the options that choose from the catalogue."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from monitor.cli.shared import json_option, print_json, table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from monitor.sources import Listing

Command = TypeVar("Command", bound=Callable[..., Any])


def choice_options(command: Command) -> Command:
    """`--languages` and `--kinds`: words with commas between them, or an option for each."""
    for name, shown in (("kind", "wire,analysis"), ("language", "en,ko")):
        command = click.option(
            f"--{name}s",
            f"--{name}",
            f"{name}s",
            multiple=True,
            callback=_words,
            metavar=shown.upper(),
            help=f"Only feeds of these {name}s, e.g. {shown}.",
        )(command)
    return command


def _words(
    _ctx: click.Context, _option: click.Parameter, values: tuple[str, ...]
) -> tuple[str, ...]:
    words = (word.strip().lower() for value in values for word in value.split(","))
    return tuple(word for word in words if word)


@click.command()
@choice_options
@json_option
def catalogue(languages: tuple[str, ...], kinds: tuple[str, ...], *, as_json: bool) -> None:
    """The public feeds that come with the program, and how each is known.

    Those with a mark are written by `wirewatch init`. None was fetched when the catalogue was made:
    the evidence is what others saw. The pages of KCNA, Rodong Sinmun and Naenara are no feeds: they
    are read by adapters that nobody has tried, and `wirewatch init --pages` writes them.

    \b
    wirewatch feeds catalogue
    wirewatch feeds catalogue --language ko,ja --kind specialist
    """  # noqa: D301 - click's \b
    from monitor import sources

    listings = sources.choose(
        sources.catalogue(), languages=languages, kinds=kinds, everything=True
    )
    if as_json:
        print_json([_settings(listing) for listing in listings])
        return
    table(("name", "language", "init", "evidence", "notes", "url"), _rows(listings))
    start = sum(listing.start for listing in listings)
    click.echo(f"{len(listings)} feeds, {start} of them written by `wirewatch init`.")


def _rows(listings: Sequence[Listing]) -> Iterator[Sequence[object]]:
    """A heading before each group."""
    from monitor.sources import GROUPS

    kind = ""
    for listing in listings:
        feed = listing.feed
        if feed.kind != kind:
            kind = feed.kind
            yield (f"{GROUPS[kind]} ({kind})",)
        yield (
            feed.name,
            ", ".join(listing.languages),
            "●" if listing.start else "",
            listing.evidence,
            listing.notes,
            feed.url,
        )


def _settings(listing: Listing) -> dict[str, object]:
    feed = listing.feed
    return {
        "url": feed.url,
        "name": feed.name,
        "home": listing.home,
        "languages": listing.languages,
        "kind": feed.kind,
        "timezone": feed.timezone,
        "adapter": feed.page.adapter if feed.page else None,
        "interval": feed.interval,
        "evidence": listing.evidence,
        "answered": listing.answered,
        "notes": listing.notes,
        "start": listing.start,
    }
