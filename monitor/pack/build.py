"""Makes an evidence pack: everything stored about some stories, and the bytes they came in.

The same database and the same question give the same bytes: no clock, no random number, no order
by chance.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from monitor.clock import moment
from monitor.evidence.archive import about as software
from monitor.evidence.redact import redacted, secrets_of
from monitor.evidence.warc import first_record, holds, read_group
from monitor.pack import manifest, page
from monitor.pack.verify import EVIDENCE, WARC
from monitor.review.cells import write as csv_lines
from monitor.store.dossier import BATCH, Dossier, Row, Wanted

FORMAT = "wirewatch evidence pack, version 1"

_CSV = {
    "items.csv": ("id", "story", "relation", "of_item", "source", "source_kind", "url", "title",
                  "text", "language", "author", "published_at", "published_raw", "first_seen_at",
                  "changed_at", "revisions", "evidence", "evidence_sha256", "full_text",
                  "full_text_state", "full_text_evidence"),
    "mentions.csv": ("item", "entity", "entity_name", "sector", "state", "alias", "surface",
                     "field", "start", "end", "rule", "watchlist_hash", "found_at"),
    "decisions.csv": ("id", "story", "verdict", "reviewer", "decided_at", "note", "item", "entity",
                      "alias", "other_story", "undoes"),
    "evidence.csv": ("id", "url", "fetched_at", "http_status", "sha256", "bytes", "same_as",
                     "state", "record", "pack_offset", "pack_length", "address", "tls_certificate",
                     "tls_subject"),
}  # fmt: skip

_README = """Evidence pack, made by Wirewatch.

index.html       to be read in a browser; it loads nothing from elsewhere
items.jsonl      each item, whole, with its full text where its feed only has summaries, its
                 mentions, versions and appearances in feeds
stories.jsonl    the stories, and what they were judged to be
decisions.jsonl  who judged what, when and why; mends.jsonl: stories merged or split by hand
evidence.jsonl   the archived documents: where from, when, SHA-256, and where they stand in warc/
*.csv            the same for spreadsheets; a leading apostrophe keeps a text from acting
watchlist.json   the watchlists' versions, and the names of what is named here
warc/            the documents as they were received, with request, header fields and TLS peer
manifest.json    versions, what was asked for, and the SHA-256 of every file

