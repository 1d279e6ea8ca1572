"""Secrets of channels and of feeds, while everything fails that can: who says one?"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote

from benchmarks.proof.row import Outcome, Row, Scale
from monitor.control import socket_path
from tests.support import hook, slack
from tests.support.hook import AppriseServer, BotServer, HookServer, no
from tests.support.press import Press, mention, rss
from tests.support.program import Program
from tests.support.servers import Request, reply
from tests.support.slack import Fault, SlackServer
from tests.support.smtp import PASSWORD, USER, MailServer, authority

# ── the channels, and how their servers fail ─────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A channel, its server, its secrets, and how its server fails."""

    server: Callable[[], Any]
    settings: Callable[[Any], str]
    environment: Callable[[Any], dict[str, str]]
    secrets: tuple[str, ...]
    failures: dict[str, Callable[[Any], object]]


def _faults(*some: Fault) -> Callable[[Any], object]:
    return lambda server: server.faults.extend(some * 4)


def _failures(secret: str, *more: str) -> dict[str, Callable[[Any], object]]:
    """Of whatever is posted to. A server may say what it was sent: address, token, key."""
    echo = f"unknown: {secret} {' '.join(more)}"
    location = {"Location": f"http://127.0.0.1:9/{secret}"}
    return {
        "refused": _faults(Fault(status=404, body=echo)),
        "broken": _faults(Fault(status=500, body=echo)),
        "limited": _faults(Fault(status=429, body=echo, headers={"Retry-After": "1"})),
        "redirected": _faults(Fault(status=302, headers=location)),
        "lost": _faults(Fault(accept=True, drop=True)),
        "gone": lambda server: server.stop(),
    }


