"""One rig a channel: the channel, a server for it, and its faults under shared names."""

from __future__ import annotations

import asyncio
import html
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import pytest

from alerts.apprise import AppriseChannel
from alerts.email import EmailChannel
from alerts.secrets import Secret
from alerts.settings import (
    AppriseSettings,
    EmailSettings,
    SlackBotSettings,
    SlackSettings,
    WebhookSettings,
)
from alerts.slack import SlackChannel
from alerts.slack_bot import SlackBotChannel
from alerts.types import Alert, Channel, PostAnswer, Receipt
from alerts.webhook import WebhookChannel
from tests.support import hook, slack
from tests.support.clock import Clock
from tests.support.hook import AppriseServer, BotServer, HookServer
from tests.support.posting import poster
from tests.support.slack import Fault, SlackServer
from tests.support.smtp import PASSWORD, USER, MailServer, Page, client_tls, parts

PATIENCE = 20.0  # seconds a test's channel waits for an answer: more than a busy machine takes
HASTE = 0.3  # seconds it waits for one that never comes
ANALYST = "analyst@example.org"

_PLAIN_TAGS = {
    *("html", "head", "meta", "title", "body", "div", "h1", "a", "p"),
    *("blockquote", "b", "table", "tr", "th", "td"),
}


@dataclass(frozen=True)
class Arrival:
    """A message as its reader has it."""

    text: str  # all words on the screen
    links: list[str]
    active: list[str]  # anything else that does something: mentions, tags, headers
    key: str  # by which the program shows a repeat once; "" = it has none


class Rig:
    """What the contract suite needs of a channel."""

    token: str
    channel: Channel
    server: Any  # with `faults`, one of which each message meets
    _FAULTS: ClassVar[dict[str, Any]]

    def __init__(self) -> None:
        self.clock = Clock()
        self.patience = PATIENCE

    def fault(self, name: str) -> None:
        """Have the next message meet a fault."""
        self.wait(HASTE if name == "stalled" else PATIENCE)
        self.server.faults.append(self._FAULTS[name])

    def wait(self, seconds: float) -> None:
        """Have the channel wait no longer than this for an answer."""
        self.patience = seconds

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> PostAnswer:
        return await poster(self.patience)(url, body, headers)

    def arrivals(self) -> list[Arrival]:
        raise NotImplementedError

    def send(self, alert: Alert) -> Receipt:
        receipt = asyncio.run(self.channel.send(alert))
        self.wait(PATIENCE)
        return receipt


class SlackRig(Rig):
    token = slack.TOKEN
    _FAULTS: ClassVar = {
        "refused": Fault(status=410, body="channel_is_archived"),
        "busy": Fault(status=503, body="rollup_error"),
        "limited": Fault(status=429, body="rate_limited", headers={"Retry-After": "42"}),
        "lost": Fault(accept=True, drop=True),
        "stalled": Fault(accept=True, silent=True),
    }

    def __init__(self, server: SlackServer) -> None:
        super().__init__()
        self.server = server
        settings = SlackSettings(name="desk", webhook_url=Secret(server.url))
        self.channel = SlackChannel(settings, self.post, self.clock.now, sleep=self.clock.sleep)

    def arrivals(self) -> list[Arrival]:
        return [_slack_arrival(message) for message in self.server.accepted]

    def refuse_login(self) -> None:
        self.server.faults.append(Fault(status=403, body=f"invalid_token {slack.TOKEN}"))

    def send_raw(self) -> PostAnswer:
        return asyncio.run(self.post(self.server.url, b"{}", {}))


def _slack_arrival(message: dict) -> Arrival:
    controls = slack.controls(message)
    links = [html.unescape(c.partition("|")[0]) for c in controls if c.startswith("http")]
    active = [c for c in controls if not c.startswith("http")]
    return Arrival(text=slack.shown(message), links=links, active=active, key="")


class EmailRig(Rig):
    token = PASSWORD
    _FAULTS: ClassVar = {
        "refused": "550 5.1.1 no such mailbox",
        "busy": "451 4.3.0 try again",
        "limited": "421 4.7.0 too many messages",
        "lost": "drop",
        "stalled": "stall",
    }

    def __init__(self, server: MailServer) -> None:
        super().__init__()
        self.server = server
        settings = EmailSettings(
            name="desk-mail",
            host="127.0.0.1",
            port=server.port,
            sender="Wirewatch <wirewatch@example.org>",
            to=(ANALYST,),
            username=USER,
            password=Secret(PASSWORD),
            timeout=20,
            data_timeout=PATIENCE,
        )
        self.channel = EmailChannel(settings, ANALYST, self.clock.now, tls=client_tls())

    def wait(self, seconds: float) -> None:
        super().wait(seconds)
        self.channel._settings = replace(self.channel._settings, data_timeout=seconds)

    def arrivals(self) -> list[Arrival]:
        return [_mail_arrival(mail) for mail in self.server.accepted]

    def refuse_login(self) -> None:
        self.server.password = "another"


