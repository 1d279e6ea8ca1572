"""How fast texts are tagged: `python -m benchmarks.tagging [FILE.jsonl[.gz]] [--names 30000]`.

FILE holds one JSON object a line with `title` and `text`; without it, synthetic items in five languages
are made. Prints CPU time (one core), so that a busy machine disturbs as little as it can:

| row | what |
|---|---|
| limit | the bare scan of squeezed texts by the automaton: nothing that uses it can be faster |
| shadow | folding and squeezing |
| tag | the whole tagger with the bundled watchlist |
| tag, N names | the same with invented names added to N in all |
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from monitor.tagging import Tagger
from monitor.tagging.scan import Scanner
from monitor.tagging.shadow import Shadow
from monitor.types import Document, Entity, Name, Watchlist
from monitor.watchlist import load

ROUNDS = 5  # the best counts
SYNTHETIC = 30_000  # items
NAMED = 0.04  # share of synthetic items with a watched name

# What goes between the words of a language, and its words.
_WORDS = {
    "en": (" ", "the of said plan works “new” harvest minister’s trade river week north market"),
    "ko": (
        " ",
        "정부는 ‘새로운’ 계획을 발표했다 시장에서 노동자 회담이 무산됐다고 수출·수입 상원 의원",
    ),
    "zh": ("", "政府 公布 新的 计划 市场 上周 黄海 沿岸 会谈 火星 工厂 “建设” ，"),
    "ja": ("", "政府は 新しい 計画を 発表した。 市場で 先週 「黄海」 上院 会談 工場の 火星"),
    "ru": (" ", "правительство объявило «новый» план на рынке прошлой неделе заводы переговоры"),
}
_SIZES = {"en": 50, "ko": 35, "zh": 60, "ja": 50, "ru": 40}  # words: 300 to 400 bytes, as in feeds


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What is tagged."""

    documents: Sequence[Document]
    size: int  # bytes of UTF-8


def main() -> None:
    options = _options()
    watchlist = load("dprk-civilian")
    work = _read(options.file) if options.file else _synthesise(watchlist)
    print(f"{len(work.documents):,} items, {work.size / 1e6:.1f} MB; {_count(watchlist):,} names")
    usual = measured(work, watchlist)["tag"]
    many = _tag(f"tag, {options.names:,} names", work, _grown(watchlist, options.names))
    print(f"{options.names:,} names take {many / usual:.2f} times as long")


def measured(work: Load, watchlist: Watchlist) -> dict[str, float]:
    """CPU seconds of the bare scan, of the shadows it needs, and of the whole tagger; shown too."""
    shadows = [Shadow(each.title, each.text) for each in work.documents]
    scan = Scanner(tuple(watchlist.entities.values())).scan
    return {
        "limit": _show("limit", work, lambda: [scan(shadow) for shadow in shadows]),
        "shadow": _show(
            "shadow", work, lambda: [Shadow(each.title, each.text) for each in work.documents]
        ),
        "tag": _tag("tag", work, watchlist),
    }


def against_the_floor(file: Path | None = None, items: int = SYNTHETIC) -> float:
    """The whole tagger's CPU by that of the bare scan with the shadows it needs."""
    watchlist = load("dprk-civilian")
    work = _read(file) if file else _synthesise(watchlist, items)
    took = measured(work, watchlist)
    return took["tag"] / (took["limit"] + took["shadow"])


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", nargs="?", type=Path, help="JSON lines with title and text")
    parser.add_argument("--names", type=int, default=30_000, help="names in the grown watchlist")
    return parser.parse_args()


def _read(path: Path) -> Load:
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return _load([Document(title=r.get("title") or "", text=r.get("text") or "") for r in rows])


def _load(documents: Sequence[Document]) -> Load:
    texts = (text for each in documents for text in (each.title, each.text))
    size = sum(len(text.encode("utf-8", "surrogatepass")) for text in texts)
    return Load(documents=documents, size=size)


def _synthesise(watchlist: Watchlist, items: int = SYNTHETIC) -> Load:
    draw = random.Random(1)
    names = [name.text for entity in watchlist.entities.values() for name in entity.names]
    documents = []
    for language in draw.choices(sorted(_WORDS), k=items):
        blank, words = _WORDS[language]
        chosen = draw.choices(words.split(), k=_SIZES[language])
        if draw.random() < NAMED:
            chosen.insert(draw.randrange(len(chosen)), draw.choice(names))
        documents.append(Document(title=blank.join(chosen[:8]), text=blank.join(chosen[8:])))
    return _load(documents)


def _grown(watchlist: Watchlist, count: int) -> Watchlist:
    """The watchlist with invented names, of the length and scripts that names have."""
    draw = random.Random(2)
    more = {
        f"invented-{at}": _invented(f"invented-{at}", draw)
        for at in range(count - _count(watchlist))
    }
    return replace(watchlist, entities={**watchlist.entities, **more})


def _invented(key: str, draw: random.Random) -> Entity:
    if draw.random() < 0.5:
        stem = "".join(
            draw.choices(["ry", "so", "han", "chon", "pu", "kwa", "dok", "rim", "tae"], k=5)
        )
        name = Name(text=f"{stem.capitalize()} Machine Works", language="en")
    else:
        name = Name(
            text="".join(draw.choices("봉남철산룡화금천덕구림태운", k=5)) + "기계공장",
            language="ko",
        )
    return Entity(id=key, kind="facility", sector="machine-building", name=name.text, names=(name,))


def _count(watchlist: Watchlist) -> int:
    return sum(len(entity.names) for entity in watchlist.entities.values())


def _tag(label: str, work: Load, watchlist: Watchlist) -> float:
    tagger = Tagger(watchlist)
    return _show(label, work, lambda: [tagger.tag(document) for document in work.documents])


def _show(label: str, work: Load, job: Callable[[], object]) -> float:
    seconds = min(_timed(job) for _ in range(ROUNDS))
    rate, items = work.size / 1e6 / seconds, len(work.documents) / seconds
    print(f"{label:<20} {rate:8.1f} MB/s {items:12,.0f} items/s", flush=True)
    return seconds


def _timed(job: Callable[[], object]) -> float:
    started = time.process_time()
    job()
    return time.process_time() - started


if __name__ == "__main__":
    main()
