"""How long `wirewatch retag` takes, and how much memory: N stored items, half of them old hat.

    python -m benchmarks.retag                 100,000 items, three in ten of which name something
    python -m benchmarks.retag --items 10000 --naming 1

The items are invented: names of the bundled watchlist in five languages among plain sentences. They
are stored as tagged under every second entity of the list; the retag takes in the others. What is
measured is the command as a user runs it, in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from feeds.types import Feed
from monitor.clock import iso
from monitor.store import Store, mentions
from monitor.tagging import Tagger
from monitor.types import Document, Watchlist
from monitor.watchlist import load

START = datetime(2026, 1, 1, tzinfo=UTC)
LENGTH = 700  # characters of a text: between a wire's headline and a full article

NAMING = {
    "en": "Engineers at the {} finished the winter overhaul ahead of time. ",
    "ko": "{}에서 겨울철정비를 앞당겨 끝내였다. ",
    "zh": "据报道，{}提前完成了冬季检修。",
    "ja": "{}で冬の点検が予定より早く終わった。",
    "ru": "На объекте {} досрочно закончили зимний ремонт. ",
}
PLAIN = {
    "en": [
        "Rain is expected on the coast. ",
        "The market opened late this week. ",
        "A choir sang in the hall. ",
    ],
    "ko": [
        "바다가에는 비가 내릴것으로 예견된다. ",
        "이번주 시장은 늦게 열렸다. ",
        "합창단이 공연을 진행하였다. ",
    ],
    "zh": ["预计沿海地区将有降雨。", "本周市场开门较晚。", "合唱团在礼堂演出。"],
    "ja": ["沿岸では雨が予想される。", "今週の市場は遅く開いた。", "合唱団がホールで歌った。"],
    "ru": [
        "На побережье ожидается дождь. ",
        "Рынок на этой неделе открылся поздно. ",
        "В зале пел хор. ",
    ],
}


def texts(watchlist: Watchlist, *, naming: float, seed: int = 1) -> Iterator[tuple[str, str, str]]:
    """Titles, texts and languages without end; `naming` of them name one to three entities."""
    chance = random.Random(seed)
    names = {
        language: [
            n.text for e in watchlist.entities.values() for n in e.names if n.language == language
        ]
        for language in PLAIN
    }
    while True:
        language = chance.choice(list(PLAIN))
        said = []
        if chance.random() < naming:
            said = [
                NAMING[language].format(chance.choice(names[language]))
                for _ in range(chance.randint(1, 3))
            ]
        said += [chance.choice(PLAIN[language]) for _ in range(200)]
        text = f"{chance.randrange(10**6)}. " + "".join(said)
        yield (
            f"Number {chance.randrange(10**6)}",
            text[: LENGTH if language in ("en", "ru") else LENGTH // 2],
            language,
        )


def half(watchlist: Watchlist) -> Watchlist:
    """Every second entity, and those that these are parts of."""
    kept = {key: e for at, (key, e) in enumerate(watchlist.entities.items()) if at % 2}
    kept.update(
        {e.part_of: watchlist.entities[e.part_of] for e in list(kept.values()) if e.part_of}
    )
    return Watchlist(
        name="half",
        version="half",
        entities=kept,
        cues=watchlist.cues,
        foreign=watchlist.foreign,
        masks=watchlist.masks,
    )


def fill(path: Path, count: int, naming: float) -> None:
    """A database of items as tagged under half the list."""
    whole = load("dprk-civilian")
    old = half(whole)
    tag = Tagger(old).tag
    with Store(path) as store:
        store.watch([old], now=START)
        store.subscribe(
            [Feed(url="https://feed.example/", name="Example", kind="wire")],
            interval=900,
            now=START,
        )
        source = texts(whole, naming=naming)
        with store.transaction() as db:
            for number in range(1, count + 1):
                title, text, language = next(source)
                at = iso(START + timedelta(seconds=number))
                db.execute(
                    "INSERT INTO stories (id, title, language, first_seen_at, last_seen_at, items, copies, origins) "
                    "VALUES (?, ?, ?, ?, ?, 1, 0, 1)",
                    (number, title, language, at, at),
                )
                db.execute(
                    "INSERT INTO items (id, feed, url, guid, title, text, language, author, published_raw, first_seen_at, "
                    "story, relation, revisions, url_key, title_key, text_key, content_hash) "
                    "VALUES (?, 1, '', '', ?, ?, ?, '', '', ?, ?, 'original', 0, '', '', '', '')",
                    (number, title, text, language, at, number),
                )
                found = tag(Document(title=title, text=text, language=language))
                mentions.insert(
                    db,
                    number,
                    found,
                    title=title,
                    text=text,
                    language=language,
                    watchlist_version=1,
                    now=at,
                )


def measure(folder: Path) -> tuple[float, float, float, dict[str, Any]]:
    """Seconds, CPU seconds, peak memory (MB) of `wirewatch retag --yes`, and what it said."""
    begun = time.perf_counter()
    run = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "from monitor.cli import main; main()",
            "retag",
            "--yes",
            "--json",
            "--config",
            str(folder / "wirewatch.toml"),
        ],
        stdout=subprocess.PIPE,
    )
    assert run.stdout
    said = run.stdout.read()
    _, status, usage = os.wait4(run.pid, 0)
    run.returncode = os.waitstatus_to_exitcode(status)
    if run.returncode:
        raise SystemExit(f"retag failed with status {run.returncode}")
    seconds = time.perf_counter() - begun
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, json.loads(said)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument(
        "--naming", type=float, default=0.3, help="share of items that name something"
    )
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "wirewatch.toml").write_text(
            'watchlists = ["dprk-civilian"]\nfeeds = ["feeds.toml"]\n'
        )
        (folder / "feeds.toml").write_text(
            '[[feed]]\nurl = "https://feed.example/"\nname = "Example"\n'
        )
        fill(folder / "wirewatch.db", asked.items, asked.naming)
        size = (folder / "wirewatch.db").stat().st_size / 2**20
        print(f"{asked.items} items, {size:.0f} MB, {asked.naming:.0%} of them name something")
        seconds, busy, memory, said = measure(folder)
    print(
        f"{said['changed']} items change: {said['gained']} gained, {said['lost']} lost, {said['moved']} moved"
    )
    print(
        f"{seconds:.1f} s, {busy:.1f} s of CPU ({asked.items / seconds:,.0f} items/s), peak {memory:.0f} MB"
    )


if __name__ == "__main__":
    main()
