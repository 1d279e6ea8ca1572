"""Makes a database as a desk has it after two years, and the decisions beside it.

    python -m benchmarks.desk_data FILE                     1,000,000 items in 104 weeks
    python -m benchmarks.desk_data FILE --items N --weeks N

Everything is invented but the watchlist, which is the bundled one: texts of five languages in words
of no meaning, the entities named by Zipf's law; forty feeds of all kinds, polled every hour, which
fail now and then; stories of three items on average; edits, some of which take a name out; a
decision on one story in fifteen. `reviews.db` comes into the same folder.
"""

from __future__ import annotations

import argparse
import heapq
import itertools
import json
import random
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from feeds.types import Feed
from monitor.clock import iso
from monitor.segments import segment
from monitor.snippets import snippet
from monitor.store import Store
from monitor.store.desk import decisions, facets, reviews
from monitor.store.desk.decisions import Decision
from monitor.types import Entity
from monitor.watchlist import load

END = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)
WEEKS = 104
FEEDS = 40
KINDS = ("state-media", "wire", "specialist", "analysis", "government", "broadcaster")
INTERVAL = 3600

ITEMS_A_STORY = 10 / 3
NAMING = 0.45  # of the stories
CANDIDATES = 0.12  # of the naming ones name nothing for sure
EDITED, REMOVED, VANISHED, CARRIED = 0.03, 0.1, 0.001, 0.1  # REMOVED is a share of the edited
FAILING, ROLLED = 0.008, 0.001  # of the polls: a failure begins, nothing was met again
DECIDED = 1 / 15  # of the stories
WRONG = 0.06  # of the decisions

_ALPHABETS = {
    "en": ("bcdfglmnprst", "aeiou"),
    "ru": ("бвгдклмнпрст", "аеиоу"),
    "ko": ("가나다라마바사아자차카타파하고노도로모보소오조호", ""),
    "zh": ("山水工人民生建地大中小上下国市省道会社电力石铁农林河海", ""),
    "ja": ("のにはをたがでてとしれさある国社水電力工場山川町村道", ""),
}
_VOCABULARY = 8_000
_SENTENCES = 6_000  # of a language; a text is two or three of them
_BATCH = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A story to be: what its items name."""

    id: int
    language: str
    entities: tuple[Entity, ...]
    state: str
    title: str


class Press:
    """Sentences of no meaning, their words by Zipf's law."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.words = {language: self._vocabulary(language) for language in _ALPHABETS}
        self.sentences = {
            language: [self._sentence(language) for _ in range(_SENTENCES)]
            for language in _ALPHABETS
        }

    def _vocabulary(self, language: str) -> list[str]:
        letters, vowels = _ALPHABETS[language]
        if not vowels:
            return ["".join(self.random.choices(letters, k=2)) for _ in range(_VOCABULARY)]
        syllables = [a + b for a in letters for b in vowels]
        return [
            "".join(self.random.choices(syllables, k=self.random.randint(2, 4)))
            for _ in range(_VOCABULARY)
        ]

    def words_of(self, language: str, count: int) -> str:
        blank = "" if language in ("zh", "ja") else " "
        words = self.words[language]
        picked = (words[int(_VOCABULARY ** self.random.random()) - 1] for _ in range(count))
        return blank.join(picked)

    def _sentence(self, language: str) -> str:
        return self.words_of(language, 9) + ("。" if language in ("zh", "ja") else ". ")

    def text(self, language: str, names: list[str]) -> str:
        pool = self.sentences[language]
        blank = "" if language in ("zh", "ja") else " "
        parts = [self.random.choice(pool) for _ in range(self.random.randint(2, 4))]
        for name in names:
            parts.insert(1, f"{self.words_of(language, 3)}{blank}{name}{blank}")
        return "".join(parts).strip()


