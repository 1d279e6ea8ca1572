"""No request ever reaches an address that is not public, by whatever road."""

from __future__ import annotations

import asyncio
import logging

import pytest

import feeds.http
from feeds.errors import SendError
from feeds.fetch import fetch
from feeds.types import Feed, FeedError, Fetched, FetchState
from tests.support.addresses import NON_PUBLIC, SPELLINGS
from tests.support.fetching import PUBLIC, Names, Wires, both, fetched
from tests.support.servers import Authority, HttpServer, MuteServer, redirect, reply

ADDRESSES = [address for address, kind in NON_PUBLIC.items() if kind != "not an IP address"]
LITERALS = [address for address in ADDRESSES if "%" not in address]


@pytest.fixture
def canary():
    """A server on loopback that nothing may ever reach."""
    with HttpServer(lambda request: reply(b"secret"), host="0.0.0.0") as server:
        yield server
        assert server.connections == 0


def bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address


async def answers(http, wires: Wires, names: Names, urls: list[str]) -> list[object]:
    client = http.Client(resolver=names.resolver(), dial=wires.dial)
    async with client:
        return [await fetch(client, Feed(url=url), FetchState()) for url in urls]


@both
def test_every_non_public_address_is_refused_by_every_road(http, canary):
    """As a literal, as a name's only address, as one among public ones, and after a redirect."""
    hosts = {f"n{n}.example": [[address]] for n, address in enumerate(ADDRESSES)}
    hosts |= {f"m{n}.example": [[PUBLIC, address]] for n, address in enumerate(ADDRESSES)}
    names, wires = Names(hosts | {"open.example": [[PUBLIC]]}), Wires()
    port = canary.port
    targets = [f"http://{bracketed(address)}:{port}/" for address in LITERALS]
    targets += [f"http://{host}:{port}/" for host in hosts]
    with HttpServer(lambda request: redirect(targets[int(request.target[1:])])) as server:
        urls = [server.url(f"/{n}", host="open.example") for n in range(len(targets))]
        got = asyncio.run(answers(http, wires, names, targets + urls))
        assert len(server.requests) == len(urls)
    assert len(got) == 2 * (2 * len(ADDRESSES) + len(LITERALS)) > 300
    assert {answer.reason for answer in got} == {"refused-address"}
    assert set(wires.dialled) == {PUBLIC}
    assert "fetch.allow_private_addresses" in got[0].message


@both
def test_no_spelling_of_loopback_gets_through(http, canary):
    names, wires = Names({}), Wires()
    urls = [f"http://{spelling}:{canary.port}/" for spelling in SPELLINGS]
    got = asyncio.run(answers(http, wires, names, urls))
    assert len(urls) >= 20
    assert {answer.reason for answer in got} <= {"refused-address", "dns", "bad-url"}
    assert wires.dialled == []
    judged = [answer for answer in got if answer.reason == "refused-address"]
    assert len(judged) >= 15  # the rest this system does not resolve, or httpx does not read


def test_the_spellings_are_dangerous_where_private_addresses_are_allowed():
    """The broken twin: the same spellings do reach loopback when nothing judges them."""
    with HttpServer(lambda request: reply(b"secret"), host="0.0.0.0") as server:
        for spelling in ("127.1", "2130706433", "0x7f.1", "127。0。0。1"):
            got = fetched(f"http://{spelling}:{server.port}/")
            assert isinstance(got, Fetched)
        assert server.connections == 4


@both
def test_what_was_judged_is_what_is_dialled(http, canary):
    """DNS rebinding: the second look-up would give loopback, so there must be none."""
    names = Names({"rebind.example": [[PUBLIC], ["127.0.0.1"]]})
    wires = Wires()
    with HttpServer(lambda request: reply(b"ok")) as server:
        urls = [server.url(host="rebind.example"), f"http://rebind.example:{canary.port}/"]
        first, second = asyncio.run(answers(http, wires, names, urls))
    assert isinstance(first, Fetched)
    assert isinstance(second, FeedError)
    assert second.reason == "refused-address"
    assert wires.dialled == [PUBLIC]
    assert names.asked == ["rebind.example"] * 2  # once a connection


def test_checking_first_and_fetching_by_name_is_rebound():
    """The broken twin: judge one look-up, connect by another."""
    names = Names({"rebind.example": [[PUBLIC], ["127.0.0.1"]]})
    from feeds.addresses import refusal

    with HttpServer(lambda request: reply(b"secret")) as server:
        assert not any(refusal(address) for address in names.lookup("rebind.example"))
        got = fetched(server.url(host="rebind.example"), resolver=names.resolver())
        assert isinstance(got, Fetched)
        assert got.body == b"secret"


@both
def test_a_redirect_from_https_to_http_is_refused(http, tmp_path):
    authority = Authority.make(tmp_path)
    with HttpServer(lambda request: reply(b"plain")) as plain:
        route = lambda request: redirect(plain.url())  # noqa: E731
        with HttpServer(route, tls=authority.server("127.0.0.1")) as server:
            got = fetched(server.url(), http=http, ca_file=authority.ca_file)
    assert isinstance(got, FeedError)
    assert (got.reason, got.message) == ("redirects", "from https to http")
    assert plain.connections == 0


