"""HTTP/1.1 as bytes: the head of a request written, an answer read (RFC 9112).

Nearly every head is plain: one line a field, no control characters, a body of a known length or to
the end. llhttp takes a twentieth of h11's time for those. All others, and every chunked body, h11
reads from the first byte on, so that what is understood and what is refused is what h11 does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import h11
import httptools

from feeds.errors import TransferError

if TYPE_CHECKING:
    from collections.abc import Iterable

HEAD_MOST = 100 * 2**10  # bytes of a head, as of httpcore's; and of a chunk's own head
_BLANK_LINE = re.compile(rb"\n\r?\n")
_PLAIN = re.compile(rb"(?:[!-~\x80-\xff][\t -~\x80-\xff]*\r\n)+\r\n")
_BODILESS = (204, 304)  # RFC 9112 §6.3, of answers to GET and POST

_METHOD, _TARGET = re.compile(rb"[A-Z]+"), re.compile(rb"[!-~]+")
_NAME = re.compile(rb"[-!#$%&'*+.^_`|~0-9A-Za-z]+")  # RFC 9110 §5.6.2
_VALUE = re.compile(rb"(?:[!-~\x80-\xff](?:[\t -~\x80-\xff]*[!-~\x80-\xff])?)?")  # §5.5


def wire_head(first: bytes, fields: Iterable[tuple[bytes, bytes]]) -> bytes:
    """A first line and its fields as they stand on the wire (RFC 9112 §2.1)."""
    return b"\r\n".join([first, *[b"%s: %s" % field for field in fields], b"", b""])


def request_head(method: bytes, target: bytes, fields: Iterable[tuple[bytes, bytes]]) -> bytes:
    """The head of a request. Raises TransferError("protocol") for what HTTP cannot carry."""
    given = list(fields)
    if not (
        _METHOD.fullmatch(method)
        and _TARGET.fullmatch(target)
        and all(_NAME.fullmatch(name) and _VALUE.fullmatch(value) for name, value in given)
    ):  # never quoted: it may be a token
        raise TransferError("protocol", "the request cannot be written as HTTP")
    return wire_head(b"%s %s HTTP/1.1" % (method, target), given)


@dataclass(frozen=True, slots=True)
class AnswerHead:
    """What comes before a body."""

    version: bytes  # 1.1
    status: int
    phrase: bytes
    fields: list[tuple[bytes, bytes]]  # in order, names as they were spelt


class AnswerReader:
    """Takes an answer to a GET or POST in pieces as they come, and gives back its body in such."""

    def __init__(self) -> None:
        self.head: AnswerHead | None = None  # the last one: 1xx are passed over
        self._raw = bytearray()  # while the head is not whole
        self._looked = 0  # bytes of it that hold no end
        self._body: _Counted | _Careful | None = None

    @property
    def done(self) -> bool:
        """Whether all of it is there."""
        return self._body is not None and self._body.done

    def feed(self, data: bytes) -> bytes:
        """Take the next bytes, b"" for the end of the connection; give what is body of them.

        Raises TransferError("protocol").
        """
        if self._body is None:
            if not data:
                raise _broken()
            self._raw += data
            self._body = self._way()
            if self._body is None or not self._raw:
                return b""
            data = bytes(self._raw)
        body = self._body.feed(data)
        if isinstance(self._body, _Careful):
            self.head = self._body.head
        return body

    def _way(self) -> _Counted | _Careful | None:
        """How to read on with what is here, once that can be told."""
        blank = _BLANK_LINE.search(self._raw, self._looked)
        if blank and (head := _plain(bytes(self._raw[: blank.end()]))):
            self.head = head
            del self._raw[: blank.end()]
            return _Counted(_length(head))
        if blank or not self._raw.startswith(b"H") or len(self._raw) > HEAD_MOST:
            return _Careful()
        self._looked = max(0, len(self._raw) - 2)
        return None


class _Counted:
    """A body of a known length, or to the end of the connection."""

    def __init__(self, length: int | None) -> None:
        self._left = length
        self.done = length == 0

    def feed(self, data: bytes) -> bytes:
        if self._left is None:
            self.done = not data
            return data
        if not data and not self.done:
            raise _broken()
        piece = data[: self._left]
        self._left -= len(piece)
        self.done = not self._left
        return piece


class _Careful:
    """Everything by h11, from the first byte of the head on."""

    def __init__(self) -> None:
        self._h11 = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEAD_MOST)
        self._h11.send(h11.Request(method="GET", target="/", headers=[("Host", "asked.already")]))
        self._h11.send(h11.EndOfMessage())
        self.head: AnswerHead | None = None
        self.done = False

    def feed(self, data: bytes) -> bytes:
        pieces = []
        try:
            self._h11.receive_data(data)
            while not self.done:
                event = self._h11.next_event()
                if event is h11.NEED_DATA:
                    break
                if isinstance(event, h11.Data):
                    pieces.append(bytes(event.data))
                elif isinstance(event, h11.Response | h11.InformationalResponse):
                    self._take(event)
                else:  # its end, or that of HTTP
                    self.done = True
        except h11.RemoteProtocolError:
            raise _broken() from None  # it quotes the peer
        return b"".join(pieces)

    def _take(self, event: h11.Response | h11.InformationalResponse) -> None:
        self.done = event.status_code == 101  # RFC 9110 §15.2.2: what follows is not HTTP
        if isinstance(event, h11.Response) or self.done:
            self.head = AnswerHead(
                version=event.http_version,
                status=event.status_code,
                phrase=event.reason,
                fields=event.headers.raw_items(),
            )


class _Fields:
    """What llhttp finds in a head."""

    __slots__ = ("fields", "phrase")

    def __init__(self) -> None:
        self.phrase = b""
        self.fields: list[tuple[bytes, bytes]] = []

    def on_status(self, phrase: bytes) -> None:
        self.phrase = phrase

    def on_header(self, name: bytes, value: bytes) -> None:
        self.fields.append((name, value.strip(b" \t")))


def _plain(raw: bytes) -> AnswerHead | None:
    """A whole head, if there is nothing about it that h11 need be asked about."""
    if len(raw) > HEAD_MOST or not _PLAIN.fullmatch(raw):
        return None
    found = _Fields()
    parser = httptools.HttpResponseParser(found)
    try:
        parser.feed_data(raw)
    except httptools.HttpParserError:
        return None
    names = [name.lower() for name, _ in found.fields]
    version, status = parser.get_http_version(), parser.get_status_code()
    if version not in ("1.0", "1.1") or status < 200 or b"transfer-encoding" in names:
        return None
    lengths = [v for (_, v), name in zip(found.fields, names, strict=True) if name == _LENGTH]
    if len(lengths) > 1 or not all(_DIGITS.fullmatch(length) for length in lengths):
        return None
    return AnswerHead(version.encode("ascii"), status, found.phrase, found.fields)


_LENGTH = b"content-length"
_DIGITS = re.compile(rb"[0-9]{1,18}")


def _length(head: AnswerHead) -> int | None:
    """Bytes of the body of a plain answer; None = to the end of the connection."""
    if head.status in _BODILESS:
        return 0
    return next((int(value) for name, value in head.fields if name.lower() == _LENGTH), None)


def _broken() -> TransferError:
    return TransferError("protocol", "the answer is not HTTP, or it was cut off")
