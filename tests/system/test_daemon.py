"""The daemon over real processes: it polls, alerts, reloads, ends in time, and says no secret."""

from __future__ import annotations

import fcntl
import signal
import socket
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.support.press import MENTION, Press, article
from tests.support.program import DESK, PATIENCE, Program, members, until
from tests.support.servers import Request, Script, drip_after, head
from tests.support.slack import TOKEN, Fault, SlackServer, shown


def dripping(request: Request) -> Script:
    """An answer that never ends: a byte now and then, so that no silence gives it away."""
    return drip_after(head(200, [("Content-Type", "application/xml")]), b"<rss>", gap=0.1)


def after_baseline(program: Program, press: Press) -> None:
    """A first round of all feeds; then a minute passes."""
    program.run("poll", "--all")
    program.make_due()


def test_it_polls_and_alerts(program: Program, slack: SlackServer) -> None:
    with Press(3) as press:
        program.write(press.feeds, DESK)
        press.articles[0] = (article(1, f"{MENTION}, as before"),)
        after_baseline(program, press)
        assert slack.accepted == []
        press.articles[0] += (article(2, f"{MENTION}: the third unit"), article(3))
        with program.daemon() as daemon:
            daemon.until(lambda: slack.accepted)
            daemon.until(lambda: program.count("alerts", "state = 'sent'"))
            assert daemon.stop() == 0
        assert "the third unit" in shown(slack.accepted[0])
        assert len(slack.accepted) == program.count("alerts") == 1
        assert program.count("polls") == 6
        assert {event["level"] for event in daemon.events()} == {"info"}


def test_it_ends_in_time_whatever_hangs(program: Program, slack: SlackServer) -> None:
    with Press(3) as press:
        program.write(press.feeds, DESK)
        after_baseline(program, press)
        press.odd[1] = dripping
        press.articles[0] = (article(1, MENTION),)
        slack.faults.append(Fault(accept=True, silent=True))
        with program.daemon() as daemon:
            daemon.until(lambda: press.asked[1] == 2 and slack.accepted)
            daemon.tell(signal.SIGTERM)
            assert daemon.process.wait(10) == 0
            until(lambda: not members(daemon.process.pid))
        assert_nothing_half_written(program, hanging="feed 1")
        assert program.rows("SELECT state FROM alerts") == [{"state": "sending"}]
        assert "possible repeat" not in shown(slack.accepted[0])
        press.odd.clear()
        assert program.run("poll", "--json").json["alerts"]["sent"] == 1
        assert "(possible repeat)" in shown(slack.accepted[1])


def assert_nothing_half_written(program: Program, *, hanging: str) -> None:
    assert program.rows("PRAGMA integrity_check") == [{"integrity_check": "ok"}]
    polls = program.rows(
        "SELECT feeds.name, count(*) AS n FROM polls JOIN feeds ON feeds.id = feed GROUP BY 1"
    )
    assert {row["name"]: row["n"] for row in polls} == {"feed 0": 2, "feed 2": 2, hanging: 1}
    assert program.count("items", "id NOT IN (SELECT item FROM appearances)") == 0


def test_a_hanging_feed_delays_no_other(program: Program) -> None:
    with Press(40) as press:
        program.write(press.feeds, fetch="concurrency = 2")
        press.odd[0] = dripping
        with program.daemon() as daemon:
            daemon.until(lambda: (program.count_or_none("polls") or 0) == 39)
            assert program.count("polls", "feed = 1") == 0
            assert press.asked[0] == 1


# ── reload ───────────────────────────────────────────────────────────────────────────────────────