@both
def test_a_redirect_from_http_to_https_is_followed(http, tmp_path):
    authority = Authority.make(tmp_path)
    with (
        HttpServer(lambda request: reply(b"ok"), tls=authority.server("127.0.0.1")) as secure,
        HttpServer(lambda request: redirect(secure.url(), 301)) as plain,
    ):
        got = fetched(plain.url(), http=http, ca_file=authority.ca_file)
    assert isinstance(got, Fetched)
    assert got.permanent_url == secure.url()


@both
def test_tls_keeps_the_name_when_the_address_is_dialled(http, tmp_path):
    authority = Authority.make(tmp_path)
    names = Names({"feed.example": [[PUBLIC]], "other.example": [[PUBLIC]]})
    tls = authority.server("feed.example")
    shown = []
    tls.sni_callback = lambda socket, name, context: shown.append(name)
    with HttpServer(lambda request: reply(b"ok"), tls=tls) as server:
        options = {
            "allow_private_addresses": False,
            "ca_file": authority.ca_file,
            "dial": Wires().dial,
        }
        good = fetched(
            server.url(host="feed.example"), http=http, resolver=names.resolver(), **options
        )
        bad = fetched(
            server.url(host="other.example"), http=http, resolver=names.resolver(), **options
        )
    assert isinstance(good, Fetched)
    assert shown == ["feed.example", "other.example"]
    assert server.requests[0].headers["host"] == f"feed.example:{server.port}"
    assert isinstance(bad, FeedError)
    assert bad.reason == "tls"
    assert "not valid for 'other.example'" in bad.message
    assert len(server.requests) == 1


@both
def test_a_certificate_of_nobody_s_is_refused(http, tmp_path):
    authority = Authority.make(tmp_path)
    with HttpServer(lambda request: reply(), tls=authority.server("127.0.0.1")) as server:
        got = fetched(server.url(), http=http)
    assert isinstance(got, FeedError)
    assert got.reason == "tls"
    assert "the certificate is not trusted" in got.message
    assert server.requests == []


@both
def test_certificates_out_of_the_environment_are_not_trusted(http, tmp_path, monkeypatch):
    authority = Authority.make(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", authority.ca_file)
    with HttpServer(lambda request: reply(), tls=authority.server("127.0.0.1")) as server:
        got = fetched(server.url(), http=http)
    assert isinstance(got, FeedError)
    assert got.reason == "tls"


@both
def test_a_server_that_speaks_no_tls_is_told_apart(http):
    with MuteServer(b"HTTP/1.1 400 Bad Request\r\n\r\n", gap=0.001) as server:
        got = fetched(f"https://127.0.0.1:{server.port}/", http=http)
    assert isinstance(got, FeedError)
    assert got.reason == "tls"
    assert got.message.startswith("the TLS handshake failed: ")


@both
def test_proxies_in_the_environment_are_not_used(http, monkeypatch):
    with MuteServer() as proxy, HttpServer(lambda request: reply(b"ok")) as server:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            for spelling in (name, name.lower()):
                monkeypatch.setenv(spelling, f"http://127.0.0.1:{proxy.port}")
        assert isinstance(fetched(server.url(), http=http), Fetched)
        assert proxy.connections == 0


def test_httpx_by_itself_would_use_them(monkeypatch):
    """The broken twin."""
    import httpx

    with HttpServer(lambda request: reply(b"by proxy")) as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
        monkeypatch.setenv("NO_PROXY", "")
        assert httpx.get("http://192.0.2.1/", timeout=5).text == "by proxy"


@both
def test_a_library_that_hides_its_network_stops_the_start(http, monkeypatch):
    class Changed:
        def __init__(self, **options):
            self._connections = object()

    library = http.httpx
    monkeypatch.setattr(library, "AsyncHTTPTransport", Changed)
    with pytest.raises(TypeError, match="cannot be guarded"):
        http.Client()


@both
def test_posts_are_guarded_too(http, canary):
    async def main():
        async with http.Client() as client:
            await client.post(f"http://127.1:{canary.port}/", b"{}", {})

    with pytest.raises(SendError) as caught:
        asyncio.run(main())
    assert (caught.value.reason, caught.value.maybe_sent) == ("refused-address", False)


def test_no_url_or_header_is_ever_logged(caplog):
    caplog.set_level(logging.DEBUG)
    known = FetchState(etag='"s3cret-etag"')
    answer = reply(b"x", status=500, headers=[("Set-Cookie", "s3cret")])
    with HttpServer(lambda request: answer) as server:
        fetched(server.url("/feed?key=s3cret"), state=known)

        async def main():
            async with feeds.http.Client(allow_private_addresses=True) as client:
                await client.post(server.url("/s3cret"), b"s3cret", {"Authorization": "s3cret"})

        asyncio.run(main())
    assert len(server.requests) == 2
    assert "s3cret" not in caplog.text


def test_httpx_by_itself_would_log_them(caplog, monkeypatch):
    """The broken twin: the level that feeds/http.py sets is what keeps them out."""
    import httpx

    monkeypatch.setattr(logging.getLogger("httpx"), "level", logging.NOTSET)
    logging.getLogger("httpx").manager._clear_cache()
    caplog.set_level(logging.INFO)
    with HttpServer(lambda request: reply(b"x")) as server:
        httpx.get(server.url("/feed?key=s3cret"), trust_env=False)
    assert "s3cret" in caplog.text
    monkeypatch.undo()
    logging.getLogger("httpx").manager._clear_cache()
