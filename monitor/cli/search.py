"""`wirewatch search`: stored items by their words."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from monitor.cli.shared import config_option, console, json_option, print_json, read_config, safe
from monitor.cli.waiting import marked, since_option

if TYPE_CHECKING:
    from monitor.snippets import Snippet


@click.command(short_help="Find stored items by their words.")
@click.argument("words", nargs=-1, required=True)
@since_option()
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1))
@config_option
@json_option
def search(
    words: tuple[str, ...],
    since: timedelta | None,
    limit: int,
    config_path: Path | None,
    *,
    as_json: bool,
) -> None:
    """Items that hold all the WORDS in title, text or full text, newest first.

    A Latin or Cyrillic word is found by its beginning, case aside; Korean, Chinese and Japanese
    anywhere, from one character on, blanks and punctuation aside.

    \b
    wirewatch search 평양 발전소
    wirewatch search Хичхонск --since 90d
    wirewatch search "power station" --limit 50 --json
    """  # noqa: D301 - click's \b
    from monitor.store.reads import Reader
    from monitor.store.search import query
    from monitor.wall import wall_clock

    asked = " ".join(words)
    if not query(asked):
        raise click.UsageError(f"no word to look for in {safe(asked)!r}")
    config = read_config(config_path, complete=False)
    with Reader(config.place) as reader:
        start = wall_clock() - since if since else None
        rows = reader.search(asked, limit=limit + 1, since=start)
    found = [_with_snippet(asked, row) for row in rows[:limit]]
    if as_json:
        print_json(found)
    else:
        _print(found, asked, more=len(rows) > limit)


def _with_snippet(asked: str, row: dict[str, Any]) -> dict[str, Any]:
    """The row with the words in their surroundings instead of the whole text."""
    from monitor.store.search import where

    text, article = row.pop("text"), row.pop("article")
    in_article = article and not where(asked, text) and where(asked, article)
    shown = _snippet(asked, article if in_article else text)
    return {**row, "snippet": shown.text, "marks": where(asked, shown.text)}


def _snippet(asked: str, text: str) -> Snippet:
    from monitor.snippets import snippet
    from monitor.store.search import where

    start, end = next(iter(where(asked, text)), (0, 0))
    return snippet(text, start, end)


def _print(found: list[dict[str, Any]], asked: str, *, more: bool) -> None:
    from monitor.store.search import where

    out = console()
    for row in found:
        title = safe(row["title"])
        language = row["language"] or "language unknown"
        out.print(marked(title, where(asked, title)), style="underline")
        click.echo(
            f"{row['first_seen_at'][:16].replace('T', ' ')}  {safe(row['source'])} ({language})  "
            f"story {row['story']}, item {row['id']}"
        )
        if row["snippet"]:
            out.print(marked(row["snippet"], row["marks"]))
        click.echo(f"{safe(row['url'])}\n")
    if more:
        click.echo(f"The newest {len(found)}; there are more: --limit {5 * len(found)} shows them.")
    else:
        click.echo(f"{len(found)} items.")
