"""The whole program over real processes: a folder with settings, the command, the daemon, its rows."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PLANTS = ROOT / "tests" / "system" / "data" / "plants.toml"
COMMAND = Path(sys.executable).with_name("wirewatch")
PATIENCE = 60.0  # seconds until a test gives up waiting; far more than anything takes

# A warning is an error in the program's processes too: what is left open shows on standard error.
# Not where Datasette is imported, which leaves a database open (seen with 0.65.5 on Python 3.13).
_PYTHON = (sys.executable, "-W", "error")
_WITH_DATASETTE = (sys.executable,)

DESK = """
[channel.desk]
type = "slack"
webhook_url = "env:WIREWATCH_SLACK_URL"

[[alert]]
name = "everything"
to = ["desk"]
most_an_hour = 0
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """A command that has ended."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]


def until(condition: Callable[[], object], *, what: str = "") -> None:
    """Wait for a condition; a machine may be slow, so only giving up is timed."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f"it never came about: {what}"
        time.sleep(0.02)


@dataclass(slots=True)
class Program:
    """A folder with `wirewatch.toml` and `feeds.toml`, and everything that is run in it."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    command: tuple[str, ...] = (str(COMMAND),)  # or a build of it that is broken on purpose

    @property
    def config(self) -> Path:
        return self.folder / "wirewatch.toml"

    @property
    def database(self) -> Path:
        return self.folder / "wirewatch.db"

    def write(self, feeds: Iterable[str], more: str = "", *, fetch: str = "") -> None:
        """Settings for loopback: no pause between requests to a host, a poll a minute."""
        self.config.write_text(
            f'watchlists = ["{PLANTS}"]\n[fetch]\nallow_private_addresses = true\nhost_gap = 0\n'
            f'interval = 60\n{fetch}\n[log]\nformat = "json"\n{more}',
            encoding="utf-8",
        )
        self.subscribe(feeds)

    def subscribe(self, feeds: Iterable[str]) -> None:
        """Replace the feed list."""
        tables = (f'[[feed]]\nurl = "{url}"\nname = "feed {n}"\n' for n, url in enumerate(feeds))
        (self.folder / "feeds.toml").write_text("\n".join(tables), encoding="utf-8")

    def clean_environment(self) -> dict[str, str]:
        """Nothing of the developer's: no settings, no proxies, no locale. The code is this tree's."""
        return {
            "HOME": str(self.folder),
            "PYTHONPATH": str(ROOT),
            "PATH": "/usr/bin:/bin",
            "LANG": "C.UTF-8",
            **self.environment,
        }

    def start(self, *arguments: str, **options: Any) -> subprocess.Popen[bytes]:
        """Start the command in the folder, in a process group of its own."""
        python = _WITH_DATASETTE if arguments[:1] == ("serve",) else _PYTHON
        return subprocess.Popen(
            [*python, *self.command, *arguments],
            cwd=self.folder,
            env=self.clean_environment(),
            start_new_session=True,
            **options,
        )

    def run(
        self,
        *arguments: str,
        given: bytes = b"",
        status: int | None = 0,
        within: float = PATIENCE,
    ) -> Ran:
        """Run a command to its end. It must end with `status` (None: any), and leave nothing open."""
        pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        with self.start(*arguments, **pipes) as process:
            out, err = process.communicate(given, timeout=within)
        ran = Ran(status=process.returncode, out=out.decode(), err=err.decode())
        assert status in (None, ran.status), f"{arguments}: {ran}"
        assert_quiet(ran.err)
        return ran

    @contextmanager
    def daemon(self) -> Iterator[Daemon]:
        """`wirewatch run`, killed with its children if the test does not end it."""
        log = self.folder / "daemon.log"
        with log.open("wb") as stderr, self.start("run", stderr=stderr) as process:
            daemon = Daemon(process=process, log=log)
            try:
                yield daemon
            finally:
                daemon.kill()
        assert_quiet(log.read_text(encoding="utf-8"))

    def rows(self, sql: str, *arguments: object) -> list[Mapping[str, Any]]:
        """What the database says, read-only, as Datasette would."""
        uri = f"{self.database.as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, timeout=10)) as db:
            db.row_factory = sqlite3.Row
            return [dict(row) for row in db.execute(sql, arguments)]

    def count(self, table: str, where: str = "1") -> int:
        (row,) = self.rows(f"SELECT count(*) AS n FROM {table} WHERE {where}")
        return int(row["n"])

    def count_or_none(self, table: str, where: str = "1") -> int | None:
        """The same of a database that may not be there yet."""
        try:
            return self.count(table, where)
        except sqlite3.OperationalError:
            return None

    def make_due(self, where: str = "1") -> None:
        """Let the minute until the next poll pass. Only while no other process writes."""
        self.edit(f"UPDATE feeds SET next_poll_at = '2026-01-01T00:00:00.000Z' WHERE {where}")

    def edit(self, sql: str) -> None:
        """Change rows by hand. Only while no other process writes."""
        with closing(sqlite3.connect(self.database)) as db:
            db.execute(sql)
            db.commit()

    def bytes_of_database(self) -> bytes:
        """The database with everything beside it."""
        beside = self.folder.glob(f"{self.database.name}*")
        return b"".join(file.read_bytes() for file in beside if file.is_file())


def assert_quiet(err: str) -> None:
    """No traceback, and no resource that was left open: those are printed, and change no status."""
    for sign in ("Traceback", "ResourceWarning", "Exception ignored", "never retrieved"):
        assert sign not in err, err


def commands_in(text: str) -> set[str]:
    """Characters that do something else than show a letter."""
    return {c for c in text.replace("\n", "") if not c.isprintable()}


@dataclass(slots=True)
class Daemon:
    """A daemon in a process of its own."""

    process: subprocess.Popen[bytes]
    log: Path

    def events(self) -> list[dict[str, str]]:
        """What it has logged so far; the last line may still be being written."""
        lines = self.log.read_text(encoding="utf-8").split("\n")[:-1]
        return [json.loads(line) for line in lines]

    def said(self, words: str) -> bool:
        return any(words in event["event"] for event in self.events())

    def wait_for(self, words: str) -> None:
        """Wait until it has logged something with these words in it."""
        self.until(lambda: self.said(words))

    def until(self, condition: Callable[[], object]) -> None:
        """Wait for a condition, as long as the daemon lives."""
        until(lambda: condition() or self.process.poll() is not None, what=self.log.read_text())
        assert condition(), f"it has ended: {self.log.read_text(encoding='utf-8')}"

    def tell(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def stop(self, *, within: float = PATIENCE) -> int:
        """SIGTERM; returns the exit status."""
        self.tell(signal.SIGTERM)
        return self.process.wait(within)

    def kill(self) -> None:
        """SIGKILL for it and its parsers, whatever state they are in."""
        kill_group(self.process)


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL for a process and all its children, and wait."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def members(group: int) -> list[int]:
    """The living processes of a process group."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            name_and_rest = stat.read_text(encoding="utf-8", errors="replace")
        except OSError:  # it has ended meanwhile
            continue
        state, _, its_group = name_and_rest.rpartition(")")[2].split()[:3]
        if int(its_group) == group and state != "Z":
            found.append(int(stat.parent.name))
    return found
