"""The window: finds what shares text or headline, forgets by the day, and is the same when refilled."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta

from monitor.stories import Signature, Window, read, sign
from monitor.stories.window import ROWS

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
    assert not any(window._rows)
    assert not window._words
    assert not window._seen


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
