"""The outbox, whatever comes in whatever order: nothing lost, and no second copy that does not say so."""

from __future__ import annotations

import tempfile
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from alerts.deliver import TRIES, settlement
from alerts.types import Receipt
from monitor.announce import alert_of
from monitor.records import Waiting
from monitor.store import Store, outbox
from tests.support.learning import WATCHLIST, LearningDesk, entry


class Died(Exception):  # noqa: N818 - what happens to the program
    """In the midst of a transaction."""


class Outbox(RuleBasedStateMachine):
    """The real store over polls of a feed, one channel, and a receiver that counts."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(prefix="outbox-", dir=_memory())
        self.desk = LearningDesk(Path(self.folder.name))
        self.desk.poll(entry(1))  # what stands there at first is no news
        self.published = 1
        self.claimed: Waiting | None = None
        self.arrived: Counter[int] = Counter()  # by alert
        self.unmarked: Counter[int] = (
            Counter()
        )  # of them, copies that do not say that they may be one

    # ── what may happen ──

    @rule(stories=st.integers(1, 3))
    def publish(self, stories: int) -> None:
        new = range(self.published + 1, self.published + 1 + stories)
        self.published += stories
        self.desk.poll(
            *(entry(n, f"mine {_words(n)}", f"The mine {_words(n + 7)}.") for n in reversed(new))
        )

    @precondition(lambda self: self.claimed is None)
    @rule()
    def claim(self) -> None:
        self.claimed = self.desk.store.claim("desk", self.desk.now)

    @precondition(lambda self: self.claimed)
    @rule(outcome=st.sampled_from(["sent", "later", "refused", "lost on the way", "answer lost"]))
    def send(self, outcome: str) -> None:
        """One try and what it came to, stored."""
        waiting = self._sent(outcome in ("sent", "answer lost"))
        said = outcome if outcome in ("sent", "later", "refused") else "in-doubt"
        receipt = Receipt(alert=waiting.id, outcome=said, message="no")
        done = settlement(alert_of(waiting), receipt, self.desk.now, 0.5)
        self.desk.store.settle(done, self.desk.now)

    @precondition(lambda self: self.claimed)
    @rule(arrives=st.booleans())
    def die_while_sending(self, arrives: bool) -> None:
        self._sent(arrives)
        self._start_again()

    @rule()
    def die(self) -> None:
        """Between two things; whatever is claimed was not sent yet."""
        self.claimed = None
        self._start_again()

    @rule()
    def die_in_a_transaction(self) -> None:
        store = self.desk.store
        with suppress(Died), store.transaction() as db:
            outbox.claim(db, "desk", self.desk.now)
            raise Died
        self.claimed = None
        self._start_again()

    @rule(minutes=st.sampled_from([1, 30, 600]))
    def wait(self, minutes: int) -> None:
        self.desk.now += timedelta(minutes=minutes)

    @rule()
    def retry_the_dead(self) -> None:
        """By hand, as an operator does: what is sent then is a new message, asked for."""
        dead = [row["id"] for row in self.desk.rows("SELECT id FROM alerts WHERE state = 'dead'")]
        if self.desk.store.retry(None, self.desk.now):
            for alert in dead:
                self.unmarked[alert] = self.arrived[alert] = 0

    # ── what must hold ──

    @invariant()
    def what_is_sent_has_arrived(self) -> None:
        for row in self.desk.rows("SELECT id FROM alerts WHERE state = 'sent'"):
            assert self.arrived[row["id"]] > 0, "lost"

    @invariant()
    def a_second_copy_says_so(self) -> None:
        assert all(copies <= 1 for copies in self.unmarked.values()), "an unmarked second copy"

    @invariant()
    def at_most_one_message_is_in_doubt(self) -> None:
        sending = self.desk.rows("SELECT id, sent_with FROM alerts WHERE state = 'sending'")
        assert len({row["sent_with"] or -row["id"] for row in sending}) <= 1

    def teardown(self) -> None:
        """In the end, on a day when everything works, all arrives that was not given up."""
        try:
            self.claimed = None
            self._start_again()
            for _ in range(TRIES + self.published):
                self.desk.now += timedelta(hours=7)
                while (waiting := self.desk.store.claim("desk", self.desk.now)) is not None:
                    self.claimed = waiting
                    self.send("sent")
            for row in self.desk.rows("SELECT id, state FROM alerts"):
                assert row["state"] in ("sent", "dead"), row
                assert row["state"] == "dead" or self.arrived[row["id"]], "lost"
        finally:
            self.desk.close()
            self.folder.cleanup()

    # ── how ──

    def _sent(self, arrives: bool) -> Waiting:
        waiting, self.claimed = self.claimed, None
        assert waiting is not None
        if arrives:
            for one in (waiting, *waiting.others):
                self.arrived[one.id] += 1
                self.unmarked[one.id] += not waiting.in_doubt
        return waiting

    def _start_again(self) -> None:
        """As after kill -9: nothing is closed in order, and the start does what starts do."""
        store = self.desk.store
        store._engine._let_go()
        self.desk.store = Store(store.path)
        self.desk.store.watch([WATCHLIST], now=self.desk.now)
        self.desk.store.doubt_unfinished()


def _words(number: int) -> str:
    """Of each story its own, so that no two are one event."""
    return " ".join(f"{word}{number * 7919 % 9973}" for word in ("bar", "fel", "gor", "hum", "kip"))


def _memory() -> str | None:
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


TestOutbox = Outbox.TestCase
TestOutbox.settings = settings(max_examples=15, stateful_step_count=25, deadline=None)
