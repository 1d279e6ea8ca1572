"""How well copies are told from look-alikes: ours and the usual ways, on the same labelled pairs.

    python -m benchmarks.stories [FILE.jsonl]

The pairs are this project's own (tests/quality/pairs.jsonl): invented texts in five languages, copied,
cut, edited, re-dressed; rewritten; and forms filled in anew. Each way gets the best threshold there is
for it on these very pairs; ours has the one that it is shipped with.

| way | a copy is |
|---|---|
| exact title | what has the same words in its title |
| jaccard | what shares enough five-letter pieces of title and text: one threshold for all |
| simhash | what differs in few of 64 bits (Charikar 2002; Manku et al. 2007) |
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from benchmarks.quality import Score
from monitor.stories import Window, compare, read, sign
from monitor.stories.bare import letters

PAIRS = Path(__file__).parent.parent / "tests" / "quality" / "pairs.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One item of a pair."""

    title: str
    text: str
    source: str
    published: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two items, the older first, and whether the newer one is a copy."""

    id: str
    lang: str
    copy: bool
    a: Told
    b: Told


def pairs(path: Path = PAIRS) -> list[Pair]:
    """The labelled pairs."""
    with path.open(encoding="utf-8") as file:
        return [_pair(json.loads(row)) for row in file if row.strip()]


def _pair(row: Mapping[str, object]) -> Pair:
    return Pair(
        id=str(row["id"]),
        lang=str(row["lang"]),
        copy=row["expect"] == "copy",
        a=_told(row["a"]),
        b=_told(row["b"]),
    )


def _told(item: object) -> Told:
    assert isinstance(item, dict)
    fields = dict(item)
    return Told(published=datetime.fromisoformat(fields.pop("published")), **fields)


def ours(pair: Pair) -> bool:
    """What is found as a candidate and judged a copy, as when the two are stored."""
    old, new = (read(t.title, t.text, at=t.published, publisher=t.source) for t in (pair.a, pair.b))
    window = Window()
    window.add(1, sign(old), pair.a.published.date())
    found = window.candidates(sign(new))
    return any(compare(new, old, headline=c.headline).relation == "copy" for c in found)


def title_alike(pair: Pair) -> float:
    return float(letters(pair.a.title) == letters(pair.b.title))


def jaccard(pair: Pair) -> float:
    a, b = (_pieces(t.title + t.text) for t in (pair.a, pair.b))
    return len(a & b) / len(a | b)


def simhash(pair: Pair) -> float:
    a, b = (_bits(_pieces(t.title + t.text)) for t in (pair.a, pair.b))
    return 1 - (a ^ b).bit_count() / 64


def _pieces(text: str) -> set[str]:
    plain = letters(text)
    return {plain[i : i + 5] for i in range(max(len(plain) - 4, 1))}


def _bits(pieces: Iterable[str]) -> int:
    sums = [0] * 64
    for piece in pieces:
        value = int.from_bytes(hashlib.blake2b(piece.encode(), digest_size=8).digest())
        for bit in range(64):
            sums[bit] += 1 if value >> bit & 1 else -1
    return sum(1 << bit for bit in range(64) if sums[bit] > 0)


BASELINES: dict[str, Callable[[Pair], float]] = {
    "exact title": title_alike,
    "jaccard": jaccard,
    "simhash": simhash,
}


def scores(labelled: Sequence[Pair], said: Mapping[str, bool]) -> dict[str, Score]:
    """By language, and "all"."""
    found: dict[str, Score] = defaultdict(Score)
    for pair in labelled:
        for key in (pair.lang, "all"):
            found[key].right += said[pair.id] and pair.copy
            found[key].wrong += said[pair.id] and not pair.copy
            found[key].missed += not said[pair.id] and pair.copy
    return found


def best(labelled: Sequence[Pair], way: Callable[[Pair], float]) -> tuple[float, dict[str, Score]]:
    """The threshold with the highest F1 on these very pairs, and its scores."""
    likeness = {pair.id: way(pair) for pair in labelled}
    tried = (
        (t, scores(labelled, {id_: value >= t for id_, value in likeness.items()}))
        for t in sorted({value for value in likeness.values() if value > 0})
    )
    return max(tried, key=lambda one: one[1]["all"].f1)


def main() -> None:
    """Print the table."""
    labelled = pairs(Path(sys.argv[1])) if len(sys.argv) > 1 else pairs()
    languages = sorted({pair.lang for pair in labelled})
    found = {"wirewatch": scores(labelled, {pair.id: ours(pair) for pair in labelled})}
    for name, way in BASELINES.items():
        threshold, found_so = best(labelled, way)
        found[f"{name} ≥ {threshold:.2f}"] = found_so
    head = ["way", *(f"F1 {language}" for language in languages), "precision", "recall", "F1"]
    print(f"{len(labelled)} pairs, {sum(pair.copy for pair in labelled)} of them copies\n")
    for row in (
        head,
        ["---"] + ["---:"] * (len(head) - 1),
        *(_row(n, s, languages) for n, s in found.items()),
    ):
        print(f"| {' | '.join(row)} |")


def _row(name: str, by: Mapping[str, Score], languages: Sequence[str]) -> list[str]:
    whole = by["all"]
    figures = [by[language].f1 for language in languages]
    return [name, *(f"{f:.3f}" for f in (*figures, whole.precision, whole.recall, whole.f1))]


if __name__ == "__main__":
    main()
