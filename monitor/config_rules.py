"""The `[[alert]]` tables: what they ask for, and whether all that they name is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from alerts.errors import RuleError
from alerts.rules import Rule
from feeds.tables import Source, Table, did_you_mean, quote, read_tables, shown
from feeds.toml_lines import Where
from feeds.types import Feed
from monitor.config_channels import channel_names
from monitor.config_keys import ALERT_KEYS
from monitor.types import Watchlist


def read_rules(source: Source, feeds: Sequence[Feed] | None) -> tuple[Rule, ...]:
    """The rules without mistakes; `feeds` is None when the lists could not be read."""
    tables = read_tables(source, "alert", ALERT_KEYS)
    _note_twins(source, tables)
    for table in tables:
        check_names(source, (*table.where, "to"), table.settings.get("to") or ())
        if feeds is not None:
            known = [feed.name for feed in feeds if feed.name] + [feed.url for feed in feeds]
            wanted = table.settings.get("feeds") or ()
            _check(source, (*table.where, "feeds"), wanted, known, "a listed feed")
    rules = (_rule(source, table) for table in tables if table.clean)
    return tuple(rule for rule in rules if rule)


def _note_twins(source: Source, tables: Sequence[Table]) -> None:
    owners: dict[str, Where] = {}
    for table in tables:
        if name := table.settings.get("name"):
            first = owners.setdefault(name.casefold(), table.where)
            if first != table.where:
                taken = f"{quote(name)} is taken by the alert at {source.place(first)}"
                source.wrong((*table.where, "name"), taken)


def _rule(source: Source, table: Table) -> Rule | None:
    try:
        return Rule(**table.settings)
    except RuleError as error:
        source.wrong((*table.where, error.key), error.problem)
        return None


def check_against(source: Source, rules: Sequence[Rule], watchlist: Watchlist) -> None:
    """Note where a rule names what no watched entity has."""
    entities = watchlist.entities.values()
    known: Mapping[str, set[str]] = {
        "entities": set(watchlist.entities),
        "sectors": {entity.sector for entity in entities},
        "kinds": {entity.kind for entity in entities},
        "provinces": {entity.province for entity in entities} - {""},
    }
    for index, rule in enumerate(rules):
        for key, words in known.items():
            where: Where = ("alert", index, key)
            _check(source, where, getattr(rule, key), sorted(words), "in the watchlist")


def check_names(source: Source, where: Where, names: Sequence[str | None]) -> None:
    """Note each name that no channel has."""
    _check(source, where, names, channel_names(source), "a channel")


def _check(
    source: Source, where: Where, words: Sequence[str | None], known: Sequence[str], what: str
) -> None:
    """Note each word that is not known, case aside as rules match, with the nearest one that is."""
    folded = {word.casefold() for word in known}
    for index, word in enumerate(words):
        if word and word.casefold() not in folded:
            hint = did_you_mean(word, known, "known are") if known else "there is none"
            source.wrong((*where, index), f"{shown(word)} is not {what}; {hint}")
