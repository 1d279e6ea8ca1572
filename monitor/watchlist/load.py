"""A watchlist file as a `Watchlist`: read, validated as a whole, its names by rule added."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections import Counter
from dataclasses import fields, replace
from importlib.resources import files
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.types import Entity, Name, Together, Watchlist
from monitor.watchlist.entities import Listed, read_entity, with_rules
from monitor.watchlist.errors import (
    BadTomlError,
    DuplicateIdError,
    MistakesError,
    NotFoundError,
    NotTextError,
    SharedNameError,
    UnknownParentError,
    WatchlistError,
    Where,
)
from monitor.watchlist.keys import name_key
from monitor.watchlist.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from importlib.resources.abc import Traversable

_ENTITY_HEADING = re.compile(r"^[ \t]*\[\[[ \t]*entity[ \t]*\]\]", re.MULTILINE)

# What decides a match (of the kind: only facilities and projects have numbered units). The rest of
# an entity is for display.
_ENTITY = attrgetter("id", "kind", "part_of", "match", "near", "not_near")
_NAME = attrgetter(*(field.name for field in fields(Name)))
_TOGETHER = attrgetter(*(field.name for field in fields(Together)))


def bundled() -> tuple[str, ...]:
    """The names of the watchlists that come with the program."""
    names = (path.name for path in _folder().iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


def load(name_or_path: str | Path) -> Watchlist:
    """The watchlist of that bundled name, or of that file.

    A text with a slash, a backslash or the ending `.toml` is a path, anything else a bundled name.

    Raises:
        WatchlistError: there is no such watchlist, or it is not a valid one.
    """
    where = Where(file=str(name_or_path))
    try:
        content = _source(name_or_path, where).read_bytes()
    except OSError as error:
        raise NotFoundError(where, f"cannot be read: {error.strerror or error}") from error
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        reason = f"is not UTF-8 (line {line}); save it as UTF-8"
        raise NotTextError(where, reason) from error
    return parse(text, where.file)


def parse(text: str, label: str) -> Watchlist:
    """The watchlist that a text describes; `label` is what errors call the file.

    Raises:
        WatchlistError: the text is not a valid watchlist; `MistakesError` if several things are
            wrong with it.
    """
    where = Where(file=label)
    try:
        top = Table(tomllib.loads(text), where)
    except tomllib.TOMLDecodeError as error:
        raise BadTomlError(where, f"is not TOML: {error}") from error
    listed, errors = _read(top, text)
    errors.extend(_across(listed))
    if errors:
        raise errors[0] if len(errors) == 1 else MistakesError(errors)
    return _versioned(_watchlist(top, [each for each, _ in listed]))


def _folder() -> Traversable:
    return files("monitor").joinpath("watchlists")


def _source(name_or_path: str | Path, where: Where) -> Traversable | Path:
    name = str(name_or_path)
    if isinstance(name_or_path, Path) or name.endswith(".toml") or "/" in name or "\\" in name:
        return Path(name_or_path)
    if name not in bundled():
        known = ", ".join(bundled())
        raise NotFoundError(where, f"no bundled watchlist has this name (there is {known})")
    return _folder().joinpath(f"{name}.toml")


def _read(top: Table, text: str) -> tuple[list[tuple[Listed, Where]], list[WatchlistError]]:
    """Every entity that can be read, and what is wrong with the others."""
    listed: list[tuple[Listed, Where]] = []
    errors: list[WatchlistError] = []
    lines = [text.count("\n", 0, at.start()) + 1 for at in _ENTITY_HEADING.finditer(text)]
    for number, table in enumerate(top.tables("entity", required=True)):
        name = table.values.get("id")
        entity = f'entity "{name}"' if isinstance(name, str) else f"entity number {number + 1}"
        line = lines[number] if number < len(lines) else 0
        table.name, table.where = "", Where(file=top.where.file, line=line, entity=entity)
        try:
            listed.append((read_entity(table), table.where))
        except WatchlistError as error:
            errors.append(error)
    return listed, errors


def _across(listed: Sequence[tuple[Listed, Where]]) -> Iterator[WatchlistError]:
    """What only shows between entities: ids, parents and names."""
    ids: dict[str, Where] = {}
    owners: dict[str, str] = {}
    for each, where in listed:
        entity = each.entity
        if entity.id in ids:
            yield DuplicateIdError(
                where, f"this id is taken by the one of line {ids[entity.id].line}"
            )
        ids.setdefault(entity.id, where)
        yield from _shared(entity, where, owners)
    for each, where in listed:
        parent = each.entity.part_of
        if parent and (parent not in ids or parent == each.entity.id):
            yield UnknownParentError(where, f'part_of is "{parent}", which is no other entity here')


def _shared(entity: Entity, where: Where, owners: dict[str, str]) -> Iterator[WatchlistError]:
    for name in entity.names:
        owner = owners.setdefault(name_key(name.text), entity.id)
        if owner != entity.id:
            yield SharedNameError(where, f'the name "{name.text}" is also listed for "{owner}"')


def _watchlist(top: Table, listed: Sequence[Listed]) -> Watchlist:
    lookalikes = (text for each in listed for text in each.lookalikes)
    watchlist = Watchlist(
        name=top.text("name", required=True),
        title=top.text("title"),
        version="",
        entities={entity.id: entity for entity in _expanded(listed)},
        cues=top.texts_by_language("cues"),
        foreign=top.texts_by_language("foreign"),
        masks=tuple(dict.fromkeys((*top.texts_by_language("masks"), *lookalikes))),
    )
    top.done()
    return watchlist


def _expanded(listed: Sequence[Listed]) -> list[Entity]:
    """The entities with their names by rule; a made name that two could claim goes to neither."""
    owners = {name_key(name.text): each.entity.id for each in listed for name in each.entity.names}
    made = [with_rules(each) for each in listed]
    claims = Counter(key for entity in made for key in {name_key(n.text) for n in entity.names})
    return [_without(entity, owners, claims) for entity in made]


def _without(entity: Entity, owners: dict[str, str], claims: Counter[str]) -> Entity:
    kept = [
        name
        for name in entity.names
        if name.origin == "listed"
        or (claims[key := name_key(name.text)] == 1 and owners.get(key, entity.id) == entity.id)
    ]
    return replace(entity, names=tuple(kept))


def _versioned(watchlist: Watchlist) -> Watchlist:
    """With the SHA-256 of everything that decides what is a mention, and of nothing else."""
    entities = [_deciding(entity) for _, entity in sorted(watchlist.entities.items())]
    whole = [entities, watchlist.cues, watchlist.foreign, watchlist.masks]
    canonical = json.dumps(whole, ensure_ascii=False).encode()
    return replace(watchlist, version=hashlib.sha256(canonical).hexdigest())


def _deciding(entity: Entity) -> list[object]:
    names = [_NAME(name) for name in entity.names]
    together = [_TOGETHER(each) for each in entity.together]
    return [*_ENTITY(entity), names, together]
