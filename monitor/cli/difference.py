"""What a changed watchlist would change, for people and for programs: of diff and of retag."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from monitor.cli.shared import console, safe, table
from monitor.cli.waiting import marked

if TYPE_CHECKING:
    from monitor.compare import Changes, Example, Tally

KINDS = ("gained", "lost", "moved")
_SIGNS = {"gained": "+", "lost": "-", "moved": "~"}


def as_json(tally: Tally) -> dict[str, object]:
    """Everything, in a shape that stays."""
    return {
        "items": tally.items,
        "changed": tally.changed,
        **{kind: tally.count(kind) for kind in KINDS},
        "entities": [
            {
                "entity": entity,
                "name": _name(tally, entity),
                **{kind: getattr(changes, kind) for kind in KINDS},
                "examples": {
                    kind: [_example_json(e) for e in changes.examples[kind]]
                    for kind in KINDS
                    if changes.examples[kind]
                },
            }
            for entity, changes in _ordered(tally)
        ],
        "alerts": [{"rule": rule, "stories": stories} for rule, stories in _alerts(tally)],
    }


def _example_json(example: Example) -> dict[str, object]:
    shown = example.snippet
    return {
        "item": example.item,
        "source": example.source,
        "language": example.language,
        "first_seen_at": example.first_seen_at,
        "state": example.state,
        "snippet": shown.text,
        "marks": [[shown.start, shown.end]],
        "note": example.note,
    }


def show(tally: Tally) -> None:
    """Examples first, numbers last, where the eye is when it is through."""
    for entity, changes in _ordered(tally):
        _show_examples(f"{_name(tally, entity)} ({entity})", changes)
    if tally.changed:
        rows = [
            (_name(tally, entity), *(getattr(changes, kind) for kind in KINDS))
            for entity, changes in _ordered(tally)
        ]
        table(("entity", "#gained", "#lost", "#moved"), rows)
    click.echo(
        f"{tally.items} items, {tally.changed} of them change: {tally.count('gained')} mentions "
        f"gained, {tally.count('lost')} lost, {tally.count('moved')} moved."
    )
    _show_alerts(tally)


def _show_examples(heading: str, changes: Changes) -> None:
    from rich.text import Text

    out = console()
    out.print(Text(safe(heading), style="bold"))
    for kind in KINDS:
        for example in changes.examples[kind]:
            shown = example.snippet
            line = Text(f"  {_SIGNS[kind]} ")
            line.append(marked(shown.text, [(shown.start, shown.end)]))
            out.print(line)
            out.print(Text(f"    {_about(example)}", style="dim"))


def _about(example: Example) -> str:
    parts = [example.source, example.first_seen_at[:10], f"item {example.item}", example.state]
    if example.note:
        parts.append(example.note)
    return safe(", ".join(parts))


def _show_alerts(tally: Tally) -> None:
    if not tally.alerts:
        return
    by_rule = ", ".join(f"{safe(rule)}: {count}" for rule, count in _alerts(tally))
    click.echo(
        f"Stories that would have been announced, by rule: {by_rule}. "
        "(Copies, first polls and what was announced already are left out.)"
    )


def _alerts(tally: Tally) -> list[tuple[str, int]]:
    """By rule, most stories first."""
    return sorted(tally.alerts.items(), key=lambda pair: (-pair[1], pair[0]))


def _name(tally: Tally, entity: str) -> str:
    known = tally.entities.get(entity)
    return known.name if known else entity


def _ordered(tally: Tally) -> list[tuple[str, Changes]]:
    """Most changed first."""
    return sorted(
        tally.by_entity.items(),
        key=lambda pair: (-sum(getattr(pair[1], kind) for kind in KINDS), pair[0]),
    )
