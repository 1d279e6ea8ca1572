"""What an alert says, in which order, before any channel has dressed it. Pure.

Everything in a `Message` is clean text on one line; escaping is left to the channel.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime

from alerts.text import ELLIPSIS, Cost, clean, one_line, safe_url, shorten
from alerts.types import Alert, Named

LONGEST_TITLE = 500  # characters; headlines are under 200, and a channel may cut further
LONGEST_SNIPPET = 700
LONGEST_FACT = 300
MOST_NAMED = 5  # entities written out; the others are counted

MOST_RULES = 3  # in a digest's title
MOST_COUNTED = 12  # entities in a digest's picture

REPEAT = "(possible repeat)"

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of the snippet."""

    text: str
    name: bool  # whether it is a name that was found


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What people are to read."""

    rule: str
    title: str
    url: str  # plain http(s), or "" for none
    language: str  # BCP 47 primary subtag, "" = not known
    facts: tuple[tuple[str, str], ...]  # label, value
    snippet: tuple[Piece, ...]
    repeat: bool  # an earlier try may have arrived


def message_of(alert: Alert) -> Message:
    """The message of an alert."""
    return Message(
        rule=one_line(alert.rule, 60),
        title=one_line(alert.title, LONGEST_TITLE) or "(untitled)",
        url=safe_url(alert.url),
        language=alert.language if re.fullmatch("[a-z]{2,3}", alert.language) else "",
        facts=_facts(alert),
        snippet=_pieces(alert.snippet, alert.snippet_marks),
        repeat=alert.in_doubt,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """Several messages in one."""

    title: str
    why: str  # they come together
    repeat: bool
    messages: tuple[Message, ...]
    counts: tuple[tuple[str, int], ...]  # how many name each entity, most first


def digest_of(alert: Alert) -> Digest:
    """The digest of an alert with parts."""
    rules = list(dict.fromkeys(one_line(part.rule, 60) for part in alert.parts))
    more = f" and {len(rules) - MOST_RULES} more rules" if len(rules) > MOST_RULES else ""
    names = Counter(
        name
        for part in alert.parts
        for name in {one_line(named.name, 80) or "(unnamed)" for named in part.named}
    )
    return Digest(
        title=f"{len(alert.parts)} alerts: {', '.join(rules[:MOST_RULES])}{more}",
        why=one_line(_TIME.sub(_readable, alert.batch), LONGEST_FACT),
        repeat=alert.in_doubt,
        messages=tuple(map(message_of, alert.parts)),
        counts=tuple(names.most_common(MOST_COUNTED)),
    )


_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def _readable(found: re.Match[str]) -> str:
    """The outbox tells batches apart by their times; people read them otherwise."""
    try:
        return utc(datetime.fromisoformat(found[0]))
    except ValueError:
        return found[0]


def utc(moment: datetime) -> str:
    """`21 Nov 2026, 06:12 UTC`: a date that nobody reads the other way round."""
    at = moment.astimezone(UTC)
    return f"{at.day} {_MONTHS[at.month - 1]} {at.year}, {at:%H:%M} UTC"


def cut(pieces: tuple[Piece, ...], limit: int, cost: Cost | None = None) -> tuple[Piece, ...]:
    """The pieces up to `limit`; the one that crosses it is cut and the rest dropped."""
    kept: list[Piece] = []
    for piece in pieces:
        text = shorten(piece.text, limit, cost) if limit > 0 else ELLIPSIS
        kept.append(Piece(text=text, name=piece.name))
        limit -= sum(map(cost, piece.text)) if cost else len(piece.text)
        if limit < 0:
            break
    return tuple(kept)


# ── facts ────────────────────────────────────────────────────────────────────────────────────────


def _facts(alert: Alert) -> tuple[tuple[str, str], ...]:
    facts = alert.facts or _story_facts(alert)
    return tuple((label, one_line(value, LONGEST_FACT)) for label, value in facts if value)


def _story_facts(alert: Alert) -> list[tuple[str, str]]:
    facts = [
        ("News", alert.news),
        ("Named", _named(alert.named)),
        ("Source", _source(alert)),
        ("First seen", utc(alert.first_seen_at)),
        ("Published", _published(alert)),
        ("Carried by", _carried(alert.origins, alert.copies)),
    ]
    if alert.url and not safe_url(alert.url):
        facts.append(("Link", "left out: not a plain http(s) address"))
    return facts


def _named(named: tuple[Named, ...]) -> str:
    seen = dict.fromkeys(_entity(one) for one in named)
    shown = list(seen)[:MOST_NAMED]
    more = len(seen) - len(shown)
    return "; ".join(shown) + (f"; and {more} more" if more else "")


def _entity(named: Named) -> str:
    """`Tanchon Power Station (electric power, as “단천발전소”)`."""
    name, surface = one_line(named.name, 80), one_line(named.surface, 60)
    about = _words(named.sector)
    if surface.casefold() != name.casefold():
        about += f"{', ' if about else ''}as “{surface}”"
    return f"{name} ({about})" if about else name


def _source(alert: Alert) -> str:
    kind = _words(alert.source_kind)
    return one_line(alert.source, 120) + (f" ({kind})" if kind else "")


def _published(alert: Alert) -> str:
    raw = one_line(alert.published_raw, 60)
    if alert.published_at is None:
        return f"“{raw}”, a date that could not be read" if raw else "no date given"
    return utc(alert.published_at) + (f" (as “{raw}”)" if raw else "")


def _carried(origins: int, copies: int) -> str:
    return f"{_count(origins, 'origin', 'origins')}, {_count(copies, 'copy', 'copies')}"


def _count(number: int, one: str, many: str) -> str:
    return f"{number or 'no'} {one if number == 1 else many}"


def _words(slug: str) -> str:
    return one_line(slug.replace("-", " "), 40)


# ── snippet ──────────────────────────────────────────────────────────────────────────────────────


def _pieces(text: str, marks: tuple[tuple[int, int], ...]) -> tuple[Piece, ...]:
    """The snippet taken apart at its marks, then cleaned: cleaning moves every offset."""
    pieces: list[Piece] = []
    blank_before = True
    for part, name in _parts(text, marks):
        line = re.sub(" +", " ", clean(part))
        line = line.lstrip() if blank_before else line
        if line:
            pieces.append(Piece(text=line, name=name))
            blank_before = line.endswith(" ")
    return cut(tuple(pieces), LONGEST_SNIPPET)


def _parts(text: str, marks: tuple[tuple[int, int], ...]) -> list[tuple[str, bool]]:
    parts: list[tuple[str, bool]] = []
    at = 0
    for start, end in sorted(marks):
        start, end = max(start, at), min(end, len(text))  # noqa: PLW2901  # overlaps are cut off
        if start < end:
            parts += [(text[at:start], False), (text[start:end], True)]
            at = end
    return [*parts, (text[at:], False)]
