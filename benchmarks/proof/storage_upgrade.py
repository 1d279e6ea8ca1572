"""Databases of other versions: an old one is brought to the present one whole, a newer one refused."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import signal
import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import click
from sqlite_utils import Database

from benchmarks.measure import ROOT
from monitor.cli.main import COMMANDS, program
from monitor.errors import MonitorError
from monitor.store import Store, schema
from monitor.store.desk import decisions, reviews
from tests.support.release import unpacked

RELEASE = ROOT / "tests" / "system" / "data" / "release-0.1.0"
TABLES = 40  # that the artificial migration makes, each with rows and an index
SECONDS = 8.0  # for a command to refuse

# ── kill -9 in the midst of a migration ──────────────────────────────────────────────────────────


def statements() -> list[str]:
    """A later migration as one may come to be: columns, tables, rows, indexes."""
    made = ["ALTER TABLE items ADD COLUMN mood TEXT NOT NULL DEFAULT ''"]
    made.append("UPDATE items SET mood = 'calm'")
    for number in range(TABLES):
        made.append(
            f"CREATE TABLE later_{number} (id INTEGER PRIMARY KEY, item INTEGER, said TEXT)"
        )
        made.append(
            f"INSERT INTO later_{number} (item, said) SELECT id, hex(randomblob(400)) FROM items"
        )
        made.append(f"CREATE INDEX later_{number}_item ON later_{number} (item)")
    made.append("ALTER TABLE polls RENAME COLUMN note TO remark")
    return made


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What a database holds."""

    tables: str  # digest of all CREATE statements
    rows: str  # digest of all rows of the tables that the release had


def picture(path: Path) -> Picture | None:
    """None if it is not whole."""
    try:
        with closing(sqlite3.connect(path)) as db:
            if db.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
                return None
            made = db.execute("SELECT sql FROM sqlite_master WHERE type <> 'view' ORDER BY name")
            tables = hashlib.sha256(repr(made.fetchall()).encode()).hexdigest()
            rows = hashlib.sha256()
            for table in OLD_TABLES:
                there = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
                names = ", ".join(f'"{name}"' for name in there if (table, name) not in LATER)
                rows.update(repr(db.execute(f"SELECT {names} FROM {table}").fetchall()).encode())
            return Picture(tables=tables, rows=rows.hexdigest())
    except sqlite3.DatabaseError:
        return None


OLD_TABLES = (
    *("feeds", "polls", "evidence", "stories", "items", "appearances", "revisions", "entities"),
    *("names", "mentions", "alerts", "signatures", "articles", "health_changes", "story_facets"),
)
# Columns that the release does not have.
LATER = {("items", "mood"), ("appearances", "source"), ("appearances", "title_key")}


def register(step: Callable[[], object]) -> None:
    """Add the artificial migrations to the program's own; `step` is called before each statement."""

    @schema.migrations(name="m998_columns")
    def columns(db: Database) -> None:
        for sql in statements()[:2]:
            step()
            db.execute(sql)

    @schema.migrations(name="m999_tables")
    def tables(db: Database) -> None:
        for sql in statements()[2:]:
            step()
            db.execute(sql)


def forked(work: Callable[[Callable[[], object]], object]) -> tuple[int, int]:
    """Start a process that says when it has come so far; its number, and what to read that from."""
    reads, writes = os.pipe()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            os.close(reads)
            work(lambda: os.write(writes, b"."))
            status = 0
        except (MonitorError, sqlite3.Error):
            status = 2
        finally:
            os._exit(status)
    os.close(writes)
    return pid, reads


def killed_upgrades(
    folder: Path, kills: int, seed: int, spoil: Callable[[], object]
) -> tuple[int, ...]:
    """Kill upgrades of the release; in the midst, half-done, not finished later, rows lost."""
    spoil()
    dice = random.Random(seed)
    step: list[Callable[[], object]] = [lambda: None]
    register(lambda: step[0]())  # noqa: PLW0108 - what it is then
    pristine = unpacked(RELEASE, folder)
    old = picture(pristine)
    assert old
    whole = _upgraded(pristine, folder / "whole.db")
    assert whole
    assert whole.rows == old.rows
    mid = half = stuck = lost = 0
    path = folder / "one.db"
    for _ in range(kills):
        for file in folder.glob("one.db*"):
            file.unlink()
        shutil.copy(pristine, path)

        def open_it(say: Callable[[], object]) -> None:
            step[0] = say
            Store(path).close()
            say()

        pid, reads = forked(open_it)
        wanted = dice.randint(1, len(statements()) + 1)
        while wanted > 0 and os.read(reads, 1):
            wanted -= 1
        time.sleep(dice.choice((0.0, 0.0, dice.uniform(0, 0.004), dice.uniform(0, 0.02))))
        os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        os.close(reads)
        mid += os.waitstatus_to_exitcode(status) == -signal.SIGKILL
        after = picture(path)
        half += after is None or after.tables not in (old.tables, whole.tables)
        step[0] = lambda: None
        pid, reads = forked(lambda _: Store(path).close())
        _, status = os.waitpid(pid, 0)
        os.close(reads)
        done = picture(path)
        stuck += status != 0 or done is None or done.tables != whole.tables
        lost += done is None or done.rows != old.rows
    return mid, half, stuck, lost


