"""How well names are found: our tagger and the matching rules of others, on the same labelled lines.

    python -m benchmarks.quality [FILE.jsonl]

Prints precision, recall and F1 by language, scored by entity a line. The lines are this project's own
(tests/quality/lines.jsonl); the others' rules are written after their public source and get the same
names, every listed one, as a user would type them in.

| baseline | who matches so |
|---|---|
| word | a regular expression with `\\b` on both sides, Unicode: Taranis AI's word lists |
| ascii word | the same where `\\b` knows ASCII only: filters on RE2 (Miniflux), labels in tt-rss |
| substring | the words anywhere: Taranis NG, most small scripts |
| phrase | a phrase in SQLite's full-text search with its default tokenizer: reader |
| trigram | the same with the trigram tokenizer |
"""

from __future__ import annotations

import json
import re
import sqlite3
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from monitor.tagging import Tagger
from monitor.types import Document, Watchlist
from monitor.watchlist import load

LINES = Path(__file__).parent.parent / "tests" / "quality" / "lines.jsonl"

Finder = Callable[[str, str], frozenset[str]]
"""(text, language) → ids of the entities found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A labelled line: the entities that a careful reader finds named in it."""

    id: str
    lang: str
    text: str
    expect: frozenset[str]
    either: frozenset[str] = frozenset()  # counts neither way


@dataclass(slots=True)
class Score:
    """Right, wrong and missed, by entity a line."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    @property
    def precision(self) -> float:
        """Share of what was found that is right; 1 when nothing was found."""
        found = self.right + self.wrong
        return self.right / found if found else 1.0

    @property
    def recall(self) -> float:
        """Share of what is there that was found."""
        there = self.right + self.missed
        return self.right / there if there else 1.0

    @property
    def f1(self) -> float:
        """Harmonic mean of the two."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


def read(path: Path = LINES) -> list[Line]:
    """The labelled lines."""
    with path.open(encoding="utf-8") as file:
        return [_line(json.loads(row)) for row in file if row.strip()]


def _line(row: Mapping[str, object]) -> Line:
    expect, either = row["expect"], row.get("either", ())
    assert isinstance(expect, list)
    assert isinstance(either, list | tuple)
    return Line(
        id=str(row["id"]),
        lang=str(row["lang"]),
        text=str(row["text"]),
        expect=frozenset(expect),
        either=frozenset(either),
    )


def score(lines: Iterable[Line], find: Finder) -> dict[str, Score]:
    """By language, and "all"."""
    scores: dict[str, Score] = defaultdict(Score)
    for line in lines:
        found = find(line.text, line.lang) - line.either
        for key in (line.lang, "all"):
            scores[key].right += len(found & line.expect)
            scores[key].wrong += len(found - line.expect)
            scores[key].missed += len(line.expect - found)
    return scores


def ours(watchlist: Watchlist) -> Finder:
    """What the tagger confirms."""
    tagger = Tagger(watchlist)

    def find(text: str, language: str) -> frozenset[str]:
        mentions = tagger.tag(Document(title="", text=text, language=language))
        return frozenset(m.entity for m in mentions if m.state == "confirmed")

    return find


def _listed(watchlist: Watchlist) -> dict[str, list[str]]:
    names = {
        entity.id: sorted({n.text for n in entity.names if n.origin == "listed"})
        for entity in watchlist.entities.values()
    }
    return {entity: listed for entity, listed in names.items() if listed}


def by_pattern(watchlist: Watchlist, before: str, after: str, flags: int) -> Finder:
    """A regular expression a name."""
    patterns = {
        entity: re.compile("|".join(f"{before}{re.escape(n)}{after}" for n in names), flags)
        for entity, names in _listed(watchlist).items()
    }

    def find(text: str, _: str) -> frozenset[str]:
        return frozenset(entity for entity, p in patterns.items() if p.search(text))

    return find


def by_search(watchlist: Watchlist, tokenizer: str, lines: Iterable[Line]) -> Finder:
    """A full-text phrase a name. All lines stand in one index: a search a name, not one a line."""
    db = sqlite3.connect(":memory:")
    db.execute(f"CREATE VIRTUAL TABLE line USING fts5 (text, tokenize='{tokenizer}')")
    db.executemany(
        "INSERT INTO line VALUES (?)", [(text,) for text in {line.text for line in lines}]
    )
    found: dict[str, set[str]] = defaultdict(set)
    for entity, names in _listed(watchlist).items():
        for name in names:
            for (text,) in db.execute("SELECT text FROM line WHERE line MATCH ?", (_phrase(name),)):
                found[text].add(entity)
    return lambda text, _: frozenset(found[text])


def _phrase(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def finders(watchlist: Watchlist, lines: Sequence[Line]) -> dict[str, Finder]:
    """Ours first, then the baselines."""
    either_case = re.IGNORECASE
    return {
        "wirewatch": ours(watchlist),
        "word": by_pattern(watchlist, r"\b", r"\b", either_case),
        "ascii word": by_pattern(watchlist, r"\b", r"\b", either_case | re.ASCII),
        "substring": by_pattern(watchlist, "", "", either_case),
        "phrase": by_search(watchlist, "unicode61", lines),
        "trigram": by_search(watchlist, "trigram", lines),
    }


def table(scores: Mapping[str, Mapping[str, Score]], languages: Sequence[str]) -> str:
    """Markdown: a row a matcher, F1 a language, then precision and recall over all."""
    head = ["matcher", *(f"F1 {language}" for language in languages), "precision", "recall", "F1"]
    rows = [head, ["---"] + ["---:"] * (len(head) - 1)]
    for name, by_language in scores.items():
        whole = by_language["all"]
        figures = [by_language[language].f1 for language in languages]
        figures += [whole.precision, whole.recall, whole.f1]
        rows.append([name, *(f"{figure:.3f}" for figure in figures)])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def main() -> None:
    """Print the table."""
    lines = read(Path(sys.argv[1])) if len(sys.argv) > 1 else read()
    traps = sum(not line.expect for line in lines)
    languages = sorted({line.lang for line in lines})
    scores = {
        name: score(lines, find) for name, find in finders(load("dprk-civilian"), lines).items()
    }
    print(f"{len(lines)} lines, {traps} of them without a watched name\n")
    print(table(scores, languages))


if __name__ == "__main__":
    main()
