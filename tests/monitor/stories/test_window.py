"""The window: finds what shares text or headline, forgets by the day, and is the same when refilled."""

from __future__ import annotations

import math
import random
from collections import Counter, defaultdict, deque
from datetime import UTC, date, datetime, timedelta

import pytest

from monitor.stories import Signature, Window, read, sign
from monitor.stories.headlines import MOST_DIFFERENT, MOST_WORDS, Headlines
from monitor.stories.rows import PACK, ROWS
from monitor.stories.vocabulary import Vocabulary
from monitor.stories.window import LEAST_ROWS, MOST_CANDIDATES

DAY = date(2026, 11, 21)
NOW = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)


def signature(title: str, text: str) -> Signature:
    return sign(read(title, text, at=NOW, publisher=""))


def words(seed: int, count: int = 120) -> str:
    chosen = random.Random(seed)
    return " ".join("".join(chosen.choices("abdeiklmnorstu", k=6)) for _ in range(count))


def test_edited_copies_are_found() -> None:
    window = Window()
    for number in range(200):
        window.add(number, signature(f"title {words(number, 6)}", words(number)), DAY)
    missed = 0
    for number in range(200):
        text = words(number).split()
        for at in random.Random(number).sample(range(len(text)), k=12):
            text[at] = "changed"
        found = window.candidates(signature("another headline altogether", " ".join(text)))
        missed += number not in {c.item for c in found}
    assert missed <= 4


def test_unrelated_texts_are_not_candidates() -> None:
    window = Window()
    for number in range(200):
        window.add(number, signature(words(number, 6), words(number)), DAY)
    assert window.candidates(signature(words(999, 6), words(999))) == ()


def test_headlines_are_found_by_their_rare_words() -> None:
    window = Window()
    for number in range(300):
        window.add(number, signature(f"minister opens {words(number, 3)}", words(number)), DAY)
    window.add(300, signature("Quarry at Norvale flooded after storm", words(300)), DAY)
    found = window.candidates(signature("Storm leaves Norvale quarry under water", words(301)))
    assert [c.item for c in found] == [300]
    assert found[0].headline > 0.3


