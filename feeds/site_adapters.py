"""The bundled adapters: rules for the pages of sites that publish no feed, as data.

`feeds/adapters/NAME.toml` holds the rules of a site, where its list pages stand, and where what is
said of its pages comes from. docs/sources.md lists them.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from feeds.hosts import host_key
from feeds.page_keys import read_rules
from feeds.tables import Key, SettingError, Source, near, quote, read_table, switch, text
from feeds.types import PageRules

_FOLDER = Path(__file__).parent / "adapters"
_KEYS = {
    "title": Key(read=text, needed=True),
    "sites": Key(read=text, needed=True, many=True),
    "lists": Key(read=text, needed=True, many=True),
    "verified": Key(read=switch, needed=True),
    "page": Key(read=lambda table: table, needed=True),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapter:
    """Rules for a site."""

    name: str  # as a list names it
    title: str  # what the site is called
    sites: tuple[str, ...]  # registrable domains that it is for
    lists: tuple[str, ...]  # list pages that it reads
    verified: bool  # somebody ran it against the site itself
    rules: PageRules


@cache
def adapters() -> Mapping[str, Adapter]:
    """All of them, by name."""
    return {path.stem: read_adapter(path) for path in sorted(_FOLDER.glob("*.toml"))}


def read_adapter(path: Path) -> Adapter:
    """One of them. Raises SettingError, with a line for each mistake."""
    source = Source(name=path.name, data=tomllib.loads(path.read_text(encoding="utf-8")))
    settings = read_table(source, source.data, (), _KEYS)
    rules = read_rules(source, settings.pop("page", None), ("page",))
    if source.problems or rules is None:
        raise SettingError("\n".join(source.complaints()))
    return Adapter(name=path.stem, rules=replace(rules, adapter=path.stem), **settings)


def adapter_rules(value: object) -> PageRules:
    """The rules that a list means by `adapter = "…"`. Raises SettingError."""
    known = adapters()
    if isinstance(value, str) and value in known:
        return known[value].rules
    close = near(value, known) if isinstance(value, str) else []
    hint = f"did you mean {quote(close[0])}?" if close else ""
    raise SettingError(f"must be one of {', '.join(known)}", hint)


def adapter_for(url: str) -> Adapter | None:
    """The adapter that is made for the site of `url`."""
    site = host_key(url)
    return next((one for one in adapters().values() if site in one.sites), None)
