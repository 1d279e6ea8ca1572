"""The control socket: who may ask, what is answered, and what is left by a process that was killed."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from monitor.control import LONGEST_PATH, ask, listening, socket_path
from monitor.errors import ControlError, StoreError

LONG = "d" * 100


async def handler(verb: str, said: Mapping[str, Any]) -> Mapping[str, Any]:
    if verb == "fail":
        raise StoreError("the disk is full")
    if verb == "hang":
        await asyncio.Event().wait()
    return {"verb": verb, "said": dict(said)}


def talk(database: Path, verb: str, **said: object) -> Mapping[str, Any] | None:
    """Ask a server that runs meanwhile."""

    async def play() -> Mapping[str, Any] | None:
        async with listening(database, handler):
            return await asyncio.to_thread(ask, database, verb, **said)

    return asyncio.run(play())


def raw(database: Path, *pieces: bytes) -> dict[str, Any]:
    """What is answered to anything at all."""

    async def play() -> bytes:
        async with listening(database, handler):
            reader, writer = await asyncio.open_unix_connection(socket_path(database))
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
            if not pieces:
                writer.write_eof()
            answer = await reader.read()
            writer.close()
            return answer

    return json.loads(asyncio.run(play()))


def test_a_question_and_its_answer(tmp_path: Path) -> None:
    assert talk(tmp_path / "w.db", "retry", alerts=[1, 2]) == {
        "verb": "retry",
        "said": {"alerts": [1, 2]},
    }


def test_what_cannot_be_done_is_said(tmp_path: Path) -> None:
    with pytest.raises(ControlError, match="the running daemon answers: the disk is full"):
        talk(tmp_path / "w.db", "fail")


def test_without_a_daemon_there_is_no_answer(tmp_path: Path) -> None:
    assert ask(tmp_path / "w.db", "ping") is None
    assert ask(tmp_path / LONG / LONG / "w.db", "ping") is None


def test_it_is_for_its_own_user_and_goes_with_the_daemon(tmp_path: Path) -> None:
    database = tmp_path / "w.db"

    async def play() -> int:
        async with listening(database, handler):
            return socket_path(database).stat().st_mode

    before = os.umask(0)
    try:
        mode = asyncio.run(play())
    finally:
        os.umask(before)
    assert stat.S_ISSOCK(mode)
    assert stat.S_IMODE(mode) == 0o600
    assert not socket_path(database).exists()


def left_behind(path: Path) -> None:
    """A socket whose process was killed."""
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(path))


def test_a_stale_socket_is_nobody_and_is_replaced(tmp_path: Path) -> None:
    database = tmp_path / "w.db"
    left_behind(socket_path(database))
    assert ask(database, "ping") is None
    answer = talk(database, "ping")
    assert answer
    assert answer["verb"] == "ping"


def test_a_file_of_that_name_is_left_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The daemon runs without a socket then, and says so."""
    database = tmp_path / "w.db"
    socket_path(database).write_text("mine")
    assert talk(database, "ping") is None
    assert socket_path(database).read_text() == "mine"
    assert "commands cannot hand anything over" in caplog.text


@pytest.mark.parametrize(
    "database",
    [
        Path(LONG, LONG, "w.db"),
        Path("d" * (LONGEST_PATH + 50)),
        Path("база-данных-новостей" * 5 + ".db"),
        Path(LONG, "n" * 200 + ".db"),
    ],
    ids=["folder", "name", "letters", "both"],
)
def test_paths_that_are_too_long_for_an_address(tmp_path: Path, database: Path) -> None:
    database = tmp_path / database
    database.parent.mkdir(parents=True, exist_ok=True)
    assert len(os.fsencode(f"{database}.sock")) > LONGEST_PATH
    with pytest.raises(OSError, match="too long"), socket.socket(socket.AF_UNIX) as plain:
        plain.bind(f"{database}.sock")
    open_files = len(list(Path("/proc/self/fd").iterdir()))
    assert talk(database, "ping")
    assert len(list(Path("/proc/self/fd").iterdir())) == open_files
    assert not socket_path(database).exists()


def test_two_databases_of_a_folder_have_sockets_of_their_own(tmp_path: Path) -> None:
    names = ["a.db", "b.db", "a" * 200, "b" * 200]
    assert len({socket_path(tmp_path / name) for name in names}) == 4


@pytest.mark.parametrize(
    "pieces",
    [
        (),
        (b"\n",),
        (b"hello\n",),
        (b"[1]\n",),
        (b"{}\n",),
        (b'{"do": \xff}\n',),
    ],
    ids=["nothing", "a line", "words", "a list", "no verb", "no text"],
)
def test_nonsense_is_answered(tmp_path: Path, pieces: tuple[bytes, ...]) -> None:
    answer = raw(tmp_path / "w.db", *pieces)
    assert answer == {"ok": False, "error": "not a request that this daemon knows"}


def test_too_much_is_not_read(tmp_path: Path) -> None:
    with pytest.raises(ControlError, match=r"cannot be asked|not a request"):
        talk(tmp_path / "w.db", "retry", alerts=["x" * 5_000_000])


def test_the_end_does_not_wait_for_a_conversation(tmp_path: Path) -> None:
    database = tmp_path / "w.db"

    async def play() -> None:
        async with listening(database, handler):
            asked = asyncio.create_task(asyncio.to_thread(ask, database, "hang"))
            silent = await asyncio.open_unix_connection(socket_path(database))
            await asyncio.sleep(0.1)
        with pytest.raises(ControlError, match="ended before it answered"):
            await asked
        silent[1].close()

    asyncio.run(play())