_HEADERS = {
    *("From", "To", "Subject", "Date", "Message-ID", "List-Id", "Auto-Submitted"),
    *("MIME-Version", "Content-Type"),
}


def _mail_arrival(mail) -> Arrival:
    text, source = parts(mail)
    page = Page(source)
    strange = [name for name in mail if name not in _HEADERS]
    strange += sorted(page.tags - _PLAIN_TAGS)
    strange += sorted(page.attributes - {"style", "lang", "dir", "href", "charset", "scope"})
    words = "\n".join((mail["Subject"], text, page.words))
    return Arrival(text=words, links=page.links, active=strange, key=mail["Message-ID"])


_REFUSALS: dict = {
    "refused": Fault(status=410, body="the channel is archived"),
    "busy": Fault(status=503, body="try again"),
    "limited": Fault(status=429, body="slowly", headers={"Retry-After": "42"}),
    "lost": Fault(accept=True, drop=True),
    "stalled": Fault(accept=True, silent=True),
}


class BotRig(Rig):
    token = hook.BOT_TOKEN
    _FAULTS: ClassVar = {**_REFUSALS, "refused": hook.no("is_archived")}

    def __init__(self, server: BotServer) -> None:
        super().__init__()
        self.server = server
        settings = SlackBotSettings(
            name="threads", token=Secret(hook.BOT_TOKEN), channel=hook.ROOM, api_url=server.url
        )
        self.channel = SlackBotChannel(settings, self.post, self.clock.now, sleep=self.clock.sleep)

    def arrivals(self) -> list[Arrival]:
        return [_slack_arrival(message) for message in self.server.accepted]

    def refuse_login(self) -> None:
        self.server.faults.append(hook.no(f"invalid_auth_{hook.BOT_TOKEN[5:9]}"))


class HookRig(Rig):
    token = hook.PATH_TOKEN
    _FAULTS = _REFUSALS

    def __init__(self, server: HookServer) -> None:
        super().__init__()
        self.server = server
        settings = WebhookSettings(name="hook", url=Secret(server.url), secret=Secret(hook.KEY))
        self.channel = WebhookChannel(settings, self.post, self.clock.now)

    def arrivals(self) -> list[Arrival]:
        pairs = zip(self.server.accepted, self.server.headers, strict=True)
        return [_hook_arrival(message, headers["webhook-id"]) for message, headers in pairs]

    def refuse_login(self) -> None:
        self.server.faults.append(Fault(status=401, body=f"wrong: {hook.PATH_TOKEN} {hook.KEY}"))


def _hook_arrival(message: dict, key: str) -> Arrival:
    words = "\n".join((message["title"], message["rule"], message["snippet"], message["text"]))
    return Arrival(text=words, links=[message["url"]] * bool(message["url"]), active=[], key=key)


class AppriseRig(Rig):
    """By Apprise's JSON notification; the other services get the same two texts."""

    token = hook.PATH_TOKEN
    _FAULTS = _REFUSALS

    def __init__(self, server: AppriseServer) -> None:
        super().__init__()
        self.server = server
        settings = AppriseSettings(name="phone", apprise_url=self._address())
        self.channel = AppriseChannel(settings, self.clock.now)

    def _address(self) -> Secret:
        return Secret(f"{self.server.url}?rto={self.patience}&cto=5")

    def wait(self, seconds: float) -> None:
        super().wait(seconds)
        self.channel._url = self._address()

    def arrivals(self) -> list[Arrival]:
        said = [(m["title"], m["message"]) for m in self.server.accepted]
        return [
            Arrival(
                text=f"{title}\n{text}",
                links=[line for line in text.splitlines() if line.startswith("https://")],
                active=[],
                key="",
            )
            for title, text in said
        ]

    def refuse_login(self) -> None:
        self.server.faults.append(Fault(status=401, body=f"wrong: {hook.PATH_TOKEN}"))


@pytest.fixture
def bot_rig() -> Iterator[BotRig]:
    with BotServer() as server:
        yield BotRig(server)


@pytest.fixture
def hook_rig() -> Iterator[HookRig]:
    with HookServer() as server:
        yield HookRig(server)


@pytest.fixture
def apprise_rig() -> Iterator[AppriseRig]:
    pytest.importorskip("apprise", reason="needs the extra: pip install 'wirewatch[apprise]'")
    with AppriseServer() as server:
        yield AppriseRig(server)


@pytest.fixture
def slack_rig() -> Iterator[SlackRig]:
    with SlackServer() as server:
        yield SlackRig(server)


@pytest.fixture
def email_rig() -> Iterator[EmailRig]:
    with MailServer(security="starttls", login=True) as server:
        yield EmailRig(server)


@pytest.fixture(params=["slack_rig", "email_rig", "bot_rig", "hook_rig", "apprise_rig"])
def rig(request: pytest.FixtureRequest) -> Rig:
    """Every channel in turn."""
    return request.getfixturevalue(request.param)
