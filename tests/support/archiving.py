"""A desk for tests that archives what it polls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from feeds.types import Exchange, Fetched, Peer
from monitor.evidence.archive import Archive
from monitor.records import PollRecord
from tests.support.learning import LearningDesk

PEER = Peer(
    version="TLSv1.3",
    cipher="TLS_AES_256_GCM_SHA384",
    fingerprint="ab" * 32,
    subject="commonName=one.example",
    issuer="commonName=An Authority",
    not_before="Jan  5 09:34:43 2026 GMT",
    not_after="Jan  5 09:34:43 2027 GMT",
)


def exchange(
    body: bytes, *, fields: bytes = b"", head: bytes = b"", peer: Peer | None = PEER
) -> Exchange:
    """A request and its answer."""
    return Exchange(
        request=b"GET /feed HTTP/1.1\r\nHost: one.example\r\n" + fields + b"\r\n",
        head=b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n" + head + b"\r\n",
        body=body,
        address="192.0.2.7",
        peer=peer,
    )


class ArchivingDesk(LearningDesk):
    """Polls by hand; each document is archived before its rows are stored, as the learner does."""

    def __init__(
        self, folder: Path, feeds: Sequence[str] = ("one",), *, rotate: int = 10**8
    ) -> None:
        super().__init__(folder, feeds)
        self.folder = folder / "evidence"
        self.rotate = rotate
        self.body: bytes | None = None  # of the next documents; None = another each time
        self.polls = 0
        self._store_record = self.store.record
        self.store.record = self._record
        self.reopen()

    def reopen(self) -> None:
        """As after a restart."""
        self.archive = Archive(self.store, self.folder, rotate=self.rotate, now=lambda: self.now)

    def _record(self, learnt: PollRecord) -> None:
        self.polls += 1
        seen = learnt.observation
        if isinstance(seen.answer, Fetched):
            body = self.body if self.body is not None else b"document %d" % self.polls
            answer = replace(seen.answer, exchange=exchange(body), body=body)
            learnt = replace(learnt, observation=replace(seen, answer=answer))
        with self.store.together():
            self._store_record(self.archive.keep(learnt))
            self.archive.sync()

    def evidence(self) -> list[Any]:
        """The rows, in order."""
        return self.rows("SELECT * FROM evidence ORDER BY id")

    def close(self) -> None:
        self.archive.close()
        super().close()
