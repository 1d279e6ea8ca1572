"""The `[access.NAME]` tables: what single sites are asked with, and the secrets among it."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from feeds.access import EVERYWHERE, Access
from feeds.feed_keys import FEED_KEYS
from feeds.fields import Fields
from feeds.tables import Key, SettingError, Source, read_table, text
from feeds.toml_lines import Where
from monitor.config_channels import Vault
from monitor.config_keys import secret_place

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # a field's name, RFC 9110 §5.6.2
_OURS = frozenset({"host", "connection", "content-length", "transfer-encoding", "user-agent"})
_PROXIES = ("http", "https", "socks5", "socks5h")


def _site(value: object) -> str:
    return EVERYWHERE if value == EVERYWHERE else str(FEED_KEYS["url"].read(value))


ACCESS_KEYS = {
    "sites": Key(read=_site, needed=True, many=True),
    "username": Key(read=text),
    "password": Key(read=secret_place, hidden=True),
    "cookie": Key(read=secret_place, hidden=True),
    "proxy": Key(read=secret_place, hidden=True),
    "headers": Key(read=lambda table: table),
}


def read_access(source: Source, vault: Vault | None) -> tuple[Access, ...]:
    """The accesses without mistakes; without a vault their form is checked, and none comes back."""
    tables = source.data.get("access", {})
    if not isinstance(tables, Mapping) or not all(isinstance(t, Mapping) for t in tables.values()):
        source.wrong(("access",), "write [access.NAME]: each has a name")
        return ()
    read = [_Reading(source, name, vault).access(table) for name, table in tables.items()]
    return tuple(access for access in read if access is not None)


class _Reading:
    """One table on its way."""

    def __init__(self, source: Source, name: str, vault: Vault | None) -> None:
        self.source = source
        self.name = name
        self.vault = vault

    def access(self, table: Mapping[str, object]) -> Access | None:
        before = len(self.source.problems)
        settings = read_table(self.source, table, ("access", self.name), ACCESS_KEYS)
        headers = self._headers(settings.get("headers") or {})
        sites = tuple(filter(None, settings.get("sites") or ()))
        self._check(settings, headers, sites)
        fields = [*headers.items(), *self._login(settings), *self._cookie(settings)]
        proxy = self._proxy(settings)
        if self.vault is None or len(self.source.problems) > before:
            return None
        return Access(name=self.name, sites=sites, fields=self._encoded(fields), proxy=proxy)

    def _headers(self, table: object) -> dict[str, str]:
        if not isinstance(table, Mapping):
            self._wrong("headers", 'must be a table, such as {"X-Key" = "env:NAME"}')
            return {}
        found = {}
        for field, place in table.items():
            if not _TOKEN.fullmatch(field) or field.lower() in _OURS:
                self._wrong("headers", f"{field!r} is no header that may be set", field)
                continue
            try:
                found[field] = self._secret(("headers", field), secret_place(place))
            except SettingError as error:
                self._wrong("headers", str(error), field)
        return found

    def _check(
        self, settings: Mapping[str, object], headers: object, sites: tuple[str, ...]
    ) -> None:
        """How its settings go together."""
        sent = bool(headers or settings.get("username") or settings.get("cookie"))
        if settings.get("sites") == ():
            self._wrong("sites", "must not be empty")
        if EVERYWHERE in sites and sent:
            self._wrong(
                "sites", '"*" is for a proxy only: a secret belongs to sites that are named'
            )
        if any(site.startswith("http:") for site in sites) and settings.get("password"):
            self._wrong("sites", "a password is sent over https only; write https://")
        if bool(settings.get("username")) != bool(settings.get("password")):
            self._wrong("username", "username and password go together")
        if not sent and not settings.get("proxy"):
            self._wrong("", "needs a username and password, headers, a cookie or a proxy")

    def _login(self, settings: Mapping[str, object]) -> list[tuple[str, str]]:
        """RFC 7617: the characters in UTF-8."""
        if not settings.get("username") or not settings.get("password"):
            return []
        password = self._secret(("password",), str(settings["password"]))
        both = base64.b64encode(f"{settings['username']}:{password}".encode()).decode()
        return [("Authorization", f"Basic {both}")]

    def _cookie(self, settings: Mapping[str, object]) -> list[tuple[str, str]]:
        place = settings.get("cookie")
        return [("Cookie", self._secret(("cookie",), str(place)))] if place else []

    def _proxy(self, settings: Mapping[str, object]) -> str:
        if not settings.get("proxy") or self.vault is None:
            return ""
        url = self._secret(("proxy",), str(settings["proxy"])).strip()
        try:
            parts = urlsplit(url)
            good = parts.scheme in _PROXIES and parts.hostname and parts.port
        except ValueError:
            good = False
        if url and not good:
            kinds = ", ".join(f"{scheme}://" for scheme in _PROXIES)
            self._wrong("proxy", f"what stands there must be a URL with a port: {kinds}HOST:PORT")
        return url

    def _secret(self, key: Where, reference: str) -> str:
        """Its value; "" without a vault, and where it is not there, which is noted."""
        if self.vault is None:
            return ""
        try:
            return self.vault.secret(reference).reveal()
        except SettingError as error:
            self.source.wrong(("access", self.name, *key), str(error))
            return ""

    def _encoded(self, fields: list[tuple[str, str]]) -> Fields:
        """As they go over the wire: one line each, in Latin-1 (RFC 9110 §5.5)."""
        found = []
        for name, value in fields:
            raw = value.strip().encode("utf-8" if name == "Cookie" else "latin-1", "replace")
            if any(byte < 32 or byte == 127 for byte in raw):
                self._wrong("headers", f"{name}: a header is one line")
            found.append((name.encode("ascii"), raw))
        return tuple(found)

    def _wrong(self, key: str, message: str, *more: str) -> None:
        where = ("access", self.name, key, *more) if key else ("access", self.name)
        self.source.wrong(where, message)