class Maker:
    """Fills one database."""

    def __init__(self, db: sqlite3.Connection, items: int, span: timedelta, seed: int) -> None:
        self.db = db
        self.items = items
        self.stories = round(items / ITEMS_A_STORY)
        self.random = random.Random(seed)
        self.press = Press(seed)
        self.span = span
        self.start = END - span
        self.feeds = [row[0] for row in db.execute("SELECT id FROM feeds ORDER BY id")]
        watchlist = load("dprk-civilian")
        self.entities = list(watchlist.entities.values())
        self.random.shuffle(self.entities)
        self.weights = [1 / (rank + 1) for rank in range(len(self.entities))]
        self.number = 0  # of the last item
        self.size = [0] * (self.stories + 1)
        self.copies = [0] * (self.stories + 1)

    def run(self) -> list[int]:
        """Everything but the decisions. Returns the stories that name something."""
        naming: list[int] = []
        for batch in _batched(self._order()):
            self._write(batch, naming)
        self._counts()
        self._polls()
        return naming

    def _order(self) -> Iterator[tuple[str, Planned, bool]]:
        """Items in order of time: when, of which story, and whether it is the first of it."""
        waiting: list[tuple[datetime, int, Planned]] = []
        step = self.span / (self.stories + 1)
        made = 0
        for number in range(1, self.stories + 1):
            at = self.start + step * number
            while waiting and waiting[0][0] <= at:
                when, _, story = heapq.heappop(waiting)
                yield iso(when), story, False
            story = self._plan(number)
            yield iso(at), story, True
            more = min(int(self.random.expovariate(1 / (ITEMS_A_STORY - 1)) + 0.5), 60)
            for _ in range(more):
                made += 1
                lag = timedelta(minutes=self.random.randint(5, 2_000))
                heapq.heappush(waiting, (min(at + lag, END), made, story))
        while waiting:
            when, _, story = heapq.heappop(waiting)
            yield iso(when), story, False

    def _plan(self, number: int) -> Planned:
        language = self.random.choices(list(_ALPHABETS), weights=(40, 12, 25, 13, 10))[0]
        entities: list[Entity] = []
        if self.random.random() < NAMING:
            count = 1 if self.random.random() < 0.85 else self.random.randint(2, 4)
            entities = self.random.choices(self.entities, weights=self.weights, k=count)
        return Planned(
            id=number,
            language=language,
            entities=tuple({e.id: e for e in entities}.values()),
            state="candidate" if self.random.random() < CANDIDATES else "confirmed",
            title=self.press.words_of(language, 7),
        )

    def _write(self, batch: list[tuple[str, Planned, bool]], naming: list[int]) -> None:
        stories, items, words, appearances, mentions, revisions = [], [], [], [], [], []
        for at, story, first in batch:
            self.number += 1
            number = self.number
            feed = self.random.choice(self.feeds)
            edited = self.random.random() < EDITED
            removed = edited and self.random.random() < REMOVED
            self.size[story.id] += 1
            relation = "original"
            if first:
                stories.append((story.id, story.title, story.language, at, at))
                if story.entities:
                    naming.append(story.id)
            else:
                relation = "copy" if self.random.random() < 0.6 else "same_event"
                self.copies[story.id] += relation == "copy"
            names = [] if removed else [self._name(e, story.language) for e in story.entities]
            text = self.press.text(story.language, [name for _, name in names])
            later = iso(datetime.fromisoformat(at) + timedelta(hours=2))
            items.append(
                (number, feed, f"https://f{feed}.example/{number}", f"g{number}", story.title,
                 text, story.language, "", at, "", at, later if edited else None, story.id,
                 relation, "", 2 if edited else 0, f"f{feed}.example/{number}", "", "", f"{number:x}")
            )  # fmt: skip
            words.append((number, segment(story.title), segment(text)))
            gone = at < iso(END - timedelta(days=4))
            left = iso(datetime.fromisoformat(at) + timedelta(days=3)) if gone else None
            vanished = int(gone and self.random.random() < VANISHED)
            appearances += [
                (number, carrier, f"g{number}", "", f"{number:x}", at, at, left, vanished)
                for carrier in self._carriers(feed)
            ]
            for entity, name in names:
                where = text.index(name)
                end = where + len(name)
                mentions.append(
                    (number, entity, story.state, name, name, story.language, "text", where, end,
                     snippet(text, where, end).text, "name", 1, at)
                )  # fmt: skip
            if edited:
                gone_names = json.dumps(sorted(e.id for e in story.entities)) if removed else "[]"
                change = json.dumps({"text": [["=", text[:20]], ["+", "."]]})
                revisions += [
                    (number, 1, feed, at, story.title, text, "{}", "[]", "[]"),
                    (number, 2, feed, later, story.title, text, change, "[]", gone_names),
                ]
        many = self.db.executemany
        many(
            "INSERT INTO stories (id, title, language, first_seen_at, last_seen_at, items, copies, "
            "origins) VALUES (?, ?, ?, ?, ?, 1, 0, 1)",
            stories,
        )
        many(
            "INSERT INTO items (id, feed, url, guid, title, text, language, author, published_at, "
            "published_raw, first_seen_at, changed_at, story, relation, why, revisions, url_key, "
            f"title_key, text_key, content_hash) VALUES ({', '.join('?' * 20)})",
            items,
        )
        many("INSERT INTO items_search (rowid, title, text) VALUES (?, ?, ?)", words)
        many(
            "INSERT INTO appearances (item, feed, guid, url, content_hash, first_seen_at, "
            "last_seen_at, gone_at, vanished) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            appearances,
        )
        many(
            "INSERT INTO mentions (item, entity, state, alias, surface, language, field, start, "
            '"end", snippet, rule, watchlist_version, found_at) '
            f"VALUES ({', '.join('?' * 13)})",
            mentions,
        )
        many(
            "INSERT INTO revisions (item, number, feed, seen_at, title, text, change, "
            "entities_added, entities_removed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            revisions,
        )

    def _carriers(self, feed: int) -> tuple[int, ...]:
        other = self.random.choice(self.feeds)
        return (feed, other) if other != feed and self.random.random() < CARRIED else (feed,)

    def _name(self, entity: Entity, language: str) -> tuple[str, str]:
        names = [n.text for n in entity.names if n.language == language] or [entity.names[0].text]
        return entity.id, self.random.choice(names)

    def _counts(self) -> None:
        self.db.executemany(
            "UPDATE stories SET items = ?, copies = ?, origins = ? WHERE id = ?",
            (
                (self.size[n], self.copies[n], max(self.size[n] - self.copies[n], 1), n)
                for n in range(1, self.stories + 1)
            ),
        )

    def _polls(self) -> None:
        self.db.executemany(
            "INSERT INTO polls (feed, started_at, seconds, status, http_status, bytes, seen, new, "
            "changed, unchanged, skipped, skipped_why, overlap, baseline, error, note, gap_since_at) "
            "VALUES (?, ?, 0.4, ?, ?, ?, ?, ?, 0, ?, 0, '{}', ?, ?, ?, '', ?)",
            itertools.chain.from_iterable(map(self._polls_of, self.feeds)),
        )
        self.db.execute(
            "UPDATE feeds SET added_at = ?, last_poll_at = ?, last_success_at = ?, health = 'ok'",
            (iso(self.start), iso(END), iso(END)),
        )

    def _polls_of(self, feed: int) -> Iterator[tuple[object, ...]]:
        failing, good = 0, None
        at = self.start + timedelta(seconds=feed)
        first, failed = 1, 0
        while at < END:
            if not failing and self.random.random() < FAILING:
                failing = int(self.random.expovariate(1 / 3)) + 1
            if failing:
                failing -= 1
                failed = 1
                yield feed, iso(at), "error", None, 0, 0, 0, 0, None, 0, "timeout: no answer", None
                at += timedelta(seconds=INTERVAL)
                continue
            gap = good if failed else None
            if self.random.random() < 0.5:
                yield feed, iso(at), "not-modified", 304, 0, 0, 0, 0, None, 0, "", gap
            else:
                overlap = 0 if self.random.random() < ROLLED else 28
                seen = (None, 1) if first else (overlap, 0)
                gap = gap or (good if overlap == 0 else None)
                yield feed, iso(at), "ok", 200, 20_000, 30, 2, 28, *seen, "", gap
                first = 0
            failed, good = 0, iso(at)
            at += timedelta(seconds=INTERVAL)


