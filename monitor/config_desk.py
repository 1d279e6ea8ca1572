"""The `[desk]` tables: who may use the pages, and how they are known."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from alerts.secrets import Secret
from feeds.tables import Key, SettingError, Source, choice, one_line, read_table, span, text
from feeds.toml_lines import Where
from monitor.config_channels import Vault
from monitor.config_keys import secret_place

ROLES = ("reader", "reviewer", "admin")
"""Each may do what those before it may: read; judge; see what Datasette keeps for its operator."""

LOGINS = ("none", "password", "proxy")

_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?", re.IGNORECASE)
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
_PBKDF2 = re.compile(r"pbkdf2_sha256\$(\d{5,8})\$([^$]{8,})\$([A-Za-z0-9+/=]{40,})")
MIN_TOKEN = 20  # characters: what nobody guesses


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person who may log in, or whom the proxy has logged in."""

    name: str
    role: str = "reviewer"
    password: Secret | None = None  # its hash


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A program that may read, or judge."""

    name: str
    token: Secret
    role: str = "reader"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskConfig:
    """How the desk is reached and who may use it."""

    reviewer: str = ""  # whose judgements these are where no login is asked; "" = the system's user
    login: str = "none"  # none | password | proxy
    hosts: tuple[str, ...] = ()  # names under which it may be asked for, besides this computer's
    base_url: str = "/"  # the folder under which a proxy shows it
    session: int = 12 * 3600  # seconds until a login has to be renewed
    proxies: tuple[str, ...] = ()  # addresses whose headers are believed
    proxy_header: str = "X-Forwarded-User"  # holds the user's name
    proxy_role: str = ""  # of users that are not listed; "" = they are refused
    users: Mapping[str, User] = field(default_factory=dict)
    tokens: tuple[Token, ...] = ()
    translate: str = ""  # a translator's address with {url}; "" = no such link
    tiles: str = ""  # a map service's tiles, with {z}, {x}, {y}; "" = nobody is asked for a map
    tiles_credit: str = ""  # what the service wants to be named with


def _host(value: object) -> str:
    host = text(value).lower()
    if not _HOST.fullmatch(host):
        raise SettingError('must be a host name without port, such as "desk.example.org"')
    return host


def _network(value: object) -> str:
    try:
        return str(ipaddress.ip_network(text(value)))
    except ValueError:
        raise SettingError('must be an address or a network, such as "10.0.0.0/24"') from None


def _header(value: object) -> str:
    name = text(value)
    if not _HEADER.fullmatch(name):
        raise SettingError('must be the name of a header, such as "X-Forwarded-User"')
    return name


def _base_url(value: object) -> str:
    path = text(value)
    if not re.fullmatch(r"/([A-Za-z0-9_-]+/)*", path):
        raise SettingError('must begin and end with a slash, such as "/desk/"')
    return path


def _translator(value: object) -> str:
    address = text(value)
    if not re.fullmatch(r"https://[^\s<>\"']+", address) or address.count("{url}") != 1:
        raise SettingError("must be an https address with {url} in it, where the link goes")
    return address


def _tiles(value: object) -> str:
    address = text(value)
    host = r"https://(\{s\}\.)?[A-Za-z0-9.-]+(:\d{1,5})?/"
    if not re.match(host, address) or not re.fullmatch(r"[^\s<>\"';,]+", address):
        raise SettingError("must be an https address, as the map service tells it")
    if any(address.count(part) != 1 for part in ("{z}", "{x}", "{y}")):
        raise SettingError("must have {z}, {x} and {y} in it, where the tile's place goes")
    return address


_SESSION = 'must be seconds, or text such as "12h" or "7d", from 5 minutes to 90 days'

DESK_KEYS = {
    "reviewer": Key(read=one_line(100)),
    "login": Key(read=choice(*LOGINS)),
    "hosts": Key(read=_host, many=True),
    "base_url": Key(read=_base_url),
    "session": Key(read=span(300, 90 * 86400, _SESSION)),
    "proxies": Key(read=_network, many=True),
    "proxy_header": Key(read=_header),
    "proxy_role": Key(read=choice(*ROLES)),
    "translate": Key(read=_translator),
    "tiles": Key(read=_tiles),
    "tiles_credit": Key(read=one_line(200)),
}

_TABLES = {"user": Key(read=lambda value: value), "token": Key(read=lambda value: value)}

USER_KEYS = {
    "role": Key(read=choice(*ROLES)),
    "password": Key(read=secret_place, hidden=True),
}

TOKEN_KEYS = {
    "role": Key(read=choice(*ROLES)),
    "token": Key(read=secret_place, needed=True, hidden=True),
}


def read_desk(source: Source, vault: Vault | None) -> DeskConfig:
    """The desk's settings. Without a vault secrets are checked in form only, and left out."""
    table = source.data.get("desk", {})
    settings = read_table(source, table, ("desk",), {**DESK_KEYS, **_TABLES})
    settings = {name: value for name, value in settings.items() if value is not None}
    users = _named(source, "user", settings.pop("user", {}), USER_KEYS)
    tokens = _named(source, "token", settings.pop("token", {}), TOKEN_KEYS)
    config = DeskConfig(
        **settings,
        users={name: _user(source, name, found, vault) for name, found in users.items()},
        tokens=tuple(t for n, found in tokens.items() for t in _token(source, n, found, vault)),
    )
    _check(source, config, {name for name, found in users.items() if "password" in found})
    return config


