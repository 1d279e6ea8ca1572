"""A throw-away PostgreSQL server for tests, and a fresh database of it for each place.

Debian's `postgresql` is looked for where Debian and others put it, and on the PATH. The server
listens on a free port of 127.0.0.1, and does not wait for the disk: nothing outlives the tests. A
server refuses to be run by root, so that it is then run as `postgres`, or as `nobody`.
"""

from __future__ import annotations

import itertools
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from alerts.secrets import Secret
from monitor.places import Server

PLACES = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/local/pgsql/bin")
READY = 30  # seconds until a server must answer; it takes one
PASSWORD = "a-secret-of-the-tests"


def programs() -> Path | None:
    """The folder with initdb and postgres; the newest where there are several."""
    found = [Path(p) for place in PLACES for p in Path("/").glob(place[1:])]
    found = [path for path in found if (path / "initdb").exists() and (path / "postgres").exists()]
    if found:
        return max(found, key=lambda path: [int(n) for n in re.findall(r"\d+", str(path))])
    initdb = shutil.which("initdb")
    return Path(initdb).resolve().parent if initdb else None


def needed() -> Path:
    """The same; without it a skip, or a failure where CI is set."""
    try:
        import psycopg  # noqa: F401
    except ImportError:
        missing: str | None = "psycopg is not installed (pip install 'wirewatch[cluster]')"
    else:
        missing = None if programs() else "PostgreSQL is not installed (Debian: postgresql)"
    if missing and os.environ.get("CI"):
        pytest.fail(missing)
    if missing:
        pytest.skip(missing)
    found = programs()
    assert found
    return found


_USERS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"

_SHAPE = """
SELECT (SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'wirewatch'::regnamespace),
  (SELECT string_agg(name, ' ' ORDER BY id) FROM wirewatch._sqlite_migrations)"""

# Without its triggers, foreign keys among them, which a superuser may switch off.
_EMPTIED = """
DO $$ DECLARE found text; BEGIN
  SET LOCAL session_replication_role TO replica;
  FOR found IN SELECT format('DELETE FROM wirewatch.%I', relname) FROM pg_class
      WHERE relkind = 'r' AND relnamespace = 'wirewatch'::regnamespace
        AND relname <> '_sqlite_migrations' LOOP
    EXECUTE found;
  END LOOP;
  FOR found IN SELECT format('ALTER SEQUENCE wirewatch.%I RESTART', relname) FROM pg_class
      WHERE relkind = 'S' AND relnamespace = 'wirewatch'::regnamespace
        AND relname NOT LIKE '\\_sqlite%' LOOP
    EXECUTE found;
  END LOOP;
END $$"""


