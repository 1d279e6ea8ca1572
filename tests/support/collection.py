"""A folder as a user has it: settings, a watchlist of a few names, and a database of polled items."""

from __future__ import annotations

import copy
import io
import json
import shutil
import sqlite3
import sys
from collections.abc import Sequence
from contextlib import closing, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

from feeds.types import Entry, Feed, FetchState, ParsedFeed
from monitor.cli.main import main
from monitor.config import load as load_config
from monitor.desk import Desk
from monitor.judge import judge, probes_of
from monitor.records import Observation
from monitor.store import Store
from monitor.watching import read_watchlists, tag_with
from tests.support.learning import START, fetched

# Invented places. The lists differ in what a change can do: another name, a context that is asked
# for, an entity more, an entity less.
OLD = """
name = "small"
cues.en = ["Northland"]

[[entity]]
id = "arin-dam"
kind = "facility"
sector = "electric-power"
name = "Arin Dam"
names.en = ["Arin Dam"]
names.ko = ["아린발전소"]

[[entity]]
id = "bolu-mine"
kind = "facility"
sector = "mining"
name = "Bolu Mine"
names.en = ["Bolu Mine"]

[[entity]]
id = "cedo-mill"
kind = "facility"
sector = "chemicals"
name = "Cedo Mill"
names.en = ["Cedo Mill"]
"""

NEW = """
name = "small"
cues.en = ["Northland"]

[[entity]]
id = "arin-dam"
kind = "facility"
sector = "electric-power"
name = "Arin Dam"
names.en = ["Arin Dam", "Arin Barrage"]
names.ko = ["아린발전소"]

[[entity]]
id = "bolu-mine"
kind = "facility"
sector = "mining"
name = "Bolu Mine"
match = "context"
names.en = ["Bolu Mine"]

[[entity]]
id = "dema-plant"
kind = "facility"
sector = "chemicals"
name = "Dema Plant"
names.en = ["Dema Plant"]
"""

SETTINGS = """
watchlists = ["{list}"]
feeds = ["feeds.toml"]

[channel.desk]
type = "slack"
webhook_url = "env:NO_SUCH_URL"

[[alert]]
name = "everything"
to = ["desk"]

[[alert]]
name = "chemistry"
sectors = ["chemicals"]
to = ["desk"]
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What a command did."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Collection:
    """The folder, filled by polls under the list of the moment."""

    def __init__(
        self, folder: Path, text: str = OLD, feeds: Sequence[str] = ("one", "two")
    ) -> None:
        self.folder = folder
        self.now = START
        self.feeds = [Feed(url=f"https://{n}.example/feed", name=n, kind="wire") for n in feeds]
        self.path = folder / "wirewatch.db"
        lines = "".join(
            f'[[feed]]\nurl = "{f.url}"\nname = "{f.name}"\nkind = "wire"\n' for f in self.feeds
        )
        (folder / "feeds.toml").write_text(lines)
        self.use(text)

    def copied(self, folder: Path) -> Collection:
        """The same in another folder."""
        twin = copy.copy(self)
        shutil.copytree(self.folder, folder)
        twin.folder, twin.path = folder, folder / self.path.name
        return twin

    def use(self, text: str, name: str = "small.toml") -> Path:
        """Make this the watchlist of the settings."""
        (self.folder / name).write_text(text)
        (self.folder / "wirewatch.toml").write_text(SETTINGS.format(list=f"./{name}"))
        return self.folder / name

    def poll(self, *entries: Entry, name: str = "one") -> None:
        """A document with these entries, youngest first; then a quarter of an hour passes."""
        config = load_config(self.folder / "wirewatch.toml", complete=False)
        lists = read_watchlists(config.watchlists)
        desk = Desk(
            tag=tag_with(lists),
            entities={key: e for one in lists for key, e in one.entities.items()},
            rules=config.rules,
            routes={"desk": ("desk",)},
        )
        with Store(self.path) as store:
            store.watch(lists, now=self.now)
            store.subscribe(self.feeds, interval=900, now=self.now)
            feed = next(f for f in store.subscribed() if f.feed.name == name)
            seen = Observation(
                feed=feed,
                started_at=self.now,
                seconds=0.1,
                answer=fetched(feed.feed.url),
                result=ParsedFeed(entries=entries),
                state=FetchState(etag="e"),
            )
            known = store.known(feed, probes_of(seen), now=self.now)
            store.record(judge(seen, known, desk, now=self.now))
        self.now += timedelta(minutes=15)

    def run(self, *arguments: str, stdin: str | None = None, now: datetime | None = None) -> Ran:
        """`wirewatch ARGUMENTS` on this folder; `stdin` is what is typed on a terminal."""
        return run(
            *arguments,
            "--config",
            str(self.folder / "wirewatch.toml"),
            stdin=stdin,
            now=now or self.now,
        )

    def rows(self, sql: str, *arguments: object) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.path)) as db:
            return db.execute(sql, arguments).fetchall()

    def mentions(self) -> list[tuple[Any, ...]]:
        """Every mention but for its number, the time and the version."""
        return self.rows(
            'SELECT item, entity, state, alias, surface, language, field, start, "end", snippet, rule '
            "FROM mentions ORDER BY item, field <> 'title', start, entity"
        )


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def run(*arguments: str, stdin: str | None = None, now: datetime | None = None) -> Ran:
    """`wirewatch ARGUMENTS`, in this process."""
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="")
    err = io.StringIO()
    status: int | str | None = 0
    with (
        mock.patch.object(sys, "argv", ["wirewatch", *arguments]),
        mock.patch.object(sys, "stdin", io.StringIO() if stdin is None else _Terminal(stdin)),
        mock.patch("monitor.wall.wall_clock", return_value=now or START),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as done:
            status = done.code
    out.flush()
    buffer = out.buffer
    assert isinstance(buffer, io.BytesIO)
    return Ran(status=int(status or 0), out=buffer.getvalue().decode(), err=err.getvalue())
