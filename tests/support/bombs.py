"""Answers of servers that want our memory or our time: what feeds.http has to survive."""

from __future__ import annotations

from tests.support.servers import (
    MEBIBYTE,
    Script,
    drip,
    drip_after,
    endless,
    gzip_zeros,
    head,
    nested_gzip,
    redirect,
    reply,
)

CODED = "Content-Encoding"
CHUNKED = head(200, [("Transfer-Encoding", "chunked")])

# name → the answer, and the reason that the fetch ends with
BOMBS: dict[str, tuple[bytes, str]] = {
    "gzip thrice": (reply(nested_gzip(2_000, 3), headers=[(CODED, "gzip, gzip, gzip")]), "coding"),
    "gzip": (reply(gzip_zeros(2_000), headers=[(CODED, "gzip")]), "too-large"),
    "200 codings": (reply(b"x", headers=[(CODED, ", ".join(["gzip"] * 200))]), "coding"),
    "200 fields": (reply(b"x", headers=[(CODED, "gzip")] * 200), "coding"),
    "brotli": (reply(b"\xcf\xff\xff\x7f\xf8" * 300, headers=[(CODED, "br")]), "coding"),
    "zstd": (reply(b"x", headers=[(CODED, "zstd")]), "coding"),
    "in a redirect": (
        reply(gzip_zeros(2_000), status=302, headers=[(CODED, "gzip"), ("Location", "/")]),
        "redirects",
    ),
    "in an error": (reply(gzip_zeros(2_000), status=500, headers=[(CODED, "gzip")]), "http"),
}

ENDLESS: dict[str, tuple[Script, str]] = {
    "body": (endless(head(200), b"x" * 65_536), "too-large"),
    "chunks": (endless(CHUNKED, b"10000\r\n" + b"x" * 65_536 + b"\r\n"), "too-large"),
    "chunk-extensions": (endless(CHUNKED, b"1;" + b"y" * 60_000 + b"\r\nx\r\n"), "too-large"),
    "one-chunk": (endless(CHUNKED + b"FFFFFFFF\r\n", b"x" * 65_536), "too-large"),
    "informational": (endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1_000), "too-large"),
    "trailers": (endless(CHUNKED + b"0\r\n", b"Trailer: x\r\n" * 1_000), "protocol"),
    "head": (endless(b"HTTP/1.1 200 OK\r\n", b"X: " + b"y" * 65_536 + b"\r\n"), "protocol"),
    "status-line": (endless(b"", b"x" * 65_536), "protocol"),
}

DRIPS: dict[str, Script] = {
    "head": drip(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 99),
    "informational": drip(b"HTTP/1.1 100 Continue\r\n\r\n" * 99, gap=0.001),
    "body": drip_after(head(200, [("Content-Length", "1000")])),
    "chunks": drip_after(CHUNKED, b"1\r\nx\r\n" * 1_000),
    "first-byte": drip_after(b""),
}

LIES: dict[str, tuple[bytes, str]] = {
    "a head of 2 MiB": (
        head(200, [("X", "y" * 2 * MEBIBYTE), ("Content-Length", "0")]),
        "protocol",
    ),
    "a terabyte announced": (head(200, [("Content-Length", str(10**12))]), "too-large"),
    "less than announced": (reply(b"x" * 50, length=500), "protocol"),
    "gzip cut short": (reply(gzip_zeros(1), headers=[(CODED, "gzip")]), "coding"),
    "no gzip": (reply(b"x" * 99, headers=[(CODED, "gzip")]), "coding"),
    "a redirect to itself": (redirect("/loop"), "redirects"),
}
