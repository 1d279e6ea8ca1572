"""The secret of every channel: in no log, row, output or error, whatever kind of failure there is."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from monitor.control import socket_path
from tests.support import hook, slack
from tests.support.hook import AppriseServer, BotServer, HookServer, no
from tests.support.press import Press, mention
from tests.support.program import Program
from tests.support.slack import Fault, SlackServer
from tests.support.smtp import PASSWORD, USER, MailServer, authority

RULE = '[[alert]]\nname = "everything"\nto = ["desk"]\nmost_an_hour = 0\n'


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A channel, its server, its secrets, and how its server fails."""

    server: Callable[[], Any]
    settings: Callable[[Any], str]
    environment: Callable[[Any], dict[str, str]]
    secrets: tuple[str, ...]
    failures: dict[str, Callable[[Any], object]]


def faults(*some: Fault) -> Callable[[Any], object]:
    return lambda server: server.faults.extend(some * 4)


def failures(secret: str, *more: str) -> dict[str, Callable[[Any], object]]:
    """Of whatever is posted to. A server may say what it was sent: address, token, key."""
    echo = f"unknown: {secret} {' '.join(more)}"
    location = {"Location": f"http://127.0.0.1:9/{secret}"}
    return {
        "refused": faults(Fault(status=404, body=echo)),
        "broken": faults(Fault(status=500, body=echo)),
        "limited": faults(Fault(status=429, body=echo, headers={"Retry-After": "1"})),
        "redirected": faults(Fault(status=302, headers=location)),
        "lost": faults(Fault(accept=True, drop=True)),
        "gone": lambda server: server.stop(),
    }


WAYS = {
    "slack": Way(
        server=SlackServer,
        settings=lambda _: 'type = "slack"\nwebhook_url = "env:SECRET"\n',
        environment=lambda server: {"SECRET": server.url},
        secrets=(slack.TOKEN,),
        failures=failures(slack.TOKEN),
    ),
    "slack-bot": Way(
        server=BotServer,
        settings=lambda server: (
            'type = "slack-bot"\ntoken = "env:SECRET"\n'
            f'channel = "{hook.ROOM}"\napi_url = "{server.url}"\n'
        ),
        environment=lambda _: {"SECRET": hook.BOT_TOKEN},
        secrets=(hook.BOT_TOKEN,),
        failures={
            **failures(hook.BOT_TOKEN),
            "not let in": faults(no("invalid_auth")),
            "told back": faults(Fault(body=f'{{"ok": false, "error": "{hook.BOT_TOKEN}"}}')),
        },
    ),
    "webhook": Way(
        server=HookServer,
        settings=lambda _: 'type = "webhook"\nurl = "env:SECRET"\nsecret = "env:KEY"\n',
        environment=lambda server: {"SECRET": server.url, "KEY": hook.KEY},
        secrets=(hook.PATH_TOKEN, hook.KEY),
        failures=failures(hook.PATH_TOKEN, hook.KEY),
    ),
    "apprise": Way(
        server=AppriseServer,
        settings=lambda _: 'type = "apprise"\napprise_url = "env:SECRET"\n',
        environment=lambda server: {"SECRET": f"{server.url}?rto=5&cto=5"},
        secrets=(hook.PATH_TOKEN,),
        failures=failures(hook.PATH_TOKEN),
    ),
    "email": Way(
        server=lambda: MailServer(security="starttls", login=True),
        settings=lambda server: (
            f'type = "email"\nhost = "localhost"\nport = {server.port}\n'
            f'sender = "w@example.org"\nto = ["a@example.org"]\n'
            f'username = "{USER}"\npassword = "env:SECRET"\ndata_timeout = 1\n'
        ),
        environment=lambda _: {"SECRET": PASSWORD},
        secrets=(PASSWORD,),
        failures={
            "refused": lambda server: server.faults.extend([f"550 {PASSWORD} no mailbox"] * 4),
            "busy": lambda server: server.faults.extend([f"451 {PASSWORD} later"] * 4),
            "lost": lambda server: server.faults.extend(["drop"] * 4),
            "stalled": lambda server: server.faults.extend(["stall"] * 4),
            "not let in": lambda server: setattr(server, "password", "another"),
            "gone": lambda server: server.stop(),
        },
    ),
}


