"""The `[health]` table: who is told of feeds in trouble, and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from feeds.tables import Key, Source, read_table, switch, text, whole
from monitor.config_rules import check_names

HEALTH_KEYS = {
    "to": Key(read=text, many=True),
    "after_rounds": Key(read=whole(1, 20, "must be a whole number from 1 to 20")),
    "off": Key(read=switch),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthConfig:
    """When and where trouble with feeds is told."""

    to: tuple[str, ...] | None = None  # channels; None: the first of the configuration
    after_rounds: int = 3  # polls in a row with the trouble
    off: bool = False

    def channels(self, known: Mapping[str, object]) -> tuple[str, ...]:
        """The channels that are told, of those that are known, in the order of the file."""
        if self.off:
            return ()
        return tuple(known)[:1] if self.to is None else self.to


def read_health(source: Source) -> HealthConfig:
    """The table, or what holds without it."""
    settings = read_table(source, source.data.get("health", {}), ("health",), HEALTH_KEYS)
    to = settings.get("to")
    if to == ():
        source.wrong(("health", "to"), "names no channel; off = true turns these alerts off")
    check_names(source, ("health", "to"), to or ())
    return HealthConfig(**{key: value for key, value in settings.items() if value is not None})
