"""Databases that several processes use at once: waiting for each other, the WAL, backups."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import ROOT
from monitor import backup
from monitor.config import Config
from monitor.config_keeping import EvidenceConfig
from monitor.errors import MonitorError, StoreError
from monitor.evidence import warc
from monitor.pack.verify import verify
from monitor.store import Store, connect
from monitor.store.desk import decisions
from tests.support.archiving import ArchivingDesk
from tests.support.careless import not_locked
from tests.support.learning import START, LearningDesk, entry

WRITERS = 2
ITEMS = 60  # that readers read
EVERY = (
    300  # transactions between looks at the WAL: the daemon looks every 30 s, writing ten a second
)
HOLD = 0.4  # seconds that a reader keeps a read transaction open

# ── waiting for each other ───────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Loads:
    """What processes made of it together."""

    written: int
    errors: int
    lost: int
    p99: float  # seconds of a transaction
    wal: int  # bytes, at most


def load(folder: Path, turns: int, *, payload: int, spoil: Callable[[], object]) -> Loads:
    """Two writers on both files, two readers that relieve each other. Without the writer's lock.

    By the lock no two processes write one file; whoever is let through all the same (a desk, a
    command that mends stories) has to wait for its turn, and must not fail.
    """
    desk = LearningDesk(folder)
    desk.poll(*(entry(number) for number in range(ITEMS)))
    desk.close()
    database = desk.store.path
    decisions.create(decisions.beside(database))
    connect.lock = not_locked
    spoil()
    readers = [_forked(lambda n=n: _read(database, n), folder / f"r{n}") for n in range(2)]
    writers = [
        _forked(lambda n=n: _write(database, n, turns, payload), folder / f"w{n}")
        for n in range(WRITERS)
    ]
    wal = 0
    while any(not _ended(pid) for pid, _ in writers):
        wal = max(
            wal, *(_size(Path(f"{one}-wal")) for one in (database, decisions.beside(database)))
        )
        time.sleep(0.05)
    for pid, _ in readers:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    seconds: list[float] = []
    errors = 0
    for _, file in (*writers, *readers):
        for line in file.read_text(encoding="utf-8").splitlines():
            if line.startswith("error"):
                errors += 1
            else:
                seconds.append(float(line))
    seconds.sort()
    with (
        closing(sqlite3.connect(database)) as db,
        closing(sqlite3.connect(decisions.beside(database))) as reviews,
    ):
        there = db.execute("SELECT count(*) FROM tombstones").fetchone()[0]
        there += reviews.execute("SELECT count(*) FROM decisions").fetchone()[0]
    return Loads(
        written=len(seconds),
        errors=errors,
        lost=len(seconds) - there,
        p99=seconds[int(len(seconds) * 0.99)] if seconds else 0.0,
        wal=wal,
    )


def _ended(pid: int) -> bool:
    try:
        return os.waitpid(pid, os.WNOHANG)[0] != 0
    except ChildProcessError:
        return True


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0


def _forked(work: Callable[[], Iterator[str]], file: Path) -> tuple[int, Path]:
    """A process that notes what it says."""
    file.touch()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            with file.open("w", buffering=1, encoding="utf-8") as out:
                for line in work():
                    out.write(f"{line}\n")
            status = 0
        finally:
            os._exit(status)
    return pid, file


def _write(database: Path, number: int, turns: int, payload: int) -> Iterator[str]:
    """A transaction on each file at each turn: it reads first, then writes."""
    noise = random.Random(number).randbytes(payload).hex()
    with Store(database) as store, closing(_reviews(database)) as reviews:
        for turn in range(turns):
            if turn % EVERY == 0:
                store.keep_house()
            yield _timed(lambda: _bury(store, noise))
            yield _timed(lambda turn=turn: _decide(reviews, number, turn))


def _reviews(database: Path) -> sqlite3.Connection:
    conn = sqlite3.connect(
        decisions.beside(database), isolation_level=None, timeout=connect.BUSY_TIMEOUT
    )
    decisions.prepare(conn)
    return conn


def _bury(store: Store, noise: str) -> None:
    with store.transaction() as db:
        (count,) = db.execute("SELECT count(*) FROM items").fetchone()
        db.execute(
            "INSERT INTO tombstones (key, buried_at, note) VALUES (?, '', ?)", (count, noise)
        )


def _decide(reviews: sqlite3.Connection, number: int, turn: int) -> None:
    made = decisions.Decision(
        story=turn + 1, verdict="relevant", reviewer=f"writer {number}", decided_at=START
    )
    decisions.record(reviews, [made])


def _timed(work: Callable[[], object]) -> str:
    began = time.monotonic()
    try:
        work()
    except (MonitorError, sqlite3.Error) as error:
        return f"error {error}"
    return f"{time.monotonic() - began:.6f}"


def _read(database: Path, number: int) -> Iterator[str]:
    """As a page that takes its time; the next one begins before it ends."""
    time.sleep(number * HOLD / 2)
    while True:
        try:
            db = connect.open_reader(database)
            with closing(db.conn):
                db.conn.execute("BEGIN")
                db.conn.execute("SELECT count(*), max(text) FROM items").fetchall()
                time.sleep(HOLD)
                db.conn.execute("SELECT count(*) FROM tombstones").fetchall()
        except (StoreError, sqlite3.Error) as error:
            yield f"error {error}"


# ── backups ──────────────────────────────────────────────────────────────────────────────────────

_WRITER = """
import sys
from pathlib import Path
from tests.support.archiving import ArchivingDesk
from tests.support.learning import entry
desk = ArchivingDesk(Path(sys.argv[1]), rotate=20_000)
with open(sys.argv[2], "a", buffering=1) as acknowledged:
    for number in range(100_000):
        desk.poll(entry(number, text=f"Text {number}. " * 40), entry(number - 1))
        acknowledged.write(f"{number}\\n")