def _batched(
    rows: Iterator[tuple[str, Planned, bool]],
) -> Iterator[list[tuple[str, Planned, bool]]]:
    while batch := list(itertools.islice(rows, _BATCH)):
        yield batch


def decide(path: Path, db: sqlite3.Connection, naming: list[int], seed: int) -> int:
    """Judge some of the stories, in the way of the desk. Returns how many."""
    rng = random.Random(seed)
    reviews.create(path)
    stories = sorted(rng.sample(naming, k=min(round(len(naming) / NAMING * DECIDED), len(naming))))
    with_entity = dict(
        db.execute(
            "SELECT f.story, f.value FROM json_each(?) AS key CROSS JOIN story_facets AS f "
            "ON f.story = key.value AND f.facet = 'entity'",
            (json.dumps(stories),),
        )
    )
    conn = sqlite3.connect(path, isolation_level=None)
    reviews.prepare(conn)
    for start in range(0, len(stories), _BATCH):
        batch = [_decision(rng, s, with_entity.get(s, "")) for s in stories[start : start + _BATCH]]
        decisions.record(conn, batch)
    conn.close()
    return len(stories)


def _decision(rng: random.Random, story: int, entity: str) -> Decision:
    verdicts = ("relevant", "not relevant", "follow up")
    wrong = bool(entity) and rng.random() < WRONG
    return Decision(
        story=story,
        verdict="wrong tag" if wrong else rng.choices(verdicts, weights=(5, 4, 1))[0],
        reviewer=rng.choice(("kim", "lee", "park")),
        decided_at=END - timedelta(hours=rng.randint(1, 2_000)),
        entity=entity if wrong else "",
        story_title=f"story {story}",
    )


def make(path: Path, *, items: int, weeks: int = WEEKS, seed: int = 1) -> None:
    """Make both files."""
    span = timedelta(weeks=weeks)
    watchlist = load("dprk-civilian")
    feeds = [
        Feed(
            url=f"https://f{number}.example/feed",
            name=f"Feed {number}",
            kind=KINDS[number % len(KINDS)],
            interval=INTERVAL,
        )
        for number in range(FEEDS)
    ]
    with Store(path) as store:
        conn = store.db.conn
        conn.execute("PRAGMA synchronous = OFF")
        conn.execute("PRAGMA cache_size = -200000")
        store.watch([watchlist], now=END - span)
        store.subscribe(feeds, interval=INTERVAL, now=END - span)
        started = time.perf_counter()
        with store.transaction() as db:
            naming = Maker(db, items, span, seed).run()
        _told("items, stories, mentions, polls", started)
        started = time.perf_counter()
        with store.transaction() as db:
            facets.refresh(db, naming)
        _told(f"facets of {len(naming):,} stories", started)
        started = time.perf_counter()
        made = decide(path.with_name(reviews.FILE), conn, naming, seed)
        _told(f"{made:,} decisions", started)


def _told(what: str, started: float) -> None:
    print(f"{time.perf_counter() - started:6.1f} s  {what}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--weeks", type=int, default=WEEKS)
    given = parser.parse_args()
    make(given.file, items=given.items, weeks=given.weeks)
