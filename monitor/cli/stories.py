"""`wirewatch stories`: which items are one text or one event; and mending the stored ones."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from monitor.cli.shared import config_option, inert_json, json_option, print_json, read_config

if TYPE_CHECKING:
    from monitor.store import Store
    from monitor.stories import Piece


class _FileOrCommand(click.Group):
    """A group whose own argument is a file: `wirewatch stories items.jsonl`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """What is no subcommand is for `group`: its file, or an option of its own."""
        asks = args and args[0] in (*self.commands, *ctx.help_option_names)
        return super().parse_args(ctx, args if asks else ["group", *args])


@click.group(cls=_FileOrCommand, short_help="Group copies in JSON lines; merge and split stories.")
def stories() -> None:
    """Find which items are the same text, or tell of the same event.

    \b
    wirewatch stories items.jsonl > stories.jsonl
    wirewatch stories merge 12 15 --note "one fire, two papers"
    wirewatch stories split 4711

    Without a subcommand it reads JSON lines ({"id", "url", "title", "text", "lang", "published",
    "source"}) from a file or standard input, in the order of arrival, and prints one line an item:
    {"id", "story", "relation"}, where the story is the id of its first item.
    """  # noqa: D301 - click's \b


@stories.command()
@click.argument("file", type=click.File("rb"), default="-")
@click.option("--why", is_flag=True, help="Say of each item what it is like, and why.")
@click.option("--days", type=click.IntRange(0, 3650), default=30, show_default=True,
              help="How many days a copy may come later.")  # fmt: skip
@click.pass_context
def group(ctx: click.Context, file: BinaryIO, *, why: bool, days: int) -> None:
    """Group the items of FILE (default: standard input), JSON lines in the order of arrival.

    \b
    wirewatch stories group items.jsonl --why
    """  # noqa: D301 - click's \b
    from datetime import timedelta

    from monitor.stories.grouper import Grouper

    grouper = Grouper(timedelta(days=days))
    ids: list[object] = []
    bad, before = 0, datetime.fromtimestamp(0, UTC)
    for item in _lines(file):
        if isinstance(item, str):
            bad += 1
            click.echo(f"{file.name}: {item}", err=True)
            continue
        ids.append(item["id"])
        piece = _piece(item, before)
        before = piece.at
        found = grouper.add(piece, _key(item))
        line = {"id": item["id"], "story": ids[found.story], "relation": found.placement.relation}
        if why:
            of = found.placement.of
            line |= {"of": None if of is None else ids[of], "why": found.placement.why}
        sys.stdout.buffer.write(inert_json(line).encode() + b"\n")
    ctx.exit(1 if bad else 0)


def _lines(file: BinaryIO) -> Iterator[dict[str, Any] | str]:
    for number, line in enumerate(file, start=1):
        if line.strip():
            yield _item(number, line)


def _item(number: int, line: bytes) -> dict[str, Any] | str:
    try:
        item = json.loads(line.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        return f"line {number}: not JSON: {error}"
    if not isinstance(item, dict):
        return f'line {number}: not an object with "id", "title", "text"'
    fields = ("url", "title", "text", "lang", "published", "source")
    read = {key: "" if item.get(key) is None else item[key] for key in fields}
    wrong = [key for key, value in read.items() if not isinstance(value, str)]
    if wrong:
        return f'line {number}: "{wrong[0]}" is not text'
    return {**read, "id": item.get("id", number)}


def _piece(item: dict[str, Any], before: datetime) -> Piece:
    """One without a date that can be read came when the one before it came."""
    from feeds.dates import parse_date
    from monitor.stories.piece import publisher_of, read

    return read(
        item["title"],
        item["text"],
        at=parse_date(item["published"], language=item["lang"]) or before,
        publisher=item["source"] or publisher_of(item["url"]),
    )


def _key(item: dict[str, Any]) -> str | None:
    from feeds.urls import url_key

    key = url_key(item["url"])
    return key if "/" in key or "?" in key else None  # a home page is nobody's address


@stories.command()
@click.argument("story", type=int)
@click.argument("others", type=int, nargs=-1, required=True)
@click.option("--note", default="", help="Why, for those who look later.")
@config_option
@json_option
def merge(
    story: int, others: tuple[int, ...], note: str, config_path: Path | None, *, as_json: bool
) -> None:
    """Make the OTHERS a part of STORY. Later copies of any of them join it too.

    \b
    wirewatch stories merge 12 15 --note "one fire, two papers"
    """  # noqa: D301 - click's \b
    from monitor.store import mending
    from monitor.wall import wall_clock

    with _store(config_path) as store:
        mending.merge(store, story, list(others), note=note, now=wall_clock())
    if as_json:
        print_json({"story": story, "merged": list(others)})
    else:
        click.echo(f"Merged into story {story}: {', '.join(map(str, others))}.")


@stories.command()
@click.argument("items", type=int, nargs=-1, required=True)
@click.option("--note", default="", help="Why, for those who look later.")
@config_option
@json_option
def split(items: tuple[int, ...], note: str, config_path: Path | None, *, as_json: bool) -> None:
    """Give each of ITEMS, with its copies, a story of its own. Later copies follow it.

    \b
    wirewatch stories split 4711
    """  # noqa: D301 - click's \b
    from monitor.store import mending
    from monitor.wall import wall_clock

    with _store(config_path) as store:
        new = mending.split(store, list(items), note=note, now=wall_clock())
    if as_json:
        print_json([{"item": item, "story": one} for item, one in zip(items, new, strict=True)])
    else:
        for item, one in zip(items, new, strict=True):
            click.echo(f"Item {item} is story {one} now.")


def _store(config_path: Path | None) -> Store:
    """The database, ours to write; it must be there already."""
    from monitor.errors import BusyError, StoreError
    from monitor.store import Store
    from monitor.store.reads import Reader

    place = read_config(config_path, complete=False).place
    Reader(place).db.close()
    try:
        return Store(place)
    except BusyError as error:
        raise StoreError(
            f"{place}: in use by process {error.owner}, most likely `wirewatch run`. Stop it, "
            "mend the stories, and start it again: it goes on where it was."
        ) from error
