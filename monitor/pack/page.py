"""A pack to be read: one HTML page without scripts, pictures or anything from elsewhere. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import Any

from alerts.text import LONGEST_READ, clean, safe_url

Row = Mapping[str, Any]

_STYLE = """
body{font:1rem/1.5 Georgia,'Noto Serif CJK SC',serif;max-width:46rem;margin:2rem auto}
body{padding:0 1rem}
h1,h2,h3{line-height:1.25}section{border-top:2px solid;margin-top:2.5rem}
article{margin:1.5rem 0;padding-left:1rem;border-left:3px solid #bbb}
dl{font:.8rem/1.4 system-ui,sans-serif;display:grid;grid-template-columns:8rem 1fr;gap:0 .8rem}
dd{margin:0;overflow-wrap:anywhere}p{white-space:pre-wrap}mark{background:#fe9}
mark.candidate{background:none;border-bottom:2px dotted}del{background:#fdd}ins{background:#dfd}
"""

_HEAD = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="referrer" content="no-referrer"><title>Evidence pack</title>
<style>{style}</style></head><body>
<h1>Evidence pack</h1>
"""


def safe(text: object) -> str:
    """Text of anybody as HTML text: nothing in it acts, its lines stay lines."""
    lines = []
    for line in str("" if text is None else text).splitlines():
        pieces = (line[at : at + LONGEST_READ] for at in range(0, len(line), LONGEST_READ))
        lines.append(escape("".join(clean(piece) for piece in pieces)))
    return "\n".join(lines)


def head(about: Mapping[str, Any]) -> str:
    """The page's beginning, with what the pack is."""
    asked = ", ".join(f"{key} {value}" for key, value in about["asked"].items())
    counts = ", ".join(f"{number} {what}" for what, number in about["counts"].items())
    return (
        _HEAD.format(style=_STYLE)
        + f"<p>Asked for: {safe(asked)}. State of {safe(about['up_to'])}.\n{safe(counts)}.</p>\n"
        + "<p>All times are UTC. Each text is as it was published; what it says is its publisher's "
        "word. Dotted names are candidates, which may mean something else.</p>\n"
    )


def story(
    row: Row, items: Sequence[Row], decisions: Sequence[Row], evidence: Mapping[int, Row]
) -> str:
    """One story with its items, versions, evidence and decisions."""
    facts = {
        "story": row["id"],
        "first seen": row["first_seen_at"],
        "judged": row["state"],
        "items": f"{row['items']}, of them {row['copies']} copies; {row['origins']} origins",
    }
    return "".join(
        (
            f'<section id="story-{row["id"]}"><h2 dir="auto">{safe(row["title"])}</h2>',
            _facts(facts),
            *(_item(item, evidence) for item in items),
            *(_decision(one) for one in decisions),
            "</section>\n",
        )
    )


def end() -> str:
    """The page's end."""
    return "</body></html>\n"


def _facts(facts: Mapping[str, object]) -> str:
    rows = (f"<dt>{escape(name)}</dt><dd>{safe(v)}</dd>" for name, v in facts.items() if v)
    return f"<dl>{''.join(rows)}</dl>"


def _item(item: Row, evidence: Mapping[int, Row]) -> str:
    marks = item["mentions"]
    link = safe_url(item["url"])
    facts = {
        "item": item["id"],
        "source": f"{item['source']} ({item['source_kind']})"
        if item["source_kind"]
        else item["source"],
        "address": item["url"],
        "author": item["author"],
        "published": f"{item['published_at'] or ''} as “{item['published_raw']}”",
        "first seen": item["first_seen_at"],
        "edited": item["changed_at"],
        "relation": item["relation"] + (f" of item {item['of_item']}" if item["of_item"] else ""),
        "why": item["why"],
        "names": "; ".join(sorted({f"{m['entity_name']} ({m['state']})" for m in marks})),
        "evidence": _source(evidence.get(item["evidence"])),
    }
    title = _marked(item["title"], [m for m in marks if m["field"] == "title"])
    heading = f'<a href="{escape(link)}" rel="noreferrer">{title}</a>' if link else title
    text = _marked(item["text"], [m for m in marks if m["field"] == "text"])
    versions = "".join(_version(one, evidence) for one in item["revisions"])
    full = _full_text(item["article"], [m for m in marks if m["field"] == "article"], evidence)
    return (
        f'<article id="item-{item["id"]}"><h3 dir="auto">{heading}</h3>{_facts(facts)}'
        f'<p dir="auto">{text}</p>{full}{versions}</article>\n'
    )


def _full_text(article: Row | None, marks: Sequence[Row], evidence: Mapping[int, Row]) -> str:
    """The article that the feed only summarises, or why it is not there."""
    if article is None:
        return ""
    facts = {
        "state": article["state"],
        "why": article["why"],
        "page": article["url"],
        "fetched": article["fetched_at"],
        "evidence": _source(evidence.get(article["evidence"])),
    }
    text = f'<p dir="auto">{_marked(article["text"], marks)}</p>' if article["text"] else ""
    return f"<h4>Full text</h4>{_facts(facts)}{text}"


def _source(row: Row | None) -> str:
    if row is None:
        return "none was kept"
    who = f", certificate of {row['tls_subject']}" if row["tls_subject"] else ""
    state = "" if row["state"] == "kept" else f" (its bytes: {row['state']})"
    return (
        f"{row['id']}: {row['url']}, fetched {row['fetched_at']} from {row['address']}{who}; "
        f"SHA-256 {row['sha256']}{state}"
    )


def _version(row: Row, evidence: Mapping[int, Row]) -> str:
    facts = {
        "seen": row["seen_at"],
        "names added": ", ".join(json.loads(row["entities_added"])),
        "names removed": ", ".join(json.loads(row["entities_removed"])),
        "evidence": _source(evidence.get(row["evidence"])),
    }
    change = json.loads(row["change"]) or {
        "title": [["=", row["title"]]],
        "text": [["=", row["text"]]],
    }
    fields = "".join(
        f'<dt>{escape(field)}</dt><dd dir="auto">{_change(parts)}</dd>'
        for field, parts in change.items()
    )
    return f"<h4>Version {row['number']}</h4>{_facts(facts)}<dl>{fields}</dl>"


def _change(parts: Iterable[Sequence[str]]) -> str:
    tags = {"-": "del", "+": "ins"}
    return "".join(
        f"<{tags[sign]}>{safe(words)}</{tags[sign]}>" if sign in tags else safe(words)
        for sign, words in parts
    )


def _decision(row: Row) -> str:
    facts = {
        "decision": row["id"],
        "verdict": row["verdict"],
        "by": row["reviewer"],
        "at": row["decided_at"],
        "note": row["note"],
    }
    return f"<aside>{_facts(facts)}</aside>"


def _marked(text: str, mentions: Sequence[Row]) -> str:
    """The text with the words marked that gave names away; of overlapping ones the first."""
    return "".join(_pieces(text, mentions))


def _pieces(text: str, mentions: Sequence[Row]) -> Iterator[str]:
    reached = 0
    for mention in sorted(mentions, key=lambda m: (m["start"], -m["end"])):
        start, end = mention["start"], mention["end"]
        if start < reached:
            continue
        why = f"{mention['entity_name']}: {mention['alias']}, by rule {mention['rule']}"
        kind = ' class="candidate"' if mention["state"] == "candidate" else ""
        yield _inner(text[reached:start])
        yield f'<mark{kind} title="{safe(why)}">{_inner(text[start:end])}</mark>'
        reached = end
    yield _inner(text[reached:])


def _inner(text: str) -> str:
    """A piece of a line: its own blanks at the ends, and line ends, stay."""
    return safe(text) + ("\n" if text.endswith("\n") else "")
