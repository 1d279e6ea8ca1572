"""The store of a worker: it stores a poll only while the claim on its batch stands."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from monitor.cluster.names import DELIVER, DELIVERY, channel_lock
from monitor.errors import LostError
from monitor.places import Server
from monitor.records import OutboxAlert, PollRecord
from monitor.store import Store
from monitor.store.postgres import claims


class FencedStore(Store):
    """A store that knows whose feeds are polled here, and has alerts sent with a poll's commit."""

    def __init__(self, place: Server) -> None:
        super().__init__(place, shared=True)
        self._claims: dict[int, tuple[int, int]] = {}  # feed → shard and claim

    @contextmanager
    def claimed(self, shard: int, claim: int, feeds: Iterable[int]) -> Iterator[None]:
        """Polls of these feeds belong to a batch meanwhile."""
        ours = dict.fromkeys(feeds, (shard, claim))
        self._claims.update(ours)
        try:
            yield
        finally:
            for feed, mark in ours.items():
                if self._claims.get(feed) == mark:  # else it is in a later batch already
                    del self._claims[feed]

    def record(self, learnt: PollRecord) -> None:
        """Store all that a poll taught, and have its alerts sent, in one transaction.

        Raises:
            LostError: its batch was given to another worker; nothing was stored.
        """
        held = self._claims.get(learnt.observation.feed.id)
        if held is None:
            raise LostError("its batch is over")
        with self.transaction() as db:
            claims.hold(db, *held)
            super().record(learnt)
            self.have_sent(learnt.alerts)

    def have_sent(self, alerts: Sequence[OutboxAlert]) -> None:
        """Have a sender begin as soon as the transaction is kept."""
        for channel in {alert.channel for alert in alerts}:
            arguments = json.dumps({"channel": channel})
            claims.defer(self.db.conn, DELIVERY, DELIVER, channel_lock(channel), arguments)
