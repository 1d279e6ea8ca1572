"""One alert, and what rules would announce, as people and programs read them."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from monitor.cli.shared import safe, table

if TYPE_CHECKING:
    from monitor.config import Config
    from monitor.rehearsal import Outcome, Rehearsal

# Stories go on for days: what was told before decides what is new.
BEFORE = timedelta(days=14)


def print_alert(row: dict[str, Any]) -> None:
    """An alert with what it says."""
    said = json.loads(row["payload"])
    named = "; ".join(f"{n['name']} (as {n['surface']!r})" for n in said["named"])
    facts = (
        ("alert", f"{row['id']}, {row['relation']}, rule {row['rule']}, to {row['channel']}"),
        ("state", f"{row['state']}, {row['attempts']} tries"),
        ("why", row["last_error"]),
        ("doubt", "a try may have arrived" if row["in_doubt"] else ""),
        ("waits for", f"{row['min_origins']} origins" if row["state"] == "held" else ""),
        ("next try", row["next_try_at"] if row["state"] == "pending" else ""),
        ("together", row["batch"]),
        ("sent with", row["sent_with"]),
        ("sent", row["sent_at"]),
        ("written", row["created_at"]),
        ("title", said["title"]),
        ("link", said["url"]),
        ("news", said["news"]),
        *said.get("facts", ())[1:],
        ("named", named),
        ("source", said["source"]),
        ("published", said["published_raw"] or said["published_at"]),
        ("first seen", said["first_seen_at"]),
        ("words", said["snippet"]),
        ("story", row["story"] and f"{row['story']}, item {row['item']}"),
        ("carried by", row["story"] and f"{row['origins']} origins, {row['copies']} copies"),
        ("key", row["message_key"]),
    )  # fmt: skip
    for label, value in facts:
        if value:
            click.echo(f"{label + ':':<12} {safe(str(value))}")


def rehearsed(config: Config, since: datetime) -> Rehearsal:
    """Today's rules over what is stored."""
    from monitor.clock import iso
    from monitor.compose import build_desk
    from monitor.rehearsal import Rehearsal
    from monitor.store.reads import Reader
    from monitor.watching import read_watchlists

    desk = build_desk(config, read_watchlists(config.watchlists))
    with Reader(config.place) as reader:
        corpus = reader.corpus()
        rehearsal = Rehearsal(
            rules=desk.rules,
            entities={**corpus.entities(), **desk.entities},
            news_since=corpus.news_since(),
            since=iso(since),
        )
        rehearsal.go(reader.happenings(since - BEFORE))
    return rehearsal


def print_outcomes(done: Rehearsal) -> None:
    """A line a rule, and the newest of what it would have sent."""
    from monitor.rehearsal import Outcome

    for rule in done.rules:
        outcome = done.outcomes.get(rule.name, Outcome())
        messages = f" in {outcome.messages} messages" if outcome.messages != outcome.alerts else ""
        click.echo(
            f"{safe(rule.name)} → {safe(', '.join(rule.to))}: {outcome.alerts} alerts{messages}"
        )
        if outcome.examples:
            table(
                ("at", "what", "entities", "source", "title"),
                (
                    (one.at[:16], one.relation, ", ".join(one.entities), one.source, one.title)
                    for one in reversed(outcome.examples)
                ),
            )
    click.echo(f"{len(done.rules)} rules. Nothing was sent.")


def outcomes_json(done: Rehearsal) -> list[dict[str, object]]:
    """The same for programs, in a shape that stays."""
    from monitor.rehearsal import Outcome

    return [_outcome(rule.name, done.outcomes.get(rule.name, Outcome())) for rule in done.rules]


def _outcome(rule: str, outcome: Outcome) -> dict[str, object]:
    return {
        "rule": rule,
        "alerts": outcome.alerts,
        "messages": outcome.messages,
        "newest": [
            {
                "at": one.at,
                "relation": one.relation,
                "story": one.story,
                "title": one.title,
                "source": one.source,
                "entities": list(one.entities),
            }
            for one in reversed(outcome.examples)
        ],
    }
