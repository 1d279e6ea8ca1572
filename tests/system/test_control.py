"""Commands while the daemon runs: they hand their work to it, over its socket."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest

from monitor.config import load
from monitor.control import socket_path
from monitor.daemon import _assembled
from monitor.errors import BusyError
from monitor.store import Store
from monitor.wall import wall_clock
from tests.support.press import Press, mention
from tests.support.program import DESK, Program
from tests.support.slack import TOKEN, Fault, SlackServer, shown


def with_one_dead(program: Program, press: Press, slack: SlackServer) -> None:
    """An alert that Slack refused."""
    program.write(press.feeds, DESK)
    program.run("poll", "--all")
    press.articles[0] += (mention(1),)
    slack.faults.append(Fault(status=410, body=f"channel_is_archived {TOKEN}"))
    program.run("poll", "--all", status=1)
    assert program.count("alerts", "state = 'dead'") == 1


def test_retry_is_sent_at_once_by_the_daemon(program: Program, slack: SlackServer) -> None:
    with Press(1) as press:
        with_one_dead(program, press, slack)
        with program.daemon() as daemon:
            daemon.wait_for("watching")
            daemon.until(lambda: socket_path(program.database).exists())
            people = program.run("alerts", "retry", "1").out
            daemon.until(lambda: slack.accepted)
            daemon.until(lambda: program.count("alerts", "state = 'sent'"))
            assert program.run("alerts", "retry", "--dead", "--json").json == {"retried": 0}
            assert "is sent, not dead" in program.run("alerts", "retry", "1", status=2).err
            pid = daemon.process.pid
            assert daemon.stop() == 0
    assert (
        people == f"1 alerts are back in the outbox; the daemon (process {pid}) sends them now.\n"
    )
    assert not socket_path(program.database).exists()
    assert "Huichon" in shown(slack.accepted[0])


def test_without_a_daemon_a_command_does_the_work_itself(
    program: Program, slack: SlackServer
) -> None:
    """Also where a daemon that was killed has left its socket."""
    with Press(1) as press:
        with_one_dead(program, press, slack)
        with program.daemon() as daemon:
            daemon.until(lambda: socket_path(program.database).exists())
            daemon.kill()
        assert socket_path(program.database).exists()
        out = program.run("alerts", "retry", "1").out
        assert "`wirewatch poll` or `wirewatch run` sends them" in out
        assert program.run("poll", "--json").json["alerts"]["sent"] == 1
        with program.daemon() as daemon:  # and the next one takes its place
            daemon.wait_for("watching")  # a poll before that might hold the database itself
            assert program.run("poll", "--json").json["pid"] == daemon.process.pid
            assert daemon.stop() == 0


def test_poll_is_handed_over(program: Program) -> None:
    with Press(3) as press:
        program.write(press.feeds)
        with program.daemon() as daemon:
            daemon.until(lambda: program.count_or_none("polls") == 3)
            pid = daemon.process.pid
            assert program.run("poll", "--json").json == {"pid": pid, "feeds": 0}
            assert program.run("poll", "feed 1", "--json").json == {"pid": pid, "feeds": 1}
            daemon.until(lambda: press.asked[1] == 2)
            people = program.run("poll", "--all").out
            daemon.until(lambda: min(press.asked.values()) == 2)
            assert f"The daemon runs (process {pid})" in people
            assert "3 feeds were made due now" in people
            refused = program.run("poll", "--all", "--no-alerts", status=2)
            assert f"in use by process {pid}" in refused.err
            assert "not a subscribed feed" in program.run("poll", "nobody", status=2).err
            assert daemon.stop() == 0


def test_reload(program: Program) -> None:
    with Press(2) as press:
        program.write(press.feeds[:1])
        assert "no daemon runs" in program.run("reload", status=2).err
        with program.daemon() as daemon:
            daemon.until(lambda: press.asked[0])
            daemon.until(lambda: socket_path(program.database).exists())
            good = program.config.read_text()
            rule = '[[alert]]\nname = "x"\nto = ["desk"]\nentities = ["no-such-plant"]\n'
            program.config.write_text(f"{good}{DESK}{rule}")
            wrong = program.run("reload", status=2)
            assert "the running daemon answers: " in wrong.err
            assert "no-such-plant" in wrong.err
            program.config.write_text(good)
            program.subscribe(press.feeds)
            told = program.run("reload", "--json").json
            assert told == {"pid": daemon.process.pid, "feeds": 2}
            daemon.until(lambda: press.asked[1])
            daemon.until(lambda: socket_path(program.database).exists())
            assert "goes on with 2 feeds" in program.run("reload").out
            assert daemon.stop() == 0


def test_a_command_that_has_the_database_at_a_reload_is_waited_for(program: Program) -> None:
    """The lock is let go of for a moment then, and any command may take it."""

    async def play() -> None:
        config = load(program.config, environ={})
        held = Store(config.database)
        asyncio.get_running_loop().call_later(0.6, held.close)
        async with AsyncExitStack() as stack:
            opened = await _assembled(stack, config, config, wall_clock)
            assert opened.store.subscribed()
        with Store(config.database), pytest.raises(BusyError):  # at the start it is not
            async with AsyncExitStack() as stack:
                await _assembled(stack, config, None, wall_clock)

    program.write(["https://one.example/rss"])
    asyncio.run(play())
