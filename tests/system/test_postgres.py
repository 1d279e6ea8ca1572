"""The daemon on a PostgreSQL database: it polls, alerts, waits for a server that is away, goes on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tests.support.postgres import PASSWORD, Postgres, server
from tests.support.press import MENTION, Press, article
from tests.support.program import DESK, Program, until
from tests.support.slack import SlackServer, shown


class Served(Program):
    """A program whose database is on a server."""

    def on(self, postgres: Postgres) -> None:
        self.postgres, self.name = postgres, postgres.empty()
        self.environment["WIRE"] = postgres.url(self.name)

    def write(self, feeds: Iterable[str], more: str = "", *, fetch: str = "") -> None:
        super().write(feeds, more, fetch=fetch)
        self.config.write_text(f'database = "env:WIRE"\n{self.config.read_text("utf-8")}')

    def rows(self, sql: str, *arguments: object) -> list[Mapping[str, Any]]:
        import psycopg
        from psycopg.rows import dict_row

        options = "-c search_path=wirewatch"
        with psycopg.connect(self.environment["WIRE"], options=options, row_factory=dict_row) as db:
            return db.execute(sql.encode()).fetchall()

    def count(self, table: str, where: str = "true") -> int:
        return super().count(table, where)

    def edit(self, sql: str) -> None:
        import psycopg

        options = "-c search_path=wirewatch"
        with psycopg.connect(self.environment["WIRE"], options=options) as db:
            db.execute(sql.encode())


def test_a_daemon_and_a_server_that_crashes(tmp_path: Path, slack: SlackServer) -> None:
    program = Served(tmp_path, {"WIREWATCH_SLACK_URL": slack.url})
    with server(durable=True) as postgres, Press(2) as press:
        program.on(postgres)
        program.write(press.feeds, DESK)
        press.articles[0] = (article(1, f"{MENTION}, as before"),)
        program.run("poll", "--all")
        program.make_due("true")
        press.articles[0] += (article(2, f"{MENTION}: the third unit"), article(3))
        with program.daemon() as daemon:
            daemon.until(lambda: program.count("alerts", "state = 'sent'"))
            busy = program.run("retag", "--yes", status=2)
            assert "in use by process" in busy.err
            postgres.stop()
            daemon.wait_for("cannot")
            postgres.start()
            press.articles[0] += (article(4, f"{MENTION}: the fourth unit"),)
            program.make_due("true")
            until(lambda: program.count("alerts", "state = 'sent'") == 2)
            assert daemon.stop() == 0
        # Besides, that it was halted may have been told.
        assert sum("the fourth unit" in shown(message) for message in slack.accepted) == 1
        assert program.count("items") == 4
        assert program.count("alerts") == 2
        assert PASSWORD not in daemon.log.read_text("utf-8")
        assert not (tmp_path / "wirewatch.db").exists()
