"""`wirewatch serve`: Datasette on the database, also while the daemon writes it."""

from __future__ import annotations

import json
import signal
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.support.press import Press, article
from tests.support.program import DESK, Program, assert_quiet


@contextmanager
def served(program: Program) -> Iterator[str]:
    """`wirewatch serve` on a free port; gives its address."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with program.start("serve", "--port", "0", **pipes) as process:
        assert process.stdout is not None
        try:
            line = process.stdout.readline().decode()
            assert line.startswith("Desk: http://127.0.0.1:"), (line, process.poll())
            yield line.split()[1]
            process.terminate()
            _, err = process.communicate(timeout=60)
            assert_quiet(err.decode())
            assert process.returncode in (0, -signal.SIGTERM)
        finally:
            process.kill()


def get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=30) as answer:
        return str(answer.read().decode())


def test_serve_shows_described_tables(desk: Program) -> None:
    with served(desk) as address:
        rows = json.loads(get(f"{address}wirewatch/items.json?_shape=array&_sort=id"))
        assert [row["title"] for row in rows][:2] == [
            row["title"] for row in desk.rows("SELECT title FROM items ORDER BY id LIMIT 2")
        ]
        page = get(f"{address}wirewatch/items")
        assert "An article by one publisher" in page
        assert "Link, as published" in page
        with pytest.raises(urllib.error.HTTPError):
            get(f"{address}wirewatch.db")


def test_serve_while_the_daemon_writes(program: Program) -> None:
    with Press(1) as press:
        program.write(press.feeds, DESK)
        press.articles[0] = (article(1),)
        with program.daemon() as daemon:
            daemon.until(lambda: program.count_or_none("items"))
            with served(program) as address:
                listed = json.loads(get(f"{address}wirewatch/items.json?_shape=array"))
                assert len(listed) == 1
            assert daemon.stop() == 0


def test_serve_says_when_the_port_is_taken(desk: Program) -> None:
    with served(desk) as address:
        port = address.rsplit(":", 1)[1].strip("/")
        ran = desk.run("serve", "--port", port, status=2)
    assert f"cannot listen on 127.0.0.1 port {port}" in ran.err
