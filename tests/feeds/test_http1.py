"""HTTP as bytes: whatever a server sends is understood, or refused, as h11 does."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from feeds import http1
from feeds.errors import TransferError
from feeds.http1 import HEAD_MOST, AnswerReader, request_head

OK = b"HTTP/1.1 200 OK\r\n"


def said(reader, pieces):
    """What a reader makes of an answer that comes in pieces, and then ends."""
    body = b""
    try:
        for piece in (*pieces, b""):
            body += reader.feed(piece) if not reader.done else b""
    except TransferError as error:
        return error.reason, error.message
    assert reader.done
    return reader.head, body


class Never:
    def __init__(self):
        raise AssertionError("h11 was asked")


def by_h11(raw):
    return said(http1._Careful(), [raw] if raw else [])


PLAIN = {
    "no body": b'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\nContent-Length: 99\r\n\r\n',
    "a length": OK + b"Content-Length: 3\r\n\r\nabc",
    "more than its length": OK + b"Content-Length: 3\r\n\r\nabcdef",
    "to the end": OK + b"Connection: close\r\n\r\nabc",
    "to the end, nothing": b"HTTP/1.0 200 OK\r\n\r\n",
    "no phrase": b"HTTP/1.1 200\r\nA:b \t\r\n\r\n",
    "other letters": OK + "X: 평양\r\nX: \xff\r\n\r\n".encode(),
    "an upgrade offered": OK + b"Upgrade: h2\r\nConnection: Upgrade\r\nContent-Length: 0\r\n\r\n",
    "no value": OK + b"X:\r\nContent-Length: 0\r\n\r\n",
}
ODD = {
    "bare line feeds": b"HTTP/1.1 200 OK\nContent-Length: 1\n\na",
    "chunks": OK + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX: y\r\n\r\n",
    "chunks and a length": OK
    + b"Content-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
    "another transfer coding": OK + b"Transfer-Encoding: gzip\r\n\r\nabc",
    "the length twice": OK + b"Content-Length: 1\r\nContent-Length: 1\r\n\r\na",
    "two lengths": OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "two lengths at once": OK + b"Content-Length: 1, 1\r\n\r\na",
    "a length below nothing": OK + b"Content-Length: -1\r\n\r\n",
    "a folded field": OK + b"X: a\r\n b\r\nContent-Length: 0\r\n\r\n",
    "a field folded at first": OK + b" X: a\r\n\r\n",
    "a control character": OK + b"X: a\x01b\r\n\r\n",
    "nothing before the colon": OK + b": x\r\n\r\n",
    "a blank before the colon": OK + b"X : x\r\n\r\n",
    "no colon": OK + b"X\r\n\r\n",
    "100 and then the answer": b"HTTP/1.1 100 Continue\r\n\r\n"
    + OK
    + b"Content-Length: 1\r\n\r\na",
    "103 and then the answer": b"HTTP/1.1 103 x\r\nLink: y\r\n\r\n" + OK + b"\r\nabc",
    "another protocol": b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\nabc",
    "another version": b"HTTP/2.0 200 OK\r\n\r\n",
    "no version": b"ICY 200 OK\r\n\r\nabc",
    "no HTTP": b"\x15\x03\x01\x00\x02",
    "cut off in the head": OK + b"X: y\r\n",
    "nothing at all": b"",
    "a long head": OK + b"X: y\r\n" * 20_000 + b"\r\n",
    "a long line": OK + b"X: " + b"y" * HEAD_MOST,
}


@pytest.mark.parametrize("raw", PLAIN.values(), ids=PLAIN)
@pytest.mark.parametrize("at_once", [True, False])
def test_plain_answers_are_read_as_h11_reads_them(raw, at_once, monkeypatch):
    expected = by_h11(raw)
    monkeypatch.setattr(http1, "_Careful", Never)
    pieces = [raw] if at_once else [bytes([byte]) for byte in raw]
    assert said(AnswerReader(), pieces) == expected
    assert expected[0] != "protocol"


@pytest.mark.parametrize("raw", ODD.values(), ids=ODD)
def test_all_others_are_left_to_h11(raw):
    assert http1._plain(raw) is None
    whole = by_h11(raw)
    assert said(AnswerReader(), [raw] if raw else []) == whole
    if len(raw) < 999:
        assert said(AnswerReader(), [bytes([byte]) for byte in raw]) == whole


def test_a_plain_answer_that_is_cut_off_is_refused():
    assert said(AnswerReader(), [OK + b"Content-Length: 3\r\n\r\nab"])[0] == "protocol"


LINES = st.sampled_from(
    b"Content-Length: 3|content-length:2|Transfer-Encoding: chunked|X: y||X| z|Upgrade: y|"
    b"Connection: close, x|Connection: upgrade|Set-Cookie: a=b; c".split(b"|")
)
STARTS = st.sampled_from(
    [b"HTTP/1.1 200 OK", b"HTTP/1.1 304 x", b"HTTP/1.0 500", b"HTTP/1.1 204 ", b"HTTP/1.1 100 x"]
)
NOISE = st.binary(max_size=3)


@st.composite
def answers(draw):
    """Heads that are nearly right, with any few bytes put anywhere."""
    lines = [draw(STARTS), *draw(st.lists(LINES, max_size=4)), b"", draw(st.binary(max_size=6))]
    raw = draw(st.sampled_from([b"\r\n", b"\r\n", b"\n"])).join(lines)
    at = draw(st.integers(0, len(raw)))
    return raw[:at] + draw(NOISE) + raw[at + draw(st.integers(0, 2)) :]


@settings(max_examples=400, deadline=None)
@example(b"HTTP/1.1 200\tOK\r\n\r\n", 1)
@example(b"HTTP/1.1  200 OK\r\n\r\n", 1)
@example(b"HTTP/1.1 2000 OK\r\n\r\n", 1)
@example(b"HTTP/1.1 200OK\r\n\r\n", 1)
@example(OK + b"Content-Length: 0000000000000000000003\r\n\r\nabc", 1)
@given(answers(), st.integers(1, 80))
def test_no_few_bytes_make_the_two_differ(raw, size):
    pieces = [raw[at : at + size] for at in range(0, len(raw), size)]
    assert said(AnswerReader(), pieces) == by_h11(raw)


@pytest.mark.parametrize(
    ("method", "target", "name", "value"),
    [
        (b"GET", b"/a b", b"X", b"y"),
        (b"GET", b"/\r\nX:", b"X", b"y"),
        (b"GET", b"", b"X", b"y"),
        (b"G T", b"/", b"X", b"y"),
        (b"GET", b"/", b"X:", b"y"),
        (b"GET", b"/", b"", b"y"),
        (b"GET", b"/", b"X", b"s3cret\r\nY: z"),
        (b"GET", b"/", b"X", b"s3cret\n"),
        (b"GET", b"/", b"X", b" s3cret"),
        (b"GET", b"/", b"X", b"s3cret "),
        (b"GET", b"/", b"X", b"s3\x00cret"),
    ],
)
def test_what_http_cannot_carry_is_not_sent_and_not_quoted(method, target, name, value):
    with pytest.raises(TransferError) as caught:
        request_head(method, target, [(b"Host", b"a.example"), (name, value)])
    assert (caught.value.reason, "s3" in str(caught.value)) == ("protocol", False)


def test_a_request_is_written_in_its_order():
    fields = [(b"Host", b"a.example"), (b"B", b""), (b"A", b"x \xff\ty")]
    assert request_head(b"GET", b"/?q", fields) == (
        b"GET /?q HTTP/1.1\r\nHost: a.example\r\nB: \r\nA: x \xff\ty\r\n\r\n"
    )
