"""One `[[entity]]` of a watchlist file as an `Entity`, with the names that rules add to it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from monitor.forms import Form, heads, names_by_rule
from monitor.types import Entity, Name, Together
from monitor.watchlist.keys import name_key, spelling_key
from monitor.watchlist.table import LANGUAGES, Table

if TYPE_CHECKING:
    from collections.abc import Iterator

KINDS = ("facility", "policy", "project", "event", "organisation")
SECTORS = (
    *("electric-power", "mining", "metals", "machine-building", "chemicals", "building-materials"),
    *("light-industry", "food", "retail-and-services", "housing", "health", "tourism", "transport"),
    *("trade-partnership", "rural-development", "other"),
)
MATCHES = ("standalone", "context", "generic")
PRECISIONS = ("site", "town", "county", "province")
CONFIDENCES = ("high", "medium", "low")
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """An entity as read, before the rules have added to its names."""

    entity: Entity  # its names are the listed ones
    form: Form | None = None
    lookalikes: tuple[str, ...] = field(default=())  # other things whose names contain one of its


def read_entity(table: Table) -> Listed:
    """One entity, checked as far as it can be without the others.

    Raises:
        WatchlistError: a key or value is not as the format wants it.
    """
    match = table.choice("match", MATCHES, default="standalone")
    entity = Entity(
        id=_slug(table),
        kind=table.choice("kind", KINDS),
        sector=table.choice("sector", SECTORS),
        name=table.text("name", required=True),
        names=tuple(_names(table)),
        province=table.text("province"),
        county=table.text("county"),
        lat=table.number("lat", -90, 90),
        lon=table.number("lon", -180, 180),
        precision=_precision(table),
        part_of=table.text("part_of"),
        match=match,
        near=table.texts_by_language("near"),
        not_near=table.texts_by_language("not_near"),
        together=tuple(_together(each) for each in table.tables("together")),
        hits=table.texts("hits"),
        misses=table.texts("misses"),
    )
    listed = Listed(
        entity=entity, form=_form(table), lookalikes=table.texts_by_language("lookalikes")
    )
    table.done()
    _check_place(table, entity)
    if not (entity.names or entity.together or listed.form):
        raise table.wrong("names", "is missing, and so are form and together")
    return listed


def with_rules(listed: Listed) -> Entity:
    """The entity with its names by rule: of several with one key the most trusted, the first.

    A name may be listed for two languages (柳京院); what a rule makes of it is made once.
    """
    names = {(name.language, spelling_key(name.text)): name for name in listed.entity.names}
    seen = {key for _, key in names}
    for name in names_by_rule(listed.form or Form(), listed.entity.names):
        key = spelling_key(name.text)
        if key not in seen:
            seen.add(key)
            names[name.language, key] = name
    return replace(listed.entity, names=tuple(names.values()))


def _slug(table: Table) -> str:
    slug = table.text("id", required=True)
    if not _SLUG.fullmatch(slug):
        raise table.wrong("id", f'is "{slug}": use small letters, digits and single hyphens')
    return slug


def _precision(table: Table) -> str:
    return table.choice("precision", PRECISIONS, default="none").replace("none", "")


def _check_place(table: Table, entity: Entity) -> None:
    if (entity.lat is None) != (entity.lon is None):
        raise table.wrong("lat", "and lon go together: one of them is missing")


def _names(table: Table) -> Iterator[Name]:
    by_language = table.table("names")
    if by_language is None:
        return
    for language in LANGUAGES:
        for item in by_language.items(language):
            yield from _name(by_language, language, item)
    by_language.done()


def _name(names: Table, language: str, item: object) -> Iterator[Name]:
    """The names of one entry: a text, or a table with one or several texts and their options."""
    values = {"text": item} if isinstance(item, str) else item
    if not isinstance(values, dict):
        raise names.wrong(language, f"has an entry that is neither a text nor a table: {item!r}")
    table = Table(values, names.where, names.label(language))
    confidence = table.choice("confidence", CONFIDENCES, default="high")
    name = Name(
        text="",
        language=language,
        confidence=confidence,
        whole_word=table.flag("whole_word", default=True),
        case_sensitive=table.flag("case_sensitive", default=False),
        inflects=table.flag("inflects", default=language == "ru"),
        needs_context=table.flag("needs_context", default=confidence == "low"),
    )
    for text in table.texts("text", required=True):
        if not name_key(text):
            raise names.wrong(language, f"has a name without a letter or digit: {text!r}")
        yield replace(name, text=text)
    table.done()


def _together(table: Table) -> Together:
    groups = tuple(_group(table, group) for group in table.items("groups"))
    if len(groups) < 2:
        raise table.wrong("groups", "needs at least two groups: one word alone is a name")
    together = Together(
        groups=groups,
        within=table.choice("within", ("sentence", "text"), default="sentence"),
        needs_context=table.flag("needs_context", default=True),
    )
    table.done()
    return together


def _group(table: Table, group: object) -> tuple[str, ...]:
    return Table({"groups": group}, table.where, table.name).texts_by_language("groups")


def _form(table: Table) -> Form | None:
    form = table.table("form")
    if form is None:
        return None
    made = Form(
        stems=form.texts("stem"),
        head=form.choice("head", heads(), default="-").strip("-"),
        hanja=form.texts("hanja"),
        latin=form.texts("latin"),
        kana=form.texts("kana"),
        cyrillic=form.texts("cyrillic"),
        korean=form.texts("korean"),
        ambiguous=_languages(form),
    )
    form.done()
    if made.head and not (made.stems or made.latin):
        raise form.wrong("stem", "is missing: a head needs the place that it stands with")
    return made


def _languages(form: Table) -> tuple[str, ...]:
    languages = form.texts("ambiguous")
    for language in languages:
        if language not in LANGUAGES:
            raise form.wrong("ambiguous", f'has "{language}", not one of {", ".join(LANGUAGES)}')
    return languages
