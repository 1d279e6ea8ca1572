"""Backups of a database that is being written: whole, restorable, with all that was acknowledged."""

from __future__ import annotations

import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from monitor import backup
from monitor.config import Config
from monitor.config_keeping import EvidenceConfig
from monitor.errors import PackError, StoreError
from monitor.evidence import warc
from monitor.pack.verify import verify
from monitor.store import backup as database
from monitor.store.desk import decisions
from tests.support.archiving import ArchivingDesk
from tests.support.learning import START, entry
from tests.support.press import Press, article
from tests.support.program import Program, until

ROOT = Path(__file__).parents[2]

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
def writing(folder: Path, acknowledged: Path):
    """A process that stores items one after the other, and says so after each."""
    words = [sys.executable, "-c", _WRITER, folder, acknowledged]
    with subprocess.Popen(words, cwd=ROOT) as process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGKILL)


def config(folder: Path) -> Config:
    return Config(
        path=folder / "wirewatch.toml",
        database=folder / "test.db",
        watchlists=(),
        feed_lists=(),
        feeds=(),
        evidence=EvidenceConfig(folder=folder / "evidence"),
    )


def guids(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as db:
        return {guid for (guid,) in db.execute("SELECT guid FROM items")}


def evidence_stands(desk: ArchivingDesk) -> bool:
    return all(
        warc.holds(warc.read_group(desk.folder / r["file"], r["offset"], r["length"]), r["sha256"])
        for r in desk.evidence()
    )


def restored(made: Path, folder: Path) -> Path:
    """As docs/operations.md says: what is in the backup, in its places."""
    folder.mkdir()
    for name in ("test.db", "reviews.db"):
        if (made / name).exists():
            shutil.copy(made / name, folder / name)
    shutil.copytree(made / "evidence", folder / "evidence")
    return folder


def test_twenty_backups_under_load_have_every_acknowledged_row(tmp_path: Path) -> None:
    live, acknowledged = tmp_path / "live", tmp_path / "acknowledged"
    live.mkdir()
    (live / "wirewatch.toml").write_text("")
    acknowledged.touch()
    with writing(live, acknowledged) as process:
        until(lambda: len(acknowledged.read_text().split("\n")) > 5, what="the first items")
        for number in range(20):
            before = acknowledged.read_text().split("\n")[:-1]
            made = tmp_path / f"backup-{number}"
            made.mkdir()
            about = backup.write(config(live), made, START)
            assert about["evidence_missing"] == []
            assert {f"guid-{one}" for one in before} <= guids(made / "test.db")
            assert verify(made).problems == ()
        assert process.poll() is None
    last = acknowledged.read_text().split("\n")
    assert len(last) > len(before) > 5  # it was under load indeed
    for number in (0, 19):
        folder = restored(tmp_path / f"backup-{number}", tmp_path / f"restored-{number}")
        desk = ArchivingDesk(folder, rotate=20_000)
        assert evidence_stands(desk)
        items = desk.count("items")
        desk.poll(entry(1_000_000))
        assert desk.count("items") == items + 1
        assert evidence_stands(desk)
        desk.close()


def test_a_plain_copy_would_lose_what_is_in_the_wal(tmp_path: Path) -> None:
    """The twin: `cp` of the file of a program that runs."""
    desk = ArchivingDesk(tmp_path / "live")
    desk.poll(entry(1))
    (tmp_path / "live" / "wirewatch.toml").write_text("")
    made = tmp_path / "made"
    made.mkdir()
    backup.write(config(tmp_path / "live"), made, START)
    shutil.copy(desk.store.path, tmp_path / "cp.db")
    desk.close()
    assert guids(made / "test.db") == {"guid-1"}
    with pytest.raises(sqlite3.DatabaseError):
        assert not guids(tmp_path / "cp.db")


def test_decisions_and_settings_come_along(tmp_path: Path) -> None:
    desk = ArchivingDesk(tmp_path)
    desk.poll(entry(1))
    decisions.create(decisions.beside(desk.store.path))
    (tmp_path / "wirewatch.toml").write_text("# mine\n")
    made = tmp_path / "made"
    made.mkdir()
    backup.write(config(tmp_path), made, START)
    desk.close()
    assert (made / "settings" / "wirewatch.toml").read_text() == "# mine\n"
    with closing(decisions.open_reader(made / "reviews.db")) as db:
        assert db.execute("SELECT count(*) FROM decisions").fetchone() == (0,)
    assert not list(made.glob("*-wal"))


def test_what_is_beyond_the_last_row_is_left_out(tmp_path: Path) -> None:
    desk = ArchivingDesk(tmp_path)
    desk.poll(entry(1))
    (tmp_path / "wirewatch.toml").write_text("")
    with next(desk.folder.iterdir()).open("ab") as torn:
        torn.write(b"\x1f\x8b half a record")
    made = tmp_path / "made"
    made.mkdir()
    backup.write(config(tmp_path), made, START)
    desk.close()
    assert verify(made).problems == ()


def test_missing_evidence_is_said(tmp_path: Path) -> None:
    desk = ArchivingDesk(tmp_path)
    desk.poll(entry(1))
    (tmp_path / "wirewatch.toml").write_text("")
    (file,) = desk.folder.iterdir()
    file.unlink()
    made = tmp_path / "made"
    made.mkdir()
    assert backup.write(config(tmp_path), made, START)["evidence_missing"] == [file.name]
    desk.close()


def test_a_damaged_database_makes_no_backup(tmp_path: Path) -> None:
    desk = ArchivingDesk(tmp_path)
    for number in range(30):
        desk.poll(entry(number, text="word " * 500))
    desk.close()
    path = tmp_path / "test.db"
    data = bytearray(path.read_bytes())
    for page in range(4096 * 3, len(data), 4096):
        data[page : page + 64] = b"\xff" * 64
    path.write_bytes(data)
    with pytest.raises(StoreError):
        database.copy(path, tmp_path / "copy.db")


def test_no_database_is_no_backup(tmp_path: Path) -> None:
    with pytest.raises(PackError, match="nothing to back up"):
        backup.write(config(tmp_path), tmp_path, START)


def test_the_command_beside_a_running_daemon(tmp_path: Path) -> None:
    program = Program(tmp_path)
    with Press(1) as press:
        program.write(press.feeds)
        press.articles[0] = (article(1), article(2))
        with program.daemon() as daemon:
            daemon.until(lambda: program.count_or_none("evidence"))
            told = program.run("backup", "made", "--json").json
            assert told["counts"]["items"] == 2
            assert program.run("verify", "made", "--json").json["ok"]
            again = program.run("backup", "made", status=2)
            assert "is there already" in again.err
            pack = program.run("export", "--from", "2020-01-01", "-o", "pack.zip", "--json").json
            assert pack["counts"]["items"] == 2
            assert program.run("verify", "pack.zip", "--json").json["ok"]
            assert "nothing fits" in program.run("export", "--story", "99", "-o", "x", status=2).err
            assert (
                "no such entity" in program.run("export", "--entity", "x", "-o", "x", status=2).err
            )
            assert "Say what" in program.run("export", "-o", "x", status=2).err
            daemon.stop()
    assert not list(tmp_path.glob(".pack-*"))