def test_reload_follows_the_lists(program: Program) -> None:
    with Press(4) as press:
        program.write(press.feeds[:1])
        with program.daemon() as daemon:
            daemon.until(lambda: press.asked[0])
            program.subscribe(press.feeds[:2])
            daemon.tell(signal.SIGHUP)
            daemon.until(lambda: press.asked[1])
            daemon.wait_for("reloading: 2 feeds")

            (program.folder / "feeds.toml").write_text(
                f'[[feed]]\nurl = "{press.feed(2)}"\nnmae = 1\n'
            )
            daemon.tell(signal.SIGHUP)
            daemon.wait_for("feeds.toml:3: feed[1].nmae")
            assert daemon.process.poll() is None
            assert daemon.said("not reloaded: ")

            program.subscribe(press.feeds[:4])
            daemon.tell(signal.SIGHUP)
            daemon.until(lambda: press.asked[2] and press.asked[3])
            assert daemon.stop() == 0
        assert press.asked[0] == press.asked[1] == 1  # polled once: a reload makes nothing due
        assert {event["level"] for event in daemon.events()} == {"info", "error"}


def test_reload_to_what_cannot_be_opened_goes_on_with_the_old(program: Program) -> None:
    """Another process writes the new database: that shows only when it is opened."""
    with Press(2) as press, (program.folder / "taken.db.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        program.write(press.feeds[:1])
        good = program.config.read_text()
        with program.daemon() as daemon:
            daemon.until(lambda: press.asked[0])
            program.config.write_text(f'database = "taken.db"\n{good}')
            daemon.tell(signal.SIGHUP)
            daemon.wait_for("not reloaded: ")
            daemon.until(lambda: sum("watching" in e["event"] for e in daemon.events()) == 2)
            program.config.write_text(good)
            program.subscribe(press.feeds)
            daemon.tell(signal.SIGHUP)
            daemon.until(lambda: press.asked[1])
            assert daemon.stop() == 0


@pytest.mark.parametrize("hangs", [False, True])
def test_the_end_is_not_lost_in_a_reload(program: Program, *, hangs: bool) -> None:
    """SIGTERM while the old program is being closed, or the new one opened."""
    with Press(1) as press:
        program.write(press.feeds)
        if hangs:
            press.odd[0] = dripping
        with program.daemon() as daemon:
            daemon.until(lambda: press.asked[0])
            daemon.tell(signal.SIGHUP)
            daemon.wait_for("reloading")
            if not hangs:
                daemon.until(lambda: daemon.said("finishing"))
            daemon.tell(signal.SIGHUP)
            daemon.tell(signal.SIGTERM)
            assert daemon.process.wait(10) == 0


def test_log_settings_are_reloaded_too(program: Program) -> None:
    with Press(1) as press:
        program.write(press.feeds)
        good = program.config.read_text()
        with program.daemon() as daemon:
            daemon.until(lambda: press.asked[0])
            program.config.write_text(good.replace('"json"', '"text"'))
            daemon.tell(signal.SIGHUP)
            daemon.until(lambda: "info    watching" in daemon.log.read_text())
            assert daemon.stop() == 0


# ── one writer ───────────────────────────────────────────────────────────────────────────────────


def test_a_second_writer_is_refused_and_readers_are_not(program: Program) -> None:
    with Press(1) as press:
        program.write(press.feeds)
        press.articles[0] = (article(1),)
        with program.daemon() as daemon:
            daemon.until(lambda: program.count_or_none("items"))
            for words in (("run",), ("poll", "--all", "--no-alerts", "--json")):
                refused = program.run(*words, status=2)
                assert f"in use by process {daemon.process.pid}" in refused.err
                assert refused.out == ""
            assert program.run("stats", "--json").json["items"] == 1
            assert program.run("feeds", "list", "--json").json[0]["health"] == "ok"
            daemon.tell(signal.SIGINT)
            assert daemon.process.wait(10) == 0
        program.run("poll", "--all")  # the lock ended with its holder


# ── secrets ──────────────────────────────────────────────────────────────────────────────────────

ECHO = f"no_service /services/T0TEAM/B0HOOK/{TOKEN}"


@pytest.mark.parametrize(
    "trouble",
    [
        lambda slack: slack.faults.extend([Fault(status=404, body=ECHO)] * 3),
        lambda slack: slack.faults.extend(
            [Fault(status=302, headers={"Location": f"http://127.0.0.1:9/{TOKEN}"})] * 3
        ),
        lambda slack: slack.stop(),
    ],
    ids=["404", "302", "gone"],
)
def test_no_secret_is_said(
    program: Program, slack: SlackServer, trouble: Callable[[SlackServer], None]
) -> None:
    with Press(1) as press:
        program.write(press.feeds, DESK)
        program.config.write_text(
            program.config.read_text().replace("[log]", '[log]\nlevel="debug"')
        )
        program.run("poll", "--all")
        press.articles[0] = (article(1, MENTION),)
        trouble(slack)
        ran = [program.run("poll", "--all", "--json", status=1)]
        assert "alert 1 not delivered" in ran[0].err
        ran += [program.run("alerts", "list"), program.run("alerts", "list", "--json")]
        assert "Huichon" in ran[1].out
        for said in (*(one.out + one.err for one in ran), daemon_log(program)):
            assert TOKEN not in said
        assert TOKEN.encode() not in program.bytes_of_database()


def daemon_log(program: Program) -> str:
    """What the daemon says with a webhook that refuses, lets go, or is gone."""
    program.make_due()
    program.edit("UPDATE alerts SET state = 'pending', next_try_at = '2026-01-01T00:00:00.000Z'")
    with program.daemon() as daemon:
        daemon.wait_for("alert 1 not delivered")
        assert daemon.stop() == 0
    return daemon.log.read_text()


def test_the_service_manager_is_told(program: Program, tmp_path: Path) -> None:
    """READY when it watches, a sign of life while it works, STOPPING at the end."""
    address = tmp_path / "notify"
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as manager, Press(1) as press:
        manager.bind(str(address))
        manager.settimeout(PATIENCE)
        program.environment |= {"NOTIFY_SOCKET": str(address), "WATCHDOG_USEC": "900000"}
        program.write(press.feeds)
        with program.daemon() as daemon:
            assert manager.recv(4_096) == b"READY=1\nSTATUS=watching 1 feeds"
            assert [manager.recv(4_096) for _ in range(2)] == [b"WATCHDOG=1"] * 2
            daemon.tell(signal.SIGHUP)
            told: set[bytes] = set()
            while not {b"RELOADING=1", b"READY=1"} <= told:
                told.add(manager.recv(4_096).partition(b"\n")[0])
            assert daemon.stop() == 0
            manager.setblocking(False)
            said = []
            with suppress(BlockingIOError):
                while True:
                    said.append(manager.recv(4_096))
            assert said[-1] == b"STOPPING=1"


def test_machines_are_told(program: Program) -> None:
    """And a reload to an address that somebody has goes on without."""

    def asked(port: int, path: str) -> str:
        with urlopen(f"http://127.0.0.1:{port}{path}", timeout=PATIENCE) as answer:
            return answer.read().decode()

    with Press(2) as press, closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = free_port()
        program.write(press.feeds, f'[metrics]\nlisten = "127.0.0.1:{port}"\n')
        with program.daemon() as daemon:
            daemon.wait_for("watching")
            daemon.until(
                lambda: 'wirewatch_polls_total{status="ok"} 2.0' in asked(port, "/metrics")
            )
            assert asked(port, "/readyz") == asked(port, "/healthz") == "ok\n"
            assert 'wirewatch_feeds{health="ok"} 2.0' in asked(port, "/metrics")
            program.write(
                press.feeds, f'[metrics]\nlisten = "127.0.0.1:{taken.getsockname()[1]}"\n'
            )
            daemon.tell(signal.SIGHUP)
            daemon.wait_for("no metrics: ")
            daemon.until(lambda: program.run("poll", "--all", "--json").json["pid"])
            assert daemon.stop() == 0
        assert "cannot be listened at" in program.run("run", status=2).err


def free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        return int(server.getsockname()[1])
