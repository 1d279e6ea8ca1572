"""`wirewatch tag`: the watchlist on any text, without feeds or database."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from monitor.cli.shared import config_option, inert_json, progress, tagger_of

if TYPE_CHECKING:
    from monitor.types import Document, Mention

_BLANK = b"\xef\xbb\xbf \t\r\n"  # a byte order mark says nothing either


@click.command(short_help="Find watched names in text or JSON lines.")
@click.argument("file", type=click.File("rb"), default="-")
@click.option("--watchlist", "-w", "watchlists", multiple=True, help="A bundled name or a path.")
@config_option
@click.pass_context
def tag(
    ctx: click.Context, file: BinaryIO, watchlists: tuple[str, ...], config_path: Path | None
) -> None:
    """Find watched names in FILE (default: standard input).

    Lines that are JSON objects ({"id", "title", "text", "lang"}) are items of their own; anything
    else is one text. Prints one JSON line an item. Offsets count characters in the field as given.

    \b
    echo "На Хичхонской ГЭС пущен агрегат" | wirewatch tag
    wirewatch tag items.jsonl > mentions.jsonl
    """  # noqa: D301 - click's \b
    tagger = tagger_of(watchlists, config_path)
    bad = 0
    for item in _items(file):
        if isinstance(item, str):
            bad += 1
            click.echo(f"{file.name}: {item}", err=True)
        else:
            mentions = [_mention(m) for m in tagger(item[1])]
            _print_line({"id": item[0], "mentions": mentions})
    ctx.exit(1 if bad else 0)


def _items(file: BinaryIO) -> Iterator[tuple[object, Document] | str]:
    """Each item with its id, or a line that says what is wrong with one."""
    lines = iter(file)
    head = list(_up_to_first_words(lines))
    if head and head[-1].lstrip(_BLANK).startswith(b"{"):
        yield from _json_lines(head, lines)
    else:
        yield _whole(file, b"".join((*head, *lines)))


def _up_to_first_words(lines: Iterator[bytes]) -> Iterator[bytes]:
    for line in lines:
        yield line
        if line.strip(_BLANK):
            return


def _whole(file: BinaryIO, data: bytes) -> tuple[object, Document] | str:
    from monitor.types import Document

    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return f"not UTF-8 (byte {error.start}): save it as UTF-8 first, e.g. iconv -t UTF-8"
    return file.name, Document(title="", text=text)


def _json_lines(
    head: Iterable[bytes], rest: Iterable[bytes]
) -> Iterator[tuple[object, Document] | str]:
    with progress() as bar:
        task = bar.add_task("tagging", total=None)
        for number, line in enumerate(chain(head, rest), start=1):
            bar.advance(task)
            if line.strip(_BLANK):
                yield _one(number, line)


def _one(number: int, line: bytes) -> tuple[object, Document] | str:
    from monitor.types import Document

    try:
        item = json.loads(line.decode("utf-8-sig"), parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        return f"line {number}: not JSON: {error}"
    if not isinstance(item, dict):
        return f'line {number}: not an object with "id", "title", "text"'
    fields = {key: item.get(key) or "" for key in ("title", "text", "lang")}
    wrong = [key for key, value in fields.items() if not isinstance(value, str)]
    if wrong:
        return f'line {number}: "{wrong[0]}" is not text'
    document = Document(title=fields["title"], text=fields["text"], language=fields["lang"])
    return item.get("id", number), document


def _no_number(word: str) -> object:
    raise ValueError(f"{word} is no number in JSON (RFC 8259)")


def _mention(found: Mention) -> dict[str, object]:
    return {
        "entity": found.entity,
        "surface": found.surface,
        "field": found.field,
        "start": found.start,
        "end": found.end,
        "name": found.name,
        "state": found.state,
        "rule": found.rule,
    }


def _print_line(value: dict[str, object]) -> None:
    sys.stdout.buffer.write(inert_json(value).encode() + b"\n")