WAYS = {
    "slack": Way(
        server=SlackServer,
        settings=lambda _: 'type = "slack"\nwebhook_url = "env:SECRET"\n',
        environment=lambda server: {"SECRET": server.url},
        secrets=(slack.TOKEN,),
        failures=_failures(slack.TOKEN),
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
            **_failures(hook.BOT_TOKEN),
            "not let in": _faults(no("invalid_auth")),
            "told back": _faults(Fault(body=f'{{"ok": false, "error": "{hook.BOT_TOKEN}"}}')),
        },
    ),
    "webhook": Way(
        server=HookServer,
        settings=lambda _: 'type = "webhook"\nurl = "env:SECRET"\nsecret = "env:KEY"\n',
        environment=lambda server: {"SECRET": server.url, "KEY": hook.KEY},
        secrets=(hook.PATH_TOKEN, hook.KEY),
        failures=_failures(hook.PATH_TOKEN, hook.KEY),
    ),
    "apprise": Way(
        server=AppriseServer,
        settings=lambda _: 'type = "apprise"\napprise_url = "env:SECRET"\n',
        environment=lambda server: {"SECRET": f"{server.url}?rto=5&cto=5"},
        secrets=(hook.PATH_TOKEN,),
        failures=_failures(hook.PATH_TOKEN),
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

# ── a feed that asks for a key and a cookie ──────────────────────────────────────────────────────

FEED_KEY = "FeedKeyThatNobodyMaySee"
FEED_COOKIE = "FeedCookieThatNobodyMaySee"
ACCESS = (
    '[access.paper]\nsites = ["{site}"]\ncookie = "env:FEED_COOKIE"\n'
    'headers = {{"X-Api-Key" = "env:FEED_KEY"}}\n'
)


def _let_in(press: Press, paper: int) -> Callable[[Request], bytes]:
    """A paper for those that have both."""

    def route(request: Request) -> bytes:
        good = (
            request.headers.get("x-api-key") == FEED_KEY
            and FEED_COOKIE in request.headers["cookie"]
        )
        return reply(rss(press.articles[paper])) if good else reply(status=403)

    return route


def _feed_failures() -> Iterator[Callable[[Request], bytes]]:
    """What the paper answers in the rounds; it says the key again."""
    echo = f"wrong key: {FEED_KEY} {FEED_COOKIE}".encode()
    yield lambda _: reply(echo, status=403)
    yield lambda _: reply(echo, status=500, headers=[("X-Wrong", FEED_KEY)])
    yield lambda _: reply(echo)
    yield lambda _: b"HTTP/1.1 " + echo + b"\r\n\r\n"
    yield lambda _: b""


# What tells of alerts and feeds afterwards.
COMMANDS = (
    ("alerts", "list", "--json"), ("alerts", "list"), ("alerts", "show", "1"),
    ("alerts", "show", "1", "--json"), ("feeds", "list", "--json"), ("stats", "--json"),
)  # fmt: skip

# ── all of it together ───────────────────────────────────────────────────────────────────────────


@contextmanager
def _desk(
    folder: Path, servers: Mapping[str, Any], build: Sequence[str]
) -> Iterator[tuple[Program, Press]]:
    """A program that has two feeds and a channel for each of the servers."""
    trusted = folder / "trusted.pem"
    authority().cert_pem.write_to_path(trusted)
    environment = {
        "SSL_CERT_FILE": str(trusted), "FEED_KEY": FEED_KEY, "FEED_COOKIE": f"session={FEED_COOKIE}",
    }  # fmt: skip
    channels = []
    for name, server in servers.items():
        way, own = WAYS[name], name.replace("-", "_").upper()
        environment |= {f"{own}_{k}": v for k, v in way.environment(server).items()}
        settings = way.settings(server).replace("env:", f"env:{own}_")
        channels.append(f"[channel.{name}]\n{settings}")
    program = Program(folder, environment)
    # Apprise imports imghdr where Python still has it.
    quiet = ("-W", "ignore:'imghdr' is deprecated:DeprecationWarning")
    program.command = (*quiet, *(build or program.command))
    with Press(2) as press:
        press.odd[1] = _let_in(press, 1)
        rule = f'[[alert]]\nname = "everything"\nto = {list(servers)}\nmost_an_hour = 0\n'
        access = ACCESS.format(site=press.feed(1).rpartition("/")[0])
        program.write(press.feeds, "".join([*channels, rule, access]))
        text = program.config.read_text()
        program.config.write_text(text.replace("[log]", '[log]\nlevel = "debug"'))
        press.articles[1] = (mention(1, paper=1),)
        program.run("poll", "--all")
        assert program.count("items", "feed = 2") == 1, "the paper saw its key"
        yield program, press


def _forms(secret: str) -> set[str]:
    """As it is, and as it stands in addresses, headers and dialogues."""
    coded = base64.b64encode(secret.encode()).decode().rstrip("=")
    login = base64.b64encode(f"\0{USER}\0{secret}".encode()).decode().rstrip("=")
    return {secret, quote(secret, safe=""), coded, login}


def _rounds(names: Iterable[str], scale: Scale) -> list[dict[str, str]]:
    """Which failure each meets: its own, one after the other, and in the end all are gone."""
    kinds = {name: [kind for kind in WAYS[name].failures if kind != "gone"] for name in names}
    longest = max(map(len, kinds.values()))
    numbers = range(0, longest, scale.of(1, 4))
    found = [{n: of[min(number, len(of) - 1)] for n, of in kinds.items()} for number in numbers]
    return [*found, dict.fromkeys(kinds, "gone")]


def secrets(scale: Scale, build: Sequence[str] = ()) -> Outcome:
    """Alerts and polls meet each kind of failure; then everything that can be read is looked through."""
    names = [name for name in WAYS if name != "apprise" or find_spec("apprise")]
    kept = {FEED_KEY, FEED_COOKIE, *(secret for name in names for secret in WAYS[name].secrets)}
    with ExitStack() as stack:
        servers = {name: stack.enter_context(WAYS[name].server()) for name in names}
        program, press = stack.enter_context(_desk(scale.folder, servers, build))
        if not (build or scale.short):
            for name, server in servers.items():
                program.run("alerts", "test", name)
                assert len(server.accepted) == 1, f"{name}: the servers see the secrets"
        said = _said(program, press, servers, _rounds(names, scale), COMMANDS[:: scale.of(1, 2)])
    told = _found(kept, said)
    failed = program.count("alerts", "last_error <> ''")
    polls = program.count("polls", "status = 'error'")
    return Outcome(
        figure=(
            f"{len(kept)} secrets of {len(names)} channels and a feed, {failed} alerts and "
            f"{polls} polls that failed: found {len(told)} times in "
            f"{len(said)} places, {sum(map(len, said.values())) // 1000:,} kB"
            + (f" ({', '.join(sorted({where for where, _ in told}))})" if told else "")
        ),
        held=not told and failed >= 3 * len(names) and "archive" in said,
    )


def _found(kept: Iterable[str], said: Mapping[str, bytes]) -> list[tuple[str, str]]:
    forms = {form.encode() for secret in kept for form in _forms(secret)}
    return [
        (where, form.decode()) for where, text in said.items() for form in forms if form in text
    ]


def _said(
    program: Program,
    press: Press,
    servers: Mapping[str, Any],
    rounds: Sequence[dict[str, str]],
    commands: Iterable[tuple[str, ...]],
) -> dict[str, bytes]:
    """All that the program said and kept."""
    said: dict[str, str] = {}
    fails = list(_feed_failures())
    for number, failing in enumerate(rounds):
        press.odd[1] = fails[number % len(fails)]
        said[f"round {number}"] = _met(program, press, servers, number, failing)
    for words in commands:
        said[" ".join(words)] = program.run(*words).out
    said["daemon"] = _of_daemon(program)
    archive = b"".join(gzip.decompress(file.read_bytes()) for file in _archived(program))
    mails = (
        b"".join(bytes(mail) for mail in servers["email"].accepted) if "email" in servers else b""
    )
    posts = json.dumps([s.accepted for name, s in servers.items() if name != "email"])
    return {
        **{where: text.encode() for where, text in said.items()},
        "database": program.bytes_of_database(),
        "mails": mails,
        "messages": posts.encode(),
        **({"archive": archive} if archive else {}),
    }


def _archived(program: Program) -> Iterator[Path]:
    return (program.folder / "evidence").rglob("*.warc.gz")


def _met(
    program: Program, press: Press, servers: Mapping[str, Any], number: int, failing: dict[str, str]
) -> str:
    """An alert on each channel that meets its failure: what the program says of it."""
    for name, failure in failing.items():
        WAYS[name].failures[failure](servers[name])
    press.articles[0] += (mention(number + 2),)
    ran = program.run("poll", "--all", "--json", status=1)
    lines = list(map(json.loads, ran.err.splitlines()))
    told = [line for line in lines if "not delivered" in line["event"]]
    assert {line["channel"].partition(":")[0] for line in told} == set(servers), failing
    for server in servers.values():
        if hasattr(server, "faults"):
            server.faults.clear()
    return ran.out + ran.err


def _of_daemon(program: Program) -> str:
    """What the daemon says of the same, and what it answers. The servers are gone by then."""
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


ROWS = (
    Row(
        name="secrets",
        promise="no secret is in the database, the archive, a log, an error, a message: whatever fails",
        run=secrets,
        without="masking: errors say what was said to us",
        twin=lambda scale: secrets(scale, ("-m", "tests.support.unbounded", "tells")),
    ),
)