def _upgraded(pristine: Path, path: Path) -> Picture | None:
    shutil.copy(pristine, path)
    pid, reads = forked(lambda _: Store(path).close())
    os.waitpid(pid, 0)
    os.close(reads)
    return picture(path)


# ── a newer one ──────────────────────────────────────────────────────────────────────────────────

# Every command that opens a database; `run` and `serve` too, which otherwise go on.
OPENING: dict[str, Sequence[str]] = {
    "stats": ("stats",),
    "feeds list": ("feeds", "list"),
    "feeds health": ("feeds", "health"),
    "search": ("search", "power"),
    "alerts list": ("alerts", "list"),
    "alerts dead": ("alerts", "dead"),
    "alerts show": ("alerts", "show", "1"),
    "alerts rules": ("alerts", "rules"),
    "alerts retry": ("alerts", "retry", "--dead"),
    "watchlist diff": ("watchlist", "diff", "stored", "dprk-civilian"),
    "watchlist suggest": ("watchlist", "suggest"),
    "report": ("report", "--output", "report.html"),
    "export": ("export", "--story", "1", "-o", "pack"),
    "backup": ("backup", "copy"),
    "retag": ("retag", "--yes"),
    "stories merge": ("stories", "merge", "1", "2"),
    "poll": ("poll",),
    "run": ("run",),
    "serve": ("serve", "--port", "0"),
}


def newer(folder: Path, spoil: Callable[[], object]) -> tuple[int, list[str], bool]:
    """How many commands there are, which did not refuse, and whether the file is as it was."""
    spoil()
    for module in (name.split(":")[0] for name, _ in COMMANDS.values()):
        __import__(f"monitor.cli.{module}")
    path = unpacked(RELEASE, folder)
    for file, which in ((path, schema.migrations), (decisions.beside(path), reviews.migrations)):
        with closing(sqlite3.connect(file)) as db:
            db.execute(
                "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) "
                "VALUES (?, 'm999_later', '2030-01-01')",
                (which.name,),
            )
            db.commit()
    (folder / "wirewatch.toml").write_text("", encoding="utf-8")
    (folder / "feeds.toml").write_text(
        '[[feed]]\nurl = "http://127.0.0.1:9/feed"\nname = "f"\n', encoding="utf-8"
    )
    before = path.read_bytes()
    let_through = [name for name, words in OPENING.items() if not _refuses(folder, words)]
    return len(OPENING), let_through, path.read_bytes() == before


def _refuses(folder: Path, words: Sequence[str]) -> bool:
    said = folder / "said"
    said.write_text("", encoding="utf-8")
    pid = os.fork()
    if pid == 0:
        _run(folder, words, said)
    end = time.monotonic() + SECONDS
    while not (ended := os.waitpid(pid, os.WNOHANG))[0]:
        if time.monotonic() > end:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            return False
        time.sleep(0.01)
    words_ = said.read_text(encoding="utf-8")
    clear = "newer wirewatch" in words_ and "update this program" in words_
    return os.waitstatus_to_exitcode(ended[1]) == 2 and clear


def _run(folder: Path, words: Sequence[str], said: Path) -> None:
    status = 1
    try:
        os.chdir(folder)
        out = os.open("out", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(out, 1)
        os.dup2(out, 2)
        program(list(words), standalone_mode=False)
        status = 0
    except (MonitorError, click.ClickException) as error:
        said.write_text(str(error), encoding="utf-8")
        status = 2
    except BaseException as error:  # noqa: BLE001 - shown, and the process ends
        said.write_text(repr(error), encoding="utf-8")
    finally:
        os._exit(status)
