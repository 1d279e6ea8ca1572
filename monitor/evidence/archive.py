"""Evidence on its way to the disk: what of a poll is archived, and in which records. Thin."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from feeds.types import Exchange, Fetched, Peer
from monitor.evidence.keeper import Keeper
from monitor.evidence.redact import redacted, redacted_head, redacted_request, secrets_of
from monitor.evidence.warc import Capture, group
from monitor.records import Evidence, Original, PollRecord
from monitor.store import Store


class Archive:
    """Archives the documents that brought something, before their rows are stored."""

    def __init__(
        self, store: Store, folder: Path, *, rotate: int, now: Callable[[], datetime]
    ) -> None:
        """Open the folder, which is made if it is not there. Raises StoreError."""
        self._store = store
        self.keeper = Keeper(
            folder, rotate=rotate, now=now, ends=store.evidence_ends(), about=about()
        )

    def keep(self, record: PollRecord) -> PollRecord:
        """The record with its evidence, if its documents brought new or changed items.

        Raises:
            StoreError: it could not be written.
        """
        answer = record.observation.answer
        if not (record.items or record.revisions) or not isinstance(answer, Fetched):
            return record
        at = record.observation.started_at
        pages = dict(enumerate((answer, *answer.more)))
        probes = [item.probe for item in record.items] + [one.probe for one in record.revisions]
        brought = {probe.entry.document for probe in probes}
        kept = {
            number: self._kept(page, page.exchange, at)
            for number, page in pages.items()
            if number in brought and page.exchange
        }
        return replace(record, evidence=kept.pop(0, None), further_evidence=kept)

    def keep_page(self, answer: Fetched, at: datetime) -> Evidence | None:
        """The same for the page of an article, asked for at that time.

        Raises:
            StoreError: it could not be written.
        """
        return self._kept(answer, answer.exchange, at) if answer.exchange else None

    def sync(self) -> None:
        """Wait until it is on the disk. Raises StoreError."""
        self.keeper.sync()

    def close(self) -> None:
        """Let go of the file."""
        self.keeper.close()

    def _kept(self, answer: Fetched, exchange: Exchange, at: datetime) -> Evidence:
        digest = sha256(exchange.body).hexdigest()
        found = self._store.archived(digest)
        capture = capture_of(answer, exchange, at, found.original if found else None)
        name, records = group(capture)
        place = self.keeper.keep(records)
        peer = exchange.peer
        return Evidence(
            url=capture.url,
            fetched_at=at,
            http_status=answer.http_status,
            sha256=digest,
            bytes=len(exchange.body),
            file=place.file,
            offset=place.offset,
            length=place.length,
            record=name,
            same_as=found.id if found else None,
            address=exchange.address,
            tls_certificate=peer.fingerprint if peer else "",
            tls_subject=peer.subject if peer else "",
        )


def capture_of(
    answer: Fetched, exchange: Exchange, at: datetime, original: Original | None
) -> Capture:
    """What is archived of an answer: all of it but secrets of ours. Pure."""
    asked = (*answer.redirects, answer.url)
    secrets = frozenset().union(*(secrets_of(url) for url in asked))
    return Capture(
        url=redacted(answer.url, secrets),
        at=at,
        exchange=replace(
            exchange,
            request=redacted_request(exchange.request, secrets),
            head=redacted_head(exchange.head, secrets),
        ),
        facts={
            "via": " ".join(redacted(url, secrets) for url in answer.redirects),
            "document-sha256": answer.state.body_hash,
            "document-length": str(len(answer.body)),
            **_peer_facts(exchange.peer),
        },
        original=original,
    )


def _peer_facts(peer: Peer | None) -> Mapping[str, str]:
    if peer is None:
        return {}
    facts = {
        "tls-version": peer.version,
        "tls-cipher": peer.cipher,
        "tls-certificate-sha256": peer.fingerprint,
        "tls-certificate-subject": peer.subject,
        "tls-certificate-issuer": peer.issuer,
        "tls-certificate-not-before": peer.not_before,
        "tls-certificate-not-after": peer.not_after,
    }
    return {name: " ".join(value.split()) for name, value in facts.items()}


def about() -> dict[str, str]:
    """What made the files: no host name, no user."""
    try:
        release = version("wirewatch")
    except PackageNotFoundError:  # run from a checkout
        release = "0"
    return {"software": f"wirewatch/{release}", "description": "documents of polled news feeds"}
