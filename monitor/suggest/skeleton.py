"""Suggestions as TOML to paste: `[[entity]]` tables, and comments on names. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Sequence

from alerts.text import one_line
from monitor.forms.romanise import revised
from monitor.store.desk.types import NameCard
from monitor.suggest.gather import Suggestion, Suggestions
from monitor.types import Entity
from monitor.watchlist.keys import name_key

_LONGEST = 200  # characters of a comment
MOST_WORDS = 3  # to keep a name from; more would cost right ones

_HEADER = """\
# Suggested by `wirewatch watchlist suggest`. Check every line: a machine that knows no facility
# wrote it. Then `wirewatch watchlist check FILE`, and `wirewatch retag` for what is stored already.
"""


def as_toml(
    suggestions: Suggestions, entities: dict[str, Entity], flagged: Sequence[NameCard] = ()
) -> str:
    """What to do about names that are often wrong and names to add, as comments; then entities.

    `entities` are those of the lists.
    """
    lines = [_HEADER]
    for card in flagged:
        lines += [*(_comment(line) for line in advice(card)), ""]
    for alias in suggestions.aliases:
        lines += _alias(alias, entities)
    taken = set(entities)
    for same in _by_name(suggestions.facilities):
        slug = _free(_slug(same[0]), taken)
        taken.add(slug)
        lines += _entity(same, slug)
    return "\n".join(lines)


def advice(card: NameCard) -> Iterator[str]:
    """How often a name is wrong, and what to write into its entity against that."""
    judged = card.relevant + card.rejected
    yield (
        f"{card.entity} ({card.entity_name}): {_quoted(card.text)} was right in {card.relevant} of "
        f"{judged} stories"
    )
    words = [word for word, _ in card.near_rejections[:MOST_WORDS]]
    if words:
        near = ", ".join(f"{word} ({stories})" for word, stories in card.near_rejections)
        yield f"near the wrong ones: {near}"
        yield f"perhaps: not_near = [{', '.join(_quoted(word) for word in words)}]"
    else:
        yield "perhaps: needs_context = true on the name, so that it counts only beside a cue"


def _by_name(facilities: Sequence[Suggestion]) -> Iterable[list[Suggestion]]:
    """One name may be written the same in two languages: that is one entity."""
    groups: dict[str, list[Suggestion]] = {}
    for suggestion in facilities:
        groups.setdefault(name_key(suggestion.name), []).append(suggestion)
    return groups.values()


def _alias(alias: Suggestion, entities: dict[str, Entity]) -> Iterator[str]:
    yield from _evidence(alias)
    for like in alias.like:
        entity = entities.get(like.entity)
        known = f" ({entity.name})" if entity else ""
        yield _comment(
            f"perhaps {like.entity}{known}, {like.reason}: add to names.{alias.language}: "
            f"{_quoted(alias.name)}"
        )
    yield ""


def _entity(same: Sequence[Suggestion], slug: str) -> Iterator[str]:
    for suggestion in same:
        yield from _evidence(suggestion)
    first = same[0]
    yield "[[entity]]"
    yield f'id = "{slug}"'
    yield 'kind = "facility"'
    yield f'sector = "{first.sector}"'
    yield f"name = {_quoted(first.name)}"
    for suggestion in same:
        yield f"names.{suggestion.language} = [{_quoted(suggestion.name)}]"
    yield ""


def _evidence(suggestion: Suggestion) -> Iterator[str]:
    yield _comment(
        f"{suggestion.stories} stories, {suggestion.items} items, "
        f"{suggestion.first_seen_at[:10]} to {suggestion.last_seen_at[:10]}"
    )
    for quote in suggestion.quotes[:1]:
        yield _comment(f"{quote.source}: {quote.snippet.text}")


def _comment(text: str) -> str:
    return f"# {one_line(text, _LONGEST)}"


def _quoted(text: str) -> str:
    """A TOML string: JSON's escapes are TOML's too, and nothing else is left to escape."""
    return json.dumps(one_line(text, _LONGEST), ensure_ascii=False)


def _slug(suggestion: Suggestion) -> str:
    """An id to begin with: from Latin or Korean letters, else by kind and language."""
    name = suggestion.name
    if suggestion.language == "ko":
        name = f"{revised(suggestion.name)}"
    slug = re.sub("[^a-z0-9]+", "-", name.lower().replace("'", "").replace("’", "")).strip("-")
    return slug or f"{suggestion.kind}-{suggestion.language}"


def _free(slug: str, taken: Collection[str]) -> str:
    if slug not in taken:
        return slug
    number = 2
    while f"{slug}-{number}" in taken:
        number += 1
    return f"{slug}-{number}"
