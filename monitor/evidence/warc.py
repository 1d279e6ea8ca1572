"""WARC records (ISO 28500:2017, WARC/1.1) of one exchange, and reading them again: warcio.

An exchange is a group of three records, each a gzip member of its own: the response (or, where the
same bytes are archived already, a revisit), the request, and metadata on how they were got.
"""

from __future__ import annotations

import os
import re
import zlib
from base64 import b32decode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import IO, Any
from uuid import NAMESPACE_URL, uuid5

from isal import isal_zlib
from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed
from warcio.statusandheaders import StatusAndHeaders
from warcio.utils import Digester
from warcio.warcwriter import WARCWriter

from feeds.types import Exchange
from monitor.records import Original

CHUNK = 256 * 1024  # bytes read at once
# Of ISA-L's gzip, its highest. It makes what zlib makes at its own 3, in a quarter of the time; at
# 9, warcio's own, zlib takes ten times as long and more, for a tenth fewer bytes.
LEVEL = 3
_GZIP = 31  # "wbits" of a whole gzip member
_FORMAT = "WARC file version 1.1"
_CONFORMS = "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/"

_CODED = re.compile(rb"^(transfer-encoding)(?=:)", re.IGNORECASE | re.MULTILINE)
_LENGTH = re.compile(rb"^content-length:", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """One exchange, without secrets, ready to be archived."""

    url: str
    at: datetime
    exchange: Exchange
    facts: Mapping[str, str]  # for the metadata record: names → values on one line
    original: Original | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """A record that is not what its digests say, or bytes that are no record."""

    where: str  # "record at byte 1234"
    what: str


class _Writer(WARCWriter):  # type: ignore[misc] # warcio has no types
    """warcio's writer with SHA-256 for its SHA-1, which no longer proves anything."""

    def __init__(self) -> None:
        super().__init__(None, gzip=False, warc_version="1.1")

    def member(self, record: Any) -> bytes:
        """A record as a gzip member of its own."""
        self.out = BytesIO()
        self.write_record(record)
        return isal_zlib.compress(self.out.getbuffer(), LEVEL, _GZIP)

    @staticmethod
    def _create_digester() -> Any:
        return Digester("sha256")


class _Head(StatusAndHeaders):  # type: ignore[misc] # warcio has no types
    """A head to be written byte for byte: warcio would escape what is not ASCII."""

    def __init__(self, raw: bytes) -> None:
        super().__init__(raw.partition(b"\r\n")[0].decode("latin-1"), [])
        self._raw = raw

    def compute_headers_buffer(self, header_filter: object = None) -> None:  # noqa: ARG002 - warcio's
        """Hand warcio the head as it is."""
        self.headers_buff = self._raw


def first_record(name: str, about: Mapping[str, str], at: datetime) -> bytes:
    """The warcinfo record that a file begins with; the same for the same arguments."""
    writer = _Writer()
    record = writer.create_warcinfo_record(
        name, {**about, "format": _FORMAT, "conformsTo": _CONFORMS}
    )
    identity = uuid5(NAMESPACE_URL, f"{name} {_date(at)} {sorted(about.items())}")
    record.rec_headers.replace_header("WARC-Record-ID", f"<urn:uuid:{identity}>")
    record.rec_headers.replace_header("WARC-Date", _date(at))
    return writer.member(record)


def group(capture: Capture) -> tuple[str, bytes]:
    """The records of an exchange: the first one's WARC-Record-ID, and all of them."""
    writer = _Writer()
    answer = _answer(writer, capture)
    record = answer.rec_headers.get_header("WARC-Record-ID")
    beside = {**_common(capture), "WARC-Concurrent-To": record}
    request = writer.create_warc_record(
        capture.url,
        "request",
        http_headers=_Head(capture.exchange.request),
        warc_headers_dict=beside,
    )
    records = (answer, request, _facts(writer, capture, beside))
    return str(record), b"".join(map(writer.member, records))


def _common(capture: Capture) -> dict[str, str]:
    headers = {"WARC-Date": _date(capture.at)}
    if capture.exchange.address:
        headers["WARC-IP-Address"] = capture.exchange.address
    return headers


def _answer(writer: Any, capture: Capture) -> Any:
    body, headers = capture.exchange.body, _common(capture)
    head = _Head(_archived(capture.exchange.head, len(body)))
    if capture.original is None:
        return writer.create_warc_record(
            capture.url,
            "response",
            payload=BytesIO(body),
            length=len(body),
            http_headers=head,
            warc_headers_dict=headers,
        )
    digest = Digester("sha256")
    digest.update(body)
    return writer.create_revisit_record(
        capture.url,
        str(digest),
        capture.original.url,
        _date(capture.original.at),
        http_headers=head,
        warc_headers_dict={**headers, "WARC-Refers-To": capture.original.record},
    )


def _facts(writer: Any, capture: Capture, beside: Mapping[str, str]) -> Any:
    lines = "".join(f"{name}: {value}\r\n" for name, value in capture.facts.items() if value)
    content = lines.encode("utf-8", "replace")
    return writer.create_warc_record(
        capture.url,
        "metadata",
        payload=BytesIO(content),
        length=len(content),
        warc_content_type="application/warc-fields",
        warc_headers_dict=beside,
    )


def _archived(head: bytes, length: int) -> bytes:
    """The head of a body whose chunks were put together: the field that said so is set aside."""
    lines = _CODED.sub(rb"X-Archive-Orig-\1", head.replace(b"\r\n", b"\n"))
    if lines != head.replace(b"\r\n", b"\n") and not _LENGTH.search(lines):
        lines = lines.removesuffix(b"\n") + b"Content-Length: %d\n\n" % length
    return lines.replace(b"\n", b"\r\n")


def _date(at: datetime) -> str:
    """W3C-DTF in UTC, as WARC/1.1 §5.4 has it."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


_BROKEN = (ArchiveLoadFailed, zlib.error, EOFError, ValueError, OSError)

# ── reading ──────────────────────────────────────────────────────────────────────────────────────


def whole_until(stream: IO[bytes], start: int) -> int:
    """Where the last whole gzip member ends that can be reached from `start`, a member's begin."""
    stream.seek(start)
    end, data = start, b""
    member = zlib.decompressobj(31)
    while data := data or stream.read(CHUNK):
        try:
            member.decompress(data)
        except zlib.error:
            return end
        data = b""
        if member.eof:
            end = stream.tell() - len(member.unused_data)
            data, member = member.unused_data, zlib.decompressobj(31)
    return end


def damages(stream: IO[bytes]) -> Iterator[Damage]:
    """What is wrong with a compressed WARC file, by its records' own digests and checksums."""
    end = whole_until(stream, 0)
    if end != stream.seek(0, os.SEEK_END):
        yield Damage(where=f"record at byte {end}", what="torn, or its checksum is wrong")
    stream.seek(0)
    records = ArchiveIterator(stream, check_digests=True)
    at = 0
    try:
        for record in records:
            at = records.get_record_offset()
            while record.raw_stream.read(CHUNK):
                pass
            if record.digest_checker.passed is False:
                yield Damage(where=f"record at byte {at}", what=record.digest_checker.problems[0])
    except _BROKEN as error:
        what = " ".join(str(error).split())[:200] or type(error).__name__
        yield Damage(where=f"record behind byte {at}", what=what)


def payload(group: bytes) -> bytes:
    """The body of the response that a group begins with, as it was sent.

    Raises:
        ValueError: it begins with no response.
    """
    record = _first(group)
    if record is None or record.rec_type != "response":
        raise ValueError("no response record")
    return bytes(record.raw_stream.read())


def holds(group: bytes, digest: str) -> bool:
    """Whether a group begins with a response whose body has this SHA-256 (hex), or a revisit."""
    try:
        record = _first(group)
        if record is None or record.rec_type not in ("response", "revisit"):
            return False
        if record.rec_type == "response":
            return sha256(record.raw_stream.read()).hexdigest() == digest
        said = record.rec_headers.get_header("WARC-Payload-Digest") or ""
        return b32decode(said.removeprefix("sha256:")).hex() == digest
    except _BROKEN:
        return False


def _first(group: bytes) -> Any:
    return next(iter(ArchiveIterator(BytesIO(group))), None)


def read_group(path: Path, offset: int, length: int) -> bytes:
    """The bytes of one group. Raises OSError."""
    with path.open("rb") as stream:
        stream.seek(offset)
        found = stream.read(length)
    if len(found) != length:
        raise OSError(0, "shorter than it was", str(path))
    return found
