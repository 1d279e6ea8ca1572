"""What a channel needs to know, checked as soon as it is written down."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.utils import parseaddr
from urllib.parse import urlsplit

from alerts.apprise_library import is_installed, knows
from alerts.errors import SettingsError
from alerts.secrets import Secret

PORTS = {"starttls": 587, "tls": 465, "none": 25}  # RFC 8314, section 3; RFC 5321, section 4.5.4.2

SHORTEST_KEY = 16  # characters of a signing key

DIALOGUE_SECONDS = 120.0  # greeting to DATA. RFC 5321 grants minutes a step; a queue may try again
ANSWER_SECONDS = 600.0  # RFC 5321, section 4.5.3.2.6: giving up sooner makes duplicates (RFC 1047)

_NAME = re.compile(r"[^\s:]{1,60}")
_HOST = re.compile(r"([A-Za-z0-9_-]{1,63}\.)*[A-Za-z0-9_-]{1,63}\.?|[0-9A-Fa-f:]*:[0-9A-Fa-f:]*")
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackSettings:
    """An incoming webhook. Its URL is the password.

    Raises:
        SettingsError: the name or the URL cannot be used.
    """

    name: str
    webhook_url: Secret

    def __post_init__(self) -> None:
        _check_name(self.name)
        _check_https(self.name, "webhook_url", self.webhook_url.reveal())


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackBotSettings:
    """A bot's token, and the channel that it writes to.

    Raises:
        SettingsError: a value cannot be used.
    """

    name: str
    token: Secret  # xoxb-…
    channel: str  # id of the channel, C0123456789
    api_url: str = "https://slack.com/api"  # GovSlack has its own

    def __post_init__(self) -> None:
        _check_name(self.name)
        _check_https(self.name, "api_url", self.api_url)
        if not re.fullmatch(r"[A-Z0-9]{8,30}", self.channel):
            problem = "is not a channel's id such as C0123456789 (its details show it)"
            raise SettingsError(self.name, "channel", problem)
        if not re.fullmatch(r"[\x21-\x7e]+", self.token.reveal()):
            raise SettingsError(self.name, "token", "is not a bot token (xoxb-…)")


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSettings:
    """An address that takes JSON, and the key that it is signed with.

    Raises:
        SettingsError: a value cannot be used.
    """

    name: str
    url: Secret  # may hold a password
    secret: Secret

    def __post_init__(self) -> None:
        _check_name(self.name)
        _check_https(self.name, "url", self.url.reveal())
        if len(self.secret.reveal()) < SHORTEST_KEY:
            problem = f"is shorter than {SHORTEST_KEY} characters: it could be guessed"
            raise SettingsError(self.name, "secret", problem)


@dataclass(frozen=True, slots=True, kw_only=True)
class AppriseSettings:
    """An address as the Apprise library writes it.

    Raises:
        SettingsError: the library is not installed or does not know the address.
    """

    name: str
    apprise_url: Secret

    def __post_init__(self) -> None:
        _check_name(self.name)
        if not is_installed():
            problem = "needs the Apprise library: pip install 'wirewatch[apprise]'"
            raise SettingsError(self.name, "type", problem)
        if not knows(self.apprise_url.reveal()):
            raise SettingsError(self.name, "apprise_url", "is not an address that Apprise knows")


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailSettings:
    """A mail server that takes messages for others, and the people they are for.

    Raises:
        SettingsError: a value cannot be used, or a password would travel unencrypted.
    """

    name: str
    host: str
    sender: str  # desk@example.org, or Wirewatch <desk@example.org>
    to: tuple[str, ...]
    port: int | None = None  # None = by `security`: 587, 465 or 25
    security: str = "starttls"  # starttls | tls | none
    username: str = ""  # "" = no login
    password: Secret | None = None
    timeout: float = DIALOGUE_SECONDS  # seconds for the whole dialogue up to the message
    data_timeout: float = ANSWER_SECONDS  # seconds for the server to say that it has the message

    def __post_init__(self) -> None:
        _check_name(self.name)
        for key, good, problem in self._checks():
            if not good:
                raise SettingsError(self.name, key, problem)

    def _checks(self) -> list[tuple[str, bool, str]]:
        addresses = [address.casefold() for address in self.to]
        bad = [address for address in self.to if not _is_address(address)]
        return [
            ("host", bool(_HOST.fullmatch(self.host)), "is not a host name"),
            ("security", self.security in PORTS, f"is not one of {', '.join(PORTS)}"),
            ("port", self.port is None or 0 < self.port < 65_536, "is not between 1 and 65535"),
            ("sender", _is_address(parseaddr(self.sender)[1]), "is not an ASCII mail address"),
            ("to", bool(self.to), "names nobody"),
            ("to", not bad, f"not an ASCII mail address: {', '.join(map(repr, bad))}"),
            ("to", len(set(addresses)) == len(addresses), "names an address twice"),
            ("password", bool(self.username) == bool(self.password), "goes with a username"),
            ("security", self.security != "none" or not self.password, "a password needs TLS"),
            ("timeout", self.timeout > 0, "is not above 0"),
            ("data_timeout", self.data_timeout > 0, "is not above 0"),
        ]


ChannelSettings = (
    SlackSettings | SlackBotSettings | EmailSettings | WebhookSettings | AppriseSettings
)


def _check_https(channel: str, key: str, url: str) -> None:
    try:
        parts = urlsplit(url)
        plain = parts.scheme == "http" and parts.hostname in _LOOPBACK
        good = bool(parts.hostname) and (parts.scheme == "https" or plain)
    except ValueError:
        good = False
    if not good:
        raise SettingsError(channel, key, "is not an https address")


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise SettingsError(name, "name", "must be 1 to 60 characters without blank or colon")


def _is_address(text: str) -> bool:
    return len(text) <= 254 and bool(_ADDRESS.fullmatch(text))  # RFC 5321, section 4.5.3.1.3
