"""Redirects: followed by hand, five at most, and every hop as suspect as the first."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from urllib.parse import unquote_to_bytes

import pytest

from feeds.fetch import fetch
from feeds.http import Client
from feeds.limits import Limits
from feeds.types import Feed, FeedError, Fetched, FetchState, NotModified
from tests.support.fetching import PUBLIC, Names, Wires, both, fetched
from tests.support.servers import HttpServer, Request, Script, drip_after, redirect, reply

BODY = "<rss><title>평양화력발전소</title></rss>".encode()
KNOWN = FetchState(etag='"v1"', body_hash=sha256(BODY).hexdigest())


class Trail:
    """A route of redirects: path → (status, where to); any other path is the feed."""

    def __init__(self, **steps: tuple[int, str]) -> None:
        self.steps = {f"/{name}": step for name, step in steps.items()}

    def __call__(self, request: Request) -> bytes:
        if request.target in self.steps:
            status, to = self.steps[request.target]
            return redirect(to, status, body=b"moved")
        return reply(BODY)


@both
def test_redirects_are_followed_by_hand(http):
    trail = Trail(a=(302, "/b"), b=(307, "c?x=1"))
    with HttpServer(trail) as server:
        trail.steps["/c?x=1"] = (303, f"http://named.example:{server.port}/d")
        names = Names({"named.example": [["127.0.0.1"]]})
        got = fetched(server.url("/a"), http=http, resolver=names.resolver(), state=KNOWN)
    assert isinstance(got, NotModified)  # the body is known; validators went along on every hop
    assert got.url == f"http://named.example:{server.port}/d"
    assert [request.target for request in server.requests] == ["/a", "/b", "/c?x=1", "/d"]
    assert {request.headers["if-none-match"] for request in server.requests} == {KNOWN.etag}
    assert server.requests[-1].headers["host"] == f"named.example:{server.port}"


@pytest.mark.parametrize(
    ("first", "second", "permanent"),
    [(301, 308, True), (308, 301, True), (301, 302, False), (302, 301, False), (307, 303, False)],
)
def test_only_an_unbroken_chain_of_permanent_redirects_is_one(first, second, permanent):
    with HttpServer(Trail(a=(first, "/b"), b=(second, "/c"))) as server:
        got = fetched(server.url("/a"))
    assert isinstance(got, Fetched)
    assert got.permanent_url == (server.url("/c") if permanent else "")
    assert got.redirects == (server.url("/a"), server.url("/b"))
    assert got.url == server.url("/c")


def test_five_redirects_pass_and_six_do_not():
    steps = {f"n{n}": (301, f"/n{n + 1}") for n in range(6)}
    with HttpServer(Trail(**steps)) as server:
        got = fetched(server.url("/n0"))
        assert isinstance(got, FeedError)
        assert (got.reason, got.url) == ("redirects", server.url("/n0"))
        assert len(server.requests) == 6
        assert isinstance(fetched(server.url("/n1")), Fetched)


def test_a_loop_of_redirects_ends():
    with HttpServer(lambda request: redirect("/feed.xml", 301)) as server:
        got = fetched(server.url())
    assert isinstance(got, FeedError)
    assert (got.reason, got.message) == ("redirects", "after a redirect: more than 5 redirects")
    assert len(server.requests) == 6
    assert got.wire_bytes > 6 * 50


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_nowhere_is_an_error(status):
    with HttpServer(lambda request: redirect(" ", status)) as server:
        got = fetched(server.url())
    assert isinstance(got, FeedError)
    assert got.reason == "redirects"


@pytest.mark.parametrize(
    "location", ["/뉴스?q=평양".encode(), "/뉴스?q=평양".encode("euc-kr"), b"/a b"]
)
def test_a_location_with_raw_bytes_goes_back_as_it_came(location):
    answer = b"HTTP/1.1 302 Found\r\nConnection: close\r\nLocation: " + location + b"\r\n\r\n"
    with HttpServer(lambda request: answer if request.target == "/" else reply(BODY)) as server:
        assert isinstance(fetched(server.url("/")), Fetched)
    assert unquote_to_bytes(server.requests[1].target) == location


@pytest.mark.parametrize(
    "location",
    [
        "file:///etc/passwd",
        "ftp://127.0.0.1/",
        "//user:hunter2@127.0.0.1/",
        "http://127.0.0.1:0/",
        "http://[::1",
        "javascript:1",
        "/" + "a" * 9_000,
    ],
)
def test_bad_urls_at_the_end_of_a_redirect_are_values(location):
    with HttpServer(lambda request: redirect(location, 301)) as server:
        got = fetched(server.url())
    assert isinstance(got, FeedError)
    assert got.reason == "bad-url"
    assert "hunter2" not in got.message
    assert len(server.requests) == 1


class Turns:
    """Whose turn was taken, and for how long it is waited."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.taken: list[str] = []
        self.held = 0

    @asynccontextmanager
    async def turn(self, host: str) -> AsyncIterator[None]:
        await asyncio.sleep(self.seconds)
        self.taken.append(host)
        self.held += 1
        try:
            yield
        finally:
            self.held -= 1


def turned(turns: Turns, *hops: str, limit: float = 30.0) -> Fetched | NotModified | FeedError:
    """A fetch that is sent from host to host."""
    hosts = iter(hops[1:])
    resolver = Names({host: [[PUBLIC]] for host in hops}).resolver()
    limits = Limits(total=limit)

    def route(_request: Request) -> bytes:
        host = next(hosts, "")
        return redirect(f"http://{host}:{server.port}/") if host else reply(BODY)

    async def once() -> Fetched | NotModified | FeedError:
        async with Client(resolver=resolver, dial=Wires().dial, limits=limits) as client:
            feed = Feed(url=server.url("/", host=hops[0]))
            return await fetch(client, feed, FetchState(), turn=turns.turn)

    with HttpServer(route) as server:
        return asyncio.run(once())


def test_every_other_host_has_its_turn_once():
    turns = Turns(0.0)
    hops = ("a.example", "www.a.example", "b.example", "a.example", "b.example", "c.example")
    assert isinstance(turned(turns, *hops), Fetched)
    assert turns.taken == ["b.example", "c.example"]
    assert turns.held == 0


def test_waiting_for_a_turn_is_no_time_of_the_fetch():
    turns = Turns(0.9)
    got = turned(turns, "a.example", "b.example", limit=0.8)
    assert isinstance(got, Fetched)


def test_what_comes_after_it_is():
    async def late() -> FeedError | Fetched | NotModified:
        async with Client(allow_private_addresses=True, limits=Limits(total=0.3)) as client:
            feed = Feed(url=server.url("/a", host="localhost"))
            return await fetch(client, feed, FetchState(), turn=Turns(0.4).turn)

    def route(request: Request) -> bytes | Script:
        if request.target == "/a":
            return redirect(f"http://127.0.0.1:{server.port}/b")
        return drip_after(reply(b"x", length=100))

    with HttpServer(route) as server:
        got = asyncio.run(late())
    assert isinstance(got, FeedError)
    assert got.reason == "timeout"
