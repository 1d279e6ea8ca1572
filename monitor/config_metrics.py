"""The `[metrics]` table: where machines may ask how the daemon does."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from feeds.tables import Key, SettingError, Source, one_line, read_table

_RULE = 'must be an IP address and a port, such as "127.0.0.1:9464" or "[::1]:9464", or ""'


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricsConfig:
    """Where to listen."""

    listen: str = ""  # "" = nowhere

    @property
    def address(self) -> tuple[str, int] | None:
        """Host and port."""
        host, _, port = self.listen.rpartition(":")
        return (host.strip("[]"), int(port)) if self.listen else None


def _listen(value: object) -> str:
    listen = one_line(100)(value)
    if not listen:
        return ""
    host, _, port = listen.rpartition(":")
    try:
        address = ipaddress.ip_address(host.strip("[]"))
        good = port.isascii() and port.isdigit() and 0 < int(port) < 2**16
    except ValueError:
        good = False
    if not good or (address.version == 6) != host.startswith("["):
        raise SettingError(_RULE)
    return listen


METRICS_KEYS = {"listen": Key(read=_listen)}


def read_metrics(source: Source) -> MetricsConfig:
    """The table, or what holds without it."""
    settings = read_table(source, source.data.get("metrics", {}), ("metrics",), METRICS_KEYS)
    return MetricsConfig(**{key: value for key, value in settings.items() if value is not None})