"""


@contextmanager
def writing(folder: Path, acknowledged: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that stores items one after the other, and says so after each."""
    with subprocess.Popen(
        [sys.executable, "-c", _WRITER, folder, acknowledged], cwd=ROOT
    ) as process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGKILL)


def config(folder: Path) -> Config:
    """Settings of a folder that a test fills by hand."""
    return Config(
        path=folder / "wirewatch.toml",
        database=folder / "test.db",
        watchlists=(),
        feed_lists=(),
        feeds=(),
        evidence=EvidenceConfig(folder=folder / "evidence"),
    )


def by_the_program(live: Path, made: Path) -> bool:
    """`wirewatch backup`, and whether `wirewatch verify` finds it whole."""
    about = backup.write(config(live), made, START)
    return not about["evidence_missing"] and not verify(made).problems


def by_cp(live: Path, made: Path) -> bool:
    """The file alone, as it lies there."""
    shutil.copy(live / "test.db", made / "test.db")
    shutil.copytree(live / "evidence", made / "evidence")
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Backups:
    """What became of them."""

    made: int
    whole: int  # by what made them, by SQLite, and restored
    missing: int  # rows that were acknowledged before
    acknowledged: int


def backups(folder: Path, count: int, copy: Callable[[Path, Path], bool]) -> Backups:
    """Copy what is being written, then use each copy as docs/operations.md says."""
    live, told = folder / "live", folder / "acknowledged"
    live.mkdir()
    (live / "wirewatch.toml").write_text("", encoding="utf-8")
    told.touch()
    whole = missing = 0
    before: Sequence[str] = ()
    with writing(live, told) as process:
        while len(_lines(told)) < 5:
            time.sleep(0.05)
        for number in range(count):
            before = _lines(told)
            made = folder / f"backup-{number}"
            made.mkdir()
            good = copy(live, made)
            missing += len({f"guid-{one}" for one in before} - _guids(made / "test.db"))
            whole += good and _can_be_used(made)
            shutil.rmtree(made)
        assert process.poll() is None, "nothing was being written"
    assert len(_lines(told)) > len(before), "nothing was being written"
    return Backups(made=count, whole=whole, missing=missing, acknowledged=len(before))


def _lines(file: Path) -> Sequence[str]:
    return file.read_text(encoding="utf-8").split("\n")[:-1]


def _guids(path: Path) -> set[str]:
    try:
        with closing(sqlite3.connect(path)) as db:
            return {guid for (guid,) in db.execute("SELECT guid FROM items")}
    except sqlite3.DatabaseError:
        return set()


def _can_be_used(made: Path) -> bool:
    """Whole, with its evidence, and written on."""
    try:
        with closing(sqlite3.connect(made / "test.db")) as db:
            if db.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
                return False
        desk = ArchivingDesk(made, rotate=20_000)
    except (sqlite3.DatabaseError, StoreError):
        return False
    with closing(desk):
        before = desk.count("items")
        desk.poll(entry(1_000_000))
        stands = all(
            warc.holds(
                warc.read_group(desk.folder / r["file"], r["offset"], r["length"]), r["sha256"]
            )
            for r in desk.evidence()
        )
        return stands and desk.count("items") == before + 1