To check that nothing was changed:   sha256sum -c manifest.sha256
and, with the records' own digests:  wirewatch verify PACK
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a pack is made of, and where its parts are found."""

    wanted: Wanted
    evidence: Path  # the folder of WARC files
    decisions: Callable[[Sequence[int]], Sequence[Row]]
    states: Callable[[Sequence[int]], Mapping[int, Row]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """What a pack came to."""

    about: Mapping[str, Any]
    stories: int
    items: int
    documents: int
    missing: tuple[str, ...]  # evidence whose bytes are not in the pack


def build(
    dossier: Dossier, question: Question, folder: Path, step: Callable[[int], None] = lambda _: None
) -> Packed:
    """Write a pack into an empty folder; `step` is called with the stories that are done.

    Raises:
        OSError: it cannot be written.
    """
    stories = dossier.stories(question.wanted)
    documents = _archive(dossier, stories, question.evidence, folder)
    about = _about(dossier, stories, question.wanted, documents)
    with ExitStack() as stack:
        writing = _Writing(folder, stack)
        writing.begin(about)
        for at in range(0, len(stories), BATCH):
            writing.stories(dossier, question, stories[at : at + BATCH], documents)
            step(len(stories[at : at + BATCH]))
        writing.end(dossier, documents)
    (folder / "README.txt").write_text(_README, encoding="utf-8")
    manifest.write(folder, about)
    return Packed(
        about=about,
        stories=len(stories),
        items=about["counts"]["items"],
        documents=sum(row["state"] == "kept" for row in documents.values()),
        missing=tuple(about["evidence_not_in_the_pack"]),
    )


def _about(
    dossier: Dossier, stories: Sequence[int], wanted: Wanted, documents: Mapping[int, Row]
) -> dict[str, Any]:
    asked = {name: value for name, value in asdict(wanted).items() if value not in ("", None)}
    return {
        "format": FORMAT,
        "software": software()["software"],
        "schema": dossier.schema(),
        "asked": asked,
        "up_to": dossier.up_to(),
        "counts": {
            "stories": len(stories),
            "items": sum(1 for _ in dossier.rows("items", stories)),
            "documents": len(documents),
        },
        "evidence_not_in_the_pack": {
            str(number): row["state"] for number, row in documents.items() if row["state"] != "kept"
        },
    }


def _archive(
    dossier: Dossier, stories: Sequence[int], source: Path, folder: Path
) -> dict[int, Row]:
    """Copy the records that these stories rest on, byte for byte; the rows, with their places."""
    documents = {row["id"]: row for row in dossier.evidence(stories)}
    path = folder / WARC
    path.parent.mkdir()
    with path.open("wb") as out:
        up_to = dossier.up_to()
        if up_to:
            out.write(first_record(path.name, software(), moment(up_to)))
        for row in documents.values():
            _copy(row, source, out)
    return documents


def _copy(row: Row, source: Path, out: IO[bytes]) -> None:
    row.update(state="kept", pack_offset=None, pack_length=None)
    if row["removed_at"]:
        row["state"] = "removed by retention"
        return
    try:
        group = read_group(source / row["file"], row["offset"], row["length"])
    except OSError:
        row["state"] = "missing"
        return
    if not holds(group, row["sha256"]):
        row["state"] = "damaged"
        return
    row.update(pack_offset=out.tell(), pack_length=len(group))
    out.write(group)


class _Writing:
    """The open files of a pack."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._folder = folder
        self._stack = stack
        self._open: dict[str, IO[str]] = {}
        self._entities: set[str] = set()

    def begin(self, about: Mapping[str, Any]) -> None:
        """The heads of what has one."""
        self._put("index.html", page.head(about))
        for name, columns in _CSV.items():
            self._put(name, csv_lines([columns]))
        for name in ("stories", "items", "decisions", "mends"):
            self._put(f"{name}.jsonl", "")

    def stories(
        self,
        dossier: Dossier,
        question: Question,
        stories: Sequence[int],
        documents: Mapping[int, Row],
    ) -> None:
        """Some stories with all that belongs to them."""
        items = _items(dossier, stories)
        states, decisions = question.states(stories), question.decisions(stories)
        by_story = _by(items, "story")
        judged: dict[int, list[Row]] = defaultdict(list)
        for one in decisions:
            judged[one["story"]].append(one)
        for row in dossier.rows("stories", stories):
            row["state"] = states.get(row["id"], {}).get("state", "new")
            self._lines("stories", [row])
            self._items(by_story[row["id"]], documents)
            parts = (row, by_story[row["id"]], judged[row["id"]], documents)
            self._put("index.html", page.story(*parts))
        self._lines("decisions", decisions)
        self._table("decisions.csv", decisions)
        self._lines("mends", dossier.rows("mends", stories))

    def end(self, dossier: Dossier, documents: Mapping[int, Row]) -> None:
        """What is known at the end only."""
        self._put("index.html", page.end())
        rows = [_plain(row) for row in documents.values()]
        self._put(EVIDENCE, "")
        self._lines(EVIDENCE.removesuffix(".jsonl"), rows)
        self._table("evidence.csv", rows)
        watchlist = dossier.watchlist(sorted(self._entities))
        self._put("watchlist.json", json.dumps(watchlist, ensure_ascii=False, indent=2) + "\n")

    def _items(self, items: Sequence[Row], documents: Mapping[int, Row]) -> None:
        self._lines("items", items)
        self._table("items.csv", (_flat(item, documents) for item in items))
        mentions = [mention for item in items for mention in item["mentions"]]
        self._table("mentions.csv", mentions)
        self._entities.update(mention["entity"] for mention in mentions)

    def _lines(self, name: str, rows: Iterable[Row]) -> None:
        for row in rows:
            self._put(f"{name}.jsonl", json.dumps(row, ensure_ascii=False) + "\n")

    def _table(self, name: str, rows: Iterable[Row]) -> None:
        columns = _CSV[name]
        self._put(name, csv_lines([row[column] for column in columns] for row in rows))

    def _put(self, name: str, text: str) -> None:
        if name not in self._open:
            path = self._folder / name
            # A lone surrogate cannot be written; it says nothing.
            opened = path.open("w", encoding="utf-8", errors="replace", newline="")
            self._open[name] = self._stack.enter_context(opened)
        self._open[name].write(text)


def _flat(item: Row, documents: Mapping[int, Row]) -> Row:
    """An item as a line of a spreadsheet."""
    article = item["article"] or {}
    return {
        **item,
        "evidence_sha256": documents.get(item["evidence"], {}).get("sha256", ""),
        "full_text": article.get("text", ""),
        "full_text_state": article.get("state", ""),
        "full_text_evidence": article.get("evidence"),
    }


def _items(dossier: Dossier, stories: Sequence[int]) -> list[Row]:
    """The items of these stories with what hangs on them."""
    parts = {
        name: _by(map(_plain, dossier.rows(name, stories)), "item")
        for name in ("mentions", "revisions", "appearances")
    }
    articles = {row["item"]: row for row in dossier.rows("articles", stories)}
    return [
        {
            **_plain(item),
            **{name: rows[item["id"]] for name, rows in parts.items()},
            "article": articles.get(item["id"]),
        }
        for item in dossier.rows("items", stories)
    ]


def _by(rows: Iterable[Row], key: str) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        found[row[key]].append(row)
    return found


def _plain(row: Row) -> Row:
    """A row without the secrets that a feed's own address may hold."""
    url = row.get("source_url")
    return {**row, "source_url": redacted(url, secrets_of(url))} if url else row
