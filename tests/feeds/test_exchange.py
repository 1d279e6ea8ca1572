"""What went over the wire is handed on as it was, with who answered."""

from __future__ import annotations

import gzip
import ssl
from hashlib import sha256

import pytest

from feeds.types import Fetched
from tests.support.fetching import both, fetched
from tests.support.servers import Authority, HttpServer, redirect, reply

BODY = b"<rss>" + b"text " * 500 + b"</rss>"


@both
@pytest.mark.parametrize("sent", [BODY, gzip.compress(BODY)], ids=["plain", "gzip"])
def test_the_body_is_kept_in_its_coding(http, sent: bytes) -> None:
    fields = [("Content-Encoding", "gzip")] if sent != BODY else []
    with HttpServer(lambda _: reply(sent, headers=fields)) as server:
        got = fetched(server.url("/f.xml?a=1"), http=http)
    assert isinstance(got, Fetched)
    assert got.exchange is not None
    assert (got.body, got.exchange.body) == (BODY, sent)
    assert got.exchange.request.startswith(b"GET /f.xml?a=1 HTTP/1.1\r\nHost: 127.0.0.1:")
    assert got.exchange.request.endswith(b"\r\n\r\n")
    assert (got.exchange.address, got.exchange.peer) == ("127.0.0.1", None)


@both
def test_the_head_is_kept_byte_for_byte(http) -> None:
    head = b"HTTP/1.1 200 Fine\r\nX-Odd: caf\xe9\r\nx-lower: b\r\nContent-Length: 2\r\n\r\n"
    with HttpServer(lambda _: head + b"ok") as server:
        got = fetched(server.url(), http=http)
    assert isinstance(got, Fetched)
    assert got.exchange is not None
    assert got.exchange.head == head


@both
def test_the_last_of_several_answers_is_kept(http) -> None:
    with (
        HttpServer(lambda _: reply(b"ok")) as last,
        HttpServer(lambda _: redirect(last.url("/moved"))) as first,
    ):
        got = fetched(first.url(), http=http)
    assert isinstance(got, Fetched)
    assert got.exchange is not None
    assert got.exchange.request.startswith(b"GET /moved ")


@both
def test_the_certificate_is_named(http, tmp_path) -> None:
    authority = Authority.make(tmp_path)
    with HttpServer(lambda _: reply(b"ok"), tls=authority.server("127.0.0.1")) as server:
        got = fetched(server.url(), http=http, ca_file=authority.ca_file)
        pem = ssl.get_server_certificate(("127.0.0.1", server.port))
    assert isinstance(got, Fetched)
    assert got.exchange is not None
    peer = got.exchange.peer
    assert peer is not None
    assert peer.fingerprint == sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()
    assert peer.version == "TLSv1.3"
    assert "trustme" in peer.issuer
    assert peer.not_after.endswith("GMT")