@dataclass(slots=True)
class Postgres:
    """A server that runs."""

    port: int
    process: subprocess.Popen[bytes]
    folder: Path
    command: list[str]
    env: dict[str, str]
    names: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    template: str = ""  # a database with our tables, to be copied
    shape: tuple[object, ...] = ()  # its tables and the steps that made them
    free: list[str] = field(default_factory=list)  # databases that are as new again

    def url(self, name: str) -> str:
        return f"postgresql://wirewatch:{PASSWORD}@127.0.0.1:{self.port}/{name}"

    def sql(self, statement: str, name: str = "postgres") -> list[tuple[Any, ...]]:
        """Run a statement by itself."""
        import psycopg

        with psycopg.connect(self.url(name), autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def empty(self) -> str:
        """The name of a new database, without tables."""
        name = f"test_{os.getpid()}_{next(self.names)}"
        self.sql(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")
        return name

    def made(self) -> str:
        """The name of a new database with our tables: one that is free, else a copy."""
        if self.free:
            return self.free.pop()
        if not self.template:
            from monitor.store import Store

            name = self.empty()
            Store(self.place(name, self.folder / "none.db")).close()
            self.template = name
        copy = f"test_{os.getpid()}_{next(self.names)}"
        how = f"CREATE DATABASE {copy} TEMPLATE {self.template}"
        version = self.sql("SHOW server_version_num")[0][0]
        self.sql(how + (" STRATEGY FILE_COPY" if int(version) >= 15_00_00 else ""))
        return copy

    def place(self, name: str, beside: Path) -> Server:
        return Server(url=Secret(self.url(name)), beside=beside)

    def give_back(self, name: str) -> None:
        """Make a database of `made` as new, which takes a twentieth of the time of another one.

        One whose tables are others by now, or that somebody still uses, is dropped instead.
        """
        import psycopg

        self.shape = self.shape or self.sql(_SHAPE, self.template)[0]
        with psycopg.connect(self.url(name), autocommit=True) as db:
            clean = db.execute(_SHAPE.encode()).fetchone() == self.shape
            clean = clean and db.execute(_USERS.encode()).fetchone() == (1,)
            if clean:
                db.execute(_EMPTIED.encode())
        if clean:
            self.free.append(name)
        else:
            self.drop(name)

    def drop(self, name: str) -> None:
        self.sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def stop(self) -> None:
        """Kill -9 of all its processes, as if the power went."""
        # Sessions are groups of their own: they have to be known before their parent is gone.
        pid = self.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children")
        sessions = children.read_text().split() if children.exists() else ()
        for one in (pid, *map(int, sessions)):
            with suppress(ProcessLookupError):
                os.kill(one, signal.SIGKILL)
        self.process.wait(timeout=READY)

    def start(self) -> None:
        """Again, on the same port and files."""
        self.process = _spawn(self.command, self.env, self.folder)
        _await(self)


@contextmanager
def server(*, durable: bool = False, **settings: object) -> Iterator[Postgres]:
    """A server of its own; `durable`: what it acknowledged survives its crash.

    `settings` are PostgreSQL's, in place of those that suit tests.
    """
    binaries = needed()
    folder = Path(tempfile.mkdtemp(prefix="wirewatch-pg."))
    env = {"PATH": f"{binaries}:/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": str(folder)}
    try:
        if user := _as():
            os.chown(folder, user["user"], user["group"])
        (folder / "password").write_text(PASSWORD)
        (folder / "password").chmod(0o644)
        _run([str(binaries / "initdb"), "-D", str(folder / "data"), "-U", "wirewatch", "-E", "UTF8",
              "--locale=C.UTF-8", "-A", "md5", "--pwfile", str(folder / "password"),
              *([] if durable else ["--no-sync"])], env, folder)  # fmt: skip
        port = _free_port()
        given = {
            "port": port, "listen_addresses": "127.0.0.1", "unix_socket_directories": "",
            "max_connections": 60, "shared_buffers": "64MB", "autovacuum": "off", "jit": "on",
            **({} if durable else {"fsync": "off", "full_page_writes": "off",
                                   "synchronous_commit": "off", "wal_level": "minimal",
                                   "max_wal_senders": 0}),
            **settings,
        }  # fmt: skip
        command = [str(binaries / "postgres"), "-D", str(folder / "data")]
        command += [f"-c{key}={value}" for key, value in given.items()]
        running = Postgres(port, _spawn(command, env, folder), folder, command, env)
        try:
            _await(running)
            yield running
        finally:
            running.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _as() -> dict[str, Any]:
    """As whom a server is run: who we are, but for root."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            user = pwd.getpwnam(name)
            return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    raise AssertionError("no user to run PostgreSQL as")


def _run(command: list[str], env: dict[str, str], folder: Path) -> None:
    done = subprocess.run(command, check=False, env=env, cwd=folder, capture_output=True, **_as())
    assert done.returncode == 0, done.stderr.decode()


def _spawn(command: list[str], env: dict[str, str], folder: Path) -> subprocess.Popen[bytes]:
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(command, env=env, cwd=folder, stdout=log, stderr=log, **_as())


def _await(running: Postgres) -> None:
    import psycopg

    until = time.monotonic() + READY
    while True:
        try:
            running.sql("SELECT 1")
        except psycopg.OperationalError:
            assert running.process.poll() is None, (running.folder / "log").read_text()
            assert time.monotonic() < until, (running.folder / "log").read_text()
            time.sleep(0.05)
        else:
            return


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])
