"""`wirewatch feeds`: the subscriptions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from monitor.cli.feed_catalogue import catalogue
from monitor.cli.feed_doctor import doctor
from monitor.cli.shared import (
    config_option,
    json_option,
    print_json,
    read_config,
    safe,
    table,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from feeds.types import Feed
    from monitor.config import Config


@click.group(short_help="List, add, remove, import and export feeds.")
def feeds() -> None:
    """The feeds that are watched. They stand in feed lists, which you may also edit by hand.

    `wirewatch reload` has a running daemon read changed lists; `add`, `import` and
    `remove` do so by themselves.

    \b
    wirewatch feeds list
    wirewatch feeds add https://example.org/rss
    """  # noqa: D301 - click's \b


feeds.add_command(catalogue)


feeds.add_command(doctor)


@feeds.command("list")
@config_option
@json_option
def list_feeds(config_path: Path | None, *, as_json: bool) -> None:
    """Every feed of the lists, with what the last poll of it said.

    \b
    wirewatch feeds list
    wirewatch feeds list --json
    """  # noqa: D301 - click's \b
    from monitor.store.engine import exists
    from monitor.store.reads import Reader

    config = read_config(config_path, complete=False)
    seen = {}
    if exists(config.place):
        with Reader(config.place) as reader:
            seen = reader.feed_states()
    rows = [{**_settings(feed), **seen.get(feed.url, _NEVER)} for feed in config.feeds]
    if as_json:
        print_json(rows)
        return
    headings = ("name", "kind", "language", "health", "last success", "#items", "url")
    keys = ("name", "kind", "language", "health", "last_success_at", "items", "url")
    table(headings, ([row[key] or "" for key in keys] for row in rows))
    click.echo(f"{len(rows)} feeds.")


@feeds.command()
@config_option
@json_option
@click.pass_context
def health(ctx: click.Context, config_path: Path | None, *, as_json: bool) -> None:
    """How each feed does, since when, and what to do; those in trouble first.

    Ends with status 1 if a feed is in trouble. docs/operations.md says what each state means.

    \b
    wirewatch feeds health
    wirewatch feeds health --json
    """  # noqa: D301 - click's \b
    from monitor.cli.feed_health import print_health, rows_of
    from monitor.health import TROUBLE
    from monitor.store.engine import exists
    from monitor.store.reads import Reader

    config = read_config(config_path, complete=False)
    states, full_texts, down = {}, {}, None
    if exists(config.place):
        with Reader(config.place) as reader:
            states, full_texts, down = reader.feed_health(), reader.full_texts(), reader.down()
    rows = rows_of(config.feeds, states, full_texts)
    if as_json:
        print_json({"down": down, "feeds": rows})
    else:
        print_health(rows, down)
    ctx.exit(1 if down or any(row["state"] in TROUBLE for row in rows) else 0)


_NEVER = {"health": "new", "last_success_at": None, "pace": None, "items": 0, "note": ""}


def _settings(feed: object) -> dict[str, object]:
    keys = ("url", "name", "kind", "language", "interval")
    return {key: getattr(feed, key) for key in keys}


@feeds.command()
@click.argument("url")
@click.option("--name", default="", help="What to call it. [default: its title]")
@click.option("--language", default="", help="ko, en, zh, ja, ru …")
@click.option("--kind", default="", help="state-media, wire, specialist, analysis, …")
@click.option("--interval", default="", help='How often, e.g. "15m" or "2h".')
@click.option("--no-check", is_flag=True, help="Add it as it is, without a request to it.")
@config_option
@json_option
def add(
    url: str,
    name: str,
    language: str,
    kind: str,
    interval: str,
    config_path: Path | None,
    *,
    no_check: bool,
    as_json: bool,
) -> None:
    """Subscribe to the feed at URL, or to the one that the web page at URL names.

    It is looked at first, as `wirewatch feeds doctor` does, and gets the settings that it needs;
    what you set stays. If the page names several, you are asked which. Offline it is added unseen.
    A running daemon watches it at once.

    \b
    wirewatch feeds add https://example.org/
    wirewatch feeds add https://example.org/rss --name "Example" --language ko --kind wire
    """  # noqa: D301 - click's \b
    from feeds.lists import add_to_list, check_feed
    from feeds.types import Feed
    from monitor.cli.feed_add import looked_at, refuse_known, say_added, tell_daemon

    config = read_config(config_path, complete=False, fetching=True)
    path = _toml_list(config)
    feed = Feed(url=url, name=name, language=language, kind=kind, interval=_seconds(interval))
    check_feed(path, feed)
    refuse_known(config, feed)
    found = None
    if not no_check:
        feed, found = looked_at(config, feed, as_json=as_json)
        refuse_known(config, feed)
    add_to_list(path, feed)
    say_added(path, feed, found, tell_daemon(config), as_json=as_json)


def _changed(
    config: Config, what: str, path: Path, feeds: Sequence[Feed], note: str = "", *, as_json: bool
) -> None:
    """Have the daemon use a changed list, and say what was done to it.

    Names may come from somebody else's OPML file.
    """
    from monitor.cli.feed_add import say_told, tell_daemon

    told = tell_daemon(config) if feeds else None
    if as_json:
        print_json({"list": str(path), "feeds": [feed.url for feed in feeds], "daemon": told})
        return
    name = safe(feeds[0].name or feeds[0].url) if len(feeds) == 1 else f"{len(feeds)} feeds"
    click.echo(f"{what} {path}: {name}{note}")
    say_told(told)


def _seconds(text: str) -> int | None:
    from feeds.feed_keys import interval
    from feeds.tables import SettingError

    try:
        return interval(int(text) if text.isdecimal() else text) if text else None
    except (SettingError, ValueError) as error:
        raise click.BadParameter(str(error), param_hint="--interval") from None


@feeds.command()
@click.argument("url_or_name")
@config_option
@json_option
def remove(url_or_name: str, config_path: Path | None, *, as_json: bool) -> None:
    """Unsubscribe. What was stored from the feed stays. A running daemon asks for it no more.

    \b
    wirewatch feeds remove "Example"
    wirewatch feeds remove https://example.org/rss
    """  # noqa: D301 - click's \b
    from feeds.errors import ListError
    from feeds.lists import remove_from_list

    config = read_config(config_path, complete=False)
    problems = [ListError(f"{config.path}: feeds: no list to remove from")]
    for path in config.feed_lists:
        try:
            feed = remove_from_list(path, url_or_name)
        except ListError as error:
            problems.insert(0, error)
            continue
        _changed(config, "removed from", path, [feed], as_json=as_json)
        return
    raise problems[0]


@feeds.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@config_option
@json_option
def import_opml(file: Path, config_path: Path | None, *, as_json: bool) -> None:
    """Add the feeds of an OPML FILE, as feed readers export them, to the feed list.

    A running daemon watches them at once.

    \b
    wirewatch feeds import from-my-reader.opml
    """  # noqa: D301 - click's \b
    from feeds.feed_keys import feed_identity
    from feeds.lists import add_to_list, from_opml

    config = read_config(config_path, complete=False)
    path = _toml_list(config)
    known = {feed_identity(feed.url) for feed in config.feeds}
    found = from_opml(file.read_bytes())
    new = [feed for feed in found if feed_identity(feed.url) not in known]
    if new:
        add_to_list(path, *new)
    note = f" ({len(found) - len(new)} were there already)"
    _changed(config, "added to", path, new, note, as_json=as_json)


@feeds.command("export")
@click.argument("file", type=click.File("wb"), default="-")
@config_option
def export_opml(file: BinaryIO, config_path: Path | None) -> None:
    """Write all feeds as OPML, which feed readers import, to FILE (default: standard output).

    Pages of sites without a feed are written as links, and named: other readers cannot read them.

    \b
    wirewatch feeds export feeds.opml
    """  # noqa: D301 - click's \b
    from feeds.lists import to_opml

    config = read_config(config_path, complete=False)
    file.write(to_opml(config.feeds, "Wirewatch"))
    if pages := [feed for feed in config.feeds if feed.page]:
        names = ", ".join(safe(feed.name or feed.url) for feed in pages)
        click.echo(
            f"{len(pages)} of them are pages of sites without a feed. They are written as links: "
            f"Wirewatch imports them with their rules, other readers cannot read them: {names}",
            err=True,
        )


def _toml_list(config: Config) -> Path:
    """The first list that can be edited."""
    from monitor.errors import ConfigError

    for path in config.feed_lists:
        if path.suffix == ".toml":
            return path
    raise ConfigError(
        [f"{config.path}: feeds: no .toml list to write to; add one, e.g. feeds.toml"]
    )
