"""The `[channel.NAME]` tables, and the secrets that they point to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alerts.errors import SettingsError
from alerts.secrets import Secret
from alerts.settings import (
    AppriseSettings,
    ChannelSettings,
    EmailSettings,
    SlackBotSettings,
    SlackSettings,
    WebhookSettings,
)
from feeds.tables import SettingError, Source, read_bytes, read_table, shown
from feeds.toml_lines import Where
from monitor.config_keys import CHANNEL_KEYS, located

_SETTINGS: dict[str, Callable[..., ChannelSettings]] = {
    "slack": SlackSettings,
    "slack-bot": SlackBotSettings,
    "email": EmailSettings,
    "webhook": WebhookSettings,
    "apprise": AppriseSettings,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Vault:
    """Where secrets are looked up."""

    environ: Mapping[str, str]
    folder: Path  # of the configuration: "file:PATH" starts there

    def secret(self, reference: str) -> Secret:
        """What "env:NAME" or "file:PATH" points to; raises SettingError, which never repeats it."""
        kind, _, name = reference.partition(":")
        return Secret(self._variable(name) if kind == "env" else self._file(name))

    def _variable(self, name: str) -> str:
        value = self.environ.get(name)
        if not value:
            state = "is not set" if value is None else "is empty"
            raise SettingError(f"the environment variable {name} {state}")
        return value

    def _file(self, name: str) -> str:
        path = located(self.folder, name)
        try:
            value = read_bytes(path).decode().rstrip("\r\n")
        except UnicodeDecodeError:
            raise SettingError(f"the secret file {path} is not UTF-8 text") from None
        except SettingError as error:
            raise SettingError(f"the secret file {path}: {error}") from None
        if not value:
            raise SettingError(f"the secret file {path} is empty")
        return value


def read_channels(source: Source, vault: Vault | None) -> dict[str, ChannelSettings]:
    """The channels without mistakes; without a vault their form is checked, and none comes back."""
    tables = source.data.get("channel", {})
    if not isinstance(tables, Mapping) or not all(isinstance(t, Mapping) for t in tables.values()):
        source.wrong(("channel",), "write [channel.NAME]: each channel has a name")
        return {}
    channels = {name: _channel(source, name, table, vault) for name, table in tables.items()}
    return {name: settings for name, settings in channels.items() if settings is not None}


def channel_names(source: Source) -> list[str]:
    """The names of all channels, those with mistakes too."""
    tables = source.data.get("channel", {})
    return sorted(tables) if isinstance(tables, Mapping) else []


def _channel(
    source: Source, name: str, table: Mapping[str, object], vault: Vault | None
) -> ChannelSettings | None:
    kind = table.get("type")
    if not isinstance(kind, str) or kind not in CHANNEL_KEYS:
        now = "is missing" if kind is None else f"is {shown(kind)}"
        source.wrong(("channel", name, "type"), f"must be one of {', '.join(CHANNEL_KEYS)} ({now})")
        return None
    before = len(source.problems)
    settings = read_table(source, table, ("channel", name), CHANNEL_KEYS[kind])
    for key in settings:
        if vault and CHANNEL_KEYS[kind][key].hidden and settings[key]:
            settings[key] = _opened(source, ("channel", name, key), settings[key], vault)
    if not vault or len(source.problems) > before:
        return None
    return _settings(source, name, settings)


def _opened(source: Source, where: Where, reference: str, vault: Vault) -> Secret | None:
    try:
        return vault.secret(reference)
    except SettingError as error:
        source.wrong(where, str(error))
        return None


def _settings(source: Source, name: str, settings: dict[str, Any]) -> ChannelSettings | None:
    """The channel's own checks of how its settings go together."""
    try:
        return _SETTINGS[settings.pop("type")](name=name, **settings)
    except SettingsError as error:
        key = () if error.key == "name" else (error.key,)
        source.wrong(("channel", name, *key), error.problem)
        return None
