"""The demo's feeds and items as content/*.toml gives them, and what each poll sees of them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from importlib.resources import files
from typing import Any

ROUNDS = (1, 2)
"""The demo polls twice: what the server offers first, and what it offers after `advance()`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """What an item says from the second round on."""

    title: str
    text: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An invented news item. `names`, `trap` and `story` are expectations, never served."""

    key: str  # the end of its address
    age: timedelta  # published so long before now
    title: str
    text: str  # plain; a line is a paragraph
    by: str = ""
    names: tuple[str, ...]  # ids of the watched entities that a careful reader finds in it
    trap: str = ""  # which look-alike stands in it; "" = none
    story: str = ""  # the same in items that carry one text; "" = no copy of it is bundled
    rounds: tuple[int, ...] = ROUNDS
    edit: Edit | None = None

    @property
    def paragraphs(self) -> list[str]:
        """The text's paragraphs, without empty ones."""
        return [line for line in self.text.splitlines() if line.strip()]

    def at(self, number: int) -> Item:
        """The item as the given round shows it."""
        if self.edit is None or number == ROUNDS[0]:
            return self
        edit = self.edit
        return replace(self, title=edit.title, text=edit.text, names=edit.names, edit=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoFeed:
    """An invented feed: how it describes itself, how it is written and how it is served."""

    key: str  # the file's name without its ending
    name: str
    about: str
    host: str  # where its articles seem to live
    language: str
    kind: str
    timezone: str  # IANA zone of the dates it writes
    dates: str  # offset | abbreviation | naive
    format: str  # rss20 | atom10 | rss10 | json11
    encoding: str
    content_type: str
    override: str = ""  # the encoding that a feed list must give because the header lies
    quirk: str = ""  # malformed | double-escaped | relative-links
    items: tuple[Item, ...]

    @property
    def home(self) -> str:
        """The home page of the invented publisher."""
        return f"https://{self.host}/"

    def link(self, item: Item) -> str:
        """The address of an item's page."""
        return f"{self.home}news/{item.key}"

    def window(self, number: int) -> list[Item]:
        """The items of a round, newest first, as that round shows them."""
        shown = [item.at(number) for item in self.items if number in item.rounds]
        return sorted(shown, key=lambda item: item.age)


def load() -> tuple[DemoFeed, ...]:
    """Read the bundled feeds, in the order of their file names."""
    folder = files(__package__) / "content"
    found = sorted((p for p in folder.iterdir() if p.name.endswith(".toml")), key=lambda p: p.name)
    return tuple(
        read(path.name.removesuffix(".toml"), path.read_text(encoding="utf-8")) for path in found
    )


def read(key: str, document: str) -> DemoFeed:
    """Read one feed from TOML.

    Raises:
        tomllib.TOMLDecodeError, TypeError, KeyError: the file is not as content/README.md says;
            a test reads every bundled file, so that none of these reaches a user.
    """
    table = tomllib.loads(document)
    return DemoFeed(key=key, items=tuple(_item(entry) for entry in table["item"]), **table["feed"])


def _item(table: Mapping[str, Any]) -> Item:
    fields = dict(table)
    fields["age"] = timedelta(hours=fields.pop("hours"))
    fields["names"] = tuple(fields["names"])
    fields["rounds"] = tuple(fields.get("rounds", ROUNDS))
    if "edit" in fields:
        edit = fields["edit"]
        fields["edit"] = Edit(title=edit["title"], text=edit["text"], names=tuple(edit["names"]))
    return Item(**fields)