def _named(source: Source, kind: str, tables: object, keys: Mapping[str, Key]) -> dict[str, Any]:
    if not isinstance(tables, Mapping) or not all(isinstance(t, Mapping) for t in tables.values()):
        source.wrong(("desk", kind), f"write [desk.{kind}.NAME]: each has a name")
        return {}
    found: dict[str, Any] = {}
    for name, table in tables.items():
        where = ("desk", kind, name)
        if not name.strip() or not name.isprintable() or len(name) > 100:
            source.wrong(where, "must have a name of at most 100 characters on one line")
            continue
        settings = read_table(source, table, where, keys)
        found[name] = {key: value for key, value in settings.items() if value is not None}
    return found


def _user(source: Source, name: str, found: dict[str, Any], vault: Vault | None) -> User:
    where = ("desk", "user", name, "password")
    password = _secret(source, where, found.get("password"), vault, _check_hash)
    return User(name=name, role=found.get("role", "reviewer"), password=password)


def _token(source: Source, name: str, found: dict[str, Any], vault: Vault | None) -> list[Token]:
    where = ("desk", "token", name, "token")
    token = _secret(source, where, found.get("token"), vault, _check_token)
    role = found.get("role", "reader")
    return [Token(name=name, token=token, role=role)] if token else []


def _secret(
    source: Source,
    where: Where,
    reference: str | None,
    vault: Vault | None,
    check: Callable[[str], None],
) -> Secret | None:
    if reference is None or vault is None:
        return None
    try:
        secret = vault.secret(reference)
        check(secret.reveal())
    except SettingError as error:
        source.wrong(where, str(error))
        return None
    return secret


def _check_hash(value: str) -> None:
    if not _PBKDF2.fullmatch(value.strip()):
        raise SettingError("must hold a hash, as `wirewatch serve --hash-password` prints it")


def _check_token(value: str) -> None:
    if len(value) < MIN_TOKEN or not value.isascii() or not value.isprintable():
        raise SettingError(f"must hold at least {MIN_TOKEN} characters of ASCII on one line")


def _check(source: Source, config: DeskConfig, with_password: set[str]) -> None:
    """What the settings mean together."""
    if config.login == "password" and not with_password:
        source.wrong(("desk", "login"), "nobody could log in: no [desk.user.NAME] has a password")
    if config.login == "proxy" and not config.proxies:
        source.wrong(
            ("desk", "proxies"), 'is missing: with login = "proxy" it says whom to believe'
        )
    if config.login == "proxy" and not config.users and not config.proxy_role:
        source.wrong(("desk", "login"), "nobody could log in: add [desk.user.NAME] or proxy_role")
    if config.login == "none" and with_password:
        source.wrong(("desk", "login"), 'passwords are set, so this must be "password"')