def test_days_are_forgotten_without_a_trace() -> None:
    window = Window()
    for number in range(100):
        window.add(
            number, signature(words(number, 6), words(number)), DAY + timedelta(days=number // 10)
        )
    window.forget_before(DAY + timedelta(days=5))
    assert len(window) == 50
    assert not window.candidates(signature(words(3, 6), words(3)))
    window.forget_before(DAY + timedelta(days=20))
    assert len(window) == 0
    assert not list(window._rows.sharing(signature("", words(99)).rows))
    assert window._headlines._vocabulary.room == MOST_DIFFERENT


def test_it_never_holds_more_than_it_may() -> None:
    window = Window(most=100)
    for number in range(1_000):
        window.add(
            number,
            Signature(rows=random.Random(number).randbytes(4 * ROWS), words=("a", str(number))),
            DAY,
        )
        assert len(window) <= 100
    assert 999 in window
    assert 1 not in window


def test_refilled_in_the_order_of_items_it_answers_the_same() -> None:
    """What a restart does."""
    items = [signature(words(n % 60, 6), words(n % 60)) for n in range(180)]
    running = Window()
    for number, one in enumerate(items):
        running.add(number, one, DAY + timedelta(days=number // 60))
        running.forget_before(DAY + timedelta(days=number // 60 - 1))
    refilled = Window()
    for number in range(60, 180):
        refilled.add(number, items[number], DAY + timedelta(days=number // 60))
    for one in items:
        assert running.candidates(one) == refilled.candidates(one)


class Plain:
    """What the window answers, worked out from a list of all that it holds."""

    def __init__(self, most: int) -> None:
        self.items: deque[tuple[int, Signature, date]] = deque(maxlen=most)

    def add(self, item: int, signature: Signature, day: date) -> None:
        self.items.append((item, signature, day))

    def forget_before(self, day: date) -> None:
        self.items = deque((one for one in self.items if one[2] >= day), self.items.maxlen)

    def weights(self, words: tuple[str, ...]) -> dict[str, float]:
        seen = Counter(word for _, one, _ in self.items for word in one.words)
        every = math.log(len(self.items) + 400)
        return {word: (every - math.log(seen[word] + 0.5)) ** 2 for word in words}

    def headlines(self, new: Signature) -> set[int]:
        mine, found = self.weights(new.words), defaultdict[int, float](float)
        limit = max(0.02 * (len(self.items) + 400), 8)
        for word in sorted(mine, key=mine.__getitem__, reverse=True)[: max(len(mine) - 2, 0)]:
            having = [item for item, one, _ in self.items if word in one.words]
            if len(having) <= limit:
                for item in having[-24:]:
                    found[item] += mine[word]
        least = 0.09 * sum(mine.values())
        enough = [(weight, -item) for item, weight in found.items() if weight >= least]
        return {-item for _, item in sorted(enough)[-4:]}

    def likeness(self, new: Signature, words: tuple[str, ...]) -> float:
        mine, theirs = self.weights(new.words), self.weights(words)
        both = [mine[word] for word in theirs if word in mine]
        if len(both) < 3:
            return 0.0
        return sum(both) / math.sqrt(sum(mine.values()) * sum(theirs.values()))

    def candidates(self, new: Signature) -> list[tuple[int, int, float]]:
        shared: Counter[int] = Counter()
        for row, value in enumerate(PACK.unpack(new.rows)):
            having = [i for i, one, _ in self.items if PACK.unpack(one.rows)[row] == value]
            shared.update(having[-1:])
        likely = {i for i, many in shared.most_common(MOST_CANDIDATES) if many >= LEAST_ROWS}
        signatures = {item: one for item, one, _ in self.items}
        found = []
        for item in likely | self.headlines(new):
            headline = self.likeness(new, signatures[item].words)
            if item in likely or headline >= 0.3:
                found.append((item, shared[item], round(headline, 9)))
        return sorted(found, key=lambda one: (-one[1], -one[2], one[0]))


@pytest.mark.parametrize(("most", "seed"), [(1_000, 1), (70, 2), (33, 3)])
def test_it_answers_as_a_list_of_everything_would(most: int, seed: int) -> None:
    """Through every doubling, forgetting by the day and by number, words taken and given up."""
    dice = random.Random(seed)
    window, plain = Window(most), Plain(most)
    for step in range(400):
        day = DAY + timedelta(days=step // 90)
        values = [dice.randrange(40) << 10 | dice.randrange(2) for _ in range(ROWS)]
        title = {f"w{int(60 ** dice.random())}" for _ in range(dice.randrange(9))}
        one = Signature(rows=PACK.pack(*values), words=tuple(sorted(title)))
        found = [(c.item, c.shared, round(c.headline, 9)) for c in window.candidates(one)]
        assert found == plain.candidates(one)
        for either in (window, plain):
            either.add(10 * step, one, day)
            either.forget_before(day - timedelta(days=1))
        assert len(window) == len(plain.items)
    assert 10 * step in window
    assert 10 * step + 1 not in window
    assert 0 not in window


class TestHostile:
    """Words that never come again, in headlines without end."""

    def invented(self, number: int, count: int) -> Signature:
        rows = random.Random(number).randbytes(4 * ROWS)
        return Signature(rows=rows, words=tuple(f"{number}x{n}" for n in range(count)))

    def test_an_endless_headline_keeps_few_words(self) -> None:
        title = words(1, 250)
        assert len(signature(title, "text").words) == MOST_WORDS
        turned = " ".join(reversed(title.split()))
        assert signature(title, "text").words == signature(turned, "text").words

    @pytest.mark.parametrize(("places", "different"), [(480, 10_000), (48_000, 300)])
    def test_headlines_are_forgotten_and_texts_are_not(self, places: int, different: int) -> None:
        headlines = Headlines(places=places, different=different)
        window = Window(headlines=headlines)
        for number in range(200):
            window.add(number, self.invented(number, 30), DAY)
        first, last = self.invented(0, 30), self.invented(199, 30)
        assert [(c.item, c.shared, c.headline) for c in window.candidates(first)] == [(0, ROWS, 0)]
        (found,) = window.candidates(last)
        assert (found.item, round(found.headline, 6)) == (199, 1.0)
        assert len(headlines._word) <= places
        assert headlines._vocabulary.room >= 0
        assert len(headlines._vocabulary._keys) <= 2 * different

    def test_at_its_fullest_it_takes_80_mb(self) -> None:
        """A sixty-fourth of it, with every limit reached; `benchmarks.stories_speed` fills it all."""
        headlines = Headlines(places=3 * 2**14, different=2**13 - 1)
        window = Window(2**11, headlines)
        for number in range(2**12):
            window.add(number, self.invented(number, 48), DAY)
        rings = [
            ring
            for part in (window._rows, headlines, headlines._vocabulary)
            for ring in vars(part).values()
            if isinstance(ring, memoryview)
        ]
        assert len(rings) == 13
        assert sum(ring.nbytes for ring in rings) < 80e6 / 64

    def test_worn_out_it_says_so(self) -> None:
        window = Window()
        window.add(1, self.invented(1, 3), DAY)
        assert not window.worn
        window._headlines._end_place = 2**31
        assert window.worn


def test_words_that_are_given_up_leave_their_numbers() -> None:
    dice = random.Random(4)
    vocabulary, known = Vocabulary(200), dict[str, int]()
    for _ in range(3_000):
        word = str(dice.randrange(400))
        if word in known and dice.random() < 0.6:
            vocabulary.drop(known.pop(word))
        elif len(known) < 200:
            (known[word],) = vocabulary.take_all([word])
        assert vocabulary.room == 200 - len(known)
        assert len(set(known.values())) == len(known)
    assert vocabulary.find_all(list(known)) == list(known.values())
    assert not any(vocabulary.find_all([str(n) for n in range(400) if str(n) not in known]))
    assert len(vocabulary._keys) == 256
