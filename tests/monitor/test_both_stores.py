"""The demo on SQLite and on PostgreSQL: the same rows, and the same answers of every command."""

from __future__ import annotations

import asyncio
import filecmp
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alerts.deliver import Settlement
from monitor.compose import Program, assemble
from monitor.config import Config
from monitor.demo import findings
from monitor.demo.server import DemoServer
from monitor.places import Server
from monitor.store import Store
from monitor.store.describe import TABLES
from tests.support.collection import Ran, run
from tests.support.postgres import Postgres

START = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)
NOW = START + timedelta(hours=2)
SETTINGS = """
database = "{database}"
[evidence]
keep = false
[channel.desk]
type = "slack"
webhook_url = "env:NO_SUCH_URL"
[[alert]]
name = "everything"
to = ["desk"]
"""


@dataclass(frozen=True, kw_only=True)
class Both:
    """A folder of settings for each store, filled by the same two rounds."""

    sqlite: Path
    postgres: Path
    server: Server

    def run(self, *arguments: str) -> tuple[Ran, Ran]:
        """A command on each."""
        first, second = (
            run(*arguments, "--config", str(folder / "wirewatch.toml"), now=NOW)
            for folder in (self.sqlite, self.postgres)
        )
        return first, second


@pytest.fixture(scope="module")
def both(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    folders = [tmp_path_factory.mktemp(name) for name in ("sqlite", "postgres")]
    name = postgres.made()
    server = postgres.place(name, folders[1] / "wirewatch.db")
    (folders[1] / "url.txt").write_text(server.url.reveal())
    with DemoServer(now=START) as demo:
        configs = [
            replace(findings._config(folder / "wirewatch.db", demo), path=folder / "wirewatch.toml")
            for folder in folders
        ]
        # One after the other, so that both meet the feeds in the same order.
        configs = [replace(c, fetch=replace(c.fetch, concurrency=1)) for c in configs]
        configs[1] = replace(configs[1], server=server)
        asyncio.run(_polled(configs, demo))
        feeds = "".join(
            f'[[feed]]\nurl = "{f.url}"\nname = "{f.name}"\nkind = "{f.kind}"\n' for f in demo.feeds
        )
    for folder, database in zip(folders, ("wirewatch.db", "file:url.txt"), strict=True):
        (folder / "feeds.toml").write_text(feeds)
        (folder / "wirewatch.toml").write_text(SETTINGS.format(database=database))
    yield Both(sqlite=folders[0], postgres=folders[1], server=server)
    postgres.drop(name)


async def _polled(configs: Sequence[Config], demo: DemoServer) -> None:
    times = [START]

    def now() -> datetime:
        return times[-1]

    async with (
        assemble(configs[0], now=now, parsers=1) as first,
        assemble(configs[1], now=now, parsers=1) as second,
    ):
        for hours in (0, 1):
            times.append(START + timedelta(hours=hours))
            for program in (first, second):
                await _round(program)
            demo.advance()
        for program in (first, second):
            await program.in_writer(lambda program=program: _given_up(program.store))


async def _round(program: Program) -> None:
    for feed in await program.in_writer(program.store.subscribed):
        await program.poller.round([feed])


def _given_up(store: Store) -> None:
    """One alert is sent, another given up."""
    at = START + timedelta(hours=1)
    for state in ("sent", "dead"):
        row = store.claim("desk", at)
        assert row
        done = Settlement(
            alert=row.id, state=state, in_doubt=False, next_try_at=None, message=state
        )
        store.settle(done, at)


def test_every_row_is_the_same(both: Both) -> None:
    with Store(both.sqlite / "wirewatch.db") as one, Store(both.server) as other:
        for table, about in TABLES.items():
            columns = [
                f'"{name}"' for name in about.columns if (table, name) != ("polls", "seconds")
            ]
            sql = f"SELECT {', '.join(columns)} FROM {table}"
            rows = [sorted(store.db.execute(sql).fetchall(), key=repr) for store in (one, other)]
            assert rows[0] == rows[1], table
        assert one.db.execute("SELECT count(*) FROM mentions").fetchone()[0] > 50


def test_the_exports_are_the_same_to_the_byte(both: Both, tmp_path: Path) -> None:
    packs = [tmp_path / "one", tmp_path / "other"]
    for folder, pack in zip((both.sqlite, both.postgres), packs, strict=True):
        config = str(folder / "wirewatch.toml")
        ran = run("export", "--from", "2020-01-01", "-o", str(pack), "--config", config, now=NOW)
        assert (ran.status, ran.err) == (0, "")
    names = [
        sorted(str(path.relative_to(pack)) for path in pack.rglob("*") if path.is_file())
        for pack in packs
    ]
    assert "items.jsonl" in names[0]
    assert names[0] == names[1]
    same, differ, odd = filecmp.cmpfiles(*packs, names[0], shallow=False)
    assert (sorted(same), differ, odd) == (names[0], [], [])


READS: tuple[tuple[str, ...], ...] = (
    ("stats",),
    ("search", "발전소"),
    ("search", "power", "station"),
    ("search", "Хичхон"),
    ("search", "平壤"),
    ("search", "no such thing"),
    ("feeds", "list"),
    ("feeds", "health"),
    ("alerts", "list"),
    ("alerts", "dead"),
    ("alerts", "show", "1"),
    ("alerts", "rules", "--last", "7d"),
    ("watchlist", "diff", "stored", "dprk-civilian"),
)


@pytest.mark.parametrize("command", READS, ids=" ".join)
def test_commands_say_the_same(both: Both, command: tuple[str, ...]) -> None:
    one, other = both.run(*command, "--json")
    assert (other.status, other.err) == (one.status, one.err)
    assert other.json == one.json
    assert one.status in (0, 1)


def test_what_writes(both: Both) -> None:
    for command in (("alerts", "retry", "--dead"), ("retag", "--yes")):
        one, other = both.run(*command, "--json")
        assert (one.status, one.err) == (other.status, other.err)
        assert one.json == other.json
    one, other = both.run("stories", "split", "2")
    assert one.status == other.status
    assert one.out == other.out


@pytest.mark.parametrize("command", ["serve", "report", "backup copy"])
def test_what_needs_a_file_says_what_to_do(
    both: Both, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = str(both.postgres / "wirewatch.toml")
    refused = run(*command.split(), "--config", settings, now=NOW)
    assert refused.status == 2
    assert ("pg_dump" if "backup" in command else "`wirewatch publish`") in refused.err
    assert len(refused.err.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []
