"""Bodies: what is decoded, what is refused, and how little of a bomb is ever unpacked."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.decode import MEMBERS, Body, coding_of
from feeds.errors import TransferError
from tests.support.servers import MEBIBYTE, gzip_zeros

TEXT = "<rss>조선중앙통신 평양화력발전소</rss>".encode() * 200
RAW_DEFLATE = zlib.compressobj(9, zlib.DEFLATED, -15)
DEFLATED = RAW_DEFLATE.compress(TEXT) + RAW_DEFLATE.flush()


def decoded(coding: str, sent: bytes, *, step: int = 10**9, wire=10**9, limit=10**9) -> bytes:
    body = Body(coding=coding, wire_limit=wire, limit=limit)
    for start in range(0, len(sent), step):
        body.add(sent[start : start + step])
    return body.whole()


@pytest.mark.parametrize("step", [1, 2, 7, 10**9])
@pytest.mark.parametrize(
    ("coding", "sent"),
    [
        ("", TEXT),
        ("gzip", gzip.compress(TEXT, mtime=0)),
        ("gzip", gzip.compress(TEXT[:100]) + gzip.compress(TEXT[100:])),
        ("gzip", gzip.compress(TEXT, mtime=0) + bytes(40)),
        ("gzip", gzip.compress(TEXT, mtime=0) + b"padding"),
        ("deflate", zlib.compress(TEXT)),
        ("deflate", zlib.compress(TEXT, 1)),
        ("deflate", zlib.compress(TEXT) + b"tail"),
        ("deflate", DEFLATED),
    ],
    ids=["plain", "gzip", "members", "zeros", "tail", "zlib", "zlib-1", "zlib-tail", "raw"],
)
def test_bodies_come_out_whole_however_they_are_cut(coding, sent, step):
    assert decoded(coding, sent, step=step) == TEXT


@pytest.mark.parametrize("coding", ["", "gzip", "deflate"])
def test_an_empty_body_is_empty(coding):
    assert decoded(coding, b"") == b""


@pytest.mark.parametrize(
    ("coding", "sent"),
    [
        ("gzip", gzip.compress(TEXT, mtime=0)[:-1]),
        ("gzip", gzip.compress(TEXT, mtime=0)[:40]),
        ("gzip", gzip.compress(TEXT, mtime=0) + gzip.compress(TEXT)[:30]),
        ("gzip", TEXT),
        ("gzip", gzip.compress(TEXT, mtime=0)[:-8] + bytes(8)),
        ("gzip", gzip.compress(b"") * (MEMBERS + 1)),
        ("deflate", b"x"),
        ("deflate", zlib.compress(TEXT)[:-1]),
        ("deflate", b"\xff" * 50),
    ],
)
def test_damaged_and_cut_bodies_are_refused(coding, sent):
    with pytest.raises(TransferError) as caught:
        decoded(coding, sent, step=64)
    assert caught.value.reason == "coding"


@pytest.mark.parametrize("coding", ["", "gzip"])
def test_a_limit_is_the_last_size_that_passes(coding):
    sent = gzip.compress(TEXT, mtime=0) if coding else TEXT
    assert decoded(coding, sent, step=50, limit=len(TEXT), wire=len(sent)) == TEXT
    for limits in ({"limit": len(TEXT) - 1}, {"wire": len(sent) - 1}):
        with pytest.raises(TransferError) as caught:
            decoded(coding, sent, step=50, **limits)
        assert caught.value.reason == "too-large"


def test_of_a_bomb_no_more_than_the_limit_is_unpacked():
    bomb = gzip_zeros(2_000)  # 2 MB on the wire, 2 GB of zeros
    assert len(bomb) <= 2.5 * MEBIBYTE
    tracemalloc.start()
    try:
        with pytest.raises(TransferError) as caught:
            decoded("gzip", bomb, step=65_536, limit=8 * MEBIBYTE)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert caught.value.reason == "too-large"
    assert peak < 30 * MEBIBYTE


def test_decoding_a_chunk_at_once_would_unpack_all_of_it():
    """The broken twin: one network chunk of such a body, decoded the way httpx does."""
    chunk = gzip_zeros(64)[:65_536]
    assert len(zlib.decompressobj(31).decompress(chunk)) > 50 * MEBIBYTE


@pytest.mark.parametrize(
    ("header", "coding"),
    [
        ("", ""),
        ("identity", ""),
        ("none", ""),
        ("UTF-8", ""),
        ("gzip", "gzip"),
        (" GZip ", "gzip"),
        ("x-gzip", "gzip"),
        ("deflate", "deflate"),
        ("identity, gzip", "gzip"),
        (",gzip,", "gzip"),
    ],
)
def test_codings_that_are_undone(header, coding):
    assert coding_of(header) == coding


@pytest.mark.parametrize(
    "header",
    ["br", "zstd", "compress", "gzip, gzip", "gzip, br", ", ".join(["gzip"] * 200), "\x1b["],
)
def test_codings_that_are_refused(header):
    with pytest.raises(TransferError) as caught:
        coding_of(header)
    assert caught.value.reason == "coding"
    assert len(caught.value.message) < 80


@pytest.mark.parametrize("announced", ["1001", "9" * 5_000])
def test_a_body_that_announces_too_much_is_not_read(announced):
    body = Body(coding="", wire_limit=1_000, limit=1_000)
    with pytest.raises(TransferError):
        body.expect(announced)


@pytest.mark.parametrize("announced", ["", "0", "1000", "-1", "many", "²", "1001, 1001"])
def test_other_announcements_are_left_to_the_reading(announced):
    Body(coding="", wire_limit=1_000, limit=1_000).expect(announced)


@settings(max_examples=300, deadline=None)
@given(
    sent=st.binary(max_size=400),
    coding=st.sampled_from(["gzip", "deflate"]),
    step=st.integers(1, 9),
)
def test_no_bytes_at_all_break_the_decoder(sent, coding, step):
    with suppress(TransferError):
        assert len(decoded(coding, sent, step=step, limit=1_000)) <= 1_000
