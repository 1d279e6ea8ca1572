"""The secret of every channel: in no log, row, output or error, whatever kind of failure there is."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
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
def desk(folder: Path, servers: Mapping[str, Any]) -> Iterator[tuple[Program, Press]]:
    """A program that has one feed and a channel for each of the servers."""
    trusted = folder / "trusted.pem"
    authority().cert_pem.write_to_path(trusted)
    environment = {"SSL_CERT_FILE": str(trusted)}
    channels = []
    for name, server in servers.items():
        way, own = WAYS[name], name.replace("-", "_").upper()
        environment |= {f"{own}_{k}": v for k, v in way.environment(server).items()}
        settings = way.settings(server).replace("env:", f"env:{own}_")
        channels.append(f"[channel.{name}]\n{settings}")
    program = Program(folder, environment)
    # Apprise imports imghdr where Python still has it.
    program.command = ("-W", "ignore:'imghdr' is deprecated:DeprecationWarning", *program.command)
    with Press(1) as press:
        rule = f'[[alert]]\nname = "everything"\nto = {list(servers)}\nmost_an_hour = 0\n'
        program.write(press.feeds, "".join([*channels, rule]))
        text = program.config.read_text()
        program.config.write_text(text.replace("[log]", '[log]\nlevel = "debug"'))
        program.run("poll", "--all")
        yield program, press


def forms(secret: str) -> tuple[str, ...]:
    """As it is, and as it stands in addresses, headers and dialogues."""
    coded = base64.b64encode(secret.encode()).decode().rstrip("=")
    login = base64.b64encode(f"\0{USER}\0{secret}".encode()).decode().rstrip("=")
    return tuple({secret, quote(secret, safe=""), coded, login})


def installed() -> list[str]:
    """All of them, but for an extra that is not there."""
    return [name for name in WAYS if name != "apprise" or find_spec("apprise")]


def rounds(names: Sequence[str]) -> Iterator[dict[str, str]]:
    """Which failure each meets: its own, one after the other, and in the end all are gone."""
    kinds = {name: [kind for kind in WAYS[name].failures if kind != "gone"] for name in names}
    for number in range(max(map(len, kinds.values()))):
        yield {name: of[min(number, len(of) - 1)] for name, of in kinds.items()}
    yield dict.fromkeys(names, "gone")


@pytest.mark.timeout(300)  # two dozen processes, one after the other
def test_no_secret_is_said(tmp_path: Path) -> None:
    """Alerts meet each kind of failure; then everything that can be read is looked through."""
    names = installed()
    with ExitStack() as stack:
        servers = {name: stack.enter_context(WAYS[name].server()) for name in names}
        program, press = stack.enter_context(desk(tmp_path, servers))
        for name, server in servers.items():
            program.run("alerts", "test", name)
            assert len(server.accepted) == 1, f"{name}: the servers see the secrets"
        said = {}
        for number, failing in enumerate(rounds(names)):
            said[str(failing)] = met(program, press, servers, number, failing)
        for name in names:
            ran = program.run("alerts", "test", name, "--json", status=1)
            said[f"test {name}"] = ran.out + ran.err
        for words in (("list",), ("list", "--json"), ("show", "1"), ("show", "1", "--json")):
            said[" ".join(words)] = program.run("alerts", *words).out
        said["stats"] = program.run("stats", "--json").out
        said["daemon"] = of_daemon(program)
    secrets = {secret for name in names for secret in WAYS[name].secrets}
    for form in (form for secret in secrets for form in forms(secret)):
        for where, text in said.items():
            assert form not in text, f"{where}: {text}"
        assert form.encode() not in program.bytes_of_database()


def met(
    program: Program, press: Press, servers: Mapping[str, Any], number: int, failing: dict[str, str]
) -> str:
    """An alert on each channel that meets its failure: what the program says of it."""
    for name, failure in failing.items():
        WAYS[name].failures[failure](servers[name])
    press.articles[0] += (mention(number + 1),)
    ran = program.run("poll", "--all", "--json", status=1)
    told = [
        line for line in map(json.loads, ran.err.splitlines()) if "not delivered" in line["event"]
    ]
    assert {line["channel"].partition(":")[0] for line in told} == set(servers), failing
    for server in servers.values():
        if hasattr(server, "faults"):
            server.faults.clear()
    return ran.out + ran.err


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
