"""Backups of a database that is being written: whole, restorable, with all that was acknowledged."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from benchmarks.proof.storage_load import config
from monitor import backup
from monitor.errors import PackError, StoreError
from monitor.pack.verify import verify
from monitor.store import backup as database
from monitor.store.desk import decisions
from tests.support.archiving import ArchivingDesk
from tests.support.learning import START, entry
from tests.support.press import Press, article
from tests.support.program import Program

ROOT = Path(__file__).parents[2]


def guids(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as db:
        return {guid for (guid,) in db.execute("SELECT guid FROM items")}


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
