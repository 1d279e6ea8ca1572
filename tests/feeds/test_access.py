"""Passwords, headers, cookies and proxies of single sites: sent where they belong, and nowhere else."""

from __future__ import annotations

import socket

import pytest

from feeds.access import EVERYWHERE, Access, Keys
from feeds.resolver import Resolver
from feeds.types import FeedError, Fetched
from tests.support.fetching import Names, both, fetched
from tests.support.proxy import PASSWORD, Proxy
from tests.support.servers import Authority, HttpServer, redirect, reply

KEY = (b"X-Key", b"a-key-nobody-may-see")
LOGIN = (b"Authorization", b"Basic ZGVzazpzZWNyZXQ=")


def access(
    *sites: str, fields: tuple[tuple[bytes, bytes], ...] = (KEY,), proxy: str = ""
) -> Access:
    return Access(name="one", sites=sites, fields=fields, proxy=proxy)


@pytest.mark.parametrize(
    ("site", "url", "goes"),
    [
        ("https://e.org", "https://e.org/feed", True),
        ("https://e.org/", "https://e.org/feed?a=1", True),
        ("https://e.org", "https://E.ORG:443/feed", True),
        ("https://e.org/news", "https://e.org/news", True),
        ("https://e.org/news", "https://e.org/news/today", True),
        ("https://e.org/news", "https://e.org/newsletter", False),
        ("https://e.org/news", "https://e.org/other", False),
        ("https://e.org", "http://e.org/feed", False),  # in the clear
        ("https://e.org", "https://e.org:8443/feed", False),
        ("https://e.org", "https://www.e.org/feed", False),
        ("https://e.org", "https://e.org.evil.example/", False),
        ("https://e.org", "https://evil.example/https://e.org/", False),
    ],
)
def test_a_key_goes_to_its_place_only(site: str, url: str, goes: bool) -> None:
    assert Keys([access(site)]).fields(url) == ((KEY,) if goes else ())


def test_the_nearest_place_counts() -> None:
    near, far = access("https://e.org/a/b", fields=(LOGIN,)), access("https://e.org/a")
    everywhere = access(EVERYWHERE, fields=(), proxy="http://p:1")
    keys = Keys([everywhere, far, near])
    assert keys.fields("https://e.org/a/b/c") == (LOGIN,)
    assert keys.fields("https://e.org/a/c") == (KEY,)
    assert keys.proxy("https://e.org/a/c") == keys.proxy("http://other.org/") == "http://p:1"


def test_nothing_of_it_is_printed() -> None:
    assert "nobody" not in repr(access("https://e.org", proxy="http://nobody:nobody@p:1"))


@both
def test_fields_are_sent_and_kept_out_of_the_evidence(http) -> None:
    with HttpServer(lambda _: reply(b"ok")) as server:
        keys = Keys([access(server.url("/"), fields=(KEY, LOGIN))])
        got = fetched(server.url(), http=http, keys=keys)
    assert isinstance(got, Fetched)
    assert server.requests[0].headers["x-key"] == KEY[1].decode()
    assert server.requests[0].headers["authorization"] == LOGIN[1].decode()
    assert got.exchange is not None
    assert b"X-Key: (withheld)\r\nAuthorization: (withheld)\r\n" in got.exchange.request
    assert KEY[1] not in got.exchange.request


def test_a_redirect_elsewhere_takes_nothing_along() -> None:
    with (
        HttpServer(lambda _: reply(b"ok")) as other,
        HttpServer(lambda _: redirect(other.url())) as server,
    ):
        fetched(server.url(), keys=Keys([access(server.url("/"))]))
    assert "x-key" in server.requests[0].headers
    assert "x-key" not in other.requests[0].headers


@both
@pytest.mark.parametrize("scheme", ["http", "socks5"])
@pytest.mark.parametrize("secure", [False, True], ids=["http", "https"])
def test_through_a_proxy(http, tmp_path, scheme: str, secure: bool) -> None:
    authority = Authority.make(tmp_path)
    tls = authority.server("127.0.0.1") if secure else None
    body = b"x" * 1_500_000  # more than any buffer on the way
    with Proxy() as proxy, HttpServer(lambda _: reply(body), tls=tls) as server:
        keys = Keys([access(server.url("/"), proxy=proxy.url(scheme))])
        got = fetched(server.url(), http=http, keys=keys, ca_file=authority.ca_file)
    assert isinstance(got, Fetched), got
    assert got.body == body
    assert server.requests[0].headers["x-key"] == KEY[1].decode()
    assert "proxy-authorization" not in server.requests[0].headers or not secure
    how = {"http": "CONNECT " if secure else "GET http://", "socks5": "SOCKS "}[scheme]
    assert proxy.asked[0].startswith(f"{how}127.0.0.1:{server.port}")
    assert got.exchange is not None
    assert (got.exchange.peer is not None) == secure


@both
@pytest.mark.parametrize("scheme", ["http", "socks5"])
def test_a_proxy_that_does_not_let_us_in(http, scheme: str) -> None:
    with Proxy() as proxy:
        keys = Keys([access(EVERYWHERE, fields=(), proxy=proxy.url(scheme, "wrong"))])
        got = fetched("https://127.0.0.1:9/feed.xml", http=http, keys=keys)
    assert isinstance(got, FeedError)
    assert (got.reason, proxy.asked) == ("connect", [])
    assert "wrong" not in got.message
    assert PASSWORD not in got.message


@pytest.mark.parametrize("host", ["127.0.0.1", "10.0.0.7", "[::1]", "2130706433"])
def test_no_proxy_is_asked_for_a_private_address(host: str) -> None:
    with Proxy() as proxy:
        keys = Keys([access(EVERYWHERE, fields=(), proxy=proxy.url())])
        got = fetched(f"http://{host}/feed.xml", keys=keys, allow_private_addresses=False)
    assert isinstance(got, FeedError)
    assert (got.reason, proxy.asked) == ("refused-address", [])


def test_nor_for_a_name_that_has_one() -> None:
    names = Names({"inside.example": [["192.168.0.9"]]})
    with Proxy() as proxy:
        keys = Keys([access(EVERYWHERE, fields=(), proxy=proxy.url())])
        settings = {"keys": keys, "allow_private_addresses": False, "resolver": names.resolver()}
        got = fetched("http://inside.example/feed.xml", **settings)
    assert isinstance(got, FeedError)
    assert (got.reason, proxy.asked) == ("refused-address", [])


@pytest.mark.parametrize("host", ["localhost.", "a.localhost", "0x7f.1"])
def test_nor_for_one_that_no_name_server_knows(host: str) -> None:
    def unknown(_: str) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    with Proxy() as proxy:
        keys = Keys([access(EVERYWHERE, fields=(), proxy=proxy.url())])
        settings = {"keys": keys, "allow_private_addresses": False}
        got = fetched(f"http://{host}/feed.xml", resolver=Resolver(lookup=unknown), **settings)
    assert isinstance(got, FeedError)
    assert (got.reason, proxy.asked) == ("refused-address", [])


def test_a_name_that_only_the_proxy_knows_is_left_to_it() -> None:
    names = Names({})
    with HttpServer(lambda _: reply(b"ok")) as server, Proxy({"far.example": "127.0.0.1"}) as proxy:
        keys = Keys([access(EVERYWHERE, fields=(), proxy=proxy.url())])
        settings = {"keys": keys, "allow_private_addresses": False, "resolver": names.resolver()}
        got = fetched(f"http://far.example:{server.port}/feed.xml", **settings)
    assert isinstance(got, Fetched), got
    assert proxy.asked == [f"GET http://far.example:{server.port}/feed.xml"]