@contextmanager
def desk(folder: Path, way: Way, server: Any) -> Iterator[tuple[Program, Press]]:
    """A program that has one channel and one feed."""
    trusted = folder / "trusted.pem"
    authority().cert_pem.write_to_path(trusted)
    program = Program(folder, {**way.environment(server), "SSL_CERT_FILE": str(trusted)})
    # Apprise imports imghdr where Python still has it.
    program.command = ("-W", "ignore:'imghdr' is deprecated:DeprecationWarning", *program.command)
    with Press(1) as press:
        channel = f"[channel.desk]\n{way.settings(server)}{RULE}"
        program.write(press.feeds, channel)
        text = program.config.read_text()
        program.config.write_text(text.replace("[log]", '[log]\nlevel = "debug"'))
        program.run("poll", "--all")
        yield program, press


def forms(secret: str) -> tuple[str, ...]:
    """As it is, and as it stands in addresses, headers and dialogues."""
    coded = base64.b64encode(secret.encode()).decode().rstrip("=")
    login = base64.b64encode(f"\0{USER}\0{secret}".encode()).decode().rstrip("=")
    return tuple({secret, quote(secret, safe=""), coded, login})


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> Way:
    if request.param == "apprise":
        pytest.importorskip("apprise", reason="needs the extra: pip install 'wirewatch[apprise]'")
    return WAYS[request.param]


@pytest.mark.timeout(300)  # two dozen processes, one after the other
def test_no_secret_is_said(tmp_path: Path, way: Way) -> None:
    """One alert meets each kind of failure; then everything that can be read is looked through."""
    with way.server() as server, desk(tmp_path, way, server) as (program, press):
        said = {}
        for number, (failure, begin) in enumerate(way.failures.items(), 1):
            begin(server)
            press.articles[0] += (mention(number),)
            ran = program.run("poll", "--all", "--json", status=1)
            assert f"alert {number} not delivered" in ran.err, failure
            said[failure] = ran.out + ran.err
            if hasattr(server, "faults"):
                server.faults.clear()
        ran = program.run("alerts", "test", "desk", "--json", status=1)
        said["test"] = ran.out + ran.err
        for words in (("list",), ("list", "--json"), ("show", "1"), ("show", "1", "--json")):
            said[" ".join(words)] = program.run("alerts", *words).out
        said["stats"] = program.run("stats", "--json").out
        said["daemon"] = of_daemon(program)
        for form in (form for secret in way.secrets for form in forms(secret)):
            for where, text in said.items():
                assert form not in text, f"{where}: {text}"
            assert form.encode() not in program.bytes_of_database()


def of_daemon(program: Program) -> str:
    """What the daemon says of the same, and what it answers. The server is gone by then."""
    program.edit(
        "UPDATE alerts SET state = 'pending', in_doubt = 0, next_try_at = '2026-01-01T00:00:00.000Z'"
    )
    with program.daemon() as daemon:
        daemon.wait_for("alert 1 not delivered")
        daemon.until(lambda: socket_path(program.database).exists())
        told = program.run("reload", "--json")
        daemon.until(lambda: sum("watching" in event["event"] for event in daemon.events()) == 2)
        assert daemon.stop() == 0
    return daemon.log.read_text() + told.out + told.err


def test_it_is_really_sent(tmp_path: Path, way: Way) -> None:
    """The servers of the test above do see the secrets, and take nothing without."""
    with way.server() as server, desk(tmp_path, way, server) as (program, _):
        program.run("alerts", "test", "desk")
        assert len(server.accepted) == 1
