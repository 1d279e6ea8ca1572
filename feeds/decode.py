"""Response bodies, gathered and decoded within a limit, whatever the sender does.

httpx decodes a whole network chunk at once and any chain of codings: 275 bytes of gzip in gzip in
gzip become 2 GiB. Here one coding is undone, into at most `limit` bytes.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from feeds.errors import TransferError

STEP = 256 * 2**10  # bytes decoded at once
MEMBERS = 100  # of one gzip body (RFC 1952 §2.2): two are rare, and each costs a new decoder
# "none" and "utf-8" are no codings, but servers in the wild send them with plain bodies.
_PLAIN = frozenset({"", "identity", "none", "utf-8"})
_CODINGS = {"gzip": "gzip", "x-gzip": "gzip", "deflate": "deflate"}  # RFC 9110 §8.4.1


def coding_of(content_encoding: str) -> str:
    """Read a Content-Encoding header: "" for a plain body, "gzip" or "deflate".

    Raises TransferError("coding") for any other coding and for more than one.
    """
    named = [name.strip().lower() for name in content_encoding.split(",")]
    codings = [name for name in named if name not in _PLAIN]
    if not codings:
        return ""
    if len(codings) > 1:
        raise TransferError("coding", f"{len(codings)} content codings on top of each other")
    if codings[0] not in _CODINGS:
        raise TransferError("coding", f"content coding {codings[0][:20]!r} was not asked for")
    return _CODINGS[codings[0]]


class Body:
    """Takes a body in pieces as they come off the wire and gives back the decoded whole."""

    def __init__(self, *, coding: str, wire_limit: int, limit: int) -> None:
        """Decode `coding` ("", "gzip", "deflate"); limits in bytes, before and after decoding."""
        self._inflate = _Inflate(coding) if coding else None
        self._wire_limit = wire_limit
        self._wire_size = 0
        self._limit = limit
        self._size = 0
        self._pieces: list[bytes] = []
        self._wire: list[bytes] = []

    def expect(self, content_length: str) -> None:
        """Refuse a body that announces its excess. Raises TransferError("too-large")."""
        if content_length.isdecimal() and int(content_length[:20]) > self._wire_limit:
            raise TransferError("too-large", f"more than {_mebibytes(self._wire_limit)} announced")

    @property
    def size(self) -> int:
        """Bytes that are there, decoded."""
        return self._size

    def add(self, piece: bytes) -> None:
        """Take the next piece. Raises TransferError("too-large") or TransferError("coding")."""
        for _ in self.steps(piece):
            pass

    def steps(self, piece: bytes) -> Iterator[None]:
        """The same, a bounded step of decoding at a time."""
        self._wire_size += len(piece)
        if self._wire_size > self._wire_limit:
            raise TransferError("too-large", f"more than {_mebibytes(self._wire_limit)} sent")
        if self._inflate is None:
            self._keep(piece)
            yield
            return
        self._wire.append(piece)
        data, more = piece, bool(piece)
        while more:
            most = min(STEP, self._limit - self._size + 1)
            decoded, data = self._inflate.step(data, most)
            self._keep(decoded)
            # A full step may have more behind it that zlib holds already.
            more = bool(data) or (len(decoded) == most and not self._inflate.ended)
            yield

    def _keep(self, decoded: bytes) -> None:
        self._size += len(decoded)
        if self._size > self._limit:
            raise TransferError("too-large", f"more than {_mebibytes(self._limit)} after decoding")
        self._pieces.append(decoded)

    def whole(self) -> bytes:
        """Everything, once the last piece has come. Raises TransferError("coding") if cut short."""
        if self._inflate is not None and self._wire_size and not self._inflate.ended:
            raise TransferError("coding", "the compressed body ends too early")
        return b"".join(self._pieces)

    def wire(self, whole: bytes) -> bytes:
        """The same as it was sent, in its coding; `whole` is what `whole()` gave."""
        return whole if self._inflate is None else b"".join(self._wire)


class _Inflate:
    """gzip (all its members) or deflate (with or without a zlib header), a bounded step at a time.

    RFC 9110 §8.4.1.2 wants the zlib header; servers that leave it out are common enough for a note
    there.
    """

    def __init__(self, coding: str) -> None:
        self._coding = coding
        self._start = b""  # the first byte of a deflate body, until the second tells its format
        self._zlib = zlib.decompressobj(31) if coding == "gzip" else None
        self._members = 1
        self.ended = False

    def step(self, data: bytes, most: int) -> tuple[bytes, bytes]:
        """Decode up to `most` bytes (at least 1); give them and the input that is left."""
        if self.ended and not self._next_member(data):
            return b"", b""  # padding after the end is ignored, as curl and browsers do
        if self._zlib is None:
            self._start += data
            if len(self._start) < 2:  # the two bytes of RFC 1950 §2.2
                return b"", b""
            data = self._start
            self._zlib = zlib.decompressobj(15 if _has_zlib_header(data) else -15)
        try:
            decoded = self._zlib.decompress(data, most)
        except zlib.error:
            raise TransferError("coding", f"the {self._coding} data are damaged") from None
        self.ended = self._zlib.eof
        return decoded, self._zlib.unconsumed_tail or self._zlib.unused_data

    def _next_member(self, data: bytes) -> bool:
        if self._coding != "gzip" or data[0] != 0x1F:
            return False
        self._members += 1
        if self._members > MEMBERS:
            raise TransferError("coding", f"more than {MEMBERS} gzip members")
        self._zlib = zlib.decompressobj(31)
        return True


def _has_zlib_header(data: bytes) -> bool:
    """RFC 1950 §2.2: method 8 in the low nibble, and the two bytes are a multiple of 31."""
    return data[0] & 0x0F == 8 and int.from_bytes(data[:2], "big") % 31 == 0


def _mebibytes(size: int) -> str:
    return f"{size / 2**20:.3g} MiB"
